//! The number of rows at fault in each column, for the assertions over their share (`sluice.file.rejected`).

use sluice_csv::{NonRow, NonRowKind};

use crate::descriptor::{Assertion, Measure};
use crate::fault::{FaultLocation, PlacedFault};
use crate::resolve::foreign::file_keys::FileForeignKey;
use crate::resolve::keys::FileKey;
use crate::typing::column::{Column, by_name};

/// Counts the rows that have a fault in each of some columns; one for each thread.
pub(crate) struct ColumnFaults<'a> {
    /// For each column of the file, whether an assertion names it.
    asked: Vec<bool>,
    keys: &'a [FileKey],
    foreign_keys: &'a [FileForeignKey<'a>],
    /// For each column of the file, its rows at fault; 0 where no assertion names the column.
    counts: Vec<u64>,
    /// For each column of the file, the last row of the chunk that was counted.
    counted: Vec<Option<u32>>,
}

impl<'a> ColumnFaults<'a> {
    /// Returns a counter for these assertions; `None` if none of them names a column.
    pub(crate) fn new(assertions: &[Assertion], columns: &[Column]) -> Option<Self> {
        let mut fields = assertions
            .iter()
            .filter(|assertion| assertion.measure == Measure::Rejected)
            .filter_map(|assertion| assertion.field.as_deref())
            .peekable();
        fields.peek()?;
        let indices = by_name(columns);
        let mut asked = vec![false; columns.len()];
        fields.filter_map(|field| indices.get(field)).for_each(|&index| asked[index] = true);
        let (counts, counted) = (vec![0; columns.len()], vec![None; columns.len()]);
        Some(Self { asked, keys: &[], foreign_keys: &[], counts, counted })
    }

    /// Returns the counter with the keys of the file.
    pub(crate) fn with_keys(self, keys: &'a [FileKey], foreign_keys: &'a [FileForeignKey<'a>]) -> Self {
        Self { keys, foreign_keys, ..self }
    }

    /// Returns the counts, by column.
    pub(crate) fn into_counts(self) -> Vec<u64> {
        self.counts
    }

    /// Counts the faults of a chunk, which are sorted by row, and its records that are no regular rows.
    pub(crate) fn count(&mut self, faults: &[PlacedFault], non_rows: &[NonRow]) {
        self.counted.fill(None);
        for placed in faults {
            let Some(column) = self.column(placed) else { continue };
            // A row counts once, however many faults its cell has: of its type, its constraints and several keys.
            if self.counted[column].replace(placed.row) != Some(placed.row) {
                self.add(column);
            }
        }
        for non_row in non_rows {
            // In a record with too few cells, the first missing cell is at fault; with too many, no column is.
            if let NonRowKind::Cells(cells) = non_row.kind {
                self.add(cells as usize);
            }
        }
    }

    fn add(&mut self, column: usize) {
        if self.asked.get(column) == Some(&true) {
            self.counts[column] += 1;
        }
    }

    /// Returns the column of a fault; `None` for a fault of the whole row.
    fn column(&self, placed: &PlacedFault) -> Option<usize> {
        match placed.location() {
            FaultLocation::Cell(column) => Some(column),
            FaultLocation::Rule(_) => None,
            FaultLocation::Key(number) => self.keys.get(number)?.cell(),
            FaultLocation::ForeignKey(number) => self.foreign_keys.get(number)?.cell(),
        }
    }
}
