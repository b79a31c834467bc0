//! The clean rows of a chunk, and their values for the statistics.

use std::ops::Range;

use sluice_csv::{Chunk, Dialect};

use crate::bound::PreciseTime;
use crate::emit::statistics::{self, ColumnStatistics};
use crate::resolve::key_values::TypedChunk;
use crate::typing::values::{CellNanoseconds, CellState, ColumnValues, RawCell, Span, TypedColumn};

/// The clean rows of a chunk, ascending, in runs; and the clean rows that may be sampled, with the level of each.
#[derive(Debug, Default)]
pub(crate) struct CleanRows {
    runs: Vec<Range<usize>>,
    count: usize,
    sampled: Vec<SampledRow>,
}

/// A row that may be sampled.
#[derive(Clone, Copy, Debug)]
struct SampledRow {
    row: u32,
    level: u8,
}

impl CleanRows {
    pub(crate) fn clear(&mut self) {
        self.runs.clear();
        self.count = 0;
        self.sampled.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// The clean rows, in runs.
    pub(crate) fn runs(&self) -> &[Range<usize>] {
        &self.runs
    }

    /// Adds rows behind the last one; the row with the number n is record `record + n`.
    pub(crate) fn push(&mut self, rows: Range<usize>, record: u64) {
        if rows.is_empty() {
            return;
        }
        self.count += rows.len();
        for row in rows.clone() {
            let level = statistics::level(record + row as u64);
            if level >= statistics::LEAST_LEVEL {
                self.sampled.push(SampledRow { row: row as u32, level });
            }
        }
        self.runs.push(rows);
    }

    /// Returns true if the row is clean.
    fn holds(&self, row: usize) -> bool {
        let run = self.runs.partition_point(|run| run.end <= row);
        self.runs.get(run).is_some_and(|run| run.contains(&row))
    }
}

/// Buffers for the values of clean rows on their way to the statistics; they are used again.
#[derive(Debug, Default)]
pub(crate) struct StatisticsBuffers {
    spans: Vec<Span>,
    integers: Vec<i64>,
    numbers: Vec<f64>,
    mantissas: Vec<i64>,
    bytes: Vec<u8>,
    scratch: Vec<u8>,
}

impl StatisticsBuffers {
    /// Counts the cells of column number `column`, from 0, in the clean rows of a chunk. No clean row has a failed cell.
    pub(crate) fn count(
        &mut self,
        TypedChunk { chunk, typed, dialect, .. }: TypedChunk<'_>,
        clean: &CleanRows,
        column: usize,
        statistics: &mut ColumnStatistics,
    ) {
        let typed = &typed[column];
        let Self { spans, integers, numbers, mantissas, bytes, scratch } = self;
        let cells = CleanCells { clean, typed };
        let counted = match &typed.values {
            ColumnValues::Texts(of_chunk) => {
                let mut texts = Texts { chunk, dialect, column, spans: of_chunk, scratch };
                let may_be_escaped = typed.has_gaps && (chunk.has_quotes() || dialect.escape.is_some());
                let others = if may_be_escaped { texts.count_escaped(clean, statistics) } else { 0 };
                texts.sample(clean, statistics);
                let found = cells.texts(of_chunk, spans);
                statistics.add_texts(chunk.bytes(), found);
                found.len() + others
            }
            ColumnValues::Integers(values) | ColumnValues::Datetimes(values) | ColumnValues::Times(values) => {
                cells.count_integers(values, integers, statistics) + cells.count_precise_times(values, statistics)
            }
            ColumnValues::Dates(values) | ColumnValues::YearMonths(values) => {
                cells.count_integers(values, integers, statistics)
            }
            ColumnValues::Numbers { values, mantissas: of_values, scales } => {
                for SampledRow { row, level } in cells.sampled() {
                    let row = row as usize;
                    statistics.sample_number(values[row], of_values[row], scales[row], level);
                }
                let (values, mantissas) = (cells.values(values, numbers), cells.values(of_values, mantissas));
                statistics.add_numbers(values, mantissas, cells.values(scales, bytes));
                values.len()
            }
            ColumnValues::Booleans(values) => {
                let values = cells.values(values, bytes);
                let trues = values.iter().map(|&value| u64::from(value)).sum();
                statistics.add_booleans(trues, values.len() as u64 - trues);
                values.len()
            }
        };
        statistics.add_missing((clean.len() - counted) as u64);
    }
}

/// The texts of a column.
struct Texts<'t> {
    chunk: &'t Chunk,
    dialect: &'t Dialect,
    column: usize,
    spans: &'t [Span],
    scratch: &'t mut Vec<u8>,
}

