//! Numbers.

use std::io::Write;

use crate::parse::decimal::{Decimal, Parts};
use crate::parse::normalize::{Affixes, plain_decimal, special};
use crate::parse::word::{SignedWord, Word};

/// A number that was read from a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// The nearest double, ties to even.
    pub value: f64,
    /// The exact value, when it is a decimal of at most 18 digits of which at most 22 are behind the point.
    pub decimal: Option<Decimal>,
}

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// A double holds every integer up to this one exactly.
const EXACT_INTEGER: u64 = 1 << 53;

/// A number with this many digits always fits into a mantissa.
const SAFE_DIGITS: usize = 18;

/// Reads a number: an optional sign, digits with at most one decimal character among or around them, an optional
/// exponent (`E` or `e`, optional sign, digits); or `NaN`, `INF`, `-INF` in any letter case.
///
/// `affixes`, `group_char` and `decimal_char` have the same meaning as in [`plain_decimal`]. A finite number beyond the doubles
/// (`1e400`) is refused: as an infinity it would be another value.
#[inline(always)]
pub fn number(cell: &[u8], affixes: Affixes, group_char: Option<char>, decimal_char: char) -> Option<Number> {
    // Group and decimal characters outside ASCII, and cells with text around the number, take the slow path.
    match simple(cell, ascii_point(decimal_char)) {
        Some(number) => Some(number),
        None => general(cell, affixes, group_char, decimal_char),
    }
}

/// Reads a number of up to eight bytes of `data`, the first of them at `start`, with this decimal character. If it returns a value, [`number`]
/// returns the same with this decimal character; `None` does not mean that the text is no number.
#[inline(always)]
pub(crate) fn number_in(data: &[u8], start: usize, length: usize, point: Option<u8>) -> Option<Number> {
    let SignedWord { mut word, is_negative } = Word::signed_in(data, start, length)?;
    let scale = point.map_or(0, |point| word.take_out(point));
    Some(exact(is_negative, word.digits()?, scale as usize))
}

/// Returns the decimal character as a byte, if it is ASCII and may stand in a plain decimal.
pub(crate) fn ascii_point(decimal_char: char) -> Option<u8> {
    u8::try_from(decimal_char).ok().filter(u8::is_ascii_punctuation)
}

/// Reads a plain decimal of few digits. `None` does not mean that the text is no number.
#[inline(always)]
fn simple(cell: &[u8], point: Option<u8>) -> Option<Number> {
    let (negative, text) = match cell {
        [b'-', text @ ..] => (true, text),
        [b'+', text @ ..] => (false, text),
        text => (false, text),
    };
    if let Some(mut word) = Word::of(text) {
        let scale = point.map_or(0, |point| word.take_out(point));
        return Some(exact(negative, word.digits()?, scale as usize));
    }
    // One byte more than the digits, for the decimal character.
    if text.is_empty() || text.len() > SAFE_DIGITS + 1 {
        return None;
    }
    let mut mantissa = 0u64;
    let mut bytes = text.iter();
    let mut scale = 0;
    for &byte in bytes.by_ref() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            if Some(byte) != point {
                return None;
            }
            scale = bytes.len();
            for &byte in bytes.by_ref() {
                let digit = byte.wrapping_sub(b'0');
                if digit > 9 {
                    return None;
                }
                mantissa = mantissa * 10 + u64::from(digit);
            }
            if text.len() == 1 {
                return None;
            }
            return Some(exact(negative, mantissa, scale));
        }
        mantissa = mantissa * 10 + u64::from(digit);
    }
    // The text has nineteen digits and no decimal character.
    if text.len() > SAFE_DIGITS {
        return None;
    }
    Some(exact(negative, mantissa, scale))
}

