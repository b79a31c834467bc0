//! Finds out whether the texts of a column, or of two columns, are unique.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use crate::packed_text::{LONGEST, short};
use crate::swar::folded_product;

/// Most texts of all columns together whose hashes are remembered to find repeated texts.
pub(super) const UNIQUE: usize = 8 << 20;

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
        Self::Unique(HashSet::default())
    }
}

impl Uniqueness {
    /// Adds a text by its hash; at most `most` hashes are remembered.
    pub(super) fn add(&mut self, hash: u64, most: usize) {
        if let Self::Unique(seen) = self {
            if !seen.insert(hash) {
                *self = Self::Repeated;
            } else if seen.len() > most {
                *self = Self::Unknown;
            }
        }
    }

    /// Adds the texts of another part of the column.
    pub(super) fn merge(&mut self, other: Self, most: usize) {
        *self = match (std::mem::replace(self, Self::Unknown), other) {
            (Self::Repeated, _) | (_, Self::Repeated) => Self::Repeated,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Unique(one), Self::Unique(other)) => union(one, other, most),
        };
    }

    /// Returns true if further texts may change the outcome.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Unique(_))
    }

    /// Returns true if no text is repeated, false if one is, and `None` if that is not known.
    pub(super) fn is_unique(&self) -> Option<bool> {
        match self {
            Self::Unique(_) => Some(true),
            Self::Repeated => Some(false),
            Self::Unknown => None,
        }
    }
}

fn union(one: Hashes, other: Hashes, most: usize) -> Uniqueness {
    let (mut large, small) = if one.len() >= other.len() { (one, other) } else { (other, one) };
    for hash in small {
        if !large.insert(hash) {
            return Uniqueness::Repeated;
        }
    }
    if large.len() > most { Uniqueness::Unknown } else { Uniqueness::Unique(large) }
}

type Hashes = HashSet<u64, BuildHasherDefault<Hashed>>;

/// Hashes a text: sixteen bytes at a time, each block multiplied into 128 bits and folded.
pub(super) fn hash(text: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let fold = |state: u64, block: u128| {
        folded_product(block as u64 ^ state, (block >> 64) as u64 ^ FACTOR) ^ state.rotate_left(23)
    };
    text.chunks(LONGEST).fold(text.len() as u64 ^ FACTOR, |state, block| fold(state, short(block).unwrap_or_default()))
}

/// A hasher for numbers that are hashes already.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hashed(u64);

impl Hasher for Hashed {
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
