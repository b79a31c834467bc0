//! Values → fingerprints of 128 bits, with a random secret for each check.
//!
//! A fingerprint is two hashes of SipHash (of the standard library) over inputs that differ in the last byte. The
//! secret shows in no output, so a sender cannot construct a file in which two different keys have the same
//! fingerprint. By chance this happens among n different keys with a probability of n² / 2^129: 1.5 × 10⁻²¹ for a
//! thousand million keys. Only such a collision could make the verdict on a key wrong.

use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};

use crate::parse::{ExactDecimal, ScaledInteger};

/// Makes the fingerprints of one check; clones make the same fingerprints.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fingerprinter(RandomState);

/// Stands for a row that takes no part in a key. No key has this fingerprint.
pub(crate) const NO_PART: u128 = 0;

/// Writes a key, value by value. Equal values write equal bytes, and the bytes of a value are never the beginning of
/// the bytes of another value.
pub(crate) struct FingerprintWriter(DefaultHasher);

impl Fingerprinter {
    pub(crate) fn writer(&self) -> FingerprintWriter {
        FingerprintWriter(self.0.build_hasher())
    }

    /// Returns the fingerprint of a key of one integer or time.
    #[inline]
    pub(crate) fn of_integer(&self, value: i64) -> u128 {
        let mut writer = self.writer();
        writer.integer(value);
        writer.finish()
    }
}

impl FingerprintWriter {
    /// Writes an integer, a time or a truth value.
    #[inline]
    pub(crate) fn integer(&mut self, value: i64) {
        self.0.write_i64(value);
    }

    /// Writes a time with nanoseconds beyond its microseconds. No other time begins with these bytes, because years
    /// have four digits.
    pub(crate) fn time_with_nanoseconds(&mut self, value: i64, nanoseconds: u16) {
        self.0.write_i64(i64::MIN + i64::from(nanoseconds));
        self.0.write_i64(value);
    }

    #[inline]
    pub(crate) fn text(&mut self, text: &[u8]) {
        self.0.write_u64(text.len() as u64);
        self.0.write(text);
    }

    /// Writes the decimal `mantissa` × 10^−`scale`.
    pub(crate) fn decimal(&mut self, mut mantissa: i64, scale: u8) {
        let mut exponent = -i64::from(scale);
        if mantissa == 0 {
            exponent = 0;
        }
        while mantissa != 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            exponent += 1;
        }
        self.short_decimal(mantissa, exponent);
    }

    fn short_decimal(&mut self, mantissa: i64, exponent: i64) {
        self.0.write_u8(0);
        self.0.write_i64(mantissa);
        self.0.write_i64(exponent);
    }

    /// Writes a decimal of any length.
    pub(crate) fn exact_decimal(&mut self, decimal: &ExactDecimal) {
        match decimal.scaled_integer() {
            Some(ScaledInteger { mantissa, exponent }) => self.short_decimal(mantissa, exponent),
            None => {
                self.0.write_u8(1);
                decimal.hash(&mut self.0);
            }
        }
    }

    /// Writes an infinity or NaN. NaN equals itself here: two rows with NaN have the same key.
    pub(crate) fn not_finite(&mut self, value: f64) {
        self.0.write_u8(2);
        self.0.write_u8(if value.is_nan() { 0 } else { 1 + u8::from(value > 0.0) });
    }

    #[inline]
    pub(crate) fn finish(self) -> u128 {
        let Self(mut first) = self;
        let mut second = first.clone();
        first.write_u8(0);
        second.write_u8(1);
        (u128::from(first.finish()) << 64 | u128::from(second.finish())).max(NO_PART + 1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn of(fingerprinter: &Fingerprinter, write: impl FnOnce(&mut FingerprintWriter)) -> u128 {
        let mut writer = fingerprinter.writer();
        write(&mut writer);
        writer.finish()
    }

    #[test]
    fn each_check_has_a_secret_of_its_own() {
        assert_ne!(Fingerprinter::default().of_integer(1), Fingerprinter::default().of_integer(1));
    }

    #[test]
    fn parts_of_a_key_do_not_run_together() {
        let all = Fingerprinter::default();
        let of_texts = |texts: &[&str]| of(&all, |writer| texts.iter().for_each(|text| writer.text(text.as_bytes())));
        let keys: [&[&str]; 6] = [&["a", "bc"], &["ab", "c"], &["abc", ""], &["", "abc"], &["abc"], &["a", "b", "c"]];
        let different: HashMap<u128, &[&str]> = keys.iter().map(|key| (of_texts(key), *key)).collect();
        assert_eq!(different.len(), keys.len());
    }

    proptest! {
        /// A decimal has one fingerprint, however it is written.
        #[test]
        fn equal_decimals_have_one_fingerprint(mantissa in any::<i64>(), shift in 0..64u32, scale in 0u8..6, zeros in 0usize..30) {
            let mantissa = mantissa >> shift;
            let all = Fingerprinter::default();
            let plain = of(&all, |writer| writer.decimal(mantissa, scale));
            let text = format!("{mantissa}.{}e-{scale}", "0".repeat(zeros));
            prop_assert_eq!(plain, of(&all, |writer| writer.exact_decimal(&ExactDecimal::of(text.as_bytes()))));
            if let Some(wider) = mantissa.checked_mul(1000) {
                prop_assert_eq!(plain, of(&all, |writer| writer.decimal(wider, scale + 3)));
            }
            let other = of(&all, |writer| writer.decimal(mantissa + 1, scale));
            prop_assert_ne!(plain, other);
        }
    }
}
