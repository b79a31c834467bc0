//! Rows without a fault that break rules or constraints which only warn.

use sluice_csv::Chunk;

use super::{CheckedChunk, ChunkChecker};
use crate::emit::file_bytes::FilePositions;
use crate::emit::outlet::{ChunkError, Wants};
use crate::emit::reject_line::{Record, Rejected};
use crate::report::SAMPLES;

impl ChunkChecker<'_> {
    /// Counts the warnings of rows without a fault, and keeps the first of these rows as samples and for the feedback to the sender.
    pub(super) fn warn(
        &mut self,
        chunk: &Chunk,
        checked: &mut CheckedChunk,
        mut wants: Wants,
    ) -> Result<(), ChunkError> {
        let CheckedChunk { warning_samples: samples, feedback_rows, source_map, .. } = checked;
        samples.clear();
        let faults = &self.faults;
        self.warnings.retain(|warned| faults.binary_search_by_key(&warned.row, |fault| fault.row).is_err());
        self.warning_counts.count(&self.warnings);
        let mut feedback = self.feedback.as_mut().filter(|_| wants.warned_rows);
        if self.warnings.is_empty() || !wants.warning_samples && feedback.is_none() {
            return Ok(());
        }
        self.sorter.sort(&mut self.warnings, chunk.index.rows.len());
        let mut positions = FilePositions::new(chunk, source_map.as_deref());
        for of_row in self.warnings.chunk_by(|one, other| one.row == other.row) {
            let row = chunk.index.rows[of_row[0].row as usize];
            let non_rows_before = chunk.index.non_rows.partition_point(|non_row| non_row.start < row.start);
            let position = positions.of(row.start, u64::from(of_row[0].row) + non_rows_before as u64);
            let rejected = Rejected::Row(row, of_row);
            let record = Record { rejected, raw: rejected.raw(chunk), position, is_utf8: true };
            if wants.warning_samples {
                samples.push(self.writer.sample(chunk, &record)?);
                wants.warning_samples = samples.len() < SAMPLES;
            }
            if let Some(writer) = &mut feedback
                && !writer.warn(chunk, &record, feedback_rows)
            {
                feedback = None;
            }
            if !wants.warning_samples && feedback.is_none() {
                break;
            }
        }
        Ok(())
    }
}
