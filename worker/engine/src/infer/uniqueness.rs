//! Finds out whether the texts of a column, or of two columns, are unique.

use std::hash::Hasher;

use crate::packed_text::{LONGEST, short};
use crate::swar::folded_product;

/// Most texts of all columns together whose hashes are remembered to find repeated texts.
pub(super) const MOST_HASHES: usize = 8 << 20;

/// Whether the texts so far are unique.
#[derive(Clone, Debug)]
pub(super) enum Uniqueness {
    /// Hashes of the texts so far. Two texts with the same hash count as equal; the only effect is that a key is not proposed.
    Unique(Hashes),
    Repeated,
    /// There are more texts than can be remembered, and none of those remembered is repeated.
    Unknown,
}

impl Default for Uniqueness {
    fn default() -> Self {
        Self::Unique(Hashes::default())
    }
}

impl Uniqueness {
    /// Adds a text by its hash; at most `most` hashes are remembered.
    pub(super) fn add(&mut self, hash: u64, most: usize) {
        if let Self::Unique(seen) = self {
            seen.all.push(hash);
            let count = seen.all.len();
            if count > most || count >= FIRST_COMPARED.max(seen.different * GROWTH) {
                self.settle(most);
            }
        }
    }

    /// Adds the texts of another part of the column.
    pub(super) fn merge(&mut self, other: Self, most: usize) {
        *self = match (std::mem::replace(self, Self::Unknown), other) {
            (Self::Repeated, _) | (_, Self::Repeated) => Self::Repeated,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Unique(mut one), Self::Unique(other)) => {
                one.all.extend(other.all);
                Self::Unique(one)
            }
        };
        self.settle(most);
    }

    /// Compares the remembered hashes, and forgets them if two are equal or if there are too many.
    fn settle(&mut self, most: usize) {
        let Self::Unique(seen) = self else { return };
        if !seen.are_different() {
            *self = Self::Repeated;
        } else if seen.all.len() > most {
            *self = Self::Unknown;
        }
    }

    /// Returns true if further texts may change the outcome.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Unique(_))
    }

    /// Returns true if no text is repeated, false if one is, and `None` if that is not known.
    pub(super) fn is_unique(&self) -> Option<bool> {
        match self {
            Self::Unique(seen) => Some(seen.different == seen.all.len() || seen.clone().are_different()),
            Self::Repeated => Some(false),
            Self::Unknown => None,
        }
    }
}

/// The number of hashes that are compared for the first time; they are compared again whenever there are [`GROWTH`] times as many.
const FIRST_COMPARED: usize = 64;

/// See [`FIRST_COMPARED`].
const GROWTH: usize = 4;

/// Hashes that are collected, and sorted from time to time to find equal ones: each look-up in a hash table of millions of hashes waits for memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Hashes {
    all: Vec<u64>,
    /// The number of hashes when they were last compared and found to be different.
    different: usize,
}

impl Hashes {
    /// Returns true if no hash is equal to another one.
    fn are_different(&mut self) -> bool {
        if self.different < self.all.len() {
            self.all.sort_unstable();
            let are_different = self.all.windows(2).all(|pair| pair[0] != pair[1]);
            self.different = if are_different { self.all.len() } else { 0 };
        }
        self.different == self.all.len()
    }
}

/// Hashes a text: sixteen bytes at a time, each block multiplied into 128 bits and folded.
pub(super) fn hash(text: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let fold = |state: u64, block: u128| {
        folded_product(block as u64 ^ state, (block >> 64) as u64 ^ FACTOR) ^ state.rotate_left(23)
    };
    text.chunks(LONGEST).fold(text.len() as u64 ^ FACTOR, |state, block| fold(state, short(block).unwrap_or_default()))
}

/// A hasher of texts, and of integers that are hashes already.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TextHasher(u64);

impl Hasher for TextHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(bytes);
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    /// What is known of these hashes, looked up one by one.
    fn expected(hashes: &[u64], most: usize) -> Option<bool> {
        let mut seen = HashSet::new();
        for hash in hashes {
            if !seen.insert(hash) {
                return Some(false);
            }
            if seen.len() > most {
                return None;
            }
        }
        Some(true)
    }

    fn of(hashes: &[u64], most: usize) -> Uniqueness {
        let mut all = Uniqueness::default();
        hashes.iter().for_each(|&hash| all.add(hash, most));
        all
    }

    proptest! {
        #[test]
        fn collected_hashes_are_as_unique_as_those_that_are_looked_up(
            hashes in prop::collection::vec(0..40_000_u64, 0..400),
            others in prop::collection::vec(0..40_000_u64, 0..100),
            most in 0..500_usize,
        ) {
            let mut all = of(&hashes, most);
            prop_assert_eq!(all.is_unique(), expected(&hashes, most));
            let parts = [expected(&hashes, most), expected(&others, most)];
            all.merge(of(&others, most), most);
            if parts == [Some(true); 2] {
                let union: HashSet<u64> = hashes.iter().chain(&others).copied().collect();
                let is_repeated = union.len() < hashes.len() + others.len();
                let expected = if is_repeated { Some(false) } else { (union.len() <= most).then_some(true) };
                prop_assert_eq!(all.is_unique(), expected);
            } else {
                prop_assert_ne!(all.is_unique(), Some(true));
            }
        }
    }
}
