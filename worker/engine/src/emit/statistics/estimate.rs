//! The estimates of a column whose different values do not fit a table.

use super::Limits;
use super::bins::Part;
use super::histogram::Histogram;
use super::hyper_log_log::Registers;
use super::key::{self, Key};
use super::measures::Measures;
use super::number;
use super::order;
use super::table::Entry;
use crate::parse::characters;
use crate::types::StatisticsKind;

/// Bits of the code of a double that a bin of numbers leaves out: 128 bins for each power of two, so that the middle of a bin
/// differs by at most 0.4 % from the values in it.
const NUMBER_SHIFT: u32 = 52 - 7;

/// Estimates of a column. All of them are functions of the values alone: registers and ranges are maxima, histograms
/// counts in bins that the values fix, and sums are exact.
#[derive(Clone, Debug)]
pub(super) struct Estimate {
    kind: StatisticsKind,
    distinct: Registers,
    pub(super) measures: Measures,
    histogram: Option<Histogram>,
    /// The previous text, if it is short: if the next text is the same, the lengths do not change.
    latest: Option<Key>,
}

impl Estimate {
    pub(super) fn new(kind: StatisticsKind, limits: Limits) -> Self {
        let histogram = match kind {
            StatisticsKind::Integer | StatisticsKind::Number => Some(Histogram::new(NUMBER_SHIFT, limits.table.values)),
            StatisticsKind::Temporal(_) => Some(Histogram::new(0, limits.table.values / 2)),
            StatisticsKind::Text | StatisticsKind::Boolean => None,
        };
        Self { kind, distinct: Registers::new(), measures: Measures::default(), histogram, latest: None }
    }

    #[inline]
    fn note_distinct(&mut self, key: Key) {
        self.distinct.add(key::strong_hash(key));
    }

    /// Adds the cells of a value that was in the table of counts until now.
    pub(super) fn add_entry(&mut self, entry: &Entry<'_>) {
        self.note_distinct(entry.key);
        let code = self.measures.add(self.kind, entry);
        if let (Some(code), Some(histogram)) = (code, &mut self.histogram) {
            histogram.add(bin_code(self.kind, code), entry.count);
        }
    }

    /// Adds at most a batch of integers or times, with their keys. Each estimate has a loop of its own, so that the waits for memory of several
    /// cells overlap.
    pub(super) fn integers(&mut self, keys: &[Key], values: &[i64]) {
        keys.iter().for_each(|&key| self.note_distinct(key));
        if self.kind == StatisticsKind::Integer {
            values.iter().for_each(|&value| self.measures.moments.add_decimal(value, 0, 1));
        }
        values.iter().for_each(|&value| self.measures.range.add(order::of_integer(value)));
        let Self { kind, histogram: Some(histogram), .. } = self else { return };
        values.iter().for_each(|&value| histogram.add(bin_code(*kind, order::of_integer(value)), 1));
    }

    /// Adds a time with nanoseconds.
    pub(super) fn finer(&mut self, key: Key) {
        self.note_distinct(key);
        self.measures.add_finer(key);
        let code = order::of_integer(key::integer(key));
        if let Some(histogram) = &mut self.histogram {
            histogram.add(bin_code(self.kind, code), 1);
        }
    }

    /// Adds at most a batch of numbers, with their keys; the other arguments are those of [`super::ColumnStatistics::numbers`].
    pub(super) fn numbers(&mut self, keys: &[Key], values: &[f64], mantissas: &[i64], scales: &[u8]) {
        keys.iter().for_each(|&key| self.note_distinct(key));
        for ((&key, &mantissa), &scale) in keys.iter().zip(mantissas).zip(scales) {
            match scale {
                number::NO_SCALE => self.measures.add_double(key),
                scale => self.measures.moments.add_decimal(mantissa, scale, 1),
            }
        }
        // The sum turns −0 into 0.
        let codes = || values.iter().filter(|value| value.is_finite()).map(|value| order::of_double(value + 0.0));
        codes().for_each(|code| self.measures.range.add(code));
        if let Some(histogram) = &mut self.histogram {
            codes().for_each(|code| histogram.add(code, 1));
        }
    }

    /// Adds at most a batch of texts: their keys, and each text by its number.
    pub(super) fn texts<'t>(&mut self, keys: &[Key], text: impl Fn(usize) -> &'t [u8]) {
        for &key in keys {
            self.note_distinct(key);
        }
        for (number, &key) in keys.iter().enumerate() {
            if self.latest != Some(key) {
                self.latest = (!key::is_long(key)).then_some(key);
                self.measures.lengths.add(key::ascii_length(key).unwrap_or_else(|| characters(text(number))));
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.distinct.merge(&other.distinct);
        self.measures.merge(&other.measures);
        if let (Some(mine), Some(theirs)) = (&mut self.histogram, &other.histogram) {
            mine.merge(theirs);
        }
    }

    /// Returns the estimated number of different values.
    pub(super) fn distinct(&self) -> u64 {
        self.distinct.estimate().round() as u64
    }

    /// Returns the bins of the histogram in order: first and last code, and count.
    pub(super) fn bins(&self) -> Vec<Part> {
        self.histogram.as_ref().map(Histogram::bins).unwrap_or_default()
    }

    /// Returns the values in order, a part for each bin: the codes of the least and the greatest value that the bin may
    /// have, and the number of values.
    pub(super) fn parts(&self, bins: &[Part]) -> Vec<Part> {
        let Some((least, most)) = self.measures.range() else { return Vec::new() };
        let of_value = |bin: u64, end: fn(f64) -> f64| match self.kind {
            // The bins are bins of doubles, the range is a range of integers.
            StatisticsKind::Integer => order::of_integer(end(order::double(bin)) as i64),
            _ => bin,
        };
        let part = |&(first, last, count): &Part| {
            let first = of_value(first, f64::ceil).clamp(least, most);
            (first, of_value(last, f64::floor).clamp(first, most), count)
        };
        bins.iter().map(part).collect()
    }

    /// Returns the bins in order, each as the code in its middle, and its count.
    pub(super) fn quantile_codes(&self, bins: &[Part]) -> Vec<(u64, u64)> {
        let Some((least, most)) = self.measures.range() else { return Vec::new() };
        bins.iter()
            .map(|&(first, last, count)| {
                let middle = match self.kind {
                    // The bins are bins of doubles, the range is a range of integers.
                    StatisticsKind::Integer => {
                        order::of_integer(middle_double(first, last).trunc() as i64).clamp(least, most)
                    }
                    StatisticsKind::Number => {
                        let (first, last) = (first.clamp(least, most), last.clamp(least, most));
                        order::of_double(middle_double(first, last) + 0.0).clamp(least, most)
                    }
                    _ => {
                        let (first, last) = (first.clamp(least, most), last.clamp(least, most));
                        first + (last - first) / 2
                    }
                };
                (middle, count)
            })
            .collect()
    }
}

/// Returns the code of a value in the histogram. For integers it is the code of the nearest double, so that the width
/// of a bin grows with its numbers.
#[inline]
fn bin_code(kind: StatisticsKind, code: u64) -> u64 {
    match kind {
        StatisticsKind::Integer => order::of_double(order::integer(code) as f64),
        _ => code,
    }
}

/// Returns the number in the middle between two codes of doubles; 0 if 0 lies between them.
fn middle_double(first: u64, last: u64) -> f64 {
    let zero = order::of_double(0.0);
    if (first..=last).contains(&zero) {
        return 0.0;
    }
    order::double(first) / 2.0 + order::double(last) / 2.0
}
