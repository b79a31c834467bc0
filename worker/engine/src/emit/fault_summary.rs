//! The summary of a file's faults: how often each cause occurs, and how the rejects are spread over the file.
//!
//! Both depend on the rejected records alone, not on chunks and threads. The place of rejects is shown in bins of
//! equally many records. [`SPREAD_BINS`] bins reach up to the last reject: the width of the bins doubles when a reject
//! lies behind them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::codes::Code;
use crate::descriptor::Rule;
use crate::fault::{CellFault, FaultLocation, PlacedFault};
use crate::report::{CAUSES, Cause, FaultSummary, SPREAD_BINS, Spread};
use crate::resolve::foreign::file_keys::FileForeignKey;
use crate::resolve::keys::FileKey;
use crate::typing::column::Column;

/// Counts faults and rejected records; one for each thread. It takes no memory before the first fault.
#[derive(Clone, Debug, Default)]
pub(crate) struct FaultCounts {
    /// Faults of cells, by column and kind.
    cells: Vec<u64>,
    /// Faults of whole rows.
    rows: BTreeMap<RowFault, u64>,
    /// Faults of records that are no rows, by code.
    non_rows: BTreeMap<Code, u64>,
    /// The width of the bins in records, as a power of two.
    shift: u32,
    bins: Vec<u64>,
}

/// A kind of fault of whole rows, and what it is about: a rule, a key or a foreign key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RowFault {
    location: FaultLocation,
    /// The number of [`CellFault::kind`].
    kind: usize,
}

impl FaultCounts {
    /// Counts the faults of a chunk.
    pub(crate) fn count(&mut self, faults: &[PlacedFault], columns: usize) {
        if faults.is_empty() {
            return;
        }
        self.cells.resize(columns * CellFault::KINDS, 0);
        for placed in faults {
            let kind = placed.fault.kind();
            match placed.location() {
                FaultLocation::Cell(column) => self.cells[column * CellFault::KINDS + kind] += 1,
                location => *self.rows.entry(RowFault { location, kind }).or_default() += 1,
            }
        }
    }

    /// Counts a record that is no row.
    pub(crate) fn count_non_row(&mut self, code: Code) {
        *self.non_rows.entry(code).or_default() += 1;
    }

    /// Counts a rejected record by its number in the file, from 1.
    #[inline]
    pub(crate) fn reject(&mut self, record: u64) {
        let bin = (record - 1) >> self.shift;
        match self.bins.get_mut(bin as usize) {
            Some(count) => *count += 1,
            None => self.reject_behind(record - 1, 1),
        }
    }

    /// Counts `count` rejects at record `record`, from 0, and widens the bins until it fits.
    #[cold]
    fn reject_behind(&mut self, record: u64, count: u64) {
        while record >> self.shift >= SPREAD_BINS as u64 {
            self.widen();
        }
        let bin = (record >> self.shift) as usize;
        if self.bins.len() <= bin {
            self.bins.resize(bin + 1, 0);
        }
        self.bins[bin] += count;
    }

    fn widen(&mut self) {
        self.shift += 1;
        self.bins = self.bins.chunks(2).map(|pair| pair.iter().sum()).collect();
    }

    /// Adds what another thread has counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.cells.resize(self.cells.len().max(other.cells.len()), 0);
        self.cells.iter_mut().zip(&other.cells).for_each(|(mine, theirs)| *mine += theirs);
        for (fault, count) in &other.rows {
            *self.rows.entry(*fault).or_default() += count;
        }
        for (code, count) in &other.non_rows {
            *self.non_rows.entry(*code).or_default() += count;
        }
        while self.shift < other.shift {
            self.widen();
        }
        for (bin, &count) in other.bins.iter().enumerate().filter(|(_, count)| **count > 0) {
            self.reject_behind((bin as u64) << other.shift, count);
        }
    }

    /// Returns the summary for a report; `None` if nothing was rejected.
    pub(crate) fn summary(self, names: &Names<'_>) -> Option<FaultSummary> {
        if self.bins.is_empty() {
            return None;
        }
        // Causes with the same count keep this order: by column, then by code.
        let mut causes: Vec<Cause> = Vec::new();
        for (column, counts) in self.cells.chunks(CellFault::KINDS).enumerate() {
            let mut of_column = Vec::new();
            for (kind, &faults) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                of_column.extend(CellFault::of_kind(kind).map(|fault| names.of_cell(column, fault, faults)));
            }
            // Several kinds of fault have the same code, and are one cause.
            of_column.dedup_by(|next, before| {
                let is_like = next.is_like(before);
                before.faults += if is_like { next.faults } else { 0 };
                is_like
            });
            causes.extend(of_column);
        }
        let of_cells = causes.len();
        let mut of_rows: Vec<Cause> = Vec::new();
        for (&RowFault { location, kind }, &faults) in &self.rows {
            of_rows.extend(CellFault::of_kind(kind).map(|fault| names.of_row(location, fault, faults)));
        }
        of_rows.extend(self.non_rows.into_iter().map(|(code, faults)| Cause { faults, ..Cause::of(code) }));
        for cause in of_rows {
            match causes[of_cells..].iter_mut().find(|known| known.is_like(&cause)) {
                Some(known) => known.faults += cause.faults,
                None => causes.push(cause),
            }
        }
        causes.sort_by_key(|cause| Reverse(cause.faults));
        let causes_omitted = causes.len().saturating_sub(CAUSES) as u64;
        causes.truncate(CAUSES);
        Some(FaultSummary { causes, causes_omitted, spread: Spread { width: 1 << self.shift, rejected: self.bins } })
    }
}

