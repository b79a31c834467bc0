//! Decides which of the open candidates reject a text.
//!
//! A column of integers keeps some forty open candidates until its last cell: kinds of numbers with groups of digits and without, and lists of one
//! number. A candidate reads a text only if the [`Outline`] of the text does not decide. [`Candidate::accepts_shape`] and this module say what an
//! outline decides; `rejection/tests.rs` compares that with the answers of each candidate for random texts.

use std::sync::LazyLock;

use super::candidate::{Candidate, Test};
use super::candidate_set::CandidateSet;
use super::candidates::candidates;
use super::delimiter_counts::TEXT_LIST_DELIMITERS;
use super::items::ListItems;
use super::outline::{NumberShape, Outline};
use super::packed_cell::PackedCell;
use crate::direct_mapped::Slotted as _;
use crate::parse::{Affixes, TemporalFormat};

/// Most bytes of a number without digits: `NaN`, `INF`, `-INF`.
const LONGEST_SPECIAL: usize = 4;

/// The candidates by what the outline of a text decides about them.
#[derive(Debug)]
pub(super) struct OutlineAnswers {
    /// For each [`NumberShape`], the candidates that accept every text of that shape, and the candidates that accept none.
    accepting: [CandidateSet; NumberShape::ALL.len()],
    rejecting: [CandidateSet; NumberShape::ALL.len()],
    /// For each of [`TEXT_LIST_DELIMITERS`], the candidate that is a list of texts with that delimiter; it accepts every text that can be an item.
    lists_of_texts: [CandidateSet; TEXT_LIST_DELIMITERS.len()],
    /// The candidates that accept no text without a digit that is longer than [`LONGEST_SPECIAL`].
    with_digits: CandidateSet,
    /// Numbers and lists of numbers: the pattern of a text decides whether they accept it.
    numeric: CandidateSet,
    /// The candidates that accept all texts of one pattern or none of them.
    depending_on_pattern: CandidateSet,
    /// For each candidate, the candidates (itself included) that give the same answer for every text without a delimiter of a list.
    interchangeable: Vec<CandidateSet>,
}

impl OutlineAnswers {
    pub(super) fn get() -> &'static Self {
        static RULES: LazyLock<OutlineAnswers> = LazyLock::new(OutlineAnswers::new);
        &RULES
    }

    fn new() -> Self {
        let answering = |answer: bool| {
            NumberShape::ALL.map(|shape| CandidateSet::of(|candidate| candidate.accepts_shape(shape) == Some(answer)))
        };
        Self {
            accepting: answering(true),
            rejecting: answering(false),
            lists_of_texts: TEXT_LIST_DELIMITERS
                .map(|delimiter| CandidateSet::of(|candidate| candidate.list_of_texts() == Some(delimiter))),
            with_digits: CandidateSet::of(needs_digits),
            numeric: CandidateSet::of(is_numeric),
            depending_on_pattern: CandidateSet::of(depends_on_pattern),
            interchangeable: candidates()
                .iter()
                .enumerate()
                .map(|(index, candidate)| interchangeable(index, candidate))
                .collect(),
        }
    }

    /// Returns the `open` candidates that reject a text. `patterns` are the known patterns of the column.
    pub(super) fn rejecting(
        &self,
        open: CandidateSet,
        text: &[u8],
        outline: Outline,
        patterns: &mut PatternCache,
    ) -> CandidateSet {
        let shape = outline.shape as usize;
        let mut rejecting = open.and(self.rejecting[shape]);
        if !outline.has_digit() && text.len() > LONGEST_SPECIAL {
            rejecting = rejecting.or(open.and(self.with_digits));
        }
        let mut to_ask = open.without(rejecting).without(self.accepting[shape]);
        if outline.is_item {
            for (list, delimiter) in self.lists_of_texts.into_iter().zip(TEXT_LIST_DELIMITERS) {
                to_ask = if outline.has_delimiter(delimiter) { to_ask } else { to_ask.without(list) };
            }
        }
        if !to_ask.and(self.numeric).is_empty()
            && let Some(packed) = PackedCell::of_text(text)
        {
            let of_pattern = patterns.rejecting(packed.pattern(), || self.ask(self.numeric, text, outline));
            rejecting = rejecting.or(open.and(of_pattern));
            to_ask = to_ask.without(self.numeric);
        }
        rejecting.or(open.and(self.ask(to_ask, text, outline)))
    }

    /// Returns true if every open candidate accepts all texts of one pattern or none of them.
    pub(super) fn depend_on_pattern(&self, open: CandidateSet) -> bool {
        open.without(self.depending_on_pattern).is_empty()
    }

    /// Asks candidates whether they accept a text. Returns those that reject it, perhaps with further candidates that reject it, too.
    fn ask(&self, mut to_ask: CandidateSet, text: &[u8], outline: Outline) -> CandidateSet {
        let mut rejecting = CandidateSet::default();
        while let Some(index) = to_ask.first() {
            let same = if outline.is_single() { self.interchangeable[index] } else { CandidateSet::only(index) };
            if !candidates()[index].accepts(text) {
                rejecting = rejecting.or(same);
            }
            to_ask = to_ask.without(same);
        }
        rejecting
    }
}

