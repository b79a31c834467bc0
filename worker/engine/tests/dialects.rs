//! Dialects of every kind, from a descriptor to clean rows and rejects, at every chunk size and number of threads.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::too_many_lines, reason = "a table of cases")]

mod support;

use proptest::prelude::*;
use serde_json::{Value, json};
use sluice_engine::report::Reject;
use support::{Checked, check, check_with};

fn descriptor(dialect: Value, sluice: Value) -> String {
    json!({
        "schema": {"fields": [{"name": "id", "type": "integer"}, {"name": "name"}]},
        "dialect": dialect,
        "sluice": sluice,
    })
    .to_string()
}

/// Returns the clean bytes, and the line and the code of each fault.
fn outcome(checked: &Checked) -> (String, Vec<(u64, &'static str)>) {
    let clean = String::from_utf8(checked.clean.clone()).unwrap();
    let lines = checked.rejects.split_inclusive(|&byte| byte == b'\n');
    let rejects = lines.map(|line| serde_json::from_slice::<Reject>(line).unwrap());
    let faults = rejects.flat_map(|reject| {
        let line = reject.line;
        reject.errors.into_iter().map(move |fault| (line, fault.code.name()))
    });
    (clean, faults.collect())
}

/// Dialect, further properties, a file, its clean rows, and the lines and codes of its faults.
type Case = (Value, Value, &'static str, &'static str, &'static [(u64, &'static str)]);

#[test]
fn files_are_read_in_the_dialect_that_is_declared() {
    let trailing = json!({"trailingDelimiter": true});
    let cases: [Case; 13] = [
        (
            json!({"delimiter": "||"}),
            json!({}),
            "id||name\n1||a|b\nx||c\n2||\"d||e\"\n",
            "id||name\n1||a|b\n2||\"d||e\"\n",
            &[(3, "type-error")],
        ),
        (
            json!({"delimiter": "§", "commentChar": "--"}),
            json!({}),
            "-- made by hand\nid§name\n1§a\n-- 2§b\n-§c\n",
            "id§name\n1§a\n",
            &[(5, "type-error")],
        ),
        (
            json!({"commentRows": [1, 3]}),
            json!({}),
            "Report of May\nid,name\n[int],[text]\n1,a\n2\n",
            "id,name\n1,a\n",
            &[(5, "missing-cell")],
        ),
        (json!({"headerRows": [1], "commentRows": [2]}), json!({}), "id,name\n\"x\n1,a\n", "id,name\n1,a\n", &[]),
        (json!({"header": false, "commentRows": [2]}), json!({}), "1,a\nx\"y\n2,b\n", "1,a\n2,b\n", &[]),
        (
            json!({}),
            trailing.clone(),
            "id,name,\r\n1,a,\r\n2,,\r\n3,b,c,\r\n4,\r\n",
            "id,name,\r\n1,a,\r\n2,,\r\n",
            &[(4, "extra-cell"), (5, "missing-cell")],
        ),
        (json!({}), json!({}), "id,name\n1,a,\n", "id,name\n", &[(2, "extra-cell")]),
        (
            json!({"nullSequence": "\\N", "escapeChar": "\\"}),
            json!({}),
            "id,name\n\\N,\\N\nN,a\\,b\n",
            "id,name\n\\N,\\N\n",
            &[(3, "type-error")],
        ),
        (json!({"lineTerminator": ";"}), json!({}), "id,name;1,a\nb;x,c;", "id,name;1,a\nb;", &[(3, "type-error")]),
        (json!({"quoteChar": null}), json!({}), "id,name\n1,\"a\n2,b\"\"\n", "id,name\n1,\"a\n2,b\"\"\n", &[]),
        (
            json!({"quoteChar": "|", "escapeChar": "~"}),
            json!({}),
            "id,name\n|1|,|a~|,b|\n2,~,\n",
            "id,name\n|1|,|a~|,b|\n2,~,\n",
            &[],
        ),
        (json!({"headerRows": [2]}), json!({}), "title\nid,name\n1,a\n", "title\nid,name\n1,a\n", &[]),
        (
            json!({"skipInitialSpace": true}),
            json!({}),
            "id, name\n1, \"a, b\"\n 2,  c\n",
            "id, name\n1, \"a, b\"\n 2,  c\n",
            &[],
        ),
    ];
    for (dialect, sluice, file, clean, faults) in cases {
        let descriptor = descriptor(dialect, sluice);
        let whole = check(&descriptor, file.as_bytes());
        assert_eq!(outcome(&whole), (clean.to_owned(), faults.to_vec()), "{descriptor} {:?}", whole.outcome.refusal);
        for chunk_bytes in 1..file.len() {
            assert_eq!(whole, check_with(&descriptor, file.as_bytes(), None, 2, chunk_bytes), "{descriptor}");
        }
    }
}

#[test]
fn the_parts_of_a_header_are_joined_as_the_standard_does() {
    let fields = json!({"fields": [{"name": "fruit-id", "type": "integer"}, {"name": "fruit-name"}]});
    let descriptor = json!({"schema": fields, "dialect": {"headerRows": [1, 2], "headerJoin": "-"}}).to_string();
    let checked = check(&descriptor, b"fruit\nid,name\n1,apple\n2,orange\n");
    assert_eq!(checked.outcome.rows.clean, 2, "{:?}", checked.outcome.refusal);
}

#[test]
fn a_null_sequence_is_missing_in_columns_without_a_field() {
    let descriptor = json!({"dialect": {"nullSequence": "NA"}}).to_string();
    let checked = check(&descriptor, b"a,b\nNA,1\n,2\nNAN,NA\n");
    let missing: Vec<u64> = checked.outcome.fields.iter().map(|field| field.missing).collect();
    assert_eq!(missing, [2, 1]);
}

const PIECES: [&str; 16] =
    ["1", "7", "x", "|", "||", "||", "\n", "\n", "\r\n", "\"", "\"\"", "\"a||b\"", "\\", "#", "##", "1||a||\n"];

fn any_descriptor() -> impl Strategy<Value = String> {
    let chosen = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    chosen.prop_map(|(long_comment, escapes, comments, trailing, has_header)| {
        let dialect = json!({
            "delimiter": "||",
            "commentChar": if long_comment { "##" } else { "#" },
            "escapeChar": if escapes { json!("\\") } else { Value::Null },
            "commentRows": if comments { json!([2, 3, 7]) } else { json!([]) },
            "nullSequence": "x",
            "header": has_header,
        });
        descriptor(dialect, json!({"trailingDelimiter": trailing}))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn chunks_and_threads_never_show(
        descriptor in any_descriptor(), pieces in prop::collection::vec(0..PIECES.len(), 0..60),
        chunk_bytes in 1usize..200, threads in 1usize..4,
    ) {
        let file = "id||name\n".to_owned() + &pieces.into_iter().map(|piece| PIECES[piece]).collect::<String>();
        let whole = check(&descriptor, file.as_bytes());
        prop_assert_eq!(whole.outcome.rows.read, whole.outcome.rows.clean + whole.outcome.rows.rejected);
        prop_assert_eq!(&whole, &check_with(&descriptor, file.as_bytes(), None, threads, chunk_bytes));
        // Comment rows are found by their numbers, and records have other numbers in the clean file.
        if !descriptor.contains("[2,3,7]") {
            let again = check(&descriptor, &whole.clean);
            prop_assert_eq!(&again.clean, &whole.clean);
            prop_assert_eq!((again.outcome.rows.rejected, again.outcome.rows.read), (0, whole.outcome.rows.clean));
        }
    }
}
