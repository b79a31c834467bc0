//! The worst files and prefixes, kept when there are too many to keep all.

use std::cmp::Ordering;

/// Keeps the first `most` items by a total order, independently of the order in which they are added, and counts the others.
#[derive(Clone, Debug)]
pub(crate) struct Worst<T> {
    kept: Vec<T>,
    most: usize,
    order: fn(&T, &T) -> Ordering,
    left_out: u64,
}

impl<T> Worst<T> {
    /// Collects the first `most` items by `order`.
    pub(crate) fn new(most: usize, order: fn(&T, &T) -> Ordering) -> Self {
        Self { kept: Vec::new(), most, order, left_out: 0 }
    }

    /// Adds an item.
    pub(crate) fn add(&mut self, next: T) {
        self.kept.push(next);
        if self.kept.len() >= 2 * self.most.max(1) {
            self.drop_others();
        }
    }

    fn drop_others(&mut self) {
        self.kept.sort_by(self.order);
        self.left_out += self.kept.len().saturating_sub(self.most) as u64;
        self.kept.truncate(self.most);
    }

    /// Counts further items that are left out, and are no worse than those that are kept.
    pub(crate) fn leave_out(&mut self, others: u64) {
        self.left_out += others;
    }

    /// Returns the items that are kept, the worst first, and the number of items left out.
    pub(crate) fn finish(mut self) -> (Vec<T>, u64) {
        self.drop_others();
        (self.kept, self.left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_are_kept_whatever_order_they_come_in() {
        for turn in [1u64, 7, 13, 99] {
            let mut worst = Worst::new(3, |one: &u64, other| other.cmp(one));
            (0..100).for_each(|number| worst.add(number * turn % 100));
            let (kept, left_out) = worst.finish();
            assert_eq!((kept, left_out), (vec![99, 98, 97], 97));
        }
    }
}
