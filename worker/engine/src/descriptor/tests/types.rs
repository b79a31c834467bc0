//! Fields of the types that have properties of their own, categories and JSON Schemas: the mistakes in them, and how valid ones are read.

use super::{good, mistakes, warnings};
use crate::descriptor::{FieldType, Geojson, Geopoint, ItemType, List, ListNotation};

/// One row: a field without its name, and its mistakes as `column: path behind the field: message; remedy`.
type Row = (&'static str, &'static [&'static str]);

const BEFORE: &str = r#"{"schema":{"fields":[{"name":"a","#;

fn around(piece: &str) -> String {
    format!("{BEFORE}{piece}}}]}}}}")
}

fn table(rows: &[Row]) {
    for (piece, expected) in rows {
        let expected: Vec<String> = expected
            .iter()
            .map(|mistake| {
                // The column of a mistake counts from the start of the piece.
                let (column, rest) = mistake.split_once(": ").unwrap();
                format!("r.json:1:{}: schema.fields[0].{rest}", column.parse::<usize>().unwrap() + BEFORE.len())
            })
            .collect();
        assert_eq!(mistakes(&around(piece)), expected, "{piece}");
    }
}

#[test]
fn mistakes_in_lists_points_and_geojson() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        (r#""type":"list","delimiter":"""#, &["27: delimiter: it is empty; write the text between two items"]),
        (r#""type":"list","delimiter":3"#, &["27: delimiter: 3 is not a string; write the text between two items"]),
        (r#""type":"list","itemType":"intger""#, &[
            r#"26: itemType: "intger" is not a type of items; did you mean "integer"?"#,
        ]),
        (r#""type":"list","itemType":"list""#, &[
            r#"26: itemType: "list" is not a type of items; use one of string, integer, boolean, number, datetime, date, time"#,
        ]),
        (r#""type":"list","itemType":true"#, &[
            "26: itemType: true is not a string; use one of string, integer, boolean, number, datetime, date, time",
        ]),
        (r#""type":"list","itemType":"integer","constraints":{"enum":["1,2","1,x"],"minLength":2,"maxLength":1}"#, &[
            r#"65: constraints.enum[1]: "1,x" is not a list; write an array, or the list as it stands in a cell, between quotes"#,
            "98: constraints.maxLength: 1 is less than minLength, which is 2; swap or correct them",
        ]),
        (r#""type":"geopoint","format":"aray""#, &[
            r#"28: format: "aray" is not a format of a geopoint; did you mean "array"?"#,
        ]),
        (r#""type":"geopoint","constraints":{"enum":["1,2","200,1"],"minimum":"1,2"}"#, &[
            r#"48: constraints.enum[1]: "200,1" is not a geopoint; write it in the format of the field"#,
            r#"67: constraints.minimum: it does not apply to the type "geopoint"; remove it"#,
        ]),
        (r#""type":"geojson","format":"wkt""#, &[
            r#"27: format: "wkt" is not a format of geojson; use one of default, topojson"#,
        ]),
        (r#""type":"duration","constraints":{"minimum":"1 day","maximum":7,"maxLength":3}"#, &[
            r#"44: constraints.minimum: "1 day" is not a duration; write a duration such as "P1Y2M3DT4H5M6S""#,
            r#"62: constraints.maximum: 7 is not a duration; write a duration such as "P1Y2M3DT4H5M6S""#,
            r#"76: constraints.maxLength: it does not apply to the type "duration"; remove it"#,
        ]),
        (r#""type":"duration","constraints":{"minimum":"P2M","maximum":"P1M"}"#, &[
            "60: constraints.maximum: P1M is less than minimum, which is P2M; swap or correct them",
        ]),
        (r#""type":"duration","constraints":{"minimum":"P30D","maximum":"P1M"}"#, &[]),
        (r#""type":"object","constraints":{"pattern":"a","enum":[[1],"{}",{"a":1}]}"#, &[
            r#"42: constraints.pattern: it does not apply to the type "object"; remove it"#,
            "54: constraints.enum[0]: an array is not an object; write an object, or its JSON between quotes",
        ]),
        (r#""type":"array","constraints":{"enum":[[1,"x"],"[1",{"a":1}]}"#, &[
            r#"47: constraints.enum[1]: "[1" is not an array; write an array, or its JSON between quotes"#,
            "52: constraints.enum[2]: an object is not an array; write an array, or its JSON between quotes",
        ]),
        (r#""type":"string","constraints":{"enum":[["a"]]}"#, &[
            "40: constraints.enum[0]: an array is not a text; write a text between quotes",
        ]),
        (r#""type":"datetime","constraints":{"minimum":"2020-01-01T00:00:00.0000002","maximum":"2020-01-01T00:00:00.0000001"}"#, &[
            "84: constraints.maximum: 2020-01-01T00:00:00.0000001 is less than minimum, which is 2020-01-01T00:00:00.0000002; swap or correct them",
        ]),
    ];
    table(rows);
}

