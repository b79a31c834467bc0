//! The cells of one column so far: which types accept all of them, and which cells contradict the other types.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use sluice_csv::{Chunk, Dialect, unquote};

use super::accepted_texts::{AcceptedTexts, Cacheable};
use super::candidate_set::CandidateSet;
use super::candidates::{candidates, text_candidate};
use super::delimiter_counts::DelimiterCounts;
use super::missing_words::{MISSING, SPACES, is_blank, missing_word};
use super::outline::{NumberShape, Outline};
use super::packed_cell::PackedCell;
use super::rejection::{OutlineAnswers, PatternCache};
use super::uniqueness::{MOST_HASHES, TextHasher, Uniqueness, hash};
use crate::parse::characters;
use crate::shown::shown;
use crate::typing::cell_reader::each_cell;

/// A type is given up when at least this many cells contradict it, and more than one in [`GIVEN_UP_SHARE`].
const GIVEN_UP: u64 = 20;

/// See [`GIVEN_UP`].
const GIVEN_UP_SHARE: u64 = 20;

/// Most different texts of a column that are remembered.
pub(super) const DISTINCT: usize = 24;

/// The occurrences of each of these texts are counted up to this number, for which a text has to be counted cell by cell.
pub(super) const OFTEN: u8 = 5;

/// Longest text that is remembered, in bytes.
const REMEMBERED_BYTES: usize = 100;

/// Most characters of a cell that a reason shows.
const SHOWN: usize = 40;

/// The first cell that contradicts a type.
#[derive(Clone, Debug)]
pub(super) struct FirstContradiction {
    /// The number of its record.
    pub(super) record: u64,
    /// Its text, cut for a message.
    pub(super) text: String,
}

/// The lengths of the texts of a column, in characters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lengths {
    pub(super) shortest: u64,
    pub(super) longest: u64,
}

impl Lengths {
    fn or(self, other: Self) -> Self {
        Self { shortest: self.shortest.min(other.shortest), longest: self.longest.max(other.longest) }
    }
}

/// The cells that contradict a type.
#[derive(Clone, Debug, Default)]
pub(super) struct Contradictions {
    /// The number of these cells; if the type was given up, there may be more.
    pub(super) count: u64,
    pub(super) first: Option<FirstContradiction>,
    /// Whether the type was given up, so that further cells were not tested.
    pub(super) given_up: bool,
}

/// Consecutive cells whose texts [`AcceptedTexts`] holds; they are counted together.
#[derive(Default)]
struct RepeatedCells {
    cells: u64,
    /// The number of these cells that are empty.
    empty: u64,
}

/// The cells of one column so far.
#[derive(Debug)]
pub(super) struct ColumnScan {
    /// For each candidate, the cells that contradict it.
    contradictions: Vec<Contradictions>,
    /// The candidates that are not given up.
    open: CandidateSet,
    /// Whether one of the open candidates is a list of texts.
    may_be_lists: bool,
    answers: &'static OutlineAnswers,
    patterns: PatternCache,
    /// The number of cells with a text, including the texts of [`MISSING`].
    pub(super) values: u64,
    /// The number of empty cells.
    pub(super) empty: u64,
    /// The number of cells with each text of [`MISSING`].
    missing: [u64; MISSING.len()],
    /// The number of cells with each number of spaces, from 1, up to those of [`SPACES`].
    blank: [u64; SPACES.len()],
    /// Different texts, without those of [`MISSING`], each with the number of its cells up to [`OFTEN`]; `None` if there are more than [`DISTINCT`], or
    /// too long ones.
    pub(super) distinct: Option<HashMap<Vec<u8>, u8, BuildHasherDefault<TextHasher>>>,
    /// The lengths of the texts, without those of [`MISSING`].
    pub(super) lengths: Option<Lengths>,
    /// Whether a text has a minus sign, as negative numbers do.
    pub(super) has_minus: bool,
    /// Whether every text has exactly three points, as an address of a computer has (`192.168.178.200`).
    pub(super) has_three_points: bool,
    uniqueness: Uniqueness,
    /// The different texts that may be lists.
    delimiter_counts: DelimiterCounts,
    /// Most hashes of texts that are remembered to find repeated texts.
    most_hashes: usize,
    /// Texts that were seen, and that every open candidate accepts.
    accepted: Option<AcceptedTexts>,
}

impl ColumnScan {
    /// Returns the scan of a column without cells, in a file of this many columns.
    pub(super) fn new(columns: usize) -> Self {
        Self {
            contradictions: vec![Contradictions::default(); candidates().len()],
            open: CandidateSet::of(|_| true),
            may_be_lists: true,
            answers: OutlineAnswers::get(),
            patterns: PatternCache::default(),
            values: 0,
            empty: 0,
            missing: [0; MISSING.len()],
            blank: [0; SPACES.len()],
            distinct: Some(HashMap::default()),
            lengths: None,
            has_minus: false,
            has_three_points: true,
            uniqueness: Uniqueness::default(),
            delimiter_counts: DelimiterCounts::default(),
            most_hashes: MOST_HASHES / columns.max(1),
            accepted: None,
        }
    }

