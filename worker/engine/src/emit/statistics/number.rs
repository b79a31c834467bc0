//! Numbers as keys, and back.
//!
//! Numbers with equal decimals are one value: 1.50 is 1.5, and two decimals of 18 digits with the same nearest double
//! are two values. The key of a decimal of at most 15 digits is its nearest double, because no two such decimals have
//! the same one. The key of a number of more than 18 digits is its nearest double as well, and if a decimal of at most
//! 15 digits has this double, the number counts as that decimal: `1e-400` is 0, and `0.1000000000000000000001` is 0.1.

use super::value_key::ValueKey;
use crate::typing::values::NO_SCALE;

/// The powers of ten that are exact as doubles: a decimal that is known exactly has at most 22 digits behind the point.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// Mantissas below this have at most 15 digits.
const SHORT: u64 = 1_000_000_000_000_000;

/// Bits 64–71 of a key: the meaning of the low 64 bits.
const KIND_SHIFT: u32 = 64;
/// The nearest double of a decimal of at most 15 digits.
const DECIMAL: u128 = 0;
/// A double whose decimal is not known.
const DOUBLE: u128 = 1;
/// A mantissa of 16 to 18 digits; the scale is in bits 72–79.
const LONG: u128 = 2;
const SCALE_SHIFT: u32 = 72;

/// A decimal, or a double whose decimal is not known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ExactNumber {
    Decimal { mantissa: i64, scale: u8 },
    Double(f64),
}

/// Returns the key of a number.
#[inline]
pub(super) fn key(value: f64, mantissa: i64, scale: u8) -> ValueKey {
    if scale == NO_SCALE {
        return double_key(value);
    }
    if mantissa.unsigned_abs() < SHORT {
        // The sum turns −0 into 0.
        return u128::from((value + 0.0).to_bits());
    }
    long_key(value, mantissa, scale)
}

/// Returns the key of a number of which only the nearest double is known.
#[cold]
fn double_key(value: f64) -> ValueKey {
    let value = if value.is_nan() { f64::NAN } else { value + 0.0 };
    let kind = if short_decimal(value).is_some() { DECIMAL } else { DOUBLE };
    u128::from(value.to_bits()) | kind << KIND_SHIFT
}

#[cold]
fn long_key(value: f64, mut mantissa: i64, mut scale: u8) -> ValueKey {
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    if mantissa.unsigned_abs() < SHORT {
        return u128::from((value + 0.0).to_bits());
    }
    u128::from(mantissa as u64) | LONG << KIND_SHIFT | u128::from(scale) << SCALE_SHIFT
}

/// Returns the number of a key.
pub(super) fn exact(key: ValueKey) -> ExactNumber {
    let low = key as u64;
    match key >> KIND_SHIFT & 0xff {
        LONG => ExactNumber::Decimal { mantissa: low as i64, scale: (key >> SCALE_SHIFT) as u8 },
        DECIMAL => {
            let decimal = short_decimal(f64::from_bits(low));
            // cannot fail: the double of such a key has a decimal.
            decimal.map_or(ExactNumber::Double(f64::from_bits(low)), |(mantissa, scale)| ExactNumber::Decimal {
                mantissa,
                scale,
            })
        }
        _ => ExactNumber::Double(f64::from_bits(low)),
    }
}

/// Returns the nearest double of the number of a key.
pub(super) fn value(key: ValueKey) -> f64 {
    if key >> KIND_SHIFT & 0xff != LONG {
        return f64::from_bits(key as u64);
    }
    let (mantissa, scale) = (key as u64 as i64, (key >> SCALE_SHIFT) as u8);
    // cannot fail: digits with an exponent are a number.
    format!("{mantissa}e-{scale}").parse().unwrap_or(f64::NAN)
}

/// Returns the number of a key as text.
pub(super) fn text(key: ValueKey) -> String {
    let value = match exact(key) {
        ExactNumber::Decimal { mantissa, scale } if key >> KIND_SHIFT & 0xff == LONG => {
            let digits = format!("{:0>1$}", mantissa.unsigned_abs(), usize::from(scale) + 1);
            let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
            let sign = if mantissa < 0 { "-" } else { "" };
            let point = if scale > 0 { "." } else { "" };
            return format!("{sign}{whole}{point}{fraction}");
        }
        _ => f64::from_bits(key as u64),
    };
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "INF" } else { "-INF" }.to_owned()
    } else {
        let text = format!("{value:?}");
        text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
    }
}

