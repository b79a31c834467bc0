//! The first records of a file, and the one with the labels.

use sluice_csv::RecordKind;

/// A record of the first bytes.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) number: u64,
    pub(super) kind: RecordKind,
    pub(super) cells: Vec<Vec<u8>>,
}

impl Row {
    /// Returns true if the record is neither blank nor a comment.
    pub(super) fn is_content(&self) -> bool {
        !matches!(self.kind, RecordKind::Blank | RecordKind::Comment)
    }

    /// Returns true if the record is well-formed and has `width` cells.
    pub(super) fn is_full(&self, width: usize) -> bool {
        self.kind == RecordKind::Cells && self.cells.len() == width
    }
}

/// Records with the cells between the semicolons of these lines.
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
    /// The record of this number, some of whose labels are blank, which no name of a field can be: all records up to it are skipped as comments.
    Passed(u64),
    /// There are no labels.
    None,
}
