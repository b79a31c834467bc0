//! Files beside the descriptor, and files as a whole.

use std::fmt::Write;

use super::{Files, good, mistakes};
use crate::descriptor::{DESCRIPTOR_BYTES, Descriptor, NeighbourError, Neighbours, read, read_schema};

fn told(file: &str, text: &str, files: &dyn Neighbours) -> String {
    read(file, text.as_bytes(), files).unwrap_err().to_string()
}

#[test]
fn schema_and_dialect_may_be_files_beside_the_descriptor() {
    let files = Files::of([("parts/s.json", r#"{"fields":[{"name":"a"}]}"#), ("d.json", r#"{"delimiter":";"}"#)]);
    let text = r#"{"schema":"./parts/s.json","dialect":"d.json"}"#;
    let descriptor = read("orders/resource.json", text.as_bytes(), &files).unwrap();
    assert_eq!(descriptor.schema.unwrap().fields[0].name, "a");
    assert_eq!(descriptor.dialect.delimiter, b';'.into());
}

#[test]
fn a_mistake_carries_the_file_it_is_in_and_the_descriptor_comes_first() {
    let files = Files::of([
        ("parts/s.json", "{\n  \"fields\": [\n    {\"name\": \"é\", \"type\": \"strin\"}]}"),
        ("d.json", "\u{feff}{\"delimiter\": 1}"),
    ]);
    let text = r#"{"schema":"parts/s.json","dialect":"d.json","sluice":{"limits":[]},"format":1}"#;
    assert_eq!(
        told("orders/resource.json", text, &files),
        [
            "orders/resource.json:1:64: sluice.limits: an array is not an object; write an object",
            "orders/resource.json:1:77: format: 1 is not a string; write \"csv\" or \"tsv\"",
            "orders/parts/s.json:3:27: fields[0].type: \"strin\" is not a type; did you mean \"string\"?",
            "orders/d.json:1:15: delimiter: 1 is not a string; write one or more characters",
        ]
        .join("\n")
    );
}

#[test]
fn a_file_that_is_not_json_is_a_mistake_in_that_file() {
    let files = Files::of([("s.json", "{")]);
    assert_eq!(
        told("resource.json", r#"{"schema":"s.json"}"#, &files),
        "s.json:1:2: not JSON: the file ends too early (EOF while parsing an object); close what is open"
    );
}

#[test]
fn a_file_does_not_refer_to_a_further_one() {
    let files = Files::of([("s.json", "\"t.json\""), ("t.json", r#"{"fields":[{"name":"a"}]}"#)]);
    assert_eq!(
        told("resource.json", r#"{"schema":"s.json"}"#, &files),
        "s.json:1:1: \"t.json\" is not an object; write the schema, or the name of a file beside the descriptor"
    );
}

#[test]
fn what_the_caller_says_about_a_file_stands_where_the_descriptor_names_it() {
    struct Failing;
    impl Neighbours for Failing {
        fn read(&self, name: &str) -> Result<Vec<u8>, NeighbourError> {
            match name {
                "large.json" => Err(NeighbourError::TooLarge),
                _ => Err(NeighbourError::Unreadable("permission denied".to_owned())),
            }
        }
    }
    assert_eq!(
        told("resource.json", r#"{"schema":"large.json","dialect":"d.json"}"#, &Failing),
        [
            "resource.json:1:11: schema: \"large.json\": the file has more than 1048576 bytes; correct the name, or write the object here",
            "resource.json:1:34: dialect: \"d.json\": the file cannot be read: permission denied; correct the name, or write the object here",
        ]
        .join("\n")
    );
}

#[test]
fn the_caller_is_never_asked_for_a_file_outside_the_folder() {
    struct Asked;
    impl Neighbours for Asked {
        fn read(&self, name: &str) -> Result<Vec<u8>, NeighbourError> {
            panic!("asked for {name}");
        }
    }
    for name in
        ["..", "../x", "a/../../x", "/x", "//x", "./../x", "file:///x", "s3://b/x", "a/..", "a\\\\..\\\\x", "\\n"]
    {
        let text = format!(r#"{{"schema":"{name}"}}"#);
        assert!(read("r.json", text.as_bytes(), &Asked).is_err(), "{name}");
    }
}

#[test]
fn the_hash_is_over_descriptor_then_schema_then_dialect() {
    let hash = |text: &str, files: &Files| read("r.json", text.as_bytes(), files).unwrap().sha256;
    let (schema, dialect) = (r#"{"fields":[{"name":"a"}]}"#, r#"{"delimiter":";"}"#);
    let files = Files::of([("s.json", schema), ("d.json", dialect)]);
    // The order of the properties in the descriptor does not count.
    let text = r#"{"dialect":"d.json","schema":"s.json"}"#;
    let whole = format!("{text}{schema}{dialect}");
    let expected: String =
        <sha2::Sha256 as sha2::Digest>::digest(whole.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash(text, &files), expected);
}

#[test]
fn a_bare_schema_has_the_hash_of_its_bytes_and_default_everything_else() {
    let descriptor = read_schema("s.json", br#"{"fields":[{"name":"a"}]}"#).unwrap();
    let structural = Descriptor::structural();
    assert_eq!(descriptor.schema.unwrap().fields.len(), 1);
    assert_eq!((descriptor.dialect, descriptor.header), (structural.dialect, structural.header));
    assert_eq!(descriptor.sha256, "ad1b5e322ace0edb6b86bd6f9934dcd19268b92b02b4bc6d5423651bcf8b6a41");
    assert_eq!(structural.sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

#[test]
fn a_bare_schema_tells_its_mistakes_without_a_prefix() {
    assert_eq!(
        read_schema("s.json", br#"{"fields":[{"name":""}]}"#).unwrap_err().to_string(),
        "s.json:1:20: fields[0].name: it is empty; write the label of the column"
    );
    assert!(read_schema("s.json", b"[]").is_err());
}

#[test]
fn a_byte_order_mark_is_skipped_and_not_counted() {
    assert!(mistakes("\u{feff}{}").is_empty());
    assert_eq!(mistakes("\u{feff}[]"), mistakes("[]"));
}

#[test]
fn a_byte_that_is_not_utf8_has_a_place() {
    let error = read("r.json", b"{\n\"\xC3\xA9\": \"\xE9\"}", &Files::default()).unwrap_err();
    assert_eq!(error.to_string(), "r.json:2:7: the byte 0xe9 is not UTF-8; save the file as UTF-8");
}

#[test]
fn a_descriptor_over_1_mib_is_refused_unread() {
    let fits = format!("{{}}{}", " ".repeat(DESCRIPTOR_BYTES - 2));
    assert!(mistakes(&fits).is_empty());
    assert_eq!(
        mistakes(&format!("{fits} ")),
        ["r.json:1:1: 1048577 bytes are more than the 1048576 of a descriptor; shorten it"]
    );
}

#[test]
fn deep_nesting_is_refused_before_it_can_hurt() {
    let nested = |levels: usize| format!("{{\"x\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
    assert!(mistakes(&nested(127)).is_empty());
    assert_eq!(mistakes(&nested(128)), ["r.json:1:132: nested deeper than 127 levels; flatten it"]);
    assert_eq!(mistakes(&nested(500_000)), ["r.json:1:132: nested deeper than 127 levels; flatten it"]);
}

#[test]
fn all_mistakes_are_told_at_once_from_top_to_bottom() {
    let text = "{\n\"sluice\": {\"x\": 1},\n\"encoding\": \"klingon\",\n\"dialect\": {\"delimiter\": 2},\n\
                \"schema\": {\"fields\": [{\"name\": \"a\", \"type\": \"x\"}, {}]}}";
    let lines: Vec<String> =
        mistakes(text).iter().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(lines, ["r.json:2:12:", "r.json:3:13:", "r.json:4:26:", "r.json:5:45:", "r.json:5:51:"]);
}

#[test]
fn beyond_1000_mistakes_are_counted_and_not_listed() {
    let mut fields = String::new();
    for nth in 0..2345 {
        write!(fields, r#"{}{{"name":""}}"#, if nth == 0 { "" } else { "," }).unwrap();
    }
    let text = format!(r#"{{"schema":{{"fields":[{fields}]}}}}"#);
    let error = read("r.json", text.as_bytes(), &Files::default()).unwrap_err();
    assert_eq!(error.count(), 2345, "each name is empty");
    assert_eq!(error.iter().count(), 1000);
    assert!(error.to_string().ends_with("\nand 1345 more"), "{error}");
}

#[test]
fn unknown_properties_are_allowed_everywhere_but_in_sluice() {
    good(
        r#"{"name":"x","title":"X","path":"x.csv","profile":"p","$schema":"s","mediatype":"text/csv","bytes":1,
            "hash":"h","sources":[],"licenses":[],"x":1,
            "dialect":{"$schema":"s","caseSensitiveHeader":true,"x":1},
            "schema":{"$schema":"s","x":1,"fields":[
                {"name":"a","title":"A","description":"d","example":"e","rdfType":"r","x":1,"constraints":{"x":1}}]}}"#,
    );
}
