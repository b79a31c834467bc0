//! The first records of a file, and which of them holds the labels.

use sluice_csv::RecordKind;

/// A record of the first bytes.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) number: u64,
    pub(super) kind: RecordKind,
    pub(super) cells: Vec<Vec<u8>>,
}

/// Where the labels of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderForm {
    /// The first record that is neither blank nor a comment.
    First,
    /// The record of this number: other records stand above it.
    Record(u64),
    /// In the record of this number, and some of them are blank, which no field can be called: all records up to there are passed.
    Passed(u64),
    /// Nowhere.
    None,
}
