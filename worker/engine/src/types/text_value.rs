//! Types whose cells stay in the chunk as texts, and whose values are read only to be checked: durations, lists, points, JSON.

use std::cmp::Ordering;

use super::{ColumnCells, Literal, LiteralValue, NotAValue, Type};
use crate::bound::Scalar;
use crate::parse::Json;
use crate::types::StatisticsKind;
use crate::typing::cells::Typing;

/// The words of messages for a type and its values.
pub(crate) struct Words {
    /// The name in Table Schema.
    pub(crate) name: &'static str,
    /// The name of a value in a mistake of the descriptor: `a duration`.
    pub(crate) noun: &'static str,
    /// The remedy for a value of the descriptor that is not of the type.
    pub(crate) remedy: &'static str,
    /// What `minLength` and `maxLength` count, in the singular and the plural; `None` where they do not apply.
    pub(crate) unit: Option<[&'static str; 2]>,
}

/// Reads the values of a type from its texts. A type that implements this is a [`Type`].
pub(crate) trait TextValue {
    /// The value of a text.
    type Value;

    /// Returns the words of the type in messages.
    fn words(&self) -> Words;

    /// Returns the expected cell for the message of a fault.
    fn expected_cell(&self) -> String;

    /// Returns the form of a cell, independent of any language; empty where the name of the type says enough.
    fn cell_form(&self) -> String {
        String::new()
    }

    /// Reads a text; `None` when it is not of the type.
    fn read(&self, text: &[u8]) -> Option<Self::Value>;

    /// Returns true if [`Self::read`] reads the text. Where nothing looks at the value, a type need not build it.
    fn is_valid(&self, text: &[u8]) -> bool {
        self.read(text).is_some()
    }

    /// Returns a text (UTF-8) that equal values share and different values do not, for enumerations and keys.
    fn canonical(&self, value: &Self::Value) -> Vec<u8>;

    /// Returns the length that `minLength` and `maxLength` compare.
    fn length(&self, _value: &Self::Value) -> u64 {
        0
    }

    /// Returns true if `minimum` and `maximum` apply.
    fn has_bounds(&self) -> bool {
        false
    }

    /// Returns the order of a value and a bound; `None` where they have no order.
    fn compare(&self, _value: &Self::Value, _bound: &Scalar) -> Option<Ordering> {
        None
    }

    /// Returns true if `jsonSchema` applies.
    fn is_json(&self) -> bool {
        false
    }

    /// Returns the value that `jsonSchema` checks.
    fn json<'v>(&self, _value: &'v Self::Value) -> Option<&'v Json> {
        None
    }

    /// Reads a bound or a value of an enumeration. By default the result is its canonical text.
    ///
    /// # Errors
    /// [`NotAValue`], which becomes a mistake of the descriptor.
    fn literal(&self, literal: &Literal<'_>) -> Result<LiteralValue, NotAValue> {
        let canonical = canonical_of(self, literal.text.as_bytes()).and_then(|text| String::from_utf8(text).ok());
        canonical.map(|text| Scalar::String(text).into()).ok_or(NotAValue::Type)
    }
}

/// Returns the canonical text of a cell; `None` if the cell is not of the type.
fn canonical_of<V: TextValue + ?Sized>(kind: &V, text: &[u8]) -> Option<Vec<u8>> {
    kind.read(text).map(|value| kind.canonical(&value))
}

impl<V: TextValue> Type for V {
    fn name(&self) -> &'static str {
        self.words().name
    }

    fn noun(&self) -> &'static str {
        self.words().noun
    }

    fn remedy(&self) -> &'static str {
        self.words().remedy
    }

    fn expectation(&self) -> String {
        self.expected_cell()
    }

    fn form(&self) -> String {
        self.cell_form()
    }

    fn is_ordered(&self) -> bool {
        self.has_bounds()
    }

    fn is_text(&self) -> bool {
        true
    }

    fn has_length(&self) -> bool {
        self.words().unit.is_some()
    }

    fn unit_of_length(&self) -> [&'static str; 2] {
        self.words().unit.unwrap_or(["character", "characters"])
    }

    fn has_json_schema(&self) -> bool {
        self.is_json()
    }

    fn read_literal(&self, literal: &Literal<'_>) -> Result<LiteralValue, NotAValue> {
        self.literal(literal)
    }

    fn key(&self, text: &[u8]) -> Option<Vec<u8>> {
        canonical_of(self, text)
    }

    fn read_cells(&self, typing: &mut Typing<'_>, cells: ColumnCells<'_>) {
        typing.read_text_values(self, cells);
    }

    fn statistics(&self) -> StatisticsKind {
        StatisticsKind::Text
    }
}

/// Returns the text that equal JSON values share.
pub(super) fn canonical_json(value: &Json) -> Vec<u8> {
    let mut text = Vec::new();
    value.write_canonical(&mut text);
    text
}