    /// Adds the cells of column `index` of a chunk.
    pub(super) fn add_chunk(&mut self, chunk: &Chunk, index: usize, dialect: &Dialect, scratch: &mut Vec<u8>) {
        let data = chunk.bytes();
        let quote = dialect.quote.filter(|_| chunk.has_quotes());
        let mut accepted = self.accepted.take().unwrap_or_else(|| AcceptedTexts::new(chunk.columns()));
        let mut repeated = RepeatedCells::default();
        each_cell(chunk.cells(index), 0..chunk.index.rows.len(), |row, span| {
            let packed = PackedCell::of(data, span);
            if accepted.holds(packed) {
                repeated.cells += 1;
                repeated.empty += u64::from(span.len() == 0);
                return;
            }
            // Whether a candidate is given up depends on the number of cells before.
            self.count(std::mem::take(&mut repeated));
            let raw = span.text(data);
            let text = if raw.is_empty() { raw } else { text_of(raw, quote, dialect, scratch) };
            let record = || chunk.start.record + chunk.ordinals().nth(row).map_or(0, u64::from);
            accepted.note(packed, self.add(text, &record));
        });
        self.count(repeated);
        self.accepted = Some(accepted);
    }

    /// Counts cells that are empty, or repeat a text that every open candidate accepts.
    fn count(&mut self, repeated: RepeatedCells) {
        let values = repeated.cells - repeated.empty;
        self.empty += repeated.empty;
        self.values += values;
        if values > 0 {
            self.uniqueness = Uniqueness::Repeated;
        }
    }

    /// Adds a cell. Returns what may be cached of it. `record` returns the number of the record of the cell.
    pub(super) fn add(&mut self, cell: &[u8], record: &dyn Fn() -> u64) -> Cacheable {
        if cell.is_empty() {
            self.empty += 1;
            return Cacheable::Nothing;
        }
        self.values += 1;
        if let Some(word) = missing_word(cell) {
            self.missing[word] += 1;
            return Cacheable::Nothing;
        }
        if is_blank(cell) {
            self.blank[cell.len() - 1] += 1;
            return Cacheable::Nothing;
        }
        let outline = Outline::of(cell);
        self.note(cell, outline);
        let rejecting = self.answers.rejecting(self.open, cell, outline, &mut self.patterns);
        if !rejecting.is_empty() {
            self.contradict(rejecting, cell, record);
            return Cacheable::Nothing;
        }
        match self.is_pattern_cacheable(outline) {
            true => Cacheable::Pattern,
            false if self.is_counted(cell) => Cacheable::Text,
            false => Cacheable::Nothing,
        }
    }

    /// Returns true if other texts of the same pattern only have to be counted. All open candidates accept this one.
    fn is_pattern_cacheable(&self, outline: Outline) -> bool {
        self.distinct.is_none()
            && !self.uniqueness.is_open()
            && (!self.may_be_delimited(outline) || self.delimiter_counts.has_enough(outline))
            && self.answers.depend_on_pattern(self.open)
    }

    /// Returns true if the column may be one of lists of texts, and the text one of its lists.
    fn may_be_delimited(&self, outline: Outline) -> bool {
        self.may_be_lists && !matches!(outline.shape, NumberShape::Integer | NumberShape::Decimal)
    }

    /// Counts a cell that these open candidates reject.
    fn contradict(&mut self, rejecting: CandidateSet, cell: &[u8], record: &dyn Fn() -> u64) {
        let mut is_one_given_up = false;
        for index in rejecting.iter() {
            let contradictions = &mut self.contradictions[index];
            contradictions.count += 1;
            if contradictions.first.is_none() {
                contradictions.first = Some(FirstContradiction { record: record(), text: shown_cell(cell) });
            }
            if contradictions.count >= GIVEN_UP && contradictions.count * GIVEN_UP_SHARE > self.values {
                contradictions.given_up = true;
                is_one_given_up = true;
            }
        }
        if is_one_given_up {
            self.close();
        }
    }

    /// Removes the candidates that were given up from the open ones.
    fn close(&mut self) {
        let given_up = self.open.iter().filter(|&index| self.contradictions[index].given_up);
        self.open = self.open.without(given_up.map(CandidateSet::only).fold(CandidateSet::default(), CandidateSet::or));
        self.may_be_lists = self.open.iter().any(|index| candidates()[index].list_of_texts().is_some());
    }

    /// Notes a text that is not one of [`MISSING`].
    fn note(&mut self, cell: &[u8], outline: Outline) {
        let length = if outline.is_ascii() { cell.len() as u64 } else { characters(cell) };
        let lengths = Lengths { shortest: length, longest: length };
        self.lengths = Some(self.lengths.map_or(lengths, |before| before.or(lengths)));
        self.has_minus |= cell[0] == b'-' || outline.may_have_inner_sign() && has_inner_sign(cell);
        self.has_three_points = self.has_three_points && memchr::memchr_iter(b'.', cell).count() == 3;
        self.note_distinct(cell);
        if self.uniqueness.is_open() {
            self.uniqueness.add(hash(cell), self.most_hashes);
        }
        if self.may_be_delimited(outline) {
            self.delimiter_counts.add(cell, outline);
        }
    }

