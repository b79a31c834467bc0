//! Rows without a fault that break rules or constraints which only warn.

use sluice_csv::Chunk;

use super::{CheckedChunk, ChunkChecker};
use crate::emit::file_bytes::FilePositions;
use crate::emit::outlet::{ChunkError, Outlet};
use crate::emit::reject_line::{Record, Rejected};
use crate::report::SAMPLES;

impl ChunkChecker<'_> {
    /// Counts the warnings of rows without a fault, and keeps the first of these rows as samples.
    pub(super) fn warn(
        &mut self,
        chunk: &Chunk,
        checked: &mut CheckedChunk,
        outlet: &dyn Outlet,
    ) -> Result<(), ChunkError> {
        let samples = &mut checked.warning_samples;
        samples.clear();
        let faults = &self.faults;
        self.warnings.retain(|warned| faults.binary_search_by_key(&warned.row, |fault| fault.row).is_err());
        if self.warnings.is_empty() {
            return Ok(());
        }
        self.warning_counts.count(&self.warnings);
        if !outlet.wants_warnings() {
            return Ok(());
        }
        self.sorter.sort(&mut self.warnings, chunk.index.rows.len());
        let mut positions = FilePositions::new(chunk, checked.originals.as_deref());
        for of_row in self.warnings.chunk_by(|one, other| one.row == other.row).take(SAMPLES) {
            let row = chunk.index.rows[of_row[0].row as usize];
            let odd_before = chunk.index.odd.partition_point(|odd| odd.start < row.start);
            let position = positions.of(row.start, u64::from(of_row[0].row) + odd_before as u64);
            let rejected = Rejected::Row(row, of_row);
            let record = Record { rejected, raw: rejected.raw(chunk), position, is_utf8: true };
            samples.push(self.writer.sample(chunk, &record)?);
        }
        Ok(())
    }

    /// Writes the rows without a fault that have warnings for the answer to the sender.
    pub(super) fn tell_warnings(&mut self, chunk: &Chunk, checked: &mut CheckedChunk, outlet: &dyn Outlet) {
        let Some(feedback) = self.feedback.as_mut().filter(|_| outlet.wants_feedback_warnings()) else { return };
        if self.warnings.is_empty() {
            return;
        }
        self.sorter.sort(&mut self.warnings, chunk.index.rows.len());
        let mut positions = FilePositions::new(chunk, checked.originals.as_deref());
        for of_row in self.warnings.chunk_by(|one, other| one.row == other.row) {
            let row = chunk.index.rows[of_row[0].row as usize];
            let odd_before = chunk.index.odd.partition_point(|odd| odd.start < row.start);
            let position = positions.of(row.start, u64::from(of_row[0].row) + odd_before as u64);
            if !feedback.warn((chunk, &Rejected::Row(row, of_row)), position, &mut checked.feedback_rows) {
                return;
            }
        }
    }
}
