//! A set of candidates, as a word of 128 bits.

use super::candidate::Candidate;
use super::candidates::candidates;

/// A set of candidates: bit n stands for the candidate of index n, of which there are at most 128.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CandidateSet(u128);

impl CandidateSet {
    /// Returns the candidates for which `belongs` returns true.
    pub(super) fn of(belongs: impl Fn(&Candidate) -> bool) -> Self {
        let indices = (0..candidates().len()).filter(|&index| belongs(&candidates()[index]));
        indices.map(Self::only).fold(Self::default(), Self::or)
    }

    /// Returns the set of one candidate.
    pub(super) fn only(index: usize) -> Self {
        Self(1 << index)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the candidate that is preferred to all others of the set; `None` if the set is empty.
    pub(super) fn first(self) -> Option<usize> {
        (!self.is_empty()).then_some(self.0.trailing_zeros() as usize)
    }

    /// Returns the candidates that are in both sets.
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns the candidates that are in at least one of the sets.
    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the candidates that are not in the other set.
    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns the candidates of the set in the order of preference.
    pub(super) fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self;
        std::iter::from_fn(move || {
            let first = rest.first()?;
            rest = rest.without(Self::only(first));
            Some(first)
        })
    }
}
