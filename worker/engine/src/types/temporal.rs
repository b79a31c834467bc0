//! What dates and times have in common: their formats.

use super::Format;
use crate::descriptor::json::quoted;
use crate::descriptor::place::Place;
use crate::descriptor::strptime::{self, Purpose};

/// `format` of a date, datetime or time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemporalFormat {
    /// ISO 8601 / XML Schema: `YYYY-MM-DD`, `YYYY-MM-DDThh:mm:ss[.f…][Z|±hh:mm]`, `hh:mm:ss[.f…]`.
    Default,
    /// `any`: the ISO form and the common unambiguous variants (a space for `T`, no seconds, compact form).
    Any,
    /// A strptime pattern, parsed.
    Pattern(Vec<PatternItem>),
}

/// One element of a strptime pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternItem {
    /// This byte, exactly.
    Literal(u8),
    /// `%Y`: four digits.
    Year4,
    /// `%y`: two digits, 69–99 = 1969–1999, 00–68 = 2000–2068 (POSIX).
    Year2,
    /// `%m`: one or two digits.
    Month,
    /// `%B`: January …
    MonthName,
    /// `%b`: Jan …
    MonthAbbreviation,
    /// `%d`: one or two digits.
    Day,
    /// `%j`: one to three digits.
    DayOfYear,
    /// `%A` and `%a`: name of the weekday, checked against the date.
    WeekdayName,
    /// `%a`.
    WeekdayAbbreviation,
    /// `%H`: 0–23.
    Hour24,
    /// `%I`: 1–12.
    Hour12,
    /// `%p`: AM or PM.
    AmPm,
    /// `%M`.
    Minute,
    /// `%S`.
    Second,
    /// `%f`: one to six digits.
    Fraction,
    /// `%z`: `Z`, `±hhmm`, `±hh:mm`.
    Offset,
}

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
    /// What a message adds to the name of the type; `iso` is the default form.
    pub(super) fn words(&self, iso: &str) -> String {
        match self {
            Self::Default => format!(" ({iso})"),
            Self::Any => String::new(),
            Self::Pattern(_) => " in the field's format".to_owned(),
        }
    }
}