#[test]
fn mistakes_in_categories() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        (r#""type":"string","categories":[]"#, &[
            "30: categories: it is empty, so that no value is allowed; write a list of values, or of objects with a value and perhaps a label",
        ]),
        (r#""type":"number","categories":[1]"#, &[
            r#"30: categories: they do not apply to the type "number"; use the type "string" or "integer", or write an enum"#,
        ]),
        (r#""type":"integer","categories":[1,"01","x"]"#, &[
            r#"39: categories[2]: "x" is not an integer; write a number or drop the constraint"#,
        ]),
        (r#""type":"string","categories":[{"label":"x"},{"value":"a","label":3},{"value":"b","label":"y"},{"value":"c","label":"y"}]"#, &[
            "31: categories[0]: it has no value; write the value of the category",
            "66: categories[1].label: 3 is not a string; write the label between quotes",
        ]),
        (r#""type":"string","categories":["a"],"categoriesOrdered":1"#, &[
            "56: categoriesOrdered: 1 is not a boolean; write true or false",
        ]),
        (r#""type":"string","categories":["a","b"],"constraints":{"enum":["a","c"],"minimum":"a"}"#, &[
            r#"62: constraints.enum: "c" is not one of the categories; remove it"#,
            r#"82: constraints.minimum: it does not apply to the type "string"; remove it"#,
        ]),
        (r#""type":"string","categories":["a","b"],"categoriesOrdered":true,"constraints":{"minimum":"c"}"#, &[
            r#"90: constraints.minimum: "c" is not one of the categories; write one of the categories"#,
        ]),
        (r#""type":"string","categories":["a","b"],"categoriesOrdered":true,"constraints":{"minimum":"b","maximum":"a"}"#, &[
            "79: constraints: no category lies within the bounds; correct them",
        ]),
        (r#""type":"integer","categories":[2,1],"categoriesOrdered":true,"constraints":{"minimum":2}"#, &[
            "87: constraints.minimum: the order of the categories is not that of their numbers, by which a bound is compared; write the categories that are allowed as an enum",
        ]),
        (r#""type":"integer","categories":[1,2],"categoriesOrdered":true,"constraints":{"minimum":2}"#, &[]),
    ];
    table(rows);
}

