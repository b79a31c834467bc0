//! The items of a list, as a person writes them.

use super::digits::{digits_of, is_usual_notation};
use crate::parse;
use crate::parse::{Affixes, TemporalFormat};

/// Longest text that is taken for an item, in bytes; a longer one is a sentence.
pub(super) const LONGEST: usize = 60;

/// The type of the items of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListItems {
    Integers,
    Numbers,
    Dates,
    Datetimes,
    Texts,
}

impl ListItems {
    /// All types but texts, in the order of preference.
    pub(super) const TYPED: [Self; 4] = [Self::Integers, Self::Numbers, Self::Dates, Self::Datetimes];

    /// Returns the `itemType` of the list; `None` for texts, which are the default of the standard.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Integers => Some("integer"),
            Self::Numbers => Some("number"),
            Self::Dates => Some("date"),
            Self::Datetimes => Some("datetime"),
            Self::Texts => None,
        }
    }

    /// Returns true if a text is an item of this type.
    pub(super) fn accepts(self, item: &[u8]) -> bool {
        const ISO: TemporalFormat = TemporalFormat::Default;
        let digits = || digits_of(item, Affixes::Refused).unwrap_or_default();
        match self {
            Self::Integers => {
                is_usual_notation(digits(), None, None) && parse::integer(item, Affixes::Refused, None).is_ok()
            }
            Self::Numbers => {
                is_usual_notation(digits(), None, Some('.'))
                    && parse::number(item, Affixes::Refused, None, '.').is_some()
            }
            Self::Dates => parse::date(item, &ISO).is_some(),
            Self::Datetimes => parse::datetime(item, &ISO).is_some(),
            Self::Texts => {
                !item.is_empty()
                    && item.len() <= LONGEST
                    && item.trim_ascii().len() == item.len()
                    && !item.iter().any(|byte| is_never_in_item(*byte))
            }
        }
    }
}

/// Returns true if no item of a list of texts has the byte. `&` begins a character reference, which ends with a semicolon.
pub(super) const fn is_never_in_item(byte: u8) -> bool {
    matches!(byte, b'&' | b'{' | b'}' | b'=' | b'"' | b'\n' | b'\r')
}
