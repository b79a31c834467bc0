//! Trailers: what is counted and summed, what refuses a file, and that neither chunks nor threads show.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use proptest::prelude::*;
use serde_json::json;
use sluice_engine::codes::RefusalCode;
use sluice_engine::compression::Compression;
use sluice_engine::report::{AssertionOutcome, Rows, Verdict};
use support::{Checked, check, check_with, compress};

const ORDERS: &str = r##"{
    "dialect": {"commentChar": "#"},
    "schema": {"fields": [{"name": "id", "type": "any"}, {"name": "qty", "type": "integer"}, {"name": "net", "type": "number"}]},
    "sluice": {"file": {"trailer": {"tag": "T", "count": 2, "sum": {"qty": 3, "net": 4}}}}
}"##;

/// Returns the names of the assertions of a file, and whether each holds.
fn outcomes(checked: &Checked) -> Vec<(&str, bool)> {
    checked.outcome.assertions.iter().map(|outcome| (outcome.name.as_str(), outcome.holds)).collect()
}

const AGREES: [(&str, bool); 3] = [("trailer", true), ("trailer.count", true), ("trailer.sum.qty", true)];

#[track_caller]
fn agrees(file: &str) -> Checked {
    let checked = check(ORDERS, file.as_bytes());
    assert_eq!(outcomes(&checked)[..3], AGREES, "{:?}", checked.outcome.refusal);
    assert_eq!(checked.outcome.refusal, None);
    checked
}

#[track_caller]
fn refused(descriptor: &str, file: &str) -> String {
    let checked = check(descriptor, file.as_bytes());
    assert_eq!(checked.outcome.verdict, Verdict::Refused);
    let refusal = checked.outcome.refusal.unwrap();
    assert_eq!(refusal.code, RefusalCode::FileConstraint);
    refusal.message
}

#[test]
fn a_trailer_that_agrees_is_no_row() {
    let checked = agrees("id,qty,net\na,1,0.1\nb,2,0.2\nT,2,3,0.30\n");
    assert_eq!(checked.outcome.verdict, Verdict::Clean);
    assert_eq!(checked.outcome.rows, Rows { read: 2, clean: 2, rejected: 0, blank: 0 });
    assert_eq!(checked.clean, b"id,qty,net\na,1,0.1\nb,2,0.2\n");
    assert_eq!(checked.outcome.fields[1].count, 2);
    let found: Vec<_> = checked.outcome.assertions.iter().map(|outcome| outcome.found.clone()).collect();
    assert_eq!(found, [None, Some(2.into()), Some(3.into()), Some("0.3".into())]);
}

#[test]
fn a_trailer_whose_quotes_are_at_fault_is_named() {
    let message = "trailer: record 3 (line 3) begins with \"T\", but its quotes are at fault, so it cannot be read";
    for trailer in ["T,\"1\"x,1,0.1", "\"T\",1,1\",0.1", "T,1,1,\"0.1"] {
        assert_eq!(refused(ORDERS, &format!("id,qty,net\na,1,0.1\n{trailer}\n")), message, "{trailer}");
    }
    let other = refused(ORDERS, "id,qty,net\na,1,0.1\nTT,\"1\"x,1,0.1\n");
    assert_eq!(other, "trailer: no record begins with \"T\"; the last record of the file has to");
}

#[test]
fn a_trailer_stands_behind_all_data_in_any_form() {
    for file in [
        "id,qty,net\r\na,1,0.1\r\nT,1,1,0.1\r\n",
        "id,qty,net\na,1,0.1\nT,1,1,0.1",
        "id,qty,net\na,1,0.1\n\"T\",\"1\",\"1\",\"0.1\"",
        "id,qty,net\na,1,0.1\nT,1,1,0.1\n\n# a comment\n\n",
        "id,qty,net\na,1,0.1\nT,001,1,0.1,,,\n",
        "id,qty,net\n\"a\nT,9,9,9\",1,0.1\nT,1,1,0.1\n",
        "T,qty,net\na,1,0.1\nT,1,1,1e-1\n",
    ] {
        let file = if file.starts_with('T') { file.replacen("T,", "id,", 1) } else { file.to_owned() };
        agrees(&file);
    }
    assert_eq!(agrees("id,qty,net\nT,0,0,0\n").outcome.verdict, Verdict::Clean);
}

