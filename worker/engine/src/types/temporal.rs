//! The formats of dates and times, which all of their types share.

use super::Format;
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::parse::strptime;
use crate::parse::strptime::Purpose;
use crate::parse::{PatternItem, TemporalFormat};
use crate::shown::{PATTERN, shown};

pub(super) const REMEDY: &str = "write it in the format of the field";

pub(super) fn read(place: &Place<'_>, Format(pattern): Format<'_>, purpose: Purpose) -> Option<TemporalFormat> {
    match pattern {
        "default" => return Some(TemporalFormat::Default),
        "any" => return Some(TemporalFormat::Any),
        _ => {}
    }
    let example = format!("write \"default\", \"any\" or a strptime pattern such as \"{}\"", purpose.example());
    let parsed = if pattern.contains('%') {
        strptime::parse(pattern, purpose).map_err(|reason| format!("the pattern {}: {reason}", quoted(pattern)))
    } else {
        Err(format!("{} is not a pattern", quoted(pattern)))
    };
    match parsed {
        Ok(items) => Some(TemporalFormat::Pattern(items)),
        Err(message) => {
            if let Some(property) = place.get("format") {
                property.mistake(message, example);
            }
            None
        }
    }
}

impl TemporalFormat {
    /// Returns the variant in messages for senders: `any` if the format has no form that could be shown.
    pub(super) fn variant(&self) -> Option<&'static str> {
        match self {
            Self::Default => None,
            Self::Any => Some("any"),
            Self::Pattern(items) => written(items).is_none().then_some("any"),
        }
    }

    /// Returns the form of a cell; `iso` is the form of the default format.
    pub(super) fn form(&self, iso: &str) -> String {
        match self {
            Self::Default => iso.to_owned(),
            Self::Any => String::new(),
            Self::Pattern(items) => written(items).map_or_else(String::new, |text| shown(&text, PATTERN).into_owned()),
        }
    }

    /// Returns the words that a message adds to the name of the type; `iso` is the form of the default format.
    pub(super) fn words(&self, iso: &str) -> String {
        match self {
            Self::Default => format!(" ({iso})"),
            Self::Any => String::new(),
            Self::Pattern(items) => match written(items) {
                Some(pattern) => format!(" in the format {}", shown(&pattern, PATTERN)),
                None => " in the field's format".to_owned(),
            },
        }
    }
}

/// The letter behind `%` with which each item is written in a pattern.
const DIRECTIVES: [(PatternItem, char); 23] = [
    (PatternItem::Year4, 'Y'),
    (PatternItem::Year2, 'y'),
    (PatternItem::Month, 'm'),
    (PatternItem::MonthName, 'B'),
    (PatternItem::MonthAbbreviation, 'b'),
    (PatternItem::Day, 'd'),
    (PatternItem::DayOfYear, 'j'),
    (PatternItem::WeekdayName, 'A'),
    (PatternItem::WeekdayAbbreviation, 'a'),
    (PatternItem::Hour24, 'H'),
    (PatternItem::Hour12, 'I'),
    (PatternItem::AmPm, 'p'),
    (PatternItem::Minute, 'M'),
    (PatternItem::Second, 'S'),
    (PatternItem::Fraction, 'f'),
    (PatternItem::Offset, 'z'),
    (PatternItem::Zone, 'Z'),
    (PatternItem::WeekFromSunday, 'U'),
    (PatternItem::WeekFromMonday, 'W'),
    (PatternItem::WeekdayFromSunday, 'w'),
    (PatternItem::IsoWeekday, 'u'),
    (PatternItem::IsoWeek, 'V'),
    (PatternItem::IsoYear, 'G'),
];

/// Returns the pattern of these items, in its plainest form; `None` if there is an item without a known letter.
fn written(items: &[PatternItem]) -> Option<String> {
    let mut pattern = Vec::new();
    for item in items {
        match item {
            PatternItem::Literal(b'%') => pattern.extend_from_slice(b"%%"),
            PatternItem::Literal(byte) => pattern.push(*byte),
            other => {
                let (_, letter) = DIRECTIVES.iter().find(|(item, _)| item == other)?;
                pattern.extend_from_slice(&[b'%', *letter as u8]);
            }
        }
    }
    String::from_utf8(pattern).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_shown_as_it_is_written() {
        for (pattern, purpose) in [
            ("%d.%m.%Y", Purpose::Date),
            ("%A, %d. %B %y", Purpose::Date),
            ("%a %b %d %Y", Purpose::Date),
            ("%Y-%j", Purpose::Date),
            ("%I:%M %p", Purpose::Time),
            ("%H h %M min, 100 %%", Purpose::Time),
            ("le %Y/%m/%d à %H:%M:%S.%f%z", Purpose::Datetime),
        ] {
            let items = strptime::parse(pattern, purpose).unwrap_or_else(|reason| panic!("{pattern}: {reason}"));
            assert_eq!(written(&items).as_deref(), Some(pattern));
            assert_eq!(TemporalFormat::Pattern(items).words(""), format!(" in the format {pattern}"));
        }
    }
}
