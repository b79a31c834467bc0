//! Decimals without loss, and their exact order.

use std::cmp::Ordering;

/// `mantissa` × 10^−`scale`, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// At most 18 digits.
    pub mantissa: i64,
    /// Digits behind the point, at most 22.
    pub scale: u8,
}

/// Most digits of a [`Decimal`].
const DIGITS: i64 = 18;

/// Most digits of a [`Decimal`] behind the point.
const SCALE: i64 = 22;

/// Larger exponents are cut off at this one, which is far beyond the length of any text.
const EXPONENT: i64 = 1 << 60;

/// A decimal text split into its parts: 0.d₁d₂d₃… × 10^`exponent`, d₁ ≠ 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'a> {
    pub(super) negative: bool,
    /// Significant digits, perhaps with the point among them, without the zeros before and behind them.
    digits: &'a [u8],
    exponent: i64,
}

impl<'a> Parts<'a> {
    /// Splits a plain decimal; `None` when the text is not a plain decimal.
    pub(super) fn of(text: &'a [u8]) -> Option<Self> {
        let (negative, text) = match text {
            [b'-', text @ ..] => (true, text),
            [b'+', text @ ..] => (false, text),
            text => (false, text),
        };
        let mark = text.iter().position(|byte| matches!(byte, b'e' | b'E'));
        let (digits, exponent) = match mark {
            Some(at) => (&text[..at], exponent(&text[at + 1..])?),
            None => (text, 0),
        };
        let point = digits.iter().position(|&byte| byte == b'.').unwrap_or(digits.len());
        let is_digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
        let fraction = digits.get(point + 1..).unwrap_or_default();
        if point + fraction.len() == 0 || !is_digits(&digits[..point]) || !is_digits(fraction) {
            return None;
        }
        let is_significant = |byte: &u8| matches!(byte, b'1'..=b'9');
        let Some(first) = digits.iter().position(is_significant) else {
            return Some(Self { negative, digits: &[], exponent: 0 });
        };
        let last = digits.iter().rposition(is_significant).unwrap_or(first);
        // Digits before the point, counted from the first significant one. If negative, the number of zeros behind the point.
        let shift = if first < point { (point - first) as i64 } else { (point + 1) as i64 - first as i64 };
        Some(Self { negative, digits: &digits[first..=last], exponent: exponent + shift })
    }

    fn significant(&self) -> impl Iterator<Item = u8> + use<'a> {
        self.digits.iter().copied().filter(|&byte| byte != b'.')
    }

    /// Returns the decimal, if it has few enough digits.
    pub(super) fn decimal(&self) -> Option<Decimal> {
        let count = self.significant().count() as i64;
        // Digits behind the point, and zeros between the last digit and the point.
        let (scale, zeros) = ((count - self.exponent).max(0), (self.exponent - count).max(0));
        if count + zeros > DIGITS || scale > SCALE {
            return None;
        }
        let digits = self.significant().fold(0, |value, byte| value * 10 + i64::from(byte - b'0'));
        let magnitude = digits * 10i64.pow(zeros as u32);
        Some(Decimal { mantissa: if self.negative { -magnitude } else { magnitude }, scale: scale as u8 })
    }

    /// Returns −1, 0 or 1.
    fn sign(&self) -> i8 {
        match (self.digits.is_empty(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }
}

/// Reads the exponent behind `E`. Exponents beyond ±2⁶⁰ are cut off there.
fn exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude = digits
        .iter()
        .fold(0i64, |value, byte| value.saturating_mul(10).saturating_add(i64::from(byte - b'0')).min(EXPONENT));
    Some(if negative { -magnitude } else { magnitude })
}

/// A decimal with any number of digits, read once to be compared with many others.
///
/// Exponents beyond ±2⁶⁰ count as ±2⁶⁰. A text that is not a plain decimal (see [`crate::parse::plain_decimal`]) counts as 0: callers pass
/// texts that have been read as numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ExactDecimal {
    /// −1, 0 or 1.
    sign: i8,
    exponent: i64,
    /// Significant digits, without zeros around them.
    digits: Box<[u8]>,
}

impl ExactDecimal {
    /// Reads a plain decimal.
    pub fn of(text: &[u8]) -> Self {
        match Parts::of(text) {
            Some(parts) if parts.sign() != 0 => {
                Self { sign: parts.sign(), exponent: parts.exponent, digits: parts.significant().collect() }
            }
            _ => Self::default(),
        }
    }

    /// Writes a text that equal decimals share, and different decimals do not.
    pub(crate) fn write_canonical(&self, out: &mut Vec<u8>) {
        match self.sign {
            0 => out.push(b'0'),
            sign => {
                out.extend_from_slice(if sign < 0 { b"-0." } else { b"0." });
                out.extend_from_slice(&self.digits);
                out.extend_from_slice(format!("e{}", self.exponent).as_bytes());
            }
        }
    }

    /// Returns the decimal with the opposite sign.
    pub(crate) fn negated(&self) -> Self {
        Self { sign: -self.sign, ..self.clone() }
    }

    /// Returns true if the decimal is an integer.
    pub(crate) fn is_integer(&self) -> bool {
        self.exponent >= self.digits.len() as i64
    }

