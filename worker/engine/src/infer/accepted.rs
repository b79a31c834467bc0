//! A cache of short texts that were found to count for nothing new, one for each column: most columns repeat their texts.
//!
//! What `typing/valid_cache.rs` is for a check, with longer texts: here they are judged by many candidates.

use crate::packed_text::mask;
use crate::swar::folded_product;
use crate::typing::values::Span;

/// Bytes that are read at the start of a cell, whatever its length is.
const WINDOW: usize = 16;

/// A text of up to fifteen bytes with its length in the highest byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(u128);

impl Key {
    /// Longest text that has a key.
    const LONGEST: usize = WINDOW - 1;

    /// The empty text.
    const EMPTY: Self = Self(0);

    /// Stands for every text that is not cached: too long, or too near to the end of the data for a window.
    const OTHER: Self = Self(u128::MAX);

    /// The key of the text of a cell as it stands in the data.
    #[inline(always)]
    pub(super) fn of(data: &[u8], span: Span) -> Self {
        let length = span.len();
        match data.get(span.start()..).and_then(<[u8]>::first_chunk::<WINDOW>) {
            Some(window) if length <= Self::LONGEST => {
                Self(u128::from_le_bytes(*window) & mask(length) | (length as u128) << 120)
            }
            _ => Self::OTHER,
        }
    }

    /// The slot in a table of 2^(64 − `shift`); that of the empty text is the first one.
    #[inline(always)]
    fn slot(self, shift: u32) -> usize {
        let (low, high) = (self.0 as u64, (self.0 >> 64) as u64);
        let mixed = low ^ folded_product(high, 0x9e37_79b9_7f4a_7c15);
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> shift) as usize
    }
}

/// Texts of one column that every open candidate accepts. Each text has one slot, in which the latest text that was noted stays.
#[derive(Debug)]
pub(super) struct Accepted {
    /// Their number is a power of two. The first one is that of the empty text, which is always found.
    slots: Vec<Key>,
    shift: u32,
}

impl Accepted {
    /// An empty cache for one of `columns` columns, which share 4 MiB.
    pub(super) fn new(columns: usize) -> Self {
        let slots = ((4 << 20) / size_of::<Key>() / columns.max(1)).clamp(64, 1024).next_power_of_two();
        Self { slots: vec![Key::EMPTY; slots], shift: u64::BITS - slots.trailing_zeros() }
    }

    /// Returns true if the text was noted, or is empty.
    #[inline(always)]
    pub(super) fn holds(&self, key: Key) -> bool {
        self.slots[key.slot(self.shift)] == key
    }

    /// Notes a text if it can be cached.
    #[inline]
    pub(super) fn note(&mut self, key: Key) {
        let slot = key.slot(self.shift);
        if key != Key::OTHER && slot != 0 {
            self.slots[slot] = key;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_noted_texts_and_empty_ones_are_found(texts in prop::collection::vec(("[ab]{0,18}|[a-d]{1,3}", any::<bool>()), 0..300)) {
            let mut cache = Accepted::new(1 << 20);
            let mut noted = HashSet::new();
            for (text, is_accepted) in &texts {
                // In the middle of a chunk, and at its end.
                for data in [format!("{text}|and what is behind"), text.clone()] {
                    let key = Key::of(data.as_bytes(), Span::at(0..text.len()));
                    prop_assert!(!cache.holds(key) || noted.contains(text) || text.is_empty());
                    prop_assert_eq!(key == Key::OTHER, text.len() > 15 || data.len() < 16);
                    if *is_accepted {
                        cache.note(key);
                        noted.insert(text);
                        prop_assert!(cache.holds(key) || key == Key::OTHER || key.slot(cache.shift) == 0);
                    }
                    prop_assert!(!cache.holds(Key::OTHER));
                }
            }
        }
    }
}
