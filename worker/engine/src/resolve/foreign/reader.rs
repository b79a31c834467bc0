//! Finds the foreign keys of a chunk that refer to no row.

use std::io;

use super::file_keys::FileForeignKey;
use super::key_set::AT_ONCE;
use crate::fault::{CellFault, FaultLocation, PlacedFault};
use crate::resolve::fingerprint::{FingerprintWriter, Fingerprinter, NO_PART};
use crate::resolve::key_values::{TypedChunk, write};
use crate::resolve::known::MOST_REPORTED;
use crate::typing::values::{CellState, ColumnValues, TypedColumn};

/// Most bytes of the buffer for unquoted texts that is kept for the next chunk.
const KEPT: usize = 128 << 10;

/// The columns of a key, and how they are compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyColumns<'k> {
    pub(crate) columns: &'k [usize],
    pub(crate) as_decimals: &'k [bool],
}

impl KeyColumns<'_> {
    /// Returns the fingerprint of the key in a row; [`NO_PART`] if a value is missing.
    pub(crate) fn fingerprint(
        self,
        row: usize,
        typed: TypedChunk<'_>,
        fingerprinter: &Fingerprinter,
        scratch: &mut Vec<u8>,
    ) -> u128 {
        let mut writer = fingerprinter.writer();
        let mut columns = self.columns.iter().zip(self.as_decimals);
        let has_all = columns.all(|(&column, &as_decimal)| {
            let as_integer = as_decimal && matches!(typed.typed[column].values, ColumnValues::Integers(_));
            match as_integer {
                true => write_decimal(&typed.typed[column], row, &mut writer).is_some(),
                false => write(column, row, typed, scratch, &mut writer).is_some(),
            }
        });
        if has_all { writer.finish() } else { NO_PART }
    }
}

/// Writes an integer as a decimal. Returns `None`, and writes nothing, if the cell has no value.
fn write_decimal(
    TypedColumn { values, states, .. }: &TypedColumn,
    row: usize,
    writer: &mut FingerprintWriter,
) -> Option<()> {
    match (values, states[row]) {
        (ColumnValues::Integers(values), CellState::Value | CellState::Inexact) => {
            writer.decimal(values[row], 0);
            Some(())
        }
        _ => None,
    }
}

/// Finds the foreign keys that refer to no row; one for each thread. Its memory is reused.
#[derive(Debug)]
pub(crate) struct ForeignKeyReader<'a> {
    keys: &'a [FileForeignKey<'a>],
    /// Rows without a fault that are looked up together.
    rows: Vec<u32>,
    fingerprints: Vec<u128>,
    broken: Vec<PlacedFault>,
    found: Vec<PlacedFault>,
    scratch: Vec<u8>,
}

impl<'a> ForeignKeyReader<'a> {
    pub(crate) fn new(keys: &'a [FileForeignKey<'a>]) -> Self {
        let (rows, fingerprints, broken, found, scratch) = Default::default();
        Self { keys, rows, fingerprints, broken, found, scratch }
    }

    /// Adds the faults of foreign keys to the sorted faults of a chunk. Rows that have a fault already are not looked up.
    ///
    /// # Errors
    /// When the file for keys that do not fit in memory cannot be read.
    pub(crate) fn find(&mut self, typed: TypedChunk<'_>, faults: &mut Vec<PlacedFault>) -> io::Result<()> {
        self.found.clear();
        let mut at_fault = faults.iter().map(|placed| placed.row).peekable();
        let mut row = 0;
        let rows = typed.chunk.index.rows.len() as u32;
        while row < rows {
            self.rows.clear();
            while row < rows && self.rows.len() < AT_ONCE {
                let mut is_right = true;
                while at_fault.next_if_eq(&row).is_some() {
                    is_right = false;
                }
                if is_right {
                    self.rows.push(row);
                }
                row += 1;
            }
            self.look_up(typed)?;
        }
        self.scratch.shrink_to(KEPT);
        if !self.found.is_empty() {
            faults.extend_from_slice(&self.found);
            // The sort merges two ascending runs; no row has faults in both runs.
            faults.sort_by_key(|placed| placed.row);
        }
        Ok(())
    }

    /// Looks up the keys of the rows. At most [`MOST_REPORTED`] broken keys are reported for a row, because a row of few bytes may have many.
    fn look_up(&mut self, typed: TypedChunk<'_>) -> io::Result<()> {
        let Self { keys, rows, fingerprints, broken, found, scratch } = self;
        broken.clear();
        for (number, key) in keys.iter().enumerate() {
            let compared = KeyColumns { columns: &key.columns, as_decimals: key.as_decimals };
            fingerprints.clear();
            let mut read = 0;
            for &row in &*rows {
                let fingerprint = compared.fingerprint(row as usize, typed, &key.keys.fingerprinter, scratch);
                read ^= key.keys.prefetch(fingerprint);
                fingerprints.push(fingerprint);
            }
            std::hint::black_box(read);
            for (&row, &fingerprint) in rows.iter().zip(&*fingerprints) {
                if fingerprint != NO_PART && !key.keys.holds(fingerprint)? {
                    broken.push(PlacedFault::at(row, FaultLocation::ForeignKey(number), CellFault::ForeignKey));
                }
            }
        }
        if broken.is_empty() {
            return Ok(());
        }
        broken.sort_by_key(|placed| placed.row);
        for of_row in broken.chunk_by(|one, other| one.row == other.row) {
            found.extend(of_row.iter().take(MOST_REPORTED));
        }
        Ok(())
    }
}
