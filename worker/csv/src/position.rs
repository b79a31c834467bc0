//! Where records begin, as people are told: record, line and byte.

use crate::chunk::Chunk;

/// A place in the input where a record begins; after the last record, the end of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Number of the record that begins here, from 1; blank records and comment lines have numbers too.
    pub record: u64,
    /// Physical line, from 1.
    pub line: u64,
    /// Byte offset, from 0.
    pub byte: u64,
}

impl Position {
    /// The beginning of an input.
    pub const START: Self = Self { record: 1, line: 1, byte: 0 };

    /// Moves behind records of this many bytes and line ends.
    pub(crate) fn advance(&mut self, bytes: usize, lines: u64, records: u64) {
        self.byte += bytes as u64;
        self.line += lines;
        self.record += records;
    }
}

impl Default for Position {
    fn default() -> Self {
        Self::START
    }
}

/// Finds the positions of records of a chunk, asked for in ascending order, and counts no line end twice.
#[derive(Clone, Debug)]
pub struct Positions<'c> {
    chunk: &'c Chunk,
    one_line_each: bool,
    /// How far line ends are counted, as an offset into the data of the chunk, and the line that was reached.
    at: u32,
    line: u64,
}

impl<'c> Positions<'c> {
    /// Positions in this chunk.
    pub fn new(chunk: &'c Chunk) -> Self {
        Self { chunk, one_line_each: chunk.one_line_each(), at: 0, line: chunk.start.line }
    }

    /// The position of the record that starts at offset `start` of the chunk's data and has the number `ordinal` within the chunk, from 0.
    ///
    /// # Panics
    /// When the chunk is smaller than `start`, or `start` is smaller than that of the call before.
    #[inline]
    pub fn of(&mut self, start: u32, ordinal: u64) -> Position {
        let Self { chunk, one_line_each, .. } = *self;
        let line = if one_line_each {
            chunk.start.line + ordinal
        } else {
            self.line += chunk.line_ends(self.at..start);
            self.at = start;
            self.line
        };
        Position { record: chunk.start.record + ordinal, line, byte: chunk.start.byte + u64::from(start) }
    }
}
