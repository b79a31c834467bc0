//! A type with its format that a column may have, and the test of its texts.

use serde::Serialize;

use super::digits::{digits_of, is_usual_notation};
use super::items::ListItems;
use super::notations::BooleanTexts;
use super::outline::NumberShape;
use crate::parse;
use crate::parse::{Affixes, StringFormat, TemporalFormat};

/// The properties of a field in a descriptor that define its type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TypeProperties {
    #[serde(rename = "type")]
    pub(super) name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) true_values: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) false_values: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) decimal_char: Option<char>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) group_char: Option<char>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bare_number: Option<bool>,
    /// The delimiter of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delimiter: Option<char>,
    /// The type of the items of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item_type: Option<&'static str>,
}

/// A type with its format, and the test of its texts.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) properties: TypeProperties,
    pub(super) test: Test,
    /// The column names for which the candidate is considered, because its cells may be of another type as well; `None`: every name.
    pub(super) column_names: Option<&'static [&'static str]>,
}

/// The test of whether a text is a value of the type.
#[derive(Debug)]
pub(super) enum Test {
    Boolean(BooleanTexts),
    Integer {
        group: Option<char>,
        affixes: Affixes,
    },
    Number {
        group: Option<char>,
        decimal: char,
        affixes: Affixes,
    },
    Date(TemporalFormat),
    Datetime(TemporalFormat),
    Time(TemporalFormat),
    /// A datetime with an offset or `UTC` behind it that no pattern takes for all cells, as databases write it: `2023-01-01 06:07:08+00`.
    Zoned,
    YearMonth,
    Year,
    Format(StringFormat),
    Point,
    PointArray,
    PointObject,
    Geojson,
    Object,
    Array,
    List {
        delimiter: u8,
        items: ListItems,
    },
    Text,
}

