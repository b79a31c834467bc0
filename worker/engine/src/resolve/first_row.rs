//! The first row with a key.

/// The position of the first row with a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FirstRow {
    /// The number of the record, from 1.
    pub(crate) record: u64,
    /// The line on which the record starts, from 1.
    pub(crate) line: u64,
}