#[test]
fn mistakes_in_json_schemas() {
    #[rustfmt::skip]
    let rows: &[(&str, &[&str])] = &[
        ("3", &["constraints.jsonSchema: 3 is not a schema; write a schema: an object, true or false"]),
        (r#"{"type":"text"}"#, &[r#"constraints.jsonSchema.type: "text" is not a type of JSON; use one of null, boolean, integer, number, string, array, object"#]),
        (r#"{"type":["string",3]}"#, &["constraints.jsonSchema.type[1]: 3 is not a type of JSON; use one of null, boolean, integer, number, string, array, object"]),
        (r#"{"$ref":"https://example.com/s.json"}"#, &[
            r#"constraints.jsonSchema.$ref: "https://example.com/s.json" is another document, and nothing is fetched; copy it into $defs and refer to it there"#,
        ]),
        (r##"{"$ref":"#/$defs/a"}"##, &[
            r##"constraints.jsonSchema.$ref: "#/$defs/a" leads to nothing; write a reference into the same schema, such as "#/$defs/name""##,
        ]),
        (r##"{"$ref":"#"}"##, &[
            "constraints.jsonSchema: its schemas refer to each other in a circle, for one and the same value; break the circle",
        ]),
        (r##"{"allOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"not":{"$ref":"#/$defs/a"}}}}"##, &[
            "constraints.jsonSchema: its schemas refer to each other in a circle, for one and the same value; break the circle",
        ]),
        (r##"{"properties":{"next":{"$ref":"#"}}}"##, &[]),
        (r##"{"$id":"https://x.org/s","items":{"$ref":"https://x.org/s#/$defs/a~1b%25"},"$defs":{"a/b%":{"$anchor":"c"}},"not":{"$ref":"#c"}}"##, &[]),
        (r#"{"unevaluatedProperties":false}"#, &[
            r#"constraints.jsonSchema.unevaluatedProperties: the keyword "unevaluatedProperties" is not supported; remove it"#,
        ]),
        (r#"{"minimum":"1","multipleOf":0}"#, &[
            r#"constraints.jsonSchema.minimum: "1" is not a number; write a number"#,
            "constraints.jsonSchema.multipleOf: 0 is not a number above 0 of at most 18 digits; write such a number",
        ]),
        (r#"{"minItems":-1,"maxItems":2.0,"uniqueItems":1}"#, &[
            "constraints.jsonSchema.minItems: -1 is not an integer of at least 0; write such a number",
            "constraints.jsonSchema.uniqueItems: 1 is not a boolean; write true or false",
        ]),
        (r#"{"pattern":"[","required":"a"}"#, &[
            "constraints.jsonSchema.pattern: the pattern \"[\": a [ is not closed; write an XML Schema regular expression",
            r#"constraints.jsonSchema.required: "a" is not an array; write a list of names"#,
        ]),
        (r#"{"properties":[],"items":3,"enum":3,"allOf":{}}"#, &[
            "constraints.jsonSchema.enum: 3 is not an array; write a list of values",
            "constraints.jsonSchema.properties: an array is not an object; write an object whose values are schemas",
            "constraints.jsonSchema.allOf: an object is not an array; write a list of schemas",
            "constraints.jsonSchema.items: 3 is not a schema; write a schema: an object, true or false",
        ]),
    ];
    for (schema, expected) in rows {
        let found = mistakes(&around(&format!(r#""type":"object","constraints":{{"jsonSchema":{schema}}}"#)));
        let paths: Vec<&str> =
            found.iter().filter_map(|it| it.split_once("fields[0].").map(|(_, rest)| rest)).collect();
        let mut expected = expected.to_vec();
        // Mistakes stand in the order of the file.
        expected.sort_by_key(|it| paths.iter().position(|path| path == it));
        assert_eq!(paths, expected, "{schema}");
    }
}

#[test]
fn formats_without_a_meaning_are_warned_of() {
    for (piece, expected) in [
        (r#""type":"year","format":"any""#, Some(r#"the type "year" has no format "any""#)),
        (r#""type":"integer","format":"hex""#, Some(r#"the type "integer" has no format "hex""#)),
        (r#""type":"boolean","format":"default""#, None),
        (
            r#""type":"string","format":"%Y-%m-%d""#,
            Some(r#""%Y-%m-%d" has no effect on a string; give the field the type date to have it checked"#),
        ),
        (r#""type":"string","format":"fmt:%d.%m.%Y %H:%M""#, Some("give the field the type datetime")),
        (r#""type":"string","format":"%H:%M""#, Some("give the field the type time")),
        (r#""type":"string","format":"year""#, Some("give the field the type year")),
        (
            r#""type":"string","format":"wkt""#,
            Some(r#""wkt" has no effect on a string; remove it, or check the texts with the constraint pattern"#),
        ),
        (r#""type":"string","format":"100 %""#, Some("remove it, or check the texts with the constraint pattern")),
        (r#""format":"%Y""#, Some(r#""%Y" has no effect on a string; give the field the type date"#)),
        (r#""type":"string","categoriesOrdered":true"#, Some("there are no categories that could have an order")),
        (
            r#""type":"object","constraints":{"jsonSchema":{"format":"email"}}"#,
            Some("it is an annotation: nothing is checked by it"),
        ),
    ] {
        let found = warnings(&around(piece));
        assert_eq!(found.len(), usize::from(expected.is_some()), "{found:?}");
        assert!(expected.is_none_or(|expected| found[0].contains(expected)), "{found:?}");
    }
}

#[test]
fn the_new_types_are_what_they_say() {
    for (piece, expected) in [
        (
            r#""type":"list""#,
            FieldType::List(List {
                delimiter: ",".to_owned(),
                items: ItemType::String,
                notation: ListNotation::Delimited,
            }),
        ),
        (
            r#""type":"list","delimiter":" | ","itemType":"date""#,
            FieldType::List(List {
                delimiter: " | ".to_owned(),
                items: ItemType::Date,
                notation: ListNotation::Delimited,
            }),
        ),
        (r#""type":"geopoint","format":"object""#, FieldType::Geopoint(Geopoint::Object)),
        (r#""type":"geojson""#, FieldType::Geojson(Geojson::Default)),
        (r#""type":"geojson","format":"topojson""#, FieldType::Geojson(Geojson::Topojson)),
    ] {
        let field = good(&around(piece)).schema.unwrap().fields.remove(0);
        assert_eq!(field.kind, expected, "{piece}");
        assert_eq!(field.kind.name(), piece[8..].split('"').next().unwrap());
    }
}
