//! The cells of a column: their spans in the chunk, and their contents.

use std::ops::Range;

use sluice_csv::{Cells, Chunk, Dialect, unquote};

use crate::typing::column::Column;
use crate::typing::not_utf8::NotUtf8;
use crate::typing::values::Span;

/// The content of a cell.
pub(super) enum Cell<'a> {
    Missing,
    Text(&'a [u8]),
    NotUtf8,
}

/// Rows whose spans are computed together, so that the spans stay in the first-level cache.
const BATCH: usize = 256;

/// Calls `each` with each of these rows, and with the span of its raw cell.
#[inline(always)]
pub(crate) fn each_cell(cells: Cells<'_>, rows: Range<usize>, mut each: impl FnMut(usize, Span)) {
    let mut spans = [Span::MISSING; BATCH];
    for first in rows.clone().step_by(BATCH) {
        let batch = first..rows.end.min(first + BATCH);
        let spans = &mut spans[..batch.len()];
        spans_of(cells, batch.clone(), spans);
        for (row, &span) in batch.zip(&*spans) {
            each(row, span);
        }
    }
}

/// Computes the spans of the raw cells of these rows. It is not inlined, so that its loops can use all registers.
#[inline(never)]
fn spans_of(cells: Cells<'_>, rows: Range<usize>, spans: &mut [Span]) {
    let mut spans = spans.iter_mut();
    cells.for_each_span(rows, |start, end| {
        if let Some(span) = spans.next() {
            *span = Span::between(start, end);
        }
    });
}

/// Computes the spans of the raw cells of these rows, with [`Span::MISSING`] for an empty cell. Returns true if there is an empty cell.
#[inline(never)]
pub(super) fn spans_with_gaps(cells: Cells<'_>, rows: Range<usize>, spans: &mut [Span]) -> bool {
    let mut spans = spans.iter_mut();
    let mut gaps = false;
    cells.for_each_span(rows, |start, end| {
        gaps |= start == end;
        if let Some(span) = spans.next() {
            *span = if start == end { Span::MISSING } else { Span::between(start, end) };
        }
    });
    gaps
}

/// A column of some rows of a chunk, as it is in the file.
#[derive(Clone)]
pub(super) struct RawColumn<'c> {
    pub(super) column: &'c Column,
    /// Index of the column in the file, from 0.
    pub(super) index: usize,
    pub(super) rows: Range<usize>,
    pub(super) chunk: &'c Chunk,
    pub(super) dialect: &'c Dialect,
    pub(super) not_utf8: &'c NotUtf8,
}

impl RawColumn<'_> {
    /// Calls `each` with each row, and with the content of its cell.
    #[inline]
    pub(super) fn each(self, scratch: &mut Vec<u8>, mut each: impl FnMut(usize, Cell<'_>)) {
        let data = self.chunk.bytes();
        let cells = self.chunk.cells(self.index);
        let rows = self.rows.clone();
        let mut reader = CellReader::new(self, scratch);
        each_cell(cells, rows, |row, span| each(row, reader.read(row, span.text(data))));
    }
}

/// Reads the contents of the cells of a column. Rows are read in ascending order, and may be skipped, except those whose cell is not UTF-8.
pub(super) struct CellReader<'c> {
    column: &'c Column,
    dialect: &'c Dialect,
    /// The quote character, if the chunk has quotes.
    quote: Option<u8>,
    scratch: &'c mut Vec<u8>,
    /// The rows whose cell is not UTF-8, without the rows that were already read.
    not_utf8: &'c [u32],
}

impl<'c> CellReader<'c> {
    #[inline]
    pub(super) fn new(raw: RawColumn<'c>, scratch: &'c mut Vec<u8>) -> Self {
        let RawColumn { column, index, rows, chunk, dialect, not_utf8 } = raw;
        let quote = dialect.quote.filter(|_| chunk.has_quotes());
        Self { column, dialect, quote, scratch, not_utf8: not_utf8.in_column(index, rows) }
    }

    /// Reads the cell of a row from its raw bytes.
    #[inline]
    pub(super) fn read<'r>(&'r mut self, row: usize, raw: &'r [u8]) -> Cell<'r> {
        let is_quoted = self.quote.is_some_and(|quote| raw.first() == Some(&quote));
        let is_resolved = is_quoted || self.dialect.escape.is_some();
        let text = if is_resolved { unquote(raw, self.dialect, self.scratch) } else { raw };
        if let [next, others @ ..] = self.not_utf8
            && *next as usize == row
        {
            self.not_utf8 = others;
            Cell::NotUtf8
        } else if self.column.missing_values.holds(text) {
            Cell::Missing
        } else {
            Cell::Text(text)
        }
    }

    /// Returns true if raw digits, signs and points are the text of their cell, and the text is a value: no digit, sign
    /// or point is a quote or an escape character, and no text with a digit stands for a missing value.
    pub(super) fn reads_digits(&self) -> bool {
        !self.column.missing_values.may_have_digits()
            && self.dialect.escape.is_none()
            && self.dialect.quote.is_none_or(|quote| matches!(quote, b'"' | b'\''))
    }
}
