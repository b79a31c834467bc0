//! A bounded table of counts: value → number of its cells.

use super::value_key::{self, Secret, ValueKey};

/// How much a table may hold. Whether a set of values stays within the capacity depends on the set alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Capacity {
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
pub(super) struct CountTable {
    /// The number of an entry plus one for each slot, or 0 for a free slot. The number of slots is a power of two; at
    /// least three quarters are free.
    index: Vec<u16>,
    counted: Vec<CountedValue>,
    /// For each entry with a long key, the offset of its text in `texts`; ends with the last such entry.
    starts: Vec<u32>,
    texts: Vec<u8>,
    /// Bytes of all texts, including those in keys.
    bytes: usize,
    secret: Secret,
}

/// A value and its count, next to each other because a search for the value changes the count.
#[derive(Clone, Copy, Debug)]
struct CountedValue {
    key: ValueKey,
    count: u64,
}

/// An entry of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: ValueKey,
    /// The text of a long key; empty for other keys.
    pub(super) long: &'a [u8],
    pub(super) count: u64,
}

impl Entry<'_> {
    /// Calls `each` with the text of the entry, which is empty for a typed value.
    pub(super) fn with_text<T>(&self, each: impl FnOnce(&[u8]) -> T) -> T {
        if value_key::is_long(self.key) {
            each(self.long)
        } else {
            let (bytes, length) = value_key::inline_text(self.key);
            each(&bytes[..length])
        }
    }
}

