//! `string`, with the formats that its texts may have to have.

use super::{ColumnCells, Format, Literal, LiteralValue, NotAValue, Type};
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::spelling;
use crate::parse::StringFormat;
use crate::parse::strptime::{self, Purpose};
use crate::types::StatisticsKind;
use crate::typing::cells::Typing;

const FORMATS: [(&str, StringFormat); 5] = [
    ("default", StringFormat::Default),
    ("email", StringFormat::Email),
    ("uri", StringFormat::Uri),
    ("binary", StringFormat::Binary),
    ("uuid", StringFormat::Uuid),
];

/// Reads the format. A format that strings do not have changes nothing, as every text is a string: a warning says how the texts could be
/// checked. A name that is nearly the name of a format of strings is a mistake, because a check was meant.
pub(super) fn read(place: &Place<'_>, format: Format<'_>) -> Option<StringFormat> {
    let Format(name) = format;
    let mut known = FORMATS.iter().map(|(known, _)| *known);
    let property = place.get("format").filter(|_| spelling::nearest(name, &mut known).is_none());
    let Some(property) = property else {
        return format.among(&FORMATS, place, "a string");
    };
    let remedy = match type_with(name) {
        Some("string") => "remove it".to_owned(),
        Some(kind) => format!("give the field the type {kind} to have it checked"),
        None => "remove it, or check the texts with the constraint pattern".to_owned(),
    };
    property.warn(format_args!("{} has no effect on a string", quoted(name)), remedy);
    Some(StringFormat::Default)
}

/// Returns the type that has this format, or this name.
fn type_with(format: &str) -> Option<&'static str> {
    let named = super::NAMES.iter().find(|name| **name == format).copied();
    let says = |purpose| format.contains('%') && strptime::parse(format, purpose).is_ok();
    let of_pattern = match (says(Purpose::Date), says(Purpose::Time)) {
        (true, true) => Some("datetime"),
        (true, false) => Some("date"),
        (false, true) => Some("time"),
        (false, false) => None,
    };
    named.or(of_pattern)
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

    fn read_literal(&self, literal: &Literal<'_>) -> Result<LiteralValue, NotAValue> {
        literal.as_text()
    }

    fn read_cells(&self, typing: &mut Typing<'_>, cells: ColumnCells<'_>) {
        typing.read_texts(*self, cells);
    }

    fn statistics(&self) -> StatisticsKind {
        StatisticsKind::Text
    }
}
