//! The streaming reader: bytes → single records for the header, then chunks of records.

use std::io::{self, ErrorKind, Read};

use crate::chunk::{Chunk, OddKind, QuoteFault, cells, line_ends};
use crate::dialect::{Dialect, LineTerminator};
use crate::masks::Kernel;
use crate::scalar::{Found, Job};
use crate::unquote::unquote;

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Bytes in which the line terminator is looked for.
const LOOK: usize = 64 << 10;

/// Bytes that are read at a time where no chunk says how many.
const BLOCK: usize = 64 << 10;

/// Offsets into a chunk have 32 bits, and a chunk is at most some of these sizes.
const LARGEST: usize = 1 << 29;

/// What a file may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest record, in bytes up to its final LF or CR; 8 MiB by default, 512 MiB at most.
    pub record_bytes: u32,
    /// Most cells of a record that is read on its own; 4096 by default.
    pub columns: u32,
    /// Bytes of a chunk, as far as whole records allow; 512 KiB by default, 512 MiB at most. From 256 KiB to 1 MiB a chunk and
    /// its index stay in the cache.
    pub chunk_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { record_bytes: 8 << 20, columns: 4096, chunk_bytes: 512 << 10 }
    }
}

/// A record that was read on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneRecord {
    /// Its number, from 1.
    pub number: u64,
    /// The physical line on which it starts, from 1.
    pub line: u64,
    /// Offset of its first byte in the input, from 0; 3 in the first record after a byte order mark.
    pub byte: u64,
    /// Its bytes as they came, with its line end, and with the byte order mark in front of the first record. Of a record that is
    /// too large: what is kept of it.
    pub bytes: Vec<u8>,
    /// The text of its cells; empty unless it is a [`RecordKind::Cells`].
    pub cells: Vec<Vec<u8>>,
    /// What it is.
    pub kind: RecordKind,
    start: usize,
    end: usize,
}

impl OneRecord {
    /// The record without its line end and without the byte order mark.
    pub fn raw(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }
}

/// What a record is that was read on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// A record of cells.
    Cells,
    /// No byte stands before its line end.
    Blank,
    /// A comment line.
    Comment,
    /// Its quotes are at fault, and how many bytes after its first byte.
    Quote(QuoteFault, u32),
    /// The line on which it starts is longer than [`Limits::record_bytes`].
    TooLarge,
    /// It has more cells than [`Limits::columns`]: this many.
    TooManyCells(usize),
}

/// What comes first in an input of which nobody knows yet how many columns it has.
#[derive(Debug)]
pub enum Prologue {
    /// Records in front of the first one that has cells and no fault, or some of them.
    Records(Chunk),
    /// The next record has cells and no fault: this many.
    Columns(usize),
    /// There is no such record.
    End,
}

/// A place in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Number of the record that begins here, from 1.
    pub record: u64,
    /// Physical line, from 1.
    pub line: u64,
    /// Byte offset, from 0.
    pub byte: u64,
}

/// Reads records from `R`: one by one ([`next_record`](Self::next_record)), then in chunks ([`next_chunk`](Self::next_chunk)).
///
/// It keeps some multiple of `chunk_bytes`, and of `record_bytes` while it reads a record of that size or looks for the end of an
/// open quote. An error of the reader is the end: what a later call returns is not specified.
#[derive(Debug)]
pub struct Records<R> {
    reader: R,
    dialect: Dialect,
    limits: Limits,
    kernel: Kernel,
    /// Bytes read and not handed out: those from `head` on.
    pending: Vec<u8>,
    head: usize,
    /// Whether the reader has nothing more.
    ended: bool,
    /// Whether the line terminator and the byte order mark have been looked for.
    begun: bool,
    /// Bytes in front of the first byte of the next record: those of a byte order mark.
    mark: usize,
    columns: Option<usize>,
    position: Position,
    sequence: u64,
}

