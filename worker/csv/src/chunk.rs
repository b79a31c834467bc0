//! Chunks: whole records, and the index of their cells.

use std::fmt;
use std::ops::Range;

use crate::dialect::Dialect;

/// A record with exactly the expected number of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its first byte.
    pub start: u32,
    /// Index of the end of its first cell in [`Index::ends`].
    pub first: u32,
}

/// Where records and cells stand; every offset is one into [`Chunk::data`].
#[derive(Debug, Default)]
pub struct Index {
    /// Ends of cells: the place of the delimiter, or of the LF or CR that ends the record, or the end of the input.
    pub ends: Vec<u32>,
    /// The records with the expected number of cells, in order.
    pub rows: Vec<Row>,
    /// All other records, in order.
    pub odd: Vec<Odd>,
    /// Line ends in all of them.
    pub(crate) lines: u64,
}

/// A record that is not a [`Row`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Odd {
    /// Its number within the chunk, from 0; rows count too.
    pub ordinal: u32,
    /// Its first byte.
    pub start: u32,
    /// Its end, without its line end. Of a record that is too large: the end of what is kept.
    pub end: u32,
    /// The first byte of the next record.
    pub next: u32,
    /// What is odd about it.
    pub kind: OddKind,
}

/// What makes a record no [`Row`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OddKind {
    /// No byte stands before its line end.
    Blank,
    /// A comment line.
    Comment,
    /// It has another number of cells than expected: this one.
    Cells(u32),
    /// Its quotes are at fault, and where: an offset into [`Chunk::data`] that may lie behind the record, when the record goes on
    /// over several lines, and then even behind the chunk.
    Quote(QuoteFault, u32),
    /// The line on which it starts is longer than [`Limits::record_bytes`](crate::Limits::record_bytes).
    TooLarge,
}

/// What may be wrong with quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteFault {
    /// A quote character inside an unquoted cell.
    Stray,
    /// Something else than a delimiter or the end of the record after a closing quote.
    TextAfter,
    /// A quote that is not closed before the end of the input, or not within the limit of a record. The place is that of the
    /// opening quote.
    Unclosed,
}

impl QuoteFault {
    /// What it is, in English.
    pub fn words(self) -> &'static str {
        match self {
            Self::Stray => "a quote inside an unquoted cell",
            Self::TextAfter => "text after a closing quote",
            Self::Unclosed => "a quote that is never closed",
        }
    }
}

impl fmt::Display for QuoteFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.words())
    }
}

/// A run of whole records. Where a sequence of records is cut into chunks means nothing.
#[derive(Debug, Default)]
pub struct Chunk {
    /// The bytes of its records, each with its line end, and nothing else. A byte order mark stands in front of the first record.
    /// Of a too large record that ends the chunk only a part is there.
    pub data: Vec<u8>,
    /// Where records and cells stand in `data`.
    pub index: Index,
    /// The number of the chunk, from 0.
    pub sequence: u64,
    /// The number of its first record, from 1.
    pub first_record: u64,
    /// The physical line on which it starts, from 1.
    pub first_line: u64,
    /// Offset of its first byte in the input, from 0.
    pub offset: u64,
    pub(crate) columns: usize,
    pub(crate) line_end: u8,
    pub(crate) skip_initial_space: bool,
    pub(crate) quotes: bool,
}

