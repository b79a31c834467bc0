//! Keys of two columns, for files in which no column is a key alone: country and year, order and line.
//!
//! The first records decide which pairs are looked at; all records decide whether a pair is a key.

use std::collections::HashSet;

use sluice_csv::{Chunk, Dialect};

use super::column::text_of;
use super::head_record::HeadRecord;
use super::outline::NumberShape;
use super::uniqueness::{Uniqueness, hash};

/// Most columns from which pairs are made: the first ones that can be part of a key.
const COLUMNS: usize = 12;

/// Most pairs that are examined.
pub(super) const PAIRS: usize = 4;

/// Fewest first records: in fewer, almost any pair of columns is unique.
const LEAST_ROWS: usize = 6;

/// Maximum ratio of possible combinations of two columns to rows. Above it values hardly repeat, and a pair is unique by chance.
const SPARSE: usize = 20;

/// Most rows whose values are remembered for a pair.
const REMEMBERED: usize = 1 << 20;

/// Returns the pairs of columns whose values no two of the first records share; the pair whose values repeat most comes first. Returns no pair if
/// a single column for which `is_key` returns true is unique.
pub(super) fn likely_keys(below: &[&HeadRecord], width: usize, is_key: impl Fn(usize) -> bool) -> Vec<[usize; 2]> {
    if below.len() < LEAST_ROWS {
        return Vec::new();
    }
    let mut columns: Vec<(usize, usize)> = Vec::new();
    for column in 0..width {
        let cells = || below.iter().map(|row| row.cells[column].as_slice());
        if cells().any(|cell| cell.is_empty() || NumberShape::of(cell) == NumberShape::Decimal) {
            continue;
        }
        let distinct = cells().collect::<HashSet<&[u8]>>().len();
        if distinct == below.len() && is_key(column) {
            return Vec::new();
        }
        if (2..below.len()).contains(&distinct) && columns.len() < COLUMNS {
            columns.push((column, distinct));
        }
    }
    let mut pairs: Vec<(usize, [usize; 2])> = Vec::new();
    for (index, &(one, of_one)) in columns.iter().enumerate() {
        for &(other, of_other) in &columns[index + 1..] {
            let combinations = of_one * of_other;
            let mut seen = HashSet::new();
            let differ = combinations >= below.len()
                && combinations <= SPARSE * below.len()
                && below.iter().all(|row| seen.insert((&row.cells[one], &row.cells[other])));
            if differ {
                pairs.push((combinations, [one, other]));
            }
        }
    }
    pairs.sort_unstable();
    pairs.into_iter().take(PAIRS).map(|(_, columns)| columns).collect()
}

/// A pair of columns, and whether its values are unique so far.
#[derive(Debug)]
pub(super) struct ColumnPair {
    pub(super) columns: [usize; 2],
    seen: Uniqueness,
}

impl ColumnPair {
    pub(super) fn new(columns: [usize; 2]) -> Self {
        Self { columns, seen: Uniqueness::default() }
    }

    /// Adds the rows of a chunk.
    pub(super) fn add_chunk(&mut self, chunk: &Chunk, dialect: &Dialect, scratch: &mut Vec<u8>) {
        let quote = dialect.quote.filter(|_| chunk.has_quotes());
        let cells = self.columns.map(|column| chunk.cells(column));
        for row in 0..chunk.index.rows.len() {
            if !self.seen.is_open() {
                return;
            }
            let mut hash_of = |number: usize| {
                let span = cells[number].span(row);
                if span.is_empty() { 0 } else { hash(text_of(&chunk.bytes()[span], quote, dialect, scratch)) }
            };
            let (one, other) = (hash_of(0), hash_of(1));
            let both = u128::from(one) | u128::from(other) << 64;
            self.seen.add(hash(&both.to_le_bytes()), REMEMBERED);
        }
    }

    /// Adds the rows of another part of the files.
    pub(super) fn merge(&mut self, other: Self) {
        self.seen.merge(other.seen, REMEMBERED);
    }

    /// Returns true if no two rows share the values of both columns.
    pub(super) fn is_unique(&self) -> bool {
        self.seen.is_unique() == Some(true)
    }
}

#[cfg(test)]
mod tests {
    use sluice_csv::RecordKind;

    use super::*;

    fn rows(cells: impl Iterator<Item = Vec<String>>) -> Vec<HeadRecord> {
        let row = |(number, cells): (usize, Vec<String>)| HeadRecord {
            number: number as u64 + 1,
            kind: RecordKind::Cells,
            cells: cells.into_iter().map(String::into_bytes).collect(),
            has_loose_line_end: false,
        };
        cells.enumerate().map(row).collect()
    }

    fn pairs(rows: &[HeadRecord], is_key: bool) -> Vec<[usize; 2]> {
        likely_keys(&rows.iter().collect::<Vec<_>>(), rows[0].cells.len(), |_| is_key)
    }

    #[test]
    fn pairs_that_repeat_most_come_first() {
        let of = |number: usize| {
            vec![format!("c{}", number % 5), (number / 5).to_string(), (number * 37 % 41).to_string(), "x".to_owned()]
        };
        let table = rows((0..40).map(of));
        assert_eq!(pairs(&table, false)[0], [0, 1]);
        assert!(pairs(&table, false).len() <= PAIRS);
        // The third column has every value once.
        assert_eq!(pairs(&table, true), [] as [[usize; 2]; 0]);
    }

    #[test]
    fn gaps_decimals_and_few_rows_make_no_pair() {
        let of = |number: usize| vec![format!("c{}", number % 5), (number / 5).to_string()];
        assert_eq!(pairs(&rows((0..40).map(of)), false), [[0, 1]]);
        assert_eq!(pairs(&rows((0..5).map(of)), false), [] as [[usize; 2]; 0]);
        let gap = |number: usize| {
            vec![if number == 7 { String::new() } else { format!("c{}", number % 5) }, (number / 5).to_string()]
        };
        assert_eq!(pairs(&rows((0..40).map(gap)), false), [] as [[usize; 2]; 0]);
        let decimal = |number: usize| vec![format!("{}.25", number % 5), (number / 5).to_string()];
        assert_eq!(pairs(&rows((0..40).map(decimal)), false), [] as [[usize; 2]; 0]);
    }

    #[test]
    fn a_pair_is_remembered_up_to_a_bound() {
        let mut seen = Uniqueness::default();
        (0..=10).for_each(|hash| seen.add(hash, 10));
        assert_eq!(seen.is_unique(), None);
        let mut seen = Uniqueness::default();
        (0..10).for_each(|hash| seen.add(hash, 10));
        assert_eq!(seen.is_unique(), Some(true));
        seen.add(3, 10);
        assert_eq!(seen.is_unique(), Some(false));
    }
}
