//! The exact texts of all mistakes in descriptors: what is wrong, where, and what to do about it.

use std::collections::HashSet;

use super::mistakes;

mod constraints;
mod dialect;
mod document;
mod field;
mod file;
mod headers;
mod keys;
mod package;
mod reference;
mod rules;
mod schema;
mod sluice;

/// One row: a piece of a descriptor, and its mistakes as `line:column: path: message; remedy`.
type Row = (&'static str, &'static [&'static str]);

/// Rows of one kind, and the descriptor that each piece is put into.
struct Table {
    rows: &'static [Row],
    around: fn(&str) -> String,
}

const TABLES: &[(&str, Table)] = &[
    ("document", document::TABLE),
    ("schema", schema::TABLE),
    ("field", field::TABLE),
    ("constraints", constraints::TABLE),
    ("dialect", dialect::TABLE),
    ("sluice", sluice::TABLE),
    ("keys", keys::TABLE),
    ("rules", rules::TABLE),
    ("file", file::TABLE),
    ("headers", headers::TABLE),
    ("reference", reference::TABLE),
    ("package", package::TABLE),
];

#[test]
fn every_row_has_exactly_its_mistakes() {
    for (name, Table { rows, around }) in TABLES {
        for (piece, expected) in *rows {
            let expected: Vec<String> = expected.iter().map(|mistake| format!("r.json:{mistake}")).collect();
            assert_eq!(mistakes(&around(piece)), expected, "{name}: {piece}");
        }
    }
}

/// Returns the text of a mistake without its place, and without the parts that are quoted from the descriptor.
fn kind_of(mistake: &str) -> String {
    let text = mistake.splitn(3, ": ").last().unwrap_or_default();
    text.split('"').step_by(2).collect::<String>().chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[test]
fn at_least_a_hundred_kinds_of_mistakes_are_in_the_tables() {
    let rows = TABLES.iter().flat_map(|(_, table)| table.rows.iter());
    let all: Vec<&str> = rows.flat_map(|(_, expected)| expected.iter().copied()).collect();
    let kinds: HashSet<String> = all.iter().map(|mistake| kind_of(mistake)).collect();
    assert!(all.len() >= 250 && kinds.len() >= 100, "{} mistakes of {} kinds", all.len(), kinds.len());
    // Each mistake tells its place and, behind a semicolon, its remedy.
    for mistake in all {
        let mut parts = mistake.splitn(3, ':');
        let place = parts.by_ref().take(2).all(|number| number.parse::<u64>().is_ok_and(|number| number > 0));
        assert!(place && mistake.contains("; "), "{mistake}");
    }
}

#[test]
fn a_field_has_a_name_of_at_most_1000_characters() {
    let text = |characters: usize| format!(r#"{{"schema":{{"fields":[{{"name":"{}"}}]}}}}"#, "é".repeat(characters));
    assert_eq!(
        mistakes(&text(1001)),
        ["r.json:1:30: schema.fields[0].name: it has more than 1000 characters; shorten it"]
    );
    assert!(super::good(&text(1000)).schema.is_some());
}

#[test]
fn assertions_over_a_file_are_limited() {
    let of = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("f{number}")).collect();
        let fields: Vec<String> = names.iter().map(|name| format!(r#"{{"name": "{name}"}}"#)).collect();
        let missing: Vec<String> = names.iter().map(|name| format!(r#""{name}": "1%""#)).collect();
        let (fields, missing) = (fields.join(","), missing.join(","));
        format!(r#"{{"sluice": {{"file": {{"missing": {{{missing}}}}}}}, "schema": {{"fields": [{fields}]}}}}"#)
    };
    assert_eq!(mistakes(&of(200)), [""; 0]);
    assert_eq!(
        mistakes(&of(201)),
        ["r.json:1:21: sluice.file: there are more than 200 assertions; remove some of them"]
    );
}
