//! Which keys may stand in the file for keys, and in which runs of it: what stays in memory of keys for which there is no room.
//!
//! # For whoever changes it
//!
//! Nearly every key is new, and is told so by one line of the cache, however many runs there are. A slot has 16 bits:
//!
//! ```text
//! line  │ slot │ slot │ … 32 of them; a key begins at the line of the high half of its fingerprint, and goes on in the next one
//! slot  │ 4 bits: number of the run, modulo 16 │ 12 bits of the low half of the fingerprint, never all 0: then the slot is free
//! ```
//!
//! Slots of a line are taken from the first on. A full filter says of one or two in a hundred other keys that they may be there; the page of the
//! file that is read then says that they are not.

/// Slots of a line.
const SLOTS: usize = 32;

/// Slots of a line that are taken, on average, when a filter is full: with more, many a key goes on in the next line.
const TAKEN: usize = 28;

const TAG_BITS: u32 = 12;
const TAG: u16 = (1 << TAG_BITS) - 1;

/// Runs that are told apart; behind them numbers begin anew.
pub(super) const GROUPS: usize = 1 << (u16::BITS - TAG_BITS);

/// Slots in one line of the cache.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Line([u16; SLOTS]);

/// Keys of the file.
#[derive(Debug)]
pub(super) struct Filter {
    lines: Vec<Line>,
    keys: usize,
}

/// The bits of a fingerprint that a slot keeps; never 0.
#[inline]
fn tag_of(print: u128) -> u16 {
    (print as u16 & TAG).max(1)
}

impl Filter {
    /// One of so many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let lines = usize::try_from(bytes).unwrap_or(usize::MAX) / size_of::<Line>();
        Self { lines: vec![Line::default(); lines.max(1)], keys: 0 }
    }

    pub(super) fn bytes(&self) -> u64 {
        size_of_val(&self.lines[..]) as u64
    }

    /// Whether so many more keys go into it.
    pub(super) fn has_room(&self, keys: usize) -> bool {
        self.keys + keys <= self.lines.len() * TAKEN
    }

    #[inline]
    fn home(&self, print: u128) -> usize {
        ((u128::from((print >> 64) as u64) * self.lines.len() as u128) >> 64) as usize
    }

    /// Adds a key of this run. There has to be room.
    pub(super) fn add(&mut self, print: u128, run: usize) {
        let mut at = self.home(print);
        loop {
            let Line(slots) = &mut self.lines[at];
            let taken = slots.iter().map(|&slot| u16::from(slot != 0)).sum::<u16>();
            if let Some(free) = slots.get_mut(usize::from(taken)) {
                *free = tag_of(print) | ((run % GROUPS) as u16) << TAG_BITS;
                self.keys += 1;
                return;
            }
            at = if at + 1 == self.lines.len() { 0 } else { at + 1 };
        }
    }

    /// The runs, modulo [`GROUPS`], in which the key may be: a bit for each.
    #[inline]
    pub(super) fn groups(&self, print: u128) -> u16 {
        let (mut at, tag, mut groups) = (self.home(print), tag_of(print), 0);
        loop {
            let Line(slots) = &self.lines[at];
            // All of them without a branch, as there is mostly none.
            if slots.iter().fold(false, |any, &slot| any | (slot & TAG == tag)) {
                groups |= groups_of(slots, tag);
            }
            if slots[SLOTS - 1] == 0 {
                return groups;
            }
            at = if at + 1 == self.lines.len() { 0 } else { at + 1 };
        }
    }

    /// Reads where the key will be looked for: many such reads wait for the memory together, look-ups one after the other.
    #[inline]
    pub(super) fn touch(&self, print: u128) -> u32 {
        self.lines[self.home(print)].0[0].into()
    }
}

#[cold]
fn groups_of(slots: &[u16; SLOTS], tag: u16) -> u16 {
    slots.iter().filter(|&&slot| slot & TAG == tag).fold(0, |groups, &slot| groups | 1 << (slot >> TAG_BITS))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::resolve::fingerprint::Fingerprints;

    #[test]
    fn a_full_filter_says_of_few_other_keys_that_they_may_be_there() {
        let prints = Fingerprints::default();
        let mut filter = Filter::new(200_000);
        let most = (0..).take_while(|&keys| filter.has_room(keys)).count() - 1;
        assert!(most as u64 * 24 / 10 > 200_000, "{most}");
        (0..most).for_each(|key| filter.add(prints.of_integer(key as i64), key));
        assert!(!filter.has_room(1) && filter.has_room(0));
        let others = (0..100_000).filter(|&key| filter.groups(prints.of_integer(-1 - key)) != 0).count();
        assert!(others < 100_000 / 50, "{others}");
    }

    proptest! {
        /// Whatever was added is found, in its run.
        #[test]
        fn no_key_is_missed(
            keys in prop::collection::hash_map(0..100_000i64, 0..40usize, 0..200), lines in 1..9u64, crowded: bool,
        ) {
            let prints = Fingerprints::default();
            // Fingerprints that all begin at the last line, too.
            let print = |key: i64| if crowded { u128::MAX - key as u128 } else { prints.of_integer(key) };
            let mut filter = Filter::new(64 * lines);
            let keys: HashMap<i64, usize> = keys.into_iter().take(lines as usize * TAKEN).collect();
            for (nth, (&key, &run)) in keys.iter().enumerate() {
                prop_assert!(filter.has_room(keys.len() - nth));
                filter.add(print(key), run);
            }
            for (&key, &run) in &keys {
                prop_assert!(filter.groups(print(key)) & 1 << (run % GROUPS) != 0);
            }
        }
    }
}