impl Cause {
    fn of(code: Code) -> Self {
        Self { field: None, code, constraint: None, rule: None, faults: 0 }
    }

    /// Returns true if both are the same cause.
    fn is_like(&self, other: &Self) -> bool {
        (self.code, &self.field, &self.constraint, &self.rule)
            == (other.code, &other.field, &other.constraint, &other.rule)
    }
}

/// The names of a file's columns, rules and keys.
pub(crate) struct Names<'a> {
    pub(crate) columns: &'a [Column],
    pub(crate) rules: &'a [Rule],
    pub(crate) keys: &'a [FileKey],
    pub(crate) foreign_keys: &'a [FileForeignKey<'a>],
}

impl Names<'_> {
    fn field(&self, column: usize) -> Option<String> {
        self.columns.get(column).map(|column| column.name.clone())
    }

    fn of_cell(&self, column: usize, fault: CellFault, faults: u64) -> Cause {
        let constraint = match fault {
            CellFault::Constraint(constraint) => Some(constraint.name().to_owned()),
            _ => None,
        };
        Cause { field: self.field(column), constraint, faults, ..Cause::of(fault.code()) }
    }

    /// Returns the cause of faults of whole rows.
    fn of_row(&self, location: FaultLocation, fault: CellFault, faults: u64) -> Cause {
        let cause = Cause { faults, ..Cause::of(fault.code()) };
        let column = match location {
            FaultLocation::Rule(number) => {
                return Cause { rule: self.rules.get(number).map(|rule| rule.name.clone()), ..cause };
            }
            FaultLocation::Cell(column) => Some(column),
            FaultLocation::Key(number) => self.keys.get(number).and_then(FileKey::cell),
            FaultLocation::ForeignKey(number) => self.foreign_keys.get(number).and_then(FileForeignKey::cell),
        };
        Cause { field: column.and_then(|column| self.field(column)), ..cause }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use proptest::prelude::*;

    use super::*;

    fn names() -> Names<'static> {
        Names { columns: &[], rules: &[], keys: &[], foreign_keys: &[] }
    }

    #[test]
    fn nothing_rejected_is_nothing_to_say() {
        assert_eq!(FaultCounts::default().summary(&names()), None);
    }

    #[test]
    fn a_bin_has_as_many_records_as_it_takes() {
        let mut counts = FaultCounts::default();
        [1, 128, 129, 1000].into_iter().for_each(|record| counts.reject(record));
        let spread = counts.summary(&names()).unwrap().spread;
        assert_eq!((spread.width, spread.rejected.len()), (8, 125));
        let filled: Vec<usize> = (0..125).filter(|&bin| spread.rejected[bin] > 0).collect();
        assert_eq!(filled, [0, 15, 16, 124]);
    }

    proptest! {
        #[test]
        fn parts_in_any_order_are_the_whole(records in prop::collection::vec((1..u64::MAX, 0..60u32, any::<bool>()), 1..200), cut in 0..200usize) {
            let mut parts = [FaultCounts::default(), FaultCounts::default(), FaultCounts::default()];
            for (number, &(record, shift, is_odd)) in records.iter().enumerate() {
                for part in [0, 1 + usize::from(number < cut)] {
                    parts[part].reject((record >> shift).max(1));
                    if is_odd {
                        parts[part].count_non_row(Code::QuoteError);
                    }
                    let fault = PlacedFault::of_cell(0, shift as usize % 3, CellFault::Type);
                    parts[part].count(&[fault], 3);
                }
            }
            let [whole, one, mut other] = parts;
            other.merge(&one);
            let (whole, merged) = (whole.summary(&names()), other.summary(&names()));
            prop_assert_eq!(&whole, &merged);
            let spread = whole.unwrap().spread;
            prop_assert_eq!(spread.rejected.iter().sum::<u64>(), records.len() as u64);
            prop_assert!(spread.rejected.len() <= SPREAD_BINS);
            // The bins are no wider than necessary.
            prop_assert!(spread.width == 1 || spread.rejected.len() > SPREAD_BINS / 2);
        }
    }
}
