//! The clean rows as a Parquet file, typed by the schema.
//!
//! The thread that checks a chunk gathers the values of its clean rows ([`columns`]). In the order of the file they are
//! added to the open row group ([`group`]). The thread that has filled a group encodes it, in parallel with other
//! threads and under no lock ([`encode`], [`texts`]); an encoded group is written when it is its turn ([`file`]). Where
//! a group ends depends on its rows alone, so the file does not depend on chunks and threads.
//!
//! # Memory
//! The open group, and the full groups that are not written yet, are in memory. Their bytes are bounded: at the bound
//! no further chunk is checked ([`ParquetOutput::is_full`]). The metadata of each column of each group is kept until
//! the end of the file; a file that would have too much of it is given up ([`TooManyChunks`]).

pub(crate) mod columns;
mod dictionary;
mod encode;
mod encoded;
mod file;
mod group;
mod lists;
mod page_index;
mod rle_bit_packing;
mod schema;
mod texts;
mod values;

use std::io;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use parquet::errors::ParquetError;

use crate::emit::outputs::ParquetTarget;
use crate::emit::parquet::columns::CleanColumns;
use crate::emit::parquet::file::ParquetFile;
pub(crate) use crate::emit::parquet::file::TooManyChunks;
pub use crate::emit::parquet::file::{CHUNK_BYTES, CHUNKS};
pub(crate) use crate::emit::parquet::group::Group;
use crate::emit::parquet::group::Grouping;
pub use crate::emit::parquet::group::ROWS;
pub use crate::emit::parquet::schema::GROUP_BYTES;
use crate::emit::parquet::schema::Layout;
use crate::locked::locked;
use crate::typing::column::Column;

/// Most bytes of groups that are full and not written yet, and the bytes added for each thread, as each thread may be
/// encoding a group.
const HELD_BYTES: usize = 32 << 20;
const HELD_BYTES_PER_THREAD: usize = 16 << 20;

/// A Parquet file that is being written.
pub(crate) struct ParquetOutput<'a> {
    layout: Layout,
    grouping: Mutex<Grouping>,
    file: Mutex<ParquetFile<'a>>,
    /// Bytes of the groups that are full and not written yet.
    held: AtomicUsize,
    most_held: usize,
}

impl<'a> ParquetOutput<'a> {
    /// Begins the file.
    ///
    /// # Errors
    /// When the destination cannot be written.
    pub(crate) fn new(target: ParquetTarget<'a>, columns: &[Column], threads: NonZeroUsize) -> io::Result<Self> {
        let layout = Layout::new(columns, target.metadata).map_err(io_error)?;
        let file = ParquetFile::new(target.writer, &layout).map_err(io_error)?;
        Ok(Self {
            grouping: Mutex::new(Grouping::new(&layout)),
            layout,
            file: Mutex::new(file),
            held: AtomicUsize::new(0),
            most_held: HELD_BYTES + threads.get() * HELD_BYTES_PER_THREAD,
        })
    }

    /// Adds the clean rows of the chunk whose turn it is, and appends the groups that they fill to `full`. The caller
    /// passes these to [`Self::write`].
    pub(crate) fn push(&self, rows: &CleanColumns, full: &mut Vec<Group>) {
        let before = full.len();
        locked(&self.grouping).push(rows, full);
        let bytes = full[before..].iter().map(|group| group.bytes).sum();
        self.held.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Encodes a full group, and writes all encoded groups whose turn it is.
    ///
    /// # Errors
    /// When the group cannot be encoded, or the destination cannot be written.
    pub(crate) fn write(&self, group: Group) -> io::Result<()> {
        let group = encode::group(group, &self.layout).map_err(io_error)?;
        let written = locked(&self.file).write(group).map_err(io_error)?;
        self.held.fetch_sub(written, Ordering::Relaxed);
        Ok(())
    }

    /// Returns true if no further chunk may be checked until some of the full groups are written.
    pub(crate) fn is_full(&self) -> bool {
        self.held.load(Ordering::Relaxed) >= self.most_held
    }

    /// Writes the last group and ends the file.
    ///
    /// # Errors
    /// When the group cannot be encoded, or the destination cannot be written.
    pub(crate) fn finish(self) -> io::Result<()> {
        let last = locked(&self.grouping).take_last();
        last.into_iter().try_for_each(|group| self.write(group))?;
        let file = self.file.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.finish().map_err(io_error)
    }
}

/// Returns the error of the destination that an error of the encoder wraps; any other error is wrapped.
fn io_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}
