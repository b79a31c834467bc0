//! Row groups as they are stored.

use bytes::Bytes;
use parquet::column::writer::ColumnCloseResult;

/// A row group as it is stored.
pub(super) struct EncodedGroup {
    pub(super) number: u64,
    pub(super) columns: Vec<EncodedColumn>,
    /// Bytes that the group had in memory.
    pub(super) bytes: usize,
}

/// A column of a row group as it is stored.
pub(super) struct EncodedColumn {
    pub(super) pages: Bytes,
    /// The metadata for the end of the file.
    pub(super) closed: ColumnCloseResult,
}
