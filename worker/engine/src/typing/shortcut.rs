//! Shortcuts to the value of a cell, tried before it is parsed: most cells are a few digits, or repeat the previous cell.

use crate::direct_mapped::CacheKey as _;
use crate::packed_text::{LONGEST, Packed, mask, short};
use crate::parse;
use crate::typing::valid_cache::pack_cell;
use crate::typing::values::Span;

/// Finds the values of some cells without a parser. Equal bytes in one column have equal values, so a value that was noted is sound in any column.
pub(crate) trait Shortcut<'c, T> {
    /// Returns true if the shortcut may be used only where [`CellReader::reads_digits`](super::cell_reader::CellReader::reads_digits) returns true.
    fn needs_plain_digits(&self) -> bool {
        false
    }

    /// Returns the value of a cell; `None` if the shortcut does not know it.
    fn value(&self, data: &'c [u8], span: Span) -> Option<T>;

    /// Notes the value of a cell that was parsed.
    fn note(&mut self, _raw: &'c [u8], _value: T) {}
}

/// Integers of a few digits.
pub(super) struct FewDigits;

impl<'c> Shortcut<'c, i64> for FewDigits {
    fn needs_plain_digits(&self) -> bool {
        true
    }

    #[inline(always)]
    fn value(&self, data: &'c [u8], span: Span) -> Option<i64> {
        parse::integer_in(data, span.start(), span.len())
    }
}

/// A shortcut that remembers the latest cell that was noted, for a type whose cells cost more to parse than to compare.
#[derive(Default)]
pub(crate) struct LatestCell<'c, T> {
    raw: &'c [u8],
    value: T,
    /// The bytes of the cell, if it has at most sixteen, and a mask of as many bytes.
    text: u128,
    mask: u128,
}

impl<'c, T: Copy> Shortcut<'c, T> for LatestCell<'c, T> {
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

/// Slots of [`RecentCells`].
const SLOTS: usize = 64;

/// A shortcut that remembers the values of short cells, for a type with few distinct values. A look-up has no branch that depends on the
/// cell, whereas the branch of [`LatestCell`] is mispredicted whenever the cell changes.
pub(crate) struct RecentCells<T> {
    /// Each text that was noted, in its slot, and its value. The first slot is that of the empty text, which is not noted.
    slots: [(Packed, T); SLOTS],
}

impl<T: Copy + Default> Default for RecentCells<T> {
    fn default() -> Self {
        Self { slots: [(Packed::OTHER, T::default()); SLOTS] }
    }
}

impl<'c, T: Copy> Shortcut<'c, T> for RecentCells<T> {
    #[inline(always)]
    fn value(&self, data: &'c [u8], span: Span) -> Option<T> {
        let text = pack_cell(data, span);
        let (noted, value) = self.slots[text.slot(SHIFT)];
        (noted == text && text != Packed::OTHER).then_some(value)
    }

    #[inline]
    fn note(&mut self, raw: &'c [u8], value: T) {
        if let Some(text) = Packed::of(raw)
            && text != Packed::EMPTY
        {
            self.slots[text.slot(SHIFT)] = (text, value);
        }
    }
}

/// The number of bits of a hash that are not bits of a slot.
const SHIFT: u32 = u64::BITS - SLOTS.trailing_zeros();

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn recent_cells_have_their_values(texts in prop::collection::vec("[a-c]{0,2}|[ab]{6,9}", 1..60)) {
            let data = texts.concat();
            let data = data.as_bytes();
            let mut recent = RecentCells::default();
            let value = |text: &str| text.bytes().fold(7usize, |value, byte| value * 31 + usize::from(byte));
            let mut start = 0;
            for (number, text) in texts.iter().enumerate() {
                let span = Span::at(start..start + text.len());
                let found = recent.value(data, span);
                prop_assert!(found.is_none() || found == Some(value(text)), "{}", text);
                prop_assert_eq!(recent.value(data, Span::at(start..start)), None);
                if number % 3 != 0 && !text.is_empty() {
                    recent.note(span.text(data), value(text));
                    let has_window = start + 8 <= data.len();
                    prop_assert_eq!(recent.value(data, span).is_some(), text.len() <= 7 && has_window, "{}", text);
                }
                start += text.len();
            }
        }

        #[test]
        fn only_the_latest_cell_is_found(texts in prop::collection::vec("[ab]{1,2}|[ab]{15,18}", 1..40)) {
            let data = texts.concat();
            let data = data.as_bytes();
            let mut latest = LatestCell::default();
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
