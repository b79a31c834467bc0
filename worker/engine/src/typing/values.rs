//! The typed cells of a chunk, column by column.

use sluice_csv::{Chunk, Dialect, unquote};

/// The state of a cell, in [`TypedColumn::states`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum CellState {
    Missing,
    Value,
    /// The cell has a value that its slot does not hold exactly: a number of more than 15 digits, or a time with nanoseconds. The typed pass has
    /// compared it with its bounds.
    Inexact,
    Failed,
}

/// The typed cells of one column of one chunk, a value and a state for each regular row.
#[derive(Debug, Default)]
pub(crate) struct TypedColumn {
    pub(crate) values: ColumnValues,
    pub(crate) states: Vec<CellState>,
    /// Whether a cell is missing, or its text is not in the chunk as it is. Without gaps, every clean row has a value.
    pub(crate) has_gaps: bool,
    /// The nanoseconds of times that have any, by ascending row. The state of these cells is [`CellState::Inexact`].
    pub(crate) nanoseconds: Vec<CellNanoseconds>,
}

/// The nanoseconds beyond the microseconds of a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CellNanoseconds {
    pub(crate) row: u32,
    pub(crate) nanoseconds: u16,
}

/// The values of a column, by physical type; the slot of a cell without a value is 0.
#[derive(Debug)]
pub(crate) enum ColumnValues {
    /// The spans of texts, which stay in the chunk.
    Texts(Vec<Span>),
    /// `integer` and `year`.
    Integers(Vec<i64>),
    /// `number`: the nearest doubles, and the exact decimals; there is no decimal where the scale is [`NO_SCALE`].
    Numbers {
        values: Vec<f64>,
        mantissas: Vec<i64>,
        scales: Vec<u8>,
    },
    Booleans(Vec<bool>),
    /// Days since 1970-01-01.
    Dates(Vec<i32>),
    /// Microseconds since 1970-01-01T00:00:00.
    Datetimes(Vec<i64>),
    /// Microseconds since midnight.
    Times(Vec<i64>),
    /// Months since 0000-01.
    YearMonths(Vec<i32>),
}

/// The values of a column while cells are read: those of earlier rows, to which values are appended.
pub(crate) struct ValueBuffer<T> {
    pub(crate) values: Vec<T>,
    /// Makes the values of the column of the buffer.
    pub(crate) variant: fn(Vec<T>) -> ColumnValues,
}

impl Default for ColumnValues {
    fn default() -> Self {
        Self::Texts(Vec::new())
    }
}

/// The position of the text of a cell in the data of its chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    length: u32,
}

impl Span {
    /// There is no text: the cell is missing, or not UTF-8.
    pub(crate) const MISSING: Self = Self { start: u32::MAX, length: 0 };
    /// The text is not in the chunk as it is, because it has escapes.
    pub(crate) const ESCAPED: Self = Self { start: u32::MAX, length: u32::MAX };

    /// Returns the span of a text that is a part of `data`; [`Span::ESCAPED`] if the text was copied out of it.
    #[inline]
    pub(crate) fn of(text: &[u8], data: &[u8]) -> Self {
        let start = (text.as_ptr() as usize).wrapping_sub(data.as_ptr() as usize);
        // The end is compared as well: a copy may stand right behind the data.
        let is_part = start.checked_add(text.len()).is_some_and(|end| end <= data.len());
        if is_part { Self { start: start as u32, length: text.len() as u32 } } else { Self::ESCAPED }
    }

    /// The text in this range of the data.
    #[cfg(test)]
    pub(crate) fn at(range: std::ops::Range<usize>) -> Self {
        Self { start: range.start as u32, length: (range.end - range.start) as u32 }
    }

    /// Returns the span of the text between these offsets of the data.
    #[inline(always)]
    pub(crate) fn between(start: u32, end: u32) -> Self {
        Self { start, length: end.wrapping_sub(start) }
    }

    /// Returns true if the cell has a text that is in the chunk as it is.
    #[inline]
    pub(crate) fn is_in_chunk(self) -> bool {
        self.start != u32::MAX
    }

    /// Returns the offset in the data at which the text starts.
    #[inline]
    pub(crate) fn start(self) -> usize {
        self.start as usize
    }

    /// Returns true if the text begins with this byte.
    #[inline]
    pub(crate) fn starts_with(self, byte: u8, data: &[u8]) -> bool {
        data.get(self.start as usize) == Some(&byte)
    }

