//! Values in a descriptor in the type of their field: bounds, enumerations and categories.

use super::model::{Bound, FieldType};
use crate::document::place::Place;
use crate::types::{JsonType, Literal, NotAValue};

/// Reads a value in the type of the field. Strings follow the format of the field; numbers and booleans of JSON are accepted as well.
pub(super) fn value(place: &Place<'_>, kind: &FieldType) -> Option<Bound> {
    let kind = kind.as_type();
    let document = (place.is_array() || place.is_object()).then(|| place.json_text());
    let literal = match (place.as_str(), place.as_number(), place.as_bool()) {
        (Some(text), _, _) => Literal { text, json_type: JsonType::String },
        (None, Some(text), _) => Literal { text, json_type: JsonType::Number },
        (None, None, Some(value)) => {
            Literal { text: if value { "true" } else { "false" }, json_type: JsonType::Boolean(value) }
        }
        (None, None, None) => match &document {
            Some(text) => Literal { text, json_type: JsonType::Container },
            None => {
                place.wrong("a value", kind.remedy());
                return None;
            }
        },
    };
    match kind.read_literal(&literal) {
        Ok(value) => {
            let bound = Bound::new(value.decimal.unwrap_or_else(|| literal.text.to_owned()), value.scalar);
            Some(bound.with_nanoseconds(value.nanoseconds))
        }
        Err(NotAValue::Range) => {
            place.mistake(format_args!("{} is beyond 64 bits", place.shown()), "write a smaller number or drop it");
            None
        }
        Err(NotAValue::Type) => {
            place.wrong(kind.noun(), kind.remedy());
            None
        }
    }
}
