//! Properties of the reader that hold for all bytes.

use proptest::prelude::*;
use proptest::sample::Index;

use serde_json::Value;

use super::Files;
use crate::descriptor::{read, read_schema};
use crate::document::file::Document;
use crate::document::mistake::MistakeLog;
use crate::document::place::Place;

/// A descriptor with nearly every property.
const GOOD: &str = r##"{
  "name": "orders", "path": "orders.csv", "format": "csv", "encoding": "utf-8",
  "dialect": {"delimiter": ";", "quoteChar": "'", "escapeChar": "\\", "commentChar": "#", "doubleQuote": true,
    "lineTerminator": "\n", "skipInitialSpace": false, "header": true, "headerRows": [1, 2], "headerJoin": " / "},
  "schema": {"fieldsMatch": "subset", "missingValues": ["", {"value": "-", "label": "none"}], "fields": [
    {"name": "id", "type": "integer", "groupChar": "_", "constraints": {"required": true, "minimum": 1, "maximum": "9"}},
    {"name": "price", "type": "number", "decimalChar": ",", "constraints": {"exclusiveMinimum": -1.5e3}},
    {"name": "code", "type": "string", "constraints": {"pattern": "[a-z-[aeiou]]{2,4}", "minLength": 2, "maxLength": 4}},
    {"name": "état", "type": "string", "format": "email", "constraints": {"enum": ["a", "b\u00e9"]}},
    {"name": "day", "type": "date", "format": "%d.%m.%Y", "constraints": {"minimum": "01.01.2000"}},
    {"name": "at", "type": "datetime", "format": "any", "missingValues": []},
    {"name": "ok", "type": "boolean", "trueValues": ["y"], "falseValues": ["n"], "constraints": {"enum": [true]}},
    {"name": "month", "type": "yearmonth"}, {"name": "year", "type": "year"}, {"name": "rest"}]},
  "sluice": {"tolerance": {"rows": 10, "percent": 0.5}, "redact": ["code"], "limits": {"columns": 100}, "rules": []}
}"##;

#[test]
fn the_descriptor_to_be_damaged_is_good() {
    read("r.json", GOOD.as_bytes(), &Files::default()).unwrap();
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e300..1e300).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(".{0,4}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Returns the value of a place as `serde_json` has it, without the places in the file.
fn plain(place: &Place<'_>) -> Value {
    if let Some(number) = place.as_number() {
        return serde_json::from_str(number).unwrap();
    }
    if place.is_object() {
        let members = place.names().map(|(name, _)| (name.to_owned(), plain(&place.get_or_null(name).unwrap())));
        return Value::Object(members.collect());
    }
    let leaf = place.as_bool().map(Value::from).or(place.as_str().map(Value::from));
    match leaf {
        Some(leaf) => leaf,
        None if place.is_null() => Value::Null,
        None => place.array("").unwrap().iter().map(plain).collect(),
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read("r.json", &bytes, &Files::default());
        let _ = read_schema("s.json", &bytes);
    }

    #[test]
    fn no_damage_to_a_good_descriptor_panics_and_every_mistake_has_a_place_in_the_file(
        damage in proptest::collection::vec((any::<Index>(), 0_usize..4, "[\\[\\]{}\",:0-9a-z%é\\\\^$()|*+?.-]{0,3}"), 1..6),
    ) {
        let mut text = GOOD.to_owned();
        for (place, length, replacement) in damage {
            let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let start = place.index(starts.len());
            let end = (start + length).min(starts.len() - 1);
            text.replace_range(starts[start]..starts[end], &replacement);
        }
        if let Err(mistakes) = read("r.json", text.as_bytes(), &Files::default()) {
            prop_assert!(mistakes.count() > 0);
            let lines: Vec<&str> = text.split('\n').collect();
            for mistake in mistakes.iter() {
                prop_assert!(!mistake.to_string().contains('\n'), "{mistake}");
                let line = lines[mistake.line as usize - 1];
                prop_assert!((1..=line.chars().count() as u64 + 1).contains(&mistake.column), "{mistake}");
            }
        }
    }

    #[test]
    fn what_both_json_parsers_read_is_the_same(value in json()) {
        let text = serde_json::to_string_pretty(&value).unwrap();
        // The value is written and read again first, because reading may round a number differently from how it was written.
        let value: Value = serde_json::from_str(&text).unwrap();
        let log = MistakeLog::default();
        let document = Document::read("r.json", text.as_bytes(), &log).unwrap();
        prop_assert_eq!(plain(&document.root(&log)), value);
        prop_assert!(log.into_result("r.json", Some(())).is_ok());
    }

    #[test]
    fn values_of_wrong_types_anywhere_do_not_panic(
        at in any::<Index>(),
        value in proptest::sample::select(vec![
            "null", "true", "-1", "1e999", "1e300", "18446744073709551616", "\"\"", "\"\u{0}\"", "[]", "{}", "[[]]",
            "[null]", "{\"a\":{}}", "\"%\"", "\"\\\\\"", "\"(((\"", "\"[^]-[\"",
        ]),
    ) {
        // Every value of the descriptor begins behind a colon, a comma or an opening bracket.
        let places: Vec<usize> = GOOD.char_indices().filter(|(_, c)| matches!(c, ':' | ',' | '[')).map(|(at, _)| at + 1).collect();
        let start = places[at.index(places.len())];
        let rest = &GOOD[start..];
        let end = rest.find([',', '}', ']']).unwrap_or(rest.len());
        let text = format!("{}{value}{}", &GOOD[..start], &rest[end..]);
        let _ = read("r.json", text.as_bytes(), &Files::default());
    }
}
