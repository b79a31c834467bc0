//! Comparison of single values with their bounds, for values that the expressions of [`crate::check::frame`] cannot
//! compare exactly.

use std::cmp::Ordering;

use crate::bound::{Bound, Enumeration, Scalar};
use crate::fault::Constraint;
use crate::types::{Constraints, Number};
use crate::typing::column::Column;

/// Calls `breaks` with each bound that a value breaks. `compare` returns the order of the value and a bound; if there
/// is no order, the bound is broken.
pub(super) fn check_bounds(
    constraints: &Constraints,
    compare: impl Fn(&Bound) -> Option<Ordering>,
    mut breaks: impl FnMut(Constraint),
) {
    let Constraints { minimum, maximum, exclusive_minimum, exclusive_maximum, .. } = constraints;
    type Keeps = fn(Ordering) -> bool;
    let bounds: [(Constraint, &Option<Bound>, Keeps); 4] = [
        (Constraint::Minimum, minimum, Ordering::is_ge),
        (Constraint::Maximum, maximum, Ordering::is_le),
        (Constraint::ExclusiveMinimum, exclusive_minimum, Ordering::is_gt),
        (Constraint::ExclusiveMaximum, exclusive_maximum, Ordering::is_lt),
    ];
    for (constraint, bound, keeps) in bounds {
        if let Some(bound) = bound
            && !compare(bound).is_some_and(keeps)
        {
            breaks(constraint);
        }
    }
}

/// The bounds of a column of numbers, for cells that a double does not hold exactly.
pub(crate) struct NumberBounds<'a> {
    column: &'a Column,
    number: &'a Number,
}

impl<'a> NumberBounds<'a> {
    pub(crate) fn new(column: &'a Column, number: &'a Number) -> Self {
        Self { column, number }
    }

    /// Calls `breaks` with each bound that the number breaks, and with the enumeration if the number is not in it. NaN
    /// breaks every bound, as it is neither above nor below any number.
    pub(crate) fn check_exactly(&self, text: &[u8], value: f64, mut breaks: impl FnMut(Constraint)) {
        let Constraints { minimum, maximum, exclusive_minimum, exclusive_maximum, enumeration, .. } =
            &self.column.constraints;
        if [minimum, maximum, exclusive_minimum, exclusive_maximum].iter().all(|bound| bound.is_none())
            && enumeration.is_none()
        {
            return;
        }
        let exact = self.number.exact(text);
        let compare = |bound: &Bound| {
            let Scalar::Number(limit) = bound.value else {
                return None;
            };
            if value.is_nan() || limit.is_nan() {
                return None;
            }
            if value.is_infinite() || limit.is_infinite() {
                return value.partial_cmp(&limit);
            }
            Some(exact.cmp(bound.exact()))
        };
        check_bounds(&self.column.constraints, compare, &mut breaks);
        let is_listed = |values: &Enumeration| match value.is_finite() {
            true => values.holds_decimal(&exact),
            false => values.holds_double(value),
        };
        if let Some(values) = enumeration
            && !is_listed(values)
        {
            breaks(Constraint::Enum);
        }
    }
}
