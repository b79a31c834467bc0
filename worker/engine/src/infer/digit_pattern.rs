//! Texts that differ in nothing but their digits: what one of them is as a number, the others are, too.
//!
//! `$1,234.50` and `$9,870.25` have one pattern. Whether a kind of number accepts a text depends on its pattern alone, as long as two things
//! stay in it: whether a zero stands in front of other digits, and the exponent, which may make a number too large for a double. (Fifteen digits
//! are never too large for an integer.) So a column of amounts asks the kinds of numbers for a few patterns, and not for each cell.

use super::set::Set;
use crate::packed_text::short;

/// Longest text that has a pattern.
const LONGEST: usize = 15;

/// 1 in each byte.
const ONES: u128 = u128::from_le_bytes([1; 16]);

/// Bit 7 of each byte.
const HIGH_BITS: u128 = ONES << 7;

/// The bytes of a text, with its length in the highest byte. Each digit is a 9, but for zeros without a digit in front, and for what is behind an
/// `e` or `E`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern(u128);

impl Pattern {
    /// `None` for a text that is too long.
    #[inline]
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let bytes = short(text).filter(|_| text.len() <= LONGEST)?;
        // 0 to 9 in bytes that are digits. Above 9, adding 0x76 reaches the high bit; above 0, adding 0x7f does.
        let values = bytes ^ (ONES * u128::from(b'0'));
        let low = values & !HIGH_BITS;
        let digits = !((low + ONES * 0x76) | values) & HIGH_BITS;
        let zeros = digits & !(low + ONES * 0x7f);
        let leading_zeros = zeros & !(digits << 8);
        let replaced = digits & !leading_zeros & before_exponent(bytes);
        let mask = (replaced >> 7) * 0xff;
        Some(Self(bytes & !mask | mask & (ONES * u128::from(b'9')) | (text.len() as u128) << 120))
    }

    fn slot(self) -> usize {
        let folded = self.0 as u64 ^ (self.0 >> 64) as u64;
        (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - Patterns::SLOTS.trailing_zeros())) as usize
    }
}

/// The bits below the first `e` or `E`.
fn before_exponent(bytes: u128) -> u128 {
    let others = (bytes | ONES * 0x20) ^ (ONES * u128::from(b'e'));
    // The lowest bit is exact.
    let exponents = others.wrapping_sub(ONES) & !others & HIGH_BITS;
    exponents.wrapping_sub(1) & !exponents
}

/// The candidates that reject the latest patterns of a column.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    /// None, or [`Patterns::SLOTS`] of them. Each pattern has one slot.
    slots: Vec<(Pattern, Set)>,
}

impl Patterns {
    const SLOTS: usize = 32;

    /// The candidates that reject a text, of those for which its pattern decides; `ask` returns them for a pattern that is not known.
    #[inline]
    pub(super) fn rejecting(&mut self, pattern: Pattern, ask: impl FnOnce() -> Set) -> Set {
        if self.slots.is_empty() {
            self.slots = vec![<(Pattern, Set)>::default(); Self::SLOTS];
        }
        let slot = &mut self.slots[pattern.slot()];
        if slot.0 != pattern {
            *slot = (pattern, ask());
        }
        slot.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_nines_but_for_leading_zeros_and_exponents() {
        for (text, expected) in [
            ("0", "0"),
            ("7", "9"),
            ("100", "999"),
            ("007", "099"),
            ("-0.05", "-0.09"),
            ("$1,023.50", "$9,999.99"),
            ("1,000;0", "9,099;0"),
            ("1.5e-308", "9.9e-308"),
            ("3E5 1", "9E5 1"),
            ("é/:9\u{b9}", "é/:9\u{b9}"),
            ("123456789012345", "999999999999999"),
        ] {
            let bytes = short(expected.as_bytes()).map(|bytes| bytes | (expected.len() as u128) << 120);
            assert_eq!(Pattern::of(text.as_bytes()), bytes.map(Pattern), "{text}");
        }
        assert_eq!(Pattern::of(b"1234567890123456"), None);
    }
}
