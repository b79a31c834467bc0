//! The object `sluice`.

use super::Table;

#[rustfmt::skip]
pub(super) const TABLE: Table = Table {
    rows: &[
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
            "1:87: sluice.output.formats[2]: the format appears twice; remove one of them",
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
            r#"1:68: sluice.redact[2]: "a" appears twice; remove one of them"#,
            "1:73: sluice.redact[3]: 3 is not a string; write the name of a field",
        ]),
        (r#"{"decimals": {"a": {"precision": 2, "scale": 1}, "aa": {}}}"#, &[
            r#"1:60: sluice.decimals.a: "a" is a field of the type "any", not "number"; remove it, or give the field the type "number""#,
            "1:95: sluice.decimals.aa: the schema has no field \"aa\"; write the name of a field of the schema",
        ]),
        (r#"{"decimals": 3}"#, &[
            r#"1:59: sluice.decimals: 3 is not an object; write an object such as {"price": {"precision": 18, "scale": 2}}"#,
        ]),
        (r#"{"limits": {"recordBytes": 10, "columns": 0, "expansion": 0, "expandedBytes": "x"}}"#, &[
            "1:73: sluice.limits.recordBytes: 10 is not an integer from 1024 to 67108864; write such a number",
            "1:88: sluice.limits.columns: 0 is not an integer from 1 to 16384; write such a number",
            "1:104: sluice.limits.expansion: 0 is not an integer from 1 to 4294967295; write such a number",
            r#"1:124: sluice.limits.expandedBytes: "x" is not an integer of at least 1; write such a number"#,
        ]),
        ("[]", &["1:46: sluice: an array is not an object; write an object"]),
    ],
    around: |it| format!(r#"{{"schema":{{"fields":[{{"name":"a"}}]}},"sluice":{it}}}"#),
};
