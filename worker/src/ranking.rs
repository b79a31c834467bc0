//! The first items in an order, such as the worst files of a prefix, when there are too many to keep all.

use std::cmp::Ordering;

/// Keeps the first `most` items by a total order, independently of the order in which they are added, and counts the others.
#[derive(Clone, Debug)]
pub(crate) struct Ranking<T> {
    kept: Vec<T>,
    most: usize,
    order: fn(&T, &T) -> Ordering,
    left_out: u64,
}

/// The items that a [`Ranking`] has kept.
pub(crate) struct Ranked<T> {
    /// The items in their order.
    pub(crate) items: Vec<T>,
    /// Number of the other items.
    pub(crate) left_out: u64,
}

impl<T> Ranking<T> {
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

    /// Counts further items that are left out, because they come after those that are kept.
    pub(crate) fn leave_out(&mut self, others: u64) {
        self.left_out += others;
    }

    /// Returns the items that are kept.
    pub(crate) fn finish(mut self) -> Ranked<T> {
        self.drop_others();
        Ranked { items: self.kept, left_out: self.left_out }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_kept_whatever_order_they_come_in() {
        for turn in [1u64, 7, 13, 99] {
            let mut ranking = Ranking::new(3, |one: &u64, other| other.cmp(one));
            (0..100).for_each(|number| ranking.add(number * turn % 100));
            let Ranked { items, left_out } = ranking.finish();
            assert_eq!((items, left_out), (vec![99, 98, 97], 97));
        }
    }
}
