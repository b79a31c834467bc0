//! Types whose cells stay in the chunk as texts, and whose values are read only to be checked: durations, lists, JSON.

use std::cmp::Ordering;

use super::{Literal, NotAValue, Value};
use crate::descriptor::Scalar;
use crate::typing::parse::Json;

/// How the texts of a type are read.
pub(crate) trait TextValue {
    /// What a text stands for.
    type Value;

    /// Reads a text; `None` when it is not of the type.
    fn read(&self, text: &[u8]) -> Option<Self::Value>;

    /// A text (UTF-8) that equal values share, and no others: for enumerations and keys.
    fn canonical(&self, value: &Self::Value) -> Vec<u8>;

    /// What `minLength` and `maxLength` count.
    fn length(&self, _value: &Self::Value) -> u64 {
        0
    }

    /// The order of a value and a bound; `None` where they have none.
    fn compare(&self, _value: &Self::Value, _bound: &Scalar) -> Option<Ordering> {
        None
    }

    /// What `jsonSchema` is held against.
    fn json<'v>(&self, _value: &'v Self::Value) -> Option<&'v Json> {
        None
    }
}

/// The canonical text of a cell.
pub(super) fn key_of<V: TextValue>(kind: &V, text: &[u8]) -> Option<Vec<u8>> {
    kind.read(text).map(|value| kind.canonical(&value))
}

pub(super) fn canonical_json(value: &Json) -> Vec<u8> {
    let mut text = Vec::new();
    value.write_canonical(&mut text);
    text
}

/// A value of an enumeration, as its canonical text.
pub(super) fn text_value<V: TextValue>(kind: &V, literal: &Literal<'_>) -> Result<Value, NotAValue> {
    let canonical = key_of(kind, literal.text.as_bytes()).and_then(|text| String::from_utf8(text).ok());
    canonical.map(|text| Scalar::String(text).into()).ok_or(NotAValue::Type)
}
