//! Short texts packed into numbers, to be looked up, and the patterns of such texts: texts that differ only in their digits have one pattern.
//!
//! `$1,234.50` and `$9,871.25` have one pattern. Whether a kind of number accepts a text depends on its pattern alone, as long as a zero stays in
//! it that other digits may follow. (Fifteen digits are never too large for an integer, and need an exponent of three digits to be too large for
//! a double.) So a column of amounts asks the kinds of numbers for a few patterns, and not for each cell.

use crate::direct_mapped::Slotted;
use crate::packed_text::{mask, short};
use crate::swar::{WIDE_HIGH_BITS, WIDE_ONES, folded_product, wide_zeros};
use crate::typing::values::Span;

/// Bytes that are read at the start of a cell, whatever its length is.
const WINDOW: usize = 16;

/// A text of up to fifteen bytes with its length in the highest byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(u128);

impl Key {
    /// Longest text that has a key.
    const LONGEST: usize = WINDOW - 1;

    /// Returns the key of the text of a cell as it stands in the data.
    #[inline(always)]
    pub(super) fn of(data: &[u8], span: Span) -> Self {
        let length = span.len();
        match data.get(span.start()..).and_then(<[u8]>::first_chunk::<WINDOW>) {
            Some(window) if length <= Self::LONGEST => {
                Self::packed(u128::from_le_bytes(*window) & mask(length), length)
            }
            _ => Self::OTHER,
        }
    }

    /// Returns the key of a text; `None` if the text is too long.
    #[inline]
    pub(super) fn of_text(text: &[u8]) -> Option<Self> {
        let bytes = short(text).filter(|_| text.len() <= Self::LONGEST)?;
        Some(Self::packed(bytes, text.len()))
    }

    #[inline(always)]
    fn packed(bytes: u128, length: usize) -> Self {
        Self(bytes | (length as u128) << 120)
    }

    /// Returns the key of the pattern of a text: digits become 9, except zeros without a digit in front of them, and digits behind an `e` or `E`. A
    /// text with more than two digits behind an `e` or `E` is its own pattern.
    #[inline]
    pub(super) fn pattern(self) -> Self {
        // 0 to 9 in bytes that are digits, which the length is not. Above 9, adding 0x76 reaches the high bit; above 0, adding 0x7f does.
        let values = self.0 ^ (WIDE_ONES * u128::from(b'0'));
        let low = values & !WIDE_HIGH_BITS;
        let digits = !((low + WIDE_ONES * 0x76) | values) & WIDE_HIGH_BITS;
        let zeros = digits & !(low + WIDE_ONES * 0x7f);
        let leading_zeros = zeros & !(digits << 8);
        let before_exponent = before_exponent(self.0);
        let but_lowest = |bits: u128| bits & bits.wrapping_sub(1);
        if but_lowest(but_lowest(digits & !before_exponent)) != 0 {
            return self;
        }
        let replaced = digits & !leading_zeros & before_exponent;
        // All bits of these bytes, of which the last one is never the highest.
        let mask = (replaced << 1).wrapping_sub(replaced >> 7);
        Self(self.0 & !mask | mask & (WIDE_ONES * u128::from(b'9')))
    }
}

impl Slotted for Key {
    const EMPTY: Self = Self(0);
    /// Also a text that is too near to the end of the data for a window.
    const OTHER: Self = Self(u128::MAX);

    #[inline(always)]
    fn slot(self, shift: u32) -> usize {
        const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
        let (low, high) = (self.0 as u64, (self.0 >> 64) as u64);
        ((low ^ folded_product(high, FACTOR)).wrapping_mul(FACTOR) >> shift) as usize
    }
}

/// Returns a mask of the bits below the first `e` or `E`.
#[inline]
fn before_exponent(bytes: u128) -> u128 {
    let exponents = wide_zeros((bytes | (WIDE_ONES * 0x20)) ^ (WIDE_ONES * u128::from(b'e')));
    exponents.wrapping_sub(1) & !exponents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_nines_but_for_leading_zeros_and_exponents() {
        for (text, expected) in [
            ("", ""),
            ("0", "0"),
            ("7", "9"),
            ("100", "999"),
            ("007", "099"),
            ("-0.05", "-0.09"),
            ("$1,023.50", "$9,099.99"),
            ("1,000;0", "9,099;0"),
            ("1.5e-07", "9.9e-07"),
            ("1.8E308", "1.8E308"),
            ("3E5 1", "9E5 1"),
            ("é/:9\u{b9}", "é/:9\u{b9}"),
            ("123456789012345", "999999999999999"),
        ] {
            let pattern = Key::of_text(text.as_bytes()).map(Key::pattern);
            assert_eq!(pattern, Key::of_text(expected.as_bytes()), "{text}");
        }
        assert_eq!(Key::of_text(b"1234567890123456"), None);
        assert_eq!(Key::OTHER.pattern(), Key::OTHER);
    }

    #[test]
    fn a_cell_has_the_key_of_its_text() {
        let data = b"0123456789abcdefghij";
        for length in 0..=data.len() {
            let key = Key::of(data, Span::between(0, length as u32));
            assert_eq!(key, Key::of_text(&data[..length]).unwrap_or(Key::OTHER), "{length}");
        }
        assert_eq!(Key::of(data, Span::between(4, 8)), Key::of_text(b"4567").unwrap_or(Key::OTHER));
        assert_eq!(Key::of(data, Span::between(5, 8)), Key::OTHER, "the window would end behind the data");
    }
}
