//! The file of rejects: whole lines in order, as many as the budget has room for.
//!
//! The rejects must not grow without bound with the input: a row of two bytes becomes a line of a hundred and fifty. So
//! lines have a budget, which grows with the bytes of the file. A line is written while all lines up to it fit the
//! budget at the end of its record, so whether it fits depends neither on the sizes of chunks nor on the number of
//! threads. The first line that does not fit ends the rejects; the rows behind it are counted, and a last line says how
//! many there are.

use std::io::{self, BufWriter, Write};

use sluice_csv::Position;

use crate::report::{LastLine, RejectsOmitted};

/// Bytes of reject lines for each decoded byte, where the descriptor sets no limit. A row of 36 bytes becomes a line of 230.
pub const BYTES_PER_BYTE: u64 = 24;

/// Bytes of reject lines that every file may have in addition, where the descriptor sets no limit.
pub const FREE_BYTES: u64 = 16 << 20;

/// Bytes that are written at once.
const BUFFER: usize = 128 << 10;

/// Where a reject line ends, and which record it belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineEnd {
    /// The end of the line in the text.
    pub(crate) end: usize,
    /// The end of its record in the data of its chunk, without the line end.
    pub(crate) record_end: u32,
    /// The number of its record in the chunk, from 0.
    pub(crate) ordinal: u32,
}

/// Lines of one chunk, in order.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pub(crate) text: Vec<u8>,
    pub(crate) line_ends: Vec<LineEnd>,
}

impl Lines {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.line_ends.clear();
    }
}

/// How much of the rejects is written, and how much may be.
#[derive(Debug)]
struct Budget {
    given: Option<u64>,
    written: u64,
    lines: u64,
    /// The first line that does not fit.
    ended: Option<FirstOmitted>,
}

/// The first reject line that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FirstOmitted {
    /// The number of its record.
    record: u64,
    /// The limit that it breaks.
    limit_bytes: u64,
}

impl Budget {
    /// Returns how many bytes the lines may have of all records that end at byte `end` of the file or before.
    fn at(&self, end: u64) -> u64 {
        self.given.unwrap_or_else(|| end.saturating_mul(BYTES_PER_BYTE).saturating_add(FREE_BYTES))
    }

    /// Counts a line of `length` bytes and returns true; or, if the line does not fit, ends the rejects and returns false.
    fn take(&mut self, length: u64, line_end: LineEnd, chunk: Position) -> bool {
        if self.ended.is_some() {
            return false;
        }
        let limit = self.at(chunk.byte + u64::from(line_end.record_end));
        if self.written.saturating_add(length) > limit {
            let record = chunk.record + u64::from(line_end.ordinal);
            self.ended = Some(FirstOmitted { record, limit_bytes: limit });
            return false;
        }
        self.written += length;
        self.lines += 1;
        true
    }

    /// Counts lines from the first one on, until one does not fit. Returns the number of bytes of the lines that fit.
    fn take_all(&mut self, lines: &Lines, chunk: Position) -> usize {
        let (Some(first), Some(last)) = (lines.line_ends.first(), lines.line_ends.last()) else { return 0 };
        // Mostly all lines fit the budget of the first line: then no other line has to be looked at.
        let limit = self.at(chunk.byte + u64::from(first.record_end));
        if self.ended.is_none() && self.written.saturating_add(last.end as u64) <= limit {
            self.written += last.end as u64;
            self.lines += lines.line_ends.len() as u64;
            return last.end;
        }
        let mut end = 0;
        for &line_end in &lines.line_ends {
            if !self.take((line_end.end - end) as u64, line_end, chunk) {
                break;
            }
            end = line_end.end;
        }
        end
    }
}

/// Writes reject lines to their destination.
pub(crate) struct RejectFile<'a> {
    writer: BufWriter<Box<dyn Write + Send + 'a>>,
    budget: Budget,
}

impl<'a> RejectFile<'a> {
    /// `limit` is the number of bytes that all lines together may have, if the descriptor sets it.
    pub(crate) fn new(writer: Box<dyn Write + Send + 'a>, limit: Option<u64>) -> Self {
        let budget = Budget { given: limit, written: 0, lines: 0, ended: None };
        Self { writer: BufWriter::with_capacity(BUFFER, writer), budget }
    }

    /// Returns true if no further line is written.
    pub(crate) fn has_ended(&self) -> bool {
        self.budget.ended.is_some()
    }

