//! The first records of a file, and the one with the labels.

use sluice_csv::RecordKind;

/// A record of the first bytes.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) number: u64,
    pub(super) kind: RecordKind,
    pub(super) cells: Vec<Vec<u8>>,
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
