//! Natural numbers of any size, with the arithmetic to round exact sums once.

use std::cmp::Ordering;

/// A natural number in limbs of 64 bits, the least significant one first, without a zero limb at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BigUint(Vec<u64>);

/// The difference of two numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// The absolute value.
    pub(super) magnitude: BigUint,
    pub(super) is_negative: bool,
}

/// The outcome of a division.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Division {
    quotient: BigUint,
    has_remainder: bool,
}

impl From<u128> for BigUint {
    fn from(value: u128) -> Self {
        Self(vec![value as u64, (value >> 64) as u64]).trimmed()
    }
}

impl BigUint {
    /// Returns the number `low` + `high` × 2¹²⁸.
    pub(super) fn from_parts(low: u128, high: u64) -> Self {
        Self(vec![low as u64, (low >> 64) as u64, high]).trimmed()
    }

    /// Removes zero limbs at the end.
    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the number of bits, without leading zeros.
    fn bits(&self) -> usize {
        self.0.last().map_or(0, |last| self.0.len() * 64 - last.leading_zeros() as usize)
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.0.resize(self.0.len().max(other.0.len()) + 1, 0);
        let mut carry = false;
        for (at, limb) in self.0.iter_mut().enumerate() {
            let (sum, first) = limb.overflowing_add(other.0.get(at).copied().unwrap_or(0));
            let (sum, second) = sum.overflowing_add(carry.into());
            *limb = sum;
            carry = first || second;
        }
        *self = std::mem::take(self).trimmed();
    }

    /// Returns `self` − `other`.
    pub(super) fn difference(self, other: Self) -> Difference {
        let is_negative = self.compare(&other) == Ordering::Less;
        let (mut greater, less) = if is_negative { (other, self) } else { (self, other) };
        let mut borrow = false;
        for (at, limb) in greater.0.iter_mut().enumerate() {
            let (difference, first) = limb.overflowing_sub(less.0.get(at).copied().unwrap_or(0));
            let (difference, second) = difference.overflowing_sub(borrow.into());
            *limb = difference;
            borrow = first || second;
        }
        Difference { magnitude: greater.trimmed(), is_negative }
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    pub(super) fn times(mut self, factor: u64) -> Self {
        let mut carry = 0;
        for limb in &mut self.0 {
            let product = u128::from(*limb) * u128::from(factor) + carry;
            *limb = product as u64;
            carry = product >> 64;
        }
        self.0.push(carry as u64);
        self.trimmed()
    }

    pub(super) fn times_power_of_ten(self, exponent: usize) -> Self {
        (0..exponent).fold(self, |product, _| product.times(10))
    }

    pub(super) fn squared(&self) -> Self {
        let mut square = Self::default();
        for (at, &limb) in self.0.iter().enumerate() {
            square.add(&self.clone().times(limb).shifted(64 * at));
        }
        square
    }

    /// Returns the number × 2^`bits`.
    pub(super) fn shifted(mut self, bits: usize) -> Self {
        let (limbs, bits) = (bits / 64, bits % 64);
        if bits > 0 {
            self = self.times(1 << bits);
        }
        if !self.is_zero() {
            self.0.splice(0..0, std::iter::repeat_n(0, limbs));
        }
        self
    }

    fn divided(mut self, divisor: u64) -> Division {
        let mut rest = 0u128;
        for limb in self.0.iter_mut().rev() {
            let dividend = rest << 64 | u128::from(*limb);
            *limb = (dividend / u128::from(divisor)) as u64;
            rest = dividend % u128::from(divisor);
        }
        Division { quotient: self.trimmed(), has_remainder: rest != 0 }
    }

    /// Returns `self` × 2^`exponent`, divided by all of `divisors`. The exponent of the result is even, and its significand has at least 127 bits or is 0.
    pub(super) fn quotient(self, divisors: &[u64], exponent: i64) -> Quotient {
        if self.is_zero() {
            return Quotient { significand: 0, inexact: false, exponent: 0 };
        }
        // Enough bits for a quotient of more than 128 bits, whatever the divisors are.
        let more = 130 + 64 * divisors.len();
        let mut quotient = self.shifted(more);
        let mut inexact = false;
        for &divisor in divisors {
            let division = quotient.divided(divisor);
            quotient = division.quotient;
            inexact |= division.has_remainder;
        }
        // The first 128 bits, or 127 so that the exponent is even, as roots need it.
        let mut exponent = exponent - more as i64;
        let mut drop = quotient.bits() - 128;
        if (exponent + drop as i64) % 2 != 0 {
            drop += 1;
        }
        exponent += drop as i64;
        let (limbs, bits) = (drop / 64, drop % 64);
        let limb = |at: usize| u128::from(quotient.0.get(at).copied().unwrap_or(0));
        inexact |= quotient.0[..limbs].iter().any(|&limb| limb != 0) || quotient.0[limbs] & ((1 << bits) - 1) != 0;
        let low = limb(limbs) | limb(limbs + 1) << 64;
        let significand = if bits == 0 { low } else { low >> bits | limb(limbs + 2) << (128 - bits) };
        Quotient { significand, inexact, exponent }
    }
}

/// `significand` × 2^`exponent`; if `inexact`, the significand is that of a number greater by less than 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quotient {
    significand: u128,
    inexact: bool,
    exponent: i64,
}

