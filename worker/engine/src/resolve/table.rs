//! Fingerprints, and where in the file each stood first: 28 bytes for each, in tables that grow one by one.

use crate::resolve::candidates::First;

/// A fingerprint, and 48 bits each of record and line; all 0 = free.
pub(super) type Slot = [u32; 7];

/// Bytes of it, in memory and in a file.
pub(super) const SLOT_BYTES: usize = size_of::<Slot>();

/// Tables that are filled evenly, as fingerprints are random: while one of them grows, the others stay as they are, so that no more than a
/// part of the memory is there twice.
const SEGMENTS: usize = 1 << SEGMENT_BITS;
const SEGMENT_BITS: u32 = 7;

/// Bytes that a fingerprint counts: at most 44, as at least 64 of 100 places are taken in a table that has just grown, and what the allocator
/// keeps of tables that one thread has made and another one has freed.
pub(super) const BYTES: u64 = 56;

/// Most bytes that it takes.
#[cfg(test)]
const MOST: usize = 44;

#[derive(Debug, Default)]
struct Segment {
    slots: Vec<Slot>,
    taken: usize,
}

#[derive(Debug, Default)]
pub(super) struct Table {
    segments: Vec<Segment>,
}

pub(super) fn print_of(slot: &Slot) -> u128 {
    let word = |place: usize| u128::from(slot[place]);
    word(0) | word(1) << 32 | word(2) << 64 | word(3) << 96
}

fn slot_of(print: u128, first: First) -> Slot {
    let First { record, line } = first;
    let word = |place: u32| (print >> (32 * place)) as u32;
    let high = (record >> 32) as u32 & 0xffff | ((line >> 32) as u32) << 16;
    [word(0), word(1), word(2), word(3), record as u32, line as u32, high]
}

pub(super) fn first_of(slot: &Slot) -> First {
    let &[.., record, line, high] = slot;
    First {
        record: u64::from(record) | u64::from(high & 0xffff) << 32,
        line: u64::from(line) | u64::from(high >> 16) << 32,
    }
}

/// The slot as it stands in a file.
pub(super) fn bytes_of(slot: &Slot) -> [u8; SLOT_BYTES] {
    let mut bytes = [0; SLOT_BYTES];
    bytes.as_chunks_mut().0.iter_mut().zip(slot).for_each(|(bytes, word)| *bytes = word.to_le_bytes());
    bytes
}

/// The slot that stands in a file.
pub(super) fn slot_from(bytes: &[u8; SLOT_BYTES]) -> Slot {
    let mut slot = [0; 7];
    slot.iter_mut().zip(bytes.as_chunks().0).for_each(|(word, bytes)| *word = u32::from_le_bytes(*bytes));
    slot
}

impl Segment {
    /// Where the fingerprint is, or where there is room for it.
    #[inline]
    fn place(&self, print: u128) -> Option<usize> {
        let count = self.slots.len();
        let mut place = self.start(print)?;
        loop {
            let found = print_of(&self.slots[place]);
            if found == print || found == 0 {
                return Some(place);
            }
            place = if place + 1 == count { 0 } else { place + 1 };
        }
    }

    /// Where it is looked for first.
    #[inline]
    fn start(&self, print: u128) -> Option<usize> {
        let place = (u128::from(print as u64) * self.slots.len() as u128) >> 64;
        (!self.slots.is_empty()).then_some(place as usize)
    }

    fn insert(&mut self, slot: Slot) {
        if self.taken * 5 >= self.slots.len() * 4 {
            self.grow();
        }
        // cannot fail: there is a free place.
        if let Some(place) = self.place(print_of(&slot)) {
            self.slots[place] = slot;
            self.taken += 1;
        }
    }

    fn grow(&mut self) {
        let more = (self.slots.len() + self.slots.len() / 4).max(8);
        let before = std::mem::replace(&mut self.slots, vec![[0; 7]; more]);
        for slot in before {
            let print = print_of(&slot);
            if print != 0
                && let Some(place) = self.place(print)
            {
                self.slots[place] = slot;
            }
        }
    }
}

impl Table {
    fn segment(&self, print: u128) -> Option<&Segment> {
        self.segments.get((print >> (128 - SEGMENT_BITS)) as usize)
    }

    pub(super) fn len(&self) -> usize {
        self.segments.iter().map(|segment| segment.taken).sum()
    }

    /// All that is in it, part by part in the order of fingerprints. A part is freed before the next is sorted.
    pub(super) fn into_sorted_parts(self) -> impl Iterator<Item = Vec<Slot>> {
        self.segments.into_iter().map(|segment| {
            let mut slots = segment.slots;
            slots.retain(|slot| print_of(slot) != 0);
            slots.sort_unstable_by_key(print_of);
            slots
        })
    }

    /// Where the fingerprint stood first.
    #[inline]
    pub(super) fn find(&self, print: u128) -> Option<First> {
        let segment = self.segment(print)?;
        let slot = &segment.slots[segment.place(print)?];
        (print_of(slot) == print).then(|| first_of(slot))
    }

    /// Reads where the fingerprint will be looked for: many such reads wait for the memory together, look-ups one after the other.
    #[inline]
    pub(super) fn touch(&self, print: u128) -> u32 {
        let slot = self.segment(print).and_then(|segment| segment.slots.get(segment.start(print)?));
        slot.map_or(0, |slot| slot[0])
    }

    /// Takes a fingerprint that is not there yet.
    pub(super) fn insert(&mut self, print: u128, first: First) {
        if self.segments.is_empty() {
            self.segments.resize_with(SEGMENTS, Segment::default);
        }
        self.segments[(print >> (128 - SEGMENT_BITS)) as usize].insert(slot_of(print, first));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::resolve::fingerprint::Fingerprints;

    #[test]
    fn the_bytes_are_what_is_said() {
        let (mut table, prints) = (Table::default(), Fingerprints::default());
        for number in 0..300_000 {
            table.insert(prints.of_integer(number), First { record: 1, line: 1 });
            // Before that, tables of a few places count for more.
            if number > 50_000 && number % 1000 == 0 {
                let bytes: usize =
                    table.segments.iter().map(|segment| segment.slots.capacity() * size_of::<Slot>()).sum();
                assert!(bytes <= MOST * (number as usize + 1), "{bytes} bytes of {number}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_table_holds_what_was_put_into_it(
            entries in prop::collection::vec((0..2000u64, 1..1u64 << 48, 1..1u64 << 48), 0..3000), crowded: bool,
        ) {
            let prints = Fingerprints::default();
            // Fingerprints that all begin at one place, too.
            let print = |number: u64| if crowded { u128::from(number + 1) << 64 } else { prints.of_integer(number as i64) };
            let (mut table, mut oracle) = (Table::default(), HashMap::new());
            for (number, record, line) in entries {
                let print = print(number);
                prop_assert_eq!(table.find(print), oracle.get(&print).copied());
                table.touch(print);
                oracle.entry(print).or_insert_with(|| {
                    let first = First { record, line };
                    table.insert(print, first);
                    first
                });
            }
            for (print, first) in oracle {
                prop_assert_eq!(table.find(print), Some(first));
            }
        }
    }
}
