//! `sluice.file`: what has to be true of a file as a whole.

use std::collections::HashMap;

use super::field_names::FieldNames;
use super::json::quoted;
use super::model::{Assertion, Bound, Field, Limit, Measure, Scalar, Schema};
use super::place::Place;
use super::settings::known;
use crate::typing::parse;

/// Most assertions of a descriptor.
const MOST: usize = 200;

const MEASURES: [(&str, Measure); 4] =
    [("missing", Measure::Missing), ("count", Measure::Count), ("distinct", Measure::Distinct), ("sum", Measure::Sum)];

/// Reads the object. Fields are looked for in `schema`; without one there is none.
pub(super) fn read(place: &Place<'_>, schema: Option<&Schema>) -> Vec<Assertion> {
    let mut assertions = Vec::new();
    if !known(place, &["rows", "missing", "count", "distinct", "sum", "rejected", "trailer", "last"]) {
        return assertions;
    }
    for name in ["rejected", "trailer", "last"] {
        if let Some(property) = place.get(name) {
            property.unsupported(&quoted(name));
        }
    }
    if let Some(rows) = place.get("rows") {
        assertions.extend(range(&rows, Measure::Rows, None));
    }
    let fields: HashMap<&str, &Field> =
        schema.iter().flat_map(|schema| &schema.fields).map(|field| (&*field.name, field)).collect();
    let mut names = schema.map(FieldNames::of_schema);
    for (measure_name, measure) in MEASURES {
        let Some(object) = place.get(measure_name) else { continue };
        if !object.object("write an object with the name of a field for each bound") {
            continue;
        }
        for (name, at_name) in object.names() {
            let Some(names) = &mut names else {
                at_name.mistake(format_args!("there is no schema with a field {}", quoted(name)), "write a schema");
                continue;
            };
            let (true, Some(field), Some(value)) = (names.check(&at_name, name), fields.get(name), object.get(name))
            else {
                continue;
            };
            if !has_measure(&at_name, field, measure) {
                continue;
            }
            let field = Some(name.to_owned());
            assertions.extend(match measure {
                Measure::Missing => share(&value).map(|limit| Assertion { measure, field, limit }),
                Measure::Rows | Measure::Count | Measure::Distinct | Measure::Sum => range(&value, measure, field),
            });
        }
    }
    if assertions.len() > MOST {
        place.mistake(format_args!("there are more than {MOST} assertions"), "remove some of them");
    }
    assertions
}

/// Returns true if the field has the measure; otherwise that is a mistake.
fn has_measure(place: &Place<'_>, field: &Field, measure: Measure) -> bool {
    if measure == Measure::Sum && !field.kind.as_type().has_sum() {
        place.mistake(
            format_args!("a field of the type \"{}\" has no sum", field.kind.name()),
            "sum a field of the type \"integer\" or \"number\"",
        );
        return false;
    }
    true
}

/// `{"min": …, "max": …}`, at least one of them.
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

/// A bound: a sum may be any number, all else is counted.
fn number(place: &Place<'_>, measure: Measure) -> Option<Bound> {
    if measure != Measure::Sum {
        let count = place.integer(0, u64::MAX)?;
        return Some(Bound::new(count.to_string(), Scalar::Number(count as f64)));
    }
    let read = |text: &str| parse::number(text.as_bytes(), true, None, '.').map(|number| number.value);
    let found = place.as_number().and_then(|text| Some((text, read(text)?)));
    match found.filter(|(_, value)| value.is_finite()) {
        Some((text, value)) => Some(Bound::new(text, Scalar::Number(value))),
        None => {
            place.wrong("a number", "write a number");
            None
        }
    }
}

/// `"2%"` or `"0.5%"`: the largest share of rows.
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
