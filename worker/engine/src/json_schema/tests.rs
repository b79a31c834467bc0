#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::descriptor::{NeighbourError, Neighbours, read};
use crate::json_schema::JsonSchema;
use crate::parse::Json;

struct Nothing;

impl Neighbours for Nothing {
    fn read(&self, _: &str) -> Result<Vec<u8>, NeighbourError> {
        Err(NeighbourError::NotFound)
    }
}

fn schema(text: &str) -> JsonSchema {
    let descriptor =
        format!(r#"{{"schema":{{"fields":[{{"name":"a","type":"array","constraints":{{"jsonSchema":{text}}}}}]}}}}"#);
    let descriptor = read("r.json", descriptor.as_bytes(), &Nothing).unwrap();
    descriptor.schema.unwrap().fields.remove(0).constraints.json_schema.unwrap()
}

#[track_caller]
fn check(text: &str, good: &[&str], bad: &[&str]) {
    let schema = schema(text);
    for value in good {
        assert!(schema.is_valid(&Json::read(value.as_bytes()).unwrap()), "{text} has to take {value}");
    }
    for value in bad {
        assert!(!schema.is_valid(&Json::read(value.as_bytes()).unwrap()), "{text} must not take {value}");
    }
}

#[test]
fn types_and_values() {
    check("true", &["1", "{}"], &[]);
    check("false", &[], &["1", "null"]);
    check(r#"{"type":"integer"}"#, &["1", "1.0", "1e2"], &["1.5", "\"1\"", "null", "true"]);
    check(r#"{"type":["string","null"]}"#, &["\"\"", "null"], &["0", "false"]);
    check(r#"{"enum":[1,"a",[2.0],{"b":null}]}"#, &["1.0", "\"a\"", "[2]", "{\"b\":null}"], &["2", "[]", "{}", "null"]);
    check(r#"{"const":{"a":1,"b":2}}"#, &["{\"b\":2,\"a\":1}"], &["{\"a\":1}"]);
}

#[test]
fn numbers_are_compared_exactly() {
    check(
        r#"{"minimum":0.1,"exclusiveMaximum":1}"#,
        &["0.1", "0.9999999999999999999", "\"x\""],
        &["0.0999999999999999999", "1"],
    );
    check(
        r#"{"minimum":1,"exclusiveMinimum":true,"maximum":2,"exclusiveMaximum":false}"#,
        &["1.5", "2"],
        &["1", "2.1"],
    );
    check(r#"{"multipleOf":0.01}"#, &["0.07", "19.99", "0", "1e30", "-3"], &["0.075", "1e-3"]);
    check(
        r#"{"multipleOf":7}"#,
        &["21", "700000000000000000000000", "7e300"],
        &["22", "700000000000000000000001", "1e300"],
    );
}

#[test]
fn texts_and_their_patterns() {
    check(r#"{"minLength":2,"maxLength":3}"#, &["\"éé\"", "\"abc\"", "1"], &["\"é\"", "\"abcd\""]);
    check(r#"{"pattern":"b+"}"#, &["\"abc\"", "\"x\\nb\""], &["\"ac\""]);
    check(r#"{"pattern":"^a|b$"}"#, &["\"ax\"", "\"xb\""], &["\"xax\"", "\"bx\""]);
    check(r#"{"pattern":"^[a|b]$"}"#, &["\"a\"", "\"|\""], &["\"ab\""]);
    check(r#"{"pattern":"\\$"}"#, &["\"5$ x\""], &["\"5\""]);
}

#[test]
fn arrays() {
    check(
        r#"{"items":{"type":"integer"},"minItems":1,"maxItems":2}"#,
        &["[1]", "[1,2]", "{}"],
        &["[]", "[1,2,3]", "[\"1\"]"],
    );
    check(r#"{"prefixItems":[{"type":"string"}],"items":false}"#, &["[]", "[\"a\"]"], &["[1]", "[\"a\",1]"]);
    check(
        r#"{"items":[{"type":"string"}],"additionalItems":{"type":"null"}}"#,
        &["[\"a\",null]"],
        &["[\"a\",1]", "[1]"],
    );
    check(r#"{"contains":{"const":1}}"#, &["[0,1]"], &["[]", "[0]"]);
    check(r#"{"contains":{"const":1},"minContains":0,"maxContains":1}"#, &["[]", "[1,2]"], &["[1,1]"]);
    check(
        r#"{"uniqueItems":true}"#,
        &["[1,2,\"1\"]", "[[1],[2]]"],
        &["[1,1.0]", "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]"],
    );
}

#[test]
fn objects() {
    check(
        r#"{"required":["a"],"properties":{"a":{"type":"integer"}}}"#,
        &["{\"a\":1}", "[]"],
        &["{}", "{\"a\":\"x\"}"],
    );
    check(
        r#"{"properties":{"a":true},"patternProperties":{"^x-":{"type":"string"}},"additionalProperties":false}"#,
        &["{}", "{\"a\":1,\"x-b\":\"c\"}"],
        &["{\"b\":1}", "{\"x-b\":1}"],
    );
    check(
        r#"{"propertyNames":{"maxLength":2},"minProperties":1,"maxProperties":2}"#,
        &["{\"ab\":1}"],
        &["{}", "{\"abc\":1}", "{\"a\":1,\"b\":2,\"c\":3}"],
    );
    check(r#"{"dependentRequired":{"a":["b"]}}"#, &["{}", "{\"a\":1,\"b\":2}"], &["{\"a\":1}"]);
    check(
        r#"{"dependencies":{"a":["b"],"c":{"required":["d"]}}}"#,
        &["{\"a\":1,\"b\":2}", "{\"c\":1,\"d\":2}"],
        &["{\"a\":1}", "{\"c\":1}"],
    );
}

#[test]
fn logic_and_references() {
    check(r#"{"anyOf":[{"type":"string"},{"minimum":5}]}"#, &["\"a\"", "5"], &["4"]);
    check(r#"{"oneOf":[{"multipleOf":2},{"multipleOf":3}]}"#, &["2", "3"], &["6", "1"]);
    check(r#"{"allOf":[{"minimum":1},{"maximum":2}],"not":{"const":2}}"#, &["1"], &["2", "0"]);
    check(
        r#"{"if":{"type":"string"},"then":{"minLength":2},"else":{"minimum":0}}"#,
        &["\"ab\"", "1"],
        &["\"a\"", "-1"],
    );
    check(
        r##"{"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"next":{"$ref":"#/$defs/node"}}}}}"##,
        &["{\"next\":{\"next\":{}}}"],
        &["{\"next\":{\"next\":1}}", "1"],
    );
    check(r##"{"items":{"$ref":"#pos"},"$defs":{"pos":{"$anchor":"pos","exclusiveMinimum":0}}}"##, &["[1]"], &["[0]"]);
}

#[test]
fn a_cell_cannot_make_a_schema_work_for_ever() {
    // Each level applies the schema to the next one twice, and the innermost value is not valid.
    let text = r##"{"anyOf":[{"items":{"$ref":"#"},"minItems":1},{"items":{"$ref":"#"},"minItems":1,"maxItems":1}]}"##;
    let deep = format!("{}{}", "[".repeat(64), "]".repeat(64));
    assert!(!schema(text).is_valid(&Json::read(deep.as_bytes()).unwrap()));
    // A check that runs out of its budget is no answer either: `not` of it does not make the value valid.
    assert!(
        !schema(&format!(r#"{{"not":{}}}"#, text.replace("\"#\"", "\"#/not\"")))
            .is_valid(&Json::read(deep.as_bytes()).unwrap())
    );
}
