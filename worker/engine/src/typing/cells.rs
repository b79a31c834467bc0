//! Reads the cells of columns: each cell once, in its type, with a fault for each invalid one.
//!
//! This pass also checks the constraints on text (`required`, lengths, `pattern`, `enum`): as expressions over string views they would cost
//! more than the whole pass (`docs/design.md` has the figures). Bounds of numbers and times are checked by expressions of
//! [`crate::check::frame`].

use std::ops::Range;

use sluice_csv::{Chunk, Dialect, unquote};

use crate::fault::{CellFault, Constraint, PlacedFault};
use crate::parse;
use crate::types::ColumnCells;
use crate::types::Number;
use crate::typing::bounds::NumberBounds;
use crate::typing::cell_reader::{Cell, CellReader, RawColumn, each_cell, spans_with_gaps};
use crate::typing::column::{Column, MissingValues};
use crate::typing::not_utf8::NotUtf8;
use crate::typing::shortcut::{FewDigits, Shortcut};
use crate::typing::values::{CellState, ColumnValues, NO_SCALE, RawCell, Span, TypedColumn, ValueBuffer};

/// Decimals of fewer digits than this number have different doubles if they differ (IEEE 754, DBL_DIG): the doubles are compared.
const EXACT_MANTISSA: u64 = 1_000_000_000_000_000;

/// The typed pass over some rows of a chunk.
pub(crate) struct Typing<'a> {
    pub(crate) chunk: &'a Chunk,
    pub(crate) rows: Range<usize>,
    pub(crate) dialect: &'a Dialect,
    pub(crate) not_utf8: &'a NotUtf8,
    pub(crate) scratch: &'a mut Vec<u8>,
    pub(crate) faults: &'a mut Vec<PlacedFault>,
}

impl<'a> Typing<'a> {
    /// Reads the cells of a column in these rows. Appends the values to those of earlier rows, and the faults to `faults`.
    pub(crate) fn read(&mut self, cells: ColumnCells<'_>) {
        cells.column.kind.as_type().read_cells(self, cells);
    }

    /// Reads integers. For texts of a few digits `parse` must return what [`parse::integer`] returns, because a
    /// shortcut reads these texts.
    pub(crate) fn read_integers(&mut self, cells: ColumnCells<'_>, parse: impl Fn(&[u8]) -> Result<i64, CellFault>) {
        let values = cells.typed.take_i64(ColumnValues::Integers);
        self.read_typed(cells, values, FewDigits, parse);
    }

    /// Reads cells of a type whose values have a fixed size, and appends the values to the buffer. `shortcut` returns the values of cells that it
    /// knows, so that they are not parsed.
    #[inline]
    pub(crate) fn read_typed<T: Copy + Default>(
        &mut self,
        cells: ColumnCells<'_>,
        ValueBuffer { mut values, variant }: ValueBuffer<T>,
        mut shortcut: impl Shortcut<'a, T>,
        parse: impl Fn(&[u8]) -> Result<T, CellFault>,
    ) {
        let ColumnCells { column, index, typed, .. } = cells;
        let (chunk, rows) = (self.chunk, self.rows.clone());
        let data = chunk.bytes();
        let (mut reader, faults) = self.reader(column, index);
        let TypedColumn { states, has_gaps, .. } = &mut *typed;
        // Most cells have a value, so this is the state of all cells until one without a value is found.
        values.resize(rows.end, T::default());
        states.resize(rows.end, CellState::Value);
        let if_missing = column.constraints.required.then_some(CellFault::Constraint(Constraint::Required));
        let has_shortcut = !shortcut.needs_plain_digits() || reader.reads_digits();
        each_cell(chunk.cells(index), rows, |row, span| {
            if has_shortcut && let Some(value) = shortcut.value(data, span) {
                values[row] = value;
                return;
            }
            let raw = span.text(data);
            let (state, fault) = match reader.read(row, raw) {
                Cell::Text(text) => match parse(text) {
                    Ok(value) => {
                        values[row] = value;
                        return shortcut.note(raw, value);
                    }
                    Err(fault) => (CellState::Failed, Some(fault)),
                },
                Cell::Missing => {
                    *has_gaps = true;
                    (CellState::Missing, if_missing)
                }
                Cell::NotUtf8 => (CellState::Failed, Some(CellFault::Encoding)),
            };
            states[row] = state;
            if let Some(fault) = fault {
                faults.push(PlacedFault::of_cell(row, index, fault));
            }
        });
        typed.values = variant(values);
        self.check_text_constraints(column, index, typed);
    }

