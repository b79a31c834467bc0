//! Which of the open candidates do not accept a text.
//!
//! A column of integers has some forty candidates until its last cell: as many kinds of numbers, with groups of digits or without, and lists of
//! one number. None of them has to read a text whose [`Outline`] settles the matter. What an outline settles is written down in
//! [`Candidate::accepts_shape`] and here; `verdict/tests.rs` compares it with what each candidate says to random texts.

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

/// Texts without digits that are numbers have at most so many bytes: `NaN`, `INF`, `-INF`.
const LONGEST_SPECIAL: usize = 4;

/// What outlines say about the candidates.
#[derive(Debug)]
pub(super) struct Rules {
    /// For each [`Shape`], the candidates that accept every text of it, and those that accept none.
    accepting: [Set; Shape::ALL.len()],
    rejecting: [Set; Shape::ALL.len()],
    /// For each of [`delimited::DELIMITERS`], the list of texts. It accepts every item.
    lists_of_texts: [Set; delimited::DELIMITERS.len()],
    /// The candidates that accept no text without a digit, if it is longer than [`LONGEST_SPECIAL`].
    with_digits: Set,
    /// Numbers and lists of numbers, which the pattern of a text decides.
    numeric: Set,
    /// The candidates that have nothing to do with digits, or to which all digits are the same, but for zeros in front.
    by_pattern: Set,
    /// For each candidate, itself and those that accept the same texts of all that have no delimiter of a list.
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

    /// Those of the `open` candidates that do not accept a text. `patterns` are those of its column.
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

    /// Returns true if each of the open candidates accepts all texts of a pattern or none.
    pub(super) fn go_by_pattern(&self, open: Set) -> bool {
        open.without(self.by_pattern).is_empty()
    }

    /// Asks candidates for a text; returns those that do not accept it, and perhaps others that do not accept it either.
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

/// The numeric candidates that reject the latest patterns of a column.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    /// None, or 2^[`Patterns::BITS`] of them. Each pattern has one slot.
    slots: Vec<(Key, Set)>,
}

impl Patterns {
    const BITS: u32 = 5;

    /// The candidates that reject a pattern; `ask` returns them for one that is not known.
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

/// Returns true if a candidate accepts no text without a digit, but for the special numbers.
fn needs_digits(candidate: &Candidate) -> bool {
    match &candidate.test {
        Test::Integer { .. }
        | Test::Number { .. }
        | Test::Date(_)
        | Test::Datetime(_)
        | Test::Time(_)
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

/// Returns true if a candidate accepts all texts of a pattern or none.
fn is_by_pattern(candidate: &Candidate) -> bool {
    let is_text = matches!(candidate.test, Test::Text | Test::List { items: ListItems::Texts, .. });
    is_text || is_numeric(candidate)
}

/// A candidate of this index, and those that accept the same texts without a delimiter: such a text is a list of one item.
fn alike(index: usize, candidate: &Candidate) -> Set {
    match item_type(candidate) {
        Some(items) => Set::of(|other| item_type(other) == Some(items)),
        None => Set::only(index),
    }
}

/// The type of the items of a list, or of a candidate that accepts what is such an item. A number may be `NaN`, an item may not.
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
