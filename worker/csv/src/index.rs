//! Where the records and the cells of a chunk stand.

use std::fmt;

/// A record with exactly the expected number of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The offset of the first byte of the record.
    pub start: u32,
    /// The index in [`Index::ends`] of the end of the first cell.
    pub first_end: u32,
}

/// Where records and cells stand; every offset is an offset into [`Chunk::data`](crate::Chunk::data).
#[derive(Debug, Default)]
pub struct Index {
    /// Ends of cells: the offset of the delimiter, or of the LF or CR that ends the record, or the end of the input.
    pub ends: Vec<u32>,
    /// The records with the expected number of cells, in order.
    pub rows: Vec<Row>,
    /// All other records, in order.
    pub non_rows: Vec<NonRow>,
    /// The number of line ends in all records.
    pub(crate) lines: u64,
}

/// A record that is not a [`Row`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NonRow {
    /// The number of the record within the chunk, from 0; rows count too.
    pub ordinal: u32,
    /// The offset of the first byte of the record.
    pub start: u32,
    /// The end of the record, without its line end. Of a record that is too large, the end of the part that is kept.
    pub end: u32,
    /// The offset of the first byte of the next record.
    pub next: u32,
    /// How the record differs from a row.
    pub kind: NonRowKind,
}

/// Why a record is no [`Row`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonRowKind {
    /// No byte stands before the line end.
    Blank,
    /// A comment line, or a record that is a comment by its number.
    Comment,
    /// The record has this number of cells, which is not the expected one.
    Cells(u32),
    /// The quotes of the record are at fault: how and where, as an offset into [`Chunk::data`](crate::Chunk::data), on
    /// the line on which the record starts.
    Quote(QuoteFault, u32),
    /// The line on which the record starts is longer than [`Limits::record_bytes`](crate::Limits::record_bytes).
    TooLarge,
}

/// What may be wrong with quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteFault {
    /// A quote character inside an unquoted cell.
    Stray,
    /// A byte after a closing quote that is neither a delimiter nor the end of the record.
    TextAfter,
    /// A quote that opens on the line on which the record starts and is not closed on it, nor properly on a later line:
    /// it is not closed before the end of the input, not within the limit of a record, or something else than a
    /// delimiter or a line end stands behind the closing quote. The offset is the offset of the opening quote.
    Unclosed,
}

/// A record that has cells and no fault.
pub(crate) struct RecordOfCells {
    /// The offset of the first byte of the record.
    pub(crate) start: usize,
    /// The number of its cells.
    pub(crate) cells: usize,
}

impl QuoteFault {
    /// Returns the fault in English words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Stray => "a quote inside an unquoted cell",
            Self::TextAfter => "text after a closing quote",
            Self::Unclosed => "a quote that is opened on this line and not closed on it",
        }
    }
}

impl fmt::Display for QuoteFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.words())
    }
}

impl Index {
    /// Appends a record that is not a row.
    pub(crate) fn push_non_row(&mut self, start: usize, end: usize, next: usize, kind: NonRowKind) {
        let ordinal = (self.rows.len() + self.non_rows.len()) as u32;
        self.non_rows.push(NonRow { ordinal, start: start as u32, end: end as u32, next: next as u32, kind });
    }

    /// Appends a record with the expected number of cells, whose ends begin at index `first_end` of the ends.
    #[inline(always)]
    pub(crate) fn push_row(&mut self, start: usize, first_end: usize) {
        self.rows.push(Row { start: start as u32, first_end: first_end as u32 });
    }

    /// Returns true if this byte stands in some record that is a row.
    pub(crate) fn holds_in_rows(&self, byte: u8, data: &[u8]) -> bool {
        let mut from = 0;
        while let Some(found) = data.get(from..).and_then(|rest| memchr::memchr(byte, rest)) {
            let at = from + found;
            let behind = self.non_rows.partition_point(|non_row| non_row.start as usize <= at);
            let end_of_non_row = behind.checked_sub(1).map_or(0, |nth| self.non_rows[nth].next as usize);
            if at >= end_of_non_row {
                return true;
            }
            from = end_of_non_row;
        }
        false
    }

    /// Drops the first non-row with cells, and all records behind it. Returns the record.
    pub(crate) fn cut_before_cells(&mut self) -> Option<RecordOfCells> {
        let of_cells = |(number, non_row): (usize, &NonRow)| match non_row.kind {
            NonRowKind::Cells(count) => {
                Some((number, RecordOfCells { start: non_row.start as usize, cells: count as usize }))
            }
            _ => None,
        };
        let (number, record) = self.non_rows.iter().enumerate().find_map(of_cells)?;
        self.non_rows.truncate(number);
        Some(record)
    }
}
