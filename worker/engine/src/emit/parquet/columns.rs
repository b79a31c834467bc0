//! The values of clean rows, column by column.

use std::ops::Range;

use sluice_csv::{Chunk, Dialect};

use crate::emit::clean_rows::CleanRows;
use crate::parse::format_year_month;
use crate::typing::values::{Span, State, TypedColumn, Values};

/// The values of clean rows, by column. Its buffers are reused.
#[derive(Debug, Default)]
pub(crate) struct CleanColumns {
    pub(crate) rows: usize,
    pub(crate) columns: Vec<CleanColumn>,
}

/// The values of a column: one for each row; the value of a missing cell is meaningless.
#[derive(Debug, Default)]
pub(crate) struct CleanColumn {
    pub(crate) values: CleanValues,
    /// Whether the cell of each row has a value; empty if all have one.
    pub(crate) present: Vec<bool>,
}

/// Values as Parquet stores them.
#[derive(Debug)]
pub(crate) enum CleanValues {
    Longs(Vec<i64>),
    Ints(Vec<i32>),
    Doubles(Vec<f64>),
    Booleans(Vec<bool>),
    /// Texts in one buffer, and the offset at which each text ends.
    Texts {
        ends: Vec<u32>,
        bytes: Vec<u8>,
    },
}

impl Default for CleanValues {
    fn default() -> Self {
        Self::Texts { ends: Vec::new(), bytes: Vec::new() }
    }
}

/// Returns the emptied vector of values of this kind; values of another kind are replaced.
macro_rules! reused {
    ($values:expr, $kind:ident) => {{
        if !matches!($values, CleanValues::$kind(_)) {
            *$values = CleanValues::$kind(Vec::new());
        }
        // cannot fail: the values are of this kind now.
        let CleanValues::$kind(reused) = $values else { unreachable!() };
        reused.clear();
        reused
    }};
}

impl CleanColumns {
    /// Replaces the values by those of the clean rows of a chunk.
    pub(crate) fn gather(&mut self, chunk: &Chunk, dialect: &Dialect, clean: &CleanRows, typed: &[TypedColumn]) {
        self.rows = clean.len();
        self.columns.resize_with(typed.len(), CleanColumn::default);
        let mut scratch = Vec::new();
        for (index, (typed, column)) in typed.iter().zip(&mut self.columns).enumerate() {
            match &typed.values {
                Values::Texts(spans) if typed.gaps => {
                    column.gather_texts(spans, clean.runs(), |row, span: Span, bytes| {
                        let text = span.resolved((chunk, dialect), (row, index), &mut scratch);
                        text.map(|text| bytes.extend_from_slice(text)).is_some()
                    });
                }
                _ => column.gather(typed, clean.runs(), chunk.bytes()),
            }
        }
    }

    /// Returns columns without rows, with room for as many rows as these have: the next rows are mostly alike, and
    /// buffers that need not grow are not copied.
    pub(crate) fn with_room(&self) -> Self {
        let column = |column: &CleanColumn| CleanColumn { values: column.values.with_room(), present: Vec::new() };
        Self { rows: 0, columns: self.columns.iter().map(column).collect() }
    }

    /// Returns about how many bytes of memory the values take.
    pub(crate) fn held_bytes(&self) -> usize {
        self.columns.iter().map(CleanColumn::held_bytes).sum()
    }

    /// Returns the bytes of the texts in some rows.
    pub(crate) fn text_bytes(&self, rows: Range<usize>) -> usize {
        self.columns.iter().map(|column| column.text_range(rows.clone()).len()).sum()
    }

    /// Appends some rows of `others`.
    pub(crate) fn append(&mut self, others: &Self, rows: Range<usize>) {
        self.columns.resize_with(others.columns.len(), CleanColumn::default);
        for (mine, theirs) in self.columns.iter_mut().zip(&others.columns) {
            mine.append(self.rows, theirs, rows.clone());
        }
        self.rows += rows.len();
    }
}

impl CleanColumn {
    /// Replaces the values by the texts of clean rows. `push` appends the text of a row, and returns false if the cell is missing.
    fn gather_texts<T: Copy>(
        &mut self,
        values: &[T],
        runs: &[Range<usize>],
        mut push: impl FnMut(usize, T, &mut Vec<u8>) -> bool,
    ) {
        let Self { values: gathered, present } = self;
        if !matches!(gathered, CleanValues::Texts { .. }) {
            *gathered = CleanValues::default();
        }
        // cannot fail: the values are texts now.
        let CleanValues::Texts { ends, bytes } = gathered else { unreachable!() };
        ends.clear();
        bytes.clear();
        present.clear();
        for run in runs {
            for (row, &value) in run.clone().zip(&values[run.clone()]) {
                present.push(push(row, value, bytes));
                ends.push(bytes.len() as u32);
            }
        }
    }

