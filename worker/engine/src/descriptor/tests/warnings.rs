//! The exact texts of warnings about descriptors: what is odd, where, and what was likely meant.

use super::{good, warnings};

/// One row: a piece of a descriptor, and its warnings as `line:column: path: message; remedy`.
type Row = (&'static str, &'static [&'static str]);

/// Checks that every row, put into a descriptor by `around`, has exactly its warnings.
fn table(rows: &[Row], around: impl Fn(&str) -> String) {
    for (piece, expected) in rows {
        let expected: Vec<String> = expected.iter().map(|warning| format!("r.json:{warning}")).collect();
        assert_eq!(warnings(&around(piece)), expected, "{piece}");
    }
}

#[test]
fn constraints_beside_the_name() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        (r#""required": true"#, &[
            r#"1:38: schema.fields[0].required: it checks nothing here; move it into "constraints""#,
        ]),
        (r#""constraints": {"required": true}"#, &[]),
    ];
    table(rows, |piece| format!(r#"{{"schema": {{"fields": [{{"name": "a", {piece}}}]}}}}"#));
}

#[test]
fn a_strict_reading_makes_mistakes_of_warnings() {
    let odd = r#"{"schema": {"fields": [{"name": "a", "unique": true}]}}"#;
    assert_eq!(good(odd).strict().unwrap_err().count(), 1);
    assert!(good(r#"{"schema": {"fields": [{"name": "a"}]}}"#).strict().is_ok());
}

#[test]
fn values_and_labels_that_stand_twice() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        (r#""missingValues": ["", "-", ""]"#, &[
            r#"1:65: schema.fields[0].missingValues[2]: "" appears twice; remove one of them"#,
        ]),
        (r#""missingValues": [{"value": "-", "label": "x"}, {"value": "n", "label": "x"}]"#, &[
            r#"1:110: schema.fields[0].missingValues[1].label: two values have the label "x"; give each value a label of its own"#,
        ]),
        (r#""type": "string", "constraints": {"enum": ["a", "b", "a"]}"#, &[
            r#"1:91: schema.fields[0].constraints.enum[2]: "a" appears twice; remove one of them"#,
        ]),
        (r#""type": "integer", "categories": [1, "01", 1.0]"#, &[
            r#"1:75: schema.fields[0].categories[1]: "01" appears twice; remove one of them"#,
            r#"1:81: schema.fields[0].categories[2]: 1.0 appears twice; remove one of them"#,
        ]),
        (r#""categories": [{"value": "b", "label": "y"}, {"value": "c", "label": "y"}], "type": "string""#, &[
            r#"1:107: schema.fields[0].categories[1].label: "y" appears twice; give each category a label of its own"#,
        ]),
    ];
    table(rows, |piece| format!(r#"{{"schema": {{"fields": [{{"name": "a", {piece}}}]}}}}"#));
}

#[test]
fn metadata_of_csv_on_the_web() {
    const WARNING: &str = r#"metadata of CSV on the Web (W3C) are not read, so nothing but the structure of the files is checked; write the columns as a Table Schema: "schema": {"fields": […]}"#;
    assert_eq!(
        warnings(r#"{"path": "a.csv", "tableSchema": {"columns": []}}"#),
        [format!("r.json:1:34: tableSchema: {WARNING}")]
    );
    assert_eq!(
        warnings(r#"{"@context": "http://www.w3.org/ns/csvw", "tables": []}"#),
        [format!("r.json:1:53: tables: {WARNING}")]
    );
    assert_eq!(warnings(r#"{"tables": []}"#), [] as [&str; 0]);
}

#[test]
fn labels_that_are_compared_and_not_there() {
    const WARNING: &str = r#""fieldsMatch" compares labels, and "header" is false: the columns are the fields, all of them and in their order; remove "fieldsMatch", or write "header": true if the files have labels"#;
    let of = |dialect: &str, fields_match: &str| {
        warnings(&format!(
            r#"{{"dialect": {{{dialect}}}, "schema": {{"fields": [{{"name": "a"}}], "fieldsMatch": "{fields_match}"}}}}"#
        ))
    };
    for way in ["equal", "subset", "superset", "partial"] {
        assert_eq!(of(r#""header": false"#, way), [format!("r.json:1:85: schema.fieldsMatch: {WARNING}")], "{way}");
    }
    assert_eq!(of(r#""header": false"#, "exact"), [] as [&str; 0]);
    assert_eq!(of(r#""headerRows": [2]"#, "equal"), [] as [&str; 0]);
}

#[test]
fn a_dialect_with_parts_that_change_nothing() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        (r#""sheetName": "x", "itemKeys": ["a"]"#, &[
            r#"1:27: dialect.sheetName: the property is for files of another kind and changes nothing here; remove it"#,
            r#"1:44: dialect.itemKeys: the property is for files of another kind and changes nothing here; remove it"#,
        ]),
        (r#""header": false, "headerRows": [1, 2]"#, &[
            r#"1:45: dialect.headerRows: "header" is false, so these records are data; remove one of them"#,
        ]),
    ];
    table(rows, |piece| format!(r#"{{"dialect": {{{piece}}}}}"#));
}

#[test]
fn names_that_look_like_those_of_a_field() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        (r#""tpye": "integer""#, &[
            r#"1:38: schema.fields[0].tpye: there is no such property, so it checks nothing; did you mean "type"?"#,
        ]),
        (r#""Type": "integer""#, &[
            r#"1:38: schema.fields[0].Type: there is no such property, so it checks nothing; did you mean "type"?"#,
        ]),
        (r#""missing_values": ["-"]"#, &[
            r#"1:38: schema.fields[0].missing_values: there is no such property, so it checks nothing; did you mean "missingValues"?"#,
        ]),
        (r#""constraint": {"required": true}"#, &[
            r#"1:38: schema.fields[0].constraint: there is no such property, so it checks nothing; did you mean "constraints"?"#,
        ]),
        (r#""group-char": ",""#, &[
            r#"1:38: schema.fields[0].group-char: there is no such property, so it checks nothing; did you mean "groupChar"?"#,
        ]),
        (r#""max-length": 3"#, &[
            r#"1:38: schema.fields[0].max-length: there is no such property, so it checks nothing; if "maxLength" is meant, correct the name and move it into "constraints""#,
        ]),
        (r#""title": "t", "description": "d", "example": 3, "rdfType": "r", "unit": "m", "x-type": 1, "dc:type": 2, "title@de": 3"#, &[]),
        (r#""datatype": "d", "dimension": "x", "label": "l", "notes": "n", "formats": "f", "properties": {}, "names": 1"#, &[]),
    ];
    table(rows, |piece| format!(r#"{{"schema": {{"fields": [{{"name": "a", {piece}}}]}}}}"#));
}

#[test]
fn names_that_look_like_those_of_constraints() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        (r#""max-length": 3, "Required": true, "patern": "[0-9]+""#, &[
            r#"1:54: schema.fields[0].constraints.max-length: there is no such property, so it checks nothing; did you mean "maxLength"?"#,
            r#"1:71: schema.fields[0].constraints.Required: there is no such property, so it checks nothing; did you mean "required"?"#,
            r#"1:89: schema.fields[0].constraints.patern: there is no such property, so it checks nothing; did you mean "pattern"?"#,
        ]),
        (r#""minimun": 3, "enums": ["a"]"#, &[
            r#"1:54: schema.fields[0].constraints.minimun: there is no such property, so it checks nothing; did you mean "minimum"?"#,
            r#"1:68: schema.fields[0].constraints.enums: there is no such property, so it checks nothing; did you mean "enum"?"#,
        ]),
        (r#""min": 18, "notNull": true, "not_null": true, "regex": "a", "minItems": 1, "oneOf": [1]"#, &[
            r#"1:54: schema.fields[0].constraints.min: there is no such property, so it checks nothing; did you mean "minimum"?"#,
            r#"1:65: schema.fields[0].constraints.notNull: there is no such property, so it checks nothing; did you mean "required"?"#,
            r#"1:82: schema.fields[0].constraints.not_null: there is no such property, so it checks nothing; did you mean "required"?"#,
            r#"1:100: schema.fields[0].constraints.regex: there is no such property, so it checks nothing; did you mean "pattern"?"#,
            r#"1:114: schema.fields[0].constraints.minItems: there is no such property, so it checks nothing; did you mean "minLength"?"#,
            r#"1:129: schema.fields[0].constraints.oneOf: there is no such property, so it checks nothing; did you mean "enum"?"#,
        ]),
        // In an object of constraints no name is metadata.
        (r#""multipleOf": 3"#, &[
            r#"1:54: schema.fields[0].constraints.multipleOf: there is no such property, so it checks nothing; use one of required, unique, minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength, pattern, enum, jsonSchema"#,
        ]),
        (r#""x-note": 1, "_level": 3, "$comment": "c", "dc:note": "n""#, &[]),
    ];
    table(rows, |piece| format!(r#"{{"schema": {{"fields": [{{"name": "a", "constraints": {{{piece}}}}}]}}}}"#));
}

#[test]
fn names_that_look_like_those_of_a_schema() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        (r#""missingvalues": ["-"], "fieldMatch": "subset""#, &[
            r#"1:36: schema.missingvalues: there is no such property, so it checks nothing; did you mean "missingValues"?"#,
            r#"1:60: schema.fieldMatch: there is no such property, so it checks nothing; did you mean "fieldsMatch"?"#,
        ]),
        (r#""primaryKeys": ["a"]"#, &[
            r#"1:36: schema.primaryKeys: there is no such property, so it checks nothing; did you mean "primaryKey"?"#,
        ]),
        (r#""title": "t", "name": "n", "version": "1", "$schema": "s", "properties": {}"#, &[]),
    ];
    table(rows, |piece| format!(r#"{{"schema":{{"fields":[{{"name":"a"}}],{piece}}}}}"#));
}

#[test]
fn names_that_look_like_those_of_a_dialect_or_a_resource() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        (r#""dialect": {"delimeter": ";", "quotechar": "'"}"#, &[
            r#"1:14: dialect.delimeter: there is no such property, so it checks nothing; did you mean "delimiter"?"#,
            r#"1:32: dialect.quotechar: there is no such property, so it checks nothing; did you mean "quoteChar"?"#,
        ]),
        (r#""dialect": {"csv": {"delimter": ";"}}"#, &[
            r#"1:22: dialect.csv.delimter: there is no such property, so it checks nothing; did you mean "delimiter"?"#,
        ]),
        (r#""dialect": {"csvddfVersion": "1.2", "caseSensitiveHeader": false, "header": true}"#, &[]),
        (r#""shema": "s.json""#, &[
            r#"1:2: shema: there is no such property, so it checks nothing; did you mean "schema"?"#,
        ]),
        (r#""primaryKeys": ["a"]"#, &[
            r#"1:2: primaryKeys: there is no such property, so it checks nothing; if "primaryKey" is meant, correct the name and move it into "schema""#,
        ]),
        (r#""delimiter": ";""#, &[r#"1:2: delimiter: it checks nothing here; move it into "dialect""#]),
        (r#""name": "n", "path": "p", "profile": "tabular-data-resource", "mediatype": "text/csv", "bytes": 1, "hash": "d41d8cd98f00b204e9800998ecf8427e", "date": 1"#, &[]),
        (r#""title": "t", "licenses": [], "licences": [], "sources": [], "path": "p", "url": "u", "created": "c", "type": "table", "scheme": "file""#, &[]),
        (r#""url": "https://example.org/u.csv""#, &[
            r#"1:9: url: an older name of "path", and read as that; write it as "path""#,
        ]),
        (r#""hashing": "md5", "mimetype": "m", "size": 1, "group": "g", "state": "s", "rows": 1, "layout": {}, "id": "i", "position": 0"#, &[]),
    ];
    table(rows, |piece| format!("{{{piece}}}"));
}

#[test]
fn values_that_stand_outside_of_the_schema_are_read() {
    let text = r#"{"schema": {"fields": [{"name": "a"}]}, "missingValues": ["-"]}"#;
    let descriptor = good(text);
    assert!(descriptor.schema.unwrap().fields[0].missing_values.holds(b"-"));
    assert_eq!(
        warnings(text),
        [
            r#"r.json:1:58: missingValues: it is outside of the schema, and is read as part of it; move it into "schema""#
        ]
    );
}

#[test]
fn a_name_that_comes_again_and_again_is_compared_once() {
    let fields: Vec<String> = (0..4000).map(|n| format!(r#"{{"name":"f{n}","Tyep":1,"other{n}":2}}"#)).collect();
    let descriptor = good(&format!(r#"{{"schema":{{"fields":[{}]}}}}"#, fields.join(",")));
    assert_eq!(descriptor.warnings.len(), 1000);
}
