//! `categories` and `categoriesOrdered` of a field of strings or integers: the only values that its cells may have, and optionally their order.

use std::collections::HashSet;

use super::model::{Bound, Constraints, FieldType, Scalar, Texts};
use super::value::value as read_value;
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::fault::Constraint;
use crate::types::CategoryBound;

/// The categories of a field.
pub(super) struct Categories {
    values: Vec<Bound>,
    /// Whether the categories are ordered as the descriptor lists them (`categoriesOrdered`).
    pub(super) is_ordered: bool,
}

/// Returns true if a category breaks a bound. The argument is the position of the category in the list, minus the position of the bound.
type IsBeyond = fn(isize) -> bool;

/// A property that sets a bound.
struct BoundProperty {
    name: &'static str,
    constraint: Constraint,
    is_beyond: IsBeyond,
}

const BOUNDS: [BoundProperty; 4] = [
    BoundProperty { name: "minimum", constraint: Constraint::Minimum, is_beyond: |behind| behind < 0 },
    BoundProperty { name: "maximum", constraint: Constraint::Maximum, is_beyond: |behind| behind > 0 },
    BoundProperty {
        name: "exclusiveMinimum",
        constraint: Constraint::ExclusiveMinimum,
        is_beyond: |behind| behind <= 0,
    },
    BoundProperty {
        name: "exclusiveMaximum",
        constraint: Constraint::ExclusiveMaximum,
        is_beyond: |behind| behind >= 0,
    },
];

/// Reads the categories of a field of the type `kind`. Returns `None` if the field has no categories, or if a mistake makes them unusable.
pub(super) fn read(place: &Place<'_>, kind: &FieldType) -> Option<Categories> {
    const REMEDY: &str = "write a list of values, or of objects with a value and perhaps a label";
    let ordered = place.get("categoriesOrdered");
    let is_ordered = ordered.as_ref().and_then(|ordered| ordered.boolean()).unwrap_or(false);
    let Some(property) = place.get("categories") else {
        if let Some(ordered) = ordered {
            ordered.warn("there are no categories that could have an order", "write categories, or remove it");
        }
        return None;
    };
    if property.is_object() {
        property.warn("this is not a list of values, so it checks nothing", REMEDY);
        return None;
    }
    if !matches!(kind, FieldType::String(_) | FieldType::Integer(_)) {
        property.mistake(
            format_args!("they do not apply to the type \"{}\"", kind.name()),
            "use the type \"string\" or \"integer\", or write an enum",
        );
        return None;
    }
    let items = property.array(REMEDY)?;
    if items.is_empty() {
        property.mistake("it is empty, so that no value is allowed", REMEDY);
    }
    let mut values: Vec<Bound> = Vec::with_capacity(items.len());
    let (mut seen, mut labels) = (HashSet::new(), HashSet::new());
    for item in &items {
        let value = if item.is_object() {
            if let Some(label) = item.get("label")
                && let Some(text) = label.string("write the label between quotes")
                && !labels.insert(text)
            {
                label.warn(format_args!("{} appears twice", quoted(text)), "give each category a label of its own");
            }
            let value = item.get("value");
            if value.is_none() {
                item.mistake("it has no value", "write the value of the category");
            }
            value
        } else {
            Some(item.clone())
        };
        let Some(value) = value else { continue };
        let Some(bound) = read_value(&value, kind) else { continue };
        if seen.insert(identity(&bound.value)) {
            values.push(bound);
        } else {
            value.warn(format_args!("{} appears twice", value.shown()), "remove one of them");
        }
    }
    Some(Categories { values, is_ordered })
}

/// The part of a value that tells two values of one type apart.
fn identity(value: &Scalar) -> String {
    match value {
        Scalar::String(text) => text.clone(),
        Scalar::Integer(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}

impl Categories {
    /// Restricts a field to its categories, unless an `enum` does so already.
    pub(super) fn restrict(&self, constraints: &mut Constraints) {
        if constraints.enumeration.is_none() {
            constraints.enumeration = Some(self.values.clone().into());
            constraints.are_categories = true;
        }
    }

    /// Applies the categories to `constraints`, which were read at `place`. With `has_ordered_categories`, a bound is one of the categories and
    /// becomes the set of the categories beyond it.
    pub(super) fn apply(&self, place: &Place<'_>, has_ordered_categories: bool, constraints: &mut Constraints) {
        self.check_enumeration(place, constraints);
        if has_ordered_categories {
            for bound in BOUNDS {
                if let Some(property) = place.get(bound.name) {
                    self.bound(&property, bound, constraints);
                }
            }
            self.check_bounds(place, constraints);
        } else if self.is_ordered && !self.ascend() {
            for property in BOUNDS.iter().filter_map(|bound| place.get(bound.name)) {
                property.mistake(
                    "the order of the categories is not that of their numbers, by which a bound is compared",
                    "write the categories that are allowed as an enum",
                );
            }
        }
        self.restrict(constraints);
    }

    fn check_enumeration(&self, place: &Place<'_>, constraints: &Constraints) {
        let (Some(property), Some(values)) = (place.get("enum"), &constraints.enumeration) else { return };
        let known: HashSet<String> = self.values.iter().map(|value| identity(&value.value)).collect();
        if let Some(stranger) = values.iter().find(|value| !known.contains(&identity(&value.value))) {
            property.mistake(format_args!("{} is not one of the categories", quoted(&stranger.text)), "remove it");
        }
    }

    fn bound(&self, property: &Place<'_>, bound: BoundProperty, constraints: &mut Constraints) {
        let BoundProperty { constraint, is_beyond, .. } = bound;
        let text = property.as_str().or(property.as_number()).unwrap_or_default();
        let Some(place) = self.values.iter().position(|value| value.text == text) else {
            property.wrong("one of the categories", "write one of the categories");
            return;
        };
        let beyond = self.values.iter().enumerate().filter(|(nth, _)| is_beyond(*nth as isize - place as isize));
        let beyond: Vec<String> = beyond.map(|(_, value)| value.text.clone()).collect();
        constraints.category_bounds.push(CategoryBound { constraint, broken_by: Texts::from(beyond) });
        let bound = Some(self.values[place].clone());
        match constraint {
            Constraint::Minimum => constraints.minimum = bound,
            Constraint::Maximum => constraints.maximum = bound,
            Constraint::ExclusiveMinimum => constraints.exclusive_minimum = bound,
            _ => constraints.exclusive_maximum = bound,
        }
    }

    fn check_bounds(&self, place: &Place<'_>, constraints: &Constraints) {
        let is_allowed = |value: &Bound| {
            !constraints.category_bounds.iter().any(|bound| bound.broken_by.holds(value.text.as_bytes()))
        };
        if !constraints.category_bounds.is_empty() && !self.values.iter().any(is_allowed) {
            place.mistake("no category lies within the bounds", "correct them");
        }
    }

    fn ascend(&self) -> bool {
        let number = |bound: &Bound| match bound.value {
            Scalar::Integer(number) => Some(number),
            _ => None,
        };
        self.values.is_sorted_by_key(number)
    }
}
