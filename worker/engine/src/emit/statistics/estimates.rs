//! The estimates of a column whose different values do not fit a table.

use super::Capacities;
use super::count_table::Entry;
use super::fine_histogram::FineHistogram;
use super::histogram::Bin;
use super::hyper_log_log::HyperLogLog;
use super::measures::{Measures, MinMax};
use super::ordinal;
use super::value_key::{self, ValueKey};
use crate::bound::PreciseTime;
use crate::parse::characters;
use crate::types::StatisticsKind;
use crate::typing::values::NO_SCALE;

/// Bits of the ordinal of a double that a bin of numbers leaves out: 128 bins for each power of two, so that the middle of a bin
/// differs by at most 0.4 % from the values in it.
const NUMBER_SHIFT: u32 = 52 - 7;

/// Values with one ordinal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Counted {
    pub(super) ordinal: u64,
    /// The number of values.
    pub(super) count: u64,
}

/// Estimates of a column. All of them are functions of the values alone: registers and ranges are maxima, histograms
/// counts in bins that the values fix, and sums are exact.
#[derive(Clone, Debug)]
pub(super) struct Estimates {
    kind: StatisticsKind,
    distinct: HyperLogLog,
    pub(super) measures: Measures,
    histogram: Option<FineHistogram>,
    /// The previous text, if it is short: if the next text is the same, the lengths do not change.
    latest: Option<ValueKey>,
}

impl Estimates {
    pub(super) fn new(kind: StatisticsKind, capacities: Capacities) -> Self {
        let histogram = match kind {
            StatisticsKind::Integer | StatisticsKind::Number => {
                Some(FineHistogram::new(NUMBER_SHIFT, capacities.table.values))
            }
            StatisticsKind::Temporal(_) => Some(FineHistogram::new(0, capacities.table.values / 2)),
            StatisticsKind::Text | StatisticsKind::Boolean => None,
        };
        Self { kind, distinct: HyperLogLog::new(), measures: Measures::default(), histogram, latest: None }
    }

    #[inline]
    fn note_distinct(&mut self, key: ValueKey) {
        self.distinct.add(value_key::strong_hash(key));
    }

    /// Adds the cells of a value that was in the table of counts until now.
    pub(super) fn add_entry(&mut self, entry: &Entry<'_>) {
        self.note_distinct(entry.key);
        let ordinal = self.measures.add(self.kind, entry);
        if let (Some(ordinal), Some(histogram)) = (ordinal, &mut self.histogram) {
            histogram.add(bin_ordinal(self.kind, ordinal), entry.count);
        }
    }

    /// Adds at most a batch of integers or times, with their keys. Each estimate has a loop of its own, so that the waits for memory of several
    /// cells overlap.
    pub(super) fn add_integers(&mut self, keys: &[ValueKey], values: &[i64]) {
        keys.iter().for_each(|&key| self.note_distinct(key));
        if self.kind == StatisticsKind::Integer {
            values.iter().for_each(|&value| self.measures.moments.add_decimal(value, 0, 1));
        }
        values.iter().for_each(|&value| self.measures.range.add(ordinal::of_integer(value)));
        let Self { kind, histogram: Some(histogram), .. } = self else { return };
        values.iter().for_each(|&value| histogram.add(bin_ordinal(*kind, ordinal::of_integer(value)), 1));
    }

    /// Adds a time with nanoseconds.
    pub(super) fn add_precise_time(&mut self, time: PreciseTime) {
        self.note_distinct(value_key::of_precise_time(time));
        self.measures.add_precise_time(time);
        let ordinal = ordinal::of_integer(time.microseconds);
        if let Some(histogram) = &mut self.histogram {
            histogram.add(bin_ordinal(self.kind, ordinal), 1);
        }
    }

