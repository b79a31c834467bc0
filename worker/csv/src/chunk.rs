//! Chunks: whole records, and the index of their cells.

use std::ops::Range;

use crate::dialect::Dialect;
use crate::index::{Index, NonRow, Row};
use crate::line_ends::{line_ends, without_cr};
use crate::position::Position;

/// Consecutive whole records. No result depends on where the input is cut into chunks.
#[derive(Debug, Default)]
pub struct Chunk {
    /// The bytes of the records, each with its line end, and nothing else. A byte order mark stands in front of the
    /// first record. A record over the limit ends the chunk, and only its beginning is kept.
    pub data: Vec<u8>,
    /// Where records and cells stand in `data`.
    pub index: Index,
    /// The number of the chunk, from 0.
    pub sequence: u64,
    /// Where the chunk begins: the number of its first record, the line of that record, and the offset of the first
    /// byte of `data`, which may be a byte order mark.
    pub start: Position,
    pub(crate) columns: usize,
    pub(crate) line_end: u8,
    pub(crate) unusual: Option<UnusualLayout>,
    pub(crate) quotes: bool,
}

impl Chunk {
    /// Returns the bytes of the chunk's records.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &self.data
    }

    /// Returns the number of cells of each row.
    #[inline]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Returns the number of records, both rows and non-rows.
    #[inline]
    pub fn records(&self) -> u32 {
        (self.index.rows.len() + self.index.non_rows.len()) as u32
    }

    /// Returns true if a quote character stands in any row of the chunk. Without one, and without an escape character in the dialect, a raw
    /// cell is its text.
    #[inline]
    pub fn has_quotes(&self) -> bool {
        self.quotes
    }

    /// Returns cell number `column`, from 0, as it stands in the file: with its quotes, without the line end, and
    /// without the spaces that `skip_initial_space` skips.
    ///
    /// # Panics
    /// When `row` is not one of this chunk's rows, or has no such column.
    #[inline]
    pub fn cell(&self, row: Row, column: usize) -> &[u8] {
        &self.data[self.span(row, column)]
    }

    /// Returns where [`Chunk::cell`] stands in [`Chunk::data`].
    ///
    /// # Panics
    /// When `row` is not one of this chunk's rows, or has no such column.
    #[inline(always)]
    pub fn span(&self, row: Row, column: usize) -> Range<usize> {
        self.layout().span(row, column)
    }

    /// Returns the column of the cell in which a byte of a row stands. A delimiter and a line end belong to the cell in
    /// front of them.
    ///
    /// # Panics
    /// When `row` is not one of this chunk's rows.
    pub fn column_at(&self, row: Row, offset: u32) -> usize {
        let first = row.first_end as usize;
        let ends = &self.index.ends[first..first + self.columns];
        ends.partition_point(|&end| end < offset).min(self.columns - 1)
    }

    /// Returns the cells of a column for use in a loop: the same spans as [`Chunk::span`], at a lower cost.
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
            unusual: self.unusual.as_ref(),
        }
    }

    /// Returns the end of a row, without its line end.
    #[inline]
    pub fn row_end(&self, row: Row) -> u32 {
        let end = self.last_end(row);
        self.layout().behind_trailing(end).unwrap_or_else(|| self.without_cr(end))
    }

    /// Returns the first byte of the record after a row.
    #[inline]
    pub fn row_next(&self, row: Row) -> u32 {
        let mut end = self.last_end(row);
        if let Some(behind) = self.layout().behind_trailing(end) {
            let is_crlf = self.line_end == b'\n' && self.data.get(behind as usize) == Some(&b'\r');
            end = behind + u32::from(is_crlf);
        }
        (end + 1).min(self.data.len() as u32)
    }

    /// Returns the number of each row within the chunk, from 0; the non-rows have the numbers in between.
    pub fn ordinals(&self) -> impl Iterator<Item = u32> + '_ {
        let mut non_rows = self.index.non_rows.iter().map(|non_row| non_row.ordinal).peekable();
        let mut next = 0;
        self.index.rows.iter().map(move |_| {
            while non_rows.next_if_eq(&next).is_some() {
                next += 1;
            }
            next += 1;
            next - 1
        })
    }

    /// Returns true if every record is one physical line: record number n of the chunk, from 0, stands on line `start.line` + n.
    #[inline]
    pub fn one_line_each(&self) -> bool {
        // Only the last record of the input can be without a line end.
        let unended = self.data.last().is_some_and(|&byte| byte != self.line_end);
        self.index.lines + u64::from(unended) == u64::from(self.records())
    }

    /// Returns how many physical lines end in a part of `data`.
    ///
    /// # Panics
    /// When `data` has no such part.
    #[inline]
    pub fn line_ends(&self, part: Range<u32>) -> u64 {
        line_ends(self.line_end, &self.data[part.start as usize..part.end as usize])
    }

    /// Returns the physical line on which the byte at `offset` in `data` stands. It counts the line ends in front of
    /// the byte: for many records in turn, [`Positions`](crate::Positions) counts on from one to the next.
    ///
    /// # Panics
    /// When `offset` is larger than `data`.
    pub fn line_of(&self, offset: u32) -> u64 {
        self.start.line + line_ends(self.line_end, &self.data[..offset as usize])
    }

    #[inline]
    fn last_end(&self, row: Row) -> u32 {
        self.index.ends[row.first_end as usize + self.columns - 1]
    }

    #[inline]
    fn without_cr(&self, end: u32) -> u32 {
        self.layout().without_cr(end)
    }

    /// Returns about how many bytes of memory the chunk holds.
    pub fn held_bytes(&self) -> usize {
        let Index { ends, rows, non_rows, .. } = &self.index;
        // More room is reserved for the ends than is used, but memory that was never touched takes no room.
        self.data.capacity()
            + size_of_val(&ends[..])
            + rows.capacity() * size_of::<Row>()
            + non_rows.capacity() * size_of::<NonRow>()
    }

    /// Removes all records, and keeps as much memory as a chunk of `bytes` needs.
    pub(crate) fn reset(&mut self, bytes: usize) {
        // A record near the limit makes large buffers, which are not kept for later chunks.
        let kept = 2 * bytes.max(64 << 10);
        self.data.clear();
        self.data.shrink_to(kept);
        self.index.ends.clear();
        self.index.ends.shrink_to(2 * kept);
        self.index.rows.clear();
        self.index.rows.shrink_to(kept / 4);
        self.index.non_rows.clear();
        self.index.non_rows.shrink_to(kept / 16);
        self.index.lines = 0;
        self.quotes = false;
    }
}

