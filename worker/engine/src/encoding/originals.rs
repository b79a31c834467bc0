//! The bytes of the file behind the decoded text, and the way from an offset in the text to one in the file.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::encoding::coding::{Coding, State};

/// Bytes of a line over the limit that are kept, and more than a byte order mark: what is needed of it.
const KEPT: u64 = sluice_csv::TOO_LARGE_KEPT as u64 + 64;

/// Bytes of text that may have been read and not looked at yet while the end of such a line is looked for: more than a block of the tokenizer.
const RECENT: u64 = 1 << 20;

/// A stretch of the text. Pieces follow each other without a gap.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// Where it stands in the text.
    pub(super) decoded: Range<u64>,
    /// Where it stands in the file.
    pub(super) original: Range<u64>,
    /// The bytes of the file; `None` when they equal the text.
    pub(super) coded: Option<Arc<Coded>>,
}

/// Bytes of a file that differ from the text.
#[derive(Debug)]
pub(super) struct Coded {
    pub(super) coding: Coding,
    /// The state in which they begin.
    pub(super) state: State,
    pub(super) bytes: Box<[u8]>,
    /// How many of the bytes belong to the piece. The few behind them say where a fault at its end ends: `81 30` is one fault at the
    /// end of a file in GB 18030, and `81` alone is one before `81 22`.
    pub(super) own: usize,
}

/// The pieces of a file from the first one that may still be asked for. The transcoder adds them, chunks take them.
#[derive(Debug)]
pub(crate) struct Originals {
    pieces: Mutex<VecDeque<Piece>>,
    /// The offset in the text up to which all is cut into records.
    passed: Arc<AtomicU64>,
    /// The tokenizer never has more bytes than this before it, unless it passes over a line that is too large.
    most_ahead: u64,
}

impl Originals {
    /// For a tokenizer that reads at most this many bytes ahead.
    pub(crate) fn new(most_ahead: u64) -> Self {
        Self { pieces: Mutex::default(), passed: Arc::default(), most_ahead }
    }

    /// Where the tokenizer notes how far it is.
    pub(crate) fn passed(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.passed)
    }

    fn pieces(&self) -> MutexGuard<'_, VecDeque<Piece>> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the next piece.
    pub(super) fn push(&self, piece: Piece) {
        let mut pieces = self.pieces();
        match pieces.back_mut() {
            Some(last) if last.coded.is_none() && piece.coded.is_none() && last.decoded.end == piece.decoded.start => {
                last.decoded.end = piece.decoded.end;
                last.original.end = piece.original.end;
            }
            _ => pieces.push_back(piece),
        }
    }

    /// Adds bytes without text to the last piece.
    pub(super) fn extend_last(&self, bytes: &[u8]) {
        if let Some(last) = self.pieces().back_mut()
            && let Some(coded) = &mut last.coded
        {
            let Coded { coding, state, bytes: before, own } = &**coded;
            let all: Box<[u8]> = [&before[..*own], bytes].concat().into();
            *coded = Arc::new(Coded { coding: *coding, state: *state, own: all.len(), bytes: all });
            last.original.end += bytes.len() as u64;
        }
    }

    /// Drops the pieces that will not be asked for again. Call it before the text behind `newest` is handed out.
    pub(super) fn prune(&self, newest: u64) {
        let passed = self.passed.load(Ordering::Relaxed);
        let mut pieces = self.pieces();
        while pieces.front().is_some_and(|piece| piece.decoded.end <= passed) {
            pieces.pop_front();
        }
        // A request for more than this searches for the end of a line that is too large: of it the beginning is kept, and what may
        // stand behind it.
        if newest.saturating_sub(passed) > self.most_ahead {
            pieces.retain(|piece| piece.decoded.start < passed + KEPT || piece.decoded.end + RECENT > newest);
        }
    }

    /// Bytes of files that the pieces hold.
    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.pieces().iter().map(|piece| piece.coded.as_ref().map_or(0, |coded| coded.bytes.len())).sum()
    }

    /// The pieces of this stretch of the text; those before its end are not kept.
    pub(crate) fn take(&self, decoded: Range<u64>) -> ChunkOriginals {
        let mut pieces = self.pieces();
        let is_part = |piece: &&Piece| piece.decoded.start < decoded.end && piece.decoded.end > decoded.start;
        let taken = pieces.iter().filter(is_part).cloned().collect();
        while pieces.front().is_some_and(|piece| piece.decoded.end <= decoded.end) {
            pieces.pop_front();
        }
        ChunkOriginals { pieces: taken, offset: decoded.start }
    }
}

