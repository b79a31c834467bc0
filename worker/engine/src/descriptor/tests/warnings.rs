//! What is odd in a descriptor, where, and what was likely meant: the exact texts.

use super::{good, warnings};

/// One row: a piece of a descriptor, and its warnings as `line:column: path: message; remedy`.
type Row = (&'static str, &'static [&'static str]);

/// Every row, put into a descriptor by `around`, has exactly its warnings.
fn table(rows: &[Row], around: impl Fn(&str) -> String) {
    for (piece, expected) in rows {
        let expected: Vec<String> = expected.iter().map(|warning| format!("r.json:{warning}")).collect();
        assert_eq!(warnings(&around(piece)), expected, "{piece}");
    }
}

#[test]
fn constraints_beside_the_name() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        (r#""required": true"#, &[
            r#"1:50: schema.fields[0].required: a constraint here checks nothing; move it into "constraints""#,
        ]),
        (r#""constraints": {"required": true}"#, &[]),
    ];
    table(rows, |piece| format!(r#"{{"schema": {{"fields": [{{"name": "a", {piece}}}]}}}}"#));
}

#[test]
fn a_strict_reading_makes_mistakes_of_warnings() {
    let odd = r#"{"schema": {"fields": [{"name": "a", "unique": true}]}}"#;
    assert_eq!(good(odd).strict().unwrap_err().count(), 1);
    assert!(good(r#"{"schema": {"fields": [{"name": "a"}]}}"#).strict().is_ok());
}

#[test]
fn a_dialect_with_parts_that_change_nothing() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        (r#""sheetName": "x", "itemKeys": ["a"]"#, &[
            r#"1:27: dialect.sheetName: the property is for files of another kind and changes nothing here; remove it"#,
            r#"1:44: dialect.itemKeys: the property is for files of another kind and changes nothing here; remove it"#,
        ]),
        (r#""header": false, "headerRows": [1, 2]"#, &[
            r#"1:45: dialect.headerRows: "header" is false, so these records are data; remove one of them"#,
        ]),
    ];
    table(rows, |piece| format!(r#"{{"dialect": {{{piece}}}}}"#));
}
