//! Warnings: rows that break rules or constraints which only warn, and stay clean.

use std::collections::BTreeMap;

use crate::descriptor::Settings;
use crate::fault::{CellFault, FaultLocation, PlacedFault};
use crate::typing::column::Column;

/// Counts warnings by name; one for each thread.
pub(crate) struct WarningCounts<'a> {
    columns: &'a [Column],
    /// The names of warnings: the names of all rules, then `email.pattern` for each constraint that only warns.
    names: Vec<String>,
    /// For each column, the index of its first constraint in `names`; empty if no constraint only warns.
    first: Vec<usize>,
    counts: Vec<u64>,
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
        Self { columns, names, first, counts }
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

    /// Counts the warnings of clean rows.
    pub(crate) fn count(&mut self, warnings: &[PlacedFault]) {
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
        }
    }

    /// Returns the counts by name, without names that have no warning.
    pub(crate) fn into_counts(self) -> BTreeMap<String, u64> {
        self.names.into_iter().zip(self.counts).filter(|(_, count)| *count > 0).collect()
    }
}