impl CountTable {
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
        if !value_key::is_long(key) {
            return &[];
        }
        let start = self.starts[entry] as usize;
        &self.texts[start..start + value_key::text_length(key)]
    }

    /// Counts `count` more cells of a value; `long` is the text of a long key, and is ignored for other keys.
    ///
    /// Returns false, and adds nothing, if the value is new and would exceed the capacity.
    #[inline]
    pub(super) fn add(&mut self, key: ValueKey, long: &[u8], count: u64, capacity: Capacity) -> bool {
        if value_key::is_long(key) {
            return self.add_long(key, long, count, capacity);
        }
        if !self.index.is_empty() {
            let mask = self.index.len() - 1;
            let mut slot = self.first_slot(key);
            while let Some(entry) = usize::from(self.index[slot]).checked_sub(1) {
                if self.counted[entry].key == key {
                    self.counted[entry].count += count;
                    return true;
                }
                slot = (slot + 1) & mask;
            }
        }
        self.insert(key, long, count, capacity)
    }

    /// Counts a cell for each key that is found in its first slot. Writes the numbers of all other keys to `others`,
    /// and returns how many there are.
    ///
    /// `long` returns the text of a long key by its number.
    #[inline]
    pub(super) fn count_known<'t>(
        &mut self,
        keys: &[ValueKey],
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
                && (!value_key::is_long(key) || self.long(entry) == long(number));
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
    fn first_slot(&self, key: ValueKey) -> usize {
        self.slot(self.secret.hash(key))
    }

    /// Returns the slot of a hash.
    #[inline]
    fn slot(&self, hash: u64) -> usize {
        // The index is not empty, so the shift is less than 64.
        (hash >> (self.index.len().leading_zeros() + 1)) as usize & (self.index.len() - 1)
    }

    /// Does the same as [`CountTable::add`] for a long text.
    #[inline(never)]
    fn add_long(&mut self, key: ValueKey, long: &[u8], count: u64, capacity: Capacity) -> bool {
        if !self.index.is_empty()
            && let Ok(entry) = self.find_long(key, long)
        {
            self.counted[entry].count += count;
            return true;
        }
        self.insert(key, long, count, capacity)
    }

    /// Returns the entry of a long text (`Ok`), or the free slot for it (`Err`). A sender can compute texts with the same key, so where another text
    /// has the key, the search continues at a slot that depends on the whole text and on the secret.
    #[inline]
    fn find_long(&self, key: ValueKey, long: &[u8]) -> Result<usize, usize> {
        let mask = self.index.len() - 1;
        let mut slot = self.first_slot(key);
        let mut has_jumped = false;
        while let Some(entry) = usize::from(self.index[slot]).checked_sub(1) {
            slot = (slot + 1) & mask;
            if self.counted[entry].key == key {
                if self.long(entry) == long {
                    return Ok(entry);
                }
                if !has_jumped {
                    has_jumped = true;
                    slot = self.slot(self.secret.hash_long(long));
                }
            }
        }
        Err(slot)
    }

    #[inline(never)]
    fn insert(&mut self, key: ValueKey, long: &[u8], count: u64, capacity: Capacity) -> bool {
        let bytes = self.bytes.saturating_add(value_key::text_length(key));
        let start = u32::try_from(self.texts.len());
        let (true, Ok(start)) =
            (self.counted.len() < capacity.values.min(usize::from(u16::MAX)) && bytes <= capacity.bytes, start)
        else {
            return false;
        };
        let entry = self.counted.len();
        self.counted.push(CountedValue { key, count });
        self.bytes = bytes;
        if value_key::is_long(key) {
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
    #[inline]
    fn link(&mut self, entry: usize) {
        let key = self.counted[entry].key;
        let mut slot = self.first_slot(key);
        if value_key::is_long(key) {
            // The text is not in the index yet, so a free slot is found.
            slot = self.find_long(key, self.long(entry)).unwrap_or_else(|free| free);
        } else {
            while self.index[slot] != 0 {
                slot = (slot + 1) & (self.index.len() - 1);
            }
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

    const WIDE: Capacity = Capacity { values: 4096, bytes: 1 << 20 };

    #[test]
    fn a_value_beyond_the_bound_is_not_added_and_known_ones_are_counted() {
        let capacity = Capacity { values: 2, bytes: 40 };
        let mut table = CountTable::default();
        let (long, longer) = ([b'a'; 20], [b'b'; 21]);
        assert!(table.add(value_key::of_text(&long), &long, 1, capacity));
        assert!(!table.add(value_key::of_text(&longer), &longer, 1, capacity));
        assert!(table.add(value_key::of_text(b"short"), &[], 1, capacity));
        assert!(!table.add(value_key::of_text(b"third"), &[], 1, capacity));
        assert!(table.add(value_key::of_text(&long), &long, 5, capacity));
        assert_eq!(table.entries().map(|entry| entry.count).sum::<u64>(), 7);
        assert_eq!(table.len(), 2);
    }

    /// Texts with the same key: the first block has a zero as factor in each, so the rest of it does not count.
    fn of_one_key(count: u64) -> Vec<Vec<u8>> {
        let first = 0x1319_8a2e_0370_7345_u64.to_le_bytes();
        let texts: Vec<_> =
            (0..count).map(|number| [&first[..], &number.to_le_bytes(), &[b'x'; 16]].concat()).collect();
        assert!(texts.iter().all(|text| value_key::of_text(text) == value_key::of_text(&texts[0])));
        texts
    }

    /// Returns how many slots the search for an entry passes.
    fn steps(table: &CountTable, entry: usize) -> usize {
        let slot = table.index.iter().position(|&other| usize::from(other) == entry + 1).expect("it has a slot");
        let starts = [table.secret.hash(table.counted[entry].key), table.secret.hash_long(table.long(entry))];
        let steps = starts.map(|hash| slot.wrapping_sub(table.slot(hash)) & (table.index.len() - 1));
        steps.into_iter().min().unwrap_or_default()
    }

    #[test]
    fn values_that_are_made_to_collide_are_found_in_few_steps() {
        let integers: Vec<i64> = {
            // Values whose hash under the constants of `strong_hash` begins with zeros.
            let hash = |value: i64| {
                crate::swar::folded_product(value as u64 ^ 0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345) >> 54
            };
            (0..).filter(|&value| hash(value) == 0).take(2000).collect()
        };
        let mut table = CountTable::default();
        assert!(integers.iter().all(|&value| table.add(value_key::of_integer(value), &[], 1, WIDE)));
        assert!((0..2000).all(|entry| steps(&table, entry) < 100));
        let mut table = CountTable::default();
        let texts = of_one_key(2000);
        for _ in 0..2 {
            assert!(texts.iter().all(|text| table.add(value_key::of_text(text), text, 1, WIDE)));
        }
        assert_eq!(table.len(), 2000);
        assert!((0..2000).all(|entry| steps(&table, entry) < 100));
        assert!(table.entries().all(|entry| entry.count == 2));
    }

    proptest! {
        #[test]
        fn counts_are_those_of_a_map(texts in prop::collection::vec("[ab]{0,5}|[ab]{14,18}", 0..400), integers in prop::collection::vec(any::<i16>(), 0..2000)) {
            let mut table = CountTable::default();
            let mut expected = BTreeMap::new();
            for text in &texts {
                let text = text.as_bytes();
                prop_assert!(table.add(value_key::of_text(text), text, 1, WIDE));
                *expected.entry(text.to_vec()).or_insert(0) += 1;
            }
            let found: BTreeMap<Vec<u8>, u64> =
                table.entries().map(|entry| (entry.with_text(<[u8]>::to_vec), entry.count)).collect();
            prop_assert_eq!(found, expected);

            let mut table = CountTable::default();
            let mut expected = BTreeMap::new();
            for &integer in &integers {
                prop_assert!(table.add(value_key::of_integer(integer.into()), &[], 2, WIDE));
                *expected.entry(i64::from(integer)).or_insert(0) += 2;
            }
            let found: BTreeMap<i64, u64> = table.entries().map(|entry| (value_key::integer(entry.key), entry.count)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
