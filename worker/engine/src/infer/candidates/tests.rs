//! The types that accept each text.
use super::*;
use crate::infer::outline::NumberShape;

#[test]
fn every_pattern_can_be_read() {
    for (name, purpose, patterns) in [
        ("date", Purpose::Date, &DATES[..]),
        ("datetime", Purpose::Datetime, &DATETIMES),
        ("time", Purpose::Time, &TIMES),
    ] {
        for pattern in patterns {
            assert!(strptime::parse(pattern, purpose).is_ok(), "{name} {pattern}");
        }
    }
}

#[test]
fn a_shape_agrees_with_the_test_of_the_text() {
    for text in [
        "0",
        "7",
        "-12",
        "1.5",
        "-0.25",
        "12.3456",
        "1.",
        ".5",
        "1.500",
        "00",
        "0.0",
        "1,5",
        "123456789012345678",
        "x",
        "",
    ] {
        for candidate in candidates() {
            if let Some(accepts) = candidate.accepts_shape(NumberShape::of(text.as_bytes())) {
                assert_eq!(accepts, candidate.accepts(text.as_bytes()), "{text:?} {candidate:?}");
            }
        }
    }
}

fn first(text: &str) -> String {
    let found = candidates()
        .iter()
        // Any text is a list of one item, so lists of texts are left out.
        .filter(|candidate| candidate.column_names.is_none() && candidate.list_of_texts().is_none())
        .find(|candidate| candidate.accepts(text.as_bytes()));
    found.map(|found| serde_json::to_string(&found.properties).unwrap_or_default()).unwrap_or_default()
}

#[test]
fn texts_have_the_type_that_a_person_would_choose() {
    for (text, expected) in [
        ("2023-01-01T06:07:08+0100", r#"{"type":"datetime","format":"%Y-%m-%dT%H:%M:%S%z"}"#),
        ("2023-01-01 06:07:08 UTC", r#"{"type":"datetime","format":"any"}"#),
        ("2023-01-01 06:07:08+00", r#"{"type":"datetime","format":"any"}"#),
        ("2023-01-01 06:07:08.25-05", r#"{"type":"datetime","format":"any"}"#),
        ("2023-01-01 06:07 WORDS", r#"{"type":"string"}"#),
        ("1", r#"{"type":"integer"}"#),
        ("-17", r#"{"type":"integer"}"#),
        ("007", r#"{"type":"string"}"#),
        ("+4912345", r#"{"type":"string"}"#),
        ("1.5", r#"{"type":"number"}"#),
        ("1e-3", r#"{"type":"number"}"#),
        ("1,234", r#"{"type":"integer","groupChar":","}"#),
        ("1,234.5", r#"{"type":"number","groupChar":","}"#),
        ("1,5", r#"{"type":"number","decimalChar":","}"#),
        ("$1,234.50", r#"{"type":"number","groupChar":",","bareNumber":false}"#),
        ("12 %", r#"{"type":"integer","bareNumber":false}"#),
        ("2024-02-29", r#"{"type":"date"}"#),
        ("2023-02-29", r#"{"type":"string"}"#),
        ("2024-02", r#"{"type":"yearmonth"}"#),
        ("13/02/2024", r#"{"type":"date","format":"%d/%m/%Y"}"#),
        ("2024-02-29T10:00:00Z", r#"{"type":"datetime"}"#),
        ("2024-02-29 10:00:00", r#"{"type":"datetime","format":"%Y-%m-%d %H:%M:%S"}"#),
        ("10:30:00", r#"{"type":"time"}"#),
        ("8:00:00", r#"{"type":"time","format":"%H:%M:%S"}"#),
        ("10:30", r#"{"type":"time","format":"%H:%M"}"#),
        ("true", r#"{"type":"boolean"}"#),
        ("a@example.org", r#"{"type":"string","format":"email"}"#),
        ("https://example.org/a", r#"{"type":"string","format":"uri"}"#),
        ("{\"a\": 1}", r#"{"type":"object"}"#),
        ("[13.4, 52.5]", r#"{"type":"geopoint","format":"array"}"#),
        ("13.4, 52.5", r#"{"type":"geopoint"}"#),
        ("1;2;3", r#"{"type":"list","delimiter":";","itemType":"integer"}"#),
        ("1.5|2", r#"{"type":"list","delimiter":"|","itemType":"number"}"#),
        ("2024-01-01,2024-01-02", r#"{"type":"list","itemType":"date"}"#),
        ("007;008", r#"{"type":"string"}"#),
        ("A-12", r#"{"type":"string"}"#),
    ] {
        assert_eq!(first(text), expected, "{text}");
    }
}