    /// Reads numbers as the nearest doubles, with the exact decimals of numbers of at most 18 digits. `point` is the
    /// decimal character, if it is in ASCII.
    ///
    /// Not every cell is passed to `parse`. If `parse` reads plain digits as the number that they are, a shortcut reads texts of few digits, with a
    /// sign and the point, for which `parse` has to return what [`parse::number`] returns. The fault of a cell that `parse` refuses, and the value
    /// of a cell that a double does not hold, are read from the whole text of the cell by `number_type`.
    pub(crate) fn read_numbers(
        &mut self,
        number_type: &Number,
        point: Option<u8>,
        cells: ColumnCells<'_>,
        parse: impl Fn(&[u8]) -> Option<parse::Number>,
    ) {
        let ColumnCells { column, index, typed, .. } = cells;
        let (mut values, mut mantissas, mut scales) = match std::mem::take(&mut typed.values) {
            ColumnValues::Numbers { values, mantissas, scales } => (values, mantissas, scales),
            _ => Default::default(),
        };
        let (chunk, rows) = (self.chunk, self.rows.clone());
        let data = chunk.bytes();
        let (mut reader, faults) = self.reader(column, index);
        let TypedColumn { states, has_gaps, .. } = &mut *typed;
        values.resize(rows.end, 0.0);
        mantissas.resize(rows.end, 0);
        scales.resize(rows.end, NO_SCALE);
        states.resize(rows.end, CellState::Value);
        let mut put = |row: usize, number: parse::Number| {
            values[row] = number.value;
            if let Some(decimal) = number.decimal {
                (mantissas[row], scales[row]) = (decimal.mantissa, decimal.scale);
            }
        };
        let if_missing = column.constraints.required.then_some(CellFault::Constraint(Constraint::Required));
        let bounds = NumberBounds::new(column, number_type);
        let reads_plain_digits = parse(b"12").is_some_and(|number| number.value == 12.0);
        let has_shortcut = reader.reads_digits() && reads_plain_digits;
        each_cell(chunk.cells(index), rows, |row, span| {
            if has_shortcut && let Some(number) = parse::number_in(data, span.start(), span.len(), point) {
                // A number of so few digits needs no exact comparison.
                return put(row, number);
            }
            let mut at_fault = |fault| faults.push(PlacedFault::of_cell(row, index, fault));
            let (state, fault) = match reader.read(row, span.text(data)) {
                Cell::Text(text) => match parse(text) {
                    Some(number) => {
                        put(row, number);
                        if number.decimal.is_some_and(|decimal| decimal.mantissa.unsigned_abs() < EXACT_MANTISSA) {
                            return;
                        }
                        bounds.check_exactly(text, number.value, |constraint| {
                            at_fault(CellFault::Constraint(constraint))
                        });
                        (CellState::Inexact, None)
                    }
                    None => (CellState::Failed, Some(number_type.fault(text))),
                },
                Cell::Missing => {
                    *has_gaps = true;
                    (CellState::Missing, if_missing)
                }
                Cell::NotUtf8 => (CellState::Failed, Some(CellFault::Encoding)),
            };
            states[row] = state;
            if let Some(fault) = fault {
                at_fault(fault);
            }
        });
        typed.values = ColumnValues::Numbers { values, mantissas, scales };
        self.check_decimals(column, index, number_type, typed);
        self.check_text_constraints(column, index, typed);
    }

