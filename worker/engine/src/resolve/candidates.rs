//! The rows of a chunk that are right so far, and the fingerprints of their keys.

use std::io;
use std::ops::Range;

use sluice_csv::{Chunk, Dialect, Positions, unquote};

use crate::descriptor::KeyKind;
use crate::fault::{CellFault, KEYS, PlacedFault};
use crate::parse::ExactDecimal;
use crate::resolve::fingerprint::{Fingerprints, NO_PART, Writer};
use crate::resolve::first::First;
use crate::resolve::keys::{FileKey, FileKeys};
use crate::types::FieldType;
use crate::typing::column::Column;
use crate::typing::values::{NO_SCALE, Span, State, TypedColumn, Values};

/// A row whose key stands in an earlier one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Duplicate {
    /// Row within the chunk's regular rows.
    pub(crate) row: u32,
    /// Number of the key.
    pub(crate) key: u32,
    pub(crate) first: First,
}

/// A row without a fault.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) row: u32,
    /// Records of the chunk before it.
    record: u32,
    /// Lines of the chunk before it.
    line: u32,
}

/// In place of the value of a key that no integer tells, as it has nanoseconds. Those of such a value are found by their fingerprints, and so
/// are those of the integer itself.
const NO_INTEGER: i64 = i64::MIN;

/// One key of the candidates.
#[derive(Debug, Default)]
pub(super) struct KeyCells {
    /// [`NO_PART`] where a value is missing. Empty where the values ascend, until somebody needs them.
    pub(super) prints: Vec<u128>,
    /// The values of a key of one integer or time; the values of missing cells are meaningless. Empty for all other keys.
    values: Vec<i64>,
    /// The values are there, none is missing, and each is greater than the one before it.
    ascend: bool,
    /// Fingerprints were missed before: they are made even where the values ascend, which is better than to make them when it is the turn
    /// of the chunk.
    were_missed: bool,
}

impl KeyCells {
    /// The value of a key that one integer tells.
    #[inline]
    pub(super) fn value(&self, nth: usize) -> Option<i64> {
        self.values.get(nth).copied().filter(|&value| value != NO_INTEGER)
    }

    /// The values of all rows, where they ascend.
    pub(super) fn ascending(&self) -> Option<&[i64]> {
        self.ascend.then_some(&*self.values)
    }

    /// Makes the fingerprints that are not there yet, as the values do not go on where those before them ended.
    #[cold]
    pub(super) fn make_prints(&mut self, fingerprints: &Fingerprints) {
        if self.ascend && self.prints.is_empty() {
            self.were_missed = true;
            self.prints.extend(self.values.iter().map(|&value| fingerprints.of_integer(value)));
        }
    }
}

/// Rows that are candidates, with their keys.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    pub(super) rows: Vec<Candidate>,
    pub(super) keys: Vec<KeyCells>,
    /// Record and line at which the chunk begins.
    begin: (u64, u64),
}

impl Candidates {
    pub(super) fn position(&self, nth: usize) -> First {
        let Candidate { record, line, .. } = self.rows[nth];
        First { record: self.begin.0 + u64::from(record), line: self.begin.1 + u64::from(line) }
    }
}

/// Keys of rows that are read at once: this bounds the memory. The first keys of a chunk, up to this number, are read before its turn.
const AT_ONCE: usize = 128 << 10;

/// The source of keys.
#[derive(Clone, Copy)]
pub(crate) struct TypedChunk<'c> {
    pub(crate) chunk: &'c Chunk,
    pub(crate) columns: &'c [Column],
    pub(crate) typed: &'c [TypedColumn],
    pub(crate) dialect: &'c Dialect,
}

/// Waits for the turn of the chunk, and finds the candidates whose keys are known; with `true` the turn is passed on behind it. False when
/// the pipeline has stopped.
pub(crate) type Resolve<'r> = dyn FnMut(&mut Candidates, &mut Vec<Duplicate>, bool) -> io::Result<bool> + 'r;

/// Reads the keys of chunks; one for each thread. Its memory is used again.
#[derive(Debug)]
pub(crate) struct KeyReader<'a> {
    keys: &'a FileKeys,
    candidates: Candidates,
    pub(crate) duplicates: Vec<Duplicate>,
    scratch: Vec<u8>,
}

impl<'a> KeyReader<'a> {
    pub(crate) fn new(keys: &'a FileKeys) -> Self {
        let mut candidates = Candidates::default();
        candidates.keys.resize_with(keys.keys.len(), KeyCells::default);
        Self { keys, candidates, duplicates: Vec::new(), scratch: Vec::new() }
    }