    /// Replaces the values by those of clean rows. Texts must be in the chunk as they are, without escapes.
    fn gather(&mut self, typed: &TypedColumn, runs: &[Range<usize>], data: &[u8]) {
        let gathered = &mut self.values;
        match &typed.values {
            Values::Texts(spans) => {
                self.gather_texts(spans, runs, |_, span, bytes| {
                    bytes.extend_from_slice(span.text(data));
                    true
                });
                self.present.clear();
                return;
            }
            Values::YearMonths(months) => {
                self.gather_texts(months, runs, |row, months, bytes| {
                    let is_there = typed.states[row] != State::Missing;
                    if is_there {
                        bytes.extend_from_slice(format_year_month(months).as_bytes());
                    }
                    is_there
                });
                return;
            }
            Values::Integers(values) | Values::Datetimes(values) | Values::Times(values) => {
                copy(values, runs, reused!(gathered, Longs));
            }
            Values::Dates(values) => copy(values, runs, reused!(gathered, Ints)),
            Values::Numbers { values, .. } => copy(values, runs, reused!(gathered, Doubles)),
            Values::Booleans(values) => copy(values, runs, reused!(gathered, Booleans)),
        }
        self.present.clear();
        if typed.gaps {
            for run in runs {
                self.present.extend(typed.states[run.clone()].iter().map(|&state| state != State::Missing));
            }
        }
    }

    fn held_bytes(&self) -> usize {
        size_of::<Self>() + self.values.bytes() + self.present.len()
    }

    /// Returns the range of the buffer that holds the texts of some rows.
    fn text_range(&self, rows: Range<usize>) -> Range<usize> {
        let CleanValues::Texts { ends, .. } = &self.values else { return 0..0 };
        let end_of = |rows: usize| if rows == 0 { 0 } else { ends[rows - 1] as usize };
        end_of(rows.start)..end_of(rows.end)
    }

    /// Appends rows of another column of the same type to the `count` rows of this one.
    fn append(&mut self, count: usize, other: &Self, rows: Range<usize>) {
        if self.present.is_empty() && !other.present.is_empty() {
            self.present.resize(count, true);
        }
        if !other.present.is_empty() {
            self.present.extend_from_slice(&other.present[rows.clone()]);
        } else if !self.present.is_empty() {
            self.present.resize(count + rows.len(), true);
        }
        if count == 0 && std::mem::discriminant(&self.values) != std::mem::discriminant(&other.values) {
            self.values = other.values.with_room();
        }
        match (&mut self.values, &other.values) {
            (CleanValues::Longs(mine), CleanValues::Longs(theirs)) => mine.extend_from_slice(&theirs[rows]),
            (CleanValues::Ints(mine), CleanValues::Ints(theirs)) => mine.extend_from_slice(&theirs[rows]),
            (CleanValues::Doubles(mine), CleanValues::Doubles(theirs)) => mine.extend_from_slice(&theirs[rows]),
            (CleanValues::Booleans(mine), CleanValues::Booleans(theirs)) => mine.extend_from_slice(&theirs[rows]),
            (CleanValues::Texts { ends, bytes }, CleanValues::Texts { ends: their_ends, bytes: theirs }) => {
                let range = other.text_range(rows.clone());
                let (from, to) = (range.start as u32, bytes.len() as u32);
                ends.extend(their_ends[rows].iter().map(|end| end - from + to));
                bytes.extend_from_slice(&theirs[range]);
            }
            _ => unreachable!("a column has one type"),
        }
    }
}

impl CleanValues {
    /// Returns the bytes of the values.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Longs(values) => size_of_val(&values[..]),
            Self::Ints(values) => size_of_val(&values[..]),
            Self::Doubles(values) => size_of_val(&values[..]),
            Self::Booleans(values) => values.len(),
            Self::Texts { ends, bytes } => size_of_val(&ends[..]) + bytes.len(),
        }
    }

    /// Returns an empty vector of the same kind, with room for as many values.
    fn with_room(&self) -> Self {
        match self {
            Self::Longs(values) => Self::Longs(Vec::with_capacity(values.len())),
            Self::Ints(values) => Self::Ints(Vec::with_capacity(values.len())),
            Self::Doubles(values) => Self::Doubles(Vec::with_capacity(values.len())),
            Self::Booleans(values) => Self::Booleans(Vec::with_capacity(values.len())),
            Self::Texts { ends, bytes } => {
                let more = bytes.len() / 16;
                Self::Texts { ends: Vec::with_capacity(ends.len()), bytes: Vec::with_capacity(bytes.len() + more) }
            }
        }
    }
}

fn copy<T: Copy>(values: &[T], runs: &[Range<usize>], to: &mut Vec<T>) {
    for run in runs {
        to.extend_from_slice(&values[run.clone()]);
    }
}
