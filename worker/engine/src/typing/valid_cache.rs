//! Short texts that were found good, column by column: most columns repeat theirs, and to find one again costs a fraction of
//! checking it again.

use crate::packed_text::Packed;
use crate::typing::values::Span;

/// Bytes that are read of a cell, whatever its length is.
const WINDOW: usize = 8;

/// The good texts of one column, each in the one slot that is its own; the latest stays.
#[derive(Debug)]
pub(crate) struct ValidCache {
    /// A power of two. The first one belongs to missing texts, which are [`Packed::EMPTY`] here.
    slots: Vec<Packed>,
    shift: u32,
}

impl ValidCache {
    /// Memory for one of `columns` columns, which share 4 MiB.
    pub(crate) fn new(columns: usize) -> Self {
        let slots = ((4 << 20) / size_of::<Packed>() / columns.max(1)).clamp(64, 1024).next_power_of_two();
        Self { slots: vec![Packed::EMPTY; slots], shift: u64::BITS - slots.trailing_zeros() }
    }

    /// The text of a cell as it is looked up: missing, short, or one that is not remembered (too long, empty, or not in the chunk as
    /// it is).
    #[inline]
    pub(crate) fn pack(data: &[u8], span: Span) -> Packed {
        let (start, length) = (span.start(), span.len());
        // The window of a missing text is any: nothing of it is kept. A branch on whether there is a text would go now this way, now that.
        let at = start.min(data.len().saturating_sub(WINDOW));
        // A text that is there and empty, and one that stands too near to the end, are looked at closely.
        let has_window = ((at == start) & (length != 0)) | (span == Span::MISSING);
        match data[at..].first_chunk() {
            Some(window) if length <= Packed::LONGEST && has_window => Packed::of_window(*window, length),
            _ if span == Span::MISSING => Packed::EMPTY,
            _ => Packed::OTHER,
        }
    }

    /// Whether the text was found good, or is missing.
    #[inline]
    pub(crate) fn holds(&self, packed: Packed) -> bool {
        self.slots[packed.slot(self.shift)] == packed
    }

    /// Remembers a good text if it is short enough; returns true if it was.
    #[inline]
    pub(crate) fn note(&mut self, packed: Packed) -> bool {
        let slot = packed.slot(self.shift);
        let takes = packed != Packed::OTHER && slot != 0;
        if takes {
            self.slots[slot] = packed;
        }
        takes
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_is_known_but_what_was_noted_and_missing_texts(texts in prop::collection::vec(("[a-d]{0,9}", any::<bool>()), 0..300)) {
            let mut cache = ValidCache::new(1 << 20);
            let mut noted = HashSet::new();
            for (text, is_good) in &texts {
                // With something behind it, as in a chunk, and at the end of one.
                for data in [format!("{text}|behind"), text.clone()] {
                    let packed = ValidCache::pack(data.as_bytes(), Span::at(0..text.len()));
                    prop_assert!(!cache.holds(packed) || noted.contains(text));
                    if *is_good && cache.note(packed) {
                        noted.insert(text);
                        prop_assert!(cache.holds(packed));
                    }
                    prop_assert!(cache.holds(ValidCache::pack(data.as_bytes(), Span::MISSING)));
                    prop_assert!(!cache.holds(ValidCache::pack(data.as_bytes(), Span::ESCAPED)));
                    // Texts that are there and empty, up to the end of the data.
                    for at in 0..=data.len() {
                        prop_assert!(!cache.holds(ValidCache::pack(data.as_bytes(), Span::at(at..at))));
                    }
                }
            }
        }
    }
}
