//! The first records of a file, and which of them holds the labels.

use sluice_csv::{OneRecord, RecordKind};

/// A record in the first bytes of a file.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) number: u64,
    pub(super) kind: RecordKind,
    pub(super) cells: Vec<Vec<u8>>,
}

impl Row {
    pub(super) fn of(record: OneRecord) -> Self {
        Self { number: record.position.record, kind: record.kind, cells: record.cells }
    }

    /// Returns true if the record is neither blank nor a comment.
    pub(super) fn is_content(&self) -> bool {
        !matches!(self.kind, RecordKind::Blank | RecordKind::Comment)
    }

    /// Returns true if the record is well-formed and has `width` cells.
    pub(super) fn is_full(&self, width: usize) -> bool {
        self.kind == RecordKind::Cells && self.cells.len() == width
    }
}

/// Makes records from lines, whose cells stand between semicolons.
#[cfg(test)]
pub(super) fn rows(lines: &[&str]) -> Vec<Row> {
    let row = |(index, line): (usize, &&str)| Row {
        number: index as u64 + 1,
        kind: RecordKind::Cells,
        cells: line.split(';').map(|cell| cell.as_bytes().to_vec()).collect(),
    };
    lines.iter().enumerate().map(row).collect()
}

/// The record with the labels of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderForm {
    /// The first record that is neither blank nor a comment.
    First,
    /// The record of this number, with other records above it.
    Record(u64),
    /// The record of this number. Some of its labels are blank, and a field cannot have a blank name, so all records up to this one are skipped
    /// as comments.
    Passed(u64),
    /// There are no labels.
    None,
}