impl Quotient {
    /// Returns the double nearest to the square root. The exponent has to be even.
    pub(super) fn root(self) -> f64 {
        // The root of 127 bits has 64 bits: eleven more than a double, and the remainder decides on which side of a tie it is.
        let root = self.significand.isqrt();
        let inexact = self.inexact || root * root != self.significand;
        Self { significand: root, inexact, exponent: self.exponent / 2 }.round()
    }

    /// Returns the nearest double, ties to even.
    pub(super) fn round(self) -> f64 {
        let Self { significand, inexact, exponent } = self;
        if significand == 0 {
            return 0.0;
        }
        const LEAST: i64 = -1074;
        let bits = 128 - i64::from(significand.leading_zeros());
        // The exponent of the last bit that is kept.
        let last = (exponent + bits - 53).max(LEAST);
        let drop = last - exponent;
        let kept = match drop {
            ..=0 => significand << -drop,
            1..=128 => {
                let kept = significand.checked_shr(drop as u32).unwrap_or(0);
                let half = 1u128 << (drop - 1);
                let rest = significand & (half | (half - 1));
                let up = rest > half || rest == half && (inexact || kept & 1 == 1);
                kept + u128::from(up)
            }
            _ => 0,
        };
        // The leading bit of `kept` adds itself to the exponent; so does a carry.
        let above = last - LEAST;
        if above > 2045 || (above == 2045 && kept >> 53 != 0) {
            return f64::INFINITY;
        }
        f64::from_bits(kept as u64 + ((above as u64) << 52))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ratio(numerator: u128, divisors: &[u64], exponent: i64) -> f64 {
        BigUint::from(numerator).quotient(divisors, exponent).round()
    }

    #[test]
    fn quotients_are_rounded_once() {
        assert_eq!(ratio(1, &[10], 0), 0.1);
        assert_eq!(ratio(1, &[3], 0), 1.0 / 3.0);
        assert_eq!(ratio(0, &[3], 0), 0.0);
        assert_eq!(ratio(1, &[], -1074), 5e-324);
        assert_eq!(ratio(1, &[], -1075), 0.0);
        assert_eq!(ratio(3, &[], -1075), 1e-323);
        assert_eq!(ratio(1, &[], 1023), 2f64.powi(1023));
        assert_eq!(ratio(1, &[], 1024), f64::INFINITY);
        assert_eq!(ratio((1 << 54) - 1, &[], 970), f64::INFINITY);
        assert_eq!(ratio((1 << 53) - 1, &[], 971), f64::MAX);
        // A tie goes to even, and a tie with a little more goes up.
        assert_eq!(ratio((1 << 53) + 1, &[], 0), 2f64.powi(53));
        assert_eq!(ratio(((1 << 53) + 1) * 7 + 1, &[7], 0), 2f64.powi(53) + 2.0);
    }

    #[test]
    fn roots_are_rounded_once() {
        let root = |value: u128, exponent: i64| BigUint::from(value).quotient(&[], exponent).root();
        assert_eq!(root(2, 0), 2f64.sqrt());
        assert_eq!(root(4, 0), 2.0);
        assert_eq!(root(1, -1), 0.5f64.sqrt());
        assert_eq!(root(0, 5), 0.0);
    }

    proptest! {
        #[test]
        fn arithmetic_is_that_of_128_bits(a in any::<u64>(), b in any::<u64>(), c in 1..=u64::MAX, shift in 0..40u32) {
            let (wide_a, wide_b) = (u128::from(a), u128::from(b));
            let mut sum = BigUint::from(wide_a);
            sum.add(&BigUint::from(wide_b));
            prop_assert_eq!(sum, BigUint::from(wide_a + wide_b));
            prop_assert_eq!(BigUint::from(wide_a).times(b), BigUint::from(wide_a * wide_b));
            prop_assert_eq!(BigUint::from(wide_a).squared(), BigUint::from(wide_a * wide_a));
            prop_assert_eq!(BigUint::from(wide_a).shifted(shift as usize), BigUint::from(wide_a << shift));
            prop_assert_eq!(BigUint::from(wide_a).shifted(shift as usize + 64), BigUint::from(wide_a << shift).shifted(64));
            prop_assert_eq!(
                BigUint::from(wide_a * wide_b + 3).divided(c),
                Division {
                    quotient: BigUint::from((wide_a * wide_b + 3) / u128::from(c)),
                    has_remainder: (wide_a * wide_b + 3) % u128::from(c) != 0,
                }
            );
            prop_assert_eq!(
                BigUint::from(wide_a).difference(BigUint::from(wide_b)),
                Difference { magnitude: BigUint::from(wide_a.abs_diff(wide_b)), is_negative: a < b }
            );
        }

        #[test]
        fn division_and_root_are_those_of_doubles_where_these_are_exact(a in 1..1u64 << 53, b in 1..1u64 << 53, exponent in -400..400i32) {
            let expected = a as f64 / b as f64 * 2f64.powi(exponent);
            prop_assert_eq!(ratio(a.into(), &[b], exponent.into()), expected);
            let expected = (a as f64 * 2f64.powi(exponent)).sqrt();
            prop_assert_eq!(BigUint::from(u128::from(a)).quotient(&[], exponent.into()).root(), expected);
        }
    }
}
