//! Short cells packed into integers, for look-ups, and their patterns: texts that differ only in their digits have one pattern.
//!
//! `$1,234.50` and `$9,871.25` have the pattern `$9,999.99`. A pattern keeps zeros at the start of digits, because a number with a needless zero is
//! written in another notation. Apart from these zeros, digits do not decide whether a number candidate accepts a text: fifteen digits always fit
//! into 64 bits, and exceed a double only with an exponent of three digits. So in a column of amounts the number candidates are tested once for
//! each pattern, and not for each cell.

use crate::direct_mapped::Slotted;
use crate::packed_text::{mask, short};
use crate::swar::{WIDE_HIGH_BITS, WIDE_ONES, folded_product, wide_zeros};
use crate::typing::values::Span;

/// Bytes that are read at the start of a cell, whatever its length is.
const WINDOW: usize = 16;

/// A text of up to fifteen bytes with its length in the highest byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PackedCell(u128);

impl PackedCell {
    /// Longest text that is packed.
    const LONGEST: usize = WINDOW - 1;

    /// Packs a cell as it stands in the data. Returns [`Slotted::OTHER`] for a text that is too long, or too near to the end of the data for a window.
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

    /// Packs a text; `None` if the text is too long.
    #[inline]
    pub(super) fn of_text(text: &[u8]) -> Option<Self> {
        let bytes = short(text).filter(|_| text.len() <= Self::LONGEST)?;
        Some(Self::packed(bytes, text.len()))
    }

    #[inline(always)]
    fn packed(bytes: u128, length: usize) -> Self {
        Self(bytes | (length as u128) << 120)
    }

    /// Returns the pattern: digits become 9, except zeros without a digit in front of them, and digits behind an `e` or `E`. A
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

impl Slotted for PackedCell {
    const EMPTY: Self = Self(0);
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
            let pattern = PackedCell::of_text(text.as_bytes()).map(PackedCell::pattern);
            assert_eq!(pattern, PackedCell::of_text(expected.as_bytes()), "{text}");
        }
        assert_eq!(PackedCell::of_text(b"1234567890123456"), None);
        assert_eq!(PackedCell::OTHER.pattern(), PackedCell::OTHER);
    }

    #[test]
    fn a_cell_is_packed_like_its_text() {
        let data = b"0123456789abcdefghij";
        for length in 0..=data.len() {
            let key = PackedCell::of(data, Span::between(0, length as u32));
            assert_eq!(key, PackedCell::of_text(&data[..length]).unwrap_or(PackedCell::OTHER), "{length}");
        }
        assert_eq!(
            PackedCell::of(data, Span::between(4, 8)),
            PackedCell::of_text(b"4567").unwrap_or(PackedCell::OTHER)
        );
        assert_eq!(
            PackedCell::of(data, Span::between(5, 8)),
            PackedCell::OTHER,
            "the window would end behind the data"
        );
    }
}
