//! The cells of one column so far: which types accept all of them, and which cells contradict the other types.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use sluice_csv::{Chunk, Dialect, unquote};

use super::accepted::{Accepted, Known};
use super::candidates::{candidates, text};
use super::delimited::Delimited;
use super::key::Key;
use super::set::Set;
use super::shape::{Outline, Shape};
use super::uniqueness::{Hashed, UNIQUE, Uniqueness, hash};
use super::verdict::{Patterns, Rules};
use crate::direct_mapped::Slotted as _;
use crate::packed_text::Packed;
use crate::parse::characters;
use crate::shown::shown;
use crate::typing::cell_reader::each_cell;

/// Texts that often stand for a missing value. They are taken for missing values only in columns whose other cells are not just texts.
const MISSING: [&str; 30] = [
    "NA", "N/A", "n/a", "na", "#N/A", "#DIV/0!", "#REF!", "NULL", "Null", "null", "None", "none", "nan", "NaN", "NAN",
    "-", "--", "—", "–", ".", "..", "...", "?", "\\N", "(null)", "nil", "missing", "Missing", "unknown", "*",
];

/// The same texts, as a cell is compared with them.
static MISSING_PACKED: LazyLock<[Packed; MISSING.len()]> =
    // cannot fail: a test packs every text.
    LazyLock::new(|| MISSING.map(|word| Packed::of(word.as_bytes()).unwrap_or(Packed::OTHER)));

/// Spaces: a cell of nothing but up to this many of them stands for a missing value, as a text of [`MISSING`] does.
const SPACES: &str = "                                ";

/// A type is given up when at least this many cells contradict it, and more than one in [`GIVEN_UP_SHARE`].
const GIVEN_UP: u64 = 20;

/// See [`GIVEN_UP`].
const GIVEN_UP_SHARE: u64 = 20;

/// Most different texts of a column that are remembered.
pub(super) const DISTINCT: usize = 24;

/// Longest text that is remembered, in bytes.
const REMEMBERED_BYTES: usize = 100;

/// Most characters of a cell that a reason shows.
const SHOWN: usize = 40;

/// The cells that contradict a type.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    /// The number of these cells; if the type was given up, there may be more.
    pub(super) against: u64,
    /// The first of these cells: the number of its record, and its text.
    pub(super) first: Option<(u64, String)>,
    /// Whether the type was given up, so that further cells were not tested.
    pub(super) given_up: bool,
}

/// The number of cells in a row that [`Accepted`] holds, which are counted together.
#[derive(Default)]
struct Passed {
    cells: u64,
    /// The number of these cells that are empty.
    empty: u64,
}

/// The cells of one column so far.
#[derive(Debug)]
pub(super) struct ColumnScan {
    /// The contradicting cells of each candidate.
    evidence: Vec<Evidence>,
    /// The candidates that are not given up.
    open: Set,
    /// Whether one of the open candidates is a list of texts.
    may_be_lists: bool,
    rules: &'static Rules,
    patterns: Patterns,
    /// The number of cells with a text, including the texts of [`MISSING`].
    pub(super) values: u64,
    /// The number of empty cells.
    pub(super) empty: u64,
    /// The number of cells with each text of [`MISSING`].
    missing: [u64; MISSING.len()],
    /// The number of cells with each number of spaces, from 1, up to those of [`SPACES`].
    blank: [u64; SPACES.len()],
    /// Different texts, without those of [`MISSING`]; `None` if there are more than [`DISTINCT`], or too long ones.
    pub(super) distinct: Option<HashSet<Vec<u8>, BuildHasherDefault<Hashed>>>,
    /// Fewest and most characters of a text.
    pub(super) lengths: Option<(u64, u64)>,
    /// Whether a text has a minus sign, as negative numbers do.
    pub(super) has_minus: bool,
    uniqueness: Uniqueness,
    /// The different texts that may be lists.
    delimited: Delimited,
    /// Most texts that are remembered, to find repeated ones.
    most_unique: usize,
    /// Texts that were seen, and that every open candidate accepts.
    accepted: Option<Accepted>,
}

impl ColumnScan {
    /// Makes an empty scan of a column, in a file of this many columns.
    pub(super) fn new(columns: usize) -> Self {
        Self {
            evidence: vec![Evidence::default(); candidates().len()],
            open: Set::of(|_| true),
            may_be_lists: true,
            rules: Rules::get(),
            patterns: Patterns::default(),
            values: 0,
            empty: 0,
            missing: [0; MISSING.len()],
            blank: [0; SPACES.len()],
            distinct: Some(HashSet::default()),
            lengths: None,
            has_minus: false,
            uniqueness: Uniqueness::default(),
            delimited: Delimited::default(),
            most_unique: UNIQUE / columns.max(1),
            accepted: None,
        }
    }

