//! The values of clean rows, column by column.

use std::ops::Range;

use crate::emit::clean_rows::CleanRows;
use crate::emit::parquet::lists;
use crate::emit::parquet::values::CleanValues;
use crate::parse::format_year_month;
use crate::resolve::key_values::TypedChunk;
use crate::types::{DecimalDigits, FieldType, List};
use crate::typing::values::{CellState, ColumnValues, RawCell, Span, TypedColumn};

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
    pub(crate) fn gather(&mut self, TypedChunk { chunk, columns, typed, dialect }: TypedChunk<'_>, clean: &CleanRows) {
        self.rows = clean.len();
        self.columns.resize_with(typed.len(), CleanColumn::default);
        let mut scratch = Vec::new();
        for (index, (typed, column)) in typed.iter().zip(&mut self.columns).enumerate() {
            match (&columns[index].kind, &typed.values) {
                (FieldType::List(list), ColumnValues::Texts(spans)) => {
                    column.gather_lists(list, clean.runs(), |row, push| {
                        let text = spans[row].resolved(RawCell { chunk, dialect, row, column: index }, &mut scratch);
                        text.map(push).is_some()
                    });
                }
                (_, ColumnValues::Texts(spans)) if typed.has_gaps => {
                    column.gather_texts(spans, clean.runs(), |row, span: Span, bytes| {
                        let text = span.resolved(RawCell { chunk, dialect, row, column: index }, &mut scratch);
                        text.map(|text| bytes.extend_from_slice(text)).is_some()
                    });
                }
                _ => {
                    let digits = columns[index].constraints.decimal_digits;
                    column.gather(typed, digits, clean.runs(), chunk.bytes());
                }
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

    /// Returns the bytes of the texts and of the items of lists in some rows: what differs from row to row.
    pub(crate) fn varying_bytes(&self, rows: &Range<usize>) -> usize {
        self.columns.iter().map(|column| column.values.varying_bytes(rows.clone())).sum()
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

    /// Replaces the values by the lists of clean rows. `with_text` passes the text of a row on, and returns false if the cell is missing.
    fn gather_lists(
        &mut self,
        list: &List,
        runs: &[Range<usize>],
        mut with_text: impl FnMut(usize, &mut dyn FnMut(&[u8])) -> bool,
    ) {
        let Self { values: gathered, present } = self;
        if !matches!(gathered, CleanValues::Lists { .. }) {
            *gathered = CleanValues::Lists { ends: Vec::new(), items: Box::new(lists::no_items(list.items)) };
        }
        gathered.clear();
        // cannot fail: the values are lists now.
        let CleanValues::Lists { ends, items } = gathered else { unreachable!() };
        present.clear();
        let mut count = 0;
        for row in runs.iter().cloned().flatten() {
            present.push(with_text(row, &mut |text| {
                for item in list.items_of(text) {
                    lists::push(list.items, item, items);
                    count += 1;
                }
            }));
            ends.push(count);
        }
    }

    /// Replaces the values by those of clean rows. Texts must be in the chunk as they are, without escapes.
    fn gather(&mut self, typed: &TypedColumn, digits: Option<DecimalDigits>, runs: &[Range<usize>], data: &[u8]) {
        let gathered = &mut self.values;
        match &typed.values {
            ColumnValues::Texts(spans) => {
                self.gather_texts(spans, runs, |_, span, bytes| {
                    bytes.extend_from_slice(span.text(data));
                    true
                });
                self.present.clear();
                return;
            }
            ColumnValues::YearMonths(months) => {
                self.gather_texts(months, runs, |row, months, bytes| {
                    let is_there = typed.states[row] != CellState::Missing;
                    if is_there {
                        bytes.extend_from_slice(format_year_month(months).as_bytes());
                    }
                    is_there
                });
                return;
            }
            ColumnValues::Integers(values) | ColumnValues::Datetimes(values) | ColumnValues::Times(values) => {
                copy(values, runs, reused!(gathered, Longs));
            }
            ColumnValues::Dates(values) => copy(values, runs, reused!(gathered, Ints)),
            ColumnValues::Numbers { values, mantissas, scales } => match digits {
                None => copy(values, runs, reused!(gathered, Doubles)),
                Some(digits) => {
                    let unscaled = |row: usize| digits.unscaled(mantissas[row], scales[row].into());
                    // Only a missing cell of a clean row has no decimal.
                    let rows = runs.iter().cloned().flatten();
                    reused!(gathered, Longs).extend(rows.map(|row| unscaled(row).unwrap_or(0)));
                }
            },
            ColumnValues::Booleans(values) => copy(values, runs, reused!(gathered, Booleans)),
        }
        self.present.clear();
        if typed.has_gaps {
            for run in runs {
                self.present.extend(typed.states[run.clone()].iter().map(|&state| state != CellState::Missing));
            }
        }
    }

    fn held_bytes(&self) -> usize {
        size_of::<Self>() + self.values.bytes() + self.present.len()
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
        self.values.append(&other.values, rows);
    }
}

fn copy<T: Copy>(values: &[T], runs: &[Range<usize>], to: &mut Vec<T>) {
    for run in runs {
        to.extend_from_slice(&values[run.clone()]);
    }
}
