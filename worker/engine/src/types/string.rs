//! `string`, with the formats that its texts may have to have.

use super::{ColumnCells, Form, Format, Literal, NotAValue, Type, Value};
use crate::bound::Scalar;
use crate::document::place::Place;
use crate::parse::StringFormat;
use crate::types::Kind;
use crate::typing::cells::Typing;

const FORMATS: [(&str, StringFormat); 5] = [
    ("default", StringFormat::Default),
    ("email", StringFormat::Email),
    ("uri", StringFormat::Uri),
    ("binary", StringFormat::Binary),
    ("uuid", StringFormat::Uuid),
];

pub(super) fn read(place: &Place<'_>, format: Format<'_>) -> Option<StringFormat> {
    format.among(&FORMATS, place, "a string")
}

impl Type for StringFormat {
    fn name(&self) -> &'static str {
        "string"
    }

    fn noun(&self) -> &'static str {
        "a text"
    }

    fn remedy(&self) -> &'static str {
        "write a text between quotes"
    }

    fn expectation(&self) -> String {
        let words = match self {
            Self::Default => "a string",
            Self::Email => "an e-mail address",
            Self::Uri => "a URI",
            Self::Binary => "base 64",
            Self::Uuid => "a UUID",
        };
        words.to_owned()
    }

    fn variant(&self) -> Option<&'static str> {
        FORMATS.iter().find(|(_, format)| format == self).map(|(name, _)| *name).filter(|_| *self != Self::Default)
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

    fn has_pattern(&self) -> bool {
        true
    }

    fn value(&self, literal: &Literal<'_>) -> Result<Value, NotAValue> {
        match literal.form {
            Form::String | Form::Number | Form::Boolean(_) => Ok(Scalar::String(literal.text.to_owned()).into()),
            Form::Document => Err(NotAValue::Type),
        }
    }

    fn read_cells(&self, typing: &mut Typing<'_>, cells: ColumnCells<'_>) {
        typing.read_texts(*self, cells);
    }

    fn statistics(&self) -> Kind {
        Kind::Text
    }
}
