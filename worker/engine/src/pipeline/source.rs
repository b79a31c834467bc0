//! The records of a file with the encoding they come from.

use std::borrow::Cow;
use std::io::{self, Read};
use std::sync::Arc;

use sluice_csv::{BYTE_ORDER_MARK, Chunk, Dialect, Limits, Prologue, Records};

use crate::emit::chunk_checker::CheckedChunk;
use crate::encoding::coding::Coding;
use crate::encoding::recognise::FileEncoding;
use crate::encoding::source_map::{MappedOffset, SourceMap};
use crate::encoding::transcoder::Transcoder;

/// Records of a file in any encoding.
pub(crate) struct Source<'a> {
    pub(crate) records: Records<Box<dyn Read + Send + 'a>>,
    pub(crate) encoding: &'a FileEncoding,
    /// The way from places in the text back to the bytes of the file; `None` if the text is the bytes of the file.
    source_map: Option<Arc<SourceMap>>,
    /// Whether clean rows are written as UTF-8 whatever encoding the file has.
    pub(crate) writes_utf8: bool,
}

impl<'a> Source<'a> {
    /// Returns the records of `reader`, whose bytes are in `encoding`.
    pub(crate) fn new(
        reader: Box<dyn Read + Send + 'a>,
        encoding: &'a FileEncoding,
        dialect: Dialect,
        limits: Limits,
        writes_utf8: bool,
    ) -> Self {
        if encoding.coding() == Coding::Utf8 {
            return Self { records: Records::new(reader, dialect, limits), encoding, source_map: None, writes_utf8 };
        }
        // Two records that are read on their own, a chunk, and a block or two.
        let most_ahead = 2 * u64::from(limits.record_bytes) + limits.chunk_bytes as u64 + (1 << 20);
        let source_map = Arc::new(SourceMap::new(most_ahead));
        let reader = Box::new(Transcoder::new(reader, encoding.coding(), Arc::clone(&source_map)));
        let mut records = Records::<Box<dyn Read + Send + 'a>>::new(reader, dialect, limits);
        records.note_passed(source_map.passed());
        Self { records, encoding, source_map: Some(source_map), writes_utf8 }
    }

    /// Returns the next chunk, in the buffers of `checked`; `None` at the end of the file. Stores in `checked` the way
    /// back to the bytes of the file.
    pub(crate) fn next_chunk(&mut self, checked: &mut CheckedChunk) -> io::Result<Option<Chunk>> {
        let chunk = self.records.next_chunk(checked.chunk.take())?;
        self.keep_source_map(chunk.as_ref(), checked);
        Ok(chunk)
    }

    /// Returns the next records in front of the first one that has cells, in the same way as [`Self::next_chunk`].
    pub(crate) fn next_prologue(&mut self, checked: &mut CheckedChunk) -> io::Result<Prologue> {
        let next = self.records.next_prologue(checked.chunk.take())?;
        if let Prologue::Records(chunk) = &next {
            self.keep_source_map(Some(chunk), checked);
        }
        Ok(next)
    }

    fn keep_source_map(&self, chunk: Option<&Chunk>, checked: &mut CheckedChunk) {
        checked.source_map = match (&self.source_map, chunk) {
            (Some(source_map), Some(chunk)) => {
                Some(Arc::new(source_map.take(chunk.start.byte..chunk.start.byte + chunk.data.len() as u64)))
            }
            _ => None,
        };
    }

    /// Passes over a file that is nothing but a byte order mark, and returns the bytes of it in the clean file; none for any other file.
    pub(crate) fn pass_lone_mark(&mut self) -> io::Result<Vec<u8>> {
        Ok(match self.records.pass_lone_mark()? {
            true => self.clean_bytes(BYTE_ORDER_MARK, 0).into_owned(),
            false => Vec::new(),
        })
    }

    /// Returns the bytes in the clean file of a text that was read on its own. It begins at byte `offset` of the text of the file, where a byte
    /// order mark counts.
    pub(crate) fn clean_bytes<'r>(&self, bytes: &'r [u8], offset: u64) -> Cow<'r, [u8]> {
        match &self.source_map {
            None => Cow::Borrowed(bytes),
            Some(_) if self.writes_utf8 => Cow::Borrowed(without_mark(bytes)),
            Some(source_map) => {
                let taken = source_map.take(offset..offset + bytes.len() as u64);
                let start = taken.find(MappedOffset::default(), 0);
                let end = taken.find(start, bytes.len());
                Cow::Owned(taken.bytes(start..end, bytes))
            }
        }
    }
}

/// Returns text of another encoding without the byte order mark, which UTF-8 does not need.
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}
