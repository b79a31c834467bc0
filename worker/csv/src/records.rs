//! The streaming reader: bytes → single records for the header, then chunks of records.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::chunk::{Chunk, UnusualLayout};
use crate::comment_rows::CommentRows;
use crate::dialect::{Dialect, LineTerminator};
use crate::index::{NonRowKind, RecordOfCells};
use crate::input::{BLOCK, Input};
use crate::kernel::Kernel;
use crate::line_ends::line_ends;
use crate::position::Position;
use crate::scalar::{Progress, TokenizerInput};

/// The byte order mark of UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Bytes at the beginning of the input in which the line terminator is looked for.
const LOOK: usize = if cfg!(miri) { 256 } else { 64 << 10 };

/// Most bytes of a record, and of a chunk as it is asked for: offsets into a chunk have 32 bits, and a chunk may have a
/// few times this size.
const LARGEST: usize = 1 << 29;

/// Limits on memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of a record up to its final LF or CR; 8 MiB by default, 512 MiB at most.
    pub record_bytes: u32,
    /// Most cells of a record that is read on its own; 4096 by default.
    pub columns: u32,
    /// Bytes of a chunk, rounded to whole records; 512 KiB by default, 512 MiB at most. From 256 KiB to 1 MiB a
    /// chunk and its index stay in the cache.
    pub chunk_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { record_bytes: 8 << 20, columns: 4096, chunk_bytes: 512 << 10 }
    }
}

/// The beginning of an input whose number of columns is not known yet.
#[derive(Debug)]
pub enum Prologue {
    /// Records in front of the first record that has cells and no fault, or a part of them.
    Records(Chunk),
    /// The next record has no fault and this many cells.
    Columns(usize),
    /// The input has ended without a record that has cells and no fault.
    End,
}

/// Reads records from `R`: one by one ([`next_record`](Self::next_record)), then in chunks ([`next_chunk`](Self::next_chunk)).
///
/// `Records` keeps some multiple of `chunk_bytes` in memory, and of `record_bytes` while it reads a record of that
/// size or looks for the end of an open quote. After an error of the reader, the result of later calls is not
/// specified.
#[derive(Debug)]
pub struct Records<R> {
    pub(crate) input: Input<R>,
    pub(crate) dialect: Dialect,
    pub(crate) limits: Limits,
    kernel: Kernel,
    /// Whether the line terminator and the byte order mark were looked for.
    begun: bool,
    /// Bytes in front of the first byte of the next record: the length of a byte order mark, or 0.
    pub(crate) mark_bytes: usize,
    columns: Option<usize>,
    position: Position,
    /// Where the number of passed bytes is noted, if the reader needs to know it.
    passed: Option<Arc<AtomicU64>>,
    /// Tells whether the reader has ended before its file, if it may.
    is_cut: Option<Arc<AtomicBool>>,
    sequence: u64,
}

/// A chunk that is being filled.
struct OpenChunk {
    chunk: Chunk,
    /// The bytes of the chunk, and the bytes read ahead of it. Behind `filled` the vector holds nothing of the input.
    data: Vec<u8>,
    filled: usize,
}

impl<R: Read> Records<R> {
    /// Returns the records of `reader`. Nothing is read yet.
    pub fn new(reader: R, dialect: Dialect, limits: Limits) -> Self {
        Self::with_kernel(reader, dialect, limits, Kernel::detect())
    }

    /// Returns the records of `reader`, read by this kernel; for tests and measurements.
    pub fn with_kernel(reader: R, dialect: Dialect, limits: Limits, kernel: Kernel) -> Self {
        Self {
            input: Input::new(reader),
            dialect,
            limits: Limits {
                record_bytes: limits.record_bytes.clamp(1, LARGEST as u32),
                chunk_bytes: limits.chunk_bytes.clamp(1, LARGEST),
                ..limits
            },
            kernel,
            begun: false,
            mark_bytes: 0,
            columns: None,
            position: Position::START,
            passed: None,
            is_cut: None,
            sequence: 0,
        }
    }

    /// Notes in `passed`, record by record and chunk by chunk, how many bytes are passed; the bytes behind that may
    /// still be handed out. For a reader that remembers where its bytes come from.
    pub fn note_passed(&mut self, passed: Arc<AtomicU64>) {
        self.passed = Some(passed);
    }

    /// Leaves out a last record that may go on behind the end of the input, if `is_cut` is true when the reader has ended. For a reader
    /// of the first bytes of a file.
    pub fn leave_out_unfinished(&mut self, is_cut: Arc<AtomicBool>) {
        self.is_cut = Some(is_cut);
    }