impl Texts<'_> {
    /// Counts the texts with escapes, which the chunk does not hold as they are, and returns their number.
    fn count_escaped(&mut self, clean: &CleanRows, statistics: &mut ColumnStatistics) -> usize {
        let mut count = 0;
        for row in clean.runs.iter().cloned().flatten().filter(|&row| self.spans[row] == Span::ESCAPED) {
            statistics.add_text(self.resolved(row));
            count += 1;
        }
        count
    }

    /// Passes on the texts of the rows that may be sampled.
    fn sample(&mut self, clean: &CleanRows, statistics: &mut ColumnStatistics) {
        for &SampledRow { row, level } in &clean.sampled {
            match self.spans[row as usize] {
                Span::MISSING => {}
                Span::ESCAPED => statistics.sample_text(self.resolved(row as usize), level),
                span => statistics.sample_text(span.text(self.chunk.bytes()), level),
            }
        }
    }

    /// Returns the text of a row with its escapes resolved.
    fn resolved(&mut self, row: usize) -> &[u8] {
        RawCell { chunk: self.chunk, dialect: self.dialect, row, column: self.column }.text(self.scratch)
    }
}

/// The cells of a column in clean rows.
#[derive(Clone, Copy)]
struct CleanCells<'c> {
    clean: &'c CleanRows,
    typed: &'c TypedColumn,
}

impl CleanCells<'_> {
    /// Returns a function that returns true if a cell in a state has a value that is counted with the others. Any other
    /// cell of a clean row is missing, or is a time with nanoseconds.
    #[inline(always)]
    fn has_value(self) -> impl Fn(CellState) -> bool {
        let has_precise_times = !self.typed.nanoseconds.is_empty();
        move |state| state == CellState::Value || state == CellState::Inexact && !has_precise_times
    }

    /// Returns the texts that the chunk holds as they are; `gathered` is the buffer.
    #[inline(never)]
    fn texts<'g>(self, spans: &[Span], gathered: &'g mut Vec<Span>) -> &'g [Span] {
        gathered.clear();
        if !self.typed.has_gaps {
            self.clean.runs.iter().for_each(|run| gathered.extend_from_slice(&spans[run.clone()]));
            return gathered;
        }
        gathered.resize(self.clean.len(), Span::MISSING);
        let spans = self.clean.runs.iter().flat_map(|run| &spans[run.clone()]);
        keep(spans.map(|&span| (span, span.is_in_chunk())), gathered);
        gathered
    }

    /// Returns the values of clean rows; `gathered` is the buffer.
    fn values<'g, T: Copy + Into<U>, U: Copy + Default>(self, values: &[T], gathered: &'g mut Vec<U>) -> &'g [U] {
        gathered.clear();
        let runs = self.clean.runs.iter();
        if !self.typed.has_gaps && self.typed.nanoseconds.is_empty() {
            runs.for_each(|run| gathered.extend(values[run.clone()].iter().map(|&value| value.into())));
            return gathered;
        }
        gathered.resize(self.clean.len(), U::default());
        let has_value = self.has_value();
        let cells = runs.flat_map(|run| values[run.clone()].iter().zip(&self.typed.states[run.clone()]));
        keep(cells.map(|(&value, &state)| (value.into(), has_value(state))), gathered);
        gathered
    }

    /// Returns the clean rows with a value that may be sampled, with their levels.
    fn sampled(&self) -> impl Iterator<Item = SampledRow> {
        let (states, has_value) = (&self.typed.states, self.has_value());
        self.clean.sampled.iter().copied().filter(move |sampled| has_value(states[sampled.row as usize]))
    }

    /// Counts integers, dates or times, and returns their number.
    fn count_integers<T: Copy + Into<i64>>(
        self,
        values: &[T],
        gathered: &mut Vec<i64>,
        statistics: &mut ColumnStatistics,
    ) -> usize {
        for SampledRow { row, level } in self.sampled() {
            statistics.sample_integer(values[row as usize].into(), level);
        }
        let values = self.values(values, gathered);
        statistics.add_integers(values);
        values.len()
    }

    /// Counts the times with nanoseconds, and returns their number.
    fn count_precise_times(self, values: &[i64], statistics: &mut ColumnStatistics) -> usize {
        let mut count = 0;
        let of_clean_rows = self.typed.nanoseconds.iter().filter(|cell| self.clean.holds(cell.row as usize));
        for &CellNanoseconds { row, nanoseconds } in of_clean_rows {
            let time = PreciseTime { microseconds: values[row as usize], nanoseconds };
            statistics.add_precise_time(time);
            if let Ok(found) = self.clean.sampled.binary_search_by_key(&row, |sampled| sampled.row) {
                statistics.sample_precise_time(time, self.clean.sampled[found].level);
            }
            count += 1;
        }
        count
    }
}

/// Writes the values whose flag is true to `kept`, which has room for all of them, and cuts `kept` to these.
///
/// Which cells are missing cannot be foreseen, so there is no branch on the flag: every value is written, and the next
/// one overwrites a value that is not kept.
#[inline(always)]
fn keep<T>(values: impl Iterator<Item = (T, bool)>, kept: &mut Vec<T>) {
    let mut count = 0;
    let room = &mut kept[..];
    values.for_each(|(value, is_kept)| {
        room[count] = value;
        count += usize::from(is_kept);
    });
    kept.truncate(count);
}
