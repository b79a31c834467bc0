//! What is wrong with a descriptor, where, and what to do about it: the exact texts.

use super::mistakes;

/// One row: a piece of a descriptor, and its mistakes as `line:column: path: message; remedy`.
type Row = (&'static str, &'static [&'static str]);

/// Every row, put into a descriptor by `around`, has exactly its mistakes.
fn table(rows: &[Row], around: impl Fn(&str) -> String) {
    for (piece, expected) in rows {
        let expected: Vec<String> = expected.iter().map(|mistake| format!("r.json:{mistake}")).collect();
        assert_eq!(mistakes(&around(piece)), expected, "{piece}");
    }
}

#[test]
fn mistakes_in_a_document() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("[]", &["1:1: an array is not an object; write a Data Resource"]),
        ("{", &["1:2: not JSON: the file ends too early (EOF while parsing an object); close what is open"]),
        (r#"{"a": 1,}"#, &["1:9: not JSON: nothing follows the comma; remove the comma"]),
        (r#"{"a": 1} x"#, &["1:10: not JSON: something follows the document; remove it"]),
        (r#"{"a": 'b'}"#, &["1:7: not JSON: expected value; correct it"]),
        ("{a: 1}", &["1:2: not JSON: key must be a string; correct it"]),
        ("// note\n{}", &["1:1: not JSON: comments are not allowed; remove the comment"]),
        (r#"{"a": 1 /* note */}"#, &["1:9: not JSON: comments are not allowed; remove the comment"]),
        (r#"{"a": NaN}"#, &["1:7: not JSON: expected value; correct it"]),
        (r#"{"a": 01}"#, &["1:8: not JSON: invalid number; correct it"]),
        (r#"{"a": "\x"}"#, &["1:9: not JSON: invalid escape; correct it"]),
        ("{\"a\":\n  \"é\" \"b\"}", &["2:7: not JSON: expected `,` or `}`; correct it"]),
        (r#"{"name": "x", "name": "y"}"#, &["1:15: name: stands twice in the object, first at 1:2; keep one"]),
        (r#"{"x": [{"a b": 1, "a b": 2}]}"#, &[
            r#"1:19: x[0]["a b"]: stands twice in the object, first at 1:9; keep one"#,
        ]),
        (r#"{"data": [[1]]}"#, &["1:10: data: data inside the descriptor is not supported yet; remove it"]),
        (r#"{"resources": []}"#, &[
            "1:15: resources: there are no resources; write a list of Data Resources",
        ]),
        (r#"{"fields": []}"#, &[
            "1:12: fields: there are no fields; write a list of fields",
        ]),
        (r#"{"format": "xlsx"}"#, &[]),
        (r#"{"format": 3}"#, &[r#"1:12: format: 3 is not a string; write "csv" or "tsv""#]),
        (r#"{"format": "TSV"}"#, &[]),
        (r#"{"encoding": "UTF8"}"#, &[]),
        (r#"{"encoding": "UTF_8_sig"}"#, &[]),
        (r#"{"encoding": "latin_1"}"#, &[]),
        (r#"{"dialect": {"encoding": "cp1252"}}"#, &[]),
        (r#"{"encoding": "detect", "sluice": {"output": {"encoding": "utf-8"}}}"#, &[]),
        (r#"{"sluice": {"output": {"encoding": "utf-16"}}}"#, &[
            r#"1:36: sluice.output.encoding: "utf-16" is not an encoding of outputs; write "original" or "utf-8""#,
        ]),
        (r#"{"encoding": "utf-32"}"#, &[
            r#"1:14: encoding: the encoding "utf-32" (UTF-32) is not read; convert the files to UTF-8, and write "utf-8""#,
        ]),
        (r#"{"encoding": "klingon"}"#, &[
            r#"1:14: encoding: "klingon" is no encoding that is known; write a name of the WHATWG's or IANA's, such as "utf-8", "windows-1252", "utf-16le" or "shift_jis", or "detect""#,
        ]),
        (r#"{"schema": 3}"#, &[
            "1:12: schema: 3 is not an object; write the schema, or the name of a file beside the descriptor",
        ]),
        (r#"{"schema": "nothing.json"}"#, &[
            r#"1:12: schema: "nothing.json": there is no such file beside the descriptor; correct the name, or write the object here"#,
        ]),
        (r#"{"schema": "../a.json"}"#, &[
            r#"1:12: schema: "../a.json" leaves the folder of the descriptor; name a file beside the descriptor, or write the object here"#,
        ]),
        (r#"{"schema": "a/../../b.json"}"#, &[
            r#"1:12: schema: "a/../../b.json" leaves the folder of the descriptor; name a file beside the descriptor, or write the object here"#,
        ]),
        (r#"{"schema": "/etc/passwd"}"#, &[
            r#"1:12: schema: "/etc/passwd" is an absolute path; name a file beside the descriptor, or write the object here"#,
        ]),
        (r#"{"schema": "https://example.com/s.json"}"#, &[
            r#"1:12: schema: "https://example.com/s.json" is a URL, and nothing is fetched; put a copy beside the descriptor as "s.json", or write the object here"#,
        ]),
        (r#"{"schema": "a\u0000b"}"#, &[
            r#"1:12: schema: "a\0b" has a control character in it; name a file beside the descriptor, or write the object here"#,
        ]),
        (r#"{"schema": ""}"#, &[
            r#"1:12: schema: "" is no name of a file; name a file beside the descriptor, or write the object here"#,
        ]),
        (r#"{"schema": "a//b"}"#, &[
            r#"1:12: schema: "a//b" is no name of a file; name a file beside the descriptor, or write the object here"#,
        ]),
        (r#"{"schema": "a\\b"}"#, &[
            r#"1:12: schema: "a\\b" has a backslash in it; name a file beside the descriptor, or write the object here"#,
        ]),
        (r#"{"schema": "."}"#, &[
            r#"1:12: schema: "." is no name of a file; name a file beside the descriptor, or write the object here"#,
        ]),
        (r#"{"dialect": []}"#, &[
            "1:13: dialect: an array is not an object; write the dialect, or the name of a file beside the descriptor",
        ]),
    ];
    table(rows, |it| it.to_owned());
}

