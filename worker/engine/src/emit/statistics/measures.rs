//! Sums, ranges and lengths of a column, which are exact with and without estimates.

use super::count_table::Entry;
use super::moments::Moments;
use super::number;
use super::ordinal;
use super::value_key::{self, ValueKey};
use crate::bound::PreciseTime;
use crate::parse::characters;
use crate::types::StatisticsKind;

/// Ranges and sums: the part of the statistics that needs no table.
#[derive(Clone, Debug, Default)]
pub(super) struct Measures {
    pub(super) moments: Moments,
    /// The ordinals (see `ordinal`) of the least and the greatest value.
    pub(super) range: MinMax,
    /// The lengths of the shortest and the longest text in characters.
    pub(super) lengths: MinMax,
    /// The least and the greatest time with nanoseconds. For the greatest value of `range` such a time counts as its microseconds, for the least
    /// value as the next microsecond.
    pub(super) precise_times: Option<PreciseRange>,
    /// The number of values that are infinite or NaN.
    pub(super) not_finite: u64,
    pub(super) infinities: Infinities,
}

/// The least and the greatest of some times.
#[derive(Clone, Copy, Debug)]
pub(super) struct PreciseRange {
    pub(super) least: PreciseTime,
    pub(super) greatest: PreciseTime,
}

impl PreciseRange {
    fn or(self, other: Self) -> Self {
        Self { least: self.least.min(other.least), greatest: self.greatest.max(other.greatest) }
    }
}

/// Whether −INF is among the values, and whether INF is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Infinities {
    pub(super) negative: bool,
    pub(super) positive: bool,
}

/// The least and the greatest of some numbers; if there are none, `least` is above `greatest`.
#[derive(Clone, Copy, Debug)]
pub(super) struct MinMax {
    pub(super) least: u64,
    pub(super) greatest: u64,
}

impl Default for MinMax {
    fn default() -> Self {
        Self { least: u64::MAX, greatest: 0 }
    }
}

impl MinMax {
    #[inline]
    pub(super) fn add(&mut self, number: u64) {
        self.least = self.least.min(number);
        self.greatest = self.greatest.max(number);
    }

    fn merge(&mut self, other: Self) {
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
    }

    /// Returns the two numbers; `None` if there are none.
    pub(super) fn known(self) -> Option<Self> {
        (self.least <= self.greatest).then_some(self)
    }
}

impl Measures {
    /// Adds the cells of an entry. Returns the ordinal of its value, if the value has one.
    pub(super) fn add(&mut self, kind: StatisticsKind, entry: &Entry<'_>) -> Option<u64> {
        let ordinal = match kind {
            StatisticsKind::Integer => {
                let value = value_key::integer(entry.key);
                self.moments.add_decimal(value, 0, entry.count);
                Some(ordinal::of_integer(value))
            }
            StatisticsKind::Temporal(_) => {
                let ordinal = ordinal::of_integer(value_key::integer(entry.key));
                if value_key::nanoseconds(entry.key) > 0 {
                    self.add_precise_time(value_key::precise_time(entry.key));
                    return Some(ordinal);
                }
                Some(ordinal)
            }
            StatisticsKind::Number => {
                self.moments.add(number::exact(entry.key), entry.count);
                let value = number::value(entry.key);
                self.add_not_finite(value, entry.count);
                value.is_finite().then(|| ordinal::of_double(value))
            }
            StatisticsKind::Text | StatisticsKind::Boolean => {
                self.lengths.add(entry.with_text(characters));
                None
            }
        };
        if let Some(ordinal) = ordinal {
            self.range.add(ordinal);
        }
        ordinal
    }

    /// Returns the ordinals of the least and the greatest value; times count without their nanoseconds.
    pub(super) fn range(&self) -> Option<MinMax> {
        // If all times are precise ones within one microsecond, the range is empty.
        let of_precise = |times: PreciseRange| MinMax {
            least: ordinal::of_integer(times.least.microseconds),
            greatest: ordinal::of_integer(times.greatest.microseconds),
        };
        self.range.known().or_else(|| self.precise_times.map(of_precise))
    }

    /// Adds a time with nanoseconds to the range.
    pub(super) fn add_precise_time(&mut self, time: PreciseTime) {
        self.range.least = self.range.least.min(ordinal::of_integer(time.microseconds + 1));
        self.range.greatest = self.range.greatest.max(ordinal::of_integer(time.microseconds));
        let range = PreciseRange { least: time, greatest: time };
        self.precise_times = Some(self.precise_times.map_or(range, |before| before.or(range)));
    }

    /// Adds a number that is known as its nearest double.
    #[cold]
    #[inline(never)]
    pub(super) fn add_double(&mut self, key: ValueKey) {
        self.moments.add(number::exact(key), 1);
        self.add_not_finite(number::value(key), 1);
    }

    fn add_not_finite(&mut self, value: f64, count: u64) {
        if !value.is_finite() {
            self.not_finite += count;
            self.infinities.negative |= value == f64::NEG_INFINITY;
            self.infinities.positive |= value == f64::INFINITY;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.moments.merge(&other.moments);
        self.not_finite += other.not_finite;
        self.infinities.negative |= other.infinities.negative;
        self.infinities.positive |= other.infinities.positive;
        self.precise_times = match (self.precise_times, other.precise_times) {
            (Some(mine), Some(theirs)) => Some(mine.or(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
        self.range.merge(other.range);
        self.lengths.merge(other.lengths);
    }
}
