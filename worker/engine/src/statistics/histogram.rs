//! Quantiles of columns with too many different values: a histogram over ordered codes.
//!
//! A bin is a code without its last `shift` bits. Over the codes of doubles that is a log-linear histogram, over those
//! of times one of equal widths. The shift grows when the bins break their bound, so that a few values far away from the
//! others cost a few bins and no resolution; and as it is the least one with which the bins keep to the bound, it depends
//! on the set of values alone.

use super::key;
use super::table::{Bound, Table};

/// Bins with their counts.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    shift: u32,
    bins: Table,
    bound: Bound,
}

impl Histogram {
    /// An empty histogram of at most `bins` bins that each cover at least 2^`shift` codes.
    pub(super) fn new(shift: u32, bins: usize) -> Self {
        // A bin per sign always fits, so there is an end to coarsening.
        Self { shift, bins: Table::default(), bound: Bound { values: bins.max(2), bytes: 0 } }
    }

    #[inline]
    pub(super) fn add(&mut self, code: u64, count: u64) {
        while !self.bins.add(u128::from(code >> self.shift), &[], count, self.bound) {
            self.coarsen(self.shift + 1);
        }
    }

    #[cold]
    fn coarsen(&mut self, shift: u32) {
        let more = shift - self.shift;
        let fine = std::mem::take(&mut self.bins);
        for bin in fine.entries() {
            // There are not more of them than before.
            self.bins.add(bin.key >> more, &[], bin.count, self.bound);
        }
        self.shift = shift;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if other.shift > self.shift {
            self.coarsen(other.shift);
        }
        for bin in other.bins.entries() {
            self.add((key::integer(bin.key) as u64) << other.shift, bin.count);
        }
    }

    /// The bins in order: first and last code, and count.
    pub(super) fn bins(&self) -> Vec<(u64, u64, u64)> {
        let mut bins: Vec<_> = self
            .bins
            .entries()
            .map(|bin| {
                let first = (bin.key as u64) << self.shift;
                (first, first | ((1 << self.shift) - 1), bin.count)
            })
            .collect();
        bins.sort_unstable();
        bins
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_far_away_costs_no_resolution() {
        let mut histogram = Histogram::new(0, 100);
        (1000..1090).for_each(|code| histogram.add(code, 1));
        histogram.add(u64::MAX, 1);
        assert_eq!(histogram.bins().len(), 91);
        assert_eq!(histogram.bins()[0], (1000, 1000, 1));
    }

    proptest! {
        #[test]
        fn the_order_of_values_and_parts_does_not_matter(codes in prop::collection::vec((any::<u64>(), 0..64u32), 0..300), cut in 0..300usize) {
            let codes: Vec<u64> = codes.into_iter().map(|(code, shift)| code >> shift).collect();
            let histogram = |codes: &[u64]| {
                let mut histogram = Histogram::new(3, 20);
                codes.iter().for_each(|&code| histogram.add(code, 1));
                histogram
            };
            let whole = histogram(&codes);
            let cut = cut.min(codes.len());
            let (mut first, mut second) = (histogram(&codes[..cut]), histogram(&codes[cut..]));
            let second_alone = second.clone();
            second.merge(&first);
            first.merge(&second_alone);
            prop_assert_eq!(first.bins(), whole.bins());
            prop_assert_eq!(second.bins(), whole.bins());
            let counted: u64 = whole.bins().iter().map(|bin| bin.2).sum();
            prop_assert_eq!(counted, codes.len() as u64);
            for code in codes {
                prop_assert!(whole.bins().iter().any(|&(first, last, _)| (first..=last).contains(&code)));
            }
        }
    }
}
