//! `sluice.file`: what has to be true of a file as a whole.

use super::field_names::FieldLookup;
use super::model::{Assertion, Bound, ComparisonWithEarlier, Limit, Measure, Scalar, Schema, Trailer};
use super::settings::known;
use super::{last, trailer};
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::parse::{self, Affixes};

/// Most assertions of a descriptor, including those of `trailer` and `last`.
const MOST: usize = 200;

const MEASURES: [(&str, Measure); 5] = [
    ("missing", Measure::Missing),
    ("rejected", Measure::Rejected),
    ("count", Measure::Count),
    ("distinct", Measure::Distinct),
    ("sum", Measure::Sum),
];

/// The content of the object `sluice.file`.
#[derive(Debug, Default)]
pub(super) struct FileAssertions {
    pub(super) assertions: Vec<Assertion>,
    pub(super) trailer: Option<Trailer>,
    pub(super) last: Option<ComparisonWithEarlier>,
}

/// Reads the object `sluice.file`. FieldLookup are looked up in `schema`; without a schema there are none. `columns` is the most columns that a file
/// may have.
pub(super) fn read(place: &Place<'_>, schema: Option<&Schema>, columns: u32) -> FileAssertions {
    let mut read = FileAssertions::default();
    if !known(place, &["rows", "missing", "rejected", "count", "distinct", "sum", "trailer", "last"]) {
        return read;
    }
    if let Some(rows) = place.get("rows") {
        read.assertions.extend(range(&rows, Measure::Rows, None));
    }
    let mut fields = FieldLookup::of(schema);
    for (measure_name, measure) in MEASURES {
        if let Some(object) = place.get(measure_name) {
            of_fields(&object, measure, &mut fields, &mut read.assertions);
        }
    }
    read.trailer = place.get("trailer").and_then(|trailer| trailer::read(&trailer, &mut fields, columns));
    read.last = place.get("last").and_then(|last| last::read(&last));
    let of_trailer = read.trailer.as_ref().map_or(0, |trailer| 2 + trailer.sums.len());
    let of_last = if read.last.is_some() { 2 } else { 0 };
    if read.assertions.len() + of_trailer + of_last > MOST {
        place.mistake(format_args!("there are more than {MOST} assertions"), "remove some of them");
    }
    read
}

/// Reads the bounds of a measure for several fields, each bound under the name of its field.
fn of_fields(object: &Place<'_>, measure: Measure, fields: &mut FieldLookup<'_>, assertions: &mut Vec<Assertion>) {
    let remedy = match measure {
        Measure::Rejected => {
            "write an object with the name of a field for each share; for the file as a whole use \"tolerance\""
        }
        _ => "write an object with the name of a field for each bound",
    };
    if !object.object(remedy) {
        return;
    }
    for (name, at_name) in object.names() {
        let found = match measure {
            Measure::Sum => fields.find_summed(&at_name, name),
            _ => fields.find(&at_name, name),
        };
        let (Some(_), Some(value)) = (found, object.get(name)) else { continue };
        let field = Some(name.to_owned());
        assertions.extend(match measure {
            Measure::Missing | Measure::Rejected => share(&value).map(|limit| Assertion { measure, field, limit }),
            Measure::Rows | Measure::Count | Measure::Distinct | Measure::Sum => range(&value, measure, field),
        });
    }
}

/// Reads `{"min": …, "max": …}`, of which at least one has to be there.
fn range(place: &Place<'_>, measure: Measure, field: Option<String>) -> Option<Assertion> {
    const REMEDY: &str = "write {\"min\": …}, {\"max\": …} or both";
    if !known(place, &["min", "max"]) {
        return None;
    }
    let [min, max] = ["min", "max"].map(|name| place.get(name).and_then(|bound| number(&bound, measure)));
    if place.get("min").is_none() && place.get("max").is_none() {
        place.mistake("it has no bound", REMEDY);
    }
    if let (Some(least), Some(most)) = (&min, &max)
        && least.exact() > most.exact()
    {
        place.mistake(format_args!("min ({}) is greater than max ({})", least.text, most.text), "swap or correct them");
        return None;
    }
    (min.is_some() || max.is_some()).then_some(Assertion { measure, field, limit: Limit::Range { min, max } })
}

/// Reads a bound: any finite number for a sum, and a count for every other measure.
fn number(place: &Place<'_>, measure: Measure) -> Option<Bound> {
    if measure != Measure::Sum {
        let count = place.integer(0, u64::MAX)?;
        return Some(Bound::new(count.to_string(), Scalar::Number(count as f64)));
    }
    let read = |text: &str| parse::number(text.as_bytes(), Affixes::Refused, None, '.').map(|number| number.value);
    let found = place.as_number().and_then(|text| Some((text, read(text)?)));
    match found.filter(|(_, value)| value.is_finite()) {
        Some((text, value)) => Some(Bound::new(text, Scalar::Number(value))),
        None => {
            place.wrong("a number", "write a number");
            None
        }
    }
}

/// Reads the largest share of rows, such as `"2%"` or `"0.5%"`.
fn share(place: &Place<'_>) -> Option<Limit> {
    const REMEDY: &str = "write a share such as \"2%\"";
    let text = place.string(REMEDY)?;
    let number = text.strip_suffix('%').map(str::trim_end).and_then(|digits| digits.parse::<f64>().ok());
    match number.filter(|percent| (0.0..=100.0).contains(percent)) {
        Some(percent) => Some(Limit::Percent(percent)),
        None => {
            place.mistake(format_args!("{} is not a share from 0% to 100%", quoted(text)), REMEDY);
            None
        }
    }
}