    /// Adds at most a batch of numbers, with their keys; the other arguments are those of [`super::ColumnStatistics::add_numbers`].
    pub(super) fn add_numbers(&mut self, keys: &[ValueKey], values: &[f64], mantissas: &[i64], scales: &[u8]) {
        keys.iter().for_each(|&key| self.note_distinct(key));
        for ((&key, &mantissa), &scale) in keys.iter().zip(mantissas).zip(scales) {
            match scale {
                NO_SCALE => self.measures.add_double(key),
                scale => self.measures.moments.add_decimal(mantissa, scale, 1),
            }
        }
        // The sum turns −0 into 0.
        let ordinals = || values.iter().filter(|value| value.is_finite()).map(|value| ordinal::of_double(value + 0.0));
        ordinals().for_each(|ordinal| self.measures.range.add(ordinal));
        if let Some(histogram) = &mut self.histogram {
            ordinals().for_each(|ordinal| histogram.add(ordinal, 1));
        }
    }

    /// Adds at most a batch of texts: their keys, and each text by its number.
    pub(super) fn add_texts<'t>(&mut self, keys: &[ValueKey], text: impl Fn(usize) -> &'t [u8]) {
        for &key in keys {
            self.note_distinct(key);
        }
        for (number, &key) in keys.iter().enumerate() {
            if self.latest != Some(key) {
                self.latest = (!value_key::is_long(key)).then_some(key);
                self.measures.lengths.add(value_key::ascii_length(key).unwrap_or_else(|| characters(text(number))));
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

    /// Returns the bins of the histogram in order.
    pub(super) fn bins(&self) -> Vec<Bin> {
        self.histogram.as_ref().map(FineHistogram::bins).unwrap_or_default()
    }

    /// Returns the bins of the histogram with the ordinals of values: no value of the column is outside the bins.
    pub(super) fn value_bins(&self, bins: &[Bin]) -> Vec<Bin> {
        let Some(MinMax { least, greatest }) = self.measures.range() else { return Vec::new() };
        let of_value = |bin: u64, end: fn(f64) -> f64| match self.kind {
            // The bins are bins of doubles, the range is a range of integers.
            StatisticsKind::Integer => ordinal::of_integer(end(ordinal::double(bin)) as i64),
            _ => bin,
        };
        let value_bin = |&Bin { first, last, count }: &Bin| {
            let first = of_value(first, f64::ceil).clamp(least, greatest);
            Bin { first, last: of_value(last, f64::floor).clamp(first, greatest), count }
        };
        bins.iter().map(value_bin).collect()
    }

    /// Returns the bins in order, each as the ordinal in its middle, and its count.
    pub(super) fn quantile_ordinals(&self, bins: &[Bin]) -> Vec<Counted> {
        let Some(MinMax { least, greatest }) = self.measures.range() else { return Vec::new() };
        bins.iter()
            .map(|&Bin { first, last, count }| {
                let middle = match self.kind {
                    // The bins are bins of doubles, the range is a range of integers.
                    StatisticsKind::Integer => {
                        ordinal::of_integer(middle_double(first, last).trunc() as i64).clamp(least, greatest)
                    }
                    StatisticsKind::Number => {
                        let (first, last) = (first.clamp(least, greatest), last.clamp(least, greatest));
                        ordinal::of_double(middle_double(first, last) + 0.0).clamp(least, greatest)
                    }
                    _ => {
                        let (first, last) = (first.clamp(least, greatest), last.clamp(least, greatest));
                        first + (last - first) / 2
                    }
                };
                Counted { ordinal: middle, count }
            })
            .collect()
    }
}

/// Returns the ordinal of a value in the histogram. For integers it is the ordinal of the nearest double, so that the width
/// of a bin grows with its numbers.
#[inline]
fn bin_ordinal(kind: StatisticsKind, ordinal: u64) -> u64 {
    match kind {
        StatisticsKind::Integer => ordinal::of_double(ordinal::integer(ordinal) as f64),
        _ => ordinal,
    }
}

/// Returns the number in the middle between two ordinals of doubles; 0 if 0 lies between them.
fn middle_double(first: u64, last: u64) -> f64 {
    let zero = ordinal::of_double(0.0);
    if (first..=last).contains(&zero) {
        return 0.0;
    }
    ordinal::double(first) / 2.0 + ordinal::double(last) / 2.0
}