/// Returns `mantissa` × 10^−`scale`, where `mantissa` < 10^18 and `scale` ≤ 22.
#[inline]
fn exact(negative: bool, mantissa: u64, scale: usize) -> Number {
    let magnitude = if mantissa < EXACT_INTEGER {
        // A double holds both exactly, so the quotient is the nearest double.
        mantissa.cast_signed() as f64 / POWERS[scale]
    } else {
        inexact(mantissa, scale)
    };
    let signed = if negative { -(mantissa as i64) } else { mantissa as i64 };
    Number {
        value: if negative { -magnitude } else { magnitude },
        decimal: Some(Decimal { mantissa: signed, scale: scale as u8 }),
    }
}

/// Returns the nearest double of a quotient whose dividend a double does not hold exactly.
#[cold]
fn inexact(mantissa: u64, scale: usize) -> f64 {
    if scale == 0 {
        return mantissa as f64;
    }
    // At most 18 digits, `e-` and two more.
    let mut text = [0; 24];
    let mut rest = &mut text[..];
    let written = write!(rest, "{mantissa}e-{scale}");
    let unused = rest.len();
    let digits = &text[..text.len() - unused];
    // Cannot fail: the text fits and is a number.
    written.ok().and_then(|()| fast_float2::parse(digits).ok()).unwrap_or(f64::NAN)
}

/// Reads every form that [`simple`] does not read.
#[inline(never)]
fn general(cell: &[u8], affixes: Affixes, group_char: Option<char>, decimal_char: char) -> Option<Number> {
    let plain = plain_decimal(cell, affixes, group_char, decimal_char);
    if let Some(value) = special(&plain) {
        return Some(Number { value, decimal: None });
    }
    let parts = Parts::of(&plain)?;
    if let Some(Decimal { mantissa, scale }) = parts.decimal() {
        return Some(exact(parts.negative, mantissa.unsigned_abs(), usize::from(scale)));
    }
    let value: f64 = fast_float2::parse(&*plain).ok()?;
    value.is_finite().then_some(Number { value, decimal: None })
}

