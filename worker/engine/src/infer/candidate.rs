//! The types that a column may have, in the order in which a person would choose among those that fit.

use std::sync::LazyLock;

use serde::Serialize;

use super::delimited;
use super::digits::{digits_of, is_written};
use super::items::ListItems;
use super::notations::{BOOLEANS, DATE_NAMES, DATES, DATETIMES, POINT_NAMES, TIMES, YEAR_NAMES};
use crate::parse;
use crate::parse::strptime;
use crate::parse::strptime::Purpose;
use crate::parse::{PatternItem, StringFormat, TemporalFormat};

/// What a field's descriptor says of its type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TypeForm {
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
    /// Of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delimiter: Option<char>,
    /// Of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item_type: Option<&'static str>,
}

/// A type with its format.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) form: TypeForm,
    test: Test,
    /// The name of the column has to hint at it, as its cells could as well be of another type.
    pub(super) by_name: Option<&'static [&'static str]>,
}

#[derive(Debug)]
enum Test {
    Boolean(&'static [&'static str], &'static [&'static str]),
    Integer { group: Option<char>, affixed: bool },
    Number { group: Option<char>, decimal: char, affixed: bool },
    Date(TemporalFormat),
    Datetime(TemporalFormat),
    Time(TemporalFormat),
    YearMonth,
    Year,
    Format(StringFormat),
    Point,
    PointArray,
    PointObject,
    Geojson,
    Object,
    Array,
    List { delimiter: u8, items: ListItems },
    Text,
}

/// What a text is at first sight, so that most candidates need not look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Digits, perhaps behind a minus sign, without a needless zero in front: every kind of integer and number takes it.
    Integer,
    /// The same with a point and other than three digits behind it: a number with a decimal point, and nothing else.
    Decimal,
    /// Anything else.
    Other,
}

impl Shape {
    pub(super) fn of(text: &[u8]) -> Self {
        let digits = text.strip_prefix(b"-").unwrap_or(text);
        let whole = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        // More digits may be beyond 64 bits.
        if whole == 0 || whole > 18 || whole > 1 && digits[0] == b'0' {
            return Self::Other;
        }
        match &digits[whole..] {
            [] => Self::Integer,
            [b'.', fraction @ ..] if !matches!(fraction.len(), 0 | 3) && fraction.iter().all(u8::is_ascii_digit) => {
                Self::Decimal
            }
            _ => Self::Other,
        }
    }
}

/// All candidates, in the order of preference; the last one takes every text.
pub(super) fn candidates() -> &'static [Candidate] {
    static ALL: LazyLock<Vec<Candidate>> = LazyLock::new(all);
    &ALL
}

/// The index of the candidate that takes every text.
pub(super) fn text() -> usize {
    candidates().len() - 1
}

fn all() -> Vec<Candidate> {
    let mut all: Vec<Candidate> = booleans().collect();
    all.extend(numbers());
    all.extend(times());
    let formats = [("uuid", StringFormat::Uuid), ("email", StringFormat::Email), ("uri", StringFormat::Uri)];
    all.extend(formats.map(|(name, format)| Candidate {
        form: TypeForm { name: "string", format: Some(name), ..TypeForm::default() },
        test: Test::Format(format),
        by_name: None,
    }));
    all.push(plain("geopoint", Test::Point));
    all.push(formatted("geopoint", "array", Test::PointArray));
    all.push(formatted("geopoint", "object", Test::PointObject));
    all.push(plain("geojson", Test::Geojson));
    all.push(plain("object", Test::Object));
    all.push(plain("array", Test::Array));
    all.extend(lists());
    all.push(plain("string", Test::Text));
    all
}

fn plain(name: &'static str, test: Test) -> Candidate {
    Candidate { form: TypeForm { name, ..TypeForm::default() }, test, by_name: None }
}

fn formatted(name: &'static str, format: &'static str, test: Test) -> Candidate {
    Candidate { form: TypeForm { name, format: Some(format), ..TypeForm::default() }, test, by_name: None }
}

/// Lists of values with a type, then those of texts.
fn lists() -> Vec<Candidate> {
    let list = |delimiter: u8, items: ListItems| {
        // A comma is what the standard takes a list to have.
        let delimiter_form = Some(char::from(delimiter)).filter(|&delimiter| delimiter != ',');
        let form = TypeForm { name: "list", delimiter: delimiter_form, item_type: items.name(), ..TypeForm::default() };
        Candidate { form, test: Test::List { delimiter, items }, by_name: None }
    };
    let typed =
        [b';', b'|', b','].into_iter().flat_map(|delimiter| ListItems::TYPED.map(|items| list(delimiter, items)));
    typed.chain(delimited::DELIMITERS.map(|delimiter| list(delimiter, ListItems::Texts))).collect()
}

fn booleans() -> impl Iterator<Item = Candidate> {
    BOOLEANS.into_iter().enumerate().map(|(index, (trues, falses))| {
        // The first are those of the standard.
        let (true_values, false_values) = if index == 0 { (None, None) } else { (Some(trues), Some(falses)) };
        let form = TypeForm { name: "boolean", true_values, false_values, ..TypeForm::default() };
        Candidate { form, test: Test::Boolean(trues, falses), by_name: None }
    })
}

