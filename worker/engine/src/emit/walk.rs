//! The walk over the records of a chunk: from one record that is not a clean row to the next, with the runs of clean
//! rows in between.

use std::ops::Range;

use sluice_csv::{Chunk, NonRow, Row};

use crate::codes::Code;
use crate::emit::clean_rows::CleanRows;
use crate::fault::PlacedFault;

/// A record that is not a clean row.
pub(crate) enum Stop {
    /// The row of this number in the chunk, which has a fault.
    Row(usize),
    /// A record that is no row.
    NonRow(NonRow),
}

/// A row with faults.
pub(crate) struct FaultyRow<'w> {
    pub(crate) row: Row,
    pub(crate) faults: &'w [PlacedFault],
    /// The number of the row among the records of the chunk.
    pub(crate) ordinal: u32,
}

/// What the walk has counted. An array, so that the map of all codes is looked up once for each chunk, and not for each fault.
pub(crate) struct WalkCounts {
    /// Faults by code.
    pub(crate) errors: [u64; Code::ALL.len()],
    pub(crate) rejected: u64,
}

/// A walk over a chunk, and its position.
pub(crate) struct Walk<'w> {
    chunk: &'w Chunk,
    /// The faults of the chunk, sorted by row.
    faults: &'w [PlacedFault],
    clean: &'w mut CleanRows,
    clean_runs: &'w mut Vec<Range<usize>>,
    /// The first row, the first fault and the first non-row that the walk has not passed.
    row: usize,
    fault: usize,
    non_row: usize,
    /// Where the current run of clean bytes begins.
    clean_from: usize,
    counted: WalkCounts,
}

impl<'w> Walk<'w> {
    pub(crate) fn new(
        chunk: &'w Chunk,
        faults: &'w [PlacedFault],
        clean: &'w mut CleanRows,
        clean_runs: &'w mut Vec<Range<usize>>,
    ) -> Self {
        let counted = WalkCounts { errors: [0; Code::ALL.len()], rejected: 0 };
        Self { chunk, faults, clean, clean_runs, row: 0, fault: 0, non_row: 0, clean_from: 0, counted }
    }

    /// Returns the next record that is not a clean row; `None` if the walk has passed the last one.
    #[inline(always)]
    pub(crate) fn next_stop(&self) -> Option<Stop> {
        let bad = self.faults.get(self.fault).map(|fault| fault.row as usize);
        match (bad, self.chunk.index.non_rows.get(self.non_row)) {
            (None, None) => None,
            (Some(bad), Some(non_row)) if non_row.start >= self.chunk.index.rows[bad].start => Some(Stop::Row(bad)),
            (_, Some(&non_row)) => Some(Stop::NonRow(non_row)),
            (Some(bad), None) => Some(Stop::Row(bad)),
        }
    }

    /// Passes a row at fault, counts its faults, and returns it.
    #[inline(always)]
    pub(crate) fn pass_row(&mut self, bad: usize) -> FaultyRow<'w> {
        self.clean.push(self.row..bad, self.first_record());
        self.row = bad + 1;
        let row = self.chunk.index.rows[bad];
        self.end_run(row.start as usize, self.chunk.row_next(row) as usize);
        let first = self.fault;
        while let Some(placed) = self.faults.get(self.fault).filter(|fault| fault.row as usize == bad) {
            self.counted.errors[placed.fault.code() as usize] += 1;
            self.fault += 1;
        }
        self.counted.rejected += 1;
        FaultyRow { row, faults: &self.faults[first..self.fault], ordinal: (bad + self.non_row) as u32 }
    }

    /// Passes a record that is no row.
    #[inline(always)]
    pub(crate) fn pass_non_row(&mut self, non_row: NonRow) {
        // The number of rows before the non-row: all records before it except other non-rows.
        let before = non_row.ordinal as usize - self.non_row;
        self.clean.push(self.row..before, self.first_record());
        self.row = before;
        self.end_run(non_row.start as usize, non_row.next as usize);
        self.non_row += 1;
    }

    /// Counts a record that is no row as rejected.
    #[inline(always)]
    pub(crate) fn count_non_row(&mut self, code: Code) {
        self.counted.errors[code as usize] += 1;
        self.counted.rejected += 1;
    }

    /// Passes the clean rows behind the last stop.
    pub(crate) fn finish(mut self) -> WalkCounts {
        self.clean.push(self.row..self.chunk.index.rows.len(), self.first_record());
        let end = self.chunk.bytes().len();
        self.end_run(end, end);
        self.counted
    }

    /// Returns the record number of row 0, computed as if the non-rows passed so far stood in front of all rows.
    #[inline(always)]
    fn first_record(&self) -> u64 {
        self.chunk.start.record + self.non_row as u64
    }

    /// Ends a run of clean bytes; the next one begins at `next`.
    #[inline(always)]
    fn end_run(&mut self, end: usize, next: usize) {
        if self.clean_from < end {
            self.clean_runs.push(self.clean_from..end);
        }
        self.clean_from = next;
    }
}
