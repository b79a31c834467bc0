//! A filter over the keys in the file for keys: it stays in memory, and says in which runs a key may be.
//!
//! # For maintainers
//!
//! Nearly every key is new, and one line of the cache shows that, however many runs there are. A slot has 16 bits:
//!
//! ```text
//! line  │ slot │ slot │ … 32 slots; the high half of a fingerprint selects a line, and a full line overflows into the next one
//! slot  │ 4 bits: number of the run, modulo 16 │ 12 bits of the low half of the fingerprint, never all 0; a slot of 0 is free
//! ```
//!
//! The slots of a line are filled from the first one on. A full filter reports one or two of a hundred new keys as
//! known; the page of the file that is then read shows that they are new.

/// Slots of a line.
const SLOTS: usize = 32;

/// Used slots of a line, on average, when a filter is full: if more were used, many lines would overflow.
const TAKEN: usize = 28;

const TAG_BITS: u32 = 12;
const TAG: u16 = (1 << TAG_BITS) - 1;

/// Groups of runs that a slot distinguishes: a run belongs to the group of its number, modulo this.
pub(super) const GROUPS: usize = 1 << (u16::BITS - TAG_BITS);

/// The slots of a line. A large filter begins at a page of memory, so each of its lines is one line of the cache. A
/// type with this alignment would have its memory cleared twice, by the system and by the allocation.
type Line = [u16; SLOTS];

/// A filter over keys of several runs.
#[derive(Debug)]
pub(super) struct Filter {
    lines: Vec<Line>,
    keys: usize,
}

/// Returns the bits of a fingerprint that a slot keeps; never 0.
#[inline]
fn tag_of(fingerprint: u128) -> u16 {
    (fingerprint as u16 & TAG).max(1)
}

impl Filter {
    /// Returns an empty filter of about this many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let lines = usize::try_from(bytes).unwrap_or(usize::MAX) / size_of::<Line>();
        Self { lines: vec![[0; SLOTS]; lines.max(1)], keys: 0 }
    }

    pub(super) fn bytes(&self) -> u64 {
        size_of_val(&self.lines[..]) as u64
    }

    /// Returns true if there is room for `keys` more keys.
    pub(super) fn has_room(&self, keys: usize) -> bool {
        self.keys + keys <= self.lines.len() * TAKEN
    }

    #[inline]
    fn home(&self, fingerprint: u128) -> usize {
        ((u128::from((fingerprint >> 64) as u64) * self.lines.len() as u128) >> 64) as usize
    }

    /// Adds a key of this run. There has to be room.
    pub(super) fn add(&mut self, fingerprint: u128, run: usize) {
        let mut at = self.home(fingerprint);
        loop {
            let slots = &mut self.lines[at];
            let taken = slots.iter().map(|&slot| u16::from(slot != 0)).sum::<u16>();
            if let Some(free) = slots.get_mut(usize::from(taken)) {
                *free = tag_of(fingerprint) | ((run % GROUPS) as u16) << TAG_BITS;
                self.keys += 1;
                return;
            }
            at = if at + 1 == self.lines.len() { 0 } else { at + 1 };
        }
    }

    /// Returns the groups of runs in which the key may be, one bit for each group.
    #[inline]
    pub(super) fn groups(&self, fingerprint: u128) -> u16 {
        let (mut at, tag, mut groups) = (self.home(fingerprint), tag_of(fingerprint), 0);
        loop {
            let slots = &self.lines[at];
            // All slots are compared without a branch, because mostly none matches.
            if slots.iter().fold(false, |any, &slot| any | (slot & TAG == tag)) {
                groups |= groups_of(slots, tag);
            }
            if slots[SLOTS - 1] == 0 {
                return groups;
            }
            at = if at + 1 == self.lines.len() { 0 } else { at + 1 };
        }
    }

    /// Reads the line with which a look-up of the key will begin: many such reads wait for memory together, while
    /// look-ups would wait one after the other. The result means nothing; without it the compiler would remove the
    /// read.
    #[inline]
    pub(super) fn prefetch(&self, fingerprint: u128) -> u32 {
        self.lines[self.home(fingerprint)][0].into()
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
    use crate::resolve::fingerprint::Fingerprinter;

    #[test]
    fn a_full_filter_takes_few_new_keys_for_known_ones() {
        let fingerprinter = Fingerprinter::default();
        let mut filter = Filter::new(200_000);
        let most = (0..).take_while(|&keys| filter.has_room(keys)).count() - 1;
        assert!(most as u64 * 24 / 10 > 200_000, "{most}");
        (0..most).for_each(|key| filter.add(fingerprinter.of_integer(key as i64), key));
        assert!(!filter.has_room(1) && filter.has_room(0));
        let others = (0..100_000).filter(|&key| filter.groups(fingerprinter.of_integer(-1 - key)) != 0).count();
        assert!(others < 100_000 / 50, "{others}");
    }

    proptest! {
        /// Every key that was added is found, in the group of its run.
        #[test]
        fn no_key_is_missed(
            keys in prop::collection::hash_map(0..100_000i64, 0..40usize, 0..200), lines in 1..9u64, crowded: bool,
        ) {
            let fingerprinter = Fingerprinter::default();
            // Also fingerprints that all belong to the last line.
            let fingerprint = |key: i64| if crowded { u128::MAX - key as u128 } else { fingerprinter.of_integer(key) };
            let mut filter = Filter::new(64 * lines);
            let keys: HashMap<i64, usize> = keys.into_iter().take(lines as usize * TAKEN).collect();
            for (nth, (&key, &run)) in keys.iter().enumerate() {
                prop_assert!(filter.has_room(keys.len() - nth));
                filter.add(fingerprint(key), run);
            }
            for (&key, &run) in &keys {
                prop_assert!(filter.groups(fingerprint(key)) & 1 << (run % GROUPS) != 0);
            }
        }
    }
}
