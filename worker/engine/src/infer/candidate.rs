//! The types that a column may have, in the order in which a person would choose among those that fit.

use std::sync::LazyLock;

use serde::Serialize;

use super::notations::{AFFIXES, BOOLEANS, DATE_NAMES, DATES, DATETIMES, TIMES, YEAR_NAMES};
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
    Object,
    Array,
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
    all.push(plain("object", Test::Object));
    all.push(plain("array", Test::Array));
    all.push(plain("string", Test::Text));
    all
}

fn plain(name: &'static str, test: Test) -> Candidate {
    Candidate { form: TypeForm { name, ..TypeForm::default() }, test, by_name: None }
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
            _ => None,
        }
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

/// The number without its sign, and without symbols around it where there may be some.
fn digits_of(text: &[u8], affixed: bool) -> Option<&[u8]> {
    let unsigned = |text: &[u8]| text.strip_prefix(b"-").map_or(text.len(), <[u8]>::len);
    if !affixed {
        return Some(&text[text.len() - unsigned(text)..]);
    }
    let symbol = |character: char| AFFIXES.contains(&character) || character == ' ';
    let text = std::str::from_utf8(text).ok()?;
    let inner = text.strip_prefix('-').unwrap_or(text).trim_matches(symbol);
    let inner = inner.strip_prefix('-').unwrap_or(inner);
    Some(inner.as_bytes())
}

/// Whether digits are written as a person writes a number: no needless zeros in front, groups of three, at most one decimal separator.
fn is_written(digits: &[u8], group: Option<char>, decimal: Option<char>) -> bool {
    let Ok(digits) = std::str::from_utf8(digits) else { return false };
    let (whole, rest) = match decimal.and_then(|decimal| digits.split_once(decimal)) {
        Some((whole, rest)) => (whole, Some(rest)),
        None => (digits, None),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let whole = if decimal.is_some() && rest.is_none() {
        whole.split_once(['e', 'E']).map_or(whole, |(whole, _)| whole)
    } else {
        whole
    };
    if whole.len() > 1 && whole.starts_with('0') {
        return false;
    }
    let mut parts = whole.split(|character| Some(character) == group);
    let first = parts.next().unwrap_or_default();
    let groups: Vec<&str> = parts.collect();
    let is_grouped = groups.iter().all(|part| part.len() == 3 && all_digits(part));
    let fits = groups.is_empty() || (1..=3).contains(&first.len());
    let has_digits = !first.is_empty() || rest.is_some_and(|rest| !rest.is_empty());
    is_grouped && fits && has_digits && all_digits(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_can_be_read() {
        for (name, purpose, patterns) in [
            ("date", Purpose::Date, &DATES[..]),
            ("datetime", Purpose::Datetime, &DATETIMES),
            ("time", Purpose::Time, &TIMES),
        ] {
            for pattern in patterns {
                assert!(strptime::parse(pattern, purpose).is_ok(), "{name} {pattern}");
            }
        }
    }

    #[test]
    fn a_shape_says_what_looking_would() {
        for text in [
            "0",
            "7",
            "-12",
            "1.5",
            "-0.25",
            "12.3456",
            "1.",
            ".5",
            "1.500",
            "00",
            "0.0",
            "1,5",
            "123456789012345678",
            "x",
            "",
        ] {
            for candidate in candidates() {
                if let Some(takes) = candidate.takes(Shape::of(text.as_bytes())) {
                    assert_eq!(takes, candidate.accepts(text.as_bytes()), "{text:?} {candidate:?}");
                }
            }
        }
    }

    fn first(text: &str) -> String {
        let found = candidates()
            .iter()
            .filter(|candidate| candidate.by_name.is_none())
            .find(|candidate| candidate.accepts(text.as_bytes()));
        found.map(|found| serde_json::to_string(&found.form).unwrap_or_default()).unwrap_or_default()
    }

    #[test]
    fn texts_have_the_type_that_a_person_would_choose() {
        for (text, expected) in [
            ("1", r#"{"type":"integer"}"#),
            ("-17", r#"{"type":"integer"}"#),
            ("007", r#"{"type":"string"}"#),
            ("+4912345", r#"{"type":"string"}"#),
            ("1.5", r#"{"type":"number"}"#),
            ("1e-3", r#"{"type":"number"}"#),
            ("1,234", r#"{"type":"integer","groupChar":","}"#),
            ("1,234.5", r#"{"type":"number","groupChar":","}"#),
            ("1,5", r#"{"type":"number","decimalChar":","}"#),
            ("$1,234.50", r#"{"type":"number","groupChar":",","bareNumber":false}"#),
            ("12 %", r#"{"type":"integer","bareNumber":false}"#),
            ("2024-02-29", r#"{"type":"date"}"#),
            ("2023-02-29", r#"{"type":"string"}"#),
            ("2024-02", r#"{"type":"yearmonth"}"#),
            ("13/02/2024", r#"{"type":"date","format":"%d/%m/%Y"}"#),
            ("2024-02-29T10:00:00Z", r#"{"type":"datetime"}"#),
            ("2024-02-29 10:00:00", r#"{"type":"datetime","format":"%Y-%m-%d %H:%M:%S"}"#),
            ("10:30:00", r#"{"type":"time"}"#),
            ("10:30", r#"{"type":"time","format":"%H:%M"}"#),
            ("true", r#"{"type":"boolean"}"#),
            ("a@example.org", r#"{"type":"string","format":"email"}"#),
            ("https://example.org/a", r#"{"type":"string","format":"uri"}"#),
            ("{\"a\": 1}", r#"{"type":"object"}"#),
            ("A-12", r#"{"type":"string"}"#),
        ] {
            assert_eq!(first(text), expected, "{text}");
        }
    }
}
