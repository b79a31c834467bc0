//! A bounded table of counts: value → number of its cells.

use super::key::{self, Key};

/// The bound of a table. Whether a set of values keeps the bound depends on the set alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    /// Most different values; below 2¹⁶.
    pub(super) values: usize,
    /// Most bytes of all different texts together.
    pub(super) bytes: usize,
}

/// Slots of the smallest index.
const SLOTS: usize = 16;

/// Keys that are looked up together, so that their waits for memory overlap.
pub(super) const BATCH: usize = 32;

/// A hash table with open addressing over dense entries, whose index is small enough to stay in the cache.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// The number of an entry plus one for each slot, or 0 for a free slot. The number of slots is a power of two; at
    /// least three quarters are free.
    index: Vec<u16>,
    counted: Vec<Counted>,
    /// For each entry with a long key, the offset of its text in `texts`; ends with the last such entry.
    starts: Vec<u32>,
    texts: Vec<u8>,
    /// Bytes of all texts, including those in keys.
    bytes: usize,
}

/// A value and its count, next to each other because a search for the value changes the count.
#[derive(Clone, Copy, Debug)]
struct Counted {
    key: Key,
    count: u64,
}

/// An entry of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: Key,
    /// The text of a long key; empty for other keys.
    pub(super) long: &'a [u8],
    pub(super) count: u64,
}

