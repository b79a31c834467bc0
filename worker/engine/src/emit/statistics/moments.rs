//! Exact sums of numbers and of their squares, from which mean and deviation are rounded once.
//!
//! Decimals are summed as integers, by scale; their squares in 192 bits. Doubles whose decimal is not known are summed
//! as integers too, in bins by exponent. Nothing is rounded on the way, so the result does not depend on the order of
//! summation.

use super::bigint::{BigUint, Difference};
use super::number::ExactNumber;

/// Sums of a column.
#[derive(Clone, Debug, Default)]
pub(super) struct Moments {
    /// The number of numbers that were added.
    count: u64,
    /// The sums of decimals, by scale.
    decimals: Vec<DecimalSums>,
    doubles: Option<Box<DoubleSums>>,
}

/// Sums of integers and of their squares.
#[derive(Clone, Copy, Debug, Default)]
struct DecimalSums {
    sum: i128,
    /// The sum of squares modulo 2¹²⁸.
    squares: u128,
    /// The sum of squares divided by 2¹²⁸.
    squares_high: u64,
}

impl DecimalSums {
    #[inline]
    fn add(&mut self, value: i64, count: u64) {
        self.sum += i128::from(value) * i128::from(count);
        let square = u128::from(value.unsigned_abs()) * u128::from(value.unsigned_abs());
        if count == 1 {
            self.add_squares(square, 0);
        } else {
            let low = u128::from(square as u64) * u128::from(count);
            let high = (square >> 64) * u128::from(count);
            self.add_squares(high << 64, (high >> 64) as u64);
            self.add_squares(low, 0);
        }
    }

    #[inline]
    fn add_squares(&mut self, low: u128, high: u64) {
        let (sum, carry) = self.squares.overflowing_add(low);
        self.squares = sum;
        self.squares_high += high + u64::from(carry);
    }
}

/// Bin n counts multiples of 2^(32 n) × the unit.
const BIN_BITS: usize = 32;
/// The unit of doubles is 2^−1074, and the unit of their squares is 2^−2148.
const UNIT: usize = 1074;
/// The greatest exponent of a double whose mantissa is an integer, counted in units.
const GREATEST: usize = UNIT + 971;
/// A value is spread over up to three bins.
const SPREAD: usize = 3;
const BINS: usize = GREATEST / BIN_BITS + SPREAD;
/// Squares have twice the exponent, and a high half of 64 bits.
const SQUARE_BINS: usize = (2 * GREATEST + 64) / BIN_BITS + SPREAD;

/// Sums of doubles. A value adds at most 32 bits to a bin, which leaves 95 bits for the count of values.
#[derive(Clone, Debug)]
struct DoubleSums {
    sums: [i128; BINS],
    squares: [i128; SQUARE_BINS],
}

impl DoubleSums {
    fn new() -> Self {
        Self { sums: [0; BINS], squares: [0; SQUARE_BINS] }
    }

    fn add(&mut self, value: f64, count: u64) {
        let bits = value.to_bits();
        let exponent = (bits >> 52 & 0x7ff) as usize;
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, power) = if exponent == 0 { (fraction, 0) } else { (fraction | 1 << 52, exponent - 1) };
        let count = i128::from(count);
        spread(&mut self.sums, mantissa, power, if value < 0.0 { -count } else { count });
        let square = u128::from(mantissa) * u128::from(mantissa);
        spread(&mut self.squares, square as u64, 2 * power, count);
        spread(&mut self.squares, (square >> 64) as u64, 2 * power + 64, count);
    }
}

/// Adds `count` × `value` × 2^`power` units.
fn spread(bins: &mut [i128], value: u64, power: usize, count: i128) {
    let shifted = u128::from(value) << (power % BIN_BITS);
    for (at, bin) in bins[power / BIN_BITS..].iter_mut().take(SPREAD).enumerate() {
        *bin += i128::from((shifted >> (BIN_BITS * at)) as u32) * count;
    }
}

/// A sum whose positive and negative parts are kept apart.
#[derive(Debug, Default)]
struct SignedSum {
    positive: BigUint,
    negative: BigUint,
}

impl SignedSum {
    fn add(&mut self, value: i128, scaled: impl FnOnce(BigUint) -> BigUint) {
        let side = if value < 0 { &mut self.negative } else { &mut self.positive };
        side.add(&scaled(BigUint::from(value.unsigned_abs())));
    }

    /// Returns the sum of all bins, in units.
    fn of_bins(bins: &[i128]) -> Self {
        let mut balance = Self::default();
        for (at, &bin) in bins.iter().enumerate().filter(|(_, bin)| **bin != 0) {
            balance.add(bin, |value| value.shifted(BIN_BITS * at));
        }
        balance
    }
}