fn numbers() -> Vec<Candidate> {
    let mut all = vec![
        Candidate { by_name: Some(POINT_NAMES), ..plain("geopoint", Test::Point) },
        Candidate { by_name: Some(YEAR_NAMES), ..plain("year", Test::Year) },
        Candidate { by_name: Some(DATE_NAMES), ..pattern("date", "%Y%m%d") },
        plain("integer", Test::Integer { group: None, affixed: false }),
        plain("number", Test::Number { group: None, decimal: '.', affixed: false }),
    ];
    for affixed in [false, true] {
        if affixed {
            all.push(integer(None, true));
            all.push(number(None, '.', true));
        }
        for group in [',', '.', ' ', '\'', '\u{a0}', '\u{202f}'] {
            all.push(integer(Some(group), affixed));
        }
        for (group, decimal) in [
            (Some(','), '.'),
            (None, ','),
            (Some('.'), ','),
            (Some(' '), ','),
            (Some('\u{a0}'), ','),
            (Some('\u{202f}'), ','),
            (Some(' '), '.'),
            (Some('\''), '.'),
        ] {
            all.push(number(group, decimal, affixed));
        }
    }
    all
}

fn integer(group: Option<char>, affixed: bool) -> Candidate {
    let form =
        TypeForm { name: "integer", group_char: group, bare_number: affixed.then_some(false), ..TypeForm::default() };
    Candidate { form, test: Test::Integer { group, affixed }, by_name: None }
}

fn number(group: Option<char>, decimal: char, affixed: bool) -> Candidate {
    let form = TypeForm {
        name: "number",
        decimal_char: Some(decimal).filter(|&decimal| decimal != '.'),
        group_char: group,
        bare_number: affixed.then_some(false),
        ..TypeForm::default()
    };
    Candidate { form, test: Test::Number { group, decimal, affixed }, by_name: None }
}

fn times() -> Vec<Candidate> {
    let mut all = vec![
        plain("date", Test::Date(TemporalFormat::Default)),
        plain("datetime", Test::Datetime(TemporalFormat::Default)),
        plain("time", Test::Time(TemporalFormat::Default)),
        plain("yearmonth", Test::YearMonth),
    ];
    for (name, patterns) in [("date", &DATES[..]), ("datetime", &DATETIMES), ("time", &TIMES)] {
        all.extend(patterns.iter().map(|text| pattern(name, text)));
    }
    all
}

fn pattern(name: &'static str, text: &'static str) -> Candidate {
    let (purpose, wrap): (Purpose, fn(TemporalFormat) -> Test) = match name {
        "date" => (Purpose::Date, Test::Date),
        "time" => (Purpose::Time, Test::Time),
        _ => (Purpose::Datetime, Test::Datetime),
    };
    // Cannot fail: a test reads every pattern.
    let items: Vec<PatternItem> = strptime::parse(text, purpose).unwrap_or_default();
    let form = TypeForm { name, format: Some(text), ..TypeForm::default() };
    Candidate { form, test: wrap(TemporalFormat::Pattern(items)), by_name: None }
}

impl Candidate {
    /// Whether a text is a value of the type, as a person would write it.
    pub(super) fn accepts(&self, text: &[u8]) -> bool {
        match &self.test {
            Test::Boolean(trues, falses) => trues.iter().chain(*falses).any(|word| word.as_bytes() == text),
            Test::Integer { group, affixed } => {
                digits_of(text, *affixed).is_some_and(|digits| is_written(digits, *group, None))
                    && parse::integer(text, !affixed, *group).is_ok()
            }
            Test::Number { group, decimal, affixed } => {
                let is_special = !affixed && matches!(text, b"NaN" | b"INF" | b"-INF");
                (is_special
                    || digits_of(text, *affixed).is_some_and(|digits| is_written(digits, *group, Some(*decimal))))
                    && parse::number(text, !affixed, *group, *decimal).is_some()
            }
            Test::Date(format) => parse::date(text, format).is_some(),
            Test::Datetime(format) => parse::datetime(text, format).is_some(),
            Test::Time(format) => parse::time(text, format).is_some(),
            Test::YearMonth => text.len() == 7 && parse::year_month(text).is_some(),
            Test::Year => text.len() == 4 && matches!(text[0], b'1' | b'2') && text.iter().all(u8::is_ascii_digit),
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

    /// Whether the candidate takes every text of a shape; `None`: it has to look.
    pub(super) fn takes(&self, shape: Shape) -> Option<bool> {
        match (&self.test, shape) {
            (Test::Text, _) | (Test::Integer { .. } | Test::Number { .. }, Shape::Integer) => Some(true),
            (Test::Number { decimal, .. }, Shape::Decimal) => Some(*decimal == '.'),
            (Test::Integer { .. }, Shape::Decimal) => Some(false),
            (Test::Point | Test::PointArray | Test::PointObject | Test::Geojson, Shape::Integer | Shape::Decimal) => {
                Some(false)
            }
            _ => None,
        }
    }

    /// The delimiter of a list of texts.
    pub(super) fn list_of_texts(&self) -> Option<u8> {
        match self.test {
            Test::List { delimiter, items: ListItems::Texts } => Some(delimiter),
            _ => None,
        }
    }

    /// Whether it is a list.
    pub(super) fn is_list(&self) -> bool {
        matches!(self.test, Test::List { .. })
    }

    /// The texts for true and for false.
    pub(super) fn truths(&self) -> Option<(&'static [&'static str], &'static [&'static str])> {
        match self.test {
            Test::Boolean(trues, falses) => Some((trues, falses)),
            _ => None,
        }
    }

    /// Whether the type is that of a number whose decimals stand behind a comma.
    pub(super) fn has_decimal_comma(&self) -> bool {
        matches!(self.test, Test::Number { decimal: ',', .. })
    }

    /// Whether days stand before months in figures, so that the text could be read the other way round.
    pub(super) fn day_first(&self) -> Option<bool> {
        let format = self.form.format?;
        let (day, month) = (format.find("%d")?, format.find("%m")?);
        (day.abs_diff(month) <= 3 && !format.starts_with("%Y")).then_some(day < month)
    }
}

fn is_json(text: &[u8], open: u8, close: u8) -> bool {
    text.first() == Some(&open)
        && text.last() == Some(&close)
        && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests;
