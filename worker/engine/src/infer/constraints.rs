//! The constraints of the fields of an inferred descriptor.

use serde_json::Value;

use super::decision::FieldDecision;
use super::properties::ConstraintsProperties;
use crate::report::{Cause, FaultSummary, FieldStatistics};

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

/// Returns true if an extreme can be a bound: an infinity is none, and all numbers are within it.
fn is_bound(extreme: &Value) -> bool {
    extreme.as_str().is_none_or(|text| !text.ends_with("INF"))
}

/// Returns the constraints of a field; `seen` are the extremes of its column. `may_be_unique` is false for the primary key, and for a field whose
/// name others have, too.
pub(super) fn constraints(
    decision: &FieldDecision,
    tightness: Tightness,
    seen: Option<Extremes>,
    may_be_unique: bool,
) -> ConstraintsProperties {
    if tightness == Tightness::None {
        return ConstraintsProperties::default();
    }
    let properties = &decision.candidate.properties;
    let is_required = decision.missing_cells == 0 && decision.values > 0;
    let mut constraints = ConstraintsProperties {
        required: is_required.then_some(true),
        unique: (decision.is_unique && may_be_unique && properties.format == Some("uuid")).then_some(true),
        minimum: decision.is_positive.then(|| Value::from(0)),
        min_length: decision.length,
        max_length: decision.length,
        enumeration: decision.enumeration.clone(),
        ..ConstraintsProperties::default()
    };
    if let (Tightness::Tight, Some(seen)) = (tightness, seen) {
        let has_bounds =
            matches!(properties.name, "integer" | "number" | "date" | "datetime" | "time" | "year" | "yearmonth");
        // Bounds of times have to be written in the format of the field, and statistics have them in the default format.
        if has_bounds && (properties.format.is_none() || matches!(properties.name, "integer" | "number")) {
            constraints.minimum = seen.minimum.filter(is_bound);
            constraints.maximum = seen.maximum.filter(is_bound);
        }
        if properties.name == "string" && constraints.enumeration.is_none() {
            constraints.min_length = seen.min_length;
            constraints.max_length = seen.max_length;
        }
    }
    constraints
}
