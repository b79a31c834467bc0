//! `array` and `object`: JSON of one of these two forms.

use super::{Format, TextValue, Words};
use crate::document::place::Place;
use crate::parse::Json;

/// JSON of one form. Two cells are equal if their JSON values are: white space, the order of names and the notation of numbers do not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonStructure {
    /// `[…]`
    Array,
    /// `{…}`
    Object,
}

pub(super) fn array(place: &Place<'_>, format: Format<'_>) -> Option<JsonStructure> {
    format.only_default(place, "array").map(|()| JsonStructure::Array)
}

pub(super) fn object(place: &Place<'_>, format: Format<'_>) -> Option<JsonStructure> {
    format.only_default(place, "object").map(|()| JsonStructure::Object)
}

impl TextValue for JsonStructure {
    type Value = Json;

    fn words(&self) -> Words {
        match self {
            Self::Array => Words {
                name: "array",
                noun: "an array",
                remedy: "write an array, or its JSON between quotes",
                unit: Some(["item", "items"]),
            },
            Self::Object => Words {
                name: "object",
                noun: "an object",
                remedy: "write an object, or its JSON between quotes",
                unit: Some(["property", "properties"]),
            },
        }
    }

    fn expected_cell(&self) -> String {
        format!("a JSON {}", self.words().name)
    }

    fn read(&self, text: &[u8]) -> Option<Json> {
        Json::read(text).filter(|value| match self {
            Self::Array => matches!(value, Json::Array(_)),
            Self::Object => matches!(value, Json::Object(_)),
        })
    }

    fn is_valid(&self, text: &[u8]) -> bool {
        let opening = match self {
            Self::Array => b'[',
            Self::Object => b'{',
        };
        text.trim_ascii_start().first() == Some(&opening) && Json::is_json(text)
    }

    fn canonical(&self, value: &Json) -> Vec<u8> {
        super::canonical_json(value)
    }

    fn length(&self, value: &Json) -> u64 {
        match value {
            Json::Array(items) => items.len() as u64,
            Json::Object(members) => members.count() as u64,
            _ => 0,
        }
    }

    fn is_json(&self) -> bool {
        true
    }

    fn json<'v>(&self, value: &'v Json) -> Option<&'v Json> {
        Some(value)
    }
}
