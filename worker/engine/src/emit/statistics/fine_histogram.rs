//! A histogram over ordinals, from which the quantiles of columns with too many different values are estimated.
//!
//! A bin is an ordinal without its last `shift` bits. Over the ordinals of doubles this is a log-linear histogram, over the
//! ordinals of times a histogram with bins of equal widths. The shift grows when there are too many bins, so a
//! few values far away from the others cost a few bins and no resolution. It is the least shift with which the bins
//! are few enough, so it depends on the set of values alone.

use super::count_table::{Capacity, CountTable};
use super::histogram::Bin;

/// Most bins in the window, which are found by their number without a search: 32 powers of two of numbers. If fewer bins are allowed, the window
/// has twice as many as are allowed.
const WINDOW: usize = 4096;

/// Bins with their counts.
#[derive(Clone, Debug)]
pub(super) struct FineHistogram {
    shift: u32,
    /// The number of the first bin in the window.
    first: u64,
    /// The counts of the bins from `first` on; empty until there is a bin.
    window: Vec<u64>,
    /// The number of bins in the window with a count.
    filled: usize,
    /// The bins outside the window.
    others: CountTable,
    /// Most bins, inside and outside the window.
    most_bins: usize,
}

impl FineHistogram {
    /// Returns an empty histogram of at most `bins` bins that each cover at least 2^`shift` ordinals.
    pub(super) fn new(shift: u32, bins: usize) -> Self {
        // Two bins always fit at the greatest shift, so coarsening ends.
        Self { shift, first: 0, window: Vec::new(), filled: 0, others: CountTable::default(), most_bins: bins.max(2) }
    }

    #[inline]
    pub(super) fn add(&mut self, ordinal: u64, count: u64) {
        let slot = (ordinal >> self.shift).wrapping_sub(self.first) as usize;
        match self.window.get_mut(slot) {
            Some(known) if *known > 0 => *known += count,
            _ => self.add_elsewhere(ordinal, count),
        }
    }

    /// Adds to a bin that is new or outside the window.
    #[inline(never)]
    fn add_elsewhere(&mut self, ordinal: u64, count: u64) {
        let bin = ordinal >> self.shift;
        if !self.add_bin(bin, count) {
            self.coarsen(self.shift + self.shift_for(bin));
            // cannot fail: the shift is the least one with which there is room.
            self.add_bin(ordinal >> self.shift, count);
        }
    }

    /// Returns how much the shift has to grow so that the bins, with `bin` among them, are few enough.
    fn shift_for(&self, bin: u64) -> u32 {
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
            left <= self.most_bins
        });
        // cannot fail: when all bits are shifted out, all bins are one.
        enough.unwrap_or(ends.len()) as u32
    }

    /// Adds to a bin. Returns false, and adds nothing, if there would be one bin too many.
    fn add_bin(&mut self, bin: u64, count: u64) -> bool {
        if self.window.is_empty() {
            let bins = (2 * self.most_bins).min(WINDOW);
            self.window = vec![0; bins];
            self.first = bin.saturating_sub(bins as u64 / 2);
        }
        match self.window.get_mut(bin.wrapping_sub(self.first) as usize) {
            Some(known) if *known > 0 => *known += count,
            Some(new) if self.filled + self.others.len() < self.most_bins => {
                *new = count;
                self.filled += 1;
            }
            Some(_) => return false,
            None => {
                let capacity = Capacity { values: self.most_bins - self.filled, bytes: 0 };
                return self.others.add(u128::from(bin), &[], count, capacity);
            }
        }
        true
    }

    #[cold]
    fn coarsen(&mut self, shift: u32) {
        let more = shift - self.shift;
        let fine = std::mem::replace(self, Self::new(shift, self.most_bins));
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

    /// Returns the bins in order.
    pub(super) fn bins(&self) -> Vec<Bin> {
        let mut bins: Vec<_> = self
            .counts()
            .map(|(bin, count)| {
                let first = bin << self.shift;
                Bin { first, last: first | ((1 << self.shift) - 1), count }
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
        let mut histogram = FineHistogram::new(0, 100);
        (1000..1090).for_each(|ordinal| histogram.add(ordinal, 1));
        histogram.add(u64::MAX, 1);
        assert_eq!(histogram.bins().len(), 91);
        assert_eq!(histogram.bins()[0], Bin { first: 1000, last: 1000, count: 1 });
    }

    proptest! {
        #[test]
        fn the_order_of_values_and_parts_does_not_matter(ordinals in prop::collection::vec((any::<u64>(), 0..64u32), 0..300), cut in 0..300usize) {
            let ordinals: Vec<u64> = ordinals.into_iter().map(|(ordinal, shift)| ordinal >> shift).collect();
            let histogram = |ordinals: &[u64]| {
                let mut histogram = FineHistogram::new(3, 20);
                ordinals.iter().for_each(|&ordinal| histogram.add(ordinal, 1));
                histogram
            };
            let whole = histogram(&ordinals);
            let cut = cut.min(ordinals.len());
            let (mut first, mut second) = (histogram(&ordinals[..cut]), histogram(&ordinals[cut..]));
            let second_alone = second.clone();
            second.merge(&first);
            first.merge(&second_alone);
            prop_assert_eq!(first.bins(), whole.bins());
            prop_assert_eq!(second.bins(), whole.bins());
            let counted: u64 = whole.bins().iter().map(|bin| bin.count).sum();
            prop_assert_eq!(counted, ordinals.len() as u64);
            for ordinal in ordinals {
                prop_assert!(whole.bins().iter().any(|bin| (bin.first..=bin.last).contains(&ordinal)));
            }
        }
    }
}