/// The fields of a chunk that say where a cell stands. They are copied, so that a loop over cells reads each field once.
#[derive(Clone, Copy)]
struct Layout<'c> {
    data: &'c [u8],
    ends: &'c [u32],
    columns: usize,
    line_end: u8,
    unusual: Option<&'c UnusualLayout>,
}

/// Settings of unusual dialects, in which a cell does not simply stand between two delimiters of one byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnusualLayout {
    delimiter_bytes: u32,
    skip_initial_space: bool,
    trailing_delimiter: bool,
}

impl UnusualLayout {
    pub(crate) fn of(dialect: &Dialect) -> Option<Self> {
        let &Dialect { delimiter, skip_initial_space, trailing_delimiter, .. } = dialect;
        let delimiter_bytes = delimiter.length() as u32;
        let is_there = delimiter_bytes > 1 || skip_initial_space || trailing_delimiter;
        is_there.then_some(Self { delimiter_bytes, skip_initial_space, trailing_delimiter })
    }
}

/// The cells of a column, in the rows of a chunk.
#[derive(Clone, Copy)]
pub struct Cells<'c> {
    layout: Layout<'c>,
    rows: &'c [Row],
    column: usize,
}

impl Cells<'_> {
    /// Returns where the cell of row number `row` of the chunk stands.
    ///
    /// # Panics
    /// When there is no such row, or no such column.
    #[inline(always)]
    pub fn span(self, row: usize) -> Range<usize> {
        self.layout.span(self.rows[row], self.column)
    }

    /// Calls `each` with the start and the end of the cell in each of these rows, in turn. They are those of
    /// [`Cells::span`], at a fraction of the price.
    ///
    /// # Panics
    /// When there is no such row, or no such column.
    #[inline]
    pub fn for_each_span(self, rows: Range<usize>, mut each: impl FnMut(u32, u32)) {
        let Self { layout, column, .. } = self;
        let Layout { ends, columns, unusual, .. } = layout;
        let (rows, is_last) = (&self.rows[rows], column + 1 == columns);
        if column == 0 && !is_last && unusual.is_none() {
            return rows.iter().for_each(|row| each(row.start, ends[row.first_end as usize]));
        }
        let Some(ends) = layout.ends_of(rows).filter(|_| column > 0 && unusual.is_none()) else {
            return rows.iter().for_each(|&row| {
                let span = layout.span(row, column);
                each(span.start as u32, span.end as u32);
            });
        };
        // The loops are separate, as only the last cell of a row may have a CR behind it.
        if is_last {
            ends.for_each(|ends| each(ends[column - 1] + 1, layout.without_cr(ends[column])));
        } else {
            ends.for_each(|ends| each(ends[column - 1] + 1, ends[column]));
        }
    }
}