impl<R: Read> Records<R> {
    /// Records of `reader`. Nothing is read yet.
    pub fn new(reader: R, dialect: Dialect, limits: Limits) -> Self {
        Self::with_kernel(reader, dialect, limits, Kernel::detect())
    }

    /// The same with a given kernel, for tests and measurements.
    pub fn with_kernel(reader: R, dialect: Dialect, limits: Limits, kernel: Kernel) -> Self {
        Self {
            reader,
            dialect,
            limits: Limits {
                record_bytes: limits.record_bytes.clamp(1, LARGEST as u32),
                chunk_bytes: limits.chunk_bytes.clamp(1, LARGEST),
                ..limits
            },
            kernel,
            pending: Vec::new(),
            head: 0,
            ended: false,
            begun: false,
            mark: 0,
            columns: None,
            position: Position { record: 1, line: 1, byte: 0 },
            sequence: 0,
        }
    }

    /// The dialect. [`LineTerminator::Auto`] is replaced by what it stands for as soon as anything has been read.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Where the next record begins; after the last one, the end of the input.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Reads as much as it takes to know the line terminator, and returns the dialect with it.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn detect(&mut self) -> io::Result<&Dialect> {
        if self.begun {
            return Ok(&self.dialect);
        }
        self.fill(if self.dialect.line_terminator == LineTerminator::Auto { LOOK } else { MARK.len() })?;
        if self.dialect.line_terminator == LineTerminator::Auto {
            let seen = &self.pending[..self.pending.len().min(LOOK)];
            // The LF of the very last CR may be out of sight.
            let crs = if seen.len() == LOOK { &seen[..LOOK - 1] } else { seen };
            let is_cr = memchr::memchr(b'\n', seen).is_none() && memchr::memchr(b'\r', crs).is_some();
            self.dialect.line_terminator = if is_cr { LineTerminator::Cr } else { LineTerminator::Lf };
        }
        self.mark = if self.pending.starts_with(MARK) { MARK.len() } else { 0 };
        self.begun = true;
        Ok(&self.dialect)
    }

    /// The next record, or `None` at the end of the input. For the header and what stands above it: it is not fast.
    ///
    /// # Errors
    /// Those of the reader. A record at fault is no error but a [`RecordKind`].
    pub fn next_record(&mut self) -> io::Result<Option<OneRecord>> {
        self.detect()?;
        let columns = self.limits.columns as usize;
        let mut ends = Vec::new();
        loop {
            let found = self.find_pending(self.mark, columns, &mut ends);
            let (kind, end, next) = match found {
                Some(Found::Record { kind, end, next }) => (kind, end, next),
                Some(Found::Unended) => return self.skip_too_large().map(Some),
                Some(Found::Incomplete) => {
                    self.fill_more(1)?;
                    continue;
                }
                None if self.ended => {
                    self.pass_mark();
                    return Ok(None);
                }
                None => {
                    self.fill_more(1)?;
                    continue;
                }
            };
            let start = self.mark;
            let bytes = &self.pending[self.head..self.head + next];
            let mut texts = Vec::new();
            let kind = match kind {
                OddKind::Cells(count) if count as usize > columns => RecordKind::TooManyCells(count as usize),
                OddKind::Cells(_) => {
                    if let Some(last) = ends.last_mut() {
                        *last = end as u32;
                    }
                    let mut scratch = Vec::new();
                    texts.extend(
                        cells(bytes, start, &ends, &self.dialect)
                            .map(|cell| unquote(cell, &self.dialect, &mut scratch).to_vec()),
                    );
                    RecordKind::Cells
                }
                OddKind::Blank => RecordKind::Blank,
                OddKind::Comment => RecordKind::Comment,
                OddKind::Quote(fault, at) => RecordKind::Quote(fault, at - start as u32),
                OddKind::TooLarge => RecordKind::TooLarge,
            };
            let kept = if kind == RecordKind::TooLarge { end } else { next };
            let record = OneRecord {
                number: self.position.record,
                line: self.position.line,
                byte: self.position.byte + start as u64,
                bytes: bytes[..kept].to_vec(),
                cells: texts,
                kind,
                start,
                end,
            };
            let lines = line_ends(self.dialect.line_end(), bytes);
            self.head += next;
            self.advance(next, lines, 1);
            return Ok(Some(record));
        }
    }

    /// Passes the blank records and comment lines that begin here, as [`next_record`](Self::next_record) would one by one, and
    /// returns how many were blank. It may stop before one of them, but not when it passes none.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn pass_blank(&mut self) -> io::Result<u64> {
        self.detect()?;
        let mut blank = 0;
        // A byte order mark belongs to the first record.
        while self.mark == 0 {
            let data = &self.pending[self.head..];
            let (mut passed, mut lines) = (0, 0);
            while let Some((length, is_blank)) = self.idle_line(&data[passed..]) {
                passed += length;
                lines += 1;
                blank += u64::from(is_blank);
            }
            self.head += passed;
            self.advance(passed, lines, lines);
            if passed == 0 || self.head < self.pending.len() || self.ended {
                break;
            }
            self.fill(BLOCK)?;
        }
        Ok(blank)
    }

    /// The length of the line at the start of some bytes, with its end, and whether it is blank; `None` when it is neither blank
    /// nor a comment, or its end is not there.
    fn idle_line(&self, data: &[u8]) -> Option<(usize, bool)> {
        let line_end = self.dialect.line_end();
        match *data {
            [first, ..] if first == line_end => Some((1, true)),
            [b'\r', second, ..] if line_end == b'\n' && second == line_end => Some((2, true)),
            [first, ..] if Some(first) == self.dialect.comment => {
                let most = data.len().min(self.limits.record_bytes as usize);
                memchr::memchr(line_end, &data[..most]).map(|length| (length + 1, false))
            }
            _ => None,
        }
    }

    /// Says how many cells a record must have to be a [`Row`](crate::Row), before the first chunk. Without it, the first record
    /// that has cells and no fault decides; those in front of it come in chunks of their own.
    pub fn set_columns(&mut self, columns: usize) {
        self.columns = Some(columns);
    }

    /// The records in front of the first one that has cells and no fault, chunk by chunk, however many they are; then the number of cells
    /// of that one. The buffers of `recycle` are used again.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn next_prologue(&mut self, recycle: Option<Chunk>) -> io::Result<Prologue> {
        self.detect()?;
        let mut cells = None;
        Ok(match (self.cut_chunk(recycle, None, &mut cells)?, cells) {
            (Some(chunk), _) => Prologue::Records(chunk),
            (None, Some(cells)) => Prologue::Columns(cells),
            (None, None) => Prologue::End,
        })
    }

    /// The next chunk of whole records, or `None` at the end of the input. The buffers of `recycle` are used again.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn next_chunk(&mut self, recycle: Option<Chunk>) -> io::Result<Option<Chunk>> {
        self.detect()?;
        if self.columns.is_none() {
            match self.next_prologue(None)? {
                Prologue::Records(chunk) => return Ok(Some(chunk)),
                Prologue::Columns(columns) => self.columns = Some(columns),
                Prologue::End => return Ok(None),
            }
        }
        self.cut_chunk(recycle, self.columns, &mut None)
    }

    /// Cuts a chunk off. Without `columns` it ends in front of the first record that has cells and no fault, whose number of cells
    /// goes to `cells`; `None` if that is the next one.
    fn cut_chunk(
        &mut self,
        recycle: Option<Chunk>,
        columns: Option<usize>,
        cells: &mut Option<usize>,
    ) -> io::Result<Option<Chunk>> {
        let chunk_bytes = self.limits.chunk_bytes;
        let mut chunk = recycle.unwrap_or_default();
        // The bytes of the last chunk are overwritten, which is cheaper than new ones.
        let mut data = std::mem::take(&mut chunk.data);
        if data.len() > chunk_bytes {
            data.truncate(chunk_bytes);
        }
        chunk.reset(chunk_bytes);
        data.shrink_to(2 * chunk_bytes.max(BLOCK));
        let mut filled = 0;
        let mut wanted = chunk_bytes + self.mark;
        let mut progress = loop {
            if let Err(error) = self.take(&mut data, &mut filled, wanted) {
                self.give_back(&data[..filled]);
                return Err(error);
            }
            if filled <= self.mark && self.ended && self.head == self.pending.len() {
                self.give_back(&data[..filled]);
                self.pass_mark();
                return Ok(None);
            }
            let job = Job {
                data: &data[..filled],
                start: self.mark,
                soft_end: chunk_bytes + self.mark,
                is_last: self.ended && self.head == self.pending.len(),
                // No record has so many: each one is odd.
                columns: columns.unwrap_or(usize::MAX),
                limit: self.limits.record_bytes as usize,
                dialect: &self.dialect,
            };
            if filled > self.mark {
                let progress = self.kernel.tokenize(&job, &mut chunk.index);
                if chunk.records() > 0 || progress.unended {
                    break progress;
                }
            }
            // With so many bytes the first record is known, whatever it is.
            let enough = self.mark + self.limits.record_bytes as usize + BLOCK;
            wanted = (2 * filled.max(self.mark + 1)).min(enough).max(filled + 1);
        };
        let line_end = self.dialect.line_end();
        if columns.is_none()
            && let Some(first) = chunk.index.cut_before_cells(cells)
        {
            progress.used = first;
            chunk.index.lines = line_ends(line_end, &data[..first]);
            if chunk.records() == 0 {
                self.give_back(&data[..filled]);
                return Ok(None);
            }
        }
        chunk.sequence = self.sequence;
        chunk.first_record = self.position.record;
        chunk.first_line = self.position.line;
        chunk.offset = self.position.byte;
        chunk.columns = columns.unwrap_or(0);
        chunk.line_end = line_end;
        chunk.skip_initial_space = self.dialect.skip_initial_space;
        self.sequence += 1;
        if chunk.records() == 0 {
            // A line over the limit, whose end is not there yet.
            let kept = self.mark + self.kept();
            let (dropped, lines) = self.skip_line(filled - kept)?;
            data.truncate(kept);
            chunk.index.push_odd(self.mark, kept, kept, OddKind::TooLarge);
            self.advance(kept + dropped, lines, 1);
        } else {
            self.give_back(&data[progress.used..filled]);
            data.truncate(progress.used);
            let records = u64::from(chunk.records());
            self.advance(progress.used, chunk.index.lines, records);
        }
        chunk.quotes = self.dialect.quote.is_some_and(|quote| memchr::memchr(quote, &data).is_some());
        // A record near the limit was looked for in buffers twice its size.
        if data.capacity() - data.len() > 2 * chunk_bytes.max(BLOCK) {
            data.shrink_to_fit();
            chunk.index.ends.shrink_to_fit();
        }
        chunk.data = data;
        Ok(Some(chunk))
    }

    /// Finds the record `start` bytes into the pending ones; `None` when no byte is there.
    fn find_pending(&self, start: usize, columns: usize, ends: &mut Vec<u32>) -> Option<Found> {
        let data = &self.pending[self.head..];
        if start >= data.len() {
            return None;
        }
        ends.clear();
        let job = Job {
            data,
            start,
            soft_end: usize::MAX,
            is_last: self.ended,
            columns,
            limit: self.limits.record_bytes as usize,
            dialect: &self.dialect,
        };
        Some(job.find(start, ends))
    }

    /// The pending bytes begin a line over the limit, all of them: keeps the beginning and drops the rest.
    fn skip_too_large(&mut self) -> io::Result<OneRecord> {
        let end = self.mark + self.kept();
        let bytes = self.pending[self.head..self.head + end].to_vec();
        let start = self.mark;
        let Position { record, line, byte } = self.position;
        let seen = self.pending.len() - self.head - end;
        self.head = self.pending.len();
        let (dropped, lines) = self.skip_line(seen)?;
        self.advance(end + dropped, lines, 1);
        Ok(OneRecord {
            number: record,
            line,
            byte: byte + start as u64,
            bytes,
            cells: Vec::new(),
            kind: RecordKind::TooLarge,
            start,
            end,
        })
    }

    /// Drops the pending bytes up to the next line end, and reads on until there is one. Returns how many bytes were dropped,
    /// `dropped` included, and the number of line ends among them.
    fn skip_line(&mut self, mut dropped: usize) -> io::Result<(usize, u64)> {
        let line_end = self.dialect.line_end();
        loop {
            let rest = &self.pending[self.head..];
            if let Some(length) = memchr::memchr(line_end, rest) {
                self.head += length + 1;
                return Ok((dropped + length + 1, 1));
            }
            dropped += rest.len();
            self.head = self.pending.len();
            if self.ended {
                return Ok((dropped, 0));
            }
            self.fill(BLOCK)?;
        }
    }

    fn kept(&self) -> usize {
        (self.limits.record_bytes as usize).min(crate::TOO_LARGE_KEPT)
    }

    fn advance(&mut self, bytes: usize, lines: u64, records: u64) {
        self.position.byte += bytes as u64;
        self.position.line += lines;
        self.position.record += records;
        self.mark = 0;
    }

    /// At the end of an input that is nothing but a byte order mark.
    fn pass_mark(&mut self) {
        self.head += self.mark;
        self.position.byte += self.mark as u64;
        self.mark = 0;
    }

    /// Fills `data` up to `wanted` bytes, from the pending ones and then from the reader.
    fn take(&mut self, data: &mut Vec<u8>, filled: &mut usize, wanted: usize) -> io::Result<()> {
        if data.len() < wanted {
            data.resize(wanted, 0);
        }
        let pending = &self.pending[self.head..];
        let taken = pending.len().min(wanted - *filled);
        data[*filled..*filled + taken].copy_from_slice(&pending[..taken]);
        *filled += taken;
        self.head += taken;
        if self.ended {
            return Ok(());
        }
        self.ended = read_to(&mut self.reader, &mut data[..wanted], filled)?;
        Ok(())
    }

    /// Puts the last bytes taken back in front of the pending ones.
    fn give_back(&mut self, bytes: &[u8]) {
        if self.head < self.pending.len() {
            // Pending bytes are left over, so all that was taken came from here.
            self.head -= bytes.len();
        } else {
            self.pending.clear();
            self.pending.extend_from_slice(bytes);
            self.head = 0;
        }
    }

    /// Reads until twice as many bytes are pending, and no less than a block.
    fn fill_more(&mut self, least: usize) -> io::Result<()> {
        let pending = self.pending.len() - self.head;
        self.fill((2 * pending).max(pending + least).max(BLOCK))
    }

    /// Reads until `wanted` bytes are pending, or there are no more.
    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        self.pending.drain(..self.head);
        self.head = 0;
        let mut filled = self.pending.len();
        if filled >= wanted || self.ended {
            return Ok(());
        }
        self.pending.resize(wanted, 0);
        let ended = read_to(&mut self.reader, &mut self.pending, &mut filled);
        self.pending.truncate(filled);
        self.ended = ended?;
        Ok(())
    }
}

/// Reads until `buffer` is full; `filled` is where it stands, also when there is an error. Whether the reader has ended.
fn read_to(reader: &mut impl Read, buffer: &mut [u8], filled: &mut usize) -> io::Result<bool> {
    while *filled < buffer.len() {
        match reader.read(&mut buffer[*filled..]) {
            Ok(0) => return Ok(true),
            Ok(count) => *filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}
