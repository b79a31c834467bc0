//! Foreign keys and reference tables: how they are read, and the mistakes in them.

use super::{Files, good, mistakes};
use crate::descriptor::{Target, read};

const FIELDS: &str = r#"{"name": "id", "type": "integer"}, {"name": "parent", "type": "integer"}, {"name": "country"}, {"name": "year", "type": "year"}"#;
const COUNTRIES: &str = r#"{"name": "countries", "path": "reference/countries.csv", "schema": {"fields": [{"name": "code"}, {"name": "since", "type": "date"}, {"name": "number", "type": "number"}]}}"#;

fn descriptor(keys: &str, tables: &str) -> String {
    format!(
        "{{\"name\": \"orders\", \"sluice\": {{\"reference\": [{tables}]}}, \"schema\": {{\"fields\": [{FIELDS}],\n\"foreignKeys\": {keys}}}}}"
    )
}

/// Returns the fields, the target and the fields of the target of each foreign key.
fn keys(keys: &str) -> Vec<(String, Target, String)> {
    let schema = good(&descriptor(keys, COUNTRIES)).schema.unwrap();
    let of = |names: Vec<String>| names.join("+");
    schema.foreign_keys.into_iter().map(|key| (of(key.fields), key.target, of(key.target_fields))).collect()
}

