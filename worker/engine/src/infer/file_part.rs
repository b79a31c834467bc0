//! The part of a file that one thread reads.

use std::io::{self, Read};
use std::sync::Mutex;

use sluice_csv::{Chunk, NonRowKind, Records};

use super::column::ColumnScan;
use super::column_pairs::ColumnPair;
use super::sniff::FileForm;
use crate::locked::locked;

/// The results of one thread.
pub(super) struct FilePart {
    pub(super) columns: Vec<ColumnScan>,
    pub(super) pairs: Vec<ColumnPair>,
    pub(super) rows: u64,
    pub(super) odd_records: u64,
    pub(super) invalid_chunks: u64,
    pub(super) invalid_piece: Option<InvalidPiece>,
}

/// Bytes around the first bytes of a chunk that are invalid in the encoding.
#[derive(Debug)]
pub(super) struct InvalidPiece {
    /// The number of the first record of the chunk.
    chunk_record: u64,
    pub(super) bytes: Vec<u8>,
}

/// Most bytes of a piece that are kept to guess its encoding.
const PIECE: usize = 64 << 10;

impl InvalidPiece {
    /// Returns the piece that comes first in its file.
    pub(super) fn earlier(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(if other.chunk_record < one.chunk_record { other } else { one }),
            (one, other) => one.or(other),
        }
    }
}

impl FilePart {
    /// Reads chunks until there are no more.
    pub(super) fn of<R: Read>(shared: &Mutex<Records<R>>, form: &FileForm) -> io::Result<Self> {
        let width = form.labels.len();
        let mut part = Self {
            columns: (0..width).map(|_| ColumnScan::new(width)).collect(),
            pairs: form.pairs.iter().copied().map(ColumnPair::new).collect(),
            rows: 0,
            odd_records: 0,
            invalid_chunks: 0,
            invalid_piece: None,
        };
        let mut scratch = Vec::new();
        let mut chunk: Option<Chunk> = None;
        loop {
            let next = locked(shared).next_chunk(chunk.take())?;
            let Some(next) = next else {
                return Ok(part);
            };
            part.rows += next.index.rows.len() as u64;
            part.note_invalid_bytes(&next);
            let is_odd = |kind: &NonRowKind| !matches!(kind, NonRowKind::Blank | NonRowKind::Comment);
            part.odd_records +=
                next.index.non_rows.iter().filter(|odd_records| is_odd(&odd_records.kind)).count() as u64;
            for (index, column) in part.columns.iter_mut().enumerate() {
                column.add_chunk(&next, index, &form.dialect, &mut scratch);
            }
            for pair in &mut part.pairs {
                pair.add_chunk(&next, &form.dialect, &mut scratch);
            }
            chunk = Some(next);
        }
    }

    /// Counts the chunk if it has bytes that are invalid in the encoding: the decoder has replaced them by bytes that are not UTF-8.
    fn note_invalid_bytes(&mut self, chunk: &Chunk) {
        let Err(error) = simdutf8::compat::from_utf8(chunk.bytes()) else { return };
        self.invalid_chunks += 1;
        let from = error.valid_up_to().saturating_sub(PIECE / 2);
        let bytes = &chunk.bytes()[from..];
        let bytes = bytes[..bytes.len().min(PIECE)].to_vec();
        let piece = InvalidPiece { chunk_record: chunk.start.record, bytes };
        self.invalid_piece = InvalidPiece::earlier(self.invalid_piece.take(), Some(piece));
    }
}
