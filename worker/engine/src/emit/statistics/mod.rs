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
mod count_table;
mod estimates;
mod fine_histogram;
mod histogram;
mod hyper_log_log;
mod measures;
mod moments;
mod number;
mod ordinal;
mod row_sample;
mod summary;
mod value_key;

use std::ops::Range;

use self::count_table::{BATCH, Capacity, CountTable};
use self::estimates::Estimates;
use self::row_sample::RowSample;
pub(crate) use self::row_sample::{LEAST_LEVEL, level};
use self::value_key::ValueKey;
use crate::bound::PreciseTime;
use crate::types::FieldType;
use crate::types::StatisticsKind;
use crate::typing::values::Span;

/// How much the tables of a column may hold, which bounds its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Capacities {
    /// Of the table of different values.
    table: Capacity,
    /// Of the sample, whose values are pairs of value and level.
    sample: Capacity,
}

/// Most columns for which each has at least 4 KiB. More columns share twice the memory.
const MOST_WITH_4_KIB: usize = 4096;

impl Capacities {
    fn new(columns: usize) -> Self {
        let bytes = match columns {
            ..=MOST_WITH_4_KIB => ((8 << 20) / columns.max(1)).clamp(4 << 10, 256 << 10),
            _ => ((16 << 20) / columns).max(1 << 10),
        };
        let values = (bytes / 16).clamp(64, 4096);
        Self { table: Capacity { values, bytes }, sample: Capacity { values: values / 4, bytes: bytes / 4 } }
    }

    /// Returns about the most bytes of memory that the statistics of a column take: entries and texts, in vectors that
    /// grow by doubling, and the slots of an index; or registers and bins, once there are estimates.
    fn most_bytes(self) -> usize {
        let of_table = |capacity: Capacity| 64 * capacity.values + 2 * capacity.bytes;
        of_table(self.table) + of_table(self.sample) + size_of::<ColumnStatistics>() + (4 << 10)
    }
}

/// Returns about the most bytes of memory that the statistics of a file with this many columns take.
pub(crate) fn most_bytes(columns: usize) -> usize {
    columns * Capacities::new(columns).most_bytes()
}

/// Statistics of one column, or of a part of one.
#[derive(Clone, Debug)]
pub(crate) struct ColumnStatistics {
    kind: StatisticsKind,
    type_name: &'static str,
    capacities: Capacities,
    count: u64,
    missing: u64,
    trues: u64,
    /// The count of each value, while the values fit.
    table: CountTable,
    /// The estimates, once the values do not fit; the table is empty then.
    estimates: Option<Box<Estimates>>,
    sample: RowSample,
}

impl ColumnStatistics {
    /// Returns empty statistics of a column of this type in a file of `columns` columns, which share the memory.
    pub(crate) fn new(field: &FieldType, columns: usize) -> Self {
        let kind = field.as_type().statistics();
        let capacities = Capacities::new(columns);
        Self {
            kind,
            type_name: field.name(),
            capacities,
            count: 0,
            missing: 0,
            trues: 0,
            table: CountTable::default(),
            estimates: None,
            sample: RowSample::new(capacities.sample),
        }
    }

    /// Counts missing cells.
    pub(crate) fn add_missing(&mut self, cells: u64) {
        self.missing += cells;
    }

    /// Counts Boolean cells.
    pub(crate) fn add_booleans(&mut self, trues: u64, falses: u64) {
        self.count += trues + falses;
        self.trues += trues;
    }

    /// Counts integers, or dates and times as integers.
    pub(crate) fn add_integers(&mut self, values: &[i64]) {
        let mut room = [0; BATCH];
        for values in values.chunks(BATCH) {
            for (key, &value) in room.iter_mut().zip(values) {
                *key = value_key::of_integer(value);
            }
            let keys = &room[..values.len()];
            self.add_cells(keys, |_| &[], |estimates, at| estimates.add_integers(&keys[at.clone()], &values[at]));
        }
    }

    /// Counts a time with nanoseconds.
    pub(crate) fn add_precise_time(&mut self, time: PreciseTime) {
        let key = value_key::of_precise_time(time);
        self.add_cells(&[key], |_| &[], |estimates, _| estimates.add_precise_time(time));
    }

