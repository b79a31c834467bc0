//! `sluice.headers`, and the properties of the dialect about letter case.

use super::{good, mistakes};
use crate::descriptor::{Alias, HeaderMatch, Headers};

fn with(headers: &str, dialect: &str) -> String {
    format!(
        r#"{{"schema":{{"fields":[{{"name":"qty"}},{{"name":"Qty 2"}}]}},"dialect":{dialect},"sluice":{{"headers":{headers}}}}}"#
    )
}

#[test]
fn the_way_of_matching_and_aliases_are_read() {
    let headers =
        good(&with(r#"{"match":"normalized","aliases":{"Quantity":"qty","Menge":"qty"}}"#, "{}")).settings.headers;
    let alias = |label: &str| Alias { label: label.to_owned(), field: "qty".to_owned() };
    let expected = Headers { matching: HeaderMatch::Normalized, aliases: vec![alias("Quantity"), alias("Menge")] };
    assert_eq!(headers, expected);
    assert_eq!(good("{}").settings.headers, Headers::default());
}

#[test]
fn a_dialect_may_ignore_letter_case() {
    for (dialect, headers, expected) in [
        (r#"{"caseSensitiveHeader":false}"#, "{}", HeaderMatch::Case),
        (r#"{"headerCase":false}"#, "{}", HeaderMatch::Case),
        (r#"{"caseSensitiveHeader":true}"#, "{}", HeaderMatch::Exact),
        (r#"{"headerCase":false}"#, r#"{"match":"exact"}"#, HeaderMatch::Exact),
        (r#"{"headerCase":false}"#, r#"{"match":"normalized"}"#, HeaderMatch::Normalized),
    ] {
        assert_eq!(good(&with(headers, dialect)).settings.headers.matching, expected, "{dialect} {headers}");
    }
    assert_eq!(good(r#"{"dialect":{"headerCase":false}}"#).settings.headers.matching, HeaderMatch::Case);
}

#[test]
fn mistakes_are_told_where_they_stand() {
    for (headers, expected) in [
        ("[]", "r.json:1:89: sluice.headers: an array is not an object; write an object"),
        (
            r#"{"mtach":"case"}"#,
            r#"r.json:1:90: sluice.headers.mtach: there is no such property; did you mean "match"?"#,
        ),
        (
            r#"{"match":"cases"}"#,
            r#"r.json:1:98: sluice.headers.match: "cases" is not a way to match labels; did you mean "case"?"#,
        ),
        (
            r#"{"aliases":{"Menge":"qtty"}}"#,
            r#"r.json:1:109: sluice.headers.aliases.Menge: the schema has no field "qtty"; did you mean "qty"?"#,
        ),
        (
            r#"{"aliases":{"qty":"Qty 2"}}"#,
            r#"r.json:1:101: sluice.headers.aliases.qty: "qty" is a field itself; write another label"#,
        ),
        (
            r#"{"match":"case","aliases":{"QTY":"Qty 2"}}"#,
            r#"r.json:1:98: sluice.headers.match: "qty" and "QTY" are the same label in this way of matching; match in another way, or rename one of them"#,
        ),
    ] {
        assert_eq!(mistakes(&with(headers, "{}")), [expected], "{headers}");
    }
    assert_eq!(
        mistakes(r#"{"sluice":{"headers":{"match":"case"}}}"#),
        ["r.json:1:22: sluice.headers: there is no schema whose fields the labels could stand for; write a schema"]
    );
}
