//! The typed cells of a chunk, column by column.

use sluice_csv::{Chunk, Dialect, unquote};

/// The state of a cell, in [`TypedColumn::states`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
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
    pub(crate) values: Values,
    pub(crate) states: Vec<State>,
    /// Whether a cell is missing, or its text is not in the chunk as it is. Without gaps, every clean row has a value.
    pub(crate) gaps: bool,
    /// The times with more than six digits behind the point: row, ascending, and the nanoseconds beyond the microseconds. Their state is
    /// [`State::Inexact`].
    pub(crate) finer: Vec<(u32, u16)>,
}

/// The values of a column, by physical type; the slot of a cell without a value is 0.
#[derive(Debug)]
pub(crate) enum Values {
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

impl Default for Values {
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
    /// The text is not in the chunk as it is, because it has escapes to resolve.
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
    pub(crate) fn is_there(self) -> bool {
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

    /// Returns the text of the cell in this row and column of the chunk, with its escapes resolved; `None` if the cell has none.
    #[inline]
    pub(crate) fn resolved<'t>(
        self,
        (chunk, dialect): (&'t Chunk, &Dialect),
        (row, column): (usize, usize),
        scratch: &'t mut Vec<u8>,
    ) -> Option<&'t [u8]> {
        match self {
            Self::MISSING => None,
            Self::ESCAPED => Some(unquote(chunk.cell(chunk.index.rows[row], column), dialect, scratch)),
            span => Some(span.text(chunk.bytes())),
        }
    }
}

/// The scale of a number that is not a decimal of at most 18 digits.
pub(crate) const NO_SCALE: u8 = u8::MAX;

impl TypedColumn {
    /// Removes all cells, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.states.clear();
        self.finer.clear();
        self.gaps = false;
        match &mut self.values {
            Values::Texts(spans) => spans.clear(),
            Values::Integers(values) | Values::Datetimes(values) | Values::Times(values) => values.clear(),
            Values::Numbers { values, mantissas, scales } => {
                values.clear();
                mantissas.clear();
                scales.clear();
            }
            Values::Booleans(values) => values.clear(),
            Values::Dates(values) | Values::YearMonths(values) => values.clear(),
        }
    }

    pub(crate) fn take_i64(&mut self) -> Vec<i64> {
        match std::mem::take(&mut self.values) {
            Values::Integers(values) | Values::Datetimes(values) | Values::Times(values) => values,
            _ => Vec::new(),
        }
    }

    /// Returns the nanoseconds beyond the microseconds of the time in a row; 0 if there are none.
    pub(crate) fn nanoseconds(&self, row: usize) -> u16 {
        let found = self.finer.binary_search_by_key(&(row as u32), |(row, _)| *row);
        found.map_or(0, |found| self.finer[found].1)
    }

    pub(crate) fn take_i32(&mut self) -> Vec<i32> {
        match std::mem::take(&mut self.values) {
            Values::Dates(values) | Values::YearMonths(values) => values,
            _ => Vec::new(),
        }
    }

    pub(crate) fn take_booleans(&mut self) -> Vec<bool> {
        match std::mem::take(&mut self.values) {
            Values::Booleans(values) => values,
            _ => Vec::new(),
        }
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
