//! A cache of short texts that every open candidate accepts and that tell nothing new about a column: most columns repeat their texts.
//!
//! It is to `infer` what `typing/valid_cache.rs` is to a check, for longer texts.

use super::key::Key;
use crate::direct_mapped::DirectMapped;

/// Which later cells need only be counted, after a cell was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Nothing,
    /// Cells with the same text.
    Text,
    /// Cells whose text has the same pattern.
    Pattern,
}

/// The texts and patterns of one column that need not be looked at again.
#[derive(Debug)]
pub(super) struct Accepted {
    texts: DirectMapped<Key>,
    /// `None` until the first pattern is noted.
    patterns: Option<DirectMapped<Key>>,
}

impl Accepted {
    /// Returns an empty cache for one of `columns` columns, which share 4 MiB.
    pub(super) fn new(columns: usize) -> Self {
        Self { texts: DirectMapped::for_columns(columns), patterns: None }
    }

    /// Returns true if the text or its pattern was noted, or the text is empty.
    #[inline(always)]
    pub(super) fn holds(&self, key: Key) -> bool {
        self.texts.holds(key) || self.holds_pattern(key)
    }

    /// Not inlined: the loop that looks up texts needs the registers.
    #[inline(never)]
    fn holds_pattern(&self, key: Key) -> bool {
        self.patterns.as_ref().is_some_and(|patterns| patterns.holds(key.pattern()))
    }

    /// Notes a text, and perhaps its pattern, if they can be cached.
    #[inline]
    pub(super) fn note(&mut self, key: Key, known: Known) {
        if known != Known::Nothing {
            self.texts.note(key);
        }
        if known == Known::Pattern {
            self.patterns.get_or_insert_with(|| DirectMapped::new(64)).note(key.pattern());
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
            let mut cache = Accepted::new(1 << 20);
            let (mut noted, mut patterns) = (HashSet::new(), HashSet::new());
            for (text, known) in &texts {
                let key = Key::of_text(text.as_bytes()).unwrap_or(Key::OTHER);
                let pattern = text.replace(['1', '2'], "9");
                prop_assert!(!cache.holds(key) || noted.contains(text) || patterns.contains(&pattern) || text.is_empty());
                match known {
                    0 => cache.note(key, Known::Nothing),
                    1 => {
                        cache.note(key, Known::Text);
                        noted.insert(text.clone());
                    }
                    _ => {
                        cache.note(key, Known::Pattern);
                        noted.insert(text.clone());
                        patterns.insert(pattern);
                    }
                }
                prop_assert!(!cache.holds(Key::OTHER));
                prop_assert!(cache.holds(Key::EMPTY));
            }
        }
    }

    #[test]
    fn what_was_noted_is_found() {
        let key = |text: &str| Key::of_text(text.as_bytes()).unwrap_or(Key::OTHER);
        let mut cache = Accepted::new(1);
        cache.note(key("7a"), Known::Text);
        assert!(cache.holds(key("7a")) && !cache.holds(key("8a")));
        cache.note(key("7b"), Known::Pattern);
        assert!(cache.holds(key("7b")) && cache.holds(key("8b")) && !cache.holds(key("0b")) && !cache.holds(key("8a")));
    }
}