    /// Adds the faults of keys to the sorted faults of a chunk; false when the pipeline has stopped.
    ///
    /// # Errors
    /// Those of `resolve`.
    pub(crate) fn resolve(
        &mut self,
        typed: TypedChunk<'_>,
        faults: &mut Vec<PlacedFault>,
        resolve: &mut Resolve<'_>,
    ) -> io::Result<bool> {
        self.duplicates.clear();
        let most = AT_ONCE / self.keys.keys.len().max(1);
        self.candidates.begin = (typed.chunk.start.record, typed.chunk.start.line);
        let mut rows = RightRows::new(typed.chunk, faults);
        loop {
            let is_last = self.read(typed, &mut rows, most);
            if !resolve(&mut self.candidates, &mut self.duplicates, is_last)? {
                return Ok(false);
            }
            if is_last {
                break;
            }
        }
        self.scratch.shrink_to(AT_ONCE);
        if !self.duplicates.is_empty() {
            faults.extend(self.duplicates.iter().map(|duplicate| self.fault(duplicate)));
            // Two runs that ascend: no row has faults of both.
            faults.sort_by_key(|placed| placed.row);
        }
        Ok(true)
    }

    fn fault(&self, duplicate: &Duplicate) -> PlacedFault {
        let fault = match self.keys.keys[duplicate.key as usize].kind {
            KeyKind::Primary => CellFault::PrimaryKey,
            KeyKind::Unique => CellFault::Unique,
        };
        PlacedFault { row: duplicate.row, column: KEYS + duplicate.key, fault }
    }

    /// Reads the next rows, at most this many; true when they are the last.
    fn read(&mut self, typed: TypedChunk<'_>, rows: &mut RightRows<'_>, most: usize) -> bool {
        let Self { keys, candidates, scratch, .. } = self;
        let is_last = rows.take(most, &mut candidates.rows);
        for (key, cells) in keys.keys.iter().zip(&mut candidates.keys) {
            cells.prints.clear();
            cells.values.clear();
            cells.ascend = false;
            match &*key.columns {
                &[column] if integers(&typed.typed[column].values).is_some() => {
                    single(&typed.typed[column], &candidates.rows, &keys.fingerprints, cells);
                }
                _ => {
                    let of_row = |row: &Candidate| print(key, row.row as usize, typed, &keys.fingerprints, scratch);
                    cells.prints.extend(candidates.rows.iter().map(of_row));
                }
            }
        }
        is_last
    }
}

/// The rows of a chunk that have no fault, one after the other.
struct RightRows<'c> {
    chunk: &'c Chunk,
    positions: Positions<'c>,
    /// Those that were not looked at.
    left: Range<u32>,
    /// Faults of these, sorted.
    faults: &'c [PlacedFault],
    /// Records without cells that were passed.
    odd: usize,
    /// Every record is a row, and has one line.
    is_plain: bool,
}

impl<'c> RightRows<'c> {
    fn new(chunk: &'c Chunk, faults: &'c [PlacedFault]) -> Self {
        let is_plain = chunk.index.odd.is_empty() && chunk.one_line_each();
        let left = 0..chunk.index.rows.len() as u32;
        Self { chunk, positions: Positions::new(chunk), left, faults, odd: 0, is_plain }
    }

    /// Replaces the keys in `rows` by the next ones, at most this many; true when they are the last.
    fn take(&mut self, most: usize, rows: &mut Vec<Candidate>) -> bool {
        rows.clear();
        if self.is_plain && self.faults.is_empty() {
            let end = self.left.end.min(self.left.start.saturating_add(u32::try_from(most).unwrap_or(u32::MAX)));
            rows.extend((self.left.start..end).map(|row| Candidate { row, record: row, line: row }));
            self.left.start = end;
            return self.left.is_empty();
        }
        while rows.len() < most {
            match self.next() {
                Some(row) => rows.push(row),
                None => return true,
            }
        }
        // Rows behind them may all be at fault: then the last turn has none.
        self.left.is_empty()
    }
}

impl Iterator for RightRows<'_> {
    type Item = Candidate;

    #[inline]
    fn next(&mut self) -> Option<Candidate> {
        loop {
            let row = self.left.next()?;
            let start = self.chunk.index.rows[row as usize].start;
            while self.chunk.index.odd.get(self.odd).is_some_and(|odd| odd.start < start) {
                self.odd += 1;
            }
            let before = self.faults.len();
            while let Some((_, rest)) = self.faults.split_first().filter(|(placed, _)| placed.row == row) {
                self.faults = rest;
            }
            if self.faults.len() == before {
                let record = row + self.odd as u32;
                let line = self.positions.of(start, u64::from(record)).line - self.chunk.start.line;
                return Some(Candidate { row, record, line: line as u32 });
            }
        }
    }
}

/// Values that one integer says, and whose order is that of the integers.
enum Integers<'v> {
    Long(&'v [i64]),
    Short(&'v [i32]),
}

fn integers(values: &Values) -> Option<Integers<'_>> {
    match values {
        Values::Integers(values) | Values::Datetimes(values) | Values::Times(values) => Some(Integers::Long(values)),
        Values::Dates(values) | Values::YearMonths(values) => Some(Integers::Short(values)),
        Values::Texts(_) | Values::Numbers { .. } | Values::Booleans(_) => None,
    }
}