impl Candidate {
    /// Returns true if a text is a value of the type, as a person would write it.
    pub(super) fn accepts(&self, text: &[u8]) -> bool {
        match &self.test {
            Test::Boolean(texts) => texts.holds(text),
            &Test::Integer { group, affixes } => {
                digits_of(text, affixes).is_some_and(|digits| is_usual_notation(digits, group, None))
                    && parse::integer(text, affixes, group).is_ok()
            }
            &Test::Number { group, decimal, affixes } => {
                let is_special = || {
                    affixes == Affixes::Refused
                        && ["NaN", "INF", "-INF"].iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes()))
                };
                let is_usual =
                    digits_of(text, affixes).is_some_and(|digits| is_usual_notation(digits, group, Some(decimal)));
                (is_usual || is_special()) && parse::number(text, affixes, group, decimal).is_some()
            }
            Test::Date(format) => parse::date(text, format).is_some(),
            Test::Datetime(format) => parse::datetime(text, format).is_some(),
            Test::Time(format) => parse::time(text, format).is_some(),
            Test::Zoned => is_zoned(text) && parse::datetime(text, &TemporalFormat::Any).is_some(),
            Test::YearMonth => text.len() == 7 && parse::year_month(text).is_some(),
            Test::Year => is_year(text),
            Test::Format(StringFormat::Uri) => {
                memchr::memmem::find(text, b"://").is_some() && parse::string_matches(text, StringFormat::Uri)
            }
            Test::Format(format) => parse::string_matches(text, *format),
            Test::Point => parse::Geopoint::read_text(text).is_some(),
            Test::PointArray => text.first() == Some(&b'[') && parse::Geopoint::read_array(text).is_some(),
            Test::PointObject => text.first() == Some(&b'{') && parse::Geopoint::read_object(text).is_some(),
            Test::Geojson => {
                text.first() == Some(&b'{') && parse::Json::read(text).is_some_and(|json| parse::is_geojson(&json))
            }
            Test::List { delimiter, items } => text.split(|byte| byte == delimiter).all(|item| items.accepts(item)),
            Test::Object => is_json(text, b'{', b'}'),
            Test::Array => is_json(text, b'[', b']'),
            Test::Text => true,
        }
    }

    /// Returns true if the candidate accepts every text of a shape, false if it accepts none, and `None` if the answer depends on the text.
    pub(super) fn accepts_shape(&self, shape: NumberShape) -> Option<bool> {
        match (&self.test, shape) {
            (Test::Text, _) | (Test::Integer { .. } | Test::Number { .. }, NumberShape::Integer) => Some(true),
            (Test::Number { decimal, .. }, NumberShape::Decimal | NumberShape::Thousandths) => Some(*decimal == '.'),
            (Test::Number { group, decimal, .. }, NumberShape::Group) => Some(*decimal == '.' || *group == Some('.')),
            (Test::Integer { .. }, NumberShape::Decimal | NumberShape::Thousandths) => Some(false),
            (Test::Integer { group, .. }, NumberShape::Group) => Some(*group == Some('.')),
            (_, NumberShape::Other) => None,
            (Test::List { items: ListItems::Numbers, .. }, _) => Some(true),
            (Test::List { items: ListItems::Integers, .. }, _) => Some(shape == NumberShape::Integer),
            (Test::Zoned | Test::Point | Test::PointArray | Test::PointObject | Test::Geojson, _) => Some(false),
            _ => None,
        }
    }

    /// Returns the delimiter of a list of texts, and `None` for any other candidate.
    pub(super) fn list_of_texts(&self) -> Option<u8> {
        match self.test {
            Test::List { delimiter, items: ListItems::Texts } => Some(delimiter),
            _ => None,
        }
    }

    /// Returns true if the candidate is a list.
    pub(super) fn is_list(&self) -> bool {
        matches!(self.test, Test::List { .. })
    }

    /// Returns the texts for true and for false, if the candidate is a boolean.
    pub(super) fn boolean_texts(&self) -> Option<BooleanTexts> {
        match self.test {
            Test::Boolean(texts) => Some(texts),
            _ => None,
        }
    }

    /// Returns the character between groups of digits, if the candidate is an integer.
    pub(super) fn group_of_integer(&self) -> Option<char> {
        match self.test {
            Test::Integer { group, .. } => group,
            _ => None,
        }
    }

    /// Returns true if the candidate is a number with a decimal comma.
    pub(super) fn has_decimal_comma(&self) -> bool {
        matches!(self.test, Test::Number { decimal: ',', .. })
    }

    /// Returns true if days stand before months, false if months stand before days, and `None` if the format does not have both in digits that could be swapped.
    pub(super) fn day_first(&self) -> Option<bool> {
        let format = self.properties.format?;
        let (day, month) = (format.find("%d")?, format.find("%m")?);
        (day.abs_diff(month) <= 3 && !format.starts_with("%Y")).then_some(day < month)
    }
}

/// Returns true for a year from 1500 to 2199: other numbers of four digits are more likely to be something else (`kwh_yr`).
fn is_year(text: &[u8]) -> bool {
    text.len() == 4 && text.iter().all(u8::is_ascii_digit) && (&b"1500"[..]..=&b"2199"[..]).contains(&text)
}

/// Returns true for a text that begins like `2023-01-01 06:07` and ends like an offset or the name of a zone.
fn is_zoned(text: &[u8]) -> bool {
    let behind = text.get(16..).unwrap_or_default();
    let has_zone =
        behind.iter().any(|byte| matches!(byte, b'+' | b'-')) || behind.last().is_some_and(u8::is_ascii_uppercase);
    has_zone && text[4] == b'-' && text[7] == b'-' && matches!(text[10], b' ' | b'T')
}

/// Returns true for valid JSON with these first and last bytes.
fn is_json(text: &[u8], open: u8, close: u8) -> bool {
    text.first() == Some(&open)
        && text.last() == Some(&close)
        && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}
