//! Statistics of columns over the cells of clean rows.
//!
//! A column's statistics are a function of the set of its cells and their records: however rows are split into chunks
//! and threads, and in whatever order the parts are merged, the result is the same to the last digit. So nothing in
//! this folder is a running sum of doubles, or a sketch that depends on the order of its input.
//!
//! While the different values of a column fit a table of counts (4,096 values, and for texts a share of 8 MiB), all
//! statistics are derived from it, exactly. With more values the column has estimates: HyperLogLog for the number of
//! different values, a histogram for quantiles, a sample of rows for frequent values. Sums, ranges and lengths stay exact.

mod bigint;
mod bins;
mod estimate;
mod histogram;
mod hyper_log_log;
mod key;
mod measures;
mod moments;
mod number;
mod order;
mod sample;
mod summary;
mod table;

use std::ops::Range;

use self::estimate::Estimate;
use self::key::Key;
use self::sample::Sample;
pub(crate) use self::sample::{LEAST_LEVEL, level};
use self::table::{BATCH, Bound, Table};
use crate::types::FieldType;
use crate::types::StatisticsKind;
use crate::typing::values::Span;

/// Bounds of the tables of a column, which bound its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limits {
    /// The bound of the table of different values.
    table: Bound,
    /// The bound of the sampled pairs of value and level.
    sample: Bound,
}

/// Most columns for which each column has at least 4 KiB. More columns share twice the memory.
const MANY: usize = 4096;

impl Limits {
    fn new(columns: usize) -> Self {
        let bytes = match columns {
            ..=MANY => ((8 << 20) / columns.max(1)).clamp(4 << 10, 256 << 10),
            _ => ((16 << 20) / columns).max(1 << 10),
        };
        let values = (bytes / 16).clamp(64, 4096);
        Self { table: Bound { values, bytes }, sample: Bound { values: values / 4, bytes: bytes / 4 } }
    }

    /// Returns about the most bytes of memory that the statistics of a column take: entries and texts, in vectors that
    /// grow by doubling, and the slots of an index; or registers and bins, once there are estimates.
    fn most_bytes(self) -> usize {
        let of_table = |bound: Bound| 64 * bound.values + 2 * bound.bytes;
        of_table(self.table) + of_table(self.sample) + size_of::<ColumnStatistics>() + (4 << 10)
    }
}

/// Returns about the most bytes of memory that the statistics of a file with this many columns take.
pub(crate) fn most_bytes(columns: usize) -> usize {
    columns * Limits::new(columns).most_bytes()
}

/// Statistics of one column, or of a part of one.
#[derive(Clone, Debug)]
pub(crate) struct ColumnStatistics {
    kind: StatisticsKind,
    type_name: &'static str,
    limits: Limits,
    count: u64,
    missing: u64,
    trues: u64,
    /// The count of each value, while the values fit.
    table: Table,
    /// The estimates, once the values do not fit; the table is empty then.
    estimate: Option<Box<Estimate>>,
    sample: Sample,
}

impl ColumnStatistics {
    /// Returns empty statistics of a column of this type in a file of `columns` columns, which share the memory.
    pub(crate) fn new(field: &FieldType, columns: usize) -> Self {
        let kind = field.as_type().statistics();
        let limits = Limits::new(columns);
        Self {
            kind,
            type_name: field.name(),
            limits,
            count: 0,
            missing: 0,
            trues: 0,
            table: Table::default(),
            estimate: None,
            sample: Sample::new(limits.sample),
        }
    }

    /// Counts missing cells.
    pub(crate) fn missing(&mut self, cells: u64) {
        self.missing += cells;
    }

    /// Counts Boolean cells.
    pub(crate) fn booleans(&mut self, trues: u64, falses: u64) {
        self.count += trues + falses;
        self.trues += trues;
    }

    /// Counts integers, or dates and times as integers.
    pub(crate) fn integers(&mut self, values: &[i64]) {
        let mut room = [0; BATCH];
        for values in values.chunks(BATCH) {
            for (key, &value) in room.iter_mut().zip(values) {
                *key = key::of_integer(value);
            }
            let keys = &room[..values.len()];
            self.cells(keys, |_| &[], |estimate, at| estimate.integers(&keys[at.clone()], &values[at]));
        }
    }

    /// Counts a time with nanoseconds beyond its microseconds.
    pub(crate) fn finer(&mut self, value: i64, nanoseconds: u16) {
        let key = key::of_finer(value, nanoseconds);
        self.cells(&[key], |_| &[], |estimate, _| estimate.finer(key));
    }

