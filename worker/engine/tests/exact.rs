//! Comparisons cut and round nothing: keys, counts of values and ranges of times with nanoseconds, numbers of many
//! digits, infinities; and the messages name the fault exactly.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use proptest::prelude::*;
use serde_json::{Value, json};
use support::{Checked, check, check_with};

fn column(field: &Value, cells: &[&str]) -> Checked {
    let descriptor = json!({"schema": {"fields": [{"name": "id"}, field]}}).to_string();
    let rows: String = cells.iter().map(|cell| format!("1,\"{cell}\"\n")).collect();
    check(&descriptor, format!("id,v\n{rows}").as_bytes())
}

/// Returns the statistics of a column of this type with these cells.
fn statistics(kind: &str, cells: &[&str]) -> Value {
    let checked = column(&json!({"name": "v", "type": kind}), cells);
    assert_eq!(checked.outcome.rows.clean as usize, cells.len());
    serde_json::to_value(&checked.outcome.fields[1]).unwrap()
}

/// Returns the first message of each reject.
fn messages(field: Value, cells: &[&str]) -> Vec<String> {
    let checked = column(&field, cells);
    let lines = checked.rejects.split_inclusive(|&byte| byte == b'\n');
    let rejects = lines.map(|line| serde_json::from_slice::<Value>(line).unwrap());
    rejects.map(|reject| reject["errors"][0]["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn zeros_are_one_value() {
    let found = statistics("number", &["0", "-0", "1e-400"]);
    assert_eq!((&found["distinct"], &found["top"]), (&json!(1), &json!([["0", 3]])));
    let found = statistics("number", &["0.1", "0.10000000000000000000001"]);
    assert_eq!((&found["distinct"], &found["top"]), (&json!(1), &json!([["0.1", 2]])));
}

#[test]
fn infinities_are_the_ends_and_are_counted() {
    let found = statistics("number", &["INF", "1", "3"]);
    assert_eq!((&found["min"], &found["max"], &found["mean"]), (&json!(1.0), &json!("INF"), &json!(2.0)));
    assert_eq!((&found["notFinite"], &found["count"]), (&json!(1), &json!(3)));
    let found = statistics("number", &["-INF", "NaN"]);
    assert_eq!((&found["min"], &found["max"], &found["notFinite"]), (&json!("-INF"), &json!("-INF"), &json!(2)));
    assert!(statistics("number", &["1"]).get("notFinite").is_none());
}

#[test]
fn nanoseconds_count_in_statistics() {
    let found = statistics("time", &["10:00:00.0000001", "10:00:00.0000002", "10:00:00.0000001", "10:00:00.000000"]);
    assert_eq!(
        (&found["distinct"], &found["min"], &found["max"]),
        (&json!(3), &json!("10:00:00"), &json!("10:00:00.0000002"))
    );
    assert_eq!(found["top"], json!([["10:00:00.0000001", 2], ["10:00:00", 1], ["10:00:00.0000002", 1]]));
    let found = statistics("datetime", &["2020-01-01T00:00:00.123456789Z", "2020-01-01T00:00:00.123457Z"]);
    assert_eq!(
        (&found["min"], &found["max"]),
        (&json!("2020-01-01T00:00:00.123456789"), &json!("2020-01-01T00:00:00.123457"))
    );
}

#[test]
fn nanoseconds_count_in_keys() {
    let unique = json!({"name": "v", "type": "datetime", "constraints": {"unique": true}});
    let cells = [
        "2020-01-01T00:00:00.0000001",
        "2020-01-01T00:00:00",
        "2020-01-01T00:00:00.0000002",
        "2020-01-01T00:00:00.000000100",
        "2020-01-01T00:00:00.000",
        "2020-01-01T00:00:01",
        "2020-01-01T00:00:00.0000002Z",
    ];
    let found = messages(unique, &cells);
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn values_of_new_types_are_keys_by_value() {
    for (kind, same, other) in [
        (json!({"type": "duration"}), ["P1Y", "P12M"], "P365D"),
        (json!({"type": "array"}), ["[1, 2]", "[1.0,2]"], "[2, 1]"),
        (json!({"type": "geopoint"}), ["1, 2", "1.0,2.0"], "2, 1"),
        (json!({"type": "list", "itemType": "integer"}), ["1,2", "01,2"], "2,1"),
    ] {
        let mut field = kind;
        field["name"] = json!("v");
        field["constraints"] = json!({"unique": true});
        let found = messages(field.clone(), &[same[0], other, same[1]]);
        assert_eq!(found.len(), 1, "{field}: {found:?}");
    }
}

#[test]
fn messages_say_what_it_was() {
    let field = |kind: &str, format: &str| json!({"name": "v", "type": kind, "format": format});
    assert_eq!(
        messages(field("date", "any"), &["01/02/2017"]),
        [
            "\"01/02/2017\" is ambiguous: day and month could be swapped; write YYYY-MM-DD, or give the field a format such as \
          %d/%m/%Y"
        ]
    );
    assert_eq!(
        messages(field("datetime", "default"), &["2024-01-01T00:00:00.1234567890Z"]),
        ["\"2024-01-01T00:00:00.1234567890Z\" has more than 9 decimal places in its seconds"]
    );
    assert_eq!(
        messages(field("number", "default"), &["1e400"]),
        ["\"1e400\" is a number beyond ±1.7976931348623157e308"]
    );
    assert_eq!(
        messages(field("integer", "default"), &["9223372036854775808"]),
        ["\"9223372036854775808\" is an integer outside -9223372036854775808..9223372036854775807"]
    );
    let list = json!({"name": "v", "type": "list", "constraints": {"minLength": 2}});
    assert_eq!(messages(list, &["x"]), ["\"x\" is shorter than 2 items"]);
    let fruit = json!({"name": "v", "type": "string", "categories": ["apple", "pear"]});
    assert_eq!(messages(fruit, &["plum"]), ["\"plum\" is not one of the categories apple, pear"]);
}

#[test]
fn fields_of_one_name_are_taken_in_their_order() {
    let descriptor = json!({"schema": {"fields": [{"name": "a", "type": "integer"}, {"name": "a", "type": "date"}]}});
    let checked = check(&descriptor.to_string(), b"a,a\n1,2020-01-01\n2020-01-01,1\n");
    assert_eq!((checked.outcome.rows.clean, checked.outcome.rows.rejected), (1, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// The oracle: decimal texts of equal length have the order of their instants.
    #[test]
    fn times_are_compared_with_all_their_digits(
        cells in prop::collection::vec((0..3u32, 0..3u32), 1..30), bound in (0..3u32, 0..3u32), which in 0..4usize, digits in 1..10usize,
    ) {
        let text = |(second, nanos): (u32, u32)| format!("00:00:0{second}.{}{nanos}", "0".repeat(digits - 1));
        let name = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"][which];
        let keeps = |cell: (u32, u32)| {
            let (cell, bound) = (text(cell), text(bound));
            [cell >= bound, cell <= bound, cell > bound, cell < bound][which]
        };
        let mut constraints = json!({});
        constraints[name] = json!(text(bound));
        let descriptor = json!({"schema": {"fields": [{"name": "v", "type": "time", "constraints": constraints}]}}).to_string();
        let rows: String = cells.iter().map(|&cell| format!("{}\n", text(cell))).collect();
        let file = format!("v\n{rows}");
        let whole = check(&descriptor, file.as_bytes());
        prop_assert_eq!(whole.outcome.rows.clean as usize, cells.iter().filter(|&&cell| keeps(cell)).count());
        for (threads, chunk_bytes) in [(1, 20), (2, 7), (2, 64)] {
            let parts = check_with(&descriptor, file.as_bytes(), None, threads, chunk_bytes);
            prop_assert_eq!(&parts, &whole);
        }
        // The expected statistics of the clean rows are computed from the texts of the cells.
        let mut kept: Vec<String> = cells.iter().filter(|&&cell| keeps(cell)).map(|&cell| text(cell)).collect();
        kept.sort();
        let shown = |text: &String| {
            let (whole, fraction) = text.split_once('.').unwrap();
            let fraction = fraction.trim_end_matches('0');
            json!(if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") })
        };
        let found = serde_json::to_value(&whole.outcome.fields[0]).unwrap();
        prop_assert_eq!(found.get("min").cloned(), kept.first().map(shown));
        prop_assert_eq!(found.get("max").cloned(), kept.last().map(shown));
        kept.dedup();
        prop_assert_eq!(found["distinct"].as_u64().unwrap() as usize, kept.len());
    }
}
