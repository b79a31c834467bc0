//! A Table Schema.

use super::Table;

#[rustfmt::skip]
pub(super) const TABLE: Table = Table {
    rows: &[
        ("{}", &["1:11: schema: there are no fields; write a list of fields"]),
        (r#"{"fields": {}}"#, &["1:22: schema.fields: an object is not an array; write a list of fields"]),
        (r#"{"fields": []}"#, &["1:22: schema.fields: there are no fields; write a list of fields"]),
        (r#"{"fields": ["a"]}"#, &[
            r#"1:23: schema.fields[0]: "a" is not an object; write an object with at least a name"#,
        ]),
        (r#"{"fields": [{"name": "a"}, {"name": "a"}]}"#, &[]),
        (r#"{"fields": [{"name": "a"}, {"name": "a", "constraints": {"unique": true}}], "primaryKey": "a"}"#, &[
            r#"1:78: schema.fields[1].constraints.unique: several fields have the name "a", so that it names none of them; give each field a name of its own"#,
            r#"1:101: schema.primaryKey: several fields have the name "a", so that it names none of them; give each field a name of its own"#,
        ]),
        (r#"{"fields": [{"name": "a"}], "primaryKey": [], "foreignKeys": []}"#, &[]),
        (r#"{"fields": [{"name": "a"}], "uniqueKeys": [["a"]], "foreignKeys": [{}]}"#, &[
            r#"1:78: schema.foreignKeys[0]: it has no "fields"; write the name of a field, or a list of names"#,
            r#"1:78: schema.foreignKeys[0]: it has no "reference"; write {"resource": "countries", "fields": ["code"]}"#,
        ]),
        (r#"{"fields": [{"name": "a"}], "missingValues": ["", -99, ""]}"#, &[
            "1:61: schema.missingValues[1]: -99 is not a string; write the text between quotes",
        ]),
        (r#"{"fields": [{"name": "a"}], "missingValues": [{"value": "-", "label": "none"}, {"label": "x"}, {"value": 3, "label": 4}]}"#, &[
            "1:90: schema.missingValues[1]: it has no value; write the text that stands for no value",
            "1:116: schema.missingValues[2].value: 3 is not a string; write the text between quotes",
            "1:128: schema.missingValues[2].label: 4 is not a string; write the label between quotes",
        ]),
        (r#"{"fields": [{"name": "a"}], "fieldsMatch": "exactly"}"#, &[
            r#"1:54: schema.fieldsMatch: "exactly" is not a way to match fields; use one of exact, equal, subset, superset, partial"#,
        ]),
        (r#"{"fields": [{"name": "a"}], "fieldsMatch": "subset"}"#, &[]),
        (r#"{"fields": [{"name": "a"}], "fieldsMatch": ["subset"]}"#, &[]),
        (r#"{"fields": [{"name": "a"}], "fieldsMatch": ["subset", "equal"]}"#, &[
            "1:54: schema.fieldsMatch: it is not one word; use one of exact, equal, subset, superset, partial",
        ]),
        (r#"{"fields": [{"name": "a"}], "fieldsMatch": true}"#, &[
            "1:54: schema.fieldsMatch: true is not an array; use one of exact, equal, subset, superset, partial",
        ]),
    ],
    around: |it| format!(r#"{{"schema":{it}}}"#),
};
