//! Warnings: rows that break rules or constraints which only warn, and stay clean.

use std::collections::BTreeMap;

use crate::descriptor::Settings;
use crate::fault::{CellFault, FaultLocation, PlacedFault};
use crate::typing::column::Column;

/// The warnings of clean rows.
#[derive(Debug, Default)]
pub(crate) struct WarningTally {
    /// How many there are of each rule and constraint that has some.
    pub(crate) by_name: BTreeMap<String, u64>,
    /// How many rows have one or more.
    pub(crate) rows: u64,
}

impl WarningTally {
    pub(crate) fn merge(&mut self, other: &Self) {
        for (name, count) in &other.by_name {
            *self.by_name.entry(name.clone()).or_default() += count;
        }
        self.rows += other.rows;
    }
}

/// Counts warnings by name; one for each thread.
pub(crate) struct WarningCounts<'a> {
    columns: &'a [Column],
    /// The names of warnings: the names of all rules, then `email.pattern` for each constraint that only warns.
    names: Vec<String>,
    /// For each column, the index of its first constraint in `names`; empty if no constraint only warns.
    first: Vec<usize>,
    counts: Vec<u64>,
    rows: u64,
    /// A bit for each row of a chunk: whether it has a warning.
    warned: Vec<u64>,
}

impl<'a> WarningCounts<'a> {
    pub(crate) fn new(columns: &'a [Column], settings: &Settings) -> Self {
        let mut names: Vec<String> = settings.rules.iter().map(|rule| rule.name.clone()).collect();
        let mut first = Vec::new();
        if columns.iter().any(|column| !column.constraints.warns.is_empty()) {
            for column in columns {
                first.push(names.len());
                let constraints = column.constraints.warns.iter();
                names.extend(constraints.map(|constraint| format!("{}.{}", column.name, constraint.name())));
            }
        }
        let counts = vec![0; names.len()];
        Self { columns, names, first, counts, rows: 0, warned: Vec::new() }
    }

    /// Moves the faults that only warn from `faults` to `warnings`.
    pub(crate) fn separate(&self, faults: &mut Vec<PlacedFault>, warnings: &mut Vec<PlacedFault>) {
        if self.first.is_empty() {
            return;
        }
        faults.retain(|placed| {
            let warns = self.warns(placed);
            if warns {
                warnings.push(*placed);
            }
            !warns
        });
    }

    fn warns(&self, placed: &PlacedFault) -> bool {
        match (placed.location(), placed.fault) {
            (FaultLocation::Cell(column), CellFault::Constraint(constraint)) => {
                self.columns[column].constraints.warns.holds(constraint)
            }
            _ => false,
        }
    }

    /// Counts the warnings of the clean rows of a chunk, and these rows.
    pub(crate) fn count(&mut self, warnings: &[PlacedFault]) {
        self.warned.clear();
        for warned in warnings {
            let name = match (warned.location(), warned.fault) {
                (FaultLocation::Rule(number), _) => number,
                (FaultLocation::Cell(column), CellFault::Constraint(constraint)) => {
                    let warns = self.columns[column].constraints.warns;
                    self.first[column] + warns.iter().take_while(|other| *other != constraint).count()
                }
                // Only rules and constraints can be made warnings.
                _ => continue,
            };
            self.counts[name] += 1;
            let word = warned.row as usize / 64;
            if word >= self.warned.len() {
                self.warned.resize(word + 1, 0);
            }
            self.warned[word] |= 1 << (warned.row % 64);
        }
        self.rows += self.warned.iter().map(|word| u64::from(word.count_ones())).sum::<u64>();
    }

    /// Returns the counts, without names that have no warning.
    pub(crate) fn into_tally(self) -> WarningTally {
        let by_name = self.names.into_iter().zip(self.counts).filter(|(_, count)| *count > 0).collect();
        WarningTally { by_name, rows: self.rows }
    }
}
