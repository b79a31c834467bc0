//! Single records, for the header and what stands above it.

use std::io::{self, Read};

use crate::chunk::cells;
use crate::index::{NonRowKind, QuoteFault};
use crate::input::BLOCK;
use crate::line_ends::line_ends;
use crate::position::Position;
use crate::records::Records;
use crate::scalar::{RecordExtent, TokenizerInput};
use crate::unquote::unquote;

/// A record that was read on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneRecord {
    /// Where the record begins; the byte is 3 in the first record after a byte order mark.
    pub position: Position,
    /// The bytes of the record as they were read, with its line end, and with the byte order mark in front of the first
    /// record. Of a record that is too large, only the part that is kept.
    pub bytes: Vec<u8>,
    /// The text of each cell; empty unless the record is [`RecordKind::Cells`].
    pub cells: Vec<Vec<u8>>,
    /// The kind of the record.
    pub kind: RecordKind,
    start: usize,
    end: usize,
}

impl OneRecord {
    /// Returns the record without its line end and without the byte order mark.
    pub fn raw(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }
}

/// The kind of a record that was read on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// A record of cells.
    Cells,
    /// No byte stands before the line end.
    Blank,
    /// A comment line.
    Comment,
    /// The quotes of the record are at fault: how, and how many bytes behind its first byte.
    Quote(QuoteFault, u32),
    /// The line on which the record starts is longer than [`Limits::record_bytes`](crate::Limits::record_bytes).
    TooLarge,
    /// The record has more cells than [`Limits::columns`](crate::Limits::columns): this many.
    TooManyCells(usize),
}

/// Where a record ends in the pending bytes: its end without the line end, the start of the next record.
#[derive(Clone, Copy)]
struct Ends {
    end: usize,
    next: usize,
}

/// A line that is blank or a comment.
struct SkippableLine {
    /// The length of the line, with its line end.
    length: usize,
    is_blank: bool,
}

impl<R: Read> Records<R> {
    /// Returns the next record, or `None` at the end of the input. It is meant for the header and the records above it,
    /// and is not fast.
    ///
    /// # Errors
    /// When the reader returns an error. A record at fault is no error but a [`RecordKind`].
    pub fn next_record(&mut self) -> io::Result<Option<OneRecord>> {
        self.detect()?;
        let mut ends = Vec::new();
        loop {
            match self.find_pending(&mut ends) {
                Some(RecordExtent::Whole { kind, end, next }) => {
                    return Ok(Some(self.take_record(kind, Ends { end, next }, &mut ends)));
                }
                Some(RecordExtent::Unended) => return self.take_too_large().map(Some),
                // A record is only incomplete here if the input is cut.
                Some(RecordExtent::Incomplete) | None if self.input.has_ended() => {
                    self.pass_mark();
                    return Ok(None);
                }
                Some(RecordExtent::Incomplete) | None => self.input.fill_more()?,
            }
        }
    }

    /// Finds the first pending record; `None` if no byte is pending.
    fn find_pending(&self, ends: &mut Vec<u32>) -> Option<RecordExtent> {
        let data = self.input.pending();
        if self.mark_bytes >= data.len() {
            return None;
        }
        ends.clear();
        let input = TokenizerInput {
            data,
            start: self.mark_bytes,
            soft_end: usize::MAX,
            is_last: self.input.has_ended() && !self.is_cut(),
            columns: self.limits.columns as usize,
            limit: self.limits.record_bytes as usize,
            dialect: &self.dialect,
        };
        Some(input.extent(self.mark_bytes, ends))
    }

