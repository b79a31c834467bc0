//! Properties of published descriptors about their one file and its parts: `bytes`, `hash`, `innerpath`, `layout`, `data`.

use super::{good, mistakes, warnings};
use crate::descriptor::{Descriptor, HashAlgorithm, Header, TableRows};

#[test]
fn a_hash_names_its_algorithm_or_is_told_by_its_length() {
    for (text, expected) in [
        ("d41d8cd98f00b204e9800998ecf8427e", HashAlgorithm::Md5),
        ("md5:D41D8CD98F00B204E9800998ECF8427E", HashAlgorithm::Md5),
        ("sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709", HashAlgorithm::Sha1),
        ("SHA-1:da39a3ee5e6b4b0d3255bfef95601890afd80709", HashAlgorithm::Sha1),
        ("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", HashAlgorithm::Sha256),
        ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", HashAlgorithm::Sha256),
    ] {
        let integrity = good(&format!(r#"{{"path": "a.csv", "hash": "{text}"}}"#)).integrity.unwrap();
        let hash = integrity.hash.unwrap();
        assert_eq!(hash.algorithm, expected, "{text}");
        assert!(hash.digest.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()), "{hash:?}");
    }
}

#[test]
fn what_cannot_be_compared_is_warned_of() {
    for (piece, expected) in [
        (
            r#""hash": "h""#,
            r#"hash: "h" is not a known kind of hash, so it is not compared; write it as "md5:…", "sha1:…", "sha256:…" or "sha512:…", in hexadecimal"#,
        ),
        (
            r#""hash": "md5:d41d""#,
            r#"hash: "md5:d41d" is not a known kind of hash, so it is not compared; write it as "md5:…", "sha1:…", "sha256:…" or "sha512:…", in hexadecimal"#,
        ),
        (
            r#""hash": 3"#,
            r#"hash: 3 is not a hash, so it is not compared; write it as "md5:…", "sha1:…", "sha256:…" or "sha512:…", in hexadecimal"#,
        ),
        (
            r#""bytes": "12 KB""#,
            r#"bytes: "12 KB" is not a number of bytes, so it is not compared; write a whole number, or remove it"#,
        ),
    ] {
        let found = warnings(&format!(r#"{{"path": "a.csv", {piece}}}"#));
        assert!(found.len() == 1 && found[0].ends_with(expected), "{piece} {found:?}");
    }
    assert_eq!(warnings(r#"{"path": "a.csv", "hash": "", "bytes": 0}"#), [] as [&str; 0]);
}

#[test]
fn a_resource_that_names_no_single_file_says_nothing_of_any() {
    for path in [r#""*.csv""#, r#"["a.csv", "b.csv"]"#, "[]"] {
        assert_eq!(good(&format!(r#"{{"path": {path}, "bytes": 3}}"#)).integrity, None, "{path}");
    }
    assert_eq!(good(r#"{"bytes": 3}"#).integrity, None);
    let integrity = good(r#"{"path": ["data/a.csv"], "bytes": 3}"#).integrity.unwrap();
    assert!(integrity.names("a.csv") && !integrity.names("b.csv"));
}

#[test]
fn a_layout_is_a_part_of_the_dialect() {
    let records = |descriptor: &str| match good(descriptor).header {
        Header::Records { records, .. } => records,
        Header::First => vec![1],
        Header::None => Vec::new(),
    };
    assert_eq!(records(r#"{"layout": {"headerRows": [4]}}"#), [4]);
    assert_eq!(records(r#"{"layout": {"header": false}}"#), [] as [u64; 0]);
    assert_eq!(records(r#"{"layout": {"headerRows": [4]}, "dialect": {"delimiter": ";", "headerRows": [2]}}"#), [2]);
    let descriptor = good(r#"{"layout": {"headerRows": [4]}, "dialect": {"delimiter": ";"}}"#);
    assert_eq!(descriptor.dialect.delimiter.first(), b';');
    assert_eq!(
        warnings(r#"{"layout": {"limitRows": 3}}"#),
        [
            r#"r.json:1:12: layout: an older name of a part of the dialect, and read as that where the dialect does not say it; move it into "dialect""#,
            "r.json:1:26: layout.limitRows: it is not read: all rows and columns are checked; remove it; lines that are no data can be named in the dialect (commentChar, commentRows)",
        ]
    );
    assert_eq!(warnings(r#"{"layout": {}}"#), [] as [&str; 0]);
}

/// Returns the reference table with this `data`.
fn inline_table(data: &str, schema: &str) -> (String, Descriptor) {
    let text = format!(
        r#"{{"schema": {{"fields": [{{"name": "a"}}], "foreignKeys": [{{"fields": "a", "reference": {{"resource": "t", "fields": "code"}}}}]}},
            "sluice": {{"reference": [{{"name": "t", "data": {data}{schema}}}]}}}}"#
    );
    let table = good(&text).references.remove(0);
    let TableRows::Inline(bytes) = table.rows else { panic!("{:?}", table.rows) };
    (String::from_utf8(bytes.to_vec()).unwrap(), table.descriptor)
}

/// Returns the bytes of the reference table with this `data`.
fn inline(data: &str, schema: &str) -> String {
    inline_table(data, schema).0
}

#[test]
fn data_become_the_file_that_a_person_would_write() {
    let schema =
        r#", "schema": {"fields": [{"name": "code"}, {"name": "n", "type": "number"}], "missingValues": ["-"]}"#;
    for (data, schema, expected) in [
        (
            r#"[["code", "n"], ["DE", 1.50], ["a\"b,c", null]]"#,
            "",
            "\"code\",\"n\"\n\"DE\",\"1.50\"\n\"a\"\"b,c\",\"\"\n",
        ),
        (
            r#"[{"n": true, "code": "DE"}, {"code": {"x": [1]}, "more": ""}]"#,
            "",
            "\"n\",\"code\",\"more\"\n\"true\",\"DE\",\"\"\n\"\",\"{\"\"x\"\":[1]}\",\"\"\n",
        ),
        // The columns have the order of the schema, and an absent value has a text that the data do not have.
        (
            r#"[{"n": 1, "code": "DE"}, {"code": "FR"}]"#,
            schema,
            "\"code\",\"n\"\n\"DE\",\"1\"\n\"FR\",\"\u{10ffff}\"\n",
        ),
        ("[]", schema, "\"code\",\"n\"\n"),
        (r#""code\nDE\n""#, "", "code\nDE\n"),
    ] {
        assert_eq!(inline(data, schema), expected, "{data}");
    }
}

#[test]
fn a_value_of_json_is_written_as_its_field_has_it_in_a_cell() {
    let fields = [
        r#"{"name": "b", "type": "boolean", "trueValues": ["yes"], "falseValues": ["no"]}"#,
        r#"{"name": "n", "type": "number", "decimalChar": ",", "groupChar": "."}"#,
        r#"{"name": "i", "type": "integer"}"#,
        r#"{"name": "y", "type": "year"}"#,
        r#"{"name": "l", "type": "list", "delimiter": ";"}"#,
        r#"{"name": "li", "type": "list", "itemType": "integer"}"#,
        r#"{"name": "o", "type": "object"}"#,
        r#"{"name": "code", "type": "string"}"#,
    ];
    let schema = format!(r#", "schema": {{"fields": [{}]}}"#, fields.join(", "));
    let rows = |rows: &str| {
        let written = inline(rows, &schema).replace('\u{10ffff}', "");
        written.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    for (row, expected) in [
        (r#"{"b": true, "n": 1.5, "i": 2.0, "y": 800}"#, r#""yes","1,5","2","0800","","","","""#),
        (r#"{"b": false, "n": -1e3, "i": 1e2, "y": -44.0}"#, r#""no","-1e3","100","-0044","","","","""#),
        (
            r#"{"l": ["a", "b;c", 1.0], "li": [1, 2.0]}"#,
            r#""","","","","[""a"",""b;c"",""1.0""]","[""1"",""2""]","","""#,
        ),
        (r#"{"l": [], "li": [[1], null, true]}"#, r#""","","","","[]","[[1],null,""true""]","","""#),
        (r#"{"o": {"x": 1.0}, "code": 1.0}"#, r#""","","","","","","{""x"":1.0}","1.0""#),
        // A string is read as a cell is, and what is not of the type is not made to be.
        (r#"{"b": "yes", "n": "1.234,5", "i": "7", "l": "a;b"}"#, r#""yes","1.234,5","7","","[""a"",""b""]","","","""#),
        (r#"{"b": 1, "n": true, "i": 2.5, "y": "x"}"#, r#""1","true","2.5","x","","","","""#),
    ] {
        assert_eq!(rows(&format!("[{row}]")), [expected], "{row}");
    }
}

#[test]
fn null_and_the_texts_for_missing_values_of_a_field_are_missing() {
    let schema = r#", "schema": {"fields": [{"name": "n", "missingValues": ["-", "-1"]}, {"name": "code"}, {"name": "m", "missingValues": []}]}"#;
    for (data, expected) in [
        (r#"[["n", "code", "m"], [null, null, null]]"#, "\"n\",\"code\",\"m\"\n\"?\",\"?\",\"?\"\n"),
        (r#"[["m", "n", "code", "x"], ["", "-", "", ""]]"#, "\"m\",\"n\",\"code\",\"x\"\n\"\",\"?\",\"?\",\"\"\n"),
        // A value that is no text is a value, even where its text is missing.
        (
            r#"[["n", "code", "m"], [-1, "-1", null], ["-1", "-", "-"]]"#,
            "\"n\",\"code\",\"m\"\n\"-1\",\"-1\",\"?\"\n\"?\",\"-\",\"-\"\n",
        ),
        (
            r#"[{"code": null, "x": null}, {"m": "1"}]"#,
            "\"n\",\"code\",\"m\",\"x\"\n\"?\",\"?\",\"?\",\"\"\n\"?\",\"?\",\"1\",\"\"\n",
        ),
    ] {
        assert_eq!(inline(data, schema).replace('\u{10ffff}', "?"), expected, "{data}");
    }
    // Without a header the columns are the fields in their order.
    let without = format!(r#"{schema}, "dialect": {{"header": false}}"#);
    assert_eq!(inline("[[null, -1, \"-\"]]", &without), "\"\u{10ffff}\",\"-1\",\"-\"\n");
    // Labels stand for fields as they do in a file.
    let any_case = format!(r#"{schema}, "dialect": {{"caseSensitiveHeader": false}}"#);
    assert_eq!(
        inline(r#"[["N", "CODE", "M"], ["-", "-", "-"]]"#, &any_case),
        "\"N\",\"CODE\",\"M\"\n\"\u{10ffff}\",\"-\",\"-\"\n"
    );
}

#[test]
fn the_text_for_a_missing_value_is_none_of_the_data() {
    let schema =
        r#", "schema": {"missingValues": [], "fields": [{"name": "code"}, {"name": "n", "missingValues": ["-"]}]}"#;
    for (data, null) in [
        (r#"[["code"], [null], [""]]"#, "\u{10ffff}"),
        (r#"[["code"], [null], ["\udbff\udfffa"]]"#, "\u{10ffff}\u{10ffff}"),
    ] {
        let (bytes, table) = inline_table(data, schema);
        assert_eq!(bytes.lines().nth(1), Some(&*format!("\"{null}\"")), "{data}");
        let missing: Vec<&[String]> =
            table.schema.iter().flat_map(|schema| &schema.fields).map(|field| &*field.missing_values).collect();
        assert_eq!(missing, [[null.to_owned()], [null.to_owned()]], "{data}");
    }
}

#[test]
fn blank_rows_are_skipped_or_rejected() {
    assert!(good(r#"{"sluice": {"blankRows": "reject"}}"#).settings.blank_rows_are_faults);
    assert!(!good(r#"{"sluice": {"blankRows": "skip"}}"#).settings.blank_rows_are_faults);
    assert_eq!(
        mistakes(r#"{"sluice": {"blankRows": "drop"}}"#),
        [r#"r.json:1:26: sluice.blankRows: "drop" is not a setting for blank rows; write "skip" or "reject""#]
    );
}
