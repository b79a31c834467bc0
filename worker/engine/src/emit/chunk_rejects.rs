//! Rejects of a chunk → lines and samples, handed on piece by piece.

use sluice_csv::Chunk;

use crate::emit::feedback::FeedbackRows;
use crate::emit::feedback::writer::FeedbackWriter;
use crate::emit::file_bytes::FilePositions;
use crate::emit::line_limit::LineLimit;
use crate::emit::outlet::{ChunkError, Outlet, Wants};
use crate::emit::reject_file::{LineEnd, Lines};
use crate::emit::reject_line::{Record, RejectWriter, Rejected};
use crate::report::{Reject, SAMPLES};

/// Bytes of reject lines that are gathered before they are passed on: the lines of a chunk of bad rows are several
/// times its size, and writing them while they are in the cache costs half.
pub(crate) const PIECE: usize = 128 << 10;

/// Most bytes of reject lines that a chunk holds while it waits for its turn. A chunk of 512 KiB reaches this size when
/// its lines are eight times as long as its records; if they are longer still, its thread waits.
const HELD: usize = 4 << 20;

/// A longer line, in bytes, is never held: it is measured, and then written in pieces.
const LONG_LINE: usize = 256 << 10;

/// Writes the rejects of a chunk while lines, samples or rows for the sender are wanted.
pub(crate) struct ChunkRejects<'r, 'a> {
    chunk: &'r Chunk,
    pub(crate) positions: FilePositions<'r>,
    writer: &'r mut RejectWriter<'a>,
    lines: &'r mut Lines,
    samples: &'r mut Vec<Reject>,
    outlet: &'r mut dyn Outlet,
    /// The length of `lines` at which they are offered to the outlet next.
    offered: usize,
    wants_lines: bool,
    wants_samples: bool,
    /// `None` if no more rows for the sender are wanted.
    pub(crate) feedback: Option<FeedbackOutput<'r, 'a>>,
}

/// Where the rows for the sender are written.
pub(crate) struct FeedbackOutput<'r, 'a> {
    pub(crate) writer: &'r mut FeedbackWriter<'a>,
    /// The rows of the chunk that are written so far.
    pub(crate) rows: &'r mut FeedbackRows,
}

impl<'r, 'a> ChunkRejects<'r, 'a> {
    pub(crate) fn new(
        chunk: &'r Chunk,
        writer: &'r mut RejectWriter<'a>,
        lines: &'r mut Lines,
        samples: &'r mut Vec<Reject>,
        outlet: &'r mut dyn Outlet,
    ) -> Self {
        let Wants { lines: wants_lines, samples: wants_samples, .. } = outlet.wants();
        let positions = FilePositions::new(chunk, None);
        Self {
            chunk,
            positions,
            writer,
            lines,
            samples,
            outlet,
            offered: PIECE,
            wants_lines,
            wants_samples,
            feedback: None,
        }
    }

    /// Returns true if the next reject is wanted as a line, as a sample, or for the sender.
    #[inline]
    pub(crate) fn is_wanted(&self) -> bool {
        self.wants_lines | self.wants_samples | self.feedback.is_some()
    }

    #[cold]
    fn sample(&mut self, record: &Record<'_>) -> Result<(), ChunkError> {
        self.samples.push(self.writer.sample(self.chunk, record)?);
        self.wants_samples = self.samples.len() < SAMPLES;
        Ok(())
    }

    /// Writes the reject of record number `ordinal` of the chunk: its sample, its row for the sender and its line, as
    /// far as they are wanted.
    #[inline(always)]
    pub(crate) fn reject(&mut self, rejected: Rejected<'_>, ordinal: u32, is_utf8: bool) -> Result<(), ChunkError> {
        let raw = rejected.raw(self.chunk);
        let position = self.positions.of(raw.start as u32, u64::from(ordinal));
        // Built for each call: a record that is passed by reference would be written to memory for every row.
        let record = || Record { rejected, raw: raw.clone(), position, is_utf8 };
        if self.wants_samples {
            self.sample(&record())?;
        }
        if let Some(FeedbackOutput { writer, rows }) = &mut self.feedback
            && !writer.reject(self.chunk, &record(), &self.writer.duplicates, rows)
        {
            self.feedback = None;
        }
        if !self.wants_lines {
            return Ok(());
        }
        let from = self.lines.text.len();
        let mut limit = LineLimit::up_to(from + LONG_LINE);
        let whole = self.writer.line(self.chunk, record(), &mut self.lines.text, &mut limit);
        let line_end = LineEnd { end: self.lines.text.len(), record_end: raw.end as u32, ordinal };
        if whole {
            self.lines.line_ends.push(line_end);
            if self.lines.text.len() >= self.offered {
                self.offer();
            }
        } else {
            self.lines.text.truncate(from);
            self.long_line(&record(), line_end);
        }
        Ok(())
    }

    #[inline(never)]
    fn offer(&mut self) {
        if self.lines.text.len() >= HELD {
            self.outlet.hand_over(self.lines);
        } else {
            self.outlet.offer(self.lines);
        }
        self.offered = self.lines.text.len() + PIECE;
        self.wants_lines = self.outlet.wants().lines;
    }

    /// Writes a line that is too long to be held. It is measured first, as it is written whole or not at all.
    #[cold]
    fn long_line(&mut self, record: &Record<'_>, line_end: LineEnd) {
        self.outlet.hand_over(self.lines);
        self.offered = PIECE;
        let mut piece = Vec::new();
        let mut length = 0;
        let mut measure = |piece: &mut Vec<u8>| {
            length += piece.len() as u64;
            piece.clear();
            true
        };
        let mut limit = LineLimit::measuring(PIECE, &mut measure);
        self.writer.long_line(self.chunk, record, &mut piece, &mut limit);
        let left_out = limit.measured();
        measure(&mut piece);
        length += left_out;
        if self.outlet.begin_line(length, line_end) {
            let mut pass_on = |piece: &mut Vec<u8>| {
                self.outlet.take_piece(piece);
                true
            };
            self.writer.long_line(self.chunk, record, &mut piece, &mut LineLimit::new(PIECE, &mut pass_on));
            pass_on(&mut piece);
        }
        self.wants_lines = self.outlet.wants().lines;
    }
}
