//! A field: its name, type and format, and what its type has.

use super::Table;

#[rustfmt::skip]
pub(super) const TABLE: Table = Table {
    rows: &[
        ("{}", &["1:22: schema.fields[0]: the field has no name; write the label of the column"]),
        (r#"{"name": ""}"#, &["1:31: schema.fields[0].name: it is empty; write the label of the column"]),
        (r#"{"name": 3}"#, &["1:31: schema.fields[0].name: 3 is not a string; write the label of the column"]),
        (r#"{"name": null}"#, &[
            "1:22: schema.fields[0]: the field has no name; write the label of the column",
        ]),
        (r#"{"name": "a", "type": "strin"}"#, &[
            r#"1:44: schema.fields[0].type: "strin" is not a type; did you mean "string"?"#,
        ]),
        (r#"{"name": "a", "type": "float"}"#, &[
            r#"1:44: schema.fields[0].type: "float" is not a type; write "number""#,
        ]),
        (r#"{"name": "a", "type": "geopiont"}"#, &[
            r#"1:44: schema.fields[0].type: "geopiont" is not a type; did you mean "geopoint"?"#,
        ]),
        (r#"{"name": "a", "type": 3}"#, &[
            "1:44: schema.fields[0].type: 3 is not a string; use one of string, integer, number, boolean, date, datetime, time, year, yearmonth, any, duration, object, array, list, geopoint, geojson",
        ]),
        (r#"{"name": "a", "type": "string", "format": "mail"}"#, &[
            r#"1:64: schema.fields[0].format: "mail" is not a format of a string; did you mean "email"?"#,
        ]),
        (r#"{"name": "a", "type": "date", "format": "YYYY-MM-DD"}"#, &[
            r#"1:62: schema.fields[0].format: "YYYY-MM-DD" is not a pattern; write "default", "any" or a strptime pattern such as "%d.%m.%Y""#,
        ]),
        (r#"{"name": "a", "type": "date", "format": "%H:%M"}"#, &[
            r#"1:62: schema.fields[0].format: the pattern "%H:%M": it says nothing about a date; write "default", "any" or a strptime pattern such as "%d.%m.%Y""#,
        ]),
        (r#"{"name": "a", "type": "date", "format": "%Y-%m"}"#, &[]),
        (r#"{"name": "a", "type": "date", "format": "fmt:%Y-%m-%d"}"#, &[]),
        (r#"{"name": "a", "type": "time", "format": "%s"}"#, &[
            r#"1:62: schema.fields[0].format: the pattern "%s": the directive %s is not supported; write "default", "any" or a strptime pattern such as "%H:%M""#,
        ]),
        (r#"{"name": "a", "type": "datetime", "format": 3}"#, &[
            "1:66: schema.fields[0].format: 3 is not a string; write a format between quotes",
        ]),
        (r#"{"name": "a", "type": "number", "groupChar": ",", "decimalChar": ","}"#, &[]),
        (r#"{"name": "a", "type": "number", "groupChar": "."}"#, &[]),
        (r#"{"name": "a", "type": "number", "decimalChar": "::"}"#, &[
            r#"1:69: schema.fields[0].decimalChar: "::" is not one character; write one character"#,
        ]),
        (r#"{"name": "a", "type": "integer", "groupChar": "1", "bareNumber": "yes"}"#, &[
            r#"1:68: schema.fields[0].groupChar: "1" is part of numbers; write another character"#,
            r#"1:87: schema.fields[0].bareNumber: "yes" is not a boolean; write true or false"#,
        ]),
        (r#"{"name": "a", "type": "boolean", "trueValues": ["0"]}"#, &[
            r#"1:69: schema.fields[0].trueValues: "0" means both true and false; keep it in one of the lists"#,
        ]),
        (r#"{"name": "a", "type": "boolean", "trueValues": [], "falseValues": [1]}"#, &[
            "1:69: schema.fields[0].trueValues: it is empty; write at least one text",
            "1:89: schema.fields[0].falseValues[0]: 1 is not a string; write the text between quotes",
        ]),
        (r#"{"name": "a", "categories": ["x"], "categoriesOrdered": true}"#, &[
            r#"1:50: schema.fields[0].categories: they do not apply to the type "any"; use the type "string" or "integer", or write an enum"#,
        ]),
        (r#"{"name": "a", "constraints": []}"#, &[
            "1:51: schema.fields[0].constraints: an array is not an object; write an object",
        ]),
        (r#"{"name": "a", "missingValues": [1]}"#, &[
            "1:54: schema.fields[0].missingValues[0]: 1 is not a string; write the text between quotes",
        ]),
    ],
    around: |it| format!(r#"{{"schema":{{"fields":[{it}]}}}}"#),
};