/// Returns the decimal with the nearest double `value`, of at most 15 digits, of which at most 22 stand behind the
/// point, without zeros at its end; `None` if there is no such decimal.
///
/// The scale is tried from 0 on. If there is such a decimal with a scale, the product differs from its mantissa by less
/// than 10^15 × 2^-52 < 0.5, so the product is rounded to the mantissa. And the quotient of an integer below 2^53 and a
/// power of ten up to 10^22, which both are exact, is the nearest double of the decimal (W. D. Clinger, "How to Read
/// Floating Point Numbers Accurately", 1990).
fn short_decimal(value: f64) -> Option<(i64, u8)> {
    POWERS.iter().enumerate().find_map(|(scale, power)| {
        let mantissa = (value * power).round();
        // NaN has no decimal: all comparisons with it are false.
        let is_it = mantissa.abs() < SHORT as f64 && mantissa / power == value;
        is_it.then_some((mantissa as i64, scale as u8))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_decimals_with_different_digits_have_one_key() {
        assert_eq!(key(1.5, 15, 1), key(1.5, 1500, 3));
        assert_eq!(key(0.0, 0, 0), key(-0.0, 0, 2));
        assert_eq!(key(1e15, 1_000_000_000_000_000, 0), key(1e15, 10_000_000_000_000_000, 1));
        assert_eq!(key(0.5, 500_000_000_000_000_000, 18), key(0.5, 5, 1));
    }

    #[test]
    fn numbers_of_many_digits_have_the_key_of_their_nearest_double() {
        assert_eq!(key(0.0, 0, NO_SCALE), key(0.0, 0, 0));
        assert_eq!(key(-0.0, 0, NO_SCALE), key(0.0, 0, 0));
        assert_eq!(key(0.1, 0, NO_SCALE), key(0.1, 1, 1));
        assert_ne!(key(1e300, 0, NO_SCALE), key(1e299, 0, NO_SCALE));
        assert_eq!(exact(key(1e-300, 0, NO_SCALE)), ExactNumber::Double(1e-300));
    }

    #[test]
    fn two_decimals_with_one_nearest_double_have_two_keys() {
        let double = 0.123_456_789_012_345_67;
        assert_ne!(key(double, 123_456_789_012_345_671, 18), key(double, 123_456_789_012_345_672, 18));
    }

    #[test]
    fn texts_are_as_people_write_them() {
        for (key, expected) in [
            (key(690.0, 690, 0), "690"),
            (key(-0.25, -25, 2), "-0.25"),
            (key(1e300, 0, NO_SCALE), "1e300"),
            (key(f64::NAN, 0, NO_SCALE), "NaN"),
            (key(f64::NEG_INFINITY, 0, NO_SCALE), "-INF"),
            (key(-0.001, -1_000_000_000_000_001, 18), "-0.001000000000000001"),
            (key(1e17, 123_456_789_012_345_678, 0), "123456789012345678"),
        ] {
            assert_eq!(text(key), expected);
        }
    }

    proptest! {
        /// The shortest text of a double has all digits of its short decimal, if there is one.
        #[test]
        fn a_double_has_a_short_decimal_if_its_shortest_text_is_one(bits: u64, digits in 0..=999_999_999_999_999i64, scale in 0..=25, off in -2..=2i64) {
            let near: f64 = format!("{digits}e-{scale}").parse().unwrap_or(0.0);
            for value in [f64::from_bits(bits), near, -near, f64::from_bits(near.to_bits().wrapping_add_signed(off))] {
                let text = format!("{value:e}");
                let expected = text.split_once('e').and_then(|(digits, exponent)| {
                    let fraction = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len() as i32);
                    let scale = fraction - exponent.parse::<i32>().ok()?;
                    let mantissa: i64 = digits.replace('.', "").parse().ok()?;
                    let mantissa = mantissa.checked_mul(10i64.checked_pow(u32::try_from(-scale).unwrap_or(0))?)?;
                    let scale = u8::try_from(scale.max(0)).ok()?;
                    (mantissa.unsigned_abs() < SHORT && scale <= 22).then_some((mantissa, scale))
                });
                prop_assert_eq!(short_decimal(value), expected, "{}", text);
            }
        }

        #[test]
        fn decimals_come_back_from_their_keys(mantissa in -999_999_999_999_999_999..=999_999_999_999_999_999i64, shift in 0..60u32, scale in 0..=22u8) {
            let mut mantissa = mantissa >> shift;
            let mut scale = scale;
            let value: f64 = format!("{mantissa}e-{scale}").parse().unwrap_or(f64::NAN);
            let key = key(value, mantissa, scale);
            prop_assert_eq!(super::value(key), value);
            if mantissa == 0 {
                scale = 0;
            }
            while scale > 0 && mantissa % 10 == 0 {
                mantissa /= 10;
                scale -= 1;
            }
            prop_assert_eq!(exact(key), ExactNumber::Decimal { mantissa, scale });
        }
    }
}
