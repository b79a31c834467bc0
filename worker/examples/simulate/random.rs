//! Numbers that look random and are the same every time.

use std::ops::Range;

/// SplitMix64.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

/// One step of SplitMix64: different numbers for different numbers.
pub(crate) fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Evenly between 0 and 1.
    pub(crate) fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        (mixed(self.0) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Evenly in the range.
    pub(crate) fn between(&mut self, range: &Range<f64>) -> f64 {
        range.start + (range.end - range.start) * self.share()
    }

    /// Until something happens that happens so often in a unit of time.
    pub(crate) fn exponential(&mut self, rate: f64) -> f64 {
        if rate > 0.0 { -(1.0 - self.share()).ln() / rate } else { f64::INFINITY }
    }
}
