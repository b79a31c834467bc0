//! Sums, ranges and lengths of a column, which are exact with and without estimates.

use super::key::{self, Key};
use super::moments::Moments;
use super::number;
use super::order;
use super::table::Entry;
use crate::parse::characters;
use crate::types::StatisticsKind;

/// Ranges and sums: the part of the statistics that needs no table.
#[derive(Clone, Debug, Default)]
pub(super) struct Measures {
    pub(super) moments: Moments,
    /// The codes (see `order`) of the least and the greatest value.
    pub(super) range: Range,
    /// The lengths of the shortest and the longest text in characters.
    pub(super) lengths: Range,
    /// The least and the greatest time with nanoseconds beyond its microseconds. For the greatest value of `range` such a time counts as its
    /// microseconds, for the least value as the next microsecond.
    pub(super) finer: Option<(Finer, Finer)>,
    /// The number of values that are infinite or NaN.
    pub(super) not_finite: u64,
    /// Whether −INF is among the values, and whether INF is.
    pub(super) infinities: [bool; 2],
}

/// Microseconds of a time, and nanoseconds beyond them.
pub(super) type Finer = (i64, u16);

/// The least and the greatest of some numbers; if there are none, `least` is above `greatest`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    least: u64,
    greatest: u64,
}

impl Default for Range {
    fn default() -> Self {
        Self { least: u64::MAX, greatest: 0 }
    }
}

impl Range {
    #[inline]
    pub(super) fn add(&mut self, number: u64) {
        self.least = self.least.min(number);
        self.greatest = self.greatest.max(number);
    }

    fn merge(&mut self, other: Self) {
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
    }

    /// Returns the least and the greatest number; `None` if there are none.
    pub(super) fn get(self) -> Option<(u64, u64)> {
        (self.least <= self.greatest).then_some((self.least, self.greatest))
    }
}

impl Measures {
    /// Adds the cells of an entry. Returns the code of its value, if the value has one.
    pub(super) fn add(&mut self, kind: StatisticsKind, entry: &Entry<'_>) -> Option<u64> {
        let code = match kind {
            StatisticsKind::Integer => {
                let value = key::integer(entry.key);
                self.moments.add_decimal(value, 0, entry.count);
                Some(order::of_integer(value))
            }
            StatisticsKind::Temporal(_) => {
                let code = order::of_integer(key::integer(entry.key));
                if key::nanoseconds(entry.key) > 0 {
                    self.add_finer(entry.key);
                    return Some(code);
                }
                Some(code)
            }
            StatisticsKind::Number => {
                self.moments.add(number::exact(entry.key), entry.count);
                let value = number::value(entry.key);
                self.add_not_finite(value, entry.count);
                value.is_finite().then(|| order::of_double(value))
            }
            StatisticsKind::Text | StatisticsKind::Boolean => {
                self.lengths.add(entry.with_text(characters));
                None
            }
        };
        if let Some(code) = code {
            self.range.add(code);
        }
        code
    }

    /// Returns the codes of the least and the greatest value; times count without their nanoseconds.
    pub(super) fn range(&self) -> Option<(u64, u64)> {
        // If all times have nanoseconds within one microsecond, the range is empty.
        let of_finer = || self.finer.map(|(least, most)| (order::of_integer(least.0), order::of_integer(most.0)));
        self.range.get().or_else(of_finer)
    }

    /// Adds a time with nanoseconds to the range.
    pub(super) fn add_finer(&mut self, key: Key) {
        let value = (key::integer(key), key::nanoseconds(key));
        self.range.least = self.range.least.min(order::of_integer(value.0 + 1));
        self.range.greatest = self.range.greatest.max(order::of_integer(value.0));
        let (least, greatest) = self.finer.unwrap_or((value, value));
        self.finer = Some((least.min(value), greatest.max(value)));
    }

    /// Adds a number that is known as its nearest double.
    #[cold]
    #[inline(never)]
    pub(super) fn add_double(&mut self, key: Key) {
        self.moments.add(number::exact(key), 1);
        self.add_not_finite(number::value(key), 1);
    }

    fn add_not_finite(&mut self, value: f64, count: u64) {
        if !value.is_finite() {
            self.not_finite += count;
            self.infinities[0] |= value == f64::NEG_INFINITY;
            self.infinities[1] |= value == f64::INFINITY;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.moments.merge(&other.moments);
        self.not_finite += other.not_finite;
        self.infinities.iter_mut().zip(other.infinities).for_each(|(mine, theirs)| *mine |= theirs);
        self.finer = match (self.finer, other.finer) {
            (Some(mine), Some(theirs)) => Some((mine.0.min(theirs.0), mine.1.max(theirs.1))),
            (mine, theirs) => mine.or(theirs),
        };
        self.range.merge(other.range);
        self.lengths.merge(other.lengths);
    }
}