impl Entry<'_> {
    /// Calls `each` with the text of the entry, which is empty for a typed value.
    pub(super) fn with_text<T>(&self, each: impl FnOnce(&[u8]) -> T) -> T {
        if key::is_long(self.key) {
            each(self.long)
        } else {
            let (bytes, length) = key::inline_text(self.key);
            each(&bytes[..length])
        }
    }
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.counted.len()
    }

    /// Returns the entries, in any order.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        (0..self.counted.len()).map(|entry| Entry {
            key: self.counted[entry].key,
            long: self.long(entry),
            count: self.counted[entry].count,
        })
    }

    fn long(&self, entry: usize) -> &[u8] {
        let key = self.counted[entry].key;
        if !key::is_long(key) {
            return &[];
        }
        let start = self.starts[entry] as usize;
        &self.texts[start..start + key::text_length(key)]
    }

    #[inline]
    fn is_at(&self, entry: usize, key: Key, long: &[u8]) -> bool {
        self.counted[entry].key == key && (!key::is_long(key) || self.long(entry) == long)
    }

    /// Counts `count` more cells of a value; `long` is the text of a long key, and is ignored for other keys.
    ///
    /// Returns false, and adds nothing, if the value is new and would break the bound.
    #[inline]
    pub(super) fn add(&mut self, key: Key, long: &[u8], count: u64, bound: Bound) -> bool {
        if !self.index.is_empty() {
            let mask = self.index.len() - 1;
            let mut slot = self.first_slot(key);
            while let Some(entry) = usize::from(self.index[slot]).checked_sub(1) {
                if self.is_at(entry, key, long) {
                    self.counted[entry].count += count;
                    return true;
                }
                slot = (slot + 1) & mask;
            }
        }
        self.insert(key, long, count, bound)
    }

    /// Counts a cell for each key that is found in its first slot. Writes the numbers of all other keys to `others`,
    /// and returns how many there are.
    ///
    /// `long` returns the text of a long key by its number.
    #[inline]
    pub(super) fn count_known<'t>(
        &mut self,
        keys: &[Key],
        long: impl Fn(usize) -> &'t [u8],
        others: &mut [u8; BATCH],
    ) -> usize {
        let mut left = 0;
        for (number, &key) in keys.iter().enumerate().take(BATCH) {
            // An empty index has no entry.
            let entry = if self.index.is_empty() { 0 } else { self.index[self.first_slot(key)] };
            // A free slot becomes a number that no entry has.
            let entry = usize::from(entry).wrapping_sub(1);
            let is_known = self.counted.get(entry).is_some_and(|counted| counted.key == key)
                && (!key::is_long(key) || self.long(entry) == long(number));
            if is_known {
                self.counted[entry].count += 1;
            } else {
                others[left] = number as u8;
                left += 1;
            }
        }
        left
    }

    #[inline]
    fn first_slot(&self, key: Key) -> usize {
        // The index is not empty, so the shift is less than 64.
        (key::hash(key) >> (self.index.len().leading_zeros() + 1)) as usize & (self.index.len() - 1)
    }

    #[inline(never)]
    fn insert(&mut self, key: Key, long: &[u8], count: u64, bound: Bound) -> bool {
        let bytes = self.bytes.saturating_add(key::text_length(key));
        let start = u32::try_from(self.texts.len());
        let (true, Ok(start)) =
            (self.counted.len() < bound.values.min(usize::from(u16::MAX)) && bytes <= bound.bytes, start)
        else {
            return false;
        };
        let entry = self.counted.len();
        self.counted.push(Counted { key, count });
        self.bytes = bytes;
        if key::is_long(key) {
            self.starts.resize(entry, 0);
            self.starts.push(start);
            self.texts.extend_from_slice(long);
        }
        if self.counted.len() * 4 > self.index.len() {
            self.index.clear();
            self.index.resize((self.counted.len() * 8).next_power_of_two().max(SLOTS), 0);
            for entry in 0..self.counted.len() {
                self.link(entry);
            }
        } else {
            self.link(entry);
        }
        true
    }

    /// Adds an entry to the index.
    fn link(&mut self, entry: usize) {
        let mask = self.index.len() - 1;
        let mut slot = self.first_slot(self.counted[entry].key);
        while self.index[slot] != 0 {
            slot = (slot + 1) & mask;
        }
        // Entries are fewer than 2¹⁶ − 1.
        self.index[slot] = entry as u16 + 1;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const WIDE: Bound = Bound { values: 4096, bytes: 1 << 20 };

    #[test]
    fn a_value_beyond_the_bound_is_not_added_and_known_ones_are_counted() {
        let bound = Bound { values: 2, bytes: 40 };
        let mut table = Table::default();
        let (long, longer) = ([b'a'; 20], [b'b'; 21]);
        assert!(table.add(key::of_text(&long), &long, 1, bound));
        assert!(!table.add(key::of_text(&longer), &longer, 1, bound));
        assert!(table.add(key::of_text(b"short"), &[], 1, bound));
        assert!(!table.add(key::of_text(b"third"), &[], 1, bound));
        assert!(table.add(key::of_text(&long), &long, 5, bound));
        assert_eq!(table.entries().map(|entry| entry.count).sum::<u64>(), 7);
        assert_eq!(table.len(), 2);
    }

    proptest! {
        #[test]
        fn counts_are_those_of_a_map(texts in prop::collection::vec("[ab]{0,5}|[ab]{14,18}", 0..400), integers in prop::collection::vec(any::<i16>(), 0..2000)) {
            let mut table = Table::default();
            let mut expected = BTreeMap::new();
            for text in &texts {
                let text = text.as_bytes();
                prop_assert!(table.add(key::of_text(text), text, 1, WIDE));
                *expected.entry(text.to_vec()).or_insert(0) += 1;
            }
            let found: BTreeMap<Vec<u8>, u64> =
                table.entries().map(|entry| (entry.with_text(<[u8]>::to_vec), entry.count)).collect();
            prop_assert_eq!(found, expected);

            let mut table = Table::default();
            let mut expected = BTreeMap::new();
            for &integer in &integers {
                prop_assert!(table.add(key::of_integer(integer.into()), &[], 2, WIDE));
                *expected.entry(i64::from(integer)).or_insert(0) += 2;
            }
            let found: BTreeMap<i64, u64> = table.entries().map(|entry| (key::integer(entry.key), entry.count)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