/// Sum, mean and deviation of the numbers of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct MomentsSummary {
    pub(super) sum: f64,
    /// The exact sum, when all numbers are integers.
    pub(super) integer_sum: Option<i128>,
    pub(super) mean: f64,
    /// Sample standard deviation; `None` for fewer than two numbers.
    pub(super) stddev: Option<f64>,
}

impl Moments {
    /// Adds a number `count` times; infinities and NaN are left out.
    pub(super) fn add(&mut self, number: ExactNumber, count: u64) {
        match number {
            ExactNumber::Decimal { mantissa, scale } => self.add_decimal(mantissa, scale, count),
            ExactNumber::Double(value) if value.is_finite() => {
                self.count += count;
                self.doubles.get_or_insert_with(|| Box::new(DoubleSums::new())).add(value, count);
            }
            ExactNumber::Double(_) => {}
        }
    }

    #[inline]
    pub(super) fn add_decimal(&mut self, mantissa: i64, scale: u8, count: u64) {
        self.count += count;
        let scale = usize::from(scale);
        if scale >= self.decimals.len() {
            self.decimals.resize(scale + 1, DecimalSums::default());
        }
        self.decimals[scale].add(mantissa, count);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        if self.decimals.len() < other.decimals.len() {
            self.decimals.resize(other.decimals.len(), DecimalSums::default());
        }
        for (mine, theirs) in self.decimals.iter_mut().zip(&other.decimals) {
            mine.sum += theirs.sum;
            mine.add_squares(theirs.squares, theirs.squares_high);
        }
        if let Some(theirs) = &other.doubles {
            let mine = self.doubles.get_or_insert_with(|| Box::new(DoubleSums::new()));
            mine.sums.iter_mut().zip(&theirs.sums).for_each(|(mine, theirs)| *mine += theirs);
            mine.squares.iter_mut().zip(&theirs.squares).for_each(|(mine, theirs)| *mine += theirs);
        }
    }

    /// Returns sum, mean and deviation, each rounded once; `None` without numbers.
    pub(super) fn summary(&self) -> Option<MomentsSummary> {
        if self.count == 0 {
            return None;
        }
        // All sums are converted to units of 10^−digits × 2^−unit.
        let digits = self.decimals.len().saturating_sub(1);
        let unit = if self.doubles.is_some() { UNIT } else { 0 };
        let mut sum = SignedSum::default();
        let mut squares = BigUint::default();
        for (scale, sums) in self.decimals.iter().enumerate() {
            let more = digits - scale;
            sum.add(sums.sum, |value| value.times_power_of_ten(more).shifted(unit));
            let of_scale = BigUint::from_parts(sums.squares, sums.squares_high);
            squares.add(&of_scale.times_power_of_ten(2 * more).shifted(2 * unit));
        }
        if let Some(doubles) = &self.doubles {
            let of_doubles = SignedSum::of_bins(&doubles.sums);
            sum.positive.add(&of_doubles.positive.times_power_of_ten(digits));
            sum.negative.add(&of_doubles.negative.times_power_of_ten(digits));
            squares.add(&SignedSum::of_bins(&doubles.squares).positive.times_power_of_ten(2 * digits));
        }
        let Difference { magnitude: sum, is_negative } = sum.positive.difference(sum.negative);
        let sign = if is_negative { -1.0 } else { 1.0 };
        // 10^digits = 5^digits × 2^digits, and 5^22 has 52 bits.
        let five = 5u64.pow(digits as u32);
        let exponent = -((unit + digits) as i64);
        let stddev = (self.count > 1).then(|| {
            let deviations = squares.times(self.count).difference(sum.squared()).magnitude;
            deviations.quotient(&[five, five, self.count, self.count - 1], 2 * exponent).root()
        });
        Some(MomentsSummary {
            integer_sum: self.integer_sum(),
            mean: sign * sum.clone().quotient(&[five, self.count], exponent).round(),
            sum: sign * sum.quotient(&[five], exponent).round(),
            stddev,
        })
    }