#[test]
fn a_trailer_as_wide_as_the_data_is_no_row_either() {
    let descriptor = r#"{"schema": {"fields": [{"name": "id"}, {"name": "qty", "type": "integer"}]},
        "sluice": {"file": {"trailer": {"tag": "END", "count": 2}}}}"#;
    let checked = check(descriptor, b"id,qty\nEN,1\nEND,x\n".as_slice());
    assert_eq!(checked.outcome.rows.read, 1);
    assert_eq!(checked.outcome.errors.len(), 0);
    let checked = check(descriptor, b"id,qty\na,1\nEND,1\n");
    assert_eq!((checked.outcome.verdict, checked.clean.as_slice()), (Verdict::Clean, b"id,qty\na,1\n".as_slice()));
}

#[test]
fn the_sender_counts_rejected_rows_too() {
    let checked = agrees("id,qty,net\na,1,0.1\nb,2,x\nc\nd,4,1\nT,4,7,1.1\n");
    assert_eq!(checked.outcome.verdict, Verdict::Accepted);
    assert_eq!(checked.outcome.rows, Rows { read: 4, clean: 2, rejected: 2, blank: 0 });
    assert_eq!(checked.clean, b"id,qty,net\na,1,0.1\nd,4,1\n");
}

#[test]
fn what_does_not_agree_is_said_with_both_numbers() {
    let message = refused(ORDERS, "id,qty,net\na,1,0.1\nT,2,3,0.10\n");
    assert_eq!(
        message,
        "trailer.count: the trailer says 2 rows, the file has 1; trailer.sum.qty: the trailer says \"3\", the sum of \"qty\" is 1"
    );
    let message = refused(ORDERS, "id,qty,net\na,1,0.1\nT,one,x,0.1000000000000000000001\n");
    assert_eq!(
        message,
        "trailer.count: the count of the trailer, \"one\", is not a number of rows; the file has 1; \
         trailer.sum.qty: the control total of the trailer, \"x\", is not a number; the sum of \"qty\" is 1; \
         trailer.sum.net: the trailer says \"0.1000000000000000000001\", the sum of \"net\" is 0.1"
    );
    let message = refused(ORDERS, "id,qty,net\na,1,NaN\nT,1,1,1\n");
    assert!(message.starts_with("trailer.sum.net: the sum of \"net\" is not known exactly"), "{message}");
}

#[test]
fn a_trailer_that_is_not_where_it_belongs_refuses_the_file() {
    for (file, expected) in [
        ("id,qty,net\na,1,0.1\n", "trailer: no record begins with \"T\"; the last record of the file has to"),
        ("id,qty,net\n", "trailer: no record begins with \"T\"; the last record of the file has to"),
        (
            "id,qty,net\nT,1,1,0.1\n\na,1,0.1\n",
            "trailer: record 2 (line 2) begins with \"T\", but it is not the last record: data follow up to record 4",
        ),
        (
            "id,qty,net\na,1,0.1\nT,1,1,0.1\nb\n",
            "trailer: record 3 (line 3) begins with \"T\", but it is not the last record: data follow up to record 4",
        ),
        (
            "id,qty,net\na,1,0.1\nT,1,1,0.1\n\nT,1,1,0.1\n",
            "trailer: 2 records begin with \"T\", the first is record 3 (line 3)",
        ),
        (
            "id,qty,net\na,1,0.1\nT,1\n",
            "trailer: record 3 (line 3) begins with \"T\" and has 2 cells, expected at least 4",
        ),
    ] {
        assert_eq!(refused(ORDERS, file), expected, "{file}");
    }
}

