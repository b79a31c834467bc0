//! The candidates for the type of a column, in the order in which a person would choose among those that fit.

use std::sync::LazyLock;

use super::candidate::{Candidate, Test, TypeProperties};
use super::delimiter_counts::TEXT_LIST_DELIMITERS;
use super::items::ListItems;
use super::notations::{
    BOOLEANS, DATE_NAMES, DATES, DATETIMES, POINT_NAMES, POINT_TIME, TIME_NAMES, TIMES, YEAR_NAMES,
};
use crate::parse::strptime;
use crate::parse::strptime::Purpose;
use crate::parse::{Affixes, PatternItem, StringFormat, TemporalFormat};

/// Returns all candidates, in the order of preference; the last one accepts every text.
pub(super) fn candidates() -> &'static [Candidate] {
    static ALL: LazyLock<Vec<Candidate>> = LazyLock::new(all);
    &ALL
}

/// Returns the index of the candidate that accepts every text.
pub(super) fn text_candidate() -> usize {
    candidates().len() - 1
}

fn all() -> Vec<Candidate> {
    let mut all: Vec<Candidate> = booleans().collect();
    all.extend(numbers());
    all.extend(times());
    let formats = [("uuid", StringFormat::Uuid), ("email", StringFormat::Email), ("uri", StringFormat::Uri)];
    all.extend(formats.map(|(name, format)| Candidate {
        properties: TypeProperties { name: "string", format: Some(name), ..TypeProperties::default() },
        test: Test::Format(format),
        column_names: None,
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
    Candidate { properties: TypeProperties { name, ..TypeProperties::default() }, test, column_names: None }
}

fn formatted(name: &'static str, format: &'static str, test: Test) -> Candidate {
    Candidate {
        properties: TypeProperties { name, format: Some(format), ..TypeProperties::default() },
        test,
        column_names: None,
    }
}

/// Returns the lists of values with a type, then the lists of texts.
fn lists() -> Vec<Candidate> {
    let list = |delimiter: u8, items: ListItems| {
        // A comma is the default of the standard.
        let delimiter_form = Some(char::from(delimiter)).filter(|&delimiter| delimiter != ',');
        let properties = TypeProperties {
            name: "list",
            delimiter: delimiter_form,
            item_type: items.name(),
            ..TypeProperties::default()
        };
        Candidate { properties, test: Test::List { delimiter, items }, column_names: None }
    };
    let typed =
        [b';', b'|', b','].into_iter().flat_map(|delimiter| ListItems::TYPED.map(|items| list(delimiter, items)));
    typed.chain(TEXT_LIST_DELIMITERS.map(|delimiter| list(delimiter, ListItems::Texts))).collect()
}

fn booleans() -> impl Iterator<Item = Candidate> {
    BOOLEANS.into_iter().enumerate().map(|(index, texts)| {
        // The first texts are those of the standard.
        let written = Some(texts).filter(|_| index > 0);
        let true_values = written.map(|texts| texts.trues);
        let false_values = written.map(|texts| texts.falses);
        let properties = TypeProperties { name: "boolean", true_values, false_values, ..TypeProperties::default() };
        Candidate { properties, test: Test::Boolean(texts), column_names: None }
    })
}

fn numbers() -> Vec<Candidate> {
    let mut all = vec![
        Candidate { column_names: Some(POINT_NAMES), ..plain("geopoint", Test::Point) },
        Candidate { column_names: Some(YEAR_NAMES), ..plain("year", Test::Year) },
        Candidate { column_names: Some(DATE_NAMES), ..pattern("date", "%Y%m%d") },
        plain("integer", Test::Integer { group: None, affixes: Affixes::Refused }),
        plain("number", Test::Number { group: None, decimal: '.', affixes: Affixes::Refused }),
    ];
    for affixes in [Affixes::Refused, Affixes::Stripped] {
        if affixes == Affixes::Stripped {
            all.push(integer(None, affixes));
            all.push(number(None, '.', affixes));
        }
        for group in [',', '.', ' ', '\'', '\u{a0}', '\u{202f}'] {
            all.push(integer(Some(group), affixes));
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
            all.push(number(group, decimal, affixes));
        }
    }
    all
}

fn integer(group: Option<char>, affixes: Affixes) -> Candidate {
    let properties = TypeProperties {
        name: "integer",
        group_char: group,
        bare_number: bare_number(affixes),
        ..TypeProperties::default()
    };
    Candidate { properties, test: Test::Integer { group, affixes }, column_names: None }
}

fn number(group: Option<char>, decimal: char, affixes: Affixes) -> Candidate {
    let properties = TypeProperties {
        name: "number",
        decimal_char: Some(decimal).filter(|&decimal| decimal != '.'),
        group_char: group,
        bare_number: bare_number(affixes),
        ..TypeProperties::default()
    };
    Candidate { properties, test: Test::Number { group, decimal, affixes }, column_names: None }
}

/// Returns the `bareNumber` of a field: true, its default, is left out.
fn bare_number(affixes: Affixes) -> Option<bool> {
    (affixes == Affixes::Stripped).then_some(false)
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
    let properties = TypeProperties { name, format: Some(text), ..TypeProperties::default() };
    let column_names = (text == POINT_TIME).then_some(TIME_NAMES);
    Candidate { properties, test: wrap(TemporalFormat::Pattern(items)), column_names }
}

#[cfg(test)]
mod tests;
