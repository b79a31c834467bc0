//! Encoded row groups → the bytes of the file, in order.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};

use parquet::errors::{ParquetError, Result};
use parquet::file::writer::SerializedFileWriter;

use crate::emit::parquet::encoded::EncodedGroup;
use crate::emit::parquet::schema::Layout;

/// Bytes that are written to the destination at once.
const PIECE: usize = 128 << 10;

/// Most column chunks of a file: groups times columns.
pub const CHUNKS: usize = 1 << 18;

/// About how many bytes the metadata of a column chunk takes, which is held in memory until it is written at the end of the file.
pub const CHUNK_BYTES: usize = 750;

/// The file would have more than [`CHUNKS`] column chunks.
#[derive(Debug, thiserror::Error)]
#[error(
    "the Parquet file would have more than 262,144 column chunks ({columns} columns times groups of up to 100,000 rows and 32 MiB); \
     split the file, or do without Parquet"
)]
pub(crate) struct TooManyChunks {
    columns: usize,
}

/// Writes row groups in their order.
pub(super) struct ParquetFile<'a> {
    writer: SerializedFileWriter<BufWriter<Box<dyn Write + Send + 'a>>>,
    next: u64,
    waiting: BTreeMap<u64, EncodedGroup>,
    /// The number of column chunks that were written.
    chunks: usize,
}

impl<'a> ParquetFile<'a> {
    pub(super) fn new(writer: Box<dyn Write + Send + 'a>, layout: &Layout) -> Result<Self> {
        let writer = BufWriter::with_capacity(PIECE, writer);
        let writer = SerializedFileWriter::new(writer, layout.root.clone(), layout.properties.clone())?;
        Ok(Self { writer, next: 0, waiting: BTreeMap::new(), chunks: 0 })
    }

    /// Adds a group, and writes all groups whose turn it is. Returns how many bytes the written groups had in memory.
    pub(super) fn write(&mut self, group: EncodedGroup) -> Result<usize> {
        self.waiting.insert(group.number, group);
        let mut bytes = 0;
        while let Some(group) = self.waiting.remove(&self.next) {
            let columns = group.columns.len();
            self.chunks += columns;
            if self.chunks > CHUNKS {
                return Err(ParquetError::External(Box::new(TooManyChunks { columns })));
            }
            let mut writer = self.writer.next_row_group()?;
            for column in group.columns {
                writer.append_column(&column.pages, column.closed)?;
            }
            writer.close()?;
            self.next += 1;
            bytes += group.bytes;
        }
        Ok(bytes)
    }

    /// Writes the end of the file.
    pub(super) fn finish(mut self) -> Result<()> {
        if !self.waiting.is_empty() {
            return Err(ParquetError::General("a row group is missing".to_owned()));
        }
        self.writer.finish().map(drop)
    }
}
