//! Collects the rows of the feedback in the order of the file, up to a limit of rows and of bytes.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{FeedbackRow, FeedbackRows};
use crate::descriptor::FeedbackSettings;

/// Maximum memory of the rejected rows of the feedback, in bytes. Rows with warnings may take the same again.
pub const HELD_BYTES: usize = 32 << 20;

/// The rows and bytes that the feedback can still take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quota {
    rows: u64,
    bytes: usize,
    has_ended: bool,
}

impl Quota {
    pub(crate) fn new(asked: &FeedbackSettings) -> Self {
        Self { rows: asked.rows, bytes: HELD_BYTES, has_ended: asked.rows == 0 }
    }

    /// Takes a row of this weight, or ends. A row that does not fit ends it, however light the next one: which rows are taken depends on the file
    /// alone.
    pub(crate) fn take(&mut self, weight: usize) -> bool {
        if self.has_ended || weight > self.bytes {
            self.has_ended = true;
            return false;
        }
        self.bytes -= weight;
        self.rows -= 1;
        self.has_ended = self.rows == 0;
        true
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended
    }
}

/// Rows of one kind, and what may still be taken.
#[derive(Debug)]
struct QuotaRows {
    quota: Quota,
    rows: Vec<FeedbackRow>,
}

impl QuotaRows {
    fn new(asked: &FeedbackSettings) -> Self {
        Self { quota: Quota::new(asked), rows: Vec::new() }
    }

    /// Takes rows until one does not fit; no row is left in `new`.
    fn take(&mut self, new: &mut Vec<FeedbackRow>) {
        self.rows.extend(new.drain(..).take_while(|row| self.quota.take(row.weight())));
    }
}

/// The rows of a file that fit into its feedback.
#[derive(Debug)]
pub(crate) struct HeldRows {
    rejected: QuotaRows,
    warned: QuotaRows,
    /// Most rows of both.
    most: u64,
}

impl HeldRows {
    pub(crate) fn new(asked: &FeedbackSettings) -> Self {
        Self { rejected: QuotaRows::new(asked), warned: QuotaRows::new(asked), most: asked.rows }
    }

    /// Takes the rows of the next chunk.
    pub(crate) fn take(&mut self, chunk: &mut FeedbackRows) {
        self.rejected.take(&mut chunk.rejected);
        self.warned.take(&mut chunk.warned);
    }

    /// Returns the rejected rows, and the rows with warnings that fill the rest of the feedback.
    pub(crate) fn finish(self) -> FeedbackRows {
        let (rejected, mut warned) = (self.rejected.rows, self.warned.rows);
        let left = usize::try_from(self.most).unwrap_or(usize::MAX).saturating_sub(rejected.len());
        warned.truncate(left);
        FeedbackRows { rejected, warned }
    }
}

/// Flags that the checking threads read: whether the feedback can still take rows of a chunk that begins now.
#[derive(Debug, Default)]
pub(crate) struct WantedRows {
    rejected: AtomicBool,
    warned: AtomicBool,
}

impl WantedRows {
    /// Updates the flags from the quotas of the file. Without feedback no rows are wanted.
    pub(crate) fn note(&self, held: Option<&HeldRows>) {
        let wants = |quota: Option<&Quota>| quota.is_some_and(|quota| !quota.has_ended());
        self.rejected.store(wants(held.map(|held| &held.rejected.quota)), Ordering::Relaxed);
        self.warned.store(wants(held.map(|held| &held.warned.quota)), Ordering::Relaxed);
    }

    pub(crate) fn rejected(&self) -> bool {
        self.rejected.load(Ordering::Relaxed)
    }

    pub(crate) fn warned(&self) -> bool {
        self.warned.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::emit::feedback::RowCells;

    fn row(record: u64, length: usize) -> FeedbackRow {
        let mut cells = RowCells::default();
        cells.push(&vec![b'x'; length]);
        FeedbackRow { record, line: record, cells, raw: None, faults: Vec::new(), more_faults: 0 }
    }

    #[test]
    fn a_row_that_does_not_fit_ends_the_feedback() {
        let mut quota = Quota { rows: 9, bytes: 10, has_ended: false };
        assert!(quota.take(4) && !quota.take(7) && !quota.take(1) && quota.has_ended());
        let mut quota = Quota { rows: 2, bytes: 10, has_ended: false };
        assert!(quota.take(4) && quota.take(4) && !quota.take(1));
    }

    proptest! {
        /// However rows come in chunks, the same ones are taken.
        #[test]
        fn chunks_do_not_show(lengths in prop::collection::vec(0..4000usize, 0..50), size in 1..20usize, rows in 1..40u64) {
            let asked = FeedbackSettings { rows, ..FeedbackSettings::default() };
            let all: Vec<_> = lengths.iter().zip(1..).map(|(length, record)| row(record, *length)).collect();
            let taken = |size: usize| {
                let mut held = HeldRows::new(&asked);
                held.rejected.quota.bytes = 60_000;
                for chunk in all.chunks(size) {
                    held.take(&mut FeedbackRows { rejected: chunk.to_vec(), warned: chunk.to_vec() });
                }
                held.finish()
            };
            let (one, other) = (taken(size), taken(1));
            prop_assert_eq!(&one.rejected, &other.rejected);
            prop_assert_eq!(one.warned, other.warned);
            prop_assert!(one.rejected.len() as u64 <= rows);
        }
    }
}
