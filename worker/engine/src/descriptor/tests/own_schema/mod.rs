//! `docs/schemas/descriptor.json`: the JSON Schema of descriptors, with which editors complete and check them.
//!
//! The file is written anew with `UPDATE_GOLDEN=1`. Every descriptor of the tests that is read without a mistake has to be valid under it:
//! [`check`] is called where they are read. It has to have exactly the names of properties that the reader reads.

mod sluice;
mod standard;

use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::mistakes;
use crate::descriptor::JsonSchema;
use crate::document::object_kinds;
use crate::document::object_kinds::ObjectKind;
use crate::parse::Json;

/// Returns the JSON Schema of a document, whose properties tell which kind of document it is.
fn document() -> Value {
    let is = |name: &str| json!({"type": "object", "required": [name]});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Sluice: descriptor",
        "description": "A Data Resource, a Data Package or a Table Schema, with what Sluice reads of it. Other properties are allowed but in \"sluice\".",
        "type": "object",
        "if": is("resources"),
        "then": {"$ref": "#/$defs/package"},
        "else": {
            "if": {"allOf": [is("fields"), {"not": {"anyOf": [is("schema"), is("dialect"), is("sluice")]}}]},
            "then": {"$ref": "#/$defs/schema"},
            "else": {"$ref": "#/$defs/resource"},
        },
        "$defs": {
            "package": standard::package(),
            "resource": standard::resource(),
            "dialect": standard::dialect(),
            "schema": standard::schema(),
            "foreignKey": standard::foreign_key(),
            "field": standard::field(),
            "constraints": standard::constraints(),
            "sluice": sluice::sluice(),
        },
    })
}

fn own_schema() -> &'static JsonSchema {
    static SCHEMA: OnceLock<JsonSchema> = OnceLock::new();
    SCHEMA.get_or_init(|| JsonSchema::of_text("descriptor.json", document().to_string().as_bytes()).unwrap())
}

/// Fails unless a descriptor that was read without a mistake is valid under its JSON Schema. Skips a descriptor that is nested deeper than the
/// JSON of a cell may be.
pub(super) fn check(text: &str) {
    if Json::read(text.as_bytes()).is_some() {
        assert!(own_schema().is_valid_text(text.as_bytes()), "docs/schemas/descriptor.json refuses {text}");
    }
}

#[test]
fn the_schema_of_descriptors_is_kept_as_it_is_made() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas/descriptor.json");
    let made = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(kept == made, "docs/schemas/descriptor.json is not what is made; after a review: UPDATE_GOLDEN=1");
}

/// Returns the names of the properties at a place of the schema.
fn names_at(pointer: &str) -> Vec<String> {
    let document = document();
    let mut names: Vec<String> = document.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect();
    names.retain(|name| name != "$schema");
    names.sort();
    names
}

#[test]
fn the_schema_has_the_names_that_are_read() {
    // First the names of the object that the schema leaves out, as they are refused or not read; then names that it has beside those of the object.
    let kinds: [(&str, &ObjectKind, &[&str], &[&str]); 5] = [
        ("resource", &object_kinds::RESOURCE, &["data"], &["name", "missingValues", "fields"]),
        ("package", &object_kinds::PACKAGE, &[], &["name", "missingValues"]),
        ("dialect", &object_kinds::DIALECT, &[], &["csv"]),
        ("schema", &object_kinds::SCHEMA, &[], &[]),
        ("field", &object_kinds::FIELD, &[], &[]),
    ];
    for (name, kind, not_in_schema, beside) in kinds {
        let listed = kind.read.iter().filter(|name| !not_in_schema.contains(name));
        let mut expected: Vec<&str> = listed.chain(beside).copied().collect();
        expected.sort_unstable();
        assert_eq!(names_at(&format!("/$defs/{name}/properties")), expected, "{name}");
    }
    let mut constraints = object_kinds::CONSTRAINTS.read.to_vec();
    constraints.sort_unstable();
    assert_eq!(names_at("/$defs/constraints/properties"), constraints);
}

