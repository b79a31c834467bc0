//! Lists of texts in which a cell is looked up: hashed once, when the descriptor is read, so that a cell costs the same however long the
//! list is.

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::Arc;

use crate::direct_mapped::CacheKey as _;
use crate::packed_text::Packed;

/// A list of texts of a descriptor; clones share the texts.
#[derive(Clone, Debug)]
pub struct Texts(Arc<(Vec<String>, TextSet)>);

impl Texts {
    /// Returns true if the list has this text, byte for byte.
    #[inline]
    pub fn holds(&self, text: &[u8]) -> bool {
        self.0.1.holds(text)
    }
}

impl From<Vec<String>> for Texts {
    fn from(texts: Vec<String>) -> Self {
        let set = TextSet::new(texts.iter().map(String::as_bytes));
        Self(Arc::new((texts, set)))
    }
}

impl Deref for Texts {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.0.0
    }
}

impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Texts {}

/// Most slots that are searched for a short text; a short text that finds no free slot in them is stored with the long
/// texts. The owner of a descriptor can predict how short texts are hashed, and so make them collide.
const PROBES: usize = 8;

/// A set of texts with a fast path for short ones.
#[derive(Debug)]
pub(crate) struct TextSet {
    /// Texts of 1 to 7 bytes, by hash; the empty text marks a free slot. At least three quarters are free.
    short: Vec<Packed>,
    shift: u32,
    empty: bool,
    others: HashSet<Box<[u8]>>,
    /// Bytes of the longest text.
    longest: usize,
}

impl Default for TextSet {
    fn default() -> Self {
        Self::new(std::iter::empty())
    }
}

impl TextSet {
    pub(crate) fn new<'t>(texts: impl Iterator<Item = &'t [u8]> + Clone) -> Self {
        let count = texts.clone().filter(|text| text.len() <= Packed::LONGEST).count();
        let bits = (count * 4).next_power_of_two().max(4).trailing_zeros();
        let short = vec![Packed::EMPTY; 1 << bits];
        let mut set = Self { short, shift: u64::BITS - bits, empty: false, others: HashSet::new(), longest: 0 };
        for text in texts {
            set.longest = set.longest.max(text.len());
            match Packed::of(text) {
                Some(Packed::EMPTY) => set.empty = true,
                Some(packed) => match set.slots(packed).find(|&slot| matches!(set.short[slot], Packed::EMPTY)) {
                    Some(slot) => set.short[slot] = packed,
                    None => {
                        set.others.insert(text.into());
                    }
                },
                None => {
                    set.others.insert(text.into());
                }
            }
        }
        set
    }

    /// Returns the slots in which a short text may stand, in order.
    #[inline]
    fn slots(&self, packed: Packed) -> impl Iterator<Item = usize> + use<> {
        let (first, last) = (packed.slot(self.shift), self.short.len() - 1);
        (first..first + PROBES).map(move |slot| slot & last)
    }

    #[inline]
    pub(crate) fn holds(&self, text: &[u8]) -> bool {
        match Packed::of(text) {
            Some(Packed::EMPTY) => self.empty,
            Some(packed) => {
                for slot in self.slots(packed) {
                    if self.short[slot] == packed {
                        return true;
                    }
                    if self.short[slot] == Packed::EMPTY {
                        return false;
                    }
                }
                self.others.contains(text)
            }
            None => text.len() <= self.longest && self.others.contains(text),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_with_one_hash_are_found_within_the_probes() {
        // Texts for which the multiplier of the hash makes neighbours: its inverse, times numbers that do not reach the highest bits.
        let mut inverse = 1u64;
        for _ in 0..6 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(0x9e37_79b9_7f4a_7c15u64.wrapping_mul(inverse)));
        }
        let texts: Vec<Vec<u8>> = (1..40_000_000u64)
            .map(|nth| nth.wrapping_mul(inverse).to_le_bytes())
            .filter(|bytes| bytes[7] == 7)
            .map(|bytes| bytes[..7].to_vec())
            .collect();
        assert!(texts.len() > 1000);
        let set = TextSet::new(texts.iter().map(Vec::as_slice));
        // All texts belong in one slot, so all but a few are in `others`.
        let slots: HashSet<usize> = texts.iter().map(|text| Packed::of(text).unwrap().slot(set.shift)).collect();
        assert_eq!(slots.len(), 1);
        assert_eq!(set.others.len(), texts.len() - PROBES);
        assert!(texts.iter().all(|text| set.holds(text)));
        assert!(!set.holds(b"another") && !set.holds(b"one more text"));
    }

    proptest! {
        #[test]
        fn a_list_is_searched_as_if_one_by_one(list in prop::collection::vec("[ab]{0,9}", 0..60), text in "[ab]{0,9}") {
            let texts = Texts::from(list.clone());
            prop_assert_eq!(texts.holds(text.as_bytes()), list.contains(&text));
        }
    }
}