    /// Counts numbers: their nearest doubles, and their decimals (`scales` 255: none).
    pub(crate) fn numbers(&mut self, values: &[f64], mantissas: &[i64], scales: &[u8]) {
        let mut room = [0; BATCH];
        let cells = values.chunks(BATCH).zip(mantissas.chunks(BATCH));
        for ((values, mantissas), scales) in cells.zip(scales.chunks(BATCH)) {
            for ((key, &value), (&mantissa, &scale)) in room.iter_mut().zip(values).zip(mantissas.iter().zip(scales)) {
                *key = number::key(value, mantissa, scale);
            }
            let keys = &room[..values.len()];
            let estimated = |estimate: &mut Estimate, at: Range<usize>| {
                estimate.numbers(&keys[at.clone()], &values[at.clone()], &mantissas[at.clone()], &scales[at]);
            };
            self.cells(keys, |_| &[], estimated);
        }
    }

    /// Counts texts (valid UTF-8) that stand in `data`.
    pub(crate) fn texts(&mut self, data: &[u8], spans: &[Span]) {
        let mut room = [0; BATCH];
        for spans in spans.chunks(BATCH) {
            for (key, span) in room.iter_mut().zip(spans) {
                *key = key::of_text_in(data, span.start(), span.len());
            }
            let keys = &room[..spans.len()];
            let text = |number: usize| spans[number].text(data);
            self.cells(keys, text, |estimate, at| {
                estimate.texts(&keys[at.clone()], |number| text(at.start + number));
            });
        }
    }

    /// Counts a text (valid UTF-8).
    pub(crate) fn text(&mut self, text: &[u8]) {
        let keys = [key::of_text(text)];
        self.cells(&keys, |_| text, |estimate, _| estimate.texts(&keys, |_| text));
    }

    /// Adds an integer, or a date or time as an integer, to the sample, if its record has a sufficient level. The cell has to be counted as well.
    pub(crate) fn sample_integer(&mut self, value: i64, level: u8) {
        self.sample.add(key::of_integer(value), &[], level);
    }

    /// Adds a time with nanoseconds to the sample, under the same conditions.
    pub(crate) fn sample_finer(&mut self, value: i64, nanoseconds: u16, level: u8) {
        self.sample.add(key::of_finer(value, nanoseconds), &[], level);
    }

    /// Adds a number to the sample, under the same conditions: its nearest double, and the mantissa and the scale of its decimal.
    pub(crate) fn sample_number(&mut self, (value, mantissa, scale): (f64, i64, u8), level: u8) {
        self.sample.add(number::key(value, mantissa, scale), &[], level);
    }

    /// Adds a text to the sample, under the same conditions.
    pub(crate) fn sample_text(&mut self, text: &[u8], level: u8) {
        self.sample.add(key::of_text(text), text, level);
    }

    /// Counts cells, at most a batch, by their keys. `text` returns the text of a long key by its number, and `estimated` adds a range of the cells
    /// to the estimates.
    #[inline]
    fn cells<'t>(
        &mut self,
        keys: &[Key],
        text: impl Fn(usize) -> &'t [u8],
        estimated: impl Fn(&mut Estimate, Range<usize>),
    ) {
        self.count += keys.len() as u64;
        if let Some(estimate) = &mut self.estimate {
            return estimated(estimate, 0..keys.len());
        }
        let mut others = [0; BATCH];
        let left = self.table.count_known(keys, &text, &mut others);
        for number in others[..left].iter().map(|&number| usize::from(number)) {
            match &mut self.estimate {
                Some(estimate) => estimated(estimate, number..number + 1),
                None => {
                    if !self.table.add(keys[number], text(number), 1, self.limits.table) {
                        estimated(self.give_up_table(), number..number + 1);
                    }
                }
            }
        }
    }

    /// Adds the statistics of another part of the same column.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.missing += other.missing;
        self.trues += other.trues;
        self.sample.merge(&other.sample);
        if let Some(theirs) = &other.estimate {
            self.give_up_table().merge(theirs);
        }
        for entry in other.table.entries() {
            match &mut self.estimate {
                Some(estimate) => estimate.add_entry(&entry),
                None => {
                    if !self.table.add(entry.key, entry.long, entry.count, self.limits.table) {
                        self.give_up_table().add_entry(&entry);
                    }
                }
            }
        }
    }

    /// Returns the estimates, after moving the values of the table to them.
    #[cold]
    fn give_up_table(&mut self) -> &mut Estimate {
        let table = std::mem::take(&mut self.table);
        let estimate = self.estimate.get_or_insert_with(|| Box::new(Estimate::new(self.kind, self.limits)));
        table.entries().for_each(|entry| estimate.add_entry(&entry));
        estimate
    }
}

#[cfg(test)]
mod tests;