    /// Adds the cells of column `index` of a chunk.
    pub(super) fn add_chunk(&mut self, chunk: &Chunk, index: usize, dialect: &Dialect, scratch: &mut Vec<u8>) {
        let data = chunk.bytes();
        let quote = dialect.quote.filter(|_| chunk.has_quotes());
        let mut accepted = self.accepted.take().unwrap_or_else(|| Accepted::new(chunk.columns()));
        let mut passed = Passed::default();
        each_cell(chunk.cells(index), 0..chunk.index.rows.len(), |row, span| {
            let key = Key::of(data, span);
            if accepted.holds(key) {
                passed.cells += 1;
                passed.empty += u64::from(span.len() == 0);
                return;
            }
            // When candidates are given up depends on how many cells there are before.
            self.count(std::mem::take(&mut passed));
            let raw = span.text(data);
            let text = if raw.is_empty() { raw } else { text_of(raw, quote, dialect, scratch) };
            let record = || chunk.start.record + chunk.ordinals().nth(row).map_or(0, u64::from);
            accepted.note(key, self.add(text, &record));
        });
        self.count(passed);
        self.accepted = Some(accepted);
    }

    /// Counts cells that are empty, or repeat a text that every open candidate accepts.
    fn count(&mut self, passed: Passed) {
        let repeated = passed.cells - passed.empty;
        self.empty += passed.empty;
        self.values += repeated;
        if repeated > 0 {
            self.uniqueness = Uniqueness::Repeated;
        }
    }

    /// Adds a cell. Returns which later cells need only be counted. `record` returns the number of the record of the cell.
    pub(super) fn add(&mut self, cell: &[u8], record: &dyn Fn() -> u64) -> Known {
        if cell.is_empty() {
            self.empty += 1;
            return Known::Nothing;
        }
        self.values += 1;
        if let Some(word) = missing_word(cell) {
            self.missing[word] += 1;
            return Known::Nothing;
        }
        if is_blank(cell) {
            self.blank[cell.len() - 1] += 1;
            return Known::Nothing;
        }
        let outline = Outline::of(cell);
        self.note(cell, outline);
        let rejecting = self.rules.rejecting(self.open, cell, outline, &mut self.patterns);
        if !rejecting.is_empty() {
            self.contradict(rejecting, cell, record);
            return Known::Nothing;
        }
        if self.has_all_of_pattern(outline) { Known::Pattern } else { Known::Text }
    }

    /// Returns true if other texts with the same pattern tell nothing new about the column. All open candidates accept this one.
    fn has_all_of_pattern(&self, outline: Outline) -> bool {
        self.distinct.is_none()
            && !self.uniqueness.is_open()
            && (!self.may_be_delimited(outline) || self.delimited.has_enough(outline))
            && self.rules.go_by_pattern(self.open)
    }

    /// Returns true if it matters whether a text has delimiters of a list.
    fn may_be_delimited(&self, outline: Outline) -> bool {
        self.may_be_lists && !matches!(outline.shape, Shape::Integer | Shape::Decimal)
    }

    /// Counts a cell that these open candidates reject.
    fn contradict(&mut self, rejecting: Set, cell: &[u8], record: &dyn Fn() -> u64) {
        let mut is_one_given_up = false;
        for index in rejecting.iter() {
            let evidence = &mut self.evidence[index];
            evidence.against += 1;
            if evidence.first.is_none() {
                evidence.first = Some((record(), shown_cell(cell)));
            }
            if evidence.against >= GIVEN_UP && evidence.against * GIVEN_UP_SHARE > self.values {
                evidence.given_up = true;
                is_one_given_up = true;
            }
        }
        if is_one_given_up {
            self.close();
        }
    }

    /// Removes the candidates that were given up from the open ones.
    fn close(&mut self) {
        let given_up = self.open.iter().filter(|&index| self.evidence[index].given_up);
        self.open = self.open.without(given_up.map(Set::only).fold(Set::default(), Set::or));
        self.may_be_lists = self.open.iter().any(|index| candidates()[index].list_of_texts().is_some());
    }

    /// Notes a text that is not one of [`MISSING`].
    fn note(&mut self, cell: &[u8], outline: Outline) {
        let length = if outline.is_ascii() { cell.len() as u64 } else { characters(cell) };
        self.lengths =
            Some(self.lengths.map_or((length, length), |(least, most)| (least.min(length), most.max(length))));
        self.has_minus |= cell[0] == b'-' || outline.may_have_inner_sign() && has_inner_sign(cell);
        if let Some(distinct) = &mut self.distinct
            && !distinct.contains(cell)
        {
            distinct.insert(cell.to_vec());
            if distinct.len() > DISTINCT || cell.len() > REMEMBERED_BYTES {
                self.distinct = None;
            }
        }
        if self.uniqueness.is_open() {
            self.uniqueness.add(hash(cell), self.most_unique);
        }
        if self.may_be_delimited(outline) {
            self.delimited.add(cell, outline);
        }
    }

