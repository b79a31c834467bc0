//! Fingerprints, each with the first row that has it: a log in the order of the file, and an index of the log.
//!
//! # For maintainers
//!
//! Most keys are new, and their hashes are spread over the whole table, so the cost of a row is waiting for memory. A
//! processor can wait for several reads at once, but hardly for writes that are spread over a large memory, because it
//! first has to look up the pages. So the log, which is the large part, is written sequentially, and the index, which
//! is accessed all over, is small:
//!
//! ```text
//! log    │ fingerprint, record and line of the first key, 28 bytes │ of the second │ of the third │ …
//! index  │ 10 tags, of 16 bits, and the 10 numbers in the log that belong to them: one line of the cache │ the next bucket │ …
//! ```
//!
//! A new key costs the cache line of its bucket, which is prefetched ([`Table::prefetch`]), and in one of about ten
//! thousand cases also an entry of the log that has the same tag. A full bucket overflows into the next one. Slots are
//! filled from the first one on; a tag of 0 marks a free slot. When four of five slots are used, the index is rebuilt
//! from the log, twice as large.

use crate::resolve::first_row::FirstRow;

/// An entry of the log: a fingerprint, and 48 bits each of record and line.
pub(super) type Slot = [u32; 7];

/// Bytes of an entry, in memory and in a file.
pub(super) const SLOT_BYTES: usize = size_of::<Slot>();

/// Bytes that are counted for a fingerprint. It takes at most 46 in a table whose index was just rebuilt, with two of
/// five slots used; the rest is a margin for memory that the allocator keeps because one thread took it and another one
/// freed it.
pub const BYTES: u64 = 56;

/// Most bytes that a fingerprint takes in a table.
#[cfg(test)]
const MOST: usize = 46;

/// The greatest limit on the bytes of all keys, because the numbers of entries have 32 bits.
pub(super) const MOST_BYTES: u64 = BYTES * u32::MAX as u64;

/// Entries of a piece of the log, as a power of two: pieces do not move when the log grows.
const PIECE_BITS: u32 = 10;

/// Entries of a piece.
const PIECE: usize = 1 << PIECE_BITS;

/// Parts in which a large table is written to a file, so that each part fits in the cache.
const PARTS: usize = 256;

/// A table with fewer entries is written in one part.
const SMALL: usize = 1 << 16;

/// Entries whose buckets are prefetched before the first of them is put into its bucket.
const AT_ONCE: usize = 32;

/// Slots of a bucket: tags and numbers of entries fill a line of the cache.
const SLOTS: usize = 10;

/// The tags and the numbers of up to ten entries of the log.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Bucket {
    tags: [u16; SLOTS],
    entries: [u32; SLOTS],
}

/// The memory of logs that were written to a file, to be filled again. New memory would cost more: the system clears
/// each page that it hands out, which takes as long as filling it.
#[derive(Debug, Default)]
pub(super) struct Pieces(Vec<Vec<Slot>>);

impl Pieces {
    fn take(&mut self) -> Vec<Slot> {
        self.0.pop().unwrap_or_else(|| Vec::with_capacity(PIECE))
    }

    pub(super) fn give_back(&mut self, mut piece: Vec<Slot>) {
        // The first piece of a table grows with its entries, and may have less room than a piece.
        if piece.capacity() >= PIECE {
            piece.clear();
            self.0.push(piece);
        }
    }
}

/// A set of fingerprints with their positions.
#[derive(Debug, Default)]
pub(super) struct Table {
    log: Vec<Vec<Slot>>,
    count: usize,
    index: Vec<Bucket>,
}

pub(super) fn fingerprint_of(slot: &Slot) -> u128 {
    let word = |nth: usize| u128::from(slot[nth]);
    word(0) | word(1) << 32 | word(2) << 64 | word(3) << 96
}

fn slot_of(fingerprint: u128, first: FirstRow) -> Slot {
    let FirstRow { record, line } = first;
    let word = |nth: u32| (fingerprint >> (32 * nth)) as u32;
    let high = (record >> 32) as u32 & 0xffff | ((line >> 32) as u32) << 16;
    [word(0), word(1), word(2), word(3), record as u32, line as u32, high]
}

pub(super) fn first_of(slot: &Slot) -> FirstRow {
    let &[.., record, line, high] = slot;
    FirstRow {
        record: u64::from(record) | u64::from(high & 0xffff) << 32,
        line: u64::from(line) | u64::from(high >> 16) << 32,
    }
}

/// Returns the bytes of a slot in a file.
pub(super) fn bytes_of(slot: &Slot) -> [u8; SLOT_BYTES] {
    let mut bytes = [0; SLOT_BYTES];
    bytes.as_chunks_mut().0.iter_mut().zip(slot).for_each(|(bytes, word)| *bytes = word.to_le_bytes());
    bytes
}

