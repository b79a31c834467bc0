//! Where records begin, as messages say it: record, line and byte.

/// Where in the input a record begins; after the last record, the end of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The number of the record that begins here, from 1; blank records and comment lines have numbers too.
    pub record: u64,
    /// The physical line, from 1.
    pub line: u64,
    /// The offset in bytes, from 0.
    pub byte: u64,
}

impl Position {
    /// The beginning of an input.
    pub const START: Self = Self { record: 1, line: 1, byte: 0 };

    /// Moves behind `records` records, which have this many bytes and line ends.
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
