//! The constraints of a field.

use super::Table;

#[rustfmt::skip]
pub(super) const TABLE: Table = Table {
    rows: &[
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
        (r#"string {"pattern": "a*(?=b)b*"}"#, &[
            r#"1:76: schema.fields[0].constraints.pattern: the pattern "a*(?=b)b*": a look-around has no fixed number of characters on either side of it; move it to the start or the end of the pattern"#,
        ]),
        (r#"string {"pattern": "a(?=b)"}"#, &[
            r#"1:76: schema.fields[0].constraints.pattern: the pattern "a(?=b)": a look-around asks for more characters than there are, as the whole cell has to match; remove it, or write the characters behind it"#,
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
            r#"1:84: schema.fields[0].constraints.enum[2]: "a" appears twice; remove one of them"#,
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
    ],
    around: |it| {
        let (kind, constraints) = it.split_once(' ').unwrap_or_default();
        format!(r#"{{"schema":{{"fields":[{{"name":"a","type":"{kind}","constraints":{constraints}}}]}}}}"#)
    },
};