/// Returns the slot with these bytes in a file.
pub(super) fn slot_from(bytes: &[u8; SLOT_BYTES]) -> Slot {
    let mut slot = [0; 7];
    slot.iter_mut().zip(bytes.as_chunks().0).for_each(|(word, bytes)| *word = u32::from_le_bytes(*bytes));
    slot
}

/// Returns the bits of a fingerprint that its bucket keeps; never 0.
#[inline]
fn tag_of(fingerprint: u128) -> u16 {
    (fingerprint as u16).max(1)
}

/// Returns the index of the bucket of a fingerprint among `count` buckets. Buckets are ordered by fingerprint.
#[inline]
pub(super) fn home(fingerprint: u128, count: usize) -> usize {
    ((u128::from((fingerprint >> 64) as u64) * count as u128) >> 64) as usize
}

/// Puts the number of an entry into the first free slot of its bucket or of a later one. There has to be a free slot.
#[inline]
fn put(index: &mut [Bucket], fingerprint: u128, entry: u32) {
    let mut at = home(fingerprint, index.len());
    loop {
        let bucket = &mut index[at];
        let taken = bucket.tags.iter().map(|&tag| usize::from(tag != 0)).sum::<usize>();
        if taken < SLOTS {
            bucket.tags[taken] = tag_of(fingerprint);
            bucket.entries[taken] = entry;
            return;
        }
        at = if at + 1 == index.len() { 0 } else { at + 1 };
    }
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.count
    }

    #[inline]
    fn slot(&self, entry: u32) -> &Slot {
        &self.log[(entry >> PIECE_BITS) as usize][entry as usize & (PIECE - 1)]
    }

    /// Returns the first row with the key that has this fingerprint; `None` if the table does not have it.
    #[inline]
    pub(super) fn find(&self, fingerprint: u128) -> Option<FirstRow> {
        let (mut at, tag) = (home(fingerprint, self.index.len()), tag_of(fingerprint));
        while let Some(bucket) = self.index.get(at) {
            // All tags are compared without a branch, because mostly none matches.
            if bucket.tags.iter().fold(false, |any, &other| any | (other == tag))
                && let Some(first) = self.find_in(bucket, fingerprint)
            {
                return Some(first);
            }
            if bucket.tags[SLOTS - 1] == 0 {
                break;
            }
            at = if at + 1 == self.index.len() { 0 } else { at + 1 };
        }
        None
    }

    fn find_in(&self, bucket: &Bucket, fingerprint: u128) -> Option<FirstRow> {
        let entries = bucket.tags.iter().zip(&bucket.entries).filter(|&(&tag, _)| tag == tag_of(fingerprint));
        let slot = entries.map(|(_, &entry)| self.slot(entry)).find(|slot| fingerprint_of(slot) == fingerprint);
        slot.map(first_of)
    }

    /// Reads the line with which a look-up of the fingerprint will begin: many such reads wait for memory together,
    /// while look-ups would wait one after the other. The result means nothing; without it the compiler would remove
    /// the read.
    #[inline]
    pub(super) fn prefetch(&self, fingerprint: u128) -> u32 {
        self.index.get(home(fingerprint, self.index.len())).map_or(0, |bucket| bucket.tags[0].into())
    }

    /// Adds a fingerprint that is not in the table yet.
    pub(super) fn insert(&mut self, fingerprint: u128, first: FirstRow, pieces: &mut Pieces) {
        if self.count * 5 >= self.index.len() * SLOTS * 4 {
            self.grow();
        }
        if self.count >> PIECE_BITS == self.log.len() {
            // The first piece grows with its entries: most tables are small.
            self.log.push(if self.log.is_empty() { Vec::new() } else { pieces.take() });
        }
        self.log[self.count >> PIECE_BITS].push(slot_of(fingerprint, first));
        put(&mut self.index, fingerprint, self.count as u32);
        self.count += 1;
    }

    #[cold]
    fn grow(&mut self) {
        let buckets = (2 * self.index.len()).max(1);
        // The old index is freed first: all that it holds can be read from the log.
        self.index = Vec::new();
        self.index = vec![Bucket::default(); buckets];
        let mut entry = 0;
        for slots in self.log.iter().flat_map(|piece| piece.chunks(AT_ONCE)) {
            let read =
                slots.iter().fold(0, |read, slot| read ^ self.index[home(fingerprint_of(slot), buckets)].tags[0]);
            std::hint::black_box(read);
            for slot in slots {
                put(&mut self.index, fingerprint_of(slot), entry);
                entry += 1;
            }
        }
    }

    /// Returns an empty table whose index has room for about this many keys, so that it need not grow step by step.
    pub(super) fn for_about(keys: usize) -> Self {
        // A little more room, so that the last key does not double the index.
        let buckets = if keys < SMALL { 0 } else { ((keys + keys / 64) * 5).div_ceil(SLOTS * 4) };
        Self { index: vec![Bucket::default(); buckets], ..Self::default() }
    }

    /// Returns all entries, in parts that are ordered by fingerprint; within a part there is no order. The pieces of
    /// the log are reused for the parts as soon as they are read, so that the memory hardly grows.
    pub(super) fn into_parts(self, pieces: &mut Pieces) -> Vec<Vec<Vec<Slot>>> {
        let Self { log, count, index } = self;
        drop(index);
        let mut parts: Vec<Vec<Vec<Slot>>> = vec![Vec::new(); if count < SMALL { 1 } else { PARTS }];
        let number = parts.len();
        for piece in log {
            for slot in &piece {
                let part = &mut parts[home(fingerprint_of(slot), number)];
                match part.last_mut() {
                    Some(last) if last.len() < PIECE => last.push(*slot),
                    _ => {
                        let mut next = pieces.take();
                        next.push(*slot);
                        part.push(next);
                    }
                }
            }
            pieces.give_back(piece);
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::resolve::fingerprint::Fingerprinter;

    #[test]
    fn a_fingerprint_takes_no_more_bytes_than_stated() {
        let (mut table, fingerprinter) = (Table::default(), Fingerprinter::default());
        let mut pieces = Pieces::default();
        for number in 0..300_000 {
            table.insert(fingerprinter.of_integer(number), FirstRow { record: 1, line: 1 }, &mut pieces);
            // In a smaller table the unused part of the last piece weighs more.
            if number > 50_000 && number % 1000 == 0 {
                let of_log: usize = table.log.iter().map(|piece| piece.capacity() * SLOT_BYTES).sum();
                let bytes = of_log + table.index.capacity() * size_of::<Bucket>();
                assert!(bytes <= MOST * (number as usize + 1), "{bytes} bytes of {number}");
            }
        }
    }

    fn sorted(table: Table) -> Vec<(u128, FirstRow)> {
        let parts = table.into_parts(&mut Pieces::default());
        let mut all: Vec<_> =
            parts.iter().flatten().flatten().map(|slot| (fingerprint_of(slot), first_of(slot))).collect();
        all.sort_unstable_by_key(|&(fingerprint, _)| fingerprint);
        all
    }

    #[test]
    fn the_parts_of_a_large_table_are_in_the_order_of_fingerprints() {
        let (mut table, mut oracle, fingerprinter) =
            (Table::for_about(90_000), BTreeMap::new(), Fingerprinter::default());
        let mut pieces = Pieces::default();
        for number in 0..100_000 {
            let (fingerprint, first) = (fingerprinter.of_integer(number), FirstRow { record: number as u64, line: 7 });
            table.insert(fingerprint, first, &mut pieces);
            oracle.insert(fingerprint, first);
        }
        assert_eq!(table.find(fingerprinter.of_integer(-1)), None);
        assert!(oracle.iter().all(|(&fingerprint, &first)| table.find(fingerprint) == Some(first)));
        let parts = table.into_parts(&mut pieces);
        assert_eq!(parts.len(), PARTS);
        for (part, slots) in parts.iter().enumerate() {
            assert!(slots.iter().flatten().all(|slot| home(fingerprint_of(slot), PARTS) == part));
        }
        assert_eq!(parts.iter().flatten().map(Vec::len).sum::<usize>(), oracle.len());
        // Each part has at most one piece that is not full; all other pieces were reused.
        let made = parts.iter().map(Vec::len).sum::<usize>() + pieces.0.len();
        assert!(made <= 100_000 / PIECE + PARTS + 1, "{made}");
    }

    proptest! {
        #[test]
        fn a_table_holds_what_was_put_into_it(
            entries in prop::collection::vec((0..2000u64, 1..1u64 << 48, 1..1u64 << 48), 0..3000), crowded: bool,
        ) {
            let fingerprinter = Fingerprinter::default();
            // Also fingerprints that all belong to one bucket.
            let fingerprint = |number: u64| if crowded { u128::from(number + 1) << 16 | 5 } else { fingerprinter.of_integer(number as i64) };
            let (mut table, mut oracle, mut pieces) = (Table::default(), BTreeMap::new(), Pieces::default());
            for (number, record, line) in entries {
                let fingerprint = fingerprint(number);
                prop_assert_eq!(table.find(fingerprint), oracle.get(&fingerprint).copied());
                table.prefetch(fingerprint);
                oracle.entry(fingerprint).or_insert_with(|| {
                    let first = FirstRow { record, line };
                    table.insert(fingerprint, first, &mut pieces);
                    first
                });
            }
            for (&fingerprint, &first) in &oracle {
                prop_assert_eq!(table.find(fingerprint), Some(first));
            }
            prop_assert_eq!(table.len(), oracle.len());
            prop_assert_eq!(sorted(table), oracle.into_iter().collect::<Vec<_>>());
        }
    }
}
