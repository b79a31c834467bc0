//! `object`: a JSON object.

use super::{ColumnCells, Format, Literal, NotAValue, TextValue, Type, Value};
use crate::descriptor::place::Place;
use crate::emit::statistics::Kind;
use crate::typing::cells::Typing;
use crate::typing::parse::Json;

/// A JSON object. Values are compared as such: neither white space nor the order of names nor the notation of numbers matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object;

pub(super) fn read(place: &Place<'_>, format: Format<'_>) -> Option<Object> {
    format.none(place, "object").map(|()| Object)
}

impl TextValue for Object {
    type Value = Json;

    fn read(&self, text: &[u8]) -> Option<Json> {
        Json::read(text).filter(|value| matches!(value, Json::Object(_)))
    }

    fn canonical(&self, value: &Json) -> Vec<u8> {
        super::canonical_json(value)
    }

    fn length(&self, value: &Json) -> u64 {
        match value {
            Json::Object(members) => members.len() as u64,
            _ => 0,
        }
    }

    fn json<'v>(&self, value: &'v Json) -> Option<&'v Json> {
        Some(value)
    }
}

impl Type for Object {
    fn name(&self) -> &'static str {
        "object"
    }

    fn noun(&self) -> &'static str {
        "an object"
    }

    fn remedy(&self) -> &'static str {
        "write an object, or its JSON between quotes"
    }

    fn expectation(&self) -> String {
        "a JSON object".to_owned()
    }

    fn is_ordered(&self) -> bool {
        false
    }

    fn is_text(&self) -> bool {
        true
    }

    fn has_length(&self) -> bool {
        true
    }

    fn unit_of_length(&self) -> [&'static str; 2] {
        ["property", "properties"]
    }

    fn has_json_schema(&self) -> bool {
        true
    }

    fn value(&self, literal: &Literal<'_>) -> Result<Value, NotAValue> {
        super::text_value(self, literal)
    }

    fn key(&self, text: &[u8]) -> Option<Vec<u8>> {
        super::key_of(self, text)
    }

    fn read_cells(&self, typing: &mut Typing<'_>, cells: ColumnCells<'_>) {
        typing.checked(self, cells);
    }

    fn statistics(&self) -> Kind {
        Kind::Text
    }
}
