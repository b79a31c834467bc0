//! Quantiles of columns with too many different values: a histogram over ordered codes.
//!
//! A bin is a code without its last `shift` bits. Over the codes of doubles this is a log-linear histogram, over the
//! codes of times a histogram with bins of equal widths. The shift grows when there are more bins than the bound, so a
//! few values far away from the others cost a few bins and no resolution. It is the least shift with which the bins
//! keep the bound, so it depends on the set of values alone.

use super::table::{Bound, Table};

/// Most bins in the window, which are found by their number without a search: 32 powers of two of numbers. If the bound is lower, the window
/// has twice as many bins as the bound.
const WINDOW: usize = 4096;

/// Bins with their counts.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    shift: u32,
    /// The number of the first bin in the window.
    first: u64,
    /// The counts of the bins from `first` on; empty until there is a bin.
    window: Vec<u64>,
    /// The number of bins in the window with a count.
    filled: usize,
    /// The bins outside the window.
    others: Table,
    /// Most bins, inside and outside the window.
    bound: usize,
}

impl Histogram {
    /// Returns an empty histogram of at most `bins` bins that each cover at least 2^`shift` codes.
    pub(super) fn new(shift: u32, bins: usize) -> Self {
        // Two bins always fit at the greatest shift, so coarsening ends.
        Self { shift, first: 0, window: Vec::new(), filled: 0, others: Table::default(), bound: bins.max(2) }
    }

    #[inline]
    pub(super) fn add(&mut self, code: u64, count: u64) {
        let slot = (code >> self.shift).wrapping_sub(self.first) as usize;
        match self.window.get_mut(slot) {
            Some(known) if *known > 0 => *known += count,
            _ => self.add_elsewhere(code, count),
        }
    }

    /// Adds to a bin that is new or outside the window.
    #[inline(never)]
    fn add_elsewhere(&mut self, code: u64, count: u64) {
        let bin = code >> self.shift;
        if !self.add_bin(bin, count) {
            self.coarsen(self.shift + self.more_for(bin));
            // cannot fail: the shift is the least one with which there is room.
            self.add_bin(code >> self.shift, count);
        }
    }

    /// Returns how much the shift has to grow so that the bins, with `bin` among them, keep the bound.
    fn more_for(&self, bin: u64) -> u32 {
        let mut bins: Vec<u64> = self.counts().map(|(bin, _)| bin).chain([bin]).collect();
        bins.sort_unstable();
        // Two neighbours become one bin when all bits in which they differ are shifted out.
        let mut ends = [0_usize; u64::BITS as usize + 1];
        for pair in bins.windows(2) {
            ends[(u64::BITS - (pair[0] ^ pair[1]).leading_zeros()) as usize] += 1;
        }
        let mut left = bins.len();
        let enough = ends.iter().position(|end| {
            left -= end;
            left <= self.bound
        });
        // cannot fail: when all bits are shifted out, all bins are one.
        enough.unwrap_or(ends.len()) as u32
    }

    /// Adds to a bin. Returns false, and adds nothing, if there would be one bin too many.
    fn add_bin(&mut self, bin: u64, count: u64) -> bool {
        if self.window.is_empty() {
            let bins = (2 * self.bound).min(WINDOW);
            self.window = vec![0; bins];
            self.first = bin.saturating_sub(bins as u64 / 2);
        }
        match self.window.get_mut(bin.wrapping_sub(self.first) as usize) {
            Some(known) if *known > 0 => *known += count,
            Some(new) if self.filled + self.others.len() < self.bound => {
                *new = count;
                self.filled += 1;
            }
            Some(_) => return false,
            None => {
                let bound = Bound { values: self.bound - self.filled, bytes: 0 };
                return self.others.add(u128::from(bin), &[], count, bound);
            }
        }
        true
    }

    #[cold]
    fn coarsen(&mut self, shift: u32) {
        let more = shift - self.shift;
        let fine = std::mem::replace(self, Self::new(shift, self.bound));
        for (bin, count) in fine.counts() {
            // cannot fail: there are no more bins than before.
            self.add_bin(bin >> more, count);
        }
    }

    /// Returns the bins with their counts, in any order.
    fn counts(&self) -> impl Iterator<Item = (u64, u64)> {
        let window = self.window.iter().enumerate().filter(|(_, count)| **count > 0);
        let others = self.others.entries().map(|bin| (bin.key as u64, bin.count));
        // The sum does not overflow: a slot with a count belongs to a bin.
        window.map(|(slot, &count)| (self.first + slot as u64, count)).chain(others)
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if other.shift > self.shift {
            self.coarsen(other.shift);
        }
        for (bin, count) in other.counts() {
            self.add(bin << other.shift, count);
        }
    }

    /// Returns the bins in order: first and last code, and count.
    pub(super) fn bins(&self) -> Vec<(u64, u64, u64)> {
        let mut bins: Vec<_> = self
            .counts()
            .map(|(bin, count)| {
                let first = bin << self.shift;
                (first, first | ((1 << self.shift) - 1), count)
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
