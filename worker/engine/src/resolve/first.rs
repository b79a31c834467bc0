//! The first row with a key.

/// The position of the first row with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct First {
    /// 1-based number of the record.
    pub(crate) record: u64,
    /// 1-based line on which it starts.
    pub(crate) line: u64,
}
