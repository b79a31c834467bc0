//! The rows of a chunk that have no fault so far, and the fingerprints of their keys.

use std::io;

use crate::descriptor::KeyKind;
use crate::fault::{CellFault, FaultLocation, PlacedFault};
use crate::resolve::faultless_rows::{Candidate, FaultlessRows, Rows};
use crate::resolve::fingerprint::{Fingerprinter, NO_PART};
use crate::resolve::first_row::FirstRow;
use crate::resolve::key_values::{TypedChunk, write};
use crate::resolve::keys::{FileKey, FileKeys};
use crate::typing::values::{CellState, ColumnValues, TypedColumn};

/// A row whose key stands in an earlier row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Duplicate {
    /// The index of the row among the chunk's regular rows.
    pub(crate) row: u32,
    /// The number of the key.
    pub(crate) key: u32,
    pub(crate) first: FirstRow,
}

/// Stands for a value that one integer does not hold, which is a time with nanoseconds. Such a value is looked up by
/// its fingerprint, and so is an integer that happens to equal this constant.
const NO_INTEGER: i64 = i64::MIN;

/// One key of the candidates.
#[derive(Debug, Default)]
pub(super) struct KeyCells {
    /// The fingerprints of the rows; [`NO_PART`] where a value is missing. Empty if the values ascend, until
    /// fingerprints are needed.
    pub(super) fingerprints: Vec<u128>,
    /// The values of a key of one integer or time; the values of missing cells are meaningless. Empty for all other keys.
    values: Vec<i64>,
    /// Whether there are values, none is missing, and each is greater than the value before it.
    ascend: bool,
    /// Whether fingerprints were needed although the values ascend. From then on they are always made in advance: made
    /// in the turn of the chunk, they would keep other threads waiting.
    were_missed: bool,
}

impl KeyCells {
    /// Returns the value of a row, if one integer holds it.
    #[inline]
    pub(super) fn value(&self, nth: usize) -> Option<i64> {
        self.values.get(nth).copied().filter(|&value| value != NO_INTEGER)
    }

    /// Returns the values of all rows, if they ascend.
    pub(super) fn ascending(&self) -> Option<&[i64]> {
        self.ascend.then_some(&*self.values)
    }

    /// Makes the fingerprints that were left out because the values ascend.
    #[cold]
    pub(super) fn make_fingerprints(&mut self, fingerprinter: &Fingerprinter) {
        if self.ascend && self.fingerprints.is_empty() {
            self.were_missed = true;
            self.fingerprints.extend(self.values.iter().map(|&value| fingerprinter.of_integer(value)));
        }
    }
}

/// The rows of a chunk that are candidates, with their keys.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    rows: Rows,
    pub(super) keys: Vec<KeyCells>,
    /// Where the chunk begins.
    begin: FirstRow,
    /// Whether no candidates of the chunk follow.
    pub(super) are_last: bool,
}

impl Candidates {
    /// Returns the number of candidates.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns the position of the first candidate, if each further candidate stands in the next record and on the next line.
    pub(super) fn first_of_consecutive(&self) -> Option<FirstRow> {
        self.rows.are_consecutive().then(|| self.position(0))
    }

    /// Returns the index of a candidate among the chunk's regular rows.
    pub(super) fn row(&self, nth: usize) -> u32 {
        self.rows.get(nth).row
    }

    #[inline]
    pub(super) fn position(&self, nth: usize) -> FirstRow {
        let Candidate { record, line, .. } = self.rows.get(nth);
        FirstRow { record: self.begin.record + u64::from(record), line: self.begin.line + u64::from(line) }
    }
}

/// Most keys that are read at once, which bounds the memory. As many keys of a chunk as this are read before its turn.
const AT_ONCE: usize = 128 << 10;

/// Waits for the turn of the chunk, and finds the candidates with a known key; behind the last candidates of the chunk
/// the turn is passed on. Returns false if the pipeline has stopped.
pub(crate) type Resolve<'r> = dyn FnMut(&mut Candidates, &mut Vec<Duplicate>) -> io::Result<bool> + 'r;