    /// Returns the number of bytes of the text.
    #[inline]
    pub(crate) fn len(self) -> usize {
        self.length as usize
    }

    #[inline]
    pub(crate) fn text(self, data: &[u8]) -> &[u8] {
        let start = self.start as usize;
        &data[start..start + self.length as usize]
    }

    /// Returns the text of the cell that has this span, with its escapes resolved; `None` if the cell has no text.
    #[inline]
    pub(crate) fn resolved<'t>(self, cell: RawCell<'t>, scratch: &'t mut Vec<u8>) -> Option<&'t [u8]> {
        match self {
            Self::MISSING => None,
            Self::ESCAPED => Some(cell.text(scratch)),
            span => Some(span.text(cell.chunk.bytes())),
        }
    }
}

/// A cell of a regular row, as it is in the chunk.
#[derive(Clone, Copy)]
pub(crate) struct RawCell<'t> {
    pub(crate) chunk: &'t Chunk,
    pub(crate) dialect: &'t Dialect,
    pub(crate) row: usize,
    pub(crate) column: usize,
}

impl<'t> RawCell<'t> {
    /// Returns the text of the cell, with its quotes and escapes resolved.
    #[inline]
    pub(crate) fn text(self, scratch: &'t mut Vec<u8>) -> &'t [u8] {
        let Self { chunk, dialect, row, column } = self;
        unquote(chunk.cell(chunk.index.rows[row], column), dialect, scratch)
    }
}

/// The scale of a number that is not a decimal of at most 18 digits.
pub(crate) const NO_SCALE: u8 = u8::MAX;

impl TypedColumn {
    /// Removes all cells, but keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.states.clear();
        self.nanoseconds.clear();
        self.has_gaps = false;
        match &mut self.values {
            ColumnValues::Texts(spans) => spans.clear(),
            ColumnValues::Integers(values) | ColumnValues::Datetimes(values) | ColumnValues::Times(values) => {
                values.clear()
            }
            ColumnValues::Numbers { values, mantissas, scales } => {
                values.clear();
                mantissas.clear();
                scales.clear();
            }
            ColumnValues::Booleans(values) => values.clear(),
            ColumnValues::Dates(values) | ColumnValues::YearMonths(values) => values.clear(),
        }
    }

    /// Takes the integers of earlier rows; `variant` makes the values of the column of them.
    pub(crate) fn take_i64(&mut self, variant: fn(Vec<i64>) -> ColumnValues) -> ValueBuffer<i64> {
        let values = match std::mem::take(&mut self.values) {
            ColumnValues::Integers(values) | ColumnValues::Datetimes(values) | ColumnValues::Times(values) => values,
            _ => Vec::new(),
        };
        ValueBuffer { values, variant }
    }

    /// Returns the nanoseconds beyond the microseconds of the time in a row; 0 if there are none.
    pub(crate) fn nanoseconds_in(&self, row: usize) -> u16 {
        let found = self.nanoseconds.binary_search_by_key(&(row as u32), |cell| cell.row);
        found.map_or(0, |found| self.nanoseconds[found].nanoseconds)
    }

    /// Takes the days or months of earlier rows; `variant` makes the values of the column of them.
    pub(crate) fn take_i32(&mut self, variant: fn(Vec<i32>) -> ColumnValues) -> ValueBuffer<i32> {
        let values = match std::mem::take(&mut self.values) {
            ColumnValues::Dates(values) | ColumnValues::YearMonths(values) => values,
            _ => Vec::new(),
        };
        ValueBuffer { values, variant }
    }

    /// Takes the truth values of earlier rows.
    pub(crate) fn take_booleans(&mut self) -> ValueBuffer<bool> {
        let values = match std::mem::take(&mut self.values) {
            ColumnValues::Booleans(values) => values,
            _ => Vec::new(),
        };
        ValueBuffer { values, variant: ColumnValues::Booleans }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_right_behind_the_data_is_no_part_of_it() {
        let memory = b"a,b\ncopy";
        let (data, copy) = memory.split_at(4);
        assert_eq!(Span::of(copy, data), Span::ESCAPED);
        assert_eq!(Span::of(&data[2..3], data).text(data), b"b");
        assert_eq!(Span::of(&data[4..], data).text(data), b"");
    }
}