    /// Counts numbers: their nearest doubles, and the mantissas and scales of their decimals. There is no decimal where
    /// the scale is [`NO_SCALE`](crate::typing::values::NO_SCALE).
    pub(crate) fn add_numbers(&mut self, values: &[f64], mantissas: &[i64], scales: &[u8]) {
        let mut room = [0; BATCH];
        let cells = values.chunks(BATCH).zip(mantissas.chunks(BATCH));
        for ((values, mantissas), scales) in cells.zip(scales.chunks(BATCH)) {
            for ((key, &value), (&mantissa, &scale)) in room.iter_mut().zip(values).zip(mantissas.iter().zip(scales)) {
                *key = number::key(value, mantissa, scale);
            }
            let keys = &room[..values.len()];
            let estimated = |estimates: &mut Estimates, at: Range<usize>| {
                estimates.add_numbers(&keys[at.clone()], &values[at.clone()], &mantissas[at.clone()], &scales[at]);
            };
            self.add_cells(keys, |_| &[], estimated);
        }
    }

    /// Counts texts (valid UTF-8) that stand in `data`.
    pub(crate) fn add_texts(&mut self, data: &[u8], spans: &[Span]) {
        let mut room = [0; BATCH];
        for spans in spans.chunks(BATCH) {
            for (key, span) in room.iter_mut().zip(spans) {
                *key = value_key::of_text_in(data, span.start(), span.len());
            }
            let keys = &room[..spans.len()];
            let text = |number: usize| spans[number].text(data);
            self.add_cells(keys, text, |estimates, at| {
                estimates.add_texts(&keys[at.clone()], |number| text(at.start + number));
            });
        }
    }

    /// Counts a text (valid UTF-8).
    pub(crate) fn add_text(&mut self, text: &[u8]) {
        let keys = [value_key::of_text(text)];
        self.add_cells(&keys, |_| text, |estimates, _| estimates.add_texts(&keys, |_| text));
    }

    /// Adds an integer, or a date or time as an integer, to the sample, if its record has a sufficient level. The cell has to be counted as well.
    pub(crate) fn sample_integer(&mut self, value: i64, level: u8) {
        self.sample.add(value_key::of_integer(value), &[], level);
    }

    /// Adds a time with nanoseconds to the sample, under the same conditions.
    pub(crate) fn sample_precise_time(&mut self, time: PreciseTime, level: u8) {
        self.sample.add(value_key::of_precise_time(time), &[], level);
    }

    /// Adds a number to the sample, under the same conditions. The arguments are those of [`Self::add_numbers`].
    pub(crate) fn sample_number(&mut self, value: f64, mantissa: i64, scale: u8, level: u8) {
        self.sample.add(number::key(value, mantissa, scale), &[], level);
    }

    /// Adds a text to the sample, under the same conditions.
    pub(crate) fn sample_text(&mut self, text: &[u8], level: u8) {
        self.sample.add(value_key::of_text(text), text, level);
    }

    /// Counts cells, at most a batch, by their keys. `text` returns the text of a long key by its number, and `estimated` adds a range of the cells
    /// to the estimates.
    #[inline]
    fn add_cells<'t>(
        &mut self,
        keys: &[ValueKey],
        text: impl Fn(usize) -> &'t [u8],
        estimated: impl Fn(&mut Estimates, Range<usize>),
    ) {
        self.count += keys.len() as u64;
        if let Some(estimates) = &mut self.estimates {
            return estimated(estimates, 0..keys.len());
        }
        let mut others = [0; BATCH];
        let left = self.table.count_known(keys, &text, &mut others);
        for number in others[..left].iter().map(|&number| usize::from(number)) {
            match &mut self.estimates {
                Some(estimates) => estimated(estimates, number..number + 1),
                None => {
                    if !self.table.add(keys[number], text(number), 1, self.capacities.table) {
                        estimated(self.replace_table(), number..number + 1);
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
        if let Some(theirs) = &other.estimates {
            self.replace_table().merge(theirs);
        }
        for entry in other.table.entries() {
            match &mut self.estimates {
                Some(estimates) => estimates.add_entry(&entry),
                None => {
                    if !self.table.add(entry.key, entry.long, entry.count, self.capacities.table) {
                        self.replace_table().add_entry(&entry);
                    }
                }
            }
        }
    }

    /// Returns the estimates, after moving the values of the table to them.
    #[cold]
    fn replace_table(&mut self) -> &mut Estimates {
        let table = std::mem::take(&mut self.table);
        let estimates = self.estimates.get_or_insert_with(|| Box::new(Estimates::new(self.kind, self.capacities)));
        table.entries().for_each(|entry| estimates.add_entry(&entry));
        estimates
    }
}

#[cfg(test)]
mod tests;