/// A pattern, and the numeric candidates that reject it.
#[derive(Clone, Debug)]
struct CachedPattern {
    pattern: PackedCell,
    rejecting: CandidateSet,
}

/// A cache of the latest patterns of a column, with the numeric candidates that reject each.
#[derive(Debug, Default)]
pub(super) struct PatternCache {
    /// Empty until the first pattern comes, then 2^[`PatternCache::BITS`] slots. Each pattern has one slot, which keeps the latest pattern.
    slots: Vec<CachedPattern>,
}

impl PatternCache {
    const BITS: u32 = 5;

    /// Returns the candidates that reject a pattern; `ask` finds them if the pattern is not in the cache.
    #[inline]
    fn rejecting(&mut self, pattern: PackedCell, ask: impl FnOnce() -> CandidateSet) -> CandidateSet {
        if self.slots.is_empty() {
            self.slots =
                vec![CachedPattern { pattern: PackedCell::OTHER, rejecting: CandidateSet::default() }; 1 << Self::BITS];
        }
        let slot = &mut self.slots[pattern.slot(u64::BITS - Self::BITS)];
        if slot.pattern != pattern {
            *slot = CachedPattern { pattern, rejecting: ask() };
        }
        slot.rejecting
    }
}

/// Returns true if a candidate accepts no text without a digit, except the special numbers (`NaN`, `INF`).
fn needs_digits(candidate: &Candidate) -> bool {
    match &candidate.test {
        Test::Integer { .. }
        | Test::Number { .. }
        | Test::Date(_)
        | Test::Datetime(_)
        | Test::Time(_)
        | Test::Zoned
        | Test::YearMonth
        | Test::Year
        | Test::Point => true,
        Test::List { items, .. } => *items != ListItems::Texts,
        Test::Boolean(..)
        | Test::Format(_)
        | Test::PointArray
        | Test::PointObject
        | Test::Geojson
        | Test::Object
        | Test::Array
        | Test::Text => false,
    }
}

/// Returns true if a candidate is a kind of number, or a list of numbers.
fn is_numeric(candidate: &Candidate) -> bool {
    matches!(
        candidate.test,
        Test::Integer { .. } | Test::Number { .. } | Test::List { items: ListItems::Integers | ListItems::Numbers, .. }
    )
}

/// Returns true if a candidate accepts all texts of one pattern or none of them.
fn depends_on_pattern(candidate: &Candidate) -> bool {
    let is_text = matches!(candidate.test, Test::Text | Test::List { items: ListItems::Texts, .. });
    is_text || is_numeric(candidate)
}

/// Returns the candidate of this index with the candidates that accept the same texts without a delimiter: such a text is a list of one item.
fn interchangeable(index: usize, candidate: &Candidate) -> CandidateSet {
    match same_as_items(candidate) {
        Some(items) => CandidateSet::of(|other| same_as_items(other) == Some(items)),
        None => CandidateSet::only(index),
    }
}

/// Returns the type of the items of a list, or of a candidate that accepts exactly such items. `number` is none: it accepts `NaN`, which is no item.
fn same_as_items(candidate: &Candidate) -> Option<ListItems> {
    match candidate.test {
        Test::List { items, .. } => Some(items).filter(|items| *items != ListItems::Texts),
        Test::Integer { group: None, affixes: Affixes::Refused } => Some(ListItems::Integers),
        Test::Date(TemporalFormat::Default) => Some(ListItems::Dates),
        Test::Datetime(TemporalFormat::Default) => Some(ListItems::Datetimes),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
