//! Values as keys of 16 bytes.
//!
//! | bytes | typed value | text of at most 14 bytes | longer text |
//! |---|---|---|---|
//! | 0–7 | its 64 bits | the text, followed by zeros | hash |
//! | 8–13 | kind of number (see `number`), nanoseconds of a time | the text, continued | length (4 bytes) |
//! | 14 | 0 | length | 255 |
//! | 15 | sampling level, or 0 | the same | the same |
//!
//! The keys of typed values and of short texts identify the values; for long texts, the texts have to be compared as well.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use crate::bound::PreciseTime;
use crate::packed_text::{mask, short};
use crate::swar::folded_product;

/// The key of a value.
pub(super) type ValueKey = u128;

/// Longest text that is its own key.
const INLINE: usize = 14;

const LENGTH_SHIFT: u32 = 112;
const LEVEL_SHIFT: u32 = 120;
const LONG: u128 = 0xff << LENGTH_SHIFT;
const LONG_LENGTH_SHIFT: u32 = 64;

/// Odd constants without structure: the first digits of π and e, in hexadecimal.
const MULTIPLIERS: [u64; 4] =
    [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345, 0xb7e1_5162_8aed_2a6b, 0xbf71_5880_9cf4_f3c7];

/// The secret of this process, from which tables compute slots: without it a sender cannot make values that all have the same slot. No output
/// depends on slots.
#[derive(Clone, Copy, Debug)]
pub(super) struct Secret([u64; 3]);

impl Default for Secret {
    fn default() -> Self {
        static SECRET: LazyLock<Secret> = LazyLock::new(|| {
            let state = RandomState::new();
            Secret([0, 1, 2].map(|nth| state.hash_one(nth)))
        });
        *SECRET
    }
}

impl Secret {
    /// Returns the hash of a key for look-ups in a table.
    #[inline]
    pub(super) fn hash(self, key: ValueKey) -> u64 {
        folded_product(key as u64 ^ self.0[0], (key >> 64) as u64 ^ self.0[1])
    }

    /// Returns the hash of a text that is not in its key. It tells texts with the same key apart.
    #[cold]
    pub(super) fn hash_long(self, text: &[u8]) -> u64 {
        match short(text) {
            Some(few) => hash_text(&few.to_le_bytes(), self.0),
            None => hash_text(text, self.0),
        }
    }
}

/// Returns a hash of which every bit depends on every bit of the value. It is the same in every process.
#[inline]
pub(super) fn strong_hash(key: ValueKey) -> u64 {
    let hash = folded_product(key as u64 ^ MULTIPLIERS[0], (key >> 64) as u64 ^ MULTIPLIERS[1]);
    folded_product(hash ^ MULTIPLIERS[2], MULTIPLIERS[3])
}

/// Returns the hash of a text of at least 16 bytes.
#[inline]
fn hash_text(text: &[u8], multipliers: [u64; 3]) -> u64 {
    let (blocks, rest) = text.as_chunks::<16>();
    let halves = |block: &[u8; 16]| {
        let block = u128::from_le_bytes(*block);
        (block as u64, (block >> 64) as u64)
    };
    let mut state = multipliers[0] ^ text.len() as u64;
    for block in blocks {
        let (low, high) = halves(block);
        state = folded_product(low ^ multipliers[1], high ^ state);
    }
    // The rest is hashed as the last 16 bytes, which overlap the previous block.
    if let (false, Some(block)) = (rest.is_empty(), text.last_chunk()) {
        let (low, high) = halves(block);
        state = folded_product(low ^ multipliers[2], high ^ state);
    }
    state
}

/// Returns the key of a text.
#[inline]
pub(super) fn of_text(text: &[u8]) -> ValueKey {
    let length = text.len();
    match short(text) {
        Some(bytes) if length <= INLINE => bytes | (length as u128) << LENGTH_SHIFT,
        few => {
            const CONSTANTS: [u64; 3] = [MULTIPLIERS[0], MULTIPLIERS[1], MULTIPLIERS[2]];
            let hash = few.map_or_else(|| hash_text(text, CONSTANTS), |few| hash_text(&few.to_le_bytes(), CONSTANTS));
            LONG | u128::from(hash) | (length as u32 as u128) << LONG_LENGTH_SHIFT
        }
    }
}

/// Returns the key of the text `data[start..start + length]`.
#[inline]
pub(super) fn of_text_in(data: &[u8], start: usize, length: usize) -> ValueKey {
    // Lengths vary from cell to cell: the bytes behind a short text are masked out, which needs no branch on the length.
    match data[start..].first_chunk() {
        Some(window) if length <= INLINE => {
            u128::from_le_bytes(*window) & mask(length) | (length as u128) << LENGTH_SHIFT
        }
        _ => of_text(&data[start..start + length]),
    }
}

/// Returns true for the key of a text that is too long to be in its key.
#[inline]
pub(super) fn is_long(key: ValueKey) -> bool {
    key & LONG == LONG
}

/// Returns the length of the text of a key in bytes; 0 for a typed value.
#[inline]
pub(super) fn text_length(key: ValueKey) -> usize {
    if is_long(key) { (key >> LONG_LENGTH_SHIFT) as u32 as usize } else { (key >> LENGTH_SHIFT) as u8 as usize }
}

