//! Records → typed columns: every cell of a column is read once, in its type, with a fault for each bad one.
//!
//! This pass also evaluates the constraints on text (`required`, lengths, `pattern`, `enum`): as expressions over string
//! views they cost more than the whole pass (the numbers are in the design page). Bounds of numbers and times are
//! expressions of [`crate::frame`].

use std::ops::Range;

use sluice_csv::{Chunk, Dialect, unquote};

use crate::column::{Column, NumberBounds};
use crate::descriptor::{Constraints, FieldType, StringFormat};
use crate::fault::{CellFault, Constraint, PlacedFault};
use crate::parse;
use crate::parse::characters;
use crate::typed::{NO_SCALE, Span, State, TypedColumn, Values};

/// Doubles hold every integer up to here.
const EXACT_MANTISSA: u64 = 1 << 53;

/// Equality of cells, which are mostly short: a call to compare them would cost more than the comparison.
#[inline(always)]
fn same(one: &[u8], other: &[u8]) -> bool {
    #[inline(always)]
    fn ends<const N: usize>(one: &[u8], other: &[u8]) -> bool {
        one.first_chunk::<N>() == other.first_chunk::<N>() && one.last_chunk::<N>() == other.last_chunk::<N>()
    }
    one.len() == other.len()
        && match one.len() {
            0 => true,
            1..4 => ends::<1>(one, other) && one[one.len() / 2] == other[other.len() / 2],
            4..8 => ends::<4>(one, other),
            8..=16 => ends::<8>(one, other),
            _ => ends::<8>(one, other) && one == other,
        }
}

/// A cell as the column sees it.
enum Cell<'a> {
    Missing,
    Text(&'a [u8]),
    NotUtf8,
}

/// The rows of a chunk that hold bytes that are not UTF-8, ascending.
#[derive(Debug, Default)]
pub(crate) struct NotUtf8 {
    rows: Vec<u32>,
    whole: bool,
}

impl NotUtf8 {
    /// Finds them; one pass over the bytes when there are none.
    pub(crate) fn find(&mut self, chunk: &Chunk) {
        self.rows.clear();
        let bytes = chunk.bytes();
        self.whole = simdutf8::basic::from_utf8(bytes).is_ok();
        if self.whole {
            return;
        }
        let rows = &chunk.index.rows;
        let mut from = 0;
        while from < bytes.len() {
            let Err(error) = simdutf8::compat::from_utf8(&bytes[from..]) else {
                return;
            };
            let at = from + error.valid_up_to();
            let after = rows.partition_point(|row| row.start as usize <= at);
            // The next byte is the place to go on from: the byte at fault may stand outside the regular rows.
            from = at + 1;
            if let Some(row) = after.checked_sub(1)
                && at < chunk.row_next(rows[row]) as usize
            {
                self.rows.push(row as u32);
                from = chunk.row_next(rows[row]) as usize;
            }
        }
    }

    /// Whether every byte of the chunk is UTF-8; those outside the regular rows too.
    pub(crate) fn is_empty(&self) -> bool {
        self.whole
    }

    /// Asks for rows in ascending order, from this one on.
    pub(crate) fn ascending(&self, first: usize) -> Ascending<'_> {
        Ascending { rows: &self.rows[self.rows.partition_point(|&row| (row as usize) < first)..] }
    }
}

/// The rows that hold bytes that are not UTF-8, and are not passed yet.
pub(crate) struct Ascending<'a> {
    rows: &'a [u32],
}

impl Ascending<'_> {
    /// Whether a regular row holds a byte that is not UTF-8; rows before the last one asked for are forgotten.
    #[inline]
    pub(crate) fn holds(&mut self, row: usize) -> bool {
        while let [first, rest @ ..] = self.rows {
            if *first as usize >= row {
                return *first as usize == row;
            }
            self.rows = rest;
        }
        false
    }
}