impl Layout<'_> {
    #[inline(always)]
    fn span(self, row: Row, column: usize) -> Range<usize> {
        assert!(column < self.columns, "column {column} of {}", self.columns);
        if let Some(unusual) = self.unusual {
            return self.unusual_span(unusual, row, column);
        }
        let of_cell = row.first_end as usize + column;
        let start = match column {
            0 => row.start,
            _ => self.ends[of_cell - 1] + 1,
        };
        let mut end = self.ends[of_cell];
        if column + 1 == self.columns {
            end = self.without_cr(end);
        }
        start as usize..end as usize
    }

    /// Returns the ends of the cells of each of these rows; `None` if ends of a record that is no row stand between them.
    #[inline]
    fn ends_of(&self, rows: &[Row]) -> Option<std::slice::ChunksExact<'_, u32>> {
        let (first, last) = (rows.first()?.first_end as usize, rows.last()?.first_end as usize);
        // Each row has the same number of ends, so no others are in between if the last row begins at the least
        // possible index.
        let is_dense = last - first == (rows.len() - 1) * self.columns;
        is_dense.then(|| self.ends[first..first + rows.len() * self.columns].chunks_exact(self.columns))
    }

    #[inline(never)]
    fn unusual_span(self, unusual: &UnusualLayout, row: Row, column: usize) -> Range<usize> {
        let of_cell = row.first_end as usize + column;
        let mut start = match column {
            0 => row.start,
            _ => self.ends[of_cell - 1] + unusual.delimiter_bytes,
        } as usize;
        let mut end = self.ends[of_cell];
        if column + 1 == self.columns && self.behind_trailing(end).is_none() {
            end = self.without_cr(end);
        }
        let end = end as usize;
        if unusual.skip_initial_space {
            start = end - without_spaces(&self.data[start..end]).len();
        }
        start..end
    }

    /// Returns the offset behind a delimiter that ends the last cell; `None` if there is none.
    #[inline(always)]
    fn behind_trailing(self, end: u32) -> Option<u32> {
        let unusual = self.unusual.filter(|unusual| unusual.trailing_delimiter)?;
        let is_delimiter = self.data.get(end as usize).is_some_and(|&byte| byte != self.line_end);
        is_delimiter.then(|| end + unusual.delimiter_bytes)
    }

    /// Returns the `end` of a record, moved in front of the CR of a CRLF.
    #[inline(always)]
    fn without_cr(self, end: u32) -> u32 {
        // An end at an LF has a byte in front of it, because a row has at least one byte.
        without_cr(self.line_end, self.data, 0, end as usize) as u32
    }
}

pub(crate) fn without_spaces(mut cell: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] = cell {
        cell = rest;
    }
    cell
}

/// Returns the cells of one record from `start` on; the last of `ends` is the end of the record, without its line end.
pub(crate) fn cells<'a>(
    data: &'a [u8],
    start: usize,
    ends: &'a [u32],
    dialect: &'a Dialect,
) -> impl Iterator<Item = &'a [u8]> {
    let mut from = start;
    ends.iter().map(move |&end| {
        let cell = &data[from..end as usize];
        from = end as usize + dialect.delimiter.length();
        if dialect.skip_initial_space { without_spaces(cell) } else { cell }
    })
}