#[test]
fn control_totals_of_redacted_columns_are_not_told() {
    let descriptor = ORDERS.replace("\"sluice\": {", "\"sluice\": {\"redact\": [\"qty\"], ");
    let message = refused(&descriptor, "id,qty,net\na,4711,0.1\nT,1,4712,0.1\n");
    assert_eq!(message, "trailer.sum.qty: the sum of the redacted column \"qty\" is not that of the trailer");
    let checked = check(&descriptor, b"id,qty,net\na,4711,0.1\nT,1,4711,0.1\n");
    let outcome = |name: &str| checked.outcome.assertions.iter().find(|outcome| outcome.name == name).unwrap().clone();
    let AssertionOutcome { holds, found, .. } = outcome("trailer.sum.qty");
    assert_eq!((holds, found), (true, None));
}

#[test]
fn totals_are_written_like_the_cells_and_may_be_larger_than_them() {
    let descriptor = r#"{"dialect": {"delimiter": ";"}, "schema": {"fields": [{"name": "account", "type": "integer"},
        {"name": "net", "type": "number", "decimalChar": ",", "groupChar": "."}]},
        "sluice": {"file": {"trailer": {"tag": "T", "sum": {"account": 2, "net": 3}}}}}"#;
    let file = "account;net\n9223372036854775807;1.000,50\n9223372036854775807;0,25\nT;18446744073709551614;1.000,75\n";
    let checked = check(descriptor, file.as_bytes());
    assert_eq!(checked.outcome.refusal, None);
}

#[test]
fn a_file_without_header_and_schema_may_have_a_trailer() {
    let descriptor = r#"{"dialect": {"header": false}, "sluice": {"file": {"trailer": {"tag": "T", "count": 2}}}}"#;
    for (file, clean) in [("a,b,c\nd,e,f\nT,2\n", "a,b,c\nd,e,f\n"), ("T,0\n", ""), ("\u{feff}T,0\n", "\u{feff}")] {
        let checked = check(descriptor, file.as_bytes());
        assert_eq!(checked.outcome.refusal, None, "{file}");
        assert_eq!(checked.clean, clean.as_bytes(), "{file}");
    }
    let message = refused(descriptor, "a,b\nc\n");
    assert!(message.starts_with("trailer: no record"), "{message}");
}

#[test]
fn a_field_that_the_file_does_not_have_has_no_total() {
    let descriptor = ORDERS.replace("\"schema\": {", "\"schema\": {\"fieldsMatch\": \"superset\", ");
    let message = refused(&descriptor, "id,qty\na,1\nT,1,1,1\n");
    assert_eq!(message, "trailer.sum.net: the file has no column net");
}

/// A record of a file: how it is written, and what it counts and sums if it is data.
#[derive(Clone, Debug)]
struct Record {
    text: String,
    data: Option<(Option<i64>, Option<i64>)>,
}