/// Calls `each` with the cells of a column in some rows: row, bytes as they stand in the file, and what they are.
#[inline]
#[expect(clippy::too_many_arguments, reason = "the parts of `Typing`, lent one by one")]
fn scan<'c>(
    column: &Column,
    place: usize,
    rows: Range<usize>,
    chunk: &'c Chunk,
    dialect: &Dialect,
    not_utf8: &NotUtf8,
    scratch: &mut Vec<u8>,
    mut each: impl FnMut(usize, &'c [u8], Cell<'_>),
) {
    let quotes = chunk.has_quotes() || dialect.escape.is_some();
    let mut not_utf8 = not_utf8.ascending(rows.start);
    for (row, &place_of_row) in rows.clone().zip(&chunk.index.rows[rows]) {
        let raw = chunk.cell(place_of_row, place);
        let text = if quotes { unquote(raw, dialect, scratch) } else { raw };
        let cell = if column.missing.holds(text) {
            Cell::Missing
        } else if not_utf8.holds(row) && !text.is_ascii() && simdutf8::basic::from_utf8(text).is_err() {
            Cell::NotUtf8
        } else {
            Cell::Text(text)
        };
        each(row, raw, cell);
    }
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
    /// Reads column number `place` and appends its cells to `typed`, which has those of the rows before, and its faults.
    pub(crate) fn read(&mut self, column: &Column, place: usize, typed: &mut TypedColumn) {
        match &column.kind {
            FieldType::String(format) => self.text(column, place, *format, typed),
            FieldType::Any => self.text(column, place, StringFormat::Default, typed),
            &FieldType::Integer { bare_number, group_char } => {
                // The common form gets a loop of its own, in which the parser is inlined.
                if bare_number && group_char.is_none() {
                    self.integers(column, place, typed, |text| parse::integer(text, true, None));
                } else {
                    self.integers(column, place, typed, |text| parse::integer(text, bare_number, group_char));
                }
            }
            FieldType::Year => {
                self.integers(column, place, typed, |text| parse::year(text).ok_or(parse::IntegerError::NotAnInteger))
            }
            FieldType::Number { .. } => self.numbers(column, place, typed),
            FieldType::Boolean { true_values, false_values } => {
                let mut values = typed.take_booleans();
                self.typed(column, place, typed, &mut values, |text| {
                    parse::boolean(text, true_values, false_values).ok_or(CellFault::Type)
                });
                typed.values = Values::Booleans(values);
            }
            FieldType::Date(format) => {
                let mut values = typed.take_i32();
                self.typed(column, place, typed, &mut values, |text| parse::date(text, format).ok_or(CellFault::Type));
                typed.values = Values::Dates(values);
            }
            FieldType::YearMonth => {
                let mut values = typed.take_i32();
                self.typed(column, place, typed, &mut values, |text| parse::year_month(text).ok_or(CellFault::Type));
                typed.values = Values::YearMonths(values);
            }
            FieldType::Datetime(format) => {
                let mut values = typed.take_i64();
                self.typed(column, place, typed, &mut values, |text| {
                    parse::datetime(text, format).ok_or(CellFault::Type)
                });
                typed.values = Values::Datetimes(values);
            }
            FieldType::Time(format) => {
                let mut values = typed.take_i64();
                self.typed(column, place, typed, &mut values, |text| parse::time(text, format).ok_or(CellFault::Type));
                typed.values = Values::Times(values);
            }
        }
    }

    fn integers(
        &mut self,
        column: &Column,
        place: usize,
        typed: &mut TypedColumn,
        parse: impl Fn(&[u8]) -> Result<i64, parse::IntegerError>,
    ) {
        let mut values = typed.take_i64();
        self.typed(column, place, typed, &mut values, |text| {
            parse(text).map_err(|error| match error {
                parse::IntegerError::NotAnInteger => CellFault::Type,
                parse::IntegerError::OutOfRange => CellFault::Range,
            })
        });
        typed.values = Values::Integers(values);
    }

    /// Types whose values a fixed-size type holds. The previous cell is remembered: sorted and repeated values are common.
    #[inline]
    fn typed<T: Copy + Default>(
        &mut self,
        column: &Column,
        place: usize,
        typed: &mut TypedColumn,
        values: &mut Vec<T>,
        parse: impl Fn(&[u8]) -> Result<T, CellFault>,
    ) {
        let Self { chunk, rows, dialect, not_utf8, scratch, faults } = self;
        let TypedColumn { states, gaps, .. } = typed;
        states.reserve(rows.len());
        values.reserve(rows.len());
        let required = column.constraints.required;
        let mut previous: Option<(&[u8], T)> = None;
        scan(column, place, rows.clone(), chunk, dialect, not_utf8, scratch, |row, raw, cell| {
            let mut at_fault = |fault| faults.push(PlacedFault { row: row as u32, column: place as u32, fault });
            let (value, state) = match cell {
                Cell::Missing => {
                    *gaps = true;
                    if required {
                        at_fault(CellFault::Constraint(Constraint::Required));
                    }
                    (T::default(), State::Missing)
                }
                Cell::Text(text) => match previous {
                    Some((other, value)) if same(other, raw) => (value, State::Value),
                    _ => match parse(text) {
                        Ok(value) => {
                            previous = Some((raw, value));
                            (value, State::Value)
                        }
                        Err(fault) => {
                            at_fault(fault);
                            (T::default(), State::Failed)
                        }
                    },
                },
                Cell::NotUtf8 => {
                    at_fault(CellFault::Encoding);
                    (T::default(), State::Failed)
                }
            };
            values.push(value);
            states.push(state);
        });
        self.check_text_constraints(column, place, typed);
    }

    fn numbers(&mut self, column: &Column, place: usize, typed: &mut TypedColumn) {
        let &FieldType::Number { bare_number, group_char, decimal_char } = &column.kind else {
            return;
        };
        if bare_number && group_char.is_none() && decimal_char == '.' {
            self.numbers_with(column, place, typed, |text| parse::number(text, true, None, '.'));
        } else {
            self.numbers_with(column, place, typed, |text| parse::number(text, bare_number, group_char, decimal_char));
        }
    }

    fn numbers_with(
        &mut self,
        column: &Column,
        place: usize,
        typed: &mut TypedColumn,
        parse: impl Fn(&[u8]) -> Option<parse::Number>,
    ) {
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
        let bounds = NumberBounds::new(column);
        scan(column, place, rows.clone(), chunk, dialect, not_utf8, scratch, |row, _, cell| {
            let mut at_fault = |fault| faults.push(PlacedFault { row: row as u32, column: place as u32, fault });
            let (number, state) = match cell {
                Cell::Missing => {
                    *gaps = true;
                    if column.constraints.required {
                        at_fault(CellFault::Constraint(Constraint::Required));
                    }
                    (None, State::Missing)
                }
                Cell::Text(text) => match parse(text) {
                    None => {
                        at_fault(CellFault::Type);
                        (None, State::Failed)
                    }
                    Some(number) => {
                        let exact =
                            matches!(number.decimal, Some(decimal) if decimal.mantissa.unsigned_abs() < EXACT_MANTISSA);
                        if exact {
                            (Some(number), State::Value)
                        } else {
                            bounds.check_exactly(text, number.value, |constraint| {
                                at_fault(CellFault::Constraint(constraint));
                            });
                            (Some(number), State::Exact)
                        }
                    }
                },
                Cell::NotUtf8 => {
                    at_fault(CellFault::Encoding);
                    (None, State::Failed)
                }
            };
            let decimal = number.as_ref().and_then(|number| number.decimal);
            values.push(number.map_or(0.0, |number| number.value));
            mantissas.push(decimal.map_or(0, |decimal| decimal.mantissa));
            scales.push(decimal.map_or(NO_SCALE, |decimal| decimal.scale));
            states.push(state);
        });
        typed.values = Values::Numbers { values, mantissas, scales };
        self.check_text_constraints(column, place, typed);
    }

    /// `pattern` applies to the text of any type; only on the cells that are of the type.
    fn check_text_constraints(&mut self, column: &Column, place: usize, typed: &TypedColumn) {
        let Some(pattern) = &column.pattern else {
            return;
        };
        let Self { chunk, rows, dialect, not_utf8, scratch, faults } = self;
        scan(column, place, rows.clone(), chunk, dialect, not_utf8, scratch, |row, _, cell| {
            if let Cell::Text(text) = cell
                && matches!(typed.states[row], State::Value | State::Exact)
                && !pattern.is_match(text)
            {
                let fault = CellFault::Constraint(Constraint::Pattern);
                faults.push(PlacedFault { row: row as u32, column: place as u32, fault });
            }
        });
    }

    fn text(&mut self, column: &Column, place: usize, format: StringFormat, typed: &mut TypedColumn) {
        let mut spans = match std::mem::take(&mut typed.values) {
            Values::Texts(spans) => spans,
            _ => Vec::new(),
        };
        typed.gaps |= self.spans(column, place, &mut spans);
        if column.has_only_an_enum() {
            self.check_enum(column, place, &spans);
        } else if !column.takes_anything() {
            self.check_text(column, place, format, &spans);
        }
        typed.values = Values::Texts(spans);
    }

    /// Where the texts of a column are, and whether there are gaps. This pass knows of no constraint but `required`: a loop over
    /// every cell is worth keeping short.
    fn spans(&mut self, column: &Column, place: usize, spans: &mut Vec<Span>) -> bool {
        let Self { chunk, rows, dialect, not_utf8, scratch, faults } = self;
        spans.reserve(rows.len());
        let required = column.constraints.required;
        let mut gaps = false;
        scan(column, place, rows.clone(), chunk, dialect, not_utf8, scratch, |row, _, cell| {
            let fault = match cell {
                Cell::Text(text) => {
                    let span = Span::of(text, &chunk.data);
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
                    // Stands in no clean row, so it is no gap.
                    spans.push(Span::MISSING);
                    CellFault::Encoding
                }
            };
            faults.push(PlacedFault { row: row as u32, column: place as u32, fault });
        });
        gaps
    }

    /// `enum` alone.
    fn check_enum(&mut self, column: &Column, place: usize, spans: &[Span]) {
        let Some(texts) = &column.texts else {
            return;
        };
        for (row, &span) in self.rows.clone().zip(&spans[self.rows.clone()]) {
            let holds = match span {
                Span::MISSING => continue,
                Span::ESCAPED => texts.holds(self.escaped(row, place)),
                span => texts.holds_in(&self.chunk.data, span),
            };
            if !holds {
                let fault = CellFault::Constraint(Constraint::Enum);
                self.faults.push(PlacedFault { row: row as u32, column: place as u32, fault });
            }
        }
    }

    /// The text of a cell with escapes.
    fn escaped(&mut self, row: usize, place: usize) -> &[u8] {
        unquote(self.chunk.cell(self.chunk.index.rows[row], place), self.dialect, self.scratch)
    }

    /// Format and constraints of texts.
    fn check_text(&mut self, column: &Column, place: usize, format: StringFormat, spans: &[Span]) {
        let Self { chunk, rows, dialect, scratch, faults, .. } = self;
        let Constraints { min_length, max_length, .. } = column.constraints;
        let has_length = min_length.is_some() || max_length.is_some();
        let (shortest, longest) = (min_length.unwrap_or(0), max_length.unwrap_or(u64::MAX));
        // Only good cells are remembered: a repeated fault is found again.
        let mut previous: Option<&[u8]> = None;
        for (row, &span) in rows.clone().zip(&spans[rows.clone()]) {
            let mut at_fault = |fault| faults.push(PlacedFault { row: row as u32, column: place as u32, fault });
            let (text, stays) = match span {
                Span::MISSING => continue,
                Span::ESCAPED => (unquote(chunk.cell(chunk.index.rows[row], place), dialect, scratch), None),
                span => (span.text(&chunk.data), Some(span.text(&chunk.data))),
            };
            if previous.is_some_and(|previous| same(text, previous)) {
                continue;
            }
            if format != StringFormat::Default && !parse::string_matches(text, format) {
                at_fault(CellFault::Type);
                continue;
            }
            let mut good = true;
            let mut breaks = |constraint| {
                good = false;
                at_fault(CellFault::Constraint(constraint));
            };
            if has_length {
                let bytes = text.len() as u64;
                // A character is one to four bytes: most lengths are decided without counting.
                if bytes > longest || bytes < shortest.saturating_mul(4) {
                    let characters = characters(text);
                    if characters < shortest {
                        breaks(Constraint::MinLength);
                    }
                    if characters > longest {
                        breaks(Constraint::MaxLength);
                    }
                }
            }
            if column.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(text)) {
                breaks(Constraint::Pattern);
            }
            if column.texts.as_ref().is_some_and(|texts| !texts.holds(text)) {
                breaks(Constraint::Enum);
            }
            previous = stays.filter(|_| good);
        }
    }
}