#[test]
fn both_versions_of_the_standard_are_read() {
    let own = |fields: &str, others: &str| (fields.to_owned(), Target::OwnFile, others.to_owned());
    assert_eq!(keys("[]"), []);
    let expected = [own("parent", "id")];
    for reference in [
        r#"{"fields": "id"}"#,
        r#"{"fields": ["id"]}"#,
        r#"{"resource": "", "fields": "id"}"#,
        r#"{"resource": null, "fields": "id"}"#,
        r#"{"resource": "orders", "fields": ["id"]}"#,
    ] {
        assert_eq!(keys(&format!(r#"[{{"fields": "parent", "reference": {reference}}}]"#)), expected, "{reference}");
        assert_eq!(keys(&format!(r#"[{{"fields": ["parent"], "reference": {reference}}}]"#)), expected, "{reference}");
    }
    let countries = keys(
        r#"[{"fields": ["country", "id"], "reference": {"resource": "countries", "fields": ["code", "number"]}}, {"fields": "id", "reference": {"fields": "year"}}]"#,
    );
    let expected = [("country+id".to_owned(), Target::Table(0), "code+number".to_owned()), own("id", "year")];
    assert_eq!(countries, expected);
}

#[test]
fn mistakes_in_foreign_keys() {
    const FORM: &str = r#"write {"resource": "countries", "fields": ["code"]}"#;
    let reference = |resource: &str| format!(r#"{{"resource": "{resource}", "fields": ["code"]}}"#);
    let of = |fields: &str, reference: &str| format!(r#"[{{"fields": {fields}, "reference": {reference}}}]"#);
    let rows: Vec<(String, Vec<String>)> = vec![
        ("{}".into(), vec![r#": an object is not an array; write a list of foreign keys"#.into()]),
        ("[3]".into(), vec![r#"[0]: 3 is not an object; write a foreign key with "fields" and "reference""#.into()]),
        ("[{}]".into(), vec![
            r#"[0]: it has no "fields"; write the name of a field, or a list of names"#.into(),
            format!(r#"[0]: it has no "reference"; {FORM}"#),
        ]),
        (of(r#""Country""#, &reference("countries")), vec![
            r#"[0].fields: the schema has no field "Country"; did you mean "country"?"#.into(),
        ]),
        (of(r#""country""#, r#""countries""#), vec![format!(r#"[0].reference: "countries" is not an object; {FORM}"#)]),
        (of(r#""country""#, r#"{"resource": "countries"}"#), vec![
            r#"[0].reference: it has no "fields"; write the name of a field, or a list of names"#.into(),
        ]),
        (of(r#""country""#, &reference("countrys")), vec![
            r#"[0].reference.resource: there is no reference table "countrys"; did you mean "countries"?"#.into(),
        ]),
        (of(r#""country""#, &reference("x")), vec![
            r#"[0].reference.resource: there is no reference table "x"; name it in sluice.reference with its path and schema"#.into(),
        ]),
        (of(r#""country""#, r#"{"resource": "countries", "fields": ["cod"]}"#), vec![
            r#"[0].reference.fields[0]: the table "countries" has no field "cod"; did you mean "code"?"#.into(),
        ]),
        (of(r#"["country", "id"]"#, &reference("countries")), vec![
            r#"[0]: the key has 2 fields, and refers to 1; name as many fields in "fields" as in "reference""#.into(),
        ]),
        (of("[]", r#"{"fields": []}"#), vec![
            "[0].fields: a foreign key without a field; write the name of a field, or a list of names".into(),
            "[0].reference.fields: a foreign key without a field; write the name of a field, or a list of names".into(),
        ]),
        (of(r#"["id", "id"]"#, r#"{"fields": ["id", "parent"]}"#), vec![
            r#"[0].fields[1]: "id" appears twice; remove one of them"#.into(),
        ]),
        (of(r#""id""#, &reference("countries")), vec![
            r#"[0]: "id" is of the type integer, "code" of the table "countries" of the type any: their values are never equal; give both fields one type"#.into(),
        ]),
        (of(r#""year""#, r#"{"resource": "countries", "fields": "since"}"#), vec![
            r#"[0]: "year" is of the type year, "since" of the table "countries" of the type date: their values are never equal; give both fields one type"#.into(),
        ]),
        (of(r#""country""#, r#"{"fields": "id"}"#), vec![
            r#"[0]: "country" is of the type any, "id" of the type integer: their values are never equal; give both fields one type"#.into(),
        ]),
    ];
    for (piece, expected) in rows {
        let found = mistakes(&descriptor(&piece, COUNTRIES));
        let texts: Vec<&str> = found.iter().map(|text| text.split_once(": schema.foreignKeys").unwrap().1).collect();
        assert_eq!(texts, expected, "{piece}");
        assert!(found.iter().all(|text| text.starts_with("r.json:2:")), "{found:?}");
    }
}

#[test]
fn mistakes_in_reference_tables() {
    let form = r#"write a list of tables such as {"name": "countries", "path": "reference/countries.csv"}"#;
    let of = |name: &str, path: &str| format!(r#"{{"name": "{name}", "path": "{path}"}}"#);
    let with = |more: &str| format!(r#"{{"name": "a", "path": "reference/a.csv", {more}}}"#);
    let rows: Vec<(String, Vec<String>)> = vec![
        ("{}".into(), vec![": an object is not an array; ".to_owned() + form]),
        ("[7]".into(), vec!["[0]: 7 is not an object; write an object".into()]),
        ("[{}]".into(), vec![
            "[0]: it has no name; write the name that foreign keys call it by".into(),
            "[0]: it has no path; write where the file is, such as \"reference/countries.csv\"".into(),
        ]),
        (format!("[{}, {}]", of("a", "a.csv"), of("a", "b.csv")), vec![
            r#"[1].name: "a" appears twice, first at 1:36; give each table a name of its own"#.into(),
        ]),
        (format!("[{}]", of("", "a.csv")), vec![
            "[0].name: a name has 1 to 1000 characters, none of them a control character; write the name that foreign keys call it by".into(),
        ]),
        (format!("[{}]", of("a", "../a.csv")), vec![
            r#"[0].path: "../a.csv" leaves the folder of the descriptor; name a file beside the descriptor"#.into(),
        ]),
        (format!("[{}]", of("a", "https://example.org/a.csv")), vec![
            r#"[0].path: "https://example.org/a.csv" is a URL; name a file beside the descriptor"#.into(),
        ]),
        (format!("[{}]", of("a", "incoming/a.csv")), vec![
            r#"[0].path: "incoming/a.csv" is under incoming, where files come and go; put the table under reference/"#.into(),
        ]),
        (format!("[{}]", with(r#""shema": {}"#)), vec![
            r#"[0].shema: there is no such property; did you mean "schema"?"#.into(),
        ]),
        (format!("[{}]", with(r#""schema": {"fields": [{"name": "b"}], "foreignKeys": [{}]}"#)), vec![
            "[0].schema.foreignKeys: foreign keys of a reference table are not supported yet; remove them from this schema".into(),
        ]),
    ];
    for (piece, expected) in rows {
        let found = mistakes(&format!(r#"{{"sluice": {{"reference": {piece}}}}}"#));
        let texts: Vec<&str> = found.iter().map(|text| text.split_once(": sluice.reference").unwrap().1).collect();
        assert_eq!(texts, expected, "{piece}");
    }
}

#[test]
fn a_bare_schema_refers_to_its_own_file_only() {
    let schema = |resource: &str| {
        let text = format!(
            r#"{{"fields": [{FIELDS}], "foreignKeys": [{{"fields": "parent", "reference": {{"resource": "{resource}", "fields": "id"}}}}]}}"#
        );
        crate::descriptor::read_schema("s.json", text.as_bytes())
    };
    assert_eq!(schema("").unwrap().schema.unwrap().foreign_keys[0].target, Target::OwnFile);
    // The schema is valid, but refers to a table of a package that is not at hand.
    let read = schema("countries").unwrap();
    let expected = r#"a schema alone has no table "countries", so the key is not checked; write a descriptor (--resource) that names it in sluice.reference"#;
    assert!(read.warnings[0].to_string().ends_with(expected), "{:?}", read.warnings);
    assert_eq!(read.schema.as_ref().unwrap().foreign_keys, []);
    assert!(read.strict().is_err());
}

#[test]
fn the_schema_of_a_table_is_part_of_the_hash() {
    let text = r#"{"sluice": {"reference": [{"name": "a", "path": "a.csv", "schema": "a.json"}]}}"#;
    let of = |schema: &str| read("r.json", text.as_bytes(), &Files::of([("a.json", schema)]));
    let hash = |schema: &str| of(schema).unwrap().sha256;
    assert_eq!(hash(r#"{"fields": [{"name": "b"}]}"#), hash(r#"{"fields": [{"name": "b"}]}"#));
    assert_ne!(hash(r#"{"fields": [{"name": "b"}]}"#), hash(r#"{"fields": [{"name": "c"}]}"#));
    let found = of("{}").unwrap_err().to_string();
    assert!(found.starts_with("a.json:1:1: there are no fields"), "{found}");
}

#[test]
fn what_a_redacted_field_refers_to_is_redacted_too() {
    let text =
        descriptor(r#"[{"fields": "country", "reference": {"resource": "countries", "fields": "code"}}]"#, COUNTRIES);
    let text = text.replacen("\"sluice\": {", "\"sluice\": {\"redact\": [\"country\"], ", 1);
    assert_eq!(good(&text).references[0].descriptor.settings.redact, ["code"]);
}

#[test]
fn foreign_keys_and_tables_are_counted() {
    let keys = |count: usize| {
        let key = r#"{"fields": "parent", "reference": {"fields": "id"}}"#;
        descriptor(&format!("[{}]", vec![key; count].join(", ")), COUNTRIES)
    };
    assert_eq!(good(&keys(100)).schema.unwrap().foreign_keys.len(), 100);
    let found = mistakes(&keys(101));
    assert!(
        found[0].ends_with("schema.foreignKeys: 101 foreign keys are more than 100; keep those that matter"),
        "{found:?}"
    );
    let tables = |count: usize| {
        let table = |number| format!(r#"{{"name": "t{number}", "path": "t.csv"}}"#);
        format!(r#"{{"sluice": {{"reference": [{}]}}}}"#, (0..count).map(table).collect::<Vec<_>>().join(", "))
    };
    assert_eq!(good(&tables(100)).references.len(), 100);
    let found = mistakes(&tables(101));
    assert_eq!(found, ["r.json:1:26: sluice.reference: 101 tables are more than 100; name fewer of them"]);
}

#[test]
fn a_table_that_nothing_refers_to_is_warned_of() {
    let of = |keys: &str| super::warnings(&descriptor(keys, COUNTRIES));
    assert_eq!(
        of(r#"[{"fields": "country", "reference": {"resource": "countries", "fields": "code"}}]"#),
        [] as [&str; 0]
    );
    let expected = "r.json:1:45: sluice.reference[0]: no foreign key refers to this table, so it is not read; add a foreign key, or remove the table";
    assert_eq!(of("[]"), [expected]);
}