    /// Returns a column of these rows.
    pub(super) fn raw<'c>(&self, column: &'c Column, index: usize) -> RawColumn<'c>
    where
        'a: 'c,
    {
        let &Self { chunk, ref rows, dialect, not_utf8, .. } = self;
        RawColumn { column, index, rows: rows.clone(), chunk, dialect, not_utf8 }
    }

    /// Returns the reader of the cells of a column, and the list to which faults are appended.
    fn reader<'r>(&'r mut self, column: &'r Column, index: usize) -> (CellReader<'r>, &'r mut Vec<PlacedFault>) {
        (CellReader::new(self.raw(column, index), self.scratch), self.faults)
    }

    /// Appends a fault for each number with too many digits (`sluice.decimals`). A number that was read without its exact
    /// decimal (one with an exponent, or with more than 18 digits, most of which are zeros) gets the decimal that it is stored as.
    fn check_decimals(&mut self, column: &Column, index: usize, number_type: &Number, typed: &mut TypedColumn) {
        let Some(digits) = column.constraints.decimal_digits else { return };
        let TypedColumn { values: ColumnValues::Numbers { values, mantissas, scales }, states, .. } = typed else {
            return;
        };
        for row in self.rows.clone() {
            if !matches!(states[row], CellState::Value | CellState::Inexact) {
                continue;
            }
            let unscaled = if scales[row] != NO_SCALE {
                digits.unscaled(mantissas[row], scales[row].into())
            } else if values[row].is_finite() {
                let cell = RawCell { chunk: self.chunk, dialect: self.dialect, row, column: index };
                let decimal = number_type.exact(cell.text(self.scratch)).scaled_integer();
                decimal.and_then(|decimal| digits.unscaled(decimal.mantissa, -decimal.exponent))
            } else {
                None
            };
            match unscaled {
                Some(unscaled) if scales[row] == NO_SCALE => (mantissas[row], scales[row]) = (unscaled, digits.scale),
                Some(_) => {}
                None => {
                    let fault = CellFault::Constraint(Constraint::Decimal);
                    self.faults.push(PlacedFault::of_cell(row, index, fault));
                }
            }
        }
    }

    /// Checks `pattern` on the texts of the cells that are valid for their type.
    fn check_text_constraints(&mut self, column: &Column, index: usize, typed: &TypedColumn) {
        let Some(pattern) = &column.pattern else {
            return;
        };
        let raw = self.raw(column, index);
        let faults = &mut *self.faults;
        raw.each(self.scratch, |row, cell| {
            if let Cell::Text(text) = cell
                && matches!(typed.states[row], CellState::Value | CellState::Inexact)
                && !pattern.is_match(text)
            {
                let fault = CellFault::Constraint(Constraint::Pattern);
                faults.push(PlacedFault::of_cell(row, index, fault));
            }
        });
    }

    /// Takes the spans of earlier rows out of a typed column, appends the spans of these rows, and returns all.
    pub(super) fn extend_spans(&mut self, column: &Column, index: usize, typed: &mut TypedColumn) -> Vec<Span> {
        let mut spans = match std::mem::take(&mut typed.values) {
            ColumnValues::Texts(spans) => spans,
            _ => Vec::new(),
        };
        typed.has_gaps |= match column.missing_values {
            MissingValues::EmptyText if self.dialect.escape.is_none() => {
                self.append_plain_spans(column, index, &mut spans)
            }
            _ => self.append_any_spans(column, index, &mut spans),
        };
        spans
    }

    /// Appends the spans of a column in which only an empty text is missing and nothing is escaped. Returns true if
    /// there are gaps. No branch depends on what differs from cell to cell: three columns of the narrow shape of the
    /// benchmarks are half empty.
    fn append_plain_spans(&mut self, column: &Column, index: usize, spans: &mut Vec<Span>) -> bool {
        let Self { chunk, rows, dialect, not_utf8, scratch, faults } = self;
        let data = chunk.bytes();
        let first = spans.len();
        spans.resize(first + rows.len(), Span::MISSING);
        let spans = &mut spans[first..];
        let mut gaps = spans_with_gaps(chunk.cells(index), rows.clone(), spans);
        if let Some(quote) = dialect.quote.filter(|_| chunk.has_quotes()) {
            let mut seen = 0;
            while let Some(others) = spans[seen..].iter().position(|span| span.starts_with(quote, data)) {
                seen += others;
                let text = unquote(spans[seen].text(data), dialect, scratch);
                spans[seen] = if text.is_empty() { Span::MISSING } else { Span::of(text, data) };
                gaps |= !spans[seen].is_in_chunk();
                seen += 1;
            }
        }
        let mut at_fault = |row, fault| faults.push(PlacedFault::of_cell(row, index, fault));
        if gaps && column.constraints.required {
            let missing = (rows.clone()).zip(&*spans).filter(|(_, span)| **span == Span::MISSING);
            missing.for_each(|(row, _)| at_fault(row, CellFault::Constraint(Constraint::Required)));
        }
        for &row in not_utf8.in_column(index, rows.clone()) {
            let row = row as usize;
            // The cell is in no clean row, so it is not a gap.
            spans[row - rows.start] = Span::MISSING;
            at_fault(row, CellFault::Encoding);
        }
        gaps
    }

    /// Appends the spans of a column in which other texts stand for a missing value, or characters are escaped. Returns
    /// true if there are gaps.
    fn append_any_spans(&mut self, column: &Column, index: usize, spans: &mut Vec<Span>) -> bool {
        let raw = self.raw(column, index);
        let (data, faults) = (self.chunk.bytes(), &mut *self.faults);
        spans.reserve(raw.rows.len());
        let required = column.constraints.required;
        let mut gaps = false;
        raw.each(self.scratch, |row, cell| {
            let fault = match cell {
                Cell::Text(text) => {
                    let span = Span::of(text, data);
                    gaps |= span == Span::ESCAPED;
                    return spans.push(span);
                }
                Cell::Missing => {
                    gaps = true;
                    spans.push(Span::MISSING);
                    if !required {
                        return;
                    }
                    CellFault::Constraint(Constraint::Required)
                }
                Cell::NotUtf8 => {
                    spans.push(Span::MISSING);
                    CellFault::Encoding
                }
            };
            faults.push(PlacedFault::of_cell(row, index, fault));
        });
        gaps
    }
}
