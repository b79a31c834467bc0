//! Integers.

use crate::parse::decimal::{ExactDecimal, Parts};
use crate::parse::normalize::{Affixes, plain_decimal};
use crate::parse::word::{SignedWord, Word};

/// Why a cell is not an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntegerError {
    /// The cell does not have the form of an integer.
    NotAnInteger,
    /// The cell is an integer that does not fit into 64 bits.
    OutOfRange,
}

/// A number with this many digits always fits into 64 bits.
const SAFE_DIGITS: usize = 18;

/// Reads an integer: an optional sign and digits, leading zeros allowed, no spaces.
///
/// `affixes` and `group_char` have the same meaning as in [`plain_decimal`].
///
/// # Errors
/// [`IntegerError::OutOfRange`] for an integer beyond −2⁶³ … 2⁶³−1, else [`IntegerError::NotAnInteger`].
#[inline(always)]
pub fn integer(cell: &[u8], affixes: Affixes, group_char: Option<char>) -> Result<i64, IntegerError> {
    match bare(cell) {
        Err(IntegerError::NotAnInteger) if affixes == Affixes::Stripped || group_char.is_some() => {
            with_notation(cell, affixes, group_char)
        }
        result => result,
    }
}

/// Reads an integer that is a number of JSON, which may have a point or an exponent: `5`, `5.0`, `0.5e1`.
///
/// # Errors
/// As [`integer`].
pub fn json_integer(number: &[u8]) -> Result<i64, IntegerError> {
    let error = match integer(number, Affixes::Refused, None) {
        Err(error) => error,
        value => return value,
    };
    let exact = ExactDecimal::of(number);
    if error == IntegerError::OutOfRange || Parts::of(number).is_none() || !exact.is_integer() {
        return Err(error);
    }
    let value = exact.scaled_integer().and_then(|scaled| {
        let power = 10_i64.checked_pow(u32::try_from(scaled.exponent).ok()?)?;
        scaled.mantissa.checked_mul(power)
    });
    value.ok_or(IntegerError::OutOfRange)
}

/// Reads an integer of up to eight bytes of `data`, the first of them at `start`. If it returns a value, [`integer`] returns the same for every
/// notation; `None` does not mean that the text is no integer.
#[inline(always)]
pub(crate) fn integer_in(data: &[u8], start: usize, length: usize) -> Option<i64> {
    let SignedWord { word, is_negative } = Word::signed_in(data, start, length)?;
    let value = word.digits()?.cast_signed();
    Some(if is_negative { -value } else { value })
}

#[inline(always)]
fn bare(cell: &[u8]) -> Result<i64, IntegerError> {
    let (negative, digits) = match cell {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if let Some(word) = Word::of(digits) {
        let value = word.digits().ok_or(IntegerError::NotAnInteger)?.cast_signed();
        return Ok(if negative { -value } else { value });
    }
    if digits.len() > SAFE_DIGITS {
        return long(negative, digits);
    }
    if digits.is_empty() {
        return Err(IntegerError::NotAnInteger);
    }
    let mut value = 0;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return Err(IntegerError::NotAnInteger);
        }
        value = value * 10 + i64::from(digit);
    }
    Ok(if negative { -value } else { value })
}

/// Reads digits that may be too many for 64 bits.
#[cold]
fn long(negative: bool, digits: &[u8]) -> Result<i64, IntegerError> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(IntegerError::NotAnInteger);
    }
    // Counts downwards, because the least number has no positive counterpart.
    let magnitude =
        digits.iter().try_fold(0i64, |value, byte| value.checked_mul(10)?.checked_sub(i64::from(byte - b'0')));
    match magnitude {
        Some(value) if negative => Some(value),
        Some(value) => value.checked_neg(),
        None => None,
    }
    .ok_or(IntegerError::OutOfRange)
}

