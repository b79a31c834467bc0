//! The values of an enumeration, as sets that are made once, when the descriptor is read. Looking up a value costs the
//! same however many values there are.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Deref;
use std::sync::Arc;

use crate::bound::{Bound, PreciseTime, Scalar};
use crate::parse::ExactDecimal;
use crate::texts::TextSet;

/// The values of an enumeration; clones share them.
#[derive(Clone, Debug)]
pub struct Enumeration(Arc<Members>);

#[derive(Debug)]
struct Members {
    bounds: Vec<Bound>,
    values: Values,
}

impl From<Vec<Bound>> for Enumeration {
    fn from(bounds: Vec<Bound>) -> Self {
        let values = Values::of(&bounds);
        Self(Arc::new(Members { bounds, values }))
    }
}

impl Deref for Enumeration {
    type Target = [Bound];

    fn deref(&self) -> &[Bound] {
        &self.0.bounds
    }
}

/// The values of an enumeration, which have one type.
#[derive(Debug, Default)]
struct Values {
    texts: TextSet,
    /// Integers, dates, times, and booleans as 0 and 1.
    integers: HashSet<i64>,
    /// The bits of the nearest doubles, of numbers that are the shortest decimals of them, and of infinities.
    doubles: HashSet<u64>,
    decimals: HashSet<ExactDecimal>,
    /// Times that microseconds do not hold.
    precise_times: HashSet<PreciseTime>,
}

impl Values {
    fn of(bounds: &[Bound]) -> Self {
        let mut values = Self::default();
        let mut texts: Vec<Cow<'_, [u8]>> = Vec::new();
        for bound in bounds {
            match &bound.value {
                Scalar::String(text) => texts.push(text.as_bytes().into()),
                Scalar::Duration(duration) => texts.push(duration.canonical().into()),
                Scalar::Datetime(_) | Scalar::Time(_) if bound.is_between_values() => {
                    values.precise_times.extend(bound.precise_time())
                }
                Scalar::Integer(value) | Scalar::Datetime(value) | Scalar::Time(value) => {
                    values.integers.insert(*value);
                }
                Scalar::Date(value) | Scalar::YearMonth(value) => {
                    values.integers.insert((*value).into());
                }
                Scalar::Boolean(value) => {
                    values.integers.insert((*value).into());
                }
                Scalar::Number(value) => {
                    if !bound.is_between_values() {
                        values.doubles.insert(bits(*value));
                    }
                    if value.is_finite() {
                        values.decimals.insert(bound.exact().clone());
                    }
                }
            }
        }
        values.texts = TextSet::new(texts.iter().map(|text| &**text));
        values
    }
}

/// Returns the bits of a double, the same for both zeros.
fn bits(value: f64) -> u64 {
    (value + 0.0).to_bits()
}

impl Enumeration {
    /// Returns true if a text is one of the values of a string field.
    #[inline]
    pub(crate) fn holds_text(&self, text: &[u8]) -> bool {
        self.0.values.texts.holds(text)
    }

    /// Returns true if an integer, date, time, or boolean is one of the values.
    #[inline]
    pub(crate) fn holds_integer(&self, value: i64) -> bool {
        self.0.values.integers.contains(&value)
    }

    /// Returns true if a time that microseconds do not hold is one of the values.
    pub(crate) fn holds_precise_time(&self, time: PreciseTime) -> bool {
        self.0.values.precise_times.contains(&time)
    }

    /// Returns true if the shortest decimal of a double, or an infinity, is one of the values. NaN equals no value.
    #[inline]
    pub(crate) fn holds_double(&self, value: f64) -> bool {
        !value.is_nan() && self.0.values.doubles.contains(&bits(value))
    }

    /// Returns true if a finite number is one of the values, exactly.
    pub(crate) fn holds_decimal(&self, value: &ExactDecimal) -> bool {
        self.0.values.decimals.contains(value)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Bound {
        Bound::new(text, Scalar::Number(text.parse().unwrap()))
    }

    proptest! {
        #[test]
        fn texts_are_searched_as_if_one_by_one(list in prop::collection::vec("[ab]{0,9}", 0..60), text in "[ab]{0,9}") {
            let bounds: Vec<Bound> = list.iter().map(|text| Bound::new(text, Scalar::String(text.clone()))).collect();
            prop_assert_eq!(Enumeration::from(bounds).holds_text(text.as_bytes()), list.contains(&text));
        }

        #[test]
        fn numbers_are_searched_as_if_one_by_one(
            list in prop::collection::vec("-?[0-3]{1,2}(\\.[0-2]{0,2})?(e-?[0-2])?", 0..20), text in "-?[0-3]{1,2}(\\.[0-2]{0,2})?(e-?[0-2])?"
        ) {
            let set = Enumeration::from(list.iter().map(|text| number(text)).collect::<Vec<_>>());
            let is = |other: &String| crate::parse::compare_decimal_text(text.as_bytes(), other).is_eq();
            prop_assert_eq!(set.holds_decimal(&ExactDecimal::of(text.as_bytes())), list.iter().any(is));
            let value: f64 = text.parse().unwrap();
            prop_assert_eq!(set.holds_double(value), list.iter().any(|other| other.parse::<f64>().unwrap() == value));
        }

        #[test]
        fn integers_are_searched_as_if_one_by_one(list in prop::collection::vec(-9..9i64, 0..20), value in -9..9i64) {
            let set = Enumeration::from(list.iter().map(|&value| Bound::new("", Scalar::Integer(value))).collect::<Vec<_>>());
            prop_assert_eq!(set.holds_integer(value), list.contains(&value));
        }
    }
}
