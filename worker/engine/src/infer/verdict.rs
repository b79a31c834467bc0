//! Decides which of the open candidates reject a text.
//!
//! A column of integers keeps some forty open candidates until its last cell: kinds of numbers with groups of digits and without, and lists of one
//! number. No candidate has to read a text if the [`Outline`] of the text decides. [`Candidate::accepts_shape`] and this module say what an outline
//! decides; `verdict/tests.rs` compares that with the answers of each candidate for random texts.

use std::sync::LazyLock;

use super::candidate::{Candidate, Test};
use super::candidates::candidates;
use super::delimited;
use super::items::ListItems;
use super::key::Key;
use super::set::Set;
use super::shape::{Outline, Shape};
use crate::direct_mapped::Slotted as _;
use crate::parse::TemporalFormat;

/// Most bytes of a number without digits: `NaN`, `INF`, `-INF`.
const LONGEST_SPECIAL: usize = 4;

/// What the outline of a text says about each candidate.
#[derive(Debug)]
pub(super) struct Rules {
    /// For each [`Shape`], the candidates that accept every text of that shape, and the candidates that accept none.
    accepting: [Set; Shape::ALL.len()],
    rejecting: [Set; Shape::ALL.len()],
    /// For each of [`delimited::DELIMITERS`], the candidate that is a list of texts with that delimiter; it accepts every text that can be an item.
    lists_of_texts: [Set; delimited::DELIMITERS.len()],
    /// The candidates that accept no text without a digit that is longer than [`LONGEST_SPECIAL`].
    with_digits: Set,
    /// Numbers and lists of numbers: the pattern of a text decides whether they accept it.
    numeric: Set,
    /// The candidates that accept all texts of one pattern or none of them.
    by_pattern: Set,
    /// For each candidate, the candidates (itself included) that give the same answer for every text without a delimiter of a list.
    alike: Vec<Set>,
}

impl Rules {
    pub(super) fn get() -> &'static Self {
        static RULES: LazyLock<Rules> = LazyLock::new(Rules::new);
        &RULES
    }

    fn new() -> Self {
        let answering =
            |answer: bool| Shape::ALL.map(|shape| Set::of(|candidate| candidate.accepts_shape(shape) == Some(answer)));
        Self {
            accepting: answering(true),
            rejecting: answering(false),
            lists_of_texts: delimited::DELIMITERS
                .map(|delimiter| Set::of(|candidate| candidate.list_of_texts() == Some(delimiter))),
            with_digits: Set::of(needs_digits),
            numeric: Set::of(is_numeric),
            by_pattern: Set::of(is_by_pattern),
            alike: candidates().iter().enumerate().map(|(index, candidate)| alike(index, candidate)).collect(),
        }
    }

    /// Returns the `open` candidates that reject a text. `patterns` are the known patterns of the column.
    pub(super) fn rejecting(&self, open: Set, text: &[u8], outline: Outline, patterns: &mut Patterns) -> Set {
        let shape = outline.shape as usize;
        let mut rejecting = open.and(self.rejecting[shape]);
        if !outline.has_digit() && text.len() > LONGEST_SPECIAL {
            rejecting = rejecting.or(open.and(self.with_digits));
        }
        let mut to_ask = open.without(rejecting).without(self.accepting[shape]);
        if outline.is_item {
            for (list, delimiter) in self.lists_of_texts.into_iter().zip(delimited::DELIMITERS) {
                to_ask = if outline.has_delimiter(delimiter) { to_ask } else { to_ask.without(list) };
            }
        }
        if !to_ask.and(self.numeric).is_empty()
            && let Some(key) = Key::of_text(text)
        {
            let of_pattern = patterns.rejecting(key.pattern(), || self.asked(self.numeric, text, outline));
            rejecting = rejecting.or(open.and(of_pattern));
            to_ask = to_ask.without(self.numeric);
        }
        rejecting.or(open.and(self.asked(to_ask, text, outline)))
    }

    /// Returns true if every open candidate accepts all texts of one pattern or none of them.
    pub(super) fn go_by_pattern(&self, open: Set) -> bool {
        open.without(self.by_pattern).is_empty()
    }

    /// Asks candidates whether they accept a text. Returns those that reject it, perhaps with further candidates that reject it, too.
    fn asked(&self, mut to_ask: Set, text: &[u8], outline: Outline) -> Set {
        let mut rejecting = Set::default();
        while let Some(index) = to_ask.first() {
            let same = if outline.is_single() { self.alike[index] } else { Set::only(index) };
            if !candidates()[index].accepts(text) {
                rejecting = rejecting.or(same);
            }
            to_ask = to_ask.without(same);
        }
        rejecting
    }
}

/// A cache of the latest patterns of a column, with the numeric candidates that reject each.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    /// Empty until the first pattern comes, then 2^[`Patterns::BITS`] slots. Each pattern has one slot, which keeps the latest pattern.
    slots: Vec<(Key, Set)>,
}

impl Patterns {
    const BITS: u32 = 5;

    /// Returns the candidates that reject a pattern; `ask` finds them if the pattern is not in the cache.
    #[inline]
    fn rejecting(&mut self, pattern: Key, ask: impl FnOnce() -> Set) -> Set {
        if self.slots.is_empty() {
            self.slots = vec![(Key::OTHER, Set::default()); 1 << Self::BITS];
        }
        let slot = &mut self.slots[pattern.slot(u64::BITS - Self::BITS)];
        if slot.0 != pattern {
            *slot = (pattern, ask());
        }
        slot.1
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
fn is_by_pattern(candidate: &Candidate) -> bool {
    let is_text = matches!(candidate.test, Test::Text | Test::List { items: ListItems::Texts, .. });
    is_text || is_numeric(candidate)
}

/// Returns the candidate of this index with the candidates that accept the same texts without a delimiter: such a text is a list of one item.
fn alike(index: usize, candidate: &Candidate) -> Set {
    match item_type(candidate) {
        Some(items) => Set::of(|other| item_type(other) == Some(items)),
        None => Set::only(index),
    }
}

/// Returns the type of the items of a list, or of a candidate that accepts exactly such items. `number` is none: it accepts `NaN`, which is no item.
fn item_type(candidate: &Candidate) -> Option<ListItems> {
    match candidate.test {
        Test::List { items, .. } => Some(items).filter(|items| *items != ListItems::Texts),
        Test::Integer { group: None, affixed: false } => Some(ListItems::Integers),
        Test::Date(TemporalFormat::Default) => Some(ListItems::Dates),
        Test::Datetime(TemporalFormat::Default) => Some(ListItems::Datetimes),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
