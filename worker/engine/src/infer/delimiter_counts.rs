//! Counts how many different texts of a column have a delimiter of list items, and how many lack it.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use super::outline::Outline;
use super::uniqueness::{TextHasher, hash};

/// Delimiters of lists of texts. A comma is not among them: it also stands in sentences and names.
pub(super) const TEXT_LIST_DELIMITERS: [u8; 2] = [b';', b'|'];

/// Most different texts that are counted. The texts beyond this number are ignored, so the order of the texts does not matter.
const COUNTED: usize = 64;

/// Fewest different texts that must have the delimiter.
const LEAST: usize = 2;

/// For each delimiter, the hashes of different texts that have it, and of those that lack it.
#[derive(Clone, Debug, Default)]
pub(super) struct DelimiterCounts {
    with: [Hashes; TEXT_LIST_DELIMITERS.len()],
    without: [Hashes; TEXT_LIST_DELIMITERS.len()],
}

type Hashes = HashSet<u64, BuildHasherDefault<TextHasher>>;

impl DelimiterCounts {
    pub(super) fn add(&mut self, text: &[u8], outline: Outline) {
        for (number, delimiter) in TEXT_LIST_DELIMITERS.into_iter().enumerate() {
            let texts = match outline.has_delimiter(delimiter) {
                true => &mut self.with[number],
                false => &mut self.without[number],
            };
            if texts.len() < COUNTED {
                texts.insert(hash(text));
            }
        }
    }

    /// Returns true if no text with this outline makes a difference any more.
    pub(super) fn has_enough(&self, outline: Outline) -> bool {
        TEXT_LIST_DELIMITERS.into_iter().enumerate().all(|(number, delimiter)| {
            let texts = if outline.has_delimiter(delimiter) { &self.with[number] } else { &self.without[number] };
            texts.len() >= COUNTED
        })
    }

    /// Adds the texts of another part of the column.
    pub(super) fn merge(&mut self, other: Self) {
        let all = self.with.iter_mut().chain(&mut self.without).zip(other.with.into_iter().chain(other.without));
        for (mine, theirs) in all {
            mine.extend(theirs);
        }
    }

    /// Returns true if at least as many different texts have the delimiter as lack it, as far as they are counted.
    pub(super) fn are_lists(&self, delimiter: u8) -> bool {
        let number = TEXT_LIST_DELIMITERS.iter().position(|other| *other == delimiter);
        number.is_some_and(|number| {
            let [with, without] = [&self.with[number], &self.without[number]].map(|texts| texts.len().min(COUNTED));
            with >= LEAST && with >= without
        })
    }
}
