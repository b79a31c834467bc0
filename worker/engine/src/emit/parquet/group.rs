//! Rows → row groups.

use crate::emit::parquet::columns::CleanColumns;
use crate::emit::parquet::schema::{GROUP_BYTES, Layout};

/// Most rows of a group.
pub const ROWS: usize = 100_000;

/// A row group.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// The number of the group in the file, from 0.
    pub(super) number: u64,
    pub(super) rows: CleanColumns,
    /// Bytes of the rows in memory.
    pub(super) bytes: usize,
}

/// Puts rows into groups. Where a group ends depends on its rows alone.
pub(super) struct Grouping {
    open: Group,
    row_bytes: usize,
}

impl Grouping {
    pub(super) fn new(layout: &Layout) -> Self {
        Self { open: Group::default(), row_bytes: layout.row_bytes }
    }

    /// Adds rows, and appends the groups that they fill to `full`.
    pub(super) fn push(&mut self, rows: &CleanColumns, full: &mut Vec<Group>) {
        let mut from = 0;
        while from < rows.rows {
            let to = from + self.fitting(rows, from);
            self.open.bytes += self.bytes_of(rows, from, to);
            self.open.rows.append(rows, from..to);
            from = to;
            if from < rows.rows {
                full.push(self.take());
            }
        }
    }

    /// Returns the open group, if it has rows.
    pub(super) fn take_last(&mut self) -> Option<Group> {
        (self.open.rows.rows > 0).then(|| self.take())
    }

    fn take(&mut self) -> Group {
        let next = Group { number: self.open.number + 1, rows: self.open.rows.with_room(), bytes: 0 };
        std::mem::replace(&mut self.open, next)
    }

    /// Returns how many of the rows from number `from` on fit in the open group; at least one if the group is empty.
    fn fitting(&self, rows: &CleanColumns, from: usize) -> usize {
        let there = self.open.rows.rows;
        let most = (ROWS - there).min(rows.rows - from);
        let room = GROUP_BYTES.saturating_sub(self.open.bytes);
        let fits = |count: usize| self.bytes_of(rows, from, from + count) <= room;
        if fits(most) {
            return most;
        }
        // Invariant of the search: `fitting` rows fit, and `over` rows do not.
        let (mut fitting, mut over) = (0, most);
        while over - fitting > 1 {
            let middle = fitting.midpoint(over);
            if fits(middle) {
                fitting = middle;
            } else {
                over = middle;
            }
        }
        fitting.max(usize::from(there == 0))
    }

    fn bytes_of(&self, rows: &CleanColumns, from: usize, to: usize) -> usize {
        (to - from) * self.row_bytes + rows.varying_bytes(&(from..to))
    }
}
