//! The cells of a column: where they stand, and what they are.

use std::ops::Range;

use sluice_csv::{Cells, Chunk, Dialect, unquote};

use crate::typing::column::Column;
use crate::typing::not_utf8::NotUtf8;
use crate::typing::values::Span;

/// A cell as the column sees it.
pub(super) enum Cell<'a> {
    Missing,
    Text(&'a [u8]),
    NotUtf8,
}

/// Rows whose cells are found together: their spans are on the stack, and in the first-level cache.
const AT_ONCE: usize = 256;

/// Calls `each` with every one of these rows, and where its cell stands in the chunk, as it stands in the file.
#[inline(always)]
pub(super) fn each_cell(cells: Cells<'_>, rows: Range<usize>, mut each: impl FnMut(usize, Span)) {
    let mut spans = [Span::MISSING; AT_ONCE];
    for first in rows.clone().step_by(AT_ONCE) {
        let batch = first..rows.end.min(first + AT_ONCE);
        let spans = &mut spans[..batch.len()];
        spans_of(cells, batch.clone(), spans);
        for (row, &span) in batch.zip(&*spans) {
            each(row, span);
        }
    }
}

/// Where the cells of these rows stand. A function of its own, so that its loops have the registers for themselves.
#[inline(never)]
fn spans_of(cells: Cells<'_>, rows: Range<usize>, spans: &mut [Span]) {
    let mut spans = spans.iter_mut();
    cells.for_each_span(rows, |start, end| {
        if let Some(span) = spans.next() {
            *span = Span::between(start, end);
        }
    });
}

/// The same with empty cells as missing ones, and whether there are any.
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

/// Tells what the cells of a column are: asked for its rows in their order, though not for each.
pub(super) struct CellReader<'c> {
    column: &'c Column,
    dialect: &'c Dialect,
    /// The quote character, where the chunk has one.
    quote: Option<u8>,
    scratch: &'c mut Vec<u8>,
    /// The rows whose cell is not UTF-8, those that are not passed.
    not_utf8: &'c [u32],
}

impl<'c> CellReader<'c> {
    /// Reads the cells of column number `index` in these rows.
    #[inline]
    pub(super) fn new(
        (column, index): (&'c Column, usize),
        (chunk, dialect): (&'c Chunk, &'c Dialect),
        (not_utf8, rows): (&'c NotUtf8, Range<usize>),
        scratch: &'c mut Vec<u8>,
    ) -> Self {
        let quote = dialect.quote.filter(|_| chunk.has_quotes());
        let not_utf8 = not_utf8.in_column(index, rows);
        Self { column, dialect, quote, scratch, not_utf8 }
    }

    /// The cell of a row that stands in `raw`. Rows come in their order, and none is left out whose cell is not UTF-8.
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
        } else if self.column.missing.holds(text) {
            Cell::Missing
        } else {
            Cell::Text(text)
        }
    }

    /// Whether a cell of digits, signs and points is what it looks like: none stands for a missing one, and none is quoted or escaped.
    pub(super) fn reads_digits(&self) -> bool {
        !self.column.missing.may_have_digits()
            && self.dialect.escape.is_none()
            && self.dialect.quote.is_none_or(|quote| matches!(quote, b'"' | b'\''))
    }
}

/// Calls `each` with the cells of a column in some rows: row, bytes as they stand in the file, and what they are.
#[inline]
#[expect(clippy::too_many_arguments, reason = "the parts of `Typing`, lent one by one")]
pub(super) fn scan<'c>(
    column: &Column,
    index: usize,
    rows: Range<usize>,
    chunk: &'c Chunk,
    dialect: &Dialect,
    not_utf8: &NotUtf8,
    scratch: &mut Vec<u8>,
    mut each: impl FnMut(usize, &'c [u8], Cell<'_>),
) {
    let data = chunk.bytes();
    let mut reader = CellReader::new((column, index), (chunk, dialect), (not_utf8, rows.clone()), scratch);
    each_cell(chunk.cells(index), rows, |row, span| {
        let raw = span.text(data);
        each(row, raw, reader.read(row, raw));
    });
}
