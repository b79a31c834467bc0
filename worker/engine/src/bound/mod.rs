//! The values of a descriptor that cells are compared with: bounds, and the values of enumerations, in the type of their field.

mod enumeration;

use std::cmp::Ordering;

pub use self::enumeration::Enumeration;
use crate::parse::{Duration, ExactDecimal};

/// A bound or a value of an enumeration: the text as the owner wrote it, and the value in the field's type.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The text in the descriptor, for messages.
    pub text: String,
    /// The value in the field's type. Of a number it is the nearest double, or a double beside it (see `rounded`).
    pub value: Scalar,
    /// The exact decimal of a finite number.
    exact: ExactDecimal,
    /// A time between two microseconds. `value` is then one of the two microseconds beside it.
    between_microseconds: Option<PreciseTime>,
}

/// A time with all its digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PreciseTime {
    pub(crate) microseconds: i64,
    /// The nanoseconds beyond the microseconds.
    pub(crate) nanoseconds: u16,
}

impl Bound {
    /// Returns a bound. The text of a number must be a plain decimal.
    pub fn new(text: impl Into<String>, value: Scalar) -> Self {
        let text = text.into();
        let exact = match value {
            Scalar::Number(number) if number.is_finite() => ExactDecimal::of(text.as_bytes()),
            _ => ExactDecimal::default(),
        };
        Self { text, value, exact, between_microseconds: None }
    }

    /// Returns the order of two values of one type, exactly even if two decimals have the same nearest double. `None`
    /// for values of different types, and for NaN.
    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (&self.value, &other.value) {
            (Scalar::Number(left), Scalar::Number(right)) => match left.is_finite() && right.is_finite() {
                true => Some(self.exact.cmp(&other.exact)),
                false => left.partial_cmp(right),
            },
            (Scalar::Datetime(_), Scalar::Datetime(_)) | (Scalar::Time(_), Scalar::Time(_)) => {
                Some(self.precise_time()?.cmp(&other.precise_time()?))
            }
            (one, other) => one.compare(other),
        }
    }

    /// Returns the bound with nanoseconds beyond the microseconds of its time.
    #[must_use]
    pub(crate) fn with_nanoseconds(mut self, nanoseconds: u16) -> Self {
        if let (Scalar::Datetime(value) | Scalar::Time(value), true) = (&self.value, nanoseconds > 0) {
            self.between_microseconds = Some(PreciseTime { microseconds: *value, nanoseconds });
        }
        self
    }

    /// Returns a bound whose `value` has the same effect as the bound on values that are compared with it: on whole microseconds, and on the
    /// doubles of decimals of at most 15 digits. `minimum` and `exclusiveMaximum` have to be rounded up if no such value equals the bound, the
    /// other bounds down.
    #[must_use]
    pub(crate) fn rounded(mut self, direction: Rounding) -> Self {
        let up = direction == Rounding::Up;
        match &mut self.value {
            // The microsecond before is there already.
            Scalar::Datetime(value) | Scalar::Time(value) if self.between_microseconds.is_some() && up => *value += 1,
            Scalar::Number(value) if value.is_finite() => match self.exact.cmp(&ExactDecimal::shortest(*value)) {
                Ordering::Greater if up => *value = value.next_up().min(f64::MAX),
                Ordering::Less if !up => *value = value.next_down().max(f64::MIN),
                _ => {}
            },
            _ => {}
        }
        self
    }

    /// Returns true if no value that is compared with `value` equals the bound: it is a time between two microseconds, or a number of more
    /// digits than the shortest decimal of its nearest double.
    pub(crate) fn is_between_values(&self) -> bool {
        match self.value {
            Scalar::Number(value) => value.is_finite() && self.exact != ExactDecimal::shortest(value),
            _ => self.between_microseconds.is_some(),
        }
    }

    /// Returns a time with all its digits; `None` for other types.
    pub(crate) fn precise_time(&self) -> Option<PreciseTime> {
        self.between_microseconds.or(match self.value {
            Scalar::Datetime(value) | Scalar::Time(value) => Some(PreciseTime { microseconds: value, nanoseconds: 0 }),
            _ => None,
        })
    }

    /// Returns the decimal of a finite number.
    pub fn exact(&self) -> &ExactDecimal {
        &self.exact
    }
}

/// The direction in which a bound is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    Up,
    Down,
}

/// A typed value.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// Text.
    String(String),
    /// Integer or year.
    Integer(i64),
    /// Number: the nearest double. `Bound::text` is the exact decimal.
    Number(f64),
    /// Boolean.
    Boolean(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00 (UTC when the text has an offset).
    Datetime(i64),
    /// Microseconds since midnight.
    Time(i64),
    /// Months since 0000-01.
    YearMonth(i32),
    /// Months and seconds.
    Duration(Box<Duration>),
}

impl Scalar {
    /// Returns the order of two values of one type; `None` for values of different types, and for NaN.
    fn compare(&self, other: &Self) -> Option<Ordering> {
        Some(match (self, other) {
            (Self::String(one), Self::String(other)) => one.cmp(other),
            (Self::Integer(one), Self::Integer(other)) => one.cmp(other),
            (Self::Number(one), Self::Number(other)) => return one.partial_cmp(other),
            (Self::Boolean(one), Self::Boolean(other)) => one.cmp(other),
            (Self::Date(one), Self::Date(other)) => one.cmp(other),
            (Self::Datetime(one), Self::Datetime(other)) | (Self::Time(one), Self::Time(other)) => one.cmp(other),
            (Self::YearMonth(one), Self::YearMonth(other)) => one.cmp(other),
            (Self::Duration(one), Self::Duration(other)) => return one.partial_cmp(other),
            // All variants are named, so that a new one is not forgotten above.
            (
                Self::String(_)
                | Self::Integer(_)
                | Self::Number(_)
                | Self::Boolean(_)
                | Self::Date(_)
                | Self::Datetime(_)
                | Self::Time(_)
                | Self::YearMonth(_)
                | Self::Duration(_),
                _,
            ) => return None,
        })
    }
}