    fn integer_sum(&self) -> Option<i128> {
        match (&self.decimals[..], &self.doubles) {
            ([integers], None) => Some(integers.sum),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use proptest::prelude::*;

    use super::*;

    fn summary(numbers: &[(ExactNumber, u64)]) -> Option<MomentsSummary> {
        let mut moments = Moments::default();
        numbers.iter().for_each(|&(number, count)| moments.add(number, count));
        moments.summary()
    }

    fn decimal(mantissa: i64, scale: u8) -> ExactNumber {
        ExactNumber::Decimal { mantissa, scale }
    }

    #[test]
    fn ten_tenths_are_one() {
        let found = summary(&[(decimal(1, 1), 10)]).unwrap();
        assert_eq!(found, MomentsSummary { sum: 1.0, integer_sum: None, mean: 0.1, stddev: Some(0.0) });
    }

    #[test]
    fn the_extremes_of_64_bits_cancel() {
        let found = summary(&[(decimal(i64::MAX, 0), 3), (decimal(i64::MIN, 0), 3), (decimal(3, 0), 1)]).unwrap();
        assert_eq!((found.integer_sum, found.sum, found.mean), (Some(0), 0.0, 0.0));
    }

    #[test]
    fn one_number_has_no_deviation_and_no_number_has_no_summary() {
        assert_eq!(summary(&[(decimal(5, 0), 1)]).unwrap().stddev, None);
        assert_eq!(summary(&[(ExactNumber::Double(f64::NAN), 2), (ExactNumber::Double(f64::INFINITY), 1)]), None);
    }

    #[test]
    fn doubles_of_all_sizes_are_added_exactly() {
        let doubles = [1e300, 1.0, -1e300, 5e-324, -5e-324, f64::MAX, -f64::MAX];
        let found = summary(&doubles.map(|value| (ExactNumber::Double(value), 1))).unwrap();
        assert_eq!(found.sum, 1.0);
        let least = summary(&[(ExactNumber::Double(5e-324), 4), (ExactNumber::Double(1.5e-323), 4)]).unwrap();
        assert_eq!((least.sum, least.mean), (8e-323, 1e-323));
    }

    #[test]
    fn many_cells_do_not_overflow() {
        let found = summary(&[(decimal(i64::MIN, 0), u64::MAX)]).unwrap();
        assert_eq!((found.mean, found.stddev), (i64::MIN as f64, Some(0.0)));
        let found = summary(&[(ExactNumber::Double(1e-3), u64::MAX)]).unwrap();
        assert_eq!((found.mean, found.stddev), (1e-3, Some(0.0)));
    }

    proptest! {
        #[test]
        fn small_integers_are_as_by_hand(values in prop::collection::vec(-1000..1000i64, 2..50)) {
            let found = summary(&values.iter().map(|&value| (decimal(value, 0), 1)).collect::<Vec<_>>()).unwrap();
            let count = values.len() as i64;
            let sum: i64 = values.iter().sum();
            let squares: i64 = values.iter().map(|value| value * value).sum();
            prop_assert_eq!(found.integer_sum, Some(sum.into()));
            prop_assert_eq!(found.mean, sum as f64 / count as f64);
            let variance = (count * squares - sum * sum) as f64 / (count * (count - 1)) as f64;
            let stddev = found.stddev.unwrap();
            prop_assert!((stddev - variance.sqrt()).abs() <= stddev * f64::EPSILON, "{} {}", stddev, variance.sqrt());
        }

        #[test]
        fn equal_decimals_and_doubles_have_equal_summaries(values in prop::collection::vec((-4_000_000_000i64..4_000_000_000, 1..1000u64), 1..30)) {
            // Quarters are exact in both.
            let decimals: Vec<_> = values.iter().map(|&(value, count)| (decimal(value * 25, 2), count)).collect();
            let doubles: Vec<_> = values.iter().map(|&(value, count)| (ExactNumber::Double(value as f64 / 4.0), count)).collect();
            let mixed: Vec<_> = (0..values.len()).map(|at| if at % 2 == 0 { decimals[at] } else { doubles[at] }).collect();
            prop_assert_eq!(summary(&decimals), summary(&doubles));
            prop_assert_eq!(summary(&decimals), summary(&mixed));
        }

        #[test]
        fn a_count_is_that_many_numbers_and_parts_are_the_whole(numbers in prop::collection::vec((any::<i64>(), 0..=22u8, any::<f64>(), 1..6u64), 0..20), cut in 0..20usize) {
            let (mut once, mut again, mut parts) = (Moments::default(), Moments::default(), [Moments::default(), Moments::default()]);
            for (nth, &(mantissa, scale, double, count)) in numbers.iter().enumerate() {
                for number in [decimal(mantissa, scale), ExactNumber::Double(double)] {
                    once.add(number, count);
                    (0..count).for_each(|_| again.add(number, 1));
                    parts[usize::from(nth < cut)].add(number, count);
                }
            }
            let [mut part, other] = parts;
            part.merge(&other);
            prop_assert_eq!(once.summary(), again.summary());
            prop_assert_eq!(once.summary(), part.summary());
        }
    }
}
