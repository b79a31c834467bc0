//! The constraints of the fields of an inferred descriptor.

use serde_json::Value;

use super::candidate::TypeProperties;
use super::column::OFTEN;
use super::decision::{FieldDecision, LEAST_CELLS};
use super::local_time;
use super::properties::ConstraintsProperties;
use crate::report::{Cause, FaultSummary, FieldStatistics};
use crate::shown::counted;

/// How tight the constraints of an inferred descriptor are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tightness {
    /// Types alone.
    None,
    /// Constraints that probably hold for the next file, too: required cells, short lists of texts, no negative numbers, the primary key.
    #[default]
    Loose,
    /// As loose, and the least and greatest values and lengths that were seen.
    Tight,
}

/// The least and the greatest value and length over all files.
pub(super) struct Extremes {
    minimum: Option<Value>,
    maximum: Option<Value>,
    min_length: Option<u64>,
    max_length: Option<u64>,
}

impl Extremes {
    /// Returns the extremes of a column, if a file has values in it.
    pub(super) fn of(files: &[Vec<FieldStatistics>], index: usize) -> Option<Self> {
        let columns = || files.iter().filter_map(|fields| fields.get(index)).filter(|field| field.count > 0);
        columns().next()?;
        let order = |one: &&Value, other: &&Value| match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) => one.total_cmp(&other),
            _ => one.as_str().cmp(&other.as_str()),
        };
        Some(Self {
            minimum: columns().filter_map(|field| field.min.as_ref()).min_by(order).cloned(),
            maximum: columns().filter_map(|field| field.max.as_ref()).max_by(order).cloned(),
            min_length: columns().filter_map(|field| field.min_length).min(),
            max_length: columns().filter_map(|field| field.max_length).max(),
        })
    }
}

/// Widens extremes that cells exceed: those of decimals with more digits than a double has, which statistics round. Each becomes the next double
/// outwards, which is beyond every decimal that is rounded to the extreme. `faults` are those of a check with the extremes as bounds.
pub fn widen_exceeded(statistics: &mut [FieldStatistics], faults: &FaultSummary) {
    let is_exceeded = |field: &str, bound: &str| {
        let of_bound = |cause: &&Cause| cause.constraint.as_deref() == Some(bound);
        faults.causes.iter().filter(of_bound).any(|cause| cause.field.as_deref() == Some(field))
    };
    let step = |extreme: &mut Option<Value>, next: fn(f64) -> f64| {
        if let Some(number) = extreme.as_ref().and_then(Value::as_f64) {
            *extreme = Some(Value::from(next(number)));
        }
    };
    for field in statistics {
        if is_exceeded(&field.name, "minimum") {
            step(&mut field.min, f64::next_down);
        }
        if is_exceeded(&field.name, "maximum") {
            step(&mut field.max, f64::next_up);
        }
    }
}

/// Returns true if an extreme can be a bound. An infinity cannot: all numbers are within it.
fn is_bound(extreme: &Value) -> bool {
    extreme.as_str().is_none_or(|text| !text.ends_with("INF"))
}

/// What constraints of a field depend on, besides its cells.
pub(super) struct Given {
    pub(super) tightness: Tightness,
    /// The extremes of its column.
    pub(super) seen: Option<Extremes>,
    /// False for the primary key, for a field whose name others have, too, and where a check has found equal values.
    pub(super) may_be_unique: bool,
}

/// Returns the constraints of a field.
pub(super) fn constraints(decision: &FieldDecision, given: Given) -> ConstraintsProperties {
    if given.tightness == Tightness::None {
        return ConstraintsProperties::default();
    }
    let properties = &decision.candidate.properties;
    let is_required = decision.missing_cells == 0 && decision.values >= LEAST_CELLS;
    let is_unique = decision.is_unique && given.may_be_unique && properties.format == Some("uuid");
    let mut constraints = ConstraintsProperties {
        required: is_required.then_some(true),
        unique: is_unique.then_some(true),
        minimum: decision.is_positive.then(|| Value::from(0)),
        min_length: decision.length,
        max_length: decision.length,
        enumeration: decision.enumeration.clone(),
        ..ConstraintsProperties::default()
    };
    if let (Tightness::Tight, Some(seen)) = (given.tightness, given.seen) {
        if matches!(properties.name, "integer" | "number" | "date" | "datetime" | "time" | "year" | "yearmonth") {
            constraints.minimum = seen.minimum.filter(is_bound).and_then(|value| in_format(value, properties));
            constraints.maximum = seen.maximum.filter(is_bound).and_then(|value| in_format(value, properties));
        }
        if properties.name == "string" && constraints.enumeration.is_none() {
            constraints.min_length = seen.min_length;
            constraints.max_length = seen.max_length;
        }
    }
    constraints
}

/// Returns a bound as the descriptor has it: that of a date or time in the format of the field; `None` if it cannot be written so.
fn in_format(value: Value, properties: &TypeProperties) -> Option<Value> {
    match (properties.name, properties.format) {
        ("date" | "datetime" | "time", Some(format)) => {
            value.as_str().and_then(|text| local_time::written(text, format)).map(Value::from)
        }
        _ => Some(value),
    }
}

/// Returns a reason for each constraint of a field, and for those that it lacks although its cells keep them.
pub(super) fn reasons(
    constraints: &ConstraintsProperties,
    decision: &FieldDecision,
    tightness: Tightness,
) -> Vec<String> {
    let mut reasons = Vec::new();
    let cells = counted(decision.values, "cell");
    if constraints.required.is_some() {
        reasons.push(format!("required: none of {cells} is missing"));
    } else if decision.missing_cells == 0 && decision.values > 0 {
        let few = if tightness == Tightness::None { "" } else { ", too few to require a value in each" };
        reasons.push(format!("none of {cells} is missing{few}"));
    }
    if constraints.unique.is_some() {
        reasons.push("unique: no uuid appears twice".to_owned());
    }
    reasons.extend(match (&constraints.minimum, &constraints.maximum) {
        (None, None) => None,
        (Some(least), None) if tightness == Tightness::Loose => Some(format!("minimum {least}: no value is negative")),
        (least, most) => {
            let shown = |value: &Option<Value>| value.as_ref().map_or("none".to_owned(), Value::to_string);
            Some(format!("minimum {}, maximum {}: the least and the greatest value", shown(least), shown(most)))
        }
    });
    reasons.extend(match (constraints.min_length, constraints.max_length) {
        (Some(least), Some(most)) if least == most => Some(format!("length {least}: that of all {cells}")),
        (Some(least), Some(most)) => Some(format!("length {least} to {most}: the least and the greatest one")),
        _ => None,
    });
    reasons.extend(
        constraints
            .enumeration
            .as_ref()
            .map(|texts| format!("enum: {cells} have {} texts, each of them at least {OFTEN} times", texts.len())),
    );
    reasons
}
