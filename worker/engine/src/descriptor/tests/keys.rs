//! Keys: how they are read, and the mistakes in them.

use super::{good, mistakes, warnings};
use crate::descriptor::{Key, KeyKind};

const FIELDS: &str = r#"{"name": "id"}, {"name": "code", "constraints": {"unique": true}}, {"name": "line"}"#;

fn keys(keys: &str) -> Vec<Key> {
    good(&format!(r#"{{"schema": {{"fields": [{FIELDS}], {keys}}}}}"#)).schema.unwrap().keys
}

fn key(kind: KeyKind, fields: &[&str]) -> Key {
    Key { kind, fields: fields.iter().map(|&name| name.to_owned()).collect() }
}

#[test]
fn keys_are_the_primary_one_then_the_unique_ones_then_the_unique_fields() {
    let (primary, unique) = (KeyKind::Primary, KeyKind::Unique);
    assert_eq!(keys(r#""primaryKey": [], "uniqueKeys": []"#), [key(unique, &["code"])]);
    let all = keys(r#""uniqueKeys": [["line", "code"], ["id"]], "primaryKey": ["id", "line"]"#);
    let expected =
        [key(primary, &["id", "line"]), key(unique, &["line", "code"]), key(unique, &["id"]), key(unique, &["code"])];
    assert_eq!(all, expected);
    // `unique` of a field that is a key already adds no second key.
    assert_eq!(keys(r#""primaryKey": "code""#), [key(primary, &["code"])]);
}

#[test]
fn the_fields_of_the_primary_key_are_required() {
    let text =
        format!(r#"{{"schema": {{"fields": [{FIELDS}], "primaryKey": ["id", "line"], "uniqueKeys": [["id"]]}}}}"#);
    let required: Vec<bool> =
        good(&text).schema.unwrap().fields.iter().map(|field| field.constraints.required).collect();
    assert_eq!(required, [true, false, true]);
}

#[test]
fn mistakes_in_keys() {
    #[rustfmt::skip]
    let rows: &[(&str, &[&str])] = &[
        (r#""primaryKey": 3"#, &[": primaryKey: 3 is not an array; write the name of a field, or a list of names"]),
        (r#""primaryKey": "Code""#, &[r#": primaryKey: the schema has no field "Code"; did you mean "code"?"#]),
        (r#""primaryKey": ["id", "nothing"]"#, &[
            r#": primaryKey[1]: the schema has no field "nothing"; write the name of a field of the schema"#,
        ]),
        (r#""primaryKey": ["id", "id", 7]"#, &[
            r#": primaryKey[2]: 7 is not a string; write the name of a field"#,
        ]),
        (r#""uniqueKeys": ["id", [], ["lin"]]"#, &[
            r#": uniqueKeys[0]: "id" is not an array; write a list of names of fields"#,
            r#": uniqueKeys[1]: a key without a field; write a list of names of fields"#,
            r#": uniqueKeys[2][0]: the schema has no field "lin"; did you mean "line"?"#,
        ]),
    ];
    for (piece, expected) in rows {
        let found = mistakes(&format!("{{\"schema\": {{\n{piece}, \"fields\": [{FIELDS}]}}}}"));
        let texts: Vec<&str> = found.iter().map(|text| &text[text.find(": schema.").unwrap()..]).collect();
        let expected: Vec<String> = expected.iter().map(|text| text.replacen(": ", ": schema.", 1)).collect();
        assert_eq!(texts, expected, "{piece}");
        assert!(found.iter().all(|text| text.starts_with("r.json:2:")), "{found:?}");
    }
}

#[test]
fn a_name_that_appears_twice_in_a_key_is_warned_of_and_counts_once() {
    for (piece, place) in [
        (r#""primaryKey": ["id", "line", "id"]"#, "2:30: schema.primaryKey[2]"),
        (r#""uniqueKeys": [["id", "id", "line"]]"#, "2:23: schema.uniqueKeys[0][1]"),
    ] {
        let text = format!("{{\"schema\": {{\n{piece}, \"fields\": [{FIELDS}]}}}}");
        assert_eq!(warnings(&text), [format!(r#"r.json:{place}: "id" appears twice; remove one of them"#)]);
        assert_eq!(good(&text).schema.unwrap().keys[0].fields, ["id", "line"]);
    }
}

#[test]
fn a_second_key_of_the_same_fields_is_warned_of_and_checks_nothing() {
    for (piece, expected) in [
        (
            r#""primaryKey": ["id", "line"], "uniqueKeys": [["line", "id"]]"#,
            "uniqueKeys[0]: there is a key of the same fields already, at 2:15",
        ),
        (r#""uniqueKeys": [["id"], ["id"]]"#, "uniqueKeys[1]: there is a key of the same fields already, at 2:16"),
    ] {
        let text = format!("{{\"schema\": {{\n{piece}, \"fields\": [{FIELDS}]}}}}");
        let found = warnings(&text);
        assert!(found.len() == 1 && found[0].contains(expected), "{found:?}");
        assert_eq!(mistakes(&text), Vec::<String>::new());
    }
}

#[test]
fn keys_of_several_files_and_what_is_no_truth_value() {
    // What is refused is not offered.
    let [unknown] = &mistakes(r#"{"sluice": {"nope": 1}}"#)[..] else { panic!("one mistake") };
    assert!(unknown.contains("there is no such property") && unknown.contains("trailingDelimiter"), "{unknown}");
    assert!(!unknown.contains("keyScope"), "{unknown}");
    assert_eq!(
        mistakes(r#"{"sluice": {"keyScope": "prefix"}}"#),
        [r#"r.json:1:25: sluice.keyScope: "keyScope" is not supported yet: keys are those of one file; remove it"#]
    );
    assert_eq!(
        mistakes(r#"{"schema": {"fields": [{"name": "a", "constraints": {"unique": 1}}]}}"#),
        ["r.json:1:64: schema.fields[0].constraints.unique: 1 is not a boolean; write true or false"]
    );
}

#[test]
fn keys_and_their_fields_are_counted() {
    let unique = |count: usize| {
        let field = |number| format!(r#"{{"name": "f{number}", "constraints": {{"unique": true}}}}"#);
        (0..count).map(field).collect::<Vec<_>>().join(", ")
    };
    let names = |count: usize| (0..count).map(|number| format!("\"f{number}\"")).collect::<Vec<_>>().join(", ");
    assert_eq!(good(&format!(r#"{{"schema": {{"fields": [{}]}}}}"#, unique(100))).schema.unwrap().keys.len(), 100);
    assert_eq!(
        mistakes(&format!(r#"{{"schema": {{"fields": [{}]}}}}"#, unique(101))),
        ["r.json:1:12: schema: 101 keys are more than 100; keep those that matter"]
    );
    let of = |count| format!(r#"{{"schema": {{"primaryKey": [{}], "fields": [{}]}}}}"#, names(count), unique(70));
    assert_eq!(good(&of(64)).schema.unwrap().keys.len(), 71);
    assert_eq!(
        mistakes(&of(65)),
        ["r.json:1:27: schema.primaryKey: 65 fields of a key are more than 64; name fewer of them"]
    );
}
