//! Where records stand.

use sluice_csv::Chunk;

use crate::emit::reject_line::Place;

/// Tells lines of ascending places without counting any line end twice.
pub(crate) struct Cursor<'c> {
    chunk: &'c Chunk,
    one_line_each: bool,
    at: u32,
    line: u64,
}

impl<'c> Cursor<'c> {
    pub(crate) fn new(chunk: &'c Chunk) -> Self {
        Self { chunk, one_line_each: chunk.one_line_each(), at: 0, line: chunk.first_line }
    }

    #[inline]
    pub(crate) fn place(&mut self, start: u32, ordinal: u64) -> Place {
        let Self { chunk, one_line_each, .. } = *self;
        let line = if one_line_each {
            chunk.first_line + ordinal
        } else {
            self.line += chunk.line_ends(self.at..start);
            self.at = start;
            self.line
        };
        Place { record: chunk.first_record + ordinal, line, byte: chunk.offset + u64::from(start) }
    }
}
