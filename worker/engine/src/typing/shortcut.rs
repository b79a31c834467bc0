//! Quick ways to the value of a cell, tried before it is parsed: most cells are a few digits, or repeat the previous cell.

use crate::packed_text::{LONGEST, mask, short};
use crate::parse;
use crate::typing::values::Span;

/// A quick way from the raw bytes of a cell to its value.
pub(super) trait Shortcut<'c, T> {
    /// Returns true if the shortcut may be used in a column whose reader returns `reads_digits` from
    /// [`CellReader::reads_digits`](super::cell_reader::CellReader::reads_digits).
    fn is_sound(&self, reads_digits: bool) -> bool;

    /// Returns the value of a cell; `None` if the shortcut does not know it.
    fn value(&self, data: &'c [u8], span: Span) -> Option<T>;

    /// Notes the value of a cell that was parsed.
    fn note(&mut self, _raw: &'c [u8], _value: T) {}
}

/// Integers of a few digits.
pub(super) struct FewDigits;

impl<'c> Shortcut<'c, i64> for FewDigits {
    fn is_sound(&self, reads_digits: bool) -> bool {
        reads_digits
    }

    #[inline(always)]
    fn value(&self, data: &'c [u8], span: Span) -> Option<i64> {
        parse::integer_in(data, span.start(), span.len())
    }
}

/// A shortcut that remembers the latest cell that was noted.
#[derive(Default)]
pub(super) struct Latest<'c, T> {
    raw: &'c [u8],
    value: T,
    /// The bytes of the cell, if it has at most sixteen, and a mask of as many bytes.
    text: u128,
    mask: u128,
}

impl<'c, T: Copy> Shortcut<'c, T> for Latest<'c, T> {
    /// Always true: equal bytes in one column have equal values.
    fn is_sound(&self, _reads_digits: bool) -> bool {
        true
    }

    #[inline(always)]
    fn value(&self, data: &'c [u8], span: Span) -> Option<T> {
        // The initial state has the length 0, so an empty cell would be taken for it.
        if span.len() != self.raw.len() || span.len() == 0 {
            return None;
        }
        let window = data.get(span.start()..).and_then(<[u8]>::first_chunk);
        let is_same = match window {
            Some(window) if span.len() <= LONGEST => u128::from_le_bytes(*window) & self.mask == self.text,
            _ => span.text(data) == self.raw,
        };
        is_same.then_some(self.value)
    }

    #[inline]
    fn note(&mut self, raw: &'c [u8], value: T) {
        let mask = mask(raw.len());
        let text = short(raw).unwrap_or(0);
        *self = Self { raw, value, text, mask };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_the_latest_cell_is_found(texts in prop::collection::vec("[ab]{1,2}|[ab]{15,18}", 1..40)) {
            let data = texts.concat();
            let data = data.as_bytes();
            let mut latest = Latest::default();
            let (mut start, mut before) = (0, None);
            for (number, text) in texts.iter().enumerate() {
                let span = Span::at(start..start + text.len());
                let expected = before.filter(|(other, _)| *other == text).map(|(_, value)| value);
                prop_assert_eq!(latest.value(data, span), expected);
                prop_assert_eq!(latest.value(data, Span::at(start..start)), None);
                if number % 3 != 0 {
                    latest.note(span.text(data), number);
                    before = Some((text, number));
                }
                start += text.len();
            }
        }
    }
}
