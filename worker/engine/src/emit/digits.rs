//! Digits of numbers, appended to a line.

use std::ops::Range;

use crate::packed_text::push_first;

/// Appends the decimal digits of `number`.
#[inline]
pub(crate) fn push_number(number: u64, out: &mut Vec<u8>) {
    const EIGHT: u64 = 100_000_000;
    if number >= EIGHT {
        return push_large_number(number, out);
    }
    let digits = eight_digits(number);
    // Zeros in front are left out; the last digit stays, also of 0.
    let zeros = ((digits ^ u64::from_le_bytes(*b"00000000")).trailing_zeros() / 8).min(7);
    push_first(&(digits >> (8 * zeros)).to_le_bytes(), 8 - zeros as usize, out);
}

#[cold]
fn push_large_number(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(number.to_string().as_bytes());
}

/// The last digits of a number that is part of a text. While the digits in front of them stay the same, the text with
/// another number is a copy in which only the last digits are replaced.
#[derive(Default)]
pub(crate) struct LastDigits {
    /// The numbers that differ from the number in the text only in the last digits.
    numbers: Range<u64>,
    /// The offset of the last digits in the text.
    at: usize,
}

impl LastDigits {
    /// How many last digits are replaced.
    const DIGITS: usize = 4;

    /// Appends `number` to the text.
    pub(crate) fn push(number: u64, text: &mut Vec<u8>) -> Self {
        const NUMBERS: u64 = 10_u64.pow(LastDigits::DIGITS as u32);
        text.extend_from_slice(number.to_string().as_bytes());
        // A shorter number has fewer digits than that.
        if number < NUMBERS {
            return Self::default();
        }
        let first = number - number % NUMBERS;
        Self { numbers: first..first.saturating_add(NUMBERS), at: text.len() - Self::DIGITS }
    }

    /// Returns true if `number` differs from the number in the text only in the last digits.
    #[inline]
    pub(crate) fn suffice_for(&self, number: u64) -> bool {
        self.numbers.contains(&number)
    }

    /// Writes the last digits of `number` into a copy of the text.
    ///
    /// # Panics
    /// When the copy is shorter than the text.
    #[inline]
    pub(crate) fn put(&self, number: u64, text: &mut [u8]) {
        let digits = four_digits((number - self.numbers.start) as u32);
        text[self.at..self.at + Self::DIGITS].copy_from_slice(&digits.to_le_bytes());
    }
}

/// Returns the eight digits of a number below 10^8, the first one in the lowest byte.
#[inline]
fn eight_digits(number: u64) -> u64 {
    // Both halves are computed at once, as one after the other would take longer.
    let (high, low) = ((number / 10_000) as u32, (number % 10_000) as u32);
    u64::from(four_digits(high)) | u64::from(four_digits(low)) << 32
}

/// Returns the four digits of a number below 10^4, the first one in the lowest byte.
#[inline]
fn four_digits(number: u32) -> u32 {
    /// `00` to `99`.
    const PAIRS: [u16; 100] = {
        let mut pairs = [0; 100];
        let mut at = 0;
        while at < 100 {
            pairs[at] = u16::from_le_bytes([b'0' + (at / 10) as u8, b'0' + (at % 10) as u8]);
            at += 1;
        }
        pairs
    };
    let pair = |number: u32| u32::from(PAIRS[number as usize]);
    pair(number / 100) | pair(number % 100) << 16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_written_in_full(number: u64, digits in 0..20u32) {
            let power = 10u64.pow(digits);
            for number in [number, number % power, power, power - 1] {
                let mut out = Vec::new();
                push_number(number, &mut out);
                prop_assert_eq!(out, number.to_string().into_bytes());
            }
        }

        #[test]
        fn another_number_differs_in_its_last_digits(number: u64, digits in 0..20u32, other in 0..20_000u64) {
            let number = number % 10u64.pow(digits);
            let mut text = b"x".to_vec();
            let last = LastDigits::push(number, &mut text);
            let other = number.saturating_add(other).saturating_sub(10_000);
            let (of_number, of_other) = (number.to_string(), other.to_string());
            prop_assert_eq!(&text[1..], of_number.as_bytes());
            // The greatest number of all is not among them: the end of the range would overflow.
            let is_other = number >= 10_000 && number / 10_000 == other / 10_000 && other < u64::MAX;
            prop_assert_eq!(last.suffice_for(other), is_other);
            if last.suffice_for(other) {
                last.put(other, &mut text);
                prop_assert_eq!(&text[1..], of_other.as_bytes());
            }
        }
    }
}
