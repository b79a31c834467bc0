//! Reference tables.

use super::Table;

#[rustfmt::skip]
pub(super) const TABLE: Table = Table {
    rows: &[
        ("{}", &[
            r#"1:24: sluice.reference: an object is not an array; write a list of tables such as {"name": "countries", "path": "reference/countries.csv"}"#,
        ]),
        (r#"["countries"]"#, &[
            r#"1:25: sluice.reference[0]: "countries" is not an object; write an object"#,
        ]),
        (r#"[{"path":"a.csv"}]"#, &[
            "1:25: sluice.reference[0]: it has no name; write the name that foreign keys call it by",
        ]),
        (r#"[{"name":"a"}]"#, &[
            r#"1:25: sluice.reference[0]: it has no path; write where the file is, such as "reference/countries.csv""#,
        ]),
        (r#"[{"name":3,"path":"a.csv"}]"#, &[
            "1:33: sluice.reference[0].name: 3 is not a string; write the name that foreign keys call it by",
        ]),
        (r#"[{"name":"a","path":"/a.csv"}]"#, &[
            r#"1:44: sluice.reference[0].path: "/a.csv" is an absolute path; name a file beside the descriptor"#,
        ]),
        (r#"[{"name":"a","path":"../a.csv"}]"#, &[
            r#"1:44: sluice.reference[0].path: "../a.csv" leaves the folder of the descriptor; name a file beside the descriptor"#,
        ]),
        (r#"[{"name":"a","path":"https://example.org/a.csv"}]"#, &[
            r#"1:44: sluice.reference[0].path: "https://example.org/a.csv" is a URL; name a file beside the descriptor"#,
        ]),
        (r#"[{"name":"a","path":"incoming/a.csv"}]"#, &[
            r#"1:44: sluice.reference[0].path: "incoming/a.csv" is under incoming, where files come and go; put the table under reference/"#,
        ]),
        (r#"[{"name":"a","path":"a.csv"},{"name":"a","path":"b.csv"}]"#, &[
            r#"1:61: sluice.reference[1].name: "a" appears twice, first at 1:33; give each table a name of its own"#,
        ]),
        (r#"[{"name":"a","path":"a.csv","schema":{}}]"#, &[
            "1:61: sluice.reference[0].schema: there are no fields; write a list of fields",
        ]),
        (r#"[{"name":"a","path":"a.csv","dialect":{"delimiter":""}}]"#, &[
            "1:75: sluice.reference[0].dialect.delimiter: it is empty; write one or more characters",
        ]),
        (r#"[{"name":"a","path":"a.csv","encoding":"klingon"}]"#, &[
            r#"1:63: sluice.reference[0].encoding: "klingon" is not a known encoding; write a name of the WHATWG's or IANA's, such as "utf-8", "windows-1252", "utf-16le" or "shift_jis", or "detect""#,
        ]),
        (r#"[{"name":"a","path":"a.csv","key":"id"}]"#, &[
            "1:52: sluice.reference[0].key: there is no such property; use one of name, path, data, schema, dialect, encoding, compression",
        ]),
        (r#"[{"name":"a","data":{}}]"#, &[
            r#"1:44: sluice.reference[0].data: an object is not an array; write rows as lists, the first one with the labels, or as objects: [{"code": "DE"}]"#,
        ]),
        (r#"[{"name":"a","data":[["b"],3]}]"#, &[
            r#"1:51: sluice.reference[0].data[1]: 3 is not an array; write rows as lists, the first one with the labels, or as objects: [{"code": "DE"}]"#,
        ]),
        (r#"[{"name":"a","data":[{"b":1},["c"]]}]"#, &[
            r#"1:53: sluice.reference[0].data[1]: an array is not an object; write rows as lists, the first one with the labels, or as objects: [{"code": "DE"}]"#,
        ]),
    ],
    around: |it| format!(r#"{{"sluice":{{"reference":{it}}}}}"#),
};