    /// Writes the first of the next lines, as many as fit.
    ///
    /// # Errors
    /// When the destination cannot be written.
    pub(crate) fn write(&mut self, lines: &Lines, chunk: Position) -> io::Result<()> {
        let end = self.budget.take_all(lines, chunk);
        self.writer.write_all(&lines.text[..end])
    }

    /// Returns true if the next line, of `length` bytes, fits. If so, its [pieces](Self::write_piece) follow.
    pub(crate) fn begin_line(&mut self, length: u64, line_end: LineEnd, chunk: Position) -> bool {
        self.budget.take(length, line_end, chunk)
    }

    /// Writes a piece of a line.
    ///
    /// # Errors
    /// When the destination cannot be written.
    pub(crate) fn write_piece(&mut self, piece: &[u8]) -> io::Result<()> {
        self.writer.write_all(piece)
    }

    /// Ends the rejects of a file that has `rejected` rejected rows. Returns the rows that were left out, if any;
    /// writes nothing if no row was rejected.
    ///
    /// # Errors
    /// When the destination cannot be written.
    pub(crate) fn finish(mut self, rejected: u64) -> io::Result<Option<RejectsOmitted>> {
        let omitted = self.budget.ended.map(|first| RejectsOmitted {
            rows: rejected - self.budget.lines,
            first_record: first.record,
            limit_bytes: first.limit_bytes,
        });
        if let Some(rejects_omitted) = omitted {
            let line = LastLine { rejects_omitted, message: rejects_omitted.message() };
            serde_json::to_writer(&mut self.writer, &line)?;
            self.writer.write_all(b"\n")?;
        }
        if rejected > 0 {
            self.writer.flush()?;
        }
        Ok(omitted)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn budget(given: Option<u64>) -> Budget {
        Budget { given, written: 0, lines: 0, ended: None }
    }

    #[test]
    fn without_a_setting_the_budget_grows_with_the_file() {
        assert_eq!(budget(None).at(0), 16 << 20);
        assert_eq!(budget(None).at(1000), (16 << 20) + 24_000);
        assert_eq!(budget(None).at(u64::MAX), u64::MAX);
        assert_eq!(budget(Some(7)).at(1000), 7);
    }

    #[test]
    fn behind_the_first_line_that_does_not_fit_none_is_written() {
        let chunk = Position { record: 10, line: 10, byte: 100 };
        let line_end = |end, ordinal| LineEnd { end, record_end: ordinal, ordinal };
        let lines = Lines { text: vec![b'x'; 60], line_ends: vec![line_end(10, 1), line_end(50, 2), line_end(60, 3)] };
        let mut budget = budget(Some(30));
        assert_eq!(budget.take_all(&lines, chunk), 10);
        assert_eq!(
            (budget.lines, budget.written, budget.ended),
            (1, 10, Some(FirstOmitted { record: 12, limit_bytes: 30 }))
        );
        assert!(!budget.take(1, line_end(1, 0), chunk));
    }

    proptest! {
        /// Lines are taken in groups as if they were taken one by one.
        #[test]
        fn groups_of_lines_do_not_show(lengths in prop::collection::vec((1..200usize, 1..9u32), 0..60), cut in 1..20usize, given in prop::option::of(0..4000u64)) {
            let chunk = Position { record: 2, line: 2, byte: 0 };
            let mut record_end = 0;
            let records: Vec<(usize, u32)> = lengths.iter().map(|(line, record)| { record_end += record; (*line, record_end) }).collect();
            let (mut one, mut other) = (budget(given), budget(given));
            // So that the default budget ends within the lines.
            one.written = if given.is_none() { FREE_BYTES - 3000 } else { 0 };
            other.written = one.written;
            for (number, &(length, record_end)) in records.iter().enumerate() {
                one.take(length as u64, LineEnd { end: 0, record_end, ordinal: number as u32 }, chunk);
            }
            for (group, records) in records.chunks(cut).enumerate() {
                let mut lines = Lines::default();
                for (number, &(length, record_end)) in records.iter().enumerate() {
                    lines.text.resize(lines.text.len() + length, b'x');
                    let ordinal = (group * cut + number) as u32;
                    lines.line_ends.push(LineEnd { end: lines.text.len(), record_end, ordinal });
                }
                other.take_all(&lines, chunk);
            }
            prop_assert_eq!((one.written, one.lines, one.ended), (other.written, other.lines, other.ended));
        }
    }
}
