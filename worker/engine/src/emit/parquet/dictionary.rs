//! The different texts of a column, numbered in the order of their first occurrence.
//!
//! No file may make the dictionary slow, so its hash has a secret, and which texts collide in the table cannot be
//! predicted. The bytes of the file do not depend on the secret.

use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use crate::packed_text::{LONGEST, short};
use crate::swar::folded_product;

/// Most bytes of the different texts of a dictionary, each with its length in front. Columns with more are compressed
/// better without a dictionary, if texts are soon repeated.
const MOST_BYTES: usize = 256 << 10;

/// After this many texts, a column with too many different ones gets no dictionary.
const TRIED: usize = 8 << 10;

/// Bytes of the length in front of a text.
pub(super) const LENGTH_BYTES: usize = 4;

/// A text of the dictionary.
#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u64,
    /// The offset of the first occurrence in the texts of the column.
    start: u32,
    length: u32,
    /// The bytes of a short text; 0 for a longer one.
    packed: u128,
}

/// Assigns numbers to texts. Its memory is reused.
#[derive(Debug)]
pub(super) struct Dictionary {
    secret: [u64; 2],
    entries: Vec<Entry>,
    /// For each slot the number of an entry plus one, or 0 if the slot is free. The number of slots is a power of two,
    /// at least twice that of entries.
    table: Vec<u32>,
    bytes: usize,
    /// The number of each text.
    pub(super) numbers: Vec<u32>,
}

impl Dictionary {
    pub(super) fn new() -> Self {
        let state = RandomState::new();
        Self {
            secret: [1, 2].map(|nth| state.hash_one(nth)),
            entries: Vec::new(),
            table: Vec::new(),
            bytes: 0,
            numbers: Vec::new(),
        }
    }

    /// Assigns numbers to the texts that start and end at these offsets of `bytes`. Returns false, without usable
    /// numbers, if a dictionary does not pay.
    pub(super) fn assign_numbers(&mut self, bytes: &[u8], spans: impl Iterator<Item = Range<u32>>) -> bool {
        self.entries.clear();
        self.numbers.clear();
        self.table.clear();
        self.table.resize(1 << 10, 0);
        self.bytes = 0;
        let mut all = 0;
        for Range { start, end } in spans {
            let text = &bytes[start as usize..end as usize];
            all += LENGTH_BYTES + text.len();
            let number = self.number_of(bytes, text, start);
            self.numbers.push(number);
            let is_new = number as usize + 1 == self.entries.len();
            if is_new && self.is_too_large() {
                return false;
            }
        }
        // A number in a page takes at most as many bytes as the length in front of a text.
        self.bytes <= all / 2
    }

    fn is_too_large(&self) -> bool {
        let (different, all) = (self.entries.len(), self.numbers.len());
        self.bytes > MOST_BYTES || all >= TRIED && different * 4 > all * 3
    }

    #[inline]
    fn number_of(&mut self, bytes: &[u8], text: &[u8], start: u32) -> u32 {
        let packed = short(text);
        let hash = self.hash(text, packed);
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let number = self.table[at];
            if number == 0 {
                return self.add(
                    text,
                    Entry { hash, start, length: text.len() as u32, packed: packed.unwrap_or(0) },
                    at,
                );
            }
            let entry = &self.entries[number as usize - 1];
            let is_same = entry.hash == hash
                && entry.length as usize == text.len()
                && match packed {
                    Some(packed) => entry.packed == packed,
                    None => bytes[entry.start as usize..][..text.len()] == *text,
                };
            if is_same {
                return number - 1;
            }
            at = (at + 1) & mask;
        }
    }

    #[inline(never)]
    fn add(&mut self, text: &[u8], entry: Entry, at: usize) -> u32 {
        self.bytes += LENGTH_BYTES + text.len();
        self.entries.push(entry);
        let number = self.entries.len() as u32;
        self.table[at] = number;
        if self.entries.len() * 2 > self.table.len() {
            let slots = self.table.len() * 2;
            self.table.clear();
            self.table.resize(slots, 0);
            for (entry, number) in self.entries.iter().zip(1..) {
                let mut at = entry.hash as usize & (slots - 1);
                while self.table[at] != 0 {
                    at = (at + 1) & (slots - 1);
                }
                self.table[at] = number;
            }
        }
        number - 1
    }

    /// A hash in the manner of wyhash (Wang Yi): folded products of 128 bits.
    #[inline]
    fn hash(&self, text: &[u8], packed: Option<u128>) -> u64 {
        let [one, other] = self.secret;
        let of_word = |word: u128, before: u64| folded_product(word as u64 ^ before ^ one, (word >> 64) as u64 ^ other);
        let length = text.len() as u64;
        match packed {
            Some(packed) => of_word(packed, length.rotate_left(32)),
            None => {
                let (words, _) = text.as_chunks::<LONGEST>();
                let hash = words.iter().fold(length, |hash, word| of_word(u128::from_le_bytes(*word), hash));
                // The rest is hashed as the last sixteen bytes, which a long text has.
                text.last_chunk().map_or(hash, |last| of_word(u128::from_le_bytes(*last), hash))
            }
        }
    }

    /// Returns the number of different texts.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns the text with this number.
    pub(super) fn text<'t>(&self, bytes: &'t [u8], number: u32) -> &'t [u8] {
        let entry = &self.entries[number as usize];
        &bytes[entry.start as usize..][..entry.length as usize]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns the texts one behind the other, and where each of them stands.
    fn joined(texts: &[String]) -> (Vec<u8>, Vec<Range<u32>>) {
        let mut bytes = Vec::new();
        let mut span = |text: &String| {
            let start = bytes.len() as u32;
            bytes.extend_from_slice(text.as_bytes());
            start..bytes.len() as u32
        };
        let spans = texts.iter().map(&mut span).collect();
        (bytes, spans)
    }

    #[test]
    fn texts_that_are_mostly_different_get_no_dictionary() {
        let texts: Vec<String> = (0..20_000).map(|number| number.to_string()).collect();
        let (bytes, all) = joined(&texts);
        let mut dictionary = Dictionary::new();
        assert!(!dictionary.assign_numbers(&bytes, all.into_iter()));
        assert!(dictionary.numbers.len() <= TRIED);
        // Texts that are too large for a dictionary get none, either.
        let texts: Vec<String> = (0..40).map(|number| "x".repeat(60_000 + number / 2)).collect();
        let (bytes, all) = joined(&texts);
        assert!(!dictionary.assign_numbers(&bytes, all.into_iter()));
    }

    proptest! {
        #[test]
        fn a_text_has_one_number(parts in prop::collection::vec("[ab]{0,3}|[a-b]{15,18}|é{1,40}", 0..400), repeats in 2..5usize) {
            let texts: Vec<String> = parts.iter().cycle().take(parts.len() * repeats).cloned().collect();
            let (bytes, all) = joined(&texts);
            let mut dictionary = Dictionary::new();
            prop_assert!(dictionary.assign_numbers(&bytes, all.iter().cloned()));
            let mut oracle: Vec<&String> = Vec::new();
            for (text, &number) in texts.iter().zip(&dictionary.numbers) {
                if !oracle.contains(&text) {
                    oracle.push(text);
                }
                prop_assert_eq!(oracle[number as usize], text);
                prop_assert_eq!(dictionary.text(&bytes, number), text.as_bytes());
            }
            prop_assert_eq!(dictionary.len(), oracle.len());
        }
    }
}
