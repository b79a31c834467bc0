//! Records → typed columns: every cell of a column is read once, in its type, with a fault for each bad one.
//!
//! This pass also evaluates the constraints on text (`required`, lengths, `pattern`, `enum`): as expressions over string
//! views they cost more than the whole pass (the numbers are in the design page). Bounds of numbers and times are
//! expressions of [`crate::check::frame`].

use std::ops::Range;

use sluice_csv::{Cells, Chunk, Dialect, unquote};

use crate::fault::{CellFault, Constraint, PlacedFault};
use crate::packed_text::short;
use crate::parse;
use crate::types::ColumnCells;
use crate::types::Number;
use crate::typing::column::{Column, Missing, NumberBounds};
use crate::typing::not_utf8::NotUtf8;
use crate::typing::values::{NO_SCALE, Span, State, TypedColumn, Values};

/// Doubles hold every integer up to here.
const EXACT_MANTISSA: u64 = 1 << 53;

/// Equality of cells, which are mostly short: a call to compare them would cost more than the comparison.
#[inline(always)]
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && match (short(one), short(other)) {
            (Some(one), Some(other)) => one == other,
            _ => one == other,
        }
}

/// A cell as the column sees it.
pub(super) enum Cell<'a> {
    Missing,
    Text(&'a [u8]),
    NotUtf8,
}

/// Calls `each` with the cells of a column in some rows: row, bytes as they stand in the file, and what they are.
#[inline]
#[expect(clippy::too_many_arguments, reason = "the parts of `Typing`, lent one by one")]
pub(super) fn scan<'c>(
    column: &Column,
    index: usize,
    rows: Range<usize>,
    chunk: &'c Chunk,
    dialect: &Dialect,
    not_utf8: &NotUtf8,
    scratch: &mut Vec<u8>,
    mut each: impl FnMut(usize, &'c [u8], Cell<'_>),
) {
    let data = chunk.bytes();
    let quote = dialect.quote.filter(|_| chunk.has_quotes());
    let has_escape = dialect.escape.is_some();
    let mut not_utf8 = not_utf8.in_column(index, rows.clone());
    let mut next_not_utf8 = not_utf8.next();
    let cells = chunk.cells(index);
    for row in rows {
        let raw = &data[cells.span(row)];
        let is_quoted = quote.is_some_and(|quote| raw.first() == Some(&quote));
        let text = if is_quoted || has_escape { unquote(raw, dialect, scratch) } else { raw };
        let cell = if next_not_utf8 == Some(row) {
            next_not_utf8 = not_utf8.next();
            Cell::NotUtf8
        } else if column.missing.holds(text) {
            Cell::Missing
        } else {
            Cell::Text(text)
        };
        each(row, raw, cell);
    }
}

/// The cells as they stand in the file, empty ones as missing, and whether there are any. A function of its own, so that its loop has
/// the registers for itself.
#[inline(never)]
fn raw_spans(cells: Cells<'_>, rows: Range<usize>, spans: &mut [Span]) -> bool {
    let mut gaps = false;
    for (span, row) in spans.iter_mut().zip(rows) {
        let range = cells.span(row);
        gaps |= range.is_empty();
        *span = if range.is_empty() { Span::MISSING } else { Span::at(range) };
    }
    gaps
}

/// The typed pass over some rows of a chunk.
pub(crate) struct Typing<'a> {
    pub(crate) chunk: &'a Chunk,
    pub(crate) rows: Range<usize>,
    pub(crate) dialect: &'a Dialect,
    pub(crate) not_utf8: &'a NotUtf8,
    pub(crate) scratch: &'a mut Vec<u8>,
    pub(crate) faults: &'a mut Vec<PlacedFault>,
}