#[test]
fn mistakes_in_a_schema() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
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
        (r#"{"fields": [{"name": "a"}], "missingValues": ""}"#, &[
            r#"1:56: schema.missingValues: "" is not an array; write a list of texts"#,
        ]),
        (r#"{"fields": [{"name": "a"}], "missingValues": ["", -99, ""]}"#, &[
            "1:61: schema.missingValues[1]: -99 is not a string; write the text between quotes",
            r#"1:66: schema.missingValues[2]: "" stands twice; remove one of them"#,
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
    ];
    table(rows, |it| format!(r#"{{"schema":{it}}}"#));
}

#[test]
fn mistakes_in_a_field() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
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
            r#"1:44: schema.fields[0].type: "float" is not a type; use one of string, integer, number, boolean, date, datetime, time, year, yearmonth, any, duration, object, array, list, geopoint, geojson"#,
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
        (r#"{"name": "a", "type": "number", "groupChar": ",", "decimalChar": ","}"#, &[
            "1:67: schema.fields[0].groupChar: groupChar and decimalChar are the same character; change one of them",
        ]),
        (r#"{"name": "a", "type": "number", "groupChar": "."}"#, &[
            "1:67: schema.fields[0].groupChar: groupChar and decimalChar are the same character; change one of them",
        ]),
        (r#"{"name": "a", "type": "number", "decimalChar": "::"}"#, &[
            r#"1:69: schema.fields[0].decimalChar: "::" is not one character; write one character"#,
        ]),
        (r#"{"name": "a", "type": "integer", "groupChar": "1", "bareNumber": "yes"}"#, &[
            r#"1:68: schema.fields[0].groupChar: "1" is part of numbers; write another character"#,
            r#"1:87: schema.fields[0].bareNumber: "yes" is not a boolean; write true or false"#,
        ]),
        (r#"{"name": "a", "type": "boolean", "trueValues": ["0"]}"#, &[
            r#"1:69: schema.fields[0].trueValues: "0" stands for true and for false; keep it in one of the lists"#,
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
    ];
    table(rows, |it| format!(r#"{{"schema":{{"fields":[{it}]}}}}"#));
}

#[test]
fn mistakes_in_constraints() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        (r#"string {"required": "yes"}"#, &[
            r#"1:77: schema.fields[0].constraints.required: "yes" is not a boolean; write true or false"#,
        ]),
        (r#"string {"unique": true, "jsonSchema": {}}"#, &[
            r#"1:95: schema.fields[0].constraints.jsonSchema: it does not apply to the type "string"; remove it"#,
        ]),
        (r#"string {"unique": false}"#, &[]),
        (r#"string {"minimum": 3, "maximum": 4, "exclusiveMinimum": 3, "exclusiveMaximum": 5}"#, &[
            r#"1:76: schema.fields[0].constraints.minimum: it does not apply to the type "string"; remove it"#,
            r#"1:90: schema.fields[0].constraints.maximum: it does not apply to the type "string"; remove it"#,
            r#"1:113: schema.fields[0].constraints.exclusiveMinimum: it does not apply to the type "string"; remove it"#,
            r#"1:136: schema.fields[0].constraints.exclusiveMaximum: it does not apply to the type "string"; remove it"#,
        ]),
        (r#"integer {"minLength": 3, "pattern": "a"}"#, &[
            r#"1:79: schema.fields[0].constraints.minLength: it does not apply to the type "integer"; remove it"#,
            r#"1:93: schema.fields[0].constraints.pattern: it does not apply to the type "integer"; remove it"#,
        ]),
        (r#"any {"minLength": 3, "minimum": 3}"#, &[
            r#"1:75: schema.fields[0].constraints.minLength: it does not apply to the type "any"; remove it"#,
            r#"1:89: schema.fields[0].constraints.minimum: it does not apply to the type "any"; remove it"#,
        ]),
        (r#"integer {"minimum": "abc"}"#, &[
            r#"1:77: schema.fields[0].constraints.minimum: "abc" is not an integer; write a number or drop the constraint"#,
        ]),
        (r#"integer {"minimum": 1.5, "maximum": 99999999999999999999}"#, &[
            "1:77: schema.fields[0].constraints.minimum: 1.5 is not an integer; write a number or drop the constraint",
            "1:93: schema.fields[0].constraints.maximum: 99999999999999999999 is beyond 64 bits; write a smaller number or drop it",
        ]),
        (r#"integer {"minimum": 5, "maximum": 3}"#, &[
            "1:91: schema.fields[0].constraints.maximum: 3 is less than minimum, which is 5; swap or correct them",
        ]),
        (r#"integer {"minimum": 5, "exclusiveMaximum": 5}"#, &[
            "1:100: schema.fields[0].constraints.exclusiveMaximum: nothing lies between minimum and exclusiveMaximum, both 5; correct one of them",
        ]),
        (r#"integer {"minimum": 5, "maximum": 5}"#, &[]),
        (r#"number {"minimum": "NaN", "maximum": {}}"#, &[
            r#"1:76: schema.fields[0].constraints.minimum: "NaN" is not a bound; write a finite number"#,
            "1:94: schema.fields[0].constraints.maximum: an object is not a number; write a number or drop the constraint",
        ]),
        (r#"number {"minimum": 0.10, "maximum": "2.50"}"#, &[]),
        (r#"date {"minimum": "gestern", "maximum": true}"#, &[
            r#"1:74: schema.fields[0].constraints.minimum: "gestern" is not a date; write it in the format of the field"#,
            "1:96: schema.fields[0].constraints.maximum: true is not a date; write it in the format of the field",
        ]),
        (r#"year {"minimum": 2000, "maximum": "20x"}"#, &[
            r#"1:91: schema.fields[0].constraints.maximum: "20x" is not a year; write a year such as 2024"#,
        ]),
        (r#"string {"minLength": 5, "maxLength": 3}"#, &[
            "1:94: schema.fields[0].constraints.maxLength: 3 is less than minLength, which is 5; swap or correct them",
        ]),
        (r#"string {"minLength": -1, "maxLength": 1.5}"#, &[
            "1:78: schema.fields[0].constraints.minLength: -1 is not an integer of at least 0; write such a number",
            "1:95: schema.fields[0].constraints.maxLength: 1.5 is not an integer of at least 0; write such a number",
        ]),
        (r#"string {"pattern": "a(?=b)"}"#, &[
            r#"1:76: schema.fields[0].constraints.pattern: the pattern "a(?=b)": look-around cannot be expressed; write an XML Schema regular expression"#,
        ]),
        (r#"string {"pattern": "(a)\\1"}"#, &[
            r#"1:76: schema.fields[0].constraints.pattern: the pattern "(a)\\1": back-references cannot be expressed; write an XML Schema regular expression"#,
        ]),
        (r#"string {"pattern": "[a"}"#, &[
            r#"1:76: schema.fields[0].constraints.pattern: the pattern "[a": a [ is not closed; write an XML Schema regular expression"#,
        ]),
        (r#"string {"pattern": "(a"}"#, &[
            r#"1:76: schema.fields[0].constraints.pattern: the pattern "(a": unclosed group; write an XML Schema regular expression"#,
        ]),
        (r#"string {"pattern": "*a"}"#, &[
            r#"1:76: schema.fields[0].constraints.pattern: the pattern "*a": repetition operator missing expression; write an XML Schema regular expression"#,
        ]),
        (r#"string {"pattern": "(a{1000}){1000}"}"#, &[
            r#"1:76: schema.fields[0].constraints.pattern: the pattern "(a{1000}){1000}": it needs more than 262144 entries of states; write shorter repetitions"#,
        ]),
        (r#"string {"pattern": 3}"#, &[
            "1:76: schema.fields[0].constraints.pattern: 3 is not a string; write the pattern between quotes",
        ]),
        (r#"string {"enum": []}"#, &[
            "1:73: schema.fields[0].constraints.enum: it is empty, so that no value is allowed; write a list of values",
        ]),
        (r#"string {"enum": "a"}"#, &[
            r#"1:73: schema.fields[0].constraints.enum: "a" is not an array; write a list of values"#,
        ]),
        (r#"string {"enum": ["a", "b", "a", null]}"#, &[
            r#"1:84: schema.fields[0].constraints.enum[2]: "a" stands twice; remove one of them"#,
            "1:89: schema.fields[0].constraints.enum[3]: null is not a value; write a text between quotes",
        ]),
        (r#"integer {"enum": [1, "2", "x", true]}"#, &[
            r#"1:83: schema.fields[0].constraints.enum[2]: "x" is not an integer; write a number or drop the constraint"#,
            "1:88: schema.fields[0].constraints.enum[3]: true is not an integer; write a number or drop the constraint",
        ]),
        (r#"boolean {"enum": [true, "1", "yes"]}"#, &[
            r#"1:86: schema.fields[0].constraints.enum[2]: "yes" is not a boolean; write true, false or a text of trueValues or falseValues"#,
        ]),
        (r#"number {"enum": ["NaN", "INF"]}"#, &[
            "1:74: schema.fields[0].constraints.enum[0]: NaN equals nothing, not even itself; remove it",
        ]),
    ];
    table(rows, |it| {
        let (kind, constraints) = it.split_once(' ').unwrap_or_default();
        format!(r#"{{"schema":{{"fields":[{{"name":"a","type":"{kind}","constraints":{constraints}}}]}}}}"#)
    });
}

