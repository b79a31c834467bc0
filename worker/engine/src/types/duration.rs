//! `duration`: XML Schema's duration.

use std::cmp::Ordering;

use super::{ColumnCells, Form, Format, Literal, NotAValue, TextValue, Type, Value};
use crate::descriptor::Scalar;
use crate::descriptor::place::Place;
use crate::emit::statistics::Kind;
use crate::typing::cells::Typing;
use crate::typing::parse;

/// XML Schema duration. Bounds are compared by the partial order of that standard: a duration that is neither shorter nor longer than a bound
/// (`P30D` beside `P1M`) does not keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration;

pub(super) fn read(place: &Place<'_>, format: Format<'_>) -> Option<Duration> {
    format.none(place, "duration").map(|()| Duration)
}

impl TextValue for Duration {
    type Value = parse::Duration;

    fn read(&self, text: &[u8]) -> Option<parse::Duration> {
        parse::Duration::read(text)
    }

    fn canonical(&self, value: &parse::Duration) -> Vec<u8> {
        value.canonical()
    }

    fn compare(&self, value: &parse::Duration, bound: &Scalar) -> Option<Ordering> {
        match bound {
            Scalar::Duration(bound) => value.partial_cmp(&**bound),
            _ => None,
        }
    }
}

impl Type for Duration {
    fn name(&self) -> &'static str {
        "duration"
    }

    fn noun(&self) -> &'static str {
        "a duration"
    }

    fn remedy(&self) -> &'static str {
        "write a duration such as \"P1Y2M3DT4H5M6S\""
    }

    fn expectation(&self) -> String {
        "a duration (PnYnMnDTnHnMnS)".to_owned()
    }

    fn is_ordered(&self) -> bool {
        true
    }

    fn is_text(&self) -> bool {
        true
    }

    fn value(&self, literal: &Literal<'_>) -> Result<Value, NotAValue> {
        match literal.form {
            Form::String => {
                let value = parse::Duration::read(literal.text.as_bytes()).map(Box::new);
                super::of_type(value.map(Scalar::Duration))
            }
            Form::Number | Form::Boolean(_) | Form::Document => Err(NotAValue::Type),
        }
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
