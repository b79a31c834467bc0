//! An estimate of the number of different values: HyperLogLog with the estimator of O. Ertl, "New cardinality estimation
//! algorithms for HyperLogLog sketches" (2017), which needs no tables of corrections.
//!
//! A register is the maximum of the ranks of its values, so the registers, and with them the estimate, depend on the
//! set of values alone.

/// Bits of a hash that choose a register: 4,096 registers, a relative standard error of 1.6 %.
const INDEX_BITS: u32 = 12;
const REGISTERS: usize = 1 << INDEX_BITS;

/// The largest register: one more than the number of zeros with which the other bits can begin.
const LARGEST: usize = 64 - INDEX_BITS as usize + 1;

/// One register per byte.
#[derive(Clone, Debug)]
pub(super) struct HyperLogLog(Box<[u8; REGISTERS]>);

impl HyperLogLog {
    pub(super) fn new() -> Self {
        Self(Box::new([0; REGISTERS]))
    }

    /// Adds the hash of a value.
    #[inline]
    pub(super) fn add(&mut self, hash: u64) {
        // The bit that is set ends the count of zeros if the rest of the hash is zero.
        let zeros = (hash << INDEX_BITS | 1 << (INDEX_BITS - 1)).leading_zeros();
        let register = &mut self.0[(hash >> (64 - INDEX_BITS)) as usize];
        let rank = zeros as u8 + 1;
        if *register < rank {
            *register = rank;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0.iter()).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
    }

    /// Returns the estimated number of different hashes.
    pub(super) fn estimate(&self) -> f64 {
        let mut counts = [0u32; LARGEST + 1];
        self.0.iter().for_each(|&register| counts[usize::from(register).min(LARGEST)] += 1);
        let registers = REGISTERS as f64;
        let share = |rank: usize| f64::from(counts[rank]) / registers;
        let mut sum = registers * tau(1.0 - share(LARGEST));
        for &count in counts[1..LARGEST].iter().rev() {
            sum = 0.5 * (sum + f64::from(count));
        }
        sum += registers * sigma(share(0));
        registers * registers / (2.0 * std::f64::consts::LN_2 * sum)
    }
}

/// Returns the correction for registers that are still 0: x + Σ x^(2^k) 2^(k−1).
fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut weight, mut sum) = (1.0, x);
    loop {
        x *= x;
        let before = sum;
        sum += x * weight;
        weight += weight;
        if sum == before {
            return sum;
        }
    }
}

/// Returns the correction for registers that have reached [`LARGEST`]: (1 − x − Σ (1 − x^(2^−k))² 2^−k) / 3.
fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut weight, mut sum) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = sum;
        weight *= 0.5;
        sum -= (1.0 - x) * (1.0 - x) * weight;
        if sum == before {
            return sum / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::value_key;
    use super::*;

    fn estimate(count: u64) -> f64 {
        let mut registers = HyperLogLog::new();
        (0..count).for_each(|number| registers.add(value_key::strong_hash(value_key::of_integer(number as i64))));
        registers.estimate()
    }

    #[test]
    fn estimates_are_near_at_all_sizes() {
        assert_eq!(estimate(0), 0.0);
        for count in [1, 10, 100, 1_000, 3_000, 10_000, 30_000, 100_000, 1_000_000, 5_000_000] {
            let error = estimate(count) / count as f64 - 1.0;
            // Three standard errors.
            assert!(error.abs() < 0.05, "{count}: {error}");
        }
    }

    #[test]
    fn full_registers_have_an_estimate() {
        let registers = HyperLogLog(Box::new([LARGEST as u8; REGISTERS]));
        assert!(registers.estimate() > 1e18);
    }
}