    fn note_distinct(&mut self, cell: &[u8]) {
        let Some(distinct) = &mut self.distinct else { return };
        if let Some(count) = distinct.get_mut(cell) {
            *count = OFTEN.min(*count + 1);
            return;
        }
        distinct.insert(cell.to_vec(), 1);
        if distinct.len() > DISTINCT || cell.len() > REMEMBERED_BYTES {
            self.distinct = None;
        }
    }

    /// Returns true if further cells with this text do not have to be counted.
    fn is_counted(&self, cell: &[u8]) -> bool {
        self.distinct.as_ref().is_none_or(|distinct| distinct.get(cell).is_some_and(|count| *count >= OFTEN))
    }

    /// Adds the cells of another part of the same column, read by another thread or from another file.
    pub(super) fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.contradictions.iter_mut().zip(other.contradictions) {
            mine.count += theirs.count;
            mine.given_up |= theirs.given_up;
            mine.first = match (mine.first.take(), theirs.first) {
                (Some(one), Some(other)) => Some(if other.record < one.record { other } else { one }),
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
                for (text, count) in other {
                    let all = one.entry(text).or_default();
                    *all = OFTEN.min(*all + count);
                }
                Some(one).filter(|all| all.len() <= DISTINCT)
            }
            _ => None,
        };
        self.lengths = match (self.lengths, other.lengths) {
            (Some(one), Some(other)) => Some(one.or(other)),
            (one, other) => one.or(other),
        };
        self.has_minus |= other.has_minus;
        self.has_three_points &= other.has_three_points;
        self.uniqueness.merge(other.uniqueness, self.most_hashes);
        self.delimiter_counts.merge(other.delimiter_counts);
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
    pub(super) fn contradictions(&self, candidate: usize) -> &Contradictions {
        &self.contradictions[candidate]
    }

    /// Returns true if no text is repeated, false if one is, and `None` if that is not known.
    pub(super) fn is_unique(&self) -> Option<bool> {
        self.uniqueness.is_unique()
    }

    /// Returns the candidates that accept every cell, in the order of preference.
    pub(super) fn fitting(&self) -> impl Iterator<Item = usize> + '_ {
        self.open.iter().filter(|&index| {
            self.contradictions[index].count == 0 && self.has_both_values(index) && self.has_lists(index)
        })
    }

    /// Returns false for a boolean whose texts are not the default ones if the column lacks a text for true or for false.
    fn has_both_values(&self, index: usize) -> bool {
        let candidate = &candidates()[index];
        let Some(texts) = candidate.boolean_texts() else {
            return true;
        };
        let Some(distinct) = &self.distinct else {
            return false;
        };
        let has = |words: &[&str]| words.iter().any(|word| distinct.contains_key(word.as_bytes()));
        candidate.properties.true_values.is_none() || has(texts.trues) && has(texts.falses)
    }

    /// Returns false for a list of texts if most of the different texts lack its delimiter: any text is a list of one item.
    fn has_lists(&self, index: usize) -> bool {
        candidates()[index].list_of_texts().is_none_or(|delimiter| self.delimiter_counts.are_lists(delimiter))
    }

    /// Returns the first candidate that accepts every cell, whatever the name of the column is. Lists of texts count as texts.
    pub(super) fn best(&self) -> usize {
        let can_be = |index: &usize| {
            let candidate = &candidates()[*index];
            candidate.column_names.is_none() && candidate.list_of_texts().is_none()
        };
        let mut fitting = self.fitting().filter(can_be);
        let best = fitting.next().unwrap_or_else(text_candidate);
        if self.typed_values() == 0 { text_candidate() } else { best }
    }
}

/// Returns the text of a raw cell that is not empty; `quote` is the quote character of the dialect, if the chunk has quotes.
pub(super) fn text_of<'t>(raw: &'t [u8], quote: Option<u8>, dialect: &Dialect, scratch: &'t mut Vec<u8>) -> &'t [u8] {
    let is_quoted = quote.is_some_and(|quote| raw[0] == quote);
    if is_quoted || dialect.escape.is_some() { unquote(raw, dialect, scratch) } else { raw }
}

/// Returns true if a text has a minus sign that does not belong to an exponent. The sign of a negative number may stand behind a symbol (`$-5`).
fn has_inner_sign(cell: &[u8]) -> bool {
    memchr::memchr_iter(b'-', cell).any(|at| !at.checked_sub(1).is_some_and(|at| matches!(cell[at], b'e' | b'E')))
}

fn shown_cell(cell: &[u8]) -> String {
    match std::str::from_utf8(cell) {
        Ok(text) => shown(text, SHOWN).to_string(),
        Err(_) => "bytes that are not UTF-8".to_owned(),
    }
}

#[cfg(test)]
mod tests;