/// Returns the names that the reader lists when it is given a name that resembles none of them.
fn listed_by_the_reader(descriptor: &str) -> Vec<String> {
    let found = mistakes(descriptor);
    let list =
        found.iter().find_map(|mistake| mistake.split_once("; use one of ")).unwrap_or_else(|| panic!("{found:?}"));
    let mut names: Vec<String> = list.1.split(", ").map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn the_schema_of_our_own_object_has_the_names_that_are_read() {
    let name = r#"{"qqqqqqqqqqqqqqqqqqqqqqqq": 1}"#;
    let places = [
        ("", name.to_owned()),
        ("/properties/rules/items", format!(r#"{{"rules": [{name}]}}"#)),
        ("/properties/tolerance", format!(r#"{{"tolerance": {name}}}"#)),
        ("/properties/output", format!(r#"{{"output": {name}}}"#)),
        ("/properties/headers", format!(r#"{{"headers": {name}}}"#)),
        ("/properties/limits", format!(r#"{{"limits": {name}}}"#)),
        ("/properties/reference/items", format!(r#"{{"reference": [{name}]}}"#)),
        ("/properties/file", format!(r#"{{"file": {name}}}"#)),
        ("/properties/file/properties/rows", format!(r#"{{"file": {{"rows": {name}}}}}"#)),
        ("/properties/file/properties/trailer", format!(r#"{{"file": {{"trailer": {name}}}}}"#)),
        ("/properties/file/properties/last", format!(r#"{{"file": {{"last": {name}}}}}"#)),
    ];
    for (place, object) in places {
        let descriptor = format!(r#"{{"schema": {{"fields": [{{"name": "a"}}]}}, "sluice": {object}}}"#);
        let read = listed_by_the_reader(&descriptor);
        assert_eq!(names_at(&format!("/$defs/sluice{place}/properties")), read, "sluice{place}");
        assert!(!own_schema().is_valid_text(descriptor.as_bytes()), "{descriptor}");
    }
}

#[test]
fn words_of_the_schema_are_those_that_are_read() {
    let field = |rest: &str| format!(r#"{{"schema": {{"fields": [{{"name": "a", {rest}}}]}}}}"#);
    let word = "\"qqqqqqqqqqqqqqqqqqqqqqqq\"";
    let sluice = |object: String| format!(r#"{{"schema": {{"fields": [{{"name": "a"}}]}}, "sluice": {object}}}"#);
    let places = [
        ("field/properties/type/enum", field(&format!("\"type\": {word}"))),
        ("field/properties/itemType/enum", field(&format!("\"type\": \"list\", \"itemType\": {word}"))),
        (
            "schema/properties/fieldsMatch/anyOf/0/anyOf/0/enum",
            format!(r#"{{"schema": {{"fields": [{{"name": "a"}}], "fieldsMatch": {word}}}}}"#),
        ),
        ("sluice/properties/headers/properties/match/enum", sluice(format!(r#"{{"headers": {{"match": {word}}}}}"#))),
        (
            "sluice/properties/output/properties/formats/items/enum",
            sluice(format!(r#"{{"output": {{"formats": [{word}]}}}}"#)),
        ),
        (
            "sluice/properties/rules/items/properties/severity/enum",
            sluice(format!(r#"{{"rules": [{{"name": "r", "check": "a = 'x'", "severity": {word}}}]}}"#)),
        ),
    ];
    let document = document();
    for (place, descriptor) in places {
        let words = document.pointer(&format!("/$defs/{place}")).unwrap_or_else(|| panic!("{place}"));
        let mut words: Vec<&str> = words.as_array().unwrap().iter().filter_map(Value::as_str).collect();
        words.sort_unstable();
        assert_eq!(words, listed_by_the_reader(&descriptor), "{place}");
        assert!(!own_schema().is_valid_text(descriptor.as_bytes()), "{descriptor}");
    }
}

#[test]
fn descriptors_with_mistakes_of_form_are_refused() {
    let refused = [
        "[]",
        "3",
        r#"{"schema": 3}"#,
        r#"{"schema": ""}"#,
        r#"{"schema": {}}"#,
        r#"{"schema": {"fields": []}}"#,
        r#"{"schema": {"fields": [{}]}}"#,
        r#"{"schema": {"fields": [{"name": ""}]}}"#,
        r#"{"schema": {"fields": [{"name": "a", "type": "int"}]}}"#,
        r#"{"schema": {"fields": [{"name": "a", "constraints": {"required": "true"}}]}}"#,
        r#"{"schema": {"fields": [{"name": "a", "constraints": {"minLength": -1}}]}}"#,
        r#"{"schema": {"fields": [{"name": "a", "constraints": {"enum": []}}]}}"#,
        r#"{"schema": {"fields": [{"name": "a", "missingValues": 3}]}}"#,
        r#"{"schema": {"fields": [{"name": "a"}], "primaryKey": 3}}"#,
        r#"{"schema": {"fields": [{"name": "a"}], "foreignKeys": [{"fields": "a"}]}}"#,
        r#"{"fields": [{"name": 3}]}"#,
        r#"{"resources": {}}"#,
        r#"{"resources": [{"schema": {"fields": [{"type": "string"}]}}]}"#,
        r#"{"dialect": {"delimiter": ""}}"#,
        r#"{"dialect": {"csv": {"header": "no"}}}"#,
        r#"{"dialect": {"headerRows": [0]}}"#,
        r#"{"encoding": 8}"#,
        r#"{"sluice": {"tolerence": {}}}"#,
        r#"{"sluice": {"redact": null}}"#,
        r#"{"sluice": {"tolerance": {"percent": 101}}}"#,
        r#"{"sluice": {"limits": {"recordBytes": 10}}}"#,
        r#"{"sluice": {"output": {"formats": []}}}"#,
        r#"{"sluice": {"file": {"rows": {}}}}"#,
        r#"{"sluice": {"file": {"missing": {"a": "2"}}}}"#,
        r#"{"sluice": {"file": {"last": {"files": 3}}}}"#,
        r#"{"sluice": {"warnings": ["a.unique"]}}"#,
        r#"{"sluice": {"reference": [{"name": "a"}]}}"#,
    ];
    for descriptor in refused {
        assert!(!mistakes(descriptor).is_empty(), "the reader takes {descriptor}");
        assert!(!own_schema().is_valid_text(descriptor.as_bytes()), "{descriptor}");
    }
}

#[test]
fn a_descriptor_may_name_its_schema() {
    let text =
        r#"{"$schema": "../docs/schemas/descriptor.json", "schema": {"$schema": "x", "fields": [{"name": "a"}]}}"#;
    assert_eq!(super::warnings(text), [""; 0]);
}