#[inline(never)]
fn with_notation(cell: &[u8], affixes: Affixes, group_char: Option<char>) -> Result<i64, IntegerError> {
    // An integer has no decimal character. The one that is passed must only be no digit and differ from the group character.
    bare(&plain_decimal(cell, affixes, group_char, if group_char == Some('.') { ',' } else { '.' }))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use proptest::prelude::*;

    use super::IntegerError::*;
    use super::*;

    #[test]
    fn what_is_an_integer_and_what_is_not() {
        for (cell, expected) in [
            ("0", Ok(0)),
            ("-0", Ok(0)),
            ("+7", Ok(7)),
            ("007", Ok(7)),
            ("9223372036854775807", Ok(i64::MAX)),
            ("-9223372036854775808", Ok(i64::MIN)),
            ("9223372036854775808", Err(OutOfRange)),
            ("-9223372036854775809", Err(OutOfRange)),
            ("00000000000000000000000000012", Ok(12)),
            ("1000000000000000000000", Err(OutOfRange)),
            ("100000000000000000000x", Err(NotAnInteger)),
            ("", Err(NotAnInteger)),
            ("-", Err(NotAnInteger)),
            ("--1", Err(NotAnInteger)),
            (" 1", Err(NotAnInteger)),
            ("1.0", Err(NotAnInteger)),
            ("1e3", Err(NotAnInteger)),
            ("７", Err(NotAnInteger)),
        ] {
            assert_eq!(integer(cell.as_bytes(), Affixes::Refused, None), expected, "{cell}");
        }
    }

    #[test]
    fn a_number_of_json_without_a_fraction_is_an_integer() {
        for (number, expected) in [
            ("5", Ok(5)),
            ("5.0", Ok(5)),
            ("-5.00", Ok(-5)),
            ("0.5e1", Ok(5)),
            ("-0.0", Ok(0)),
            ("0e99", Ok(0)),
            ("2E3", Ok(2000)),
            ("9223372036854775807.0", Ok(i64::MAX)),
            ("-9223372036854775808.0", Ok(i64::MIN)),
            ("9223372036854775808.0", Err(OutOfRange)),
            ("9223372036854775808", Err(OutOfRange)),
            ("1e19", Err(OutOfRange)),
            ("1e400", Err(OutOfRange)),
            ("5.5", Err(NotAnInteger)),
            ("5e-1", Err(NotAnInteger)),
            ("true", Err(NotAnInteger)),
            ("[5]", Err(NotAnInteger)),
        ] {
            assert_eq!(json_integer(number.as_bytes()), expected, "{number}");
        }
    }

    #[test]
    fn groups_and_text_around_are_taken_when_declared() {
        assert_eq!(integer(b"1,234,567", Affixes::Refused, Some(',')), Ok(1_234_567));
        assert_eq!(integer(b"1.234", Affixes::Refused, Some('.')), Ok(1234));
        assert_eq!(integer(b"1,234", Affixes::Refused, None), Err(NotAnInteger));
        assert_eq!(integer(b"$-95 net", Affixes::Stripped, None), Ok(-95));
        assert_eq!(integer(b"$95.50", Affixes::Stripped, None), Err(NotAnInteger));
        assert_eq!(integer("1\u{a0}000 €".as_bytes(), Affixes::Stripped, Some('\u{a0}')), Ok(1000));
        assert_eq!(integer(b"9,223,372,036,854,775,808", Affixes::Refused, Some(',')), Err(OutOfRange));
    }

    proptest! {
        #[test]
        fn integers_are_those_of_128_bits_that_fit(value in any::<i128>(), shift in 0..127u32) {
            let value = value >> shift;
            let expected = i64::try_from(value).map_err(|_| OutOfRange);
            prop_assert_eq!(integer(value.to_string().as_bytes(), Affixes::Refused, None), expected);
        }

        #[test]
        fn few_digits_in_the_middle_are_the_same(text in "[-+]?[0-9x]{0,9}", behind in "[0-9-]{0,9}") {
            let data = format!("{text}{behind}");
            if let Some(value) = integer_in(data.as_bytes(), 0, text.len()) {
                prop_assert_eq!(integer(text.as_bytes(), Affixes::Refused, None), Ok(value));
                prop_assert_eq!(integer(text.as_bytes(), Affixes::Stripped, Some('.')), Ok(value));
            } else if (1..=8).contains(&text.len()) && behind.len() >= 8 && !text.starts_with('+') {
                prop_assert_eq!(integer(text.as_bytes(), Affixes::Refused, None), Err(NotAnInteger));
            }
        }

        #[test]
        fn any_text_is_read_as_by_the_standard_library(text in "[-+]?[0-9x]{0,24}") {
            let expected = text.parse::<i128>().ok();
            let found = integer(text.as_bytes(), Affixes::Refused, None);
            match expected {
                None => prop_assert_eq!(found, Err(NotAnInteger)),
                Some(value) => prop_assert_eq!(found, i64::try_from(value).map_err(|_| OutOfRange)),
            }
        }

        #[test]
        fn grouping_changes_nothing(value in any::<i64>()) {
            let digits = value.unsigned_abs().to_string();
            let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).unwrap()).collect();
            let text = format!("{}{}", if value < 0 { "-" } else { "" }, groups.join(","));
            prop_assert_eq!(integer(text.as_bytes(), Affixes::Refused, Some(',')), Ok(value));
        }
    }
}
