//! YAML descriptors: read like the same JSON, with places in the YAML text, and never made large by aliases.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::Files;
use crate::descriptor::{DescriptorSource, Expected, read};

fn mistakes(text: &str) -> Vec<String> {
    match read("r.yaml", text.as_bytes(), &Files::default()) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_descriptor_in_yaml_is_the_same_as_in_json() {
    let yaml = "\u{FEFF}# Orders\nname: orders\ndialect: {delimiter: ';', header: true}\nschema:\n  missingValues: ['', '-', n/a]\n  \
        fields:\n  - name: id\n    type: integer\n    constraints: &strict\n      required: true\n  - name: \"né\"\n    type: date\n    \
        constraints:\n      <<: *strict\n      minimum: 2020-01-01\n  - {name: code, constraints: {enum: [007, 12, yes]}}\n  primaryKey: id\n";
    let json = r#"{"name":"orders","dialect":{"delimiter":";","header":true},"schema":{"missingValues":["","-","n/a"],
        "fields":[{"name":"id","type":"integer","constraints":{"required":true}},{"name":"né","type":"date",
        "constraints":{"minimum":"2020-01-01","required":true}},{"name":"code","constraints":{"enum":["007",12,"yes"]}}],"primaryKey":"id"}}"#;
    let [yaml, json] = [("r.YML", yaml), ("r.json", json)].map(|(name, text)| {
        let mut descriptor = read(name, text.as_bytes(), &Files::default()).unwrap();
        descriptor.sha256.clear();
        format!("{descriptor:?}")
    });
    assert_eq!(yaml, json);
}

#[test]
fn mistakes_have_their_line_and_column() {
    for (text, expected) in [
        ("", "1:1: null is not an object; write a Data Resource"),
        ("- a\n", "1:1: an array is not an object; write a Data Resource"),
        (
            "schema:\n  fields:\n  - name: é\n    type: intger\n",
            "4:11: schema.fields[0].type: \"intger\" is not a type; did you mean \"integer\"?",
        ),
        ("a: 1\nb: 2\na: 3\n", "3:1: \"a\" appears twice in the object, first at 1:1; keep one"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document begins here; keep one"),
        ("a: &x [*x]\n", "1:8: an alias inside of the value it refers to; write the value here"),
        ("a: !secret x\n", "1:4: the tag \"!secret\" is not supported; remove it"),
        ("? [a]\n: b\n", "1:3: the name of a property is a list or an object; write a text"),
        ("sluice: {tolerence: 3}\n", "1:10: sluice.tolerence: there is no such property; did you mean \"tolerance\"?"),
    ] {
        assert_eq!(mistakes(text), [format!("r.yaml:{expected}")], "{text}");
    }
    let broken = mistakes("a: [1\nb: 2\n");
    assert!(broken[0].starts_with("r.yaml:2:") && broken[0].contains("not YAML: "), "{broken:?}");
    assert!(mistakes("a: 'x\n")[0].contains("not YAML: "));
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..20 {
        let before = format!("*a{}", n - 1);
        writeln!(text, "a{n}: &a{n} [{}]", vec![before; 10].join(", ")).unwrap();
    }
    assert!(mistakes(&text)[0].contains("more than 500000 values"), "{:?}", mistakes(&text));
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 100].join(", "));
    assert!(mistakes(&long)[0].contains("aliases stand for more than 8388608 bytes"), "{:?}", mistakes(&long));
    let deep = format!("{}x{}", "[".repeat(200), "]".repeat(200));
    assert!(mistakes(&deep)[0].contains("nested deeper than 127 levels"), "{:?}", mistakes(&deep));
    let deep = format!("a: &a {}x{}\nb: {}*a{}\n", "[".repeat(100), "]".repeat(100), "[".repeat(50), "]".repeat(50));
    assert!(mistakes(&deep)[0].contains("nested deeper than 127 levels"), "{:?}", mistakes(&deep));
}

#[test]
fn a_schema_beside_may_be_yaml() {
    let files = Files::of([("s.yaml", "fields:\n- name: a\n  type: nothing\n")]);
    let mistakes = read("r.json", br#"{"schema": "s.yaml"}"#, &files).unwrap_err().to_string();
    assert!(mistakes.starts_with("s.yaml:3:9: fields[0].type: \"nothing\" is not a type"), "{mistakes}");
    let package = "resources:\n- {name: a, path: a.csv}\n";
    let source =
        DescriptorSource::read("datapackage.yaml", package.as_bytes(), &Files::default(), Expected::Resource).unwrap();
    assert!(matches!(source, DescriptorSource::Package(_)));
}

proptest! {
    #[test]
    fn no_text_panics(text in "[a-z:\\-\\[\\]{}&*!|>'\"%@#,? \n\té]{0,60}") {
        for mistake in mistakes(&text) {
            prop_assert!(!mistake.contains('\n'), "{mistake}");
        }
    }
}