/// A key of one integer or time.
fn single(typed: &TypedColumn, rows: &[Candidate], fingerprints: &Fingerprints, cells: &mut KeyCells) {
    let at = |row: &Candidate| row.row as usize;
    match integers(&typed.values) {
        Some(Integers::Long(values)) => cells.values.extend(rows.iter().map(|row| values[at(row)])),
        Some(Integers::Short(values)) => cells.values.extend(rows.iter().map(|row| i64::from(values[at(row)]))),
        None => return,
    }
    // One that an integer does not tell to the end (nanoseconds) is told by its fingerprint, as is the one that stands for these.
    cells.ascend = cells.values.is_sorted_by(|one, next| one < next)
        && cells.values.first() != Some(&NO_INTEGER)
        && rows.iter().all(|row| matches!(typed.states[at(row)], State::Value));
    if cells.ascend && !cells.were_missed {
        return;
    }
    let print = |(row, value): (&Candidate, &mut i64)| match typed.states[at(row)] {
        State::Value => fingerprints.of_integer(*value),
        State::Exact => {
            let mut writer = fingerprints.writer();
            writer.finer(std::mem::replace(value, NO_INTEGER), typed.nanoseconds(at(row)));
            writer.finish()
        }
        State::Missing | State::Failed => NO_PART,
    };
    cells.prints.extend(rows.iter().zip(&mut cells.values).map(print));
}

/// The fingerprint of the key in a row.
fn print(key: &FileKey, row: usize, typed: TypedChunk<'_>, fingerprints: &Fingerprints, scratch: &mut Vec<u8>) -> u128 {
    let mut writer = fingerprints.writer();
    let all = key.columns.iter().all(|&column| write(column, row, typed, scratch, &mut writer).is_some());
    if all { writer.finish() } else { NO_PART }
}

/// Writes the value of a cell; `None` when it is missing.
pub(super) fn write(
    column: usize,
    row: usize,
    TypedChunk { chunk, columns, typed, dialect }: TypedChunk<'_>,
    scratch: &mut Vec<u8>,
    writer: &mut Writer,
) -> Option<()> {
    let TypedColumn { values, states, .. } = &typed[column];
    if let Values::Texts(spans) = values {
        match spans[row] {
            Span::MISSING => return None,
            Span::ESCAPED => {
                let text = unquote(chunk.cell(chunk.index.rows[row], column), dialect, scratch);
                write_text(&columns[column], text, writer);
            }
            span => write_text(&columns[column], span.text(chunk.bytes()), writer),
        }
        return Some(());
    }
    if matches!(states[row], State::Missing | State::Failed) {
        return None;
    }
    match values {
        Values::Texts(_) => {}
        Values::Datetimes(values) | Values::Times(values) if states[row] == State::Exact => {
            writer.finer(values[row], typed[column].nanoseconds(row));
        }
        Values::Integers(values) | Values::Datetimes(values) | Values::Times(values) => writer.integer(values[row]),
        Values::Dates(values) | Values::YearMonths(values) => writer.integer(values[row].into()),
        Values::Booleans(values) => writer.integer(values[row].into()),
        Values::Numbers { values, mantissas, scales } => {
            if scales[row] != NO_SCALE {
                writer.decimal(mantissas[row], scales[row]);
            } else if !values[row].is_finite() {
                writer.not_finite(values[row]);
            } else {
                let text = unquote(chunk.cell(chunk.index.rows[row], column), dialect, scratch);
                writer.exact_decimal(&exact(&columns[column].kind, text));
            }
        }
    }
    Some(())
}

/// Writes a text, or the text that all texts of its value share.
fn write_text(column: &Column, text: &[u8], writer: &mut Writer) {
    match column.kind.as_type().key(text) {
        Some(text) => writer.text(&text),
        None => writer.text(text),
    }
}

/// The exact value of a number; no other type has values of that kind.
fn exact(kind: &FieldType, text: &[u8]) -> ExactDecimal {
    match kind {
        FieldType::Number(number) => number.exact(text),
        FieldType::String(_)
        | FieldType::Integer(_)
        | FieldType::Boolean(_)
        | FieldType::Date(_)
        | FieldType::Datetime(_)
        | FieldType::Time(_)
        | FieldType::Year(_)
        | FieldType::YearMonth(_)
        | FieldType::Any(_)
        | FieldType::Duration(_)
        | FieldType::Object(_)
        | FieldType::Array(_)
        | FieldType::List(_)
        | FieldType::Geopoint(_)
        | FieldType::Geojson(_) => ExactDecimal::default(),
    }
}
