//! The different texts of a column with and without a delimiter of list items.

use std::collections::HashSet;

use super::uniqueness::hash;

/// Delimiters of lists of texts. Commas stand in sentences and names.
pub(super) const DELIMITERS: [u8; 2] = [b';', b'|'];

/// Different texts up to which is counted, so that the order of the texts does not matter.
const COUNTED: usize = 64;

/// Fewest different texts with the delimiter.
const LEAST: usize = 2;

/// The hashes of different texts, for each delimiter with and without it.
#[derive(Clone, Debug, Default)]
pub(super) struct Delimited {
    with: [HashSet<u64>; DELIMITERS.len()],
    without: [HashSet<u64>; DELIMITERS.len()],
}

impl Delimited {
    pub(super) fn add(&mut self, text: &[u8]) {
        for (number, delimiter) in DELIMITERS.into_iter().enumerate() {
            let texts = match memchr::memchr(delimiter, text) {
                Some(_) => &mut self.with[number],
                None => &mut self.without[number],
            };
            if texts.len() < COUNTED {
                texts.insert(hash(text));
            }
        }
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
        let number = DELIMITERS.iter().position(|other| *other == delimiter);
        number.is_some_and(|number| {
            let [with, without] = [&self.with[number], &self.without[number]].map(|texts| texts.len().min(COUNTED));
            with >= LEAST && with >= without
        })
    }
}
