//! What is not by the letter of the standard, is published, and has a clear meaning: it is read, with a warning. What has none is a mistake.

use sluice_csv::LineTerminator;

use super::{Files, mistakes, read};
use crate::descriptor::{DescriptorSource, Expected, KeyKind};

/// Returns the warnings of a descriptor, one line each.
fn warned(text: &str) -> Vec<String> {
    let descriptor = read("r.json", text.as_bytes(), &Files::default()).unwrap();
    descriptor.warnings.iter().map(ToString::to_string).collect()
}

fn with_field(properties: &str) -> String {
    format!(r#"{{"schema":{{"fields":[{{"name":"a"{properties}}}]}}}}"#)
}

#[test]
fn a_field_without_a_type_is_a_text_if_it_has_a_property_of_texts() {
    for (properties, expected) in [
        ("", "any"),
        (r#","format":"default""#, "any"),
        (r#","constraints":{"enum":["1"]}"#, "any"),
        (r#","format":"email""#, "string"),
        (r#","constraints":{"pattern":"[A-Z]{2}"}"#, "string"),
        (r#","constraints":{"minLength":1}"#, "string"),
        (r#","constraints":{"maxLength":9}"#, "string"),
    ] {
        let descriptor = read("r.json", with_field(properties).as_bytes(), &Files::default()).unwrap();
        assert_eq!(descriptor.schema.unwrap().fields[0].kind.name(), expected, "{properties}");
    }
    assert_eq!(mistakes(&with_field(r#","constraints":{"minimum":1}"#)).len(), 1);
}

#[test]
fn a_text_in_place_of_a_list_is_read_as_a_list_of_it() {
    for (keys, place) in [(r#""a""#, "uniqueKeys: "), (r#"["a"]"#, "uniqueKeys[0]: ")] {
        let text = format!(r#"{{"schema":{{"fields":[{{"name":"a","missingValues":""}}],"uniqueKeys":{keys}}}}}"#);
        let descriptor = read("r.json", text.as_bytes(), &Files::default()).unwrap();
        let schema = descriptor.schema.unwrap();
        assert_eq!(schema.keys.len(), 1);
        assert_eq!((schema.keys[0].kind, &schema.keys[0].fields[..]), (KeyKind::Unique, &["a".to_owned()][..]));
        let found = warned(&text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("missingValues: this is a text, not a list of texts"), "{found:?}");
        let expected = format!("{place}this is the name of a field, not a list of names");
        assert!(found[1].contains(&expected), "{found:?}");
    }
    assert_eq!(mistakes(r#"{"schema":{"fields":[{"name":"a"},{"name":"b"}],"uniqueKeys":["a","b"]}}"#).len(), 2);
    let unknown = mistakes(r#"{"schema":{"fields":[{"name":"a"}],"uniqueKeys":"b"}}"#);
    assert!(unknown.len() == 1 && unknown[0].contains("\"b\""), "{unknown:?}");
}

#[test]
fn categories_of_another_resource_check_nothing() {
    let found = warned(&with_field(r#","type":"string","categories":{"resource":"codes"}"#));
    assert!(found.len() == 1 && found[0].contains("not a list of values, so it checks nothing"), "{found:?}");
}

#[test]
fn properties_in_the_wrong_place_are_told() {
    for (text, name) in [
        (with_field(r#","primaryKey":true"#), "primaryKey"),
        (with_field(r#","primarykey":true"#), "primarykey"),
        (with_field(r#","uniqueKey":true"#), "uniqueKey"),
        (with_field(r#","foreignKeys":[]"#), "foreignKeys"),
        (r#"{"schema":{"fields":[{"name":"a"}],"decimalChar":","}}"#.to_owned(), "decimalChar"),
        (r#"{"dialect":{"decimalChar":","}}"#.to_owned(), "decimalChar"),
        (r#"{"dialect":{"quote":"'"}}"#.to_owned(), "quote"),
    ] {
        let found = warned(&text);
        assert!(found.len() == 1 && found[0].contains(name) && found[0].contains("checks nothing"), "{text} {found:?}");
    }
}

#[test]
fn the_letters_of_an_escape_are_the_line_end() {
    for (text, expected) in
        [(r"\\n", LineTerminator::Lf), (r"\\r", LineTerminator::Cr), (r"\\r\\n", LineTerminator::Auto)]
    {
        let text = format!(r#"{{"dialect":{{"lineTerminator":"{text}"}}}}"#);
        let descriptor = read("r.json", text.as_bytes(), &Files::default()).unwrap();
        assert_eq!(descriptor.dialect.line_terminator, expected, "{text}");
        assert!(warned(&text)[0].contains("letters of an escape"), "{text}");
    }
}

#[test]
fn a_format_that_is_the_name_of_the_type_is_to_be_removed() {
    let found = warned(&with_field(r#","type":"string","format":"string""#));
    assert!(found.len() == 1 && found[0].ends_with("\"string\" has no effect on a string; remove it"), "{found:?}");
}

#[test]
fn a_package_whose_resources_are_missing_is_a_mistake() {
    let resources = r#"[{"name":"a","path":"a.csv"}]"#;
    for (file, text) in [
        ("r.json", format!(r#"{{"Resources":{resources}}}"#)),
        ("r.json", format!(r#"{{"ressources":{resources}}}"#)),
        ("r.json", format!(r#"{{"resource":{resources}}}"#)),
        ("datapackage.json", format!(r#"{{"files":{resources}}}"#)),
        ("datapackage.yaml", "name: a".to_owned()),
        ("r.json", r#"{"profile":"tabular-data-package"}"#.to_owned()),
        ("r.json", r#"{"$schema":"https://datapackage.org/profiles/2.0/datapackage.json"}"#.to_owned()),
    ] {
        let found = DescriptorSource::read(file, text.as_bytes(), &Files::default(), Expected::Resource).unwrap_err();
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(found.len() == 1 && found[0].contains("resources"), "{text} {found:?}");
    }
    for text in [r#"{"name":"a"}"#, r#"{"resource":"a"}"#, r#"{"profile":"data-resource"}"#, "{}"] {
        assert!(mistakes(text).is_empty(), "{text}");
    }
}

#[test]
fn a_name_that_appears_twice_in_a_package_is_a_mistake() {
    let text = r#"{"resources":[{"name":"a","path":"a.csv","schema":{"fields":[{"name":"a","type":"date","type":"integer"}]}}]}"#;
    let found = DescriptorSource::read("r.json", text.as_bytes(), &Files::default(), Expected::Resource).unwrap_err();
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(found.len() == 1 && found[0].contains("appears twice"), "{found:?}");
}