fn record() -> impl Strategy<Value = Record> {
    let data = (0..60i64, -50..50i64, any::<bool>(), any::<bool>()).prop_map(|(qty, cents, quoted, bad)| {
        let sign = if cents < 0 { "-" } else { "" };
        let net = format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100);
        let (id, net) = (if quoted { "\"T,\n\"\"\"" } else { "x" }, if bad { "bad".to_owned() } else { net });
        Record { text: format!("{id},{qty},{net}"), data: Some((Some(qty), (!bad).then_some(cents))) }
    });
    prop_oneof![
        8 => data,
        1 => Just(Record { text: String::new(), data: None }),
        1 => Just(Record { text: "#T,1,1,1".to_owned(), data: None }),
        1 => Just(Record { text: "x,5".to_owned(), data: Some((None, None)) }),
        1 => Just(Record { text: "x,\"5\"x,1".to_owned(), data: Some((None, None)) }),
        1 => Just(Record { text: "\"TT\",7,1".to_owned(), data: Some((Some(7), Some(100))) }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn a_trailer_is_found_whatever_the_chunks_and_threads(
        records in prop::collection::vec(record(), 0..40), behind in prop::collection::vec(0..2usize, 0..3),
        (off_count, off_qty, off_net) in prop_oneof![3 => Just((0u64, 0i64, 0i64)), 1 => (0..2u64, 0..2i64, 0..2i64)],
        (form, crlf, ended, zipped) in (0..3usize, any::<bool>(), any::<bool>(), any::<bool>()),
        chunk_bytes in 1usize..300, threads in 1usize..5, again in prop::option::weighted(0.2, 0..40usize),
    ) {
        let rows = records.iter().filter(|record| record.data.is_some()).count() as u64;
        let qty: i64 = records.iter().filter_map(|record| record.data?.0).sum();
        let cents: i64 = records.iter().filter_map(|record| record.data?.1).sum();
        let (told_count, told_qty, told_net) = (rows + off_count, qty + off_qty, cents + off_net);
        let sign = if told_net < 0 { "-" } else { "" };
        let told_net = format!("{sign}{}.{:02}", told_net.abs() / 100, told_net.abs() % 100);
        let trailer = match form {
            0 => format!("T,{told_count},{told_qty},{told_net}"),
            1 => format!("\"T\",\"{told_count}\",{told_qty},\"{told_net}\""),
            _ => format!("T,{told_count:05},{told_qty},{told_net}0,,"),
        };
        let mut texts: Vec<&str> = std::iter::once("id,qty,net").chain(records.iter().map(|record| &*record.text)).collect();
        let misplaced = again.filter(|_| !records.is_empty()).map(|nth| 1 + nth % records.len());
        if let Some(at) = misplaced {
            texts.insert(at, &trailer);
        }
        texts.push(&trailer);
        texts.extend(behind.into_iter().map(|kind| ["", "#T"][kind]));
        let mut file = texts.join(if crlf { "\r\n" } else { "\n" });
        if ended {
            file.push('\n');
        }
        let whole = check(ORDERS, file.as_bytes());
        let (stored, compression) = match zipped {
            true => (compress(file.as_bytes(), Compression::Gzip), Some(Compression::Gzip)),
            false => (file.clone().into_bytes(), None),
        };
        let parts = check_with(ORDERS, &stored, compression, threads, chunk_bytes);
        let comparable = |checked: &Checked| {
            let outcome = &checked.outcome;
            (outcome.rows, outcome.errors.clone(), outcome.refusal.clone(), outcome.assertions.clone(), outcome.verdict)
        };
        prop_assert_eq!(comparable(&whole), comparable(&parts));
        prop_assert_eq!(&whole.rejects, &parts.rejects);
        prop_assert_eq!(whole.outcome.rows.read, rows);
        let right = [misplaced.is_none(), off_count == 0, off_qty == 0, off_net == 0];
        prop_assert_eq!(whole.outcome.verdict == Verdict::Refused, right.contains(&false), "{}", file);
        if misplaced.is_none() {
            let holds: Vec<bool> = whole.outcome.assertions.iter().map(|outcome| outcome.holds).collect();
            prop_assert_eq!(&holds[..], &right[..], "{}", file);
        }
    }
}

#[test]
fn a_sum_that_is_not_finite_does_not_hold() {
    let descriptor = json!({
        "schema": {"fields": [{"name": "a", "type": "number"}, {"name": "b"}]},
        "sluice": {"file": {"sum": {"a": {"max": 5}}}},
    })
    .to_string();
    for (cells, why) in [
        (&["1e308", "1e308"][..], Some("sum.a: a has no sum: it is beyond ±1.7976931348623157e308")),
        (&["INF", "1"], Some("sum.a: a has no sum: 1 of its values are INF, -INF or NaN")),
        (&["NaN"], Some("sum.a: a has no sum: 1 of its values are INF, -INF or NaN")),
        (&["5", "-1"], None),
        (&[], None),
    ] {
        let rows: String = cells.iter().map(|cell| format!("{cell},x\n")).collect();
        let checked = check(&descriptor, format!("a,b\n{rows}").as_bytes());
        let message = checked.outcome.refusal.as_ref().map(|refusal| refusal.message.as_str());
        assert_eq!(message, why, "{cells:?}");
    }
}
