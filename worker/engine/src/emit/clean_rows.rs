//! The clean rows of a chunk, and their values for the statistics.

use std::ops::Range;

use sluice_csv::unquote;

use crate::emit::statistics::{self, ColumnStatistics};
use crate::resolve::candidates::TypedChunk;
use crate::typing::values::{Span, State, TypedColumn, Values};

/// The regular rows that are clean, ascending: one by one with the sampling level of each, and in runs.
#[derive(Debug, Default)]
pub(crate) struct CleanRows {
    rows: Vec<u32>,
    levels: Vec<u8>,
    runs: Vec<Range<usize>>,
}

impl CleanRows {
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.levels.clear();
        self.runs.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The same rows in runs.
    pub(crate) fn runs(&self) -> &[Range<usize>] {
        &self.runs
    }

    /// Adds regular rows, behind those that are there; row number n is record `record + n`.
    pub(crate) fn push(&mut self, rows: Range<usize>, record: u64) {
        if rows.is_empty() {
            return;
        }
        self.runs.push(rows.clone());
        self.levels.extend(rows.clone().map(|row| statistics::level(record + row as u64)));
        self.rows.extend(rows.map(|row| row as u32));
    }
}

/// Values of clean rows on their way to the statistics. Its buffers are used again.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    rows: Vec<u32>,
    levels: Vec<u8>,
    spans: Vec<Span>,
    integers: Vec<i64>,
    numbers: Vec<f64>,
    mantissas: Vec<i64>,
    bytes: Vec<u8>,
    scratch: Vec<u8>,
}

impl Gathering {
    /// Counts the cells of column number `column`, from 0, in the clean rows of a chunk. A failed cell stands in none of them.
    pub(crate) fn count(
        &mut self,
        TypedChunk { chunk, typed, dialect, .. }: TypedChunk<'_>,
        clean: &CleanRows,
        column: usize,
        statistics: &mut ColumnStatistics,
    ) {
        let typed = &typed[column];
        let Self { rows, levels, spans, integers, numbers, mantissas, bytes, scratch } = self;
        let (rows, levels) = if typed.gaps || !typed.finer.is_empty() {
            let mut others = clean.len();
            if let Values::Texts(spans) = &typed.values {
                select(clean, spans, Span::is_there, rows, levels);
                if chunk.has_quotes() || dialect.escape.is_some() {
                    let escaped = |(row, _): &(&u32, &u8)| spans[**row as usize] == Span::ESCAPED;
                    for (&row, &level) in clean.rows.iter().zip(&clean.levels).filter(escaped) {
                        let raw = chunk.cell(chunk.index.rows[row as usize], column);
                        statistics.text(unquote(raw, dialect, scratch), level);
                        others -= 1;
                    }
                }
            } else {
                let wanted = |state| state == State::Value || state == State::Exact && typed.finer.is_empty();
                select(clean, &typed.states, wanted, rows, levels);
                others -= count_finer(clean, typed, statistics);
            }
            statistics.missing((others - rows.len()) as u64);
            (Rows::Single(rows), &*levels)
        } else {
            (Rows::Runs(&clean.runs), &clean.levels)
        };
        match &typed.values {
            Values::Texts(values) => statistics.texts(chunk.bytes(), rows.gather(values, spans), levels),
            Values::Integers(values) | Values::Datetimes(values) | Values::Times(values) => {
                statistics.integers(rows.gather(values, integers), levels);
            }
            Values::Dates(values) | Values::YearMonths(values) => {
                statistics.integers(rows.gather(values, integers), levels);
            }
            Values::Numbers { values, mantissas: of_values, scales } => {
                let (values, mantissas) = (rows.gather(values, numbers), rows.gather(of_values, mantissas));
                statistics.numbers(values, mantissas, rows.gather(scales, bytes), levels);
            }
            Values::Booleans(values) => {
                let values = rows.gather(values, bytes);
                let trues = values.iter().map(|&value| u64::from(value)).sum();
                statistics.booleans(trues, values.len() as u64 - trues);
            }
        }
    }
}

/// Counts the times that microseconds do not hold, and returns how many there are in clean rows.
fn count_finer(clean: &CleanRows, typed: &TypedColumn, statistics: &mut ColumnStatistics) -> usize {
    let (Values::Datetimes(values) | Values::Times(values)) = &typed.values else { return 0 };
    let mut count = 0;
    for &(row, nanoseconds) in &typed.finer {
        if let Ok(found) = clean.rows.binary_search(&row) {
            statistics.finer(values[row as usize], nanoseconds, clean.levels[found]);
            count += 1;
        }
    }
    count
}

/// Rows of which a column has values.
#[derive(Clone, Copy)]
enum Rows<'r> {
    /// All clean rows.
    Runs(&'r [Range<usize>]),
    /// Some of them.
    Single(&'r [u32]),
}

impl Rows<'_> {
    /// The values in these rows, in `gathered`.
    #[inline]
    fn gather<'g, T: Copy + Into<U>, U>(self, values: &[T], gathered: &'g mut Vec<U>) -> &'g [U] {
        gathered.clear();
        match self {
            Self::Runs(runs) => {
                for run in runs {
                    gathered.extend(values[run.clone()].iter().map(|&value| value.into()));
                }
            }
            Self::Single(rows) => gathered.extend(rows.iter().map(|&row| values[row as usize].into())),
        }
        gathered
    }
}

/// The clean rows whose cell is one of those asked for, and their levels.
///
/// Which cells are missing cannot be foreseen, so there is no branch on it: every row is written, and overwritten by the next one
/// when its cell is not asked for.
#[inline(never)]
fn select<T: Copy>(
    clean: &CleanRows,
    cells: &[T],
    asks_for: impl Fn(T) -> bool,
    rows: &mut Vec<u32>,
    levels: &mut Vec<u8>,
) {
    rows.resize(clean.len(), 0);
    levels.resize(clean.len(), 0);
    let (to_rows, to_levels) = (&mut rows[..], &mut levels[..]);
    let mut selected = 0;
    for (&row, &level) in clean.rows.iter().zip(&clean.levels) {
        to_rows[selected] = row;
        to_levels[selected] = level;
        selected += usize::from(asks_for(cells[row as usize]));
    }
    rows.truncate(selected);
    levels.truncate(selected);
}