impl Chunk {
    /// The whole records of this chunk.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &self.data
    }

    /// Cells of each row.
    #[inline]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The number of records, rows and others.
    #[inline]
    pub fn records(&self) -> u32 {
        (self.index.rows.len() + self.index.odd.len()) as u32
    }

    /// Whether a quote character stands anywhere in the chunk. Without one, and without an escape character in the dialect, a raw
    /// cell is its text.
    #[inline]
    pub fn has_quotes(&self) -> bool {
        self.quotes
    }

    /// Cell number `column`, from 0, as it stands in the file: with its quotes, without the line end, and without the spaces that
    /// `skip_initial_space` skips.
    ///
    /// # Panics
    /// When `row` is not one of this chunk's rows, or has no such column.
    #[inline]
    pub fn cell(&self, row: Row, column: usize) -> &[u8] {
        &self.data[self.place(row, column)]
    }

    /// Where [`Chunk::cell`] stands in [`Chunk::data`].
    ///
    /// # Panics
    /// When `row` is not one of this chunk's rows, or has no such column.
    #[inline(always)]
    pub fn place(&self, row: Row, column: usize) -> Range<usize> {
        self.layout().place(row, column)
    }

    /// The column of the cell in which a byte of a row stands; of a delimiter, and of the line end: the cell in front of it.
    ///
    /// # Panics
    /// When `row` is not one of this chunk's rows.
    pub fn column_at(&self, row: Row, offset: u32) -> usize {
        let first = row.first as usize;
        let ends = &self.index.ends[first..first + self.columns];
        ends.partition_point(|&end| end < offset).min(self.columns - 1)
    }

    /// The cells of a column: what [`Chunk::place`] gives, at the price of a loop.
    #[inline]
    pub fn cells(&self, column: usize) -> Cells<'_> {
        Cells { layout: self.layout(), rows: &self.index.rows, column }
    }

    #[inline]
    fn layout(&self) -> Layout<'_> {
        Layout {
            data: &self.data,
            ends: &self.index.ends,
            columns: self.columns,
            line_end: self.line_end,
            skip_initial_space: self.skip_initial_space,
        }
    }

    /// The end of a row, without its line end.
    #[inline]
    pub fn row_end(&self, row: Row) -> u32 {
        self.without_cr(self.last_end(row))
    }

    /// The first byte of the record after a row.
    #[inline]
    pub fn row_next(&self, row: Row) -> u32 {
        (self.last_end(row) + 1).min(self.data.len() as u32)
    }

    /// The number of each row within the chunk, from 0; the odd records have the numbers in between.
    pub fn ordinals(&self) -> impl Iterator<Item = u32> + '_ {
        let mut odd = self.index.odd.iter().map(|odd| odd.ordinal).peekable();
        let mut next = 0;
        self.index.rows.iter().map(move |_| {
            while odd.next_if_eq(&next).is_some() {
                next += 1;
            }
            next += 1;
            next - 1
        })
    }

    /// Whether every record is one physical line: record number n of the chunk, from 0, stands on line `first_line` + n.
    #[inline]
    pub fn one_line_each(&self) -> bool {
        // No record but the last of the input is without a line end.
        let unended = self.data.last().is_some_and(|&byte| byte != self.line_end);
        self.index.lines + u64::from(unended) == u64::from(self.records())
    }

    /// How many physical lines end in a part of `data`.
    ///
    /// # Panics
    /// When `data` has no such part.
    #[inline]
    pub fn line_ends(&self, part: Range<u32>) -> u64 {
        line_ends(self.line_end, &self.data[part.start as usize..part.end as usize])
    }

    /// The physical line on which the byte at `offset` in `data` stands. Counts the line ends in front of it: for many records
    /// in turn, count on from one to the next.
    ///
    /// # Panics
    /// When `offset` is larger than `data`.
    pub fn line_of(&self, offset: u32) -> u64 {
        self.first_line + line_ends(self.line_end, &self.data[..offset as usize])
    }

    #[inline]
    fn last_end(&self, row: Row) -> u32 {
        self.index.ends[row.first as usize + self.columns - 1]
    }

    #[inline]
    fn without_cr(&self, end: u32) -> u32 {
        self.layout().without_cr(end)
    }

    /// About as many bytes of memory as the chunk holds.
    pub fn held_bytes(&self) -> usize {
        let Index { ends, rows, odd, .. } = &self.index;
        // Of the ends, room is reserved for many more than are used: memory that is not touched is none.
        self.data.capacity()
            + size_of_val(&ends[..])
            + rows.capacity() * size_of::<Row>()
            + odd.capacity() * size_of::<Odd>()
    }

    /// Makes the chunk one without records, keeping the memory that a chunk of `bytes` needs.
    pub(crate) fn reset(&mut self, bytes: usize) {
        // A record near the limit makes large buffers: they are not for every chunk after it.
        let kept = 2 * bytes.max(64 << 10);
        self.data.clear();
        self.data.shrink_to(kept);
        self.index.ends.clear();
        self.index.ends.shrink_to(2 * kept);
        self.index.rows.clear();
        self.index.rows.shrink_to(kept / 4);
        self.index.odd.clear();
        self.index.odd.shrink_to(kept / 16);
        self.index.lines = 0;
        self.quotes = false;
    }
}

/// What tells where a cell stands; copied, so that a loop over cells reads none of it twice.
#[derive(Clone, Copy)]
struct Layout<'c> {
    data: &'c [u8],
    ends: &'c [u32],
    columns: usize,
    line_end: u8,
    skip_initial_space: bool,
}

/// The cells of a column.
#[derive(Clone, Copy)]
pub struct Cells<'c> {
    layout: Layout<'c>,
    rows: &'c [Row],
    column: usize,
}

impl Cells<'_> {
    /// Where the cell stands that row number `row` of the chunk has in the column.
    ///
    /// # Panics
    /// When there is no such row, or no such column.
    #[inline(always)]
    pub fn place(self, row: usize) -> Range<usize> {
        self.layout.place(self.rows[row], self.column)
    }
}