    /// Adds the cells of another part of the same column, read by another thread or from another file.
    pub(super) fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.evidence.iter_mut().zip(other.evidence) {
            mine.against += theirs.against;
            mine.given_up |= theirs.given_up;
            mine.first = match (mine.first.take(), theirs.first) {
                (Some(one), Some(other)) => Some(if other.0 < one.0 { other } else { one }),
                (one, other) => one.or(other),
            };
        }
        self.close();
        self.values += other.values;
        self.empty += other.empty;
        let counts = self.missing.iter_mut().chain(&mut self.blank);
        for (mine, theirs) in counts.zip(other.missing.into_iter().chain(other.blank)) {
            *mine += theirs;
        }
        self.distinct = match (self.distinct.take(), other.distinct) {
            (Some(mut one), Some(other)) => {
                one.extend(other);
                Some(one).filter(|all| all.len() <= DISTINCT)
            }
            _ => None,
        };
        self.lengths = match (self.lengths, other.lengths) {
            (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
            (one, other) => one.or(other),
        };
        self.has_minus |= other.has_minus;
        self.uniqueness.merge(other.uniqueness, self.most_unique);
        self.delimited.merge(other.delimited);
    }

    /// Returns the number of cells with a value, if the texts of [`MISSING`] and spaces stand for missing values.
    pub(super) fn typed_values(&self) -> u64 {
        self.values - self.missing.iter().chain(&self.blank).sum::<u64>()
    }

    /// Returns the texts of [`MISSING`], and the spaces, that cells have, each with the number of these cells.
    pub(super) fn missing(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let blank = self.blank.into_iter().enumerate().map(|(index, count)| (&SPACES[..=index], count));
        MISSING.into_iter().zip(self.missing).chain(blank).filter(|(_, count)| *count > 0)
    }

    /// Returns the cells that contradict a candidate.
    pub(super) fn evidence(&self, candidate: usize) -> &Evidence {
        &self.evidence[candidate]
    }

    /// Returns true if no text is repeated, false if one is, and `None` if that is not known.
    pub(super) fn is_unique(&self) -> Option<bool> {
        self.uniqueness.is_unique()
    }

    /// Returns the candidates that accept every cell, in the order of preference.
    pub(super) fn fitting(&self) -> impl Iterator<Item = usize> + '_ {
        self.open
            .iter()
            .filter(|&index| self.evidence[index].against == 0 && self.has_both_truths(index) && self.has_lists(index))
    }

    /// Returns false for a boolean with other texts than those of the standard if the column lacks a text for true or for false.
    fn has_both_truths(&self, index: usize) -> bool {
        let candidate = &candidates()[index];
        let Some((trues, falses)) = candidate.truths() else {
            return true;
        };
        let Some(distinct) = &self.distinct else {
            return false;
        };
        let has = |words: &[&str]| words.iter().any(|word| distinct.contains(word.as_bytes()));
        candidate.form.true_values.is_none() || has(trues) && has(falses)
    }

    /// Returns false for a list of texts if most of the different texts lack its delimiter: any text is a list of one item.
    fn has_lists(&self, index: usize) -> bool {
        candidates()[index].list_of_texts().is_none_or(|delimiter| self.delimited.are_lists(delimiter))
    }

    /// Returns the first candidate that accepts every cell, whatever the name of the column is. Lists of texts count as texts.
    pub(super) fn best(&self) -> usize {
        let can_be = |index: &usize| {
            let candidate = &candidates()[*index];
            candidate.by_name.is_none() && candidate.list_of_texts().is_none()
        };
        let mut fitting = self.fitting().filter(can_be);
        let best = fitting.next().unwrap_or_else(text);
        if self.typed_values() == 0 { text() } else { best }
    }
}

/// Returns the text of a raw cell that is not empty; `quote` is the quote character of the dialect, if the chunk has quotes.
pub(super) fn text_of<'t>(raw: &'t [u8], quote: Option<u8>, dialect: &Dialect, scratch: &'t mut Vec<u8>) -> &'t [u8] {
    let is_quoted = quote.is_some_and(|quote| raw[0] == quote);
    if is_quoted || dialect.escape.is_some() { unquote(raw, dialect, scratch) } else { raw }
}

/// Returns true if a text has a minus sign that does not belong to an exponent: that of a negative number may stand behind a symbol (`$-5`).
fn has_inner_sign(cell: &[u8]) -> bool {
    memchr::memchr_iter(b'-', cell).any(|at| !at.checked_sub(1).is_some_and(|at| matches!(cell[at], b'e' | b'E')))
}

/// Returns true if a cell has a text of [`MISSING`].
pub(super) fn is_missing_word(cell: &[u8]) -> bool {
    !cell.is_empty() && missing_word(cell).is_some()
}

/// Returns true for a cell of spaces alone that is no longer than [`SPACES`].
fn is_blank(cell: &[u8]) -> bool {
    cell[0] == b' ' && cell.len() <= SPACES.len() && cell.iter().all(|byte| *byte == b' ')
}

/// Returns the index of the text in [`MISSING`] that a cell has.
fn missing_word(cell: &[u8]) -> Option<usize> {
    // Most cells begin with a digit, or are longer.
    if cell[0].is_ascii_digit() {
        return None;
    }
    let packed = Packed::of(cell)?;
    MISSING_PACKED.iter().position(|word| *word == packed)
}

fn shown_cell(cell: &[u8]) -> String {
    match std::str::from_utf8(cell) {
        Ok(text) => shown(text, SHOWN).to_string(),
        Err(_) => "bytes that are not UTF-8".to_owned(),
    }
}

#[cfg(test)]
mod tests;
