//! The part of a file that one thread reads.

use std::io::{self, Read};
use std::sync::Mutex;

use sluice_csv::{Chunk, NonRowKind, Records};

use super::column::ColumnScan;
use super::pairs::Pair;
use super::sniff::Form;
use crate::locked::locked;

/// The results of one thread.
pub(super) struct Part {
    pub(super) columns: Vec<ColumnScan>,
    pub(super) pairs: Vec<Pair>,
    pub(super) rows: u64,
    pub(super) odd: u64,
    pub(super) broken: u64,
    pub(super) broken_piece: Option<(u64, Vec<u8>)>,
}

/// Most bytes of a piece that are kept to guess its encoding.
const PIECE: usize = 64 << 10;

/// Returns the piece that comes first in its file.
pub(super) fn earlier(one: Option<(u64, Vec<u8>)>, other: Option<(u64, Vec<u8>)>) -> Option<(u64, Vec<u8>)> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other.0 < one.0 { other } else { one }),
        (one, other) => one.or(other),
    }
}

impl Part {
    /// Reads chunks until there are no more.
    pub(super) fn of<R: Read>(shared: &Mutex<Records<R>>, form: &Form) -> io::Result<Self> {
        let width = form.labels.len();
        let mut part = Self {
            columns: (0..width).map(|_| ColumnScan::new(width)).collect(),
            pairs: form.pairs.iter().copied().map(Pair::new).collect(),
            rows: 0,
            odd: 0,
            broken: 0,
            broken_piece: None,
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
            part.odd += next.index.non_rows.iter().filter(|odd| is_odd(&odd.kind)).count() as u64;
            for (index, column) in part.columns.iter_mut().enumerate() {
                column.add_chunk(&next, index, &form.dialect, &mut scratch);
            }
            for pair in &mut part.pairs {
                pair.add_chunk(&next, &form.dialect, &mut scratch);
            }
            chunk = Some(next);
        }
    }

    /// Notes a chunk with bytes that are invalid in the encoding. Decoding has replaced them by bytes that are not UTF-8.
    fn note_invalid_bytes(&mut self, chunk: &Chunk) {
        let Err(error) = simdutf8::compat::from_utf8(chunk.bytes()) else { return };
        self.broken += 1;
        let from = error.valid_up_to().saturating_sub(PIECE / 2);
        let piece = &chunk.bytes()[from..];
        let piece = piece[..piece.len().min(PIECE)].to_vec();
        self.broken_piece = earlier(self.broken_piece.take(), Some((chunk.start.record, piece)));
    }
}