#[test]
fn mistakes_in_a_dialect() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        (r#"{"delimiter": "12345678901234567", "quoteChar": "é"}"#, &[
            r#"1:26: dialect.delimiter: "12345678901234567" has 17 bytes, more than 16; write a shorter one"#,
            r#"1:60: dialect.quoteChar: "é" is not one ASCII character; write one ASCII character"#,
        ]),
        (r#"{"delimiter": "", "lineTerminator": ";\n"}"#, &[
            "1:26: dialect.delimiter: it is empty; write one or more characters",
            r#"1:48: dialect.lineTerminator: the line end ";\n" is not supported; write "\n", "\r\n", "\r" or one ASCII character"#,
        ]),
        (r#"{"lineTerminator": ",", "commentChar": "\n"}"#, &[
            "1:31: dialect.lineTerminator: delimiter and lineTerminator have the same character; change one of them",
            "1:51: dialect.commentChar: a line end or NUL cannot have this role; write other characters",
        ]),
        (r#"{"delimiter": "||", "commentChar": "|", "nullSequence": 0}"#, &[
            "1:47: dialect.commentChar: delimiter and commentChar have the same character; change one of them",
            r#"1:68: dialect.nullSequence: 0 is not a string; write the text that stands for "no value""#,
        ]),
        (r#"{"delimiter": 3, "lineTerminator": 3, "header": "yes"}"#, &[
            "1:26: dialect.delimiter: 3 is not a string; write one or more characters",
            r#"1:47: dialect.lineTerminator: 3 is not a string; write "\n", "\r\n", "\r" or one ASCII character"#,
            r#"1:60: dialect.header: "yes" is not a boolean; write true or false"#,
        ]),
        (r#"{"delimiter": "\n", "escapeChar": "\u0000"}"#, &[
            "1:26: dialect.delimiter: a line end or NUL cannot have this role; write other characters",
            "1:46: dialect.escapeChar: a line end or NUL cannot have this role; write another character",
        ]),
        (r#"{"delimiter": " ", "skipInitialSpace": true}"#, &[
            "1:51: dialect.skipInitialSpace: delimiter and skipInitialSpace have the same character; change one of them",
        ]),
        (r#"{"delimiter": "\"" }"#, &[
            "1:26: dialect.delimiter: delimiter and quoteChar have the same character; change one of them",
        ]),
        (r#"{"delimiter": "|", "escapeChar": "|", "commentChar": "|"}"#, &[
            "1:45: dialect.escapeChar: delimiter and escapeChar have the same character; change one of them",
            "1:65: dialect.commentChar: delimiter and commentChar have the same character; change one of them",
            "1:65: dialect.commentChar: escapeChar and commentChar have the same character; change one of them",
        ]),
        (r#"{"quoteChar": "", "escapeChar": null}"#, &[]),
        (r#"{"commentRows": [2, 0, 3], "headerRows": [2, 3], "type": "spreadsheet"}"#, &[
            r#"1:32: dialect.commentRows[1]: 0 is not an integer of at least 1; write such a number"#,
            r#"1:53: dialect.headerRows: record 2 is one of the "commentRows"; take it out of one of them"#,
            r#"1:69: dialect.type: a dialect of the type "spreadsheet" is not supported yet; remove it"#,
        ]),
        (r#"{"type": "delimited", "commentRows": []}"#, &[]),
        (r#"{"headerRows": [2, 1, 0, 2000]}"#, &[
            "1:34: dialect.headerRows[2]: 0 is not an integer from 1 to 1000; write such a number",
            "1:37: dialect.headerRows[3]: 2000 is not an integer from 1 to 1000; write such a number",
        ]),
        (r#"{"headerRows": "1", "headerJoin": 3}"#, &[
            r#"1:27: dialect.headerRows: "1" is not an array; write numbers of records, such as [1, 2]"#,
            "1:46: dialect.headerJoin: 3 is not a string; write the text between the parts of a label",
        ]),
    ];
    table(rows, |it| format!(r#"{{"dialect":{it}}}"#));
}

#[test]
fn mistakes_in_the_sluice_object() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        (r#"{"tolerence": {}, "rules": [{}]}"#, &[
            r#"1:47: sluice.tolerence: there is no such property; did you mean "tolerance"?"#,
            "1:74: sluice.rules[0]: the rule has no name; give the rule a name of its own",
            r#"1:74: sluice.rules[0]: the rule has no check; write a condition such as "shipped >= ordered""#,
        ]),
        (r#"{"rules": {}}"#, &["1:56: sluice.rules: an object is not an array; write a list of rules"]),
        (r#"{"tolerance": {"rows": -1, "percent": 101, "rws": 3}}"#, &[
            "1:69: sluice.tolerance.rows: -1 is not an integer of at least 0; write such a number",
            "1:84: sluice.tolerance.percent: 101 is not a number from 0 to 100; write such a number",
            r#"1:89: sluice.tolerance.rws: there is no such property; did you mean "rows"?"#,
        ]),
        (r#"{"file": {"rows": {"min": 3, "max": 2}, "row": 1, "trailer": {}}}"#, &[
            "1:64: sluice.file.rows: min (3) is greater than max (2); swap or correct them",
            r#"1:86: sluice.file.row: there is no such property; did you mean "rows"?"#,
            r#"1:107: sluice.file.trailer: the trailer has no tag; write the text of its first cell, such as "T""#,
        ]),
        (r#"{"file": {"rows": {}, "missing": {"a": "2", "aa": "2%"}, "sum": {"a": {"min": "x"}}}}"#, &[
            "1:64: sluice.file.rows: it has no bound; write {\"min\": …}, {\"max\": …} or both",
            "1:85: sluice.file.missing.a: \"2\" is not a share from 0% to 100%; write a share such as \"2%\"",
            "1:90: sluice.file.missing.aa: the schema has no field \"aa\"; write the name of a field of the schema",
            "1:111: sluice.file.sum.a: a field of the type \"any\" has no sum; sum a field of the type \"integer\" or \"number\"",
        ]),
        (r#"{"file": {"count": {"a": {"min": -1}}}}"#, &[
            "1:79: sluice.file.count.a.min: -1 is not an integer of at least 0; write such a number",
        ]),
        (r#"{"tolerance": 5}"#, &["1:60: sluice.tolerance: 5 is not an object; write an object"]),
        (r#"{"output": {"formats": ["csv", "parqet", "csv", 3]}}"#, &[
            r#"1:77: sluice.output.formats[1]: "parqet" is not an output format; did you mean "parquet"?"#,
            "1:87: sluice.output.formats[2]: the format stands twice; remove one of them",
            r#"1:94: sluice.output.formats[3]: 3 is not a string; write ["csv"], ["parquet"] or ["csv", "parquet"]"#,
        ]),
        (r#"{"output": {"formats": ["parquet", "orc"]}}"#, &[
            r#"1:81: sluice.output.formats[1]: "orc" is not an output format; use one of csv, parquet"#,
        ]),
        (r#"{"output": {"formats": []}}"#, &[
            r#"1:69: sluice.output.formats: it is empty; write ["csv"], ["parquet"] or ["csv", "parquet"]"#,
        ]),
        (r#"{"redact": ["b", "a", "a", 3]}"#, &[
            r#"1:58: sluice.redact[0]: the schema has no field "b"; write the name of a field of the schema"#,
            r#"1:68: sluice.redact[2]: "a" stands twice; remove one of them"#,
            "1:73: sluice.redact[3]: 3 is not a string; write the name of a field",
        ]),
        (r#"{"limits": {"recordBytes": 10, "columns": 0, "expansion": 0, "expandedBytes": "x"}}"#, &[
            "1:73: sluice.limits.recordBytes: 10 is not an integer from 1024 to 67108864; write such a number",
            "1:88: sluice.limits.columns: 0 is not an integer from 1 to 16384; write such a number",
            "1:104: sluice.limits.expansion: 0 is not an integer from 1 to 4294967295; write such a number",
            r#"1:124: sluice.limits.expandedBytes: "x" is not an integer of at least 1; write such a number"#,
        ]),
        ("[]", &["1:46: sluice: an array is not an object; write an object"]),
    ];
    table(rows, |it| format!(r#"{{"schema":{{"fields":[{{"name":"a"}}]}},"sluice":{it}}}"#));
}

#[test]
fn a_field_has_a_name_of_at_most_1000_characters() {
    let text = |characters: usize| format!(r#"{{"schema":{{"fields":[{{"name":"{}"}}]}}}}"#, "é".repeat(characters));
    assert_eq!(
        mistakes(&text(1001)),
        ["r.json:1:30: schema.fields[0].name: it has more than 1000 characters; shorten it"]
    );
    assert!(super::good(&text(1000)).schema.is_some());
}

#[test]
fn assertions_over_a_file_are_limited() {
    let of = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("f{number}")).collect();
        let fields: Vec<String> = names.iter().map(|name| format!(r#"{{"name": "{name}"}}"#)).collect();
        let missing: Vec<String> = names.iter().map(|name| format!(r#""{name}": "1%""#)).collect();
        let (fields, missing) = (fields.join(","), missing.join(","));
        format!(r#"{{"sluice": {{"file": {{"missing": {{{missing}}}}}}}, "schema": {{"fields": [{fields}]}}}}"#)
    };
    assert_eq!(mistakes(&of(200)), [""; 0]);
    assert_eq!(
        mistakes(&of(201)),
        ["r.json:1:21: sluice.file: there are more than 200 assertions; remove some of them"]
    );
}