impl Typing<'_> {
    /// Reads the cells of a column and appends them to its typed ones, which has those of the rows before, and their faults.
    pub(crate) fn read(&mut self, cells: ColumnCells<'_>) {
        cells.column.kind.as_type().read_cells(self, cells);
    }

    /// Integers. None is remembered: to compare a cell with the one before costs as much as to read it.
    pub(crate) fn integers(&mut self, cells: ColumnCells<'_>, parse: impl Fn(&[u8]) -> Result<i64, CellFault>) {
        let values = cells.typed.take_i64();
        self.typed::<false, _>(cells, values, Values::Integers, parse);
    }

    /// Types whose values a fixed-size type holds. Where reading a cell costs more than comparing it, the previous one is remembered:
    /// sorted and repeated values are common.
    #[inline]
    pub(crate) fn typed<const REMEMBERS: bool, T: Copy + Default>(
        &mut self,
        cells: ColumnCells<'_>,
        mut values: Vec<T>,
        into_values: impl FnOnce(Vec<T>) -> Values,
        parse: impl Fn(&[u8]) -> Result<T, CellFault>,
    ) {
        let ColumnCells { column, index, typed, .. } = cells;
        let Self { chunk, rows, dialect, not_utf8, scratch, faults } = self;
        let TypedColumn { states, gaps, .. } = typed;
        states.reserve(rows.len());
        values.reserve(rows.len());
        let if_missing = column.constraints.required.then_some(CellFault::Constraint(Constraint::Required));
        let mut previous: Option<(&[u8], T)> = None;
        scan(column, index, rows.clone(), chunk, dialect, not_utf8, scratch, |row, raw, cell| {
            let (value, state, fault) = match cell {
                Cell::Text(text) => match previous {
                    Some((other, value)) if REMEMBERS && same(other, raw) => (value, State::Value, None),
                    _ => match parse(text) {
                        Ok(value) => {
                            previous = Some((raw, value));
                            (value, State::Value, None)
                        }
                        Err(fault) => (T::default(), State::Failed, Some(fault)),
                    },
                },
                Cell::Missing => {
                    *gaps = true;
                    (T::default(), State::Missing, if_missing)
                }
                Cell::NotUtf8 => (T::default(), State::Failed, Some(CellFault::Encoding)),
            };
            values.push(value);
            states.push(state);
            if let Some(fault) = fault {
                faults.push(PlacedFault { row: row as u32, column: index as u32, fault });
            }
        });
        typed.values = into_values(values);
        self.check_text_constraints(column, index, typed);
    }

    /// Numbers: the nearest doubles, with the decimals that a double holds exactly.
    pub(crate) fn numbers(
        &mut self,
        number_type: &Number,
        cells: ColumnCells<'_>,
        parse: impl Fn(&[u8]) -> Option<parse::Number>,
    ) {
        let ColumnCells { column, index, typed, .. } = cells;
        let (mut values, mut mantissas, mut scales) = match std::mem::take(&mut typed.values) {
            Values::Numbers { values, mantissas, scales } => (values, mantissas, scales),
            _ => Default::default(),
        };
        let Self { chunk, rows, dialect, not_utf8, scratch, faults } = self;
        let TypedColumn { states, gaps, .. } = typed;
        values.reserve(rows.len());
        mantissas.reserve(rows.len());
        scales.reserve(rows.len());
        states.reserve(rows.len());
        let if_missing = column.constraints.required.then_some(CellFault::Constraint(Constraint::Required));
        let none = parse::Number { value: 0.0, decimal: None };
        let bounds = NumberBounds::new(column, number_type);
        scan(column, index, rows.clone(), chunk, dialect, not_utf8, scratch, |row, _, cell| {
            let mut at_fault = |fault| faults.push(PlacedFault { row: row as u32, column: index as u32, fault });
            let (number, state, fault) = match cell {
                Cell::Text(text) => match parse(text) {
                    Some(number) => match number.decimal {
                        Some(decimal) if decimal.mantissa.unsigned_abs() < EXACT_MANTISSA => {
                            (number, State::Value, None)
                        }
                        _ => {
                            bounds.check_exactly(text, number.value, |constraint| {
                                at_fault(CellFault::Constraint(constraint));
                            });
                            (number, State::Exact, None)
                        }
                    },
                    None => (none, State::Failed, Some(number_type.fault(text))),
                },
                Cell::Missing => {
                    *gaps = true;
                    (none, State::Missing, if_missing)
                }
                Cell::NotUtf8 => (none, State::Failed, Some(CellFault::Encoding)),
            };
            let (mantissa, scale) = number.decimal.map_or((0, NO_SCALE), |decimal| (decimal.mantissa, decimal.scale));
            values.push(number.value);
            mantissas.push(mantissa);
            scales.push(scale);
            states.push(state);
            if let Some(fault) = fault {
                at_fault(fault);
            }
        });
        typed.values = Values::Numbers { values, mantissas, scales };
        self.check_text_constraints(column, index, typed);
    }

    /// `pattern` applies to the text of any type; only on the cells that are of the type.
    fn check_text_constraints(&mut self, column: &Column, index: usize, typed: &TypedColumn) {
        let Some(pattern) = &column.pattern else {
            return;
        };
        let Self { chunk, rows, dialect, not_utf8, scratch, faults } = self;
        scan(column, index, rows.clone(), chunk, dialect, not_utf8, scratch, |row, _, cell| {
            if let Cell::Text(text) = cell
                && matches!(typed.states[row], State::Value | State::Exact)
                && !pattern.is_match(text)
            {
                let fault = CellFault::Constraint(Constraint::Pattern);
                faults.push(PlacedFault { row: row as u32, column: index as u32, fault });
            }
        });
    }

    /// Takes the spans of a column out of its cells, and appends those of these rows.
    pub(super) fn all_spans(&mut self, column: &Column, index: usize, typed: &mut TypedColumn) -> Vec<Span> {
        let mut spans = match std::mem::take(&mut typed.values) {
            Values::Texts(spans) => spans,
            _ => Vec::new(),
        };
        typed.gaps |= match column.missing {
            Missing::Empty if self.dialect.escape.is_none() => self.spans(column, index, &mut spans),
            _ => self.unusual_spans(column, index, &mut spans),
        };
        spans
    }

    /// Where the texts of a column are, and whether there are gaps; an empty text is a missing one, and nothing is escaped. Without
    /// branches on what differs from cell to cell: three columns of the narrow shape of the benchmarks are half empty.
    fn spans(&mut self, column: &Column, index: usize, spans: &mut Vec<Span>) -> bool {
        let Self { chunk, rows, dialect, not_utf8, scratch, faults } = self;
        let data = chunk.bytes();
        let first = spans.len();
        spans.resize(first + rows.len(), Span::MISSING);
        let spans = &mut spans[first..];
        let mut gaps = raw_spans(chunk.cells(index), rows.clone(), spans);
        if let Some(quote) = dialect.quote.filter(|_| chunk.has_quotes()) {
            let mut seen = 0;
            while let Some(others) = spans[seen..].iter().position(|span| span.starts_with(quote, data)) {
                seen += others;
                let text = unquote(spans[seen].text(data), dialect, scratch);
                spans[seen] = if text.is_empty() { Span::MISSING } else { Span::of(text, data) };
                gaps |= !spans[seen].is_there();
                seen += 1;
            }
        }
        let mut at_fault = |row, fault| faults.push(PlacedFault { row: row as u32, column: index as u32, fault });
        if gaps && column.constraints.required {
            let missing = (rows.clone()).zip(&*spans).filter(|(_, span)| **span == Span::MISSING);
            missing.for_each(|(row, _)| at_fault(row, CellFault::Constraint(Constraint::Required)));
        }
        for row in not_utf8.in_column(index, rows.clone()) {
            // Stands in no clean row, so it is no gap.
            spans[row - rows.start] = Span::MISSING;
            at_fault(row, CellFault::Encoding);
        }
        gaps
    }

    /// The same where other texts stand for a missing one, or characters are escaped.
    fn unusual_spans(&mut self, column: &Column, index: usize, spans: &mut Vec<Span>) -> bool {
        let Self { chunk, rows, dialect, not_utf8, scratch, faults } = self;
        spans.reserve(rows.len());
        let required = column.constraints.required;
        let mut gaps = false;
        scan(column, index, rows.clone(), chunk, dialect, not_utf8, scratch, |row, _, cell| {
            let fault = match cell {
                Cell::Text(text) => {
                    let span = Span::of(text, chunk.bytes());
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
            faults.push(PlacedFault { row: row as u32, column: index as u32, fault });
        });
        gaps
    }
}
