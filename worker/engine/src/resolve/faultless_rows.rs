//! The rows of a chunk that have no fault.

use std::ops::Range;

use sluice_csv::{Chunk, Positions};

use crate::fault::PlacedFault;
use crate::typing::values::CellState;

/// A row without a fault, and where it stands in the chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) row: u32,
    /// The number of records of the chunk before the row.
    pub(super) record: u32,
    /// The number of lines of the chunk before the row.
    pub(super) line: u32,
}

/// Rows without a fault, in the order of the chunk: either all rows of a range, or single rows.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// The range, if the chunk has no fault and its records are all regular rows of one line. Empty if single rows were picked.
    consecutive: Range<u32>,
    picked: Vec<Candidate>,
}

impl Rows {
    /// Returns the number of rows.
    pub(super) fn len(&self) -> usize {
        self.consecutive.len() + self.picked.len()
    }

    /// Returns true if each further row is in the next record and on the next line.
    pub(super) fn are_consecutive(&self) -> bool {
        self.picked.is_empty()
    }

    #[inline]
    pub(super) fn get(&self, nth: usize) -> Candidate {
        match self.picked.get(nth) {
            Some(&candidate) => candidate,
            None => {
                let row = self.consecutive.start + nth as u32;
                Candidate { row, record: row, line: row }
            }
        }
    }

    /// Appends the values of these rows to `picked`; `values` has the values of all rows of the chunk.
    pub(super) fn pick<T: Copy + Into<i64>>(&self, values: &[T], picked: &mut Vec<i64>) {
        match self.are_consecutive() {
            true => picked.extend(values[self.range()].iter().map(|&value| value.into())),
            false => picked.extend(self.picked.iter().map(|row| values[row.row as usize].into())),
        }
    }

    /// Returns true if each of these rows has a value that its integer holds exactly.
    pub(super) fn all_are_values(&self, states: &[CellState]) -> bool {
        // Computed without a branch for each row, as nearly always all of them are.
        let range = states[self.range()].iter().fold(true, |all, &state| all & (state == CellState::Value));
        range && self.picked.iter().all(|row| states[row.row as usize] == CellState::Value)
    }

    fn range(&self) -> Range<usize> {
        self.consecutive.start as usize..self.consecutive.end as usize
    }
}

/// The rows of a chunk that have no fault, in order.
pub(super) struct FaultlessRows<'c> {
    chunk: &'c Chunk,
    positions: Positions<'c>,
    /// The rows that were not taken yet.
    left: Range<u32>,
    /// The faults of these rows, sorted by row.
    faults: &'c [PlacedFault],
    /// The number of records before the next row that are no regular rows.
    non_row: usize,
    /// Whether every record is a regular row of one line.
    is_plain: bool,
}

impl<'c> FaultlessRows<'c> {
    pub(super) fn new(chunk: &'c Chunk, faults: &'c [PlacedFault]) -> Self {
        let is_plain = chunk.index.non_rows.is_empty() && chunk.one_line_each();
        let left = 0..chunk.index.rows.len() as u32;
        Self { chunk, positions: Positions::new(chunk), left, faults, non_row: 0, is_plain }
    }

    /// Replaces `rows` by the next rows, at most `most`. Returns true if these are the last rows.
    pub(super) fn take(&mut self, most: usize, rows: &mut Rows) -> bool {
        rows.picked.clear();
        rows.consecutive = 0..0;
        if self.is_plain && self.faults.is_empty() {
            let end = self.left.end.min(self.left.start.saturating_add(u32::try_from(most).unwrap_or(u32::MAX)));
            rows.consecutive = self.left.start..end;
            self.left.start = end;
            return self.left.is_empty();
        }
        while rows.picked.len() < most {
            match self.next() {
                Some(row) => rows.picked.push(row),
                None => return true,
            }
        }
        // The rows that are left may all be at fault: then the next call finds none.
        self.left.is_empty()
    }
}

impl Iterator for FaultlessRows<'_> {
    type Item = Candidate;

    #[inline]
    fn next(&mut self) -> Option<Candidate> {
        loop {
            let row = self.left.next()?;
            let start = self.chunk.index.rows[row as usize].start;
            while self.chunk.index.non_rows.get(self.non_row).is_some_and(|non_row| non_row.start < start) {
                self.non_row += 1;
            }
            let before = self.faults.len();
            while let Some((_, rest)) = self.faults.split_first().filter(|(placed, _)| placed.row == row) {
                self.faults = rest;
            }
            if self.faults.len() == before {
                let record = row + self.non_row as u32;
                let line = self.positions.of(start, u64::from(record)).line - self.chunk.start.line;
                return Some(Candidate { row, record, line: line as u32 });
            }
        }
    }
}
