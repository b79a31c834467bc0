//! A document: what is no JSON, the properties of a resource, and references to other files.

use super::Table;

#[rustfmt::skip]
pub(super) const TABLE: Table = Table {
    rows: &[
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
        (r#"{"name": "x", "name": "y"}"#, &["1:15: name: appears twice in the object, first at 1:2; keep one"]),
        (r#"{"x": [{"a b": 1, "a b": 2}]}"#, &[
            r#"1:19: x[0]["a b"]: appears twice in the object, first at 1:9; keep one"#,
        ]),
        (r#"{"data": [[1]]}"#, &[]),
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
            r#"1:14: encoding: the encoding "utf-32" (UTF-32) is not supported; convert the files to UTF-8, and write "utf-8""#,
        ]),
        (r#"{"encoding": "klingon"}"#, &[
            r#"1:14: encoding: "klingon" is not a known encoding; write a name of the WHATWG's or IANA's, such as "utf-8", "windows-1252", "utf-16le" or "shift_jis", or "detect""#,
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
            r#"1:12: schema: "" is not a file name; name a file beside the descriptor, or write the object here"#,
        ]),
        (r#"{"schema": "a//b"}"#, &[
            r#"1:12: schema: "a//b" is not a file name; name a file beside the descriptor, or write the object here"#,
        ]),
        (r#"{"schema": "a\\b"}"#, &[
            r#"1:12: schema: "a\\b" has a backslash in it; name a file beside the descriptor, or write the object here"#,
        ]),
        (r#"{"schema": "."}"#, &[
            r#"1:12: schema: "." is not a file name; name a file beside the descriptor, or write the object here"#,
        ]),
        (r#"{"dialect": []}"#, &[
            "1:13: dialect: an array is not an object; write the dialect, or the name of a file beside the descriptor",
        ]),
    ],
    around: |it| it.to_owned(),
};
