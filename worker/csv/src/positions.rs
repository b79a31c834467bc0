//! The positions of the records of a chunk.

use crate::chunk::Chunk;
use crate::position::Position;

/// Finds the positions of records of a chunk, which are asked for in ascending order, without counting a line end twice.
#[derive(Clone, Debug)]
pub struct Positions<'c> {
    chunk: &'c Chunk,
    one_line_each: bool,
    /// The offset in the data of the chunk up to which line ends were counted, and the line at that offset.
    at: u32,
    line: u64,
}

impl<'c> Positions<'c> {
    /// Returns the positions of the records of this chunk.
    pub fn new(chunk: &'c Chunk) -> Self {
        Self { chunk, one_line_each: chunk.one_line_each(), at: 0, line: chunk.start.line }
    }

    /// Returns the position of the record that starts at offset `start` of the chunk's data and has the number
    /// `ordinal` within the chunk, from 0.
    ///
    /// # Panics
    /// When the chunk is smaller than `start`, or `start` is smaller than in the previous call.
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