    /// Takes the first pending record, whose bytes are all pending.
    fn take_record(&mut self, kind: NonRowKind, Ends { end, next }: Ends, ends: &mut [u32]) -> OneRecord {
        let start = self.mark_bytes;
        let columns = self.limits.columns as usize;
        let bytes = &self.input.pending()[..next];
        let mut texts = Vec::new();
        let is_comment = self.is_comment_row(self.position().record);
        let kind = match kind {
            NonRowKind::TooLarge => RecordKind::TooLarge,
            _ if is_comment => RecordKind::Comment,
            NonRowKind::Cells(count) if count as usize > columns => RecordKind::TooManyCells(count as usize),
            NonRowKind::Cells(_) => {
                // The last cell ends in front of the CR; with a trailing delimiter it ends even earlier.
                if let Some(last) = ends.last_mut() {
                    *last = (*last).min(end as u32);
                }
                let mut scratch = Vec::new();
                let raw = cells(bytes, start, ends, &self.dialect);
                texts.extend(raw.map(|cell| unquote(cell, &self.dialect, &mut scratch).to_vec()));
                RecordKind::Cells
            }
            NonRowKind::Blank => RecordKind::Blank,
            NonRowKind::Comment => RecordKind::Comment,
            NonRowKind::Quote(fault, at) => RecordKind::Quote(fault, at - start as u32),
        };
        let kept = if kind == RecordKind::TooLarge { end } else { next };
        let position = self.first_record_position();
        let record = OneRecord { position, bytes: bytes[..kept].to_vec(), cells: texts, kind, start, end };
        let lines = line_ends(self.dialect.line_end(), bytes);
        self.input.pass(next);
        self.advance(next, lines, 1);
        record
    }

    /// Takes the beginning of a line over the limit, to which all pending bytes belong, and drops the rest of the line.
    fn take_too_large(&mut self) -> io::Result<OneRecord> {
        let start = self.mark_bytes;
        let end = start + self.kept();
        let record = OneRecord {
            position: self.first_record_position(),
            bytes: self.input.pending()[..end].to_vec(),
            cells: Vec::new(),
            kind: RecordKind::TooLarge,
            start,
            end,
        };
        let seen = self.input.pass_all();
        let skipped = self.input.skip_line(self.dialect.line_end())?;
        self.advance(seen + skipped.bytes, skipped.line_ends, 1);
        Ok(record)
    }

    /// Returns the position of the next record, behind a byte order mark.
    fn first_record_position(&self) -> Position {
        let position = self.position();
        Position { byte: position.byte + self.mark_bytes as u64, ..position }
    }

    /// Passes the blank records and comment lines that begin here, as [`next_record`](Self::next_record) would pass
    /// them one by one, and returns how many were blank. It may stop in front of such a record, but not if it has
    /// passed none.
    ///
    /// # Errors
    /// When the reader returns an error.
    pub fn pass_blank(&mut self) -> io::Result<u64> {
        self.detect()?;
        let mut blank = 0;
        // A byte order mark belongs to the first record.
        while self.mark_bytes == 0 {
            let data = self.input.pending();
            let (mut passed, mut lines) = (0, 0);
            while let Some(SkippableLine { length, is_blank }) = self.skippable_line(&data[passed..]) {
                passed += length;
                blank += u64::from(is_blank && !self.is_comment_row(self.position().record + lines));
                lines += 1;
            }
            self.input.pass(passed);
            self.advance(passed, lines, lines);
            if passed == 0 || !self.input.pending().is_empty() || self.input.has_ended() {
                break;
            }
            self.input.fill(BLOCK)?;
        }
        Ok(blank)
    }

    /// Returns true if the record with this number is a comment, whatever it holds.
    fn is_comment_row(&self, number: u64) -> bool {
        self.dialect.comment_rows.binary_search(&number).is_ok()
    }

    /// Returns the first line of some bytes; `None` if it is neither blank nor a comment, or its end is not among the
    /// bytes.
    fn skippable_line(&self, data: &[u8]) -> Option<SkippableLine> {
        let line_end = self.dialect.line_end();
        match *data {
            [first, ..] if first == line_end => Some(SkippableLine { length: 1, is_blank: true }),
            [b'\r', second, ..] if line_end == b'\n' && second == line_end => {
                Some(SkippableLine { length: 2, is_blank: true })
            }
            _ if self.dialect.comment.is_some_and(|comment| data.starts_with(comment.as_bytes())) => {
                let most = data.len().min(self.limits.record_bytes as usize);
                let length = memchr::memchr(line_end, &data[..most])? + 1;
                Some(SkippableLine { length, is_blank: false })
            }
            _ => None,
        }
    }
}
