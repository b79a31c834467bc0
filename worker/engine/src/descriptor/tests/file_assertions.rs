//! Trailers, comparisons with earlier files, and shares: how they are read, and the mistakes in them.

use super::{good, mistakes};
use crate::descriptor::{Band, ComparisonWithEarlier, Trailer, TrailerSum};

const FIELDS: &str = r#"{"name": "id"}, {"name": "qty", "type": "integer"}, {"name": "net", "type": "number"}"#;

fn descriptor(file: &str) -> String {
    format!("{{\"schema\": {{\"fields\": [{FIELDS}]}},\n\"sluice\": {{\"file\": {{{file}}}}}}}")
}

#[test]
fn a_trailer_has_a_tag_and_columns() {
    let read = |file: &str| good(&descriptor(file)).settings.trailer;
    let trailer = |count, sums: &[(&str, usize)]| Trailer {
        tag: "T".to_owned(),
        count,
        sums: sums.iter().map(|&(name, column)| TrailerSum { field: name.to_owned(), column }).collect(),
    };
    assert_eq!(read(r#""trailer": {"tag": "T"}"#), Some(trailer(None, &[])));
    assert_eq!(
        read(r#""trailer": {"tag": "T", "count": 2, "sum": {"net": 4, "qty": 3}}"#),
        Some(trailer(Some(2), &[("net", 4), ("qty", 3)]))
    );
    assert_eq!(read(r#""rows": {"min": 1}"#), None);
}

#[test]
fn earlier_files_have_a_number_and_shares() {
    let read = |file: &str| good(&descriptor(file)).settings.last;
    let both = Band { below: Some(30.0), above: Some(30.0) };
    let expected =
        ComparisonWithEarlier { files: 5, rows: Some(both), bytes: Some(Band { below: Some(50.0), above: None }) };
    assert_eq!(read(r#""last": {"files": 5, "rows": "±30%", "bytes": "-50%"}"#), Some(expected));
}

#[test]
fn mistakes_in_trailers_and_comparisons() {
    #[rustfmt::skip]
    let rows: &[(&str, &[&str])] = &[
        (r#""trailer": "T""#, &["2:32: sluice.file.trailer: \"T\" is not an object; write an object"]),
        (r#""trailer": {"tag": "", "cuont": 2}"#, &[
            r#"2:40: sluice.file.trailer.tag: "" is not a text of 1 to 100 characters; write the text of its first cell, such as "T""#,
            r#"2:44: sluice.file.trailer.cuont: there is no such property; did you mean "count"?"#,
        ]),
        (r#""trailer": {"tag": 1, "count": 1, "sum": {"qty": 4097}}"#, &[
            r#"2:40: sluice.file.trailer.tag: 1 is not a string; write the text of its first cell, such as "T""#,
            "2:52: sluice.file.trailer.count: 1 is not an integer from 2 to 4096; write such a number",
            "2:70: sluice.file.trailer.sum.qty: 4097 is not an integer from 2 to 4096; write such a number",
        ]),
        (r#""trailer": {"tag": "T", "count": 2, "sum": {"qty": 2, "id": 3, "nett": 4}}"#, &[
            "2:72: sluice.file.trailer.sum.qty: column 2 holds the count already; write the column of this value",
            r#"2:75: sluice.file.trailer.sum.id: a field of the type "any" has no sum; sum a field of the type "integer" or "number""#,
            r#"2:84: sluice.file.trailer.sum.nett: the schema has no field "nett"; did you mean "net"?"#,
        ]),
        (r#""last": {}"#, &[
            r#"2:29: sluice.file.last: it does not say how many files are compared; write "files": an integer from 1 to 100"#,
            r#"2:29: sluice.file.last: nothing is compared; write "rows" or "bytes" with a share such as "±30%""#,
        ]),
        (r#""last": {"files": 101, "rows": "30%", "bytes": 3}"#, &[
            "2:39: sluice.file.last.files: 101 is not an integer from 1 to 100; write such a number",
            r#"2:52: sluice.file.last.rows: "30%" is not a share with a sign; below it is at most 100 %; write "±30%", "-30%" (no fewer than that) or "+30%" (no more than that)"#,
            r#"2:68: sluice.file.last.bytes: 3 is not a string; write "±30%", "-30%" (no fewer than that) or "+30%" (no more than that)"#,
        ]),
        (r#""rejected": "2%""#, &[
            r#"2:33: sluice.file.rejected: "2%" is not an object; write an object with the name of a field for each share; for the file as a whole use "tolerance""#,
        ]),
        (r#""rejected": {"qty": "102%", "qtyy": "2%"}"#, &[
            r#"2:41: sluice.file.rejected.qty: "102%" is not a share from 0% to 100%; write a share such as "2%""#,
            r#"2:49: sluice.file.rejected.qtyy: the schema has no field "qtyy"; did you mean "qty"?"#,
        ]),
    ];
    for (file, expected) in rows {
        let expected: Vec<String> = expected.iter().map(|mistake| format!("r.json:{mistake}")).collect();
        assert_eq!(mistakes(&descriptor(file)), expected, "{file}");
    }
}

#[test]
fn a_trailer_is_no_comment() {
    let text = |tag: &str| {
        format!(r##"{{"dialect": {{"commentChar": "#"}}, "sluice": {{"file": {{"trailer": {{"tag": "{tag}"}}}}}}}}"##)
    };
    assert_eq!(
        mistakes(&text("#end")),
        [
            "r.json:1:74: sluice.file.trailer.tag: a record that begins with \"#end\" is a comment in this dialect; change the commentChar of the dialect"
        ]
    );
    assert_eq!(good(&text("end#")).settings.trailer.map(|trailer| trailer.tag).as_deref(), Some("end#"));
}

#[test]
fn a_trailer_needs_no_schema_but_its_sums_do() {
    let text = |file: &str| format!(r#"{{"sluice": {{"file": {{"trailer": {{"tag": "T", {file}}}}}}}}}"#);
    assert!(mistakes(&text(r#""count": 2"#)).is_empty());
    assert_eq!(
        mistakes(&text(r#""sum": {"a": 2}"#)),
        ["r.json:1:54: sluice.file.trailer.sum.a: there is no schema with a field \"a\"; write a schema"]
    );
}