/// Reads the keys of chunks; one for each thread. Its memory is reused.
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

    /// Adds the faults of keys to the sorted faults of a chunk. Returns false if the pipeline has stopped.
    ///
    /// # Errors
    /// When `resolve` returns an error.
    pub(crate) fn resolve(
        &mut self,
        typed: TypedChunk<'_>,
        faults: &mut Vec<PlacedFault>,
        resolve: &mut Resolve<'_>,
    ) -> io::Result<bool> {
        self.duplicates.clear();
        let most = AT_ONCE / self.keys.keys.len().max(1);
        self.candidates.begin = FirstRow { record: typed.chunk.start.record, line: typed.chunk.start.line };
        let mut rows = FaultlessRows::new(typed.chunk, faults);
        loop {
            self.read(typed, &mut rows, most);
            if !resolve(&mut self.candidates, &mut self.duplicates)? {
                return Ok(false);
            }
            if self.candidates.are_last {
                break;
            }
        }
        self.scratch.shrink_to(AT_ONCE);
        if !self.duplicates.is_empty() {
            faults.extend(self.duplicates.iter().map(|duplicate| self.fault(duplicate)));
            // The sort merges two ascending runs; no row has faults in both.
            faults.sort_by_key(|placed| placed.row);
        }
        Ok(true)
    }

    fn fault(&self, duplicate: &Duplicate) -> PlacedFault {
        let fault = match self.keys.keys[duplicate.key as usize].kind {
            KeyKind::Primary => CellFault::PrimaryKey,
            KeyKind::Unique => CellFault::Unique,
        };
        PlacedFault::at(duplicate.row, FaultLocation::Key(duplicate.key as usize), fault)
    }

    /// Reads the keys of the next rows, of `most` rows at most.
    fn read(&mut self, typed: TypedChunk<'_>, rows: &mut FaultlessRows<'_>, most: usize) {
        let Self { keys, candidates, scratch, .. } = self;
        candidates.are_last = rows.take(most, &mut candidates.rows);
        for (key, cells) in keys.keys.iter().zip(&mut candidates.keys) {
            cells.fingerprints.clear();
            cells.values.clear();
            cells.ascend = false;
            match &*key.columns {
                &[column] if integers(&typed.typed[column].values).is_some() => {
                    read_integers(&typed.typed[column], &candidates.rows, &keys.fingerprinter, cells);
                }
                _ => {
                    let rows = &candidates.rows;
                    let of_row =
                        |nth| fingerprint(key, rows.get(nth).row as usize, typed, &keys.fingerprinter, scratch);
                    cells.fingerprints.extend((0..rows.len()).map(of_row));
                }
            }
        }
    }
}

/// Values that are stored as integers, in an order that is the order of the integers.
enum Integers<'v> {
    Long(&'v [i64]),
    Short(&'v [i32]),
}

fn integers(values: &ColumnValues) -> Option<Integers<'_>> {
    match values {
        ColumnValues::Integers(values) | ColumnValues::Datetimes(values) | ColumnValues::Times(values) => {
            Some(Integers::Long(values))
        }
        ColumnValues::Dates(values) | ColumnValues::YearMonths(values) => Some(Integers::Short(values)),
        ColumnValues::Texts(_) | ColumnValues::Numbers { .. } | ColumnValues::Booleans(_) => None,
    }
}

/// Reads a key of one integer or time.
fn read_integers(typed: &TypedColumn, rows: &Rows, fingerprinter: &Fingerprinter, cells: &mut KeyCells) {
    match integers(&typed.values) {
        Some(Integers::Long(values)) => rows.pick(values, &mut cells.values),
        Some(Integers::Short(values)) => rows.pick(values, &mut cells.values),
        None => return,
    }
    // A time with nanoseconds needs its fingerprint, and so does the integer that stands for such times.
    cells.ascend = cells.values.is_sorted_by(|one, next| one < next)
        && cells.values.first() != Some(&NO_INTEGER)
        && rows.all_are_values(&typed.states);
    if cells.ascend && !cells.were_missed {
        return;
    }
    let fingerprint = |(nth, value): (usize, &mut i64)| {
        let row = rows.get(nth).row as usize;
        match typed.states[row] {
            CellState::Value => fingerprinter.of_integer(*value),
            CellState::Inexact => {
                let mut writer = fingerprinter.writer();
                writer.time_with_nanoseconds(std::mem::replace(value, NO_INTEGER), typed.nanoseconds_in(row));
                writer.finish()
            }
            CellState::Missing | CellState::Failed => NO_PART,
        }
    };
    cells.fingerprints.extend(cells.values.iter_mut().enumerate().map(fingerprint));
}

/// Returns the fingerprint of the key in a row.
fn fingerprint(
    key: &FileKey,
    row: usize,
    typed: TypedChunk<'_>,
    fingerprinter: &Fingerprinter,
    scratch: &mut Vec<u8>,
) -> u128 {
    let mut writer = fingerprinter.writer();
    let all = key.columns.iter().all(|&column| write(column, row, typed, scratch, &mut writer).is_some());
    if all { writer.finish() } else { NO_PART }
}