/// Returns the length of a text that is in its key and in ASCII; `None` for any other text.
#[inline]
pub(super) fn ascii_length(key: ValueKey) -> Option<u64> {
    const HIGH_BITS: u128 = 0x8080_8080_8080_8080_8080_8080_8080;
    // Of all lengths only 255, which marks a long key, has its high bit set.
    let is_ascii = key & (HIGH_BITS | 0x80 << LENGTH_SHIFT) == 0;
    is_ascii.then_some((key >> LENGTH_SHIFT) as u8 as u64)
}

/// Returns the text that is in a key, followed by zeros, and its length.
pub(super) fn inline_text(key: ValueKey) -> ([u8; 16], usize) {
    (key.to_le_bytes(), text_length(key).min(INLINE))
}

/// Returns the key marked with a sampling level.
pub(super) fn with_level(key: ValueKey, level: u8) -> ValueKey {
    key | u128::from(level) << LEVEL_SHIFT
}

/// Returns the sampling level of a marked key.
pub(super) fn level(key: ValueKey) -> u8 {
    (key >> LEVEL_SHIFT) as u8
}

/// Returns the key without its mark.
pub(super) fn without_level(key: ValueKey) -> ValueKey {
    key & !(0xff << LEVEL_SHIFT)
}

/// Returns the key of an integer or a time.
#[inline]
pub(super) fn of_integer(value: i64) -> ValueKey {
    u128::from(value as u64)
}

/// Returns the key of a time with nanoseconds beyond its microseconds.
pub(super) fn of_precise_time(time: PreciseTime) -> ValueKey {
    of_integer(time.microseconds) | u128::from(time.nanoseconds) << 64
}

/// Returns the nanoseconds in the key of a time.
pub(super) fn nanoseconds(key: ValueKey) -> u16 {
    (key >> 64) as u16
}

/// Returns the time of a key.
pub(super) fn precise_time(key: ValueKey) -> PreciseTime {
    PreciseTime { microseconds: integer(key), nanoseconds: nanoseconds(key) }
}

/// Returns the integer in a key.
#[inline]
pub(super) fn integer(key: ValueKey) -> i64 {
    key as u64 as i64
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn short_texts_are_in_their_keys() {
        let text = b"abcdefghijklmno";
        for length in 0..=INLINE {
            let key = of_text(&text[..length]);
            assert!(!is_long(key));
            let (bytes, found) = inline_text(key);
            assert_eq!(&bytes[..found], &text[..length]);
        }
        assert!(is_long(of_text(text)));
        assert_eq!(text_length(of_text(text)), 15);
    }

    #[test]
    fn a_zero_byte_makes_another_text() {
        assert_ne!(of_text(b"a"), of_text(b"a\0"));
        assert_ne!(of_text(b""), of_text(b"\0"));
    }

    #[test]
    fn the_length_of_ascii_is_in_its_key() {
        for (text, expected) in
            [("", Some(0)), ("abc", Some(3)), ("abcdefghijklmn", Some(14)), ("zoë", None), ("abcdefghijklmno", None)]
        {
            assert_eq!(ascii_length(of_text(text.as_bytes())), expected, "{text}");
        }
    }

    #[test]
    fn a_level_can_be_removed_from_a_key() {
        for key in [of_text(b"ab"), of_text(&[b'x'; 100]), of_integer(-1)] {
            let marked = with_level(key, 17);
            assert_eq!((level(marked), without_level(marked)), (17, key));
            assert_ne!(Secret::default().hash(marked), Secret::default().hash(key));
        }
    }

    #[test]
    fn hashes_of_counted_values_do_not_collide() {
        let mut seen = HashMap::new();
        for number in 0..200_000u32 {
            for key in [
                of_integer(i64::from(number)),
                of_text(format!("{number}").as_bytes()),
                of_text(format!("customer number {number:06}").as_bytes()),
            ] {
                assert_eq!(seen.insert(strong_hash(key), key), None);
            }
        }
        let low: std::collections::HashSet<u64> = seen.keys().map(|hash| hash & 0xffff).collect();
        let high: std::collections::HashSet<u64> = seen.keys().map(|hash| hash >> 48).collect();
        assert!(low.len() > 65_000 && high.len() > 65_000);
    }

    proptest! {
        #[test]
        fn different_texts_have_different_keys(a in prop::collection::vec(any::<u8>(), 0..40), at in 0..40usize, bit in 0..8) {
            let mut b = a.clone();
            match b.get_mut(at) {
                Some(byte) => *byte ^= 1u8 << bit,
                None => b.push(0),
            }
            prop_assert_ne!(of_text(&a), of_text(&b));
            prop_assert_eq!(of_text(&a), of_text(&a.clone()));
            for start in 0..=a.len() {
                for end in start..=a.len() {
                    prop_assert_eq!(of_text_in(&a, start, end - start), of_text(&a[start..end]));
                }
            }
            prop_assert_eq!(text_length(of_text(&a)), u32::try_from(a.len()).unwrap() as usize);
        }
    }
}
