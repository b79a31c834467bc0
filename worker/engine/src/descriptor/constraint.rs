//! The constraints of a field: whether they apply to its type, and their values in that type.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::categories::Categories;
use super::expression::{Mistaken, Patterns};
use super::json_schema;
use super::model::{Constraints, Enumeration, FieldType, Pattern, Scalar};
use super::value::value;
use crate::bound::Rounding;
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::{near_names, object_kinds};

/// Reads the constraints of a field of the type `kind`. If the field has ordered categories, `Categories::apply` reads its bounds.
pub(super) fn read(
    place: &Place<'_>,
    kind: &FieldType,
    categories: Option<&Categories>,
    patterns: &mut Patterns,
) -> Constraints {
    let mut constraints = Constraints::default();
    if !place.object("write an object") {
        return constraints;
    }
    near_names::check(place, &object_kinds::CONSTRAINTS);
    constraints.required = place.get("required").and_then(|required| required.boolean()).unwrap_or(false);
    constraints.unique = place.get("unique").and_then(|unique| unique.boolean()).unwrap_or(false);

    let is_ordered = kind.as_type().is_ordered();
    let has_ordered_categories = !is_ordered && categories.is_some_and(|categories| categories.is_ordered);
    let has_length = kind.as_type().has_length();
    let applicable = |key, applies: bool| {
        let property = place.get(key)?;
        if !applies {
            property.mistake(format_args!("it does not apply to the type \"{}\"", kind.name()), "remove it");
        }
        applies.then_some(property)
    };
    let bound = |key| {
        if has_ordered_categories {
            return None;
        }
        let property = applicable(key, is_ordered)?;
        let bound = value(&property, kind)?;
        // Nothing is beyond an infinity, and nothing compares with NaN.
        if matches!(bound.value, Scalar::Number(number) if !number.is_finite()) {
            property.mistake(format_args!("{} is not a bound", property.shown()), "write a finite number");
            return None;
        }
        let direction = if matches!(key, "minimum" | "exclusiveMaximum") { Rounding::Up } else { Rounding::Down };
        Some(bound.rounded(direction))
    };
    let length = |key| applicable(key, has_length)?.integer(0, u64::MAX);
    constraints.minimum = bound("minimum");
    constraints.maximum = bound("maximum");
    constraints.exclusive_minimum = bound("exclusiveMinimum");
    constraints.exclusive_maximum = bound("exclusiveMaximum");
    constraints.min_length = length("minLength");
    constraints.max_length = length("maxLength");
    constraints.pattern =
        applicable("pattern", kind.as_type().has_pattern()).and_then(|property| pattern(&property, patterns));
    constraints.enumeration = place.get("enum").and_then(|property| enumeration(&property, kind));
    let json_schema = applicable("jsonSchema", kind.as_type().has_json_schema());
    constraints.json_schema = json_schema.and_then(|property| json_schema::read(&property, patterns));
    contradictions(place, &constraints);
    if let Some(categories) = categories {
        categories.apply(place, has_ordered_categories, &mut constraints);
    }
    constraints
}

/// Notes a mistake for bounds that leave no value between them, at the upper bound.
fn contradictions(place: &Place<'_>, constraints: &Constraints) {
    let lower = [("minimum", &constraints.minimum, false), ("exclusiveMinimum", &constraints.exclusive_minimum, true)];
    let upper = [("maximum", &constraints.maximum, false), ("exclusiveMaximum", &constraints.exclusive_maximum, true)];
    for (upper_key, upper, upper_exclusive) in upper {
        for (lower_key, lower, lower_exclusive) in lower {
            let (Some(upper), Some(lower), Some(property)) = (upper, lower, place.get(upper_key)) else {
                continue;
            };
            // Bounds of one field have one type, so they have an order.
            let order = lower.compare(upper).unwrap_or(Ordering::Equal);
            if order == Ordering::Greater {
                property.mistake(
                    format_args!("{} is less than {lower_key}, which is {}", upper.text, lower.text),
                    "swap or correct them",
                );
            } else if order == Ordering::Equal && (upper_exclusive || lower_exclusive) {
                property.mistake(
                    format_args!("nothing lies between {lower_key} and {upper_key}, both {}", upper.text),
                    "correct one of them",
                );
            }
        }
    }
    if let (Some(least), Some(most), Some(property)) =
        (constraints.min_length, constraints.max_length, place.get("maxLength"))
        && most < least
    {
        property.mistake(format_args!("{most} is less than minLength, which is {least}"), "swap or correct them");
    }
}

fn pattern(place: &Place<'_>, patterns: &mut Patterns) -> Option<Pattern> {
    let source = place.string("write the pattern between quotes")?;
    match patterns.compile(source) {
        Ok(pattern) => Some(pattern),
        Err(Mistaken { reason, remedy }) => {
            place.mistake(format_args!("the pattern {}: {reason}", quoted(source)), remedy);
            None
        }
    }
}

fn enumeration(place: &Place<'_>, kind: &FieldType) -> Option<Enumeration> {
    const REMEDY: &str = "write a list of values";
    let items = place.array(REMEDY)?;
    if items.is_empty() {
        place.mistake("it is empty, so that no value is allowed", REMEDY);
    }
    let mut seen = HashSet::new();
    let mut values = Vec::with_capacity(items.len());
    for item in &items {
        let Some(bound) = value(item, kind) else {
            continue;
        };
        if matches!(bound.value, Scalar::Number(number) if number.is_nan()) {
            item.mistake("NaN equals nothing, not even itself", "remove it");
        } else if !seen.insert(bound.text.clone()) {
            item.warn(format_args!("{} appears twice", item.shown()), "remove one of them");
        } else {
            values.push(bound);
        }
    }
    Some(values.into())
}
