//! The source map of a decoded text: the bytes of the file behind it, and the way from an offset in the text to one in the
//! file.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::encoding::coding::{Coding, DecoderState, Undecoded};
use crate::locked::locked;

/// Bytes of text whose pieces are kept for a line over the record limit: as many as the rejects keep, and room for a byte order mark and more.
const LARGE_LINE_BYTES: u64 = sluice_csv::TOO_LARGE_KEPT as u64 + 64;

/// Bytes of text that the tokenizer may have read but not examined while it searches for the end of such a line; more than a block of the
/// tokenizer.
const RECENT: u64 = 1 << 20;

/// A stretch of the text. Pieces follow each other without a gap.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// The range of the piece in the text.
    pub(super) decoded: Range<u64>,
    /// The range of the piece in the file.
    pub(super) source: Range<u64>,
    /// The bytes of the file; `None` when they equal the text.
    pub(super) coded: Option<Arc<Coded>>,
}

/// Bytes of a file that differ from the text.
#[derive(Debug)]
pub(super) struct Coded {
    pub(super) coding: Coding,
    /// The state of the decoder in front of the bytes.
    pub(super) state: DecoderState,
    pub(super) bytes: Box<[u8]>,
    /// How many of the bytes belong to the piece. The few bytes behind them tell where a malformed sequence at the end of the piece ends: in GB
    /// 18030, `81 30` is one malformed sequence at the end of a file, and `81` alone is one before `81 22`.
    pub(super) own: usize,
}

/// The pieces of a file that may still be needed. The transcoder adds pieces, and each chunk takes those of its text.
#[derive(Debug)]
pub(crate) struct SourceMap {
    pieces: Mutex<VecDeque<Piece>>,
    /// The offset in the text up to which the tokenizer has cut the text into records.
    passed: Arc<AtomicU64>,
    /// Most bytes that the tokenizer reads ahead of `passed`, unless it searches for the end of a line that is too large.
    most_ahead: u64,
}

impl SourceMap {
    /// Makes an empty list for a tokenizer that reads at most `most_ahead` bytes ahead.
    pub(crate) fn new(most_ahead: u64) -> Self {
        Self { pieces: Mutex::default(), passed: Arc::default(), most_ahead }
    }

    /// Returns the number in which the tokenizer notes the offset up to which it has cut records.
    pub(crate) fn passed(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.passed)
    }

    fn pieces(&self) -> MutexGuard<'_, VecDeque<Piece>> {
        locked(&self.pieces)
    }

    /// Adds the next piece.
    pub(super) fn push(&self, piece: Piece) {
        let mut pieces = self.pieces();
        match pieces.back_mut() {
            Some(last) if last.coded.is_none() && piece.coded.is_none() && last.decoded.end == piece.decoded.start => {
                last.decoded.end = piece.decoded.end;
                last.source.end = piece.source.end;
            }
            _ => pieces.push_back(piece),
        }
    }

    /// Adds bytes of the file that have no text to the last piece.
    pub(super) fn extend_last(&self, bytes: &[u8]) {
        if let Some(last) = self.pieces().back_mut()
            && let Some(coded) = &mut last.coded
        {
            let Coded { coding, state, bytes: before, own } = &**coded;
            let all: Box<[u8]> = [&before[..*own], bytes].concat().into();
            *coded = Arc::new(Coded { coding: *coding, state: *state, own: all.len(), bytes: all });
            last.source.end += bytes.len() as u64;
        }
    }

    /// Drops the pieces that are no longer needed. Must be called before the text behind `newest` is handed out.
    pub(super) fn prune(&self, newest: u64) {
        let passed = self.passed.load(Ordering::Relaxed);
        let mut pieces = self.pieces();
        while pieces.front().is_some_and(|piece| piece.decoded.end <= passed) {
            pieces.pop_front();
        }
        // A tokenizer that is further ahead searches for the end of a line that is too large. The pieces of the beginning of this line are
        // kept, and the latest ones, which may stand behind the line.
        if newest.saturating_sub(passed) > self.most_ahead {
            pieces
                .retain(|piece| piece.decoded.start < passed + LARGE_LINE_BYTES || piece.decoded.end + RECENT > newest);
        }
    }

    /// Returns the number of bytes of the file that the pieces hold.
    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.pieces().iter().map(|piece| piece.coded.as_ref().map_or(0, |coded| coded.bytes.len())).sum()
    }

    /// Returns the pieces of this range of the text, and drops all pieces up to its end.
    pub(crate) fn take(&self, decoded: Range<u64>) -> ChunkSourceMap {
        let mut pieces = self.pieces();
        let is_part = |piece: &&Piece| piece.decoded.start < decoded.end && piece.decoded.end > decoded.start;
        let taken = pieces.iter().filter(is_part).cloned().collect();
        while pieces.front().is_some_and(|piece| piece.decoded.end <= decoded.end) {
            pieces.pop_front();
        }
        ChunkSourceMap { pieces: taken, offset: decoded.start }
    }
}

