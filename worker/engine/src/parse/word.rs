//! Reads digits without a loop: up to eight characters are the bytes of a word. A loop would end after another number of turns in each cell,
//! which the processor cannot predict.

use crate::packed_text::short;
use crate::swar::{HIGH_BITS, ONES, splat, zeros};

/// Most characters of a word.
pub(super) const WORD: usize = 8;

/// The digit 0 in each byte.
const ZEROS: u64 = splat(b'0');

/// One to eight characters. The last one is the highest byte, and all bytes below the first one are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    bytes: u64,
    length: u32,
}

/// A word with the minus that stands in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SignedWord {
    pub(super) word: Word,
    pub(super) is_negative: bool,
}

impl Word {
    /// Makes a word of a text; `None` for an empty text and for more than eight bytes.
    #[inline]
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let length = text.len();
        if !(1..=WORD).contains(&length) {
            return None;
        }
        let bytes = (short(text)? as u64) << (8 * (WORD - length));
        Some(Self { bytes, length: length as u32 })
    }

    /// Makes a word of a text of up to eight bytes inside `data`, without the minus in front of it. `None` when no character is left, for longer texts, and near the end of the data. There is no branch on the length.
    #[inline(always)]
    pub(super) fn signed_in(data: &[u8], start: usize, length: usize) -> Option<SignedWord> {
        let window = u64::from_le_bytes(*data.get(start..)?.first_chunk()?);
        let is_negative = window as u8 == b'-';
        let signs = u32::from(is_negative);
        // Wraps around for an empty text that stands in front of a minus.
        let characters = (length as u32).wrapping_sub(signs);
        if length > WORD || !(1..=WORD as u32).contains(&characters) {
            return None;
        }
        let bytes = window >> (8 * signs) << (u64::BITS - 8 * characters);
        Some(SignedWord { word: Self { bytes, length: characters }, is_negative })
    }

    /// Removes the first `character`, and returns the number of characters behind it; 0 also when there is no such character.
    #[inline]
    pub(super) fn take_out(&mut self, character: u8) -> u32 {
        let found = zeros(self.bytes ^ splat(character));
        if found == 0 {
            return 0;
        }
        let at = found.trailing_zeros() / 8;
        let before = self.bytes & ((1 << (8 * at)) - 1);
        let behind = self.bytes & (u64::MAX << 8 << (8 * at));
        self.bytes = before << 8 | behind;
        self.length -= 1;
        WORD as u32 - 1 - at
    }

    /// Returns the number whose digits the characters are; `None` when a character is no digit, and when there are no characters.
    #[inline]
    pub(super) fn digits(self) -> Option<u64> {
        // `None` for a length of 0, for which the shift would be by all 64 bits.
        let digits = self.bytes ^ (ZEROS.checked_shl(u64::BITS - 8 * self.length)?);
        // For a byte above 9, adding 0x76 sets the high bit.
        if (((digits & !HIGH_BITS) + ONES * 0x76) | digits) & HIGH_BITS != 0 {
            return None;
        }
        // Adds up pairs, then fours, then all: the lowest byte is the most significant digit.
        let pairs = digits * 10 + (digits >> 8);
        let fours = |pairs: u64, weights: u64| (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(weights);
        let sum = fours(pairs, 100 | 1_000_000 << 32).wrapping_add(fours(pairs >> 16, 1 | 10_000 << 32));
        Some(sum >> 32)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn digits_are_those_of_the_standard_library(text in "[0-9]{0,9}|[0-9./:e\\-]{1,8}|[\\x00-\\xff]{1,8}") {
            let expected = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
            let expected = expected.filter(|_| text.len() <= WORD);
            prop_assert_eq!(Word::of(text.as_bytes()).and_then(Word::digits), expected);
        }

        #[test]
        fn a_word_in_the_middle_is_that_of_its_text(text in "[0-9-]{0,10}", behind in "[0-9-]{0,9}") {
            let data = format!("{text}{behind}");
            let (is_negative, digits) = match text.strip_prefix('-') {
                Some(digits) => (true, digits),
                None => (false, &*text),
            };
            let expected = Word::of(digits.as_bytes()).filter(|_| text.len() <= WORD && data.len() >= WORD);
            prop_assert_eq!(Word::signed_in(data.as_bytes(), 0, text.len()), expected.map(|word| SignedWord { word, is_negative }));
        }

        #[test]
        fn a_character_is_taken_out_at_its_first_place(text in "[0-9.]{1,8}") {
            let Some(mut word) = Word::of(text.as_bytes()) else { return Ok(()); };
            let (without, behind) = match text.split_once('.') {
                Some((before, behind)) => (format!("{before}{behind}"), behind.len()),
                None => (text.clone(), 0),
            };
            prop_assert_eq!(word.take_out(b'.') as usize, behind);
            let expected = without.bytes().all(|byte| byte.is_ascii_digit()).then(|| without.parse().ok()).flatten();
            prop_assert_eq!(word.digits(), expected);
        }
    }
}