impl Layout<'_> {
    #[inline(always)]
    fn place(self, row: Row, column: usize) -> Range<usize> {
        assert!(column < self.columns, "column {column} of {}", self.columns);
        let of_cell = row.first as usize + column;
        let mut start = match column {
            0 => row.start,
            _ => self.ends[of_cell - 1] + 1,
        } as usize;
        let mut end = self.ends[of_cell];
        if column + 1 == self.columns {
            end = self.without_cr(end);
        }
        let end = end as usize;
        if self.skip_initial_space {
            start = end - without_spaces(&self.data[start..end]).len();
        }
        start..end
    }

    /// `end` of a record, moved in front of the CR of a CRLF.
    #[inline(always)]
    fn without_cr(self, end: u32) -> u32 {
        let at = end as usize;
        // An end at LF has a byte in front of it: a row holds one at least.
        if self.line_end == b'\n' && at < self.data.len() && at > 0 && self.data[at - 1] == b'\r' {
            end - 1
        } else {
            end
        }
    }
}

impl Index {
    /// Adds a record that is not a row.
    pub(crate) fn push_odd(&mut self, start: usize, end: usize, next: usize, kind: OddKind) {
        push_odd(&self.rows, &mut self.odd, start, end, next, kind);
    }
}

impl Index {
    /// Drops the first odd record of cells and all behind it. Returns where it starts, and notes its number of cells.
    pub(crate) fn cut_before_cells(&mut self, cells: &mut Option<usize>) -> Option<usize> {
        let is_cells = |odd: &Odd| match odd.kind {
            OddKind::Cells(count) => Some((odd.start as usize, count as usize)),
            _ => None,
        };
        let (number, (start, count)) =
            self.odd.iter().enumerate().find_map(|(number, odd)| Some((number, is_cells(odd)?)))?;
        self.odd.truncate(number);
        *cells = Some(count);
        Some(start)
    }
}

/// Adds a record that is not a row, behind all that are there.
pub(crate) fn push_odd(rows: &[Row], odd: &mut Vec<Odd>, start: usize, end: usize, next: usize, kind: OddKind) {
    let ordinal = (rows.len() + odd.len()) as u32;
    odd.push(Odd { ordinal, start: start as u32, end: end as u32, next: next as u32, kind });
}

/// How many line ends stand in `bytes`. Most stretches are too short for a call to pay: words of eight bytes, without branches.
#[inline]
pub(crate) fn line_ends(line_end: u8, bytes: &[u8]) -> u64 {
    const LONG: usize = 8 * 255;
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    if bytes.len() > LONG {
        return memchr::memchr_iter(line_end, bytes).count() as u64;
    }
    let wanted = u64::from_le_bytes([line_end; 8]);
    // One in each byte of the word that is the wanted one.
    let found = |word: u64| {
        let other = word ^ wanted;
        !(((other & LOW) + LOW) | other | LOW) >> 7
    };
    let (words, rest) = bytes.as_chunks::<8>();
    // Each byte of the sum counts one place of the words, of which there are at most 255.
    let sum: u64 = words.iter().map(|word| found(u64::from_le_bytes(*word))).sum();
    // Pairs first: eight times 255 do not fit a byte.
    let pairs = (sum & 0x00ff_00ff_00ff_00ff) + (sum >> 8 & 0x00ff_00ff_00ff_00ff);
    let in_words = pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48;
    in_words + rest.iter().filter(|&&byte| byte == line_end).count() as u64
}

pub(crate) fn without_spaces(mut cell: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] = cell {
        cell = rest;
    }
    cell
}

/// The cells of one record between `start` and its ends; the last end is that of the record, without its line end.
pub(crate) fn cells<'a>(
    data: &'a [u8],
    start: usize,
    ends: &'a [u32],
    dialect: &'a Dialect,
) -> impl Iterator<Item = &'a [u8]> {
    let mut from = start;
    ends.iter().map(move |&end| {
        let cell = &data[from..end as usize];
        from = end as usize + 1;
        if dialect.skip_initial_space { without_spaces(cell) } else { cell }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::line_ends;

    proptest! {
        #[test]
        fn line_ends_are_counted_as_one_by_one(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(0x8a), Just(0x0b), any::<u8>()], 0..5000), line_end in prop_oneof![Just(b'\n'), Just(b'\r')]) {
            prop_assert_eq!(line_ends(line_end, &bytes), bytes.iter().filter(|&&byte| byte == line_end).count() as u64);
        }
    }

    #[test]
    fn nothing_but_line_ends_is_counted_in_full() {
        for length in 0..3000 {
            assert_eq!(line_ends(b'\n', &vec![b'\n'; length]), length as u64);
        }
    }
}
