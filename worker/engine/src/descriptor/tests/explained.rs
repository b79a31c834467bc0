//! What a descriptor is said to ask for.

use serde_json::{Value, json};

use super::*;

/// Returns the description of a descriptor.
fn explained(descriptor: &Value) -> Vec<String> {
    good(&descriptor.to_string()).explained()
}

/// Adds the members of one object to another.
fn merge(into: &mut Value, other: &Value) {
    match (into.as_object_mut(), other.as_object()) {
        (Some(object), Some(other)) => {
            for (name, value) in other {
                merge(object.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        _ => *into = other.clone(),
    }
}

/// Each property that changes what is checked or written changes the description.
#[test]
#[expect(clippy::too_many_lines, reason = "a table: one line for each property")]
fn every_property_is_explained() {
    let base = json!({
        "path": "a.csv",
        "schema": {"fields": [{"name": "id", "type": "integer"}, {"name": "a", "type": "number"}, {"name": "o", "type": "object"}]},
    });
    let field = |name: &str, kind: &str, more: Value| {
        let mut field = json!({"name": name, "type": kind});
        merge(&mut field, &more);
        field
    };
    let fields = |id: Value, a: Value, o: Value| json!({"schema": {"fields": [field("id", "integer", id), field("a", "number", a), field("o", "object", o)]}});
    let none = || json!({});
    let properties = [
        json!({"encoding": "windows-1252"}),
        json!({"bytes": 12}),
        json!({"hash": "0123456789abcdef0123456789abcdef"}),
        json!({"compression": "gz"}),
        json!({"dialect": {"delimiter": ";"}}),
        json!({"dialect": {"quoteChar": "'"}}),
        json!({"dialect": {"doubleQuote": false}}),
        json!({"dialect": {"escapeChar": "\\"}}),
        json!({"dialect": {"commentChar": "#"}}),
        json!({"dialect": {"commentRows": [2]}}),
        json!({"dialect": {"lineTerminator": "\r"}}),
        json!({"dialect": {"skipInitialSpace": true}}),
        json!({"dialect": {"nullSequence": "\\N"}}),
        json!({"dialect": {"header": false}}),
        json!({"dialect": {"headerRows": [1, 2]}}),
        json!({"dialect": {"headerRows": [1, 2], "headerJoin": "-"}}),
        json!({"dialect": {"caseSensitiveHeader": false}}),
        json!({"schema": {"fieldsMatch": "subset"}}),
        json!({"schema": {"missingValues": ["NA"]}}),
        json!({"schema": {"primaryKey": "id"}}),
        json!({"schema": {"uniqueKeys": [["id", "a"]]}}),
        json!({"schema": {"foreignKeys": [{"fields": "a", "reference": {"resource": "", "fields": "id"}}]}}),
        fields(none(), json!({"decimalChar": ","}), none()),
        fields(json!({"groupChar": "."}), none(), none()),
        fields(json!({"bareNumber": false}), none(), none()),
        fields(json!({"constraints": {"required": true}}), none(), none()),
        fields(json!({"constraints": {"unique": true}}), none(), none()),
        fields(json!({"constraints": {"minimum": 1}}), none(), none()),
        fields(json!({"constraints": {"maximum": 1}}), none(), none()),
        fields(json!({"constraints": {"exclusiveMinimum": 1}}), none(), none()),
        fields(json!({"constraints": {"exclusiveMaximum": 1}}), none(), none()),
        fields(json!({"constraints": {"enum": [1]}}), none(), none()),
        fields(none(), none(), json!({"constraints": {"minLength": 1}})),
        fields(none(), none(), json!({"constraints": {"maxLength": 1}})),
        fields(none(), none(), json!({"constraints": {"jsonSchema": {"required": ["x"]}}})),
        fields(json!({"missingValues": ["-"]}), none(), none()),
        json!({"sluice": {"rules": [{"name": "r", "check": "id > 0"}]}}),
        json!({"sluice": {"tolerance": {"rows": 1}}}),
        json!({"sluice": {"tolerance": {"percent": 1}}}),
        json!({"sluice": {"file": {"rows": {"min": 1}}}}),
        json!({"sluice": {"file": {"trailer": {"tag": "T", "count": 2}}}}),
        json!({"sluice": {"file": {"last": {"files": 5, "rows": "±30%"}}}}),
        json!({"sluice": {"output": {"formats": ["parquet"]}}}),
        json!({"sluice": {"output": {"encoding": "utf-8"}}}),
        json!({"sluice": {"headers": {"match": "case"}}}),
        json!({"sluice": {"headers": {"match": "normalized"}}}),
        json!({"sluice": {"headers": {"aliases": {"number": "id"}}}}),
        json!({"sluice": {"trailingDelimiter": true}}),
        json!({"sluice": {"blankRows": "reject"}}),
        json!({"sluice": {"decimals": {"a": {"precision": 5, "scale": 2}}}}),
        json!({"sluice": {"redact": ["a"]}}),
        json!({"sluice": {"limits": {"columns": 5}}}),
        json!({"sluice": {"reference": [{"name": "t", "data": [{"x": 1}], "schema": {"fields": [{"name": "x"}]}}]}}),
        json!({"sluice": {"feedback": {"formats": ["csv"]}}}),
        json!({"sluice": {"warnings": ["id.required"]}, "schema": {"fields": [{"name": "id", "type": "integer", "constraints": {"required": true}}]}}),
    ];
    let of_base = explained(&base);
    for property in properties {
        let mut changed = base.clone();
        merge(&mut changed, &property);
        assert_ne!(explained(&changed), of_base, "{property} is not explained");
    }
}

#[test]
fn clean_rows_that_are_transcoded_are_not_said_to_be_byte_for_byte() {
    let lines = explained(&json!({"encoding": "windows-1252", "sluice": {"output": {"encoding": "utf-8"}}}));
    assert!(lines.contains(&"Clean rows: CSV, in UTF-8 (given)".to_owned()), "{lines:?}");
}

#[test]
fn a_foreign_key_names_its_table() {
    let lines = explained(&json!({
        "schema": {
            "fields": [{"name": "country"}],
            "foreignKeys": [{"fields": "country", "reference": {"resource": "countries", "fields": "code"}}],
        },
        "sluice": {"reference": [{"name": "countries", "data": [{"code": "DE"}], "schema": {"fields": [{"name": "code"}]}}]},
    }));
    let expected = [
        "Table \"countries\": rows in the descriptor, for foreign keys",
        "Foreign key: \"country\" must be \"code\" of a row of the table \"countries\" (a missing value passes)",
    ];
    for line in expected {
        assert!(lines.contains(&line.to_owned()), "{lines:?}");
    }
}
