//! `duration`: XML Schema's duration.

use std::cmp::Ordering;

use super::{Format, JsonType, Literal, LiteralValue, NotAValue, TextValue, Words};
use crate::bound::Scalar;
use crate::document::place::Place;
use crate::parse;

/// XML Schema duration. Bounds are compared by the partial order of that standard: a duration that is neither shorter nor longer than a bound
/// (`P30D` beside `P1M`) does not keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration;

pub(super) fn read(place: &Place<'_>, format: Format<'_>) -> Option<Duration> {
    format.only_default(place, "duration").map(|()| Duration)
}

impl TextValue for Duration {
    type Value = parse::Duration;

    fn words(&self) -> Words {
        Words {
            name: "duration",
            noun: "a duration",
            remedy: "write a duration such as \"P1Y2M3DT4H5M6S\"",
            unit: None,
        }
    }

    fn expected_cell(&self) -> String {
        "a duration (PnYnMnDTnHnMnS)".to_owned()
    }

    fn read(&self, text: &[u8]) -> Option<parse::Duration> {
        parse::Duration::read(text)
    }

    fn canonical(&self, value: &parse::Duration) -> Vec<u8> {
        value.canonical()
    }

    fn has_bounds(&self) -> bool {
        true
    }

    fn compare(&self, value: &parse::Duration, bound: &Scalar) -> Option<Ordering> {
        match bound {
            Scalar::Duration(bound) => value.partial_cmp(&**bound),
            _ => None,
        }
    }

    fn literal(&self, literal: &Literal<'_>) -> Result<LiteralValue, NotAValue> {
        match literal.json_type {
            JsonType::String => {
                let value = parse::Duration::read(literal.text.as_bytes()).map(Box::new);
                super::of_type(value.map(Scalar::Duration))
            }
            JsonType::Number | JsonType::Boolean(_) | JsonType::Container => Err(NotAValue::Type),
        }
    }
}