    /// Returns true if the reader has ended before its file.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut.as_ref().is_some_and(|is_cut| is_cut.load(Ordering::Relaxed))
    }

    /// Returns the dialect. [`LineTerminator::Auto`] is replaced by the line terminator of the input as soon as
    /// anything was read.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Returns where the next record begins; after the last record, the end of the input.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Reads until the line terminator is known, and returns the dialect with it.
    ///
    /// # Errors
    /// When the reader returns an error.
    pub fn detect(&mut self) -> io::Result<&Dialect> {
        if self.begun {
            return Ok(&self.dialect);
        }
        self.input.fill(if self.dialect.line_terminator == LineTerminator::Auto {
            LOOK + 1
        } else {
            BYTE_ORDER_MARK.len()
        })?;
        let pending = self.input.pending();
        if self.dialect.line_terminator == LineTerminator::Auto {
            // Neither a CRLF at the end of the input counts, nor a last CR whose LF is one byte too far.
            let lines = match pending.get(..=LOOK).unwrap_or(pending) {
                [lines @ .., b'\r', b'\n'] => lines,
                all => &all[..all.len().min(LOOK)],
            };
            let is_cr = memchr::memchr(b'\n', lines).is_none() && memchr::memchr(b'\r', lines).is_some();
            self.dialect.line_terminator = if is_cr { LineTerminator::Cr } else { LineTerminator::Lf };
        }
        self.mark_bytes = if pending.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        self.begun = true;
        Ok(&self.dialect)
    }

    /// Sets how many cells a record must have to be a [`Row`](crate::Row), before the first chunk. Without it, the
    /// first record that has cells and no fault decides; the records in front of it come in chunks of their own.
    pub fn set_columns(&mut self, columns: usize) {
        self.columns = Some(columns);
    }

    /// Returns the records in front of the first record that has cells and no fault, chunk by chunk, however many there are; then the
    /// number of cells of that record. The buffers of `recycle` are used again.
    ///
    /// # Errors
    /// When the reader returns an error.
    pub fn next_prologue(&mut self, recycle: Option<Chunk>) -> io::Result<Prologue> {
        self.detect()?;
        self.cut_chunk(recycle, None)
    }

    /// Returns the next chunk of whole records, or `None` at the end of the input. The buffers of `recycle` are used again.
    ///
    /// # Errors
    /// When the reader returns an error.
    pub fn next_chunk(&mut self, recycle: Option<Chunk>) -> io::Result<Option<Chunk>> {
        self.detect()?;
        if self.columns.is_none() {
            match self.next_prologue(None)? {
                Prologue::Records(chunk) => return Ok(Some(chunk)),
                Prologue::Columns(columns) => self.columns = Some(columns),
                Prologue::End => return Ok(None),
            }
        }
        Ok(match self.cut_chunk(recycle, self.columns)? {
            Prologue::Records(chunk) => Some(chunk),
            Prologue::Columns(_) | Prologue::End => None,
        })
    }

    /// Cuts a chunk off the input. Without `columns` the chunk ends in front of the first record that has cells and no
    /// fault; if that record is the next one, the result is its number of cells.
    fn cut_chunk(&mut self, recycle: Option<Chunk>, columns: Option<usize>) -> io::Result<Prologue> {
        let mut open = OpenChunk::new(recycle.unwrap_or_default(), self.limits.chunk_bytes);
        let progress = match self.tokenize(&mut open, columns) {
            Ok(Some(progress)) => progress,
            ended_or_failed => {
                self.input.give_back(&open.data[..open.filled]);
                return ended_or_failed.map(|_| {
                    self.pass_mark();
                    Prologue::End
                });
            }
        };
        let OpenChunk { mut chunk, data, filled } = open;
        let mut used = progress.used;
        if !self.dialect.comment_rows.is_empty() {
            let (first, line_end) = (self.position.record, self.dialect.line_end());
            CommentRows { numbers: &self.dialect.comment_rows, first, line_end }.apply(&mut chunk.index, &data, used);
        }
        if columns.is_none()
            && let Some(RecordOfCells { start, cells }) = chunk.index.cut_before_cells()
        {
            used = start;
            chunk.index.lines = line_ends(self.dialect.line_end(), &data[..start]);
            if chunk.records() == 0 {
                self.input.give_back(&data[..filled]);
                return Ok(Prologue::Columns(cells));
            }
        }
        chunk.sequence = self.sequence;
        chunk.start = self.position;
        chunk.columns = columns.unwrap_or(0);
        chunk.line_end = self.dialect.line_end();
        chunk.unusual = UnusualLayout::of(&self.dialect);
        self.sequence += 1;
        let end = self.consume(&mut chunk, &data[..filled], used)?;
        self.finish(&mut chunk, data, end);
        Ok(Prologue::Records(chunk))
    }

    /// Fills the data of a chunk until it holds a whole record or the beginning of a line over the limit, and finds its
    /// records. `None` at the end of the input.
    fn tokenize(&mut self, open: &mut OpenChunk, columns: Option<usize>) -> io::Result<Option<Progress>> {
        let OpenChunk { chunk, data, filled } = open;
        let soft_end = self.limits.chunk_bytes + self.mark_bytes;
        let mut wanted = soft_end;
        loop {
            self.input.take(data, filled, wanted)?;
            let is_over = self.input.is_over();
            if *filled <= self.mark_bytes && is_over {
                return Ok(None);
            }
            if *filled > self.mark_bytes {
                let input = TokenizerInput {
                    data: &data[..*filled],
                    start: self.mark_bytes,
                    soft_end,
                    is_last: is_over && !self.is_cut(),
                    // No record has as many cells as this, so each one is a non-row.
                    columns: columns.unwrap_or(usize::MAX),
                    limit: self.limits.record_bytes as usize,
                    dialect: &self.dialect,
                };
                let progress = self.kernel.tokenize(&input, &mut chunk.index);
                if chunk.records() > 0 || progress.unended {
                    return Ok(Some(progress));
                }
                if is_over {
                    // The input is cut, and the record is not finished.
                    return Ok(None);
                }
            }
            // This many bytes hold the whole first record, or show that it is over the limit.
            let enough = self.mark_bytes + self.limits.record_bytes as usize + BLOCK;
            wanted = (2 * (*filled).max(self.mark_bytes + 1)).min(enough).max(*filled + 1);
        }
    }

    /// Moves on behind the records of a chunk, whose whole records have `used` bytes, and returns how many bytes become its data.
    fn consume(&mut self, chunk: &mut Chunk, bytes: &[u8], used: usize) -> io::Result<usize> {
        if chunk.records() > 0 {
            self.input.give_back(&bytes[used..]);
            self.advance(used, chunk.index.lines, u64::from(chunk.records()));
            return Ok(used);
        }
        // A line over the limit, whose end was not read yet.
        let kept = self.mark_bytes + self.kept();
        let skipped = self.input.skip_line(self.dialect.line_end())?;
        chunk.index.push_non_row(self.mark_bytes, kept, kept, NonRowKind::TooLarge);
        self.advance(bytes.len() + skipped.bytes, skipped.line_ends, 1);
        Ok(kept)
    }

    /// Hands the first `end` bytes of the data to the chunk.
    fn finish(&self, chunk: &mut Chunk, mut data: Vec<u8>, end: usize) {
        data.truncate(end);
        chunk.quotes = self.dialect.quote.is_some_and(|quote| chunk.index.holds_in_rows(quote, &data));
        // A record near the limit was looked for in buffers twice its size.
        if data.capacity() - data.len() > 2 * self.limits.chunk_bytes.max(BLOCK) {
            data.shrink_to_fit();
            chunk.index.ends.shrink_to_fit();
        }
        chunk.data = data;
    }

    /// Returns how many bytes are kept of a record that is too large.
    pub(crate) fn kept(&self) -> usize {
        (self.limits.record_bytes as usize).min(crate::TOO_LARGE_KEPT)
    }

    pub(crate) fn advance(&mut self, bytes: usize, lines: u64, records: u64) {
        self.position.advance(bytes, lines, records);
        if let Some(passed) = &self.passed {
            passed.store(self.position.byte, Ordering::Relaxed);
        }
        self.mark_bytes = 0;
    }

    /// Passes over an input that is nothing but a byte order mark. Returns true if it is.
    ///
    /// # Errors
    /// When the reader returns an error.
    pub fn pass_lone_mark(&mut self) -> io::Result<bool> {
        self.detect()?;
        self.input.fill(self.mark_bytes + 1)?;
        let is_lone = self.mark_bytes > 0 && self.input.pending().len() == self.mark_bytes;
        if is_lone {
            self.pass_mark();
        }
        Ok(is_lone)
    }

    /// Moves on behind a byte order mark, at the end of an input that is nothing else.
    pub(crate) fn pass_mark(&mut self) {
        self.input.pass(self.mark_bytes);
        self.position.byte += self.mark_bytes as u64;
        self.mark_bytes = 0;
    }
}

impl OpenChunk {
    fn new(mut chunk: Chunk, chunk_bytes: usize) -> Self {
        // The bytes of the last chunk are overwritten, which is cheaper than clearing new memory.
        let mut data = std::mem::take(&mut chunk.data);
        data.truncate(chunk_bytes);
        chunk.reset(chunk_bytes);
        data.shrink_to(2 * chunk_bytes.max(BLOCK));
        Self { chunk, data, filled: 0 }
    }
}
