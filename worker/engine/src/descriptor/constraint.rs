//! The constraints of a field: whether they apply to its type, and their values in that type.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::expression::{Mistaken, Patterns};
use super::json::quoted;
use super::model::{Bound, Constraints, Enumeration, FieldType, Pattern, Scalar};
use super::place::Place;
use crate::typing::parse;

/// Reads the constraints of a field of this type.
pub(super) fn read(place: &Place<'_>, kind: &FieldType, patterns: &mut Patterns) -> Constraints {
    let mut constraints = Constraints::default();
    if !place.object("write an object") {
        return constraints;
    }
    if let Some(property) = place.get("jsonSchema") {
        property.unsupported(&quoted("jsonSchema"));
    }
    constraints.required = place.get("required").and_then(|required| required.boolean()).unwrap_or(false);
    constraints.unique = place.get("unique").and_then(|unique| unique.boolean()).unwrap_or(false);

    let is_string = matches!(kind, FieldType::String(_));
    let is_ordered = !matches!(kind, FieldType::String(_) | FieldType::Boolean { .. } | FieldType::Any);
    let applicable = |key, applies: bool| {
        let property = place.get(key)?;
        if !applies {
            property.mistake(format_args!("it does not apply to the type \"{}\"", kind.name()), "remove it");
        }
        applies.then_some(property)
    };
    let bound = |key| {
        let property = applicable(key, is_ordered)?;
        let bound = value(&property, kind)?;
        // Nothing is beyond an infinity, and nothing compares with NaN.
        if matches!(bound.value, Scalar::Number(number) if !number.is_finite()) {
            property.mistake(format_args!("{} is not a bound", property.shown()), "write a finite number");
            return None;
        }
        Some(bound)
    };
    let length = |key| applicable(key, is_string)?.integer(0, u64::MAX);
    constraints.minimum = bound("minimum");
    constraints.maximum = bound("maximum");
    constraints.exclusive_minimum = bound("exclusiveMinimum");
    constraints.exclusive_maximum = bound("exclusiveMaximum");
    constraints.min_length = length("minLength");
    constraints.max_length = length("maxLength");
    constraints.pattern = applicable("pattern", is_string).and_then(|property| pattern(&property, patterns));
    constraints.enumeration = place.get("enum").and_then(|property| enumeration(&property, kind));
    contradictions(place, &constraints);
    constraints
}

/// Bounds between which there is nothing. The mistake stands at the upper one.
fn contradictions(place: &Place<'_>, constraints: &Constraints) {
    let lower = [("minimum", &constraints.minimum, false), ("exclusiveMinimum", &constraints.exclusive_minimum, true)];
    let upper = [("maximum", &constraints.maximum, false), ("exclusiveMaximum", &constraints.exclusive_maximum, true)];
    for (upper_key, upper, upper_exclusive) in upper {
        for (lower_key, lower, lower_exclusive) in lower {
            let (Some(upper), Some(lower), Some(property)) = (upper, lower, place.get(upper_key)) else {
                continue;
            };
            let order = compare(lower, upper);
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

fn compare(a: &Bound, b: &Bound) -> Ordering {
    match (&a.value, &b.value) {
        (Scalar::Integer(a), Scalar::Integer(b)) => a.cmp(b),
        (Scalar::Number(left), Scalar::Number(right)) => {
            // Two decimals may have the same nearest double and still differ.
            left.partial_cmp(right).filter(|order| order.is_ne()).unwrap_or_else(|| a.exact().cmp(b.exact()))
        }
        (Scalar::Date(a), Scalar::Date(b)) => a.cmp(b),
        (Scalar::Datetime(a), Scalar::Datetime(b)) | (Scalar::Time(a), Scalar::Time(b)) => a.cmp(b),
        (Scalar::YearMonth(a), Scalar::YearMonth(b)) => a.cmp(b),
        // Bounds of one field have one type, and the other types have none.
        _ => Ordering::Equal,
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
            item.mistake(format_args!("{} stands twice", item.shown()), "remove one of them");
        } else {
            values.push(bound);
        }
    }
    Some(values.into())
}

/// A value in the type of the field. Strings follow the field's format; numbers and booleans of JSON are taken as well.
fn value(place: &Place<'_>, kind: &FieldType) -> Option<Bound> {
    let string = place.as_str();
    let literal = place.as_bool().map(|value| if value { "true" } else { "false" });
    let Some(text) = string.or(place.as_number()).or(literal) else {
        place.wrong("a value", remedy(kind));
        return None;
    };
    let cell = text.as_bytes();
    let mut exact = None;
    let value = match kind {
        FieldType::String(_) | FieldType::Any => Some(Scalar::String(text.to_owned())),
        FieldType::Integer { bare_number, group_char } => {
            let parsed = match string {
                Some(_) => parse::integer(cell, *bare_number, *group_char),
                None => parse::integer(cell, true, None),
            };
            if let Err(parse::IntegerError::OutOfRange) = parsed {
                place.mistake(format_args!("{} is beyond 64 bits", place.shown()), "write a smaller number or drop it");
                return None;
            }
            parsed.ok().map(Scalar::Integer)
        }
        FieldType::Number { bare_number, group_char, decimal_char } => {
            let parsed = match string {
                Some(_) => {
                    // Exact comparisons read plain decimals.
                    let plain = parse::plain_decimal(cell, *bare_number, *group_char, *decimal_char);
                    exact = String::from_utf8(plain.into_owned()).ok();
                    parse::number(cell, *bare_number, *group_char, *decimal_char)
                }
                None => parse::number(cell, true, None, '.'),
            };
            parsed.map(|number| Scalar::Number(number.value))
        }
        FieldType::Boolean { true_values, false_values } => match place.as_bool() {
            Some(value) => Some(Scalar::Boolean(value)),
            None => parse::boolean(cell, true_values, false_values).map(Scalar::Boolean),
        },
        FieldType::Date(format) => parse::date(cell, format).map(Scalar::Date),
        FieldType::Datetime(format) => parse::datetime(cell, format).map(Scalar::Datetime),
        FieldType::Time(format) => parse::time(cell, format).map(Scalar::Time),
        FieldType::Year => parse::year(cell).map(Scalar::Integer),
        FieldType::YearMonth => parse::year_month(cell).map(Scalar::YearMonth),
    };
    if value.is_none() {
        place.wrong(expected(kind), remedy(kind));
    }
    Some(Bound::new(exact.unwrap_or_else(|| text.to_owned()), value?))
}

fn expected(kind: &FieldType) -> &'static str {
    match kind {
        FieldType::String(_) | FieldType::Any => "a text",
        FieldType::Integer { .. } => "an integer",
        FieldType::Number { .. } => "a number",
        FieldType::Boolean { .. } => "a boolean",
        FieldType::Date(_) => "a date",
        FieldType::Datetime(_) => "a datetime",
        FieldType::Time(_) => "a time",
        FieldType::Year => "a year",
        FieldType::YearMonth => "a yearmonth",
    }
}

fn remedy(kind: &FieldType) -> &'static str {
    match kind {
        FieldType::String(_) | FieldType::Any => "write a text between quotes",
        FieldType::Integer { .. } | FieldType::Number { .. } => "write a number or drop the constraint",
        FieldType::Boolean { .. } => "write true, false or a text of trueValues or falseValues",
        FieldType::Date(_) | FieldType::Datetime(_) | FieldType::Time(_) => "write it in the format of the field",
        FieldType::Year => "write a year such as 2024",
        FieldType::YearMonth => "write a month such as \"2024-07\"",
    }
}