/// The pieces of a chunk.
#[derive(Debug, Default)]
pub(crate) struct ChunkSourceMap {
    pieces: Vec<Piece>,
    /// The offset of the chunk in the text.
    offset: u64,
}

/// An offset in the text and the offset in the file that was found for it. The search for a later offset starts here.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MappedOffset {
    piece: usize,
    decoded: u64,
    /// The offset in the file.
    pub(crate) source: u64,
}

impl ChunkSourceMap {
    /// Returns the bytes of memory that the pieces take.
    pub(crate) fn held_bytes(&self) -> usize {
        let of_piece = |piece: &Piece| piece.coded.as_ref().map_or(0, |coded| coded.bytes.len());
        self.pieces.iter().map(of_piece).sum::<usize>() + self.pieces.capacity() * size_of::<Piece>()
    }

    /// Maps the byte `at` of the chunk to the offset in the file at which its character begins, or at which the chunk ends.
    pub(crate) fn find(&self, from: MappedOffset, at: usize) -> MappedOffset {
        let decoded = self.offset + at as u64;
        let from = if decoded < from.decoded { MappedOffset::default() } else { from };
        let ahead = self.pieces.get(from.piece..).unwrap_or_default();
        let number = from.piece + ahead.partition_point(|piece| piece.decoded.end < decoded);
        let Some(piece) = self.pieces.get(number) else { return MappedOffset { decoded, ..from } };
        let (start, source) = if from.decoded > piece.decoded.start {
            (from.decoded, from.source)
        } else {
            (piece.decoded.start, piece.source.start)
        };
        let (decoded, source) = match &piece.coded {
            _ if decoded == piece.decoded.end => (decoded, piece.source.end),
            None => (decoded, source + (decoded - start)),
            Some(coded) => {
                let read = (source - piece.source.start) as usize;
                let passed = coded.pass(read, (decoded - start) as usize);
                (decoded - passed.left as u64, piece.source.start + passed.read as u64)
            }
        };
        MappedOffset { piece: number, decoded, source }
    }

    /// Passes the bytes of the file between two offsets to `write`. `text` is the text of the chunk.
    ///
    /// # Errors
    /// Errors of `write`.
    pub(crate) fn pass_on(
        &self,
        between: Range<MappedOffset>,
        text: &[u8],
        mut write: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let Range { start: from, end: to } = between;
        for piece in self.pieces.get(from.piece..=to.piece).unwrap_or_default() {
            let start = piece.source.start.max(from.source);
            let end = piece.source.end.min(to.source);
            if start >= end {
                continue;
            }
            let within = (start - piece.source.start) as usize..(end - piece.source.start) as usize;
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

    /// Returns the bytes of the file between two offsets. `text` is the text of the chunk.
    pub(crate) fn bytes(&self, between: Range<MappedOffset>, text: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        // cannot fail: nothing is written anywhere.
        let _ = self.pass_on(between, text, |some| {
            bytes.extend_from_slice(some);
            Ok(())
        });
        bytes
    }
}

/// Most bytes of text that are decoded at once to find an offset.
const SCRATCH: usize = 4096;

/// How far some bytes were decoded.
struct Passed {
    /// The number of bytes in front of the end of the text, or of the character in which the text ends.
    read: usize,
    /// How many bytes of the text belong to a character in which the text ends; 0 if it ends behind a character.
    left: usize,
}

impl Coded {
    /// Decodes `count` bytes of text, which begin behind the first `read` bytes.
    fn pass(&self, mut read: usize, mut count: usize) -> Passed {
        let mut scratch = [0; SCRATCH];
        let mut state = self.state.behind(&self.bytes, 0..read, self.coding);
        while count > 0 {
            let bytes = &self.bytes[read..];
            let all = Undecoded { bytes, is_last: true };
            let mut step = self.coding.decode(state, all, &mut scratch[..count.min(SCRATCH)]);
            if step.written == 0 {
                // A decoder leaves the last bytes of a small buffer empty, so the next character is decoded alone.
                let one = |length| {
                    let first = Undecoded { bytes: &bytes[..length], is_last: length == bytes.len() };
                    self.coding.decode(state, first, &mut scratch[..16])
                };
                let Some(found) = (1..=bytes.len()).map(one).find(|step| step.written > 0) else { break };
                step = found;
            }
            if step.written > count {
                break;
            }
            state = state.behind(&self.bytes, read..read + step.read, self.coding);
            read += step.read;
            count -= step.written;
        }
        Passed { read, left: count }
    }
}