/// The pieces of a chunk.
#[derive(Debug, Default)]
pub(crate) struct ChunkOriginals {
    pieces: Vec<Piece>,
    /// Where in the text the chunk begins.
    offset: u64,
}

/// An offset that was found. The next one is found from here if it stands behind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spot {
    piece: usize,
    decoded: u64,
    /// Where it stands in the file.
    pub(crate) original: u64,
}

impl ChunkOriginals {
    /// Bytes of memory that it holds.
    pub(crate) fn held_bytes(&self) -> usize {
        let of_piece = |piece: &Piece| piece.coded.as_ref().map_or(0, |coded| coded.bytes.len());
        self.pieces.iter().map(of_piece).sum::<usize>() + self.pieces.capacity() * size_of::<Piece>()
    }

    /// Finds where the byte `at` of the chunk stands in the file: where its character begins, or where the chunk ends.
    pub(crate) fn find(&self, from: Spot, at: usize) -> Spot {
        let decoded = self.offset + at as u64;
        let from = if decoded < from.decoded { Spot::default() } else { from };
        let ahead = self.pieces.get(from.piece..).unwrap_or_default();
        let number = from.piece + ahead.partition_point(|piece| piece.decoded.end < decoded);
        let Some(piece) = self.pieces.get(number) else { return Spot { decoded, ..from } };
        let (start, original) = if from.decoded > piece.decoded.start {
            (from.decoded, from.original)
        } else {
            (piece.decoded.start, piece.original.start)
        };
        let (decoded, original) = match &piece.coded {
            _ if decoded == piece.decoded.end => (decoded, piece.original.end),
            None => (decoded, original + (decoded - start)),
            Some(coded) => {
                let read = (original - piece.original.start) as usize;
                let (read, left) = coded.pass(read, (decoded - start) as usize);
                (decoded - left as u64, piece.original.start + read as u64)
            }
        };
        Spot { piece: number, decoded, original }
    }

    /// Passes the bytes of the file on that stand between two spots of the chunk with this text.
    ///
    /// # Errors
    /// Those of `write`.
    pub(crate) fn pass_on(
        &self,
        (from, to): (Spot, Spot),
        text: &[u8],
        mut write: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        for piece in self.pieces.get(from.piece..=to.piece).unwrap_or_default() {
            let start = piece.original.start.max(from.original);
            let end = piece.original.end.min(to.original);
            if start >= end {
                continue;
            }
            let within = (start - piece.original.start) as usize..(end - piece.original.start) as usize;
            match &piece.coded {
                Some(coded) => write(&coded.bytes[within])?,
                None => {
                    let at = |within: usize| (piece.decoded.start + within as u64 - self.offset) as usize;
                    write(&text[at(within.start)..at(within.end)])?;
                }
            }
        }
        Ok(())
    }

    /// The bytes of the file between two spots of the chunk with this text.
    pub(crate) fn bytes(&self, spots: (Spot, Spot), text: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        // cannot fail: nothing is written anywhere.
        let _ = self.pass_on(spots, text, |some| {
            bytes.extend_from_slice(some);
            Ok(())
        });
        bytes
    }
}

/// Bytes of text that are decoded at once to find an offset.
const SCRATCH: usize = 4096;

impl Coded {
    /// Where `count` bytes of text end that begin behind the first `read` bytes. If they end inside a character: where it begins, and
    /// how many of its bytes are among them.
    fn pass(&self, mut read: usize, mut count: usize) -> (usize, usize) {
        let mut scratch = [0; SCRATCH];
        while count > 0 {
            let state = self.state.behind(&self.bytes[..read], self.coding);
            let bytes = &self.bytes[read..];
            let mut step = self.coding.decode(state, bytes, &mut scratch[..count.min(SCRATCH)], true);
            if step.written == 0 {
                // No decoder fills the last bytes of its text: character by character.
                let one =
                    |length| self.coding.decode(state, &bytes[..length], &mut scratch[..16], length == bytes.len());
                let Some(found) = (1..=bytes.len()).map(one).find(|step| step.written > 0) else { break };
                step = found;
            }
            if step.written > count {
                break;
            }
            read += step.read;
            count -= step.written;
        }
        (read, count)
    }
}
