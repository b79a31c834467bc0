//! Frequent values of columns with too many different values: a sample of rows.
//!
//! Every record has a level: level n with probability 2^−(n+1). The sample has a level too, and holds the rows whose
//! records have at least this level. It is the least level with which the pairs of value and level stay within
//! the capacity, so it depends on the rows alone, not on their order. Counts are kept by level, because parts of a column with different
//! levels are merged.

use super::count_table::{Capacity, CountTable};
use super::value_key::{self, ValueKey};

/// Lowest level of a sample: one row in 32, which costs almost nothing and is enough for frequent values.
pub(crate) const LEAST_LEVEL: u8 = 5;

/// Longest text that is sampled, in bytes: longer ones are of no use in a list of frequent values.
const LONGEST: usize = 256;

/// Returns the level of a record by its number: 0 for half of the records, 1 for a quarter, and so on.
#[inline]
pub(crate) fn level(record: u64) -> u8 {
    // The low bits of the hash of a number depend on all of its bits.
    (value_key::strong_hash(u128::from(record)) | 1 << 63).trailing_zeros() as u8
}

/// A sample of the rows of a column.
#[derive(Clone, Debug)]
pub(super) struct RowSample {
    level: u8,
    rows: CountTable,
    capacity: Capacity,
}

/// The values of a sample with their counts.
pub(super) struct SampledCounts {
    pub(super) values: CountTable,
    /// The number of rows of the file for which each sampled row stands.
    pub(super) rows_per_sample: u64,
}

impl RowSample {
    pub(super) fn new(capacity: Capacity) -> Self {
        Self { level: LEAST_LEVEL, rows: CountTable::default(), capacity }
    }

    /// Adds a row with this value, unless its level is too low.
    #[inline]
    pub(super) fn add(&mut self, value: ValueKey, text: &[u8], level: u8) {
        if level >= self.level {
            self.add_rows(value, text, level, 1);
        }
    }

    #[inline(never)]
    fn add_rows(&mut self, value: ValueKey, text: &[u8], level: u8, count: u64) {
        if text.len() > LONGEST {
            return;
        }
        let marked = value_key::with_level(value, level);
        while level >= self.level && !self.rows.add(marked, text, count, self.capacity) {
            self.raise_level(self.level + 1);
        }
    }

    /// Raises the level, and removes the rows below it.
    fn raise_level(&mut self, level: u8) {
        self.level = level;
        let all = std::mem::take(&mut self.rows);
        for row in all.entries().filter(|row| value_key::level(row.key) >= level) {
            // cannot fail: there are no more rows than before.
            self.rows.add(row.key, row.long, row.count, self.capacity);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if other.level > self.level {
            self.raise_level(other.level);
        }
        for row in other.rows.entries() {
            self.add_rows(value_key::without_level(row.key), row.long, value_key::level(row.key), row.count);
        }
    }

    /// Returns the values of the sample with their counts.
    pub(super) fn counts(&self) -> SampledCounts {
        let mut values = CountTable::default();
        for row in self.rows.entries() {
            // cannot fail: there are no more values than pairs.
            values.add(value_key::without_level(row.key), row.long, row.count, self.capacity);
        }
        SampledCounts { values, rows_per_sample: 1u64.checked_shl(self.level.into()).unwrap_or(u64::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn counts(sample: &RowSample) -> (BTreeMap<Vec<u8>, u64>, u64) {
        let SampledCounts { values, rows_per_sample } = sample.counts();
        (values.entries().map(|entry| (entry.with_text(<[u8]>::to_vec), entry.count)).collect(), rows_per_sample)
    }

    #[test]
    fn each_level_has_half_of_the_records_of_the_level_before() {
        let mut counts = [0u32; 64];
        for record in 0..1 << 20 {
            counts[usize::from(level(record))] += 1;
        }
        for (level, &count) in counts.iter().enumerate().take(10) {
            let expected = f64::from(1u32 << (19 - level));
            // Six standard deviations.
            assert!((f64::from(count) - expected).abs() < 6.0 * expected.sqrt(), "{level}: {count}");
        }
    }

    proptest! {
        #[test]
        fn the_order_of_rows_and_parts_does_not_matter(values in prop::collection::vec("[a-h]|[a-d]{20,22}", 0..200), cut in 0..200usize, seed in 0..100u64) {
            let rows: Vec<(String, u8)> =
                values.into_iter().zip(seed..).map(|(value, record)| (value, level(record) + 4)).collect();
            let sample = |rows: &mut dyn Iterator<Item = &(String, u8)>| {
                let mut sample = RowSample::new(Capacity { values: 12, bytes: 100 });
                for (value, level) in rows {
                    sample.add(value_key::of_text(value.as_bytes()), value.as_bytes(), *level);
                }
                sample
            };
            let whole = sample(&mut rows.iter());
            prop_assert_eq!(counts(&whole), counts(&sample(&mut rows.iter().rev())));
            let cut = cut.min(rows.len());
            let (mut first, mut second) = (sample(&mut rows[..cut].iter()), sample(&mut rows[cut..].iter()));
            let second_alone = second.clone();
            second.merge(&first);
            first.merge(&second_alone);
            prop_assert_eq!(counts(&first), counts(&whole));
            prop_assert_eq!(counts(&second), counts(&whole));
        }
    }
}
