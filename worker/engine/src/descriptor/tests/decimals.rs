//! `sluice.decimals`: the fields that it marks, and its mistakes.

use super::{good, mistakes};
use crate::descriptor::DecimalDigits;

fn with(sluice: &str) -> String {
    format!(
        r#"{{"schema":{{"fields":[{{"name":"a","type":"number"}},{{"name":"b","type":"integer"}}]}},"sluice":{sluice}}}"#
    )
}

#[test]
fn the_fields_are_marked() {
    let fields = good(&with(r#"{"decimals":{"a":{"precision":18,"scale":18}}}"#)).schema.unwrap().fields;
    assert_eq!(fields[0].constraints.decimal_digits, Some(DecimalDigits { precision: 18, scale: 18 }));
    assert_eq!(fields[1].constraints.decimal_digits, None);
}

#[test]
fn each_mistake_is_told() {
    let cases = [
        (r#"{"b":{"precision":2,"scale":1}}"#, "\"b\" is a field of the type \"integer\", not \"number\""),
        (r#"{"a":{"precision":2}}"#, "it has no scale; write {\"precision\": …, \"scale\": …}"),
        (r#"{"a":{"scale":2}}"#, "it has no precision"),
        (r#"{"a":{"precision":0,"scale":0}}"#, "precision: 0 is not an integer from 1 to 18"),
        (r#"{"a":{"precision":19,"scale":0}}"#, "precision: 19 is not an integer from 1 to 18"),
        (r#"{"a":{"precision":2,"scale":3}}"#, "scale (3) is greater than precision (2)"),
        (r#"{"a":{"precision":2,"scale":1,"scael":1}}"#, "did you mean \"scale\"?"),
        (r#"{"a":[2,1]}"#, "an array is not an object; write an object"),
        (r#"{"A":{"precision":2,"scale":1}}"#, "the schema has no field \"A\""),
        ("null", "it is null"),
    ];
    for (decimals, expected) in cases {
        let found = mistakes(&with(&format!(r#"{{"decimals":{decimals}}}"#)));
        assert!(found.len() == 1 && found[0].contains(expected), "{decimals}: {found:?}");
    }
    let found = mistakes(r#"{"sluice":{"decimals":{"a":{"precision":2,"scale":1}}}}"#);
    assert!(found[0].contains("there is no schema whose numbers could be decimals"), "{found:?}");
}

#[test]
fn a_decimal_cannot_only_warn() {
    let sluice = r#"{"decimals":{"a":{"precision":2,"scale":1}},"warnings":["a.decimal"]}"#;
    let found = mistakes(&with(sluice));
    assert!(found.len() == 1 && found[0].contains("a decimal cannot only warn"), "{found:?}");
}