    /// Returns the value if it is an integer from 0 to 2⁶⁴ − 1 whose digits without the zeros at the end are an integer of 64 bits with a sign.
    pub(crate) fn to_u64(&self) -> Option<u64> {
        let ScaledInteger { mantissa, exponent } = self.scaled_integer()?;
        u64::try_from(mantissa).ok()?.checked_mul(10u64.checked_pow(u32::try_from(exponent).ok()?)?)
    }

    /// Returns true if the decimal is an integer times `divisor`, which is not 0, and an integer of 64 bits times a power of ten.
    pub(crate) fn is_multiple_of(&self, divisor: &Self) -> bool {
        let Some(ScaledInteger { mantissa, exponent }) = divisor.scaled_integer().filter(|scaled| scaled.mantissa != 0)
        else {
            return false;
        };
        // Zeros to append to the digits, so that they end at the place of the divisor's last digit. If negative, digits stand behind this
        // place, the last of which is not 0.
        let zeros = self.exponent - self.digits.len() as i64 - exponent;
        if self.sign == 0 || zeros < 0 {
            return self.sign == 0;
        }
        let modulus = i128::from(mantissa.unsigned_abs());
        let digits = self.digits.iter().fold(0, |rest, digit| (rest * 10 + i128::from(digit - b'0')) % modulus);
        let (mut power, mut base, mut left) = (1 % modulus, 10 % modulus, zeros);
        while left > 0 {
            if left % 2 == 1 {
                power = power * base % modulus;
            }
            base = base * base % modulus;
            left /= 2;
        }
        digits * power % modulus == 0
    }

    /// Returns the decimal as an integer that does not end in 0, times a power of ten; `None` for an integer beyond 64 bits.
    pub(crate) fn scaled_integer(&self) -> Option<ScaledInteger> {
        let count = self.digits.len() as i64;
        // Every integer of one more digit fits into 128 bits.
        if self.sign == 0 || count > DIGITS + 1 {
            return (self.sign == 0).then_some(ScaledInteger { mantissa: 0, exponent: 0 });
        }
        let magnitude = self.digits.iter().fold(0, |value, byte| value * 10 + i128::from(byte - b'0'));
        let mantissa = i64::try_from(i128::from(self.sign) * magnitude).ok()?;
        Some(ScaledInteger { mantissa, exponent: self.exponent - count })
    }

    /// Returns the shortest decimal whose nearest double is this finite one. Every decimal of at most 15 digits is that of its nearest double
    /// (IEEE 754, DBL_DIG).
    pub(crate) fn shortest(double: f64) -> Self {
        Self::of(format!("{double:e}").as_bytes())
    }
}

impl Ord for ExactDecimal {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.sign != other.sign || self.sign == 0 {
            return self.sign.cmp(&other.sign);
        }
        let order = self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits));
        if self.sign < 0 { order.reverse() } else { order }
    }
}

impl PartialOrd for ExactDecimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// An integer times a power of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScaledInteger {
    pub(crate) mantissa: i64,
    /// The power of ten.
    pub(crate) exponent: i64,
}

/// Returns the exact order of two plain decimals with any number of digits, with or without exponent.
pub fn compare_decimal_text(a: &[u8], b: &str) -> Ordering {
    ExactDecimal::of(a).cmp(&ExactDecimal::of(b.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_ordered_by_value() {
        let ascending = [
            "-1e30",
            "-100000000000000000000.1",
            "-100000000000000000000",
            "-2",
            "-1.0000000000000000000000001",
            "-1",
            "-0.1",
            "-1e-99999999999999999999",
            "0",
            "1e-400",
            "0.0999999999999999999999",
            ".1",
            "1",
            "1.00000000000000000001",
            "9007199254740992.5",
            "9007199254740993",
            "1e400",
        ];
        for (nth, a) in ascending.iter().enumerate() {
            for (other, b) in ascending.iter().enumerate() {
                assert_eq!(compare_decimal_text(a.as_bytes(), b), nth.cmp(&other), "{a} {b}");
            }
        }
    }

    #[test]
    fn the_same_value_in_other_digits_is_equal() {
        for (a, b) in [
            ("1", "1.000"),
            ("0100", "1e2"),
            ("-0", "0.0"),
            ("0.00120", "12e-4"),
            ("+5", "5."),
            ("1.5e3", "1500"),
            ("0e99999999999999999999", "0"),
        ] {
            assert_eq!(compare_decimal_text(a.as_bytes(), b), Ordering::Equal, "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_scaled_integers(a in any::<i64>(), b in any::<i64>(), a_scale in 0..12usize, b_scale in 0..12usize, a_shift in 0..60u32, b_shift in 0..60u32) {
            let (a, b) = (a >> a_shift, b >> b_shift);
            let text = |value: i64, scale: usize| {
                let digits = format!("{:0>1$}", value.unsigned_abs(), scale + 1);
                let (whole, fraction) = digits.split_at(digits.len() - scale);
                format!("{}{whole}.{fraction}", if value < 0 { "-" } else { "" })
            };
            let expected = (i128::from(a) * 10i128.pow(b_scale as u32)).cmp(&(i128::from(b) * 10i128.pow(a_scale as u32)));
            prop_assert_eq!(compare_decimal_text(text(a, a_scale).as_bytes(), &text(b, b_scale)), expected);
            let exponent = format!("{b}e-{b_scale}");
            prop_assert_eq!(compare_decimal_text(text(a, a_scale).as_bytes(), &exponent), expected);
        }
    }
}