/// Returns true if a text is a decimal number beyond the largest double.
#[cold]
pub fn is_beyond_doubles(cell: &[u8], affixes: Affixes, group_char: Option<char>, decimal_char: char) -> bool {
    let plain = plain_decimal(cell, affixes, group_char, decimal_char);
    Parts::of(&plain).is_some() && fast_float2::parse::<f64, _>(&*plain).is_ok_and(f64::is_infinite)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> Option<Number> {
        number(text.as_bytes(), Affixes::Refused, None, '.')
    }

    #[test]
    fn what_is_a_number_and_what_is_not() {
        for (cell, expected) in [
            ("0", Some(0.0)),
            ("12.50", Some(12.5)),
            ("-.5", Some(-0.5)),
            ("5.", Some(5.0)),
            ("+1e3", Some(1000.0)),
            ("1E-3", Some(0.001)),
            ("INF", Some(f64::INFINITY)),
            ("-inf", Some(f64::NEG_INFINITY)),
            ("1e-400", Some(0.0)),
            ("1e400", None),
            ("", None),
            ("-", None),
            (".", None),
            ("e5", None),
            ("1e", None),
            ("1e+", None),
            ("1.2.3", None),
            ("1,5", None),
            (" 1", None),
            ("+INF", None),
            ("infinity", None),
            ("0x10", None),
            ("1_000", None),
        ] {
            assert_eq!(plain(cell).map(|number| number.value), expected, "{cell}");
        }
        assert!(plain("NaN").unwrap().value.is_nan());
    }

    #[test]
    fn the_exact_decimal_is_given_up_to_18_digits() {
        for (cell, expected) in [
            ("12.50", Some((1250, 2))),
            ("-0.1", Some((-1, 1))),
            ("999999999999999999", Some((999_999_999_999_999_999, 0))),
            ("0.123456789012345678", Some((123_456_789_012_345_678, 18))),
            ("0.1234567890123456789", None),
            ("0.1000000000000000000000000", Some((1, 1))),
            ("000000000000000000000000001.5", Some((15, 1))),
            ("1.5e-3", Some((15, 4))),
            ("1.5e3", Some((1500, 0))),
            ("1e17", Some((100_000_000_000_000_000, 0))),
            ("1e18", None),
            ("1e-22", Some((1, 22))),
            ("1e-23", None),
            ("1234567890123456789", None),
            ("NaN", None),
        ] {
            let found = plain(cell).unwrap().decimal.map(|decimal| (decimal.mantissa, decimal.scale));
            assert_eq!(found, expected, "{cell}");
        }
    }

    #[test]
    fn other_notations_are_taken_when_declared() {
        let value = |cell: &str, affixes, group, decimal| {
            number(cell.as_bytes(), affixes, group, decimal).map(|number| number.value)
        };
        assert_eq!(value("1.234,5", Affixes::Refused, Some('.'), ','), Some(1234.5));
        assert_eq!(value("1,5", Affixes::Refused, None, ','), Some(1.5));
        assert_eq!(value("1.5", Affixes::Refused, None, ','), None);
        assert_eq!(value("1,234.5", Affixes::Refused, Some(','), '.'), Some(1234.5));
        assert_eq!(value("€ 1\u{202f}234,50 net", Affixes::Stripped, Some('\u{202f}'), ','), Some(1234.5));
        assert_eq!(value("-$95", Affixes::Stripped, None, '.'), None);
        assert_eq!(value("1٫5", Affixes::Refused, None, '٫'), Some(1.5));
    }

    proptest! {
        #[test]
        fn the_value_is_the_nearest_double(text in r"[-+]?([0-9]{1,25}(\.[0-9]{0,25})?|\.[0-9]{1,25})([eE][-+]?[0-9]{1,3})?") {
            let expected: f64 = text.parse().unwrap();
            match plain(&text) {
                Some(number) => prop_assert_eq!(number.value.to_bits(), expected.to_bits(), "{}", text),
                None => prop_assert!(expected.is_infinite(), "{}", text),
            }
        }

        #[test]
        fn few_digits_in_the_middle_are_the_same(text in "[-+]?[0-9x]{0,5}[.,]?[0-9]{0,4}", behind in "[0-9.,-]{0,9}") {
            let data = format!("{text}{behind}");
            for (point, decimal_char, group_char) in [(Some(b'.'), '.', None), (Some(b','), ',', Some('.')), (None, '٫', Some(','))] {
                if let Some(found) = number_in(data.as_bytes(), 0, text.len(), point) {
                    let expected = number(text.as_bytes(), Affixes::Refused, group_char, decimal_char);
                    prop_assert_eq!(Some(found), expected);
                    prop_assert_eq!(expected.map(|it| it.value.to_bits()), Some(found.value.to_bits()));
                } else if (1..=8).contains(&text.len()) && behind.len() >= 8 && group_char.is_none() && !text.starts_with('+') {
                    prop_assert_eq!(number(text.as_bytes(), Affixes::Refused, None, decimal_char), None);
                }
            }
        }

        #[test]
        fn decimals_of_all_sizes_are_correctly_rounded(mantissa in 0u64..1_000_000_000_000_000_000, digits in 0..18usize, shift in 0..60u32) {
            let text = format!("{:0>19}", mantissa >> shift);
            let (whole, fraction) = text.split_at(19 - digits);
            let whole = whole.trim_start_matches('0');
            let text = format!("{whole}.{fraction}");
            prop_assume!(text.len() > 1);
            let number = plain(&text).unwrap();
            prop_assert_eq!(number.value, text.parse::<f64>().unwrap());
            let decimal = number.decimal.unwrap();
            prop_assert_eq!(decimal.mantissa, (mantissa >> shift) as i64);
            prop_assert_eq!(usize::from(decimal.scale), digits);
        }

        #[test]
        fn only_numbers_of_the_grammar_are_taken(text in r"[-+.eE0-9x,]{0,8}") {
            let grammar = regex::Regex::new(r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$").unwrap();
            let finite = text.parse::<f64>().is_ok_and(f64::is_finite);
            prop_assert_eq!(plain(&text).is_some(), grammar.is_match(&text) && finite, "{}", text);
        }
    }
}
