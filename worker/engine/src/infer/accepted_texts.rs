//! A cache of short texts that every open candidate accepts. Most columns repeat their texts, and an equal text only has to be counted.
//!
//! A check has the same cache for texts of up to seven bytes (`typing/valid_cache.rs`).

use super::packed_cell::PackedCell;
use crate::direct_mapped::DirectMapped;

/// What may be cached after a cell was added: later cells that are equal in this only have to be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cacheable {
    Nothing,
    /// The text.
    Text,
    /// The text and its pattern.
    Pattern,
}

/// The accepted texts and patterns of one column.
#[derive(Debug)]
pub(super) struct AcceptedTexts {
    texts: DirectMapped<PackedCell>,
    /// `None` until the first pattern is noted.
    patterns: Option<DirectMapped<PackedCell>>,
}

impl AcceptedTexts {
    /// Returns an empty cache for one of `columns` columns, which share 4 MiB.
    pub(super) fn new(columns: usize) -> Self {
        Self { texts: DirectMapped::for_columns(columns), patterns: None }
    }

    /// Returns true if the text or its pattern was noted, or the text is empty.
    #[inline(always)]
    pub(super) fn holds(&self, cell: PackedCell) -> bool {
        self.texts.holds(cell) || self.holds_pattern(cell)
    }

    /// Not inlined: the loop that looks up texts needs the registers.
    #[inline(never)]
    fn holds_pattern(&self, cell: PackedCell) -> bool {
        self.patterns.as_ref().is_some_and(|patterns| patterns.holds(cell.pattern()))
    }

    /// Notes what may be cached of a cell.
    #[inline]
    pub(super) fn note(&mut self, cell: PackedCell, cacheable: Cacheable) {
        if cacheable != Cacheable::Nothing {
            self.texts.note(cell);
        }
        if cacheable == Cacheable::Pattern {
            self.patterns.get_or_insert_with(|| DirectMapped::new(64)).note(cell.pattern());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::direct_mapped::Slotted as _;

    proptest! {
        #[test]
        fn only_what_was_noted_is_found(texts in prop::collection::vec(("[ab]{0,18}|[a-d]{1,3}|[12a]{1,4}", 0..3), 0..300)) {
            let mut cache = AcceptedTexts::new(1 << 20);
            let (mut noted, mut patterns) = (HashSet::new(), HashSet::new());
            for (text, known) in &texts {
                let key = PackedCell::of_text(text.as_bytes()).unwrap_or(PackedCell::OTHER);
                let pattern = text.replace(['1', '2'], "9");
                prop_assert!(!cache.holds(key) || noted.contains(text) || patterns.contains(&pattern) || text.is_empty());
                match known {
                    0 => cache.note(key, Cacheable::Nothing),
                    1 => {
                        cache.note(key, Cacheable::Text);
                        noted.insert(text.clone());
                    }
                    _ => {
                        cache.note(key, Cacheable::Pattern);
                        noted.insert(text.clone());
                        patterns.insert(pattern);
                    }
                }
                prop_assert!(!cache.holds(PackedCell::OTHER));
                prop_assert!(cache.holds(PackedCell::EMPTY));
            }
        }
    }

    #[test]
    fn what_was_noted_is_found() {
        let key = |text: &str| PackedCell::of_text(text.as_bytes()).unwrap_or(PackedCell::OTHER);
        let mut cache = AcceptedTexts::new(1);
        cache.note(key("7a"), Cacheable::Text);
        assert!(cache.holds(key("7a")) && !cache.holds(key("8a")));
        cache.note(key("7b"), Cacheable::Pattern);
        assert!(cache.holds(key("7b")) && cache.holds(key("8b")) && !cache.holds(key("0b")) && !cache.holds(key("8a")));
    }
}
