//! The candidates for the type of a column, in the order in which a person would choose among those that fit.

use std::sync::LazyLock;

use super::candidate::{Candidate, Test, TypeForm};
use super::delimited;
use super::items::ListItems;
use super::notations::{
    BOOLEANS, DATE_NAMES, DATES, DATETIMES, POINT_NAMES, POINT_TIME, TIME_NAMES, TIMES, YEAR_NAMES,
};
use crate::parse::strptime;
use crate::parse::strptime::Purpose;
use crate::parse::{PatternItem, StringFormat, TemporalFormat};

/// Returns all candidates, in the order of preference; the last one accepts every text.
pub(super) fn candidates() -> &'static [Candidate] {
    static ALL: LazyLock<Vec<Candidate>> = LazyLock::new(all);
    &ALL
}

/// Returns the index of the candidate that accepts every text.
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

/// Returns the lists of values with a type, then the lists of texts.
fn lists() -> Vec<Candidate> {
    let list = |delimiter: u8, items: ListItems| {
        // A comma is the default of the standard.
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
        // The first texts are those of the standard.
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
    all.push(formatted("datetime", "any", Test::Zoned));
    all
}

fn pattern(name: &'static str, text: &'static str) -> Candidate {
    let (purpose, wrap): (Purpose, fn(TemporalFormat) -> Test) = match name {
        "date" => (Purpose::Date, Test::Date),
        "time" => (Purpose::Time, Test::Time),
        _ => (Purpose::Datetime, Test::Datetime),
    };
    // cannot fail: a test reads every pattern.
    let items: Vec<PatternItem> = strptime::parse(text, purpose).unwrap_or_default();
    let form = TypeForm { name, format: Some(text), ..TypeForm::default() };
    let by_name = (text == POINT_TIME).then_some(TIME_NAMES);
    Candidate { form, test: wrap(TemporalFormat::Pattern(items)), by_name }
}

#[cfg(test)]
mod tests;
