//! The differences between a descriptor and files: columns that are new, missing or renamed, and fields that are too narrow or too wide.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::Serialize;

use super::decide::{Decision, Hints, decide, has_decimal_comma};
use super::scan::Inference;
use crate::descriptor::{Descriptor, Schema};
use crate::document::spelling::nearest;
use crate::report::FaultSummary;
use crate::types::Field;

/// A difference between a field and the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Difference {
    /// The files have a column that the descriptor does not have, of this type.
    New {
        /// Name of the type.
        kind: &'static str,
    },
    /// The descriptor has a field that the files do not have.
    Missing,
    /// The files have a column of nearly the same name instead, or a column of another name at the same position.
    Renamed {
        /// The label in the files.
        to: String,
    },
    /// Cells break the type or the constraints of the field, so these have to be wider.
    Widened {
        /// The broken constraints or the type, each with the number of cells that break it.
        faults: Vec<(String, u64)>,
        /// The type that accepts all cells, if it is another one.
        to: Option<&'static str>,
    },
    /// Every cell is of a narrower type.
    Narrowed {
        /// The type of the field.
        from: &'static str,
        /// The narrower type.
        to: &'static str,
    },
}

/// A difference, and its field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// The field of the descriptor, or the label of a new column.
    pub field: String,
    /// What has changed.
    pub difference: Difference,
}

impl Drift {
    /// Returns true if the descriptor as it is refuses files like these, or rejects rows of them.
    pub fn breaks(&self) -> bool {
        !matches!(self.difference, Difference::Narrowed { .. })
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = &self.field;
        match &self.difference {
            Difference::New { kind } => write!(out, "+ {field:?}: a new column ({kind}); add a field"),
            Difference::Missing => write!(out, "- {field:?}: the files have no such column"),
            Difference::Renamed { to } => write!(out, "~ {field:?}: the column is called {to:?}"),
            Difference::Widened { faults, to } => {
                write!(out, "! {field:?}: ")?;
                for (number, (fault, cells)) in faults.iter().enumerate() {
                    let comma = if number == 0 { "" } else { ", " };
                    match cells {
                        1 => write!(out, "{comma}1 cell breaks {fault}")?,
                        _ => write!(out, "{comma}{cells} cells break {fault}")?,
                    }
                }
                match to {
                    Some(kind) => write!(out, "; the type {kind} takes all"),
                    None => Ok(()),
                }
            }
            Difference::Narrowed { from, to } => write!(out, "  {field:?}: {from}, and every cell is of the type {to}"),
        }
    }
}

/// Cells at fault by field, then by what they break: a constraint, or the name of a code without `-error`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(BTreeMap<String, BTreeMap<String, u64>>);

impl Faults {
    /// Adds the most frequent causes that a check has found in a file.
    pub fn add(&mut self, found: &FaultSummary) {
        for cause in &found.causes {
            let Some(field) = &cause.field else { continue };
            let code = || cause.code.name().trim_end_matches("-error").to_owned();
            let name = cause.constraint.clone().unwrap_or_else(code);
            *self.0.entry(field.clone()).or_default().entry(name).or_default() += cause.faults;
        }
    }
}

impl Inference {
    /// Returns the differences between a descriptor and the files that were read. `faults` are the faults that a check of the files against the
    /// descriptor with [`any_columns`] found.
    pub fn compare(&self, descriptor: &Descriptor, faults: &Faults) -> Vec<Drift> {
        let Some(schema) = &descriptor.schema else {
            return Vec::new();
        };
        let labels: HashSet<&str> = self.form.labels.iter().map(String::as_str).collect();
        let names: HashSet<&str> = schema.fields.iter().map(|field| field.name.as_str()).collect();
        let renamed = self.renamed(schema, &labels, &names);
        let hints =
            Hints { day_first: self.form.dialect.delimiter.first() == b';' || has_decimal_comma(&self.columns) };
        let mut drift = Vec::new();
        for field in &schema.fields {
            let of_field = |difference| Drift { field: field.name.clone(), difference };
            match self.form.labels.iter().position(|label| *label == field.name) {
                Some(index) => {
                    let decision = decide(&self.columns[index], &field.name, hints);
                    drift.extend(changed(field, &decision, faults).map(of_field));
                }
                None => drift.push(of_field(match renamed.get(field.name.as_str()) {
                    Some(to) => Difference::Renamed { to: (*to).to_owned() },
                    None => Difference::Missing,
                })),
            }
        }
        let taken: HashSet<&str> = renamed.values().copied().collect();
        for (label, column) in self.form.labels.iter().zip(&self.columns) {
            if !names.contains(label.as_str()) && !taken.contains(label.as_str()) {
                let kind = decide(column, label, hints).candidate.form.name;
                drift.push(Drift { field: label.clone(), difference: Difference::New { kind } });
            }
        }
        drift
    }

    /// Returns the fields that the files have under another name, each with that name.
    fn renamed<'a>(
        &'a self,
        schema: &'a Schema,
        labels: &HashSet<&str>,
        names: &HashSet<&str>,
    ) -> BTreeMap<&'a str, &'a str> {
        let mut free: Vec<&str> = self
            .form
            .labels
            .iter()
            .map(String::as_str)
            .filter(|label| !names.contains(label) && !label.is_empty())
            .collect();
        let mut renamed = BTreeMap::new();
        // Only if exactly one label differs: of several, it is unknown which label stands for which field.
        let one_each = schema.fields.len() == self.form.labels.len()
            && schema.fields.iter().zip(&self.form.labels).filter(|(field, label)| field.name != **label).count() == 1;
        for (index, field) in schema.fields.iter().enumerate() {
            if labels.contains(field.name.as_str()) {
                continue;
            }
            let similar = nearest(&field.name, free.iter().copied());
            let in_place =
                self.form.labels.get(index).map(String::as_str).filter(|label| one_each && free.contains(label));
            if let Some(to) = similar.or(in_place) {
                free.retain(|label| *label != to);
                renamed.insert(field.name.as_str(), to);
            }
        }
        renamed
    }
}

/// Returns the difference between a field and the cells of its column, if there is one.
fn changed(field: &Field, decision: &Decision, faults: &Faults) -> Option<Difference> {
    let (from, to) = (field.kind.name(), decision.candidate.form.name);
    if let Some(faults) = faults.0.get(&field.name).filter(|faults| !faults.is_empty()) {
        let wider = (from != to && faults.contains_key("type")).then_some(to);
        let faults = faults.iter().map(|(fault, cells)| (fault.clone(), *cells)).collect();
        return Some(Difference::Widened { faults, to: wider });
    }
    let is_narrower = decision.values > 0
        && match from {
            "any" => to != "any",
            "string" => to != "string",
            "number" => to == "integer",
            _ => false,
        };
    is_narrower.then_some(Difference::Narrowed { from, to })
}

/// Returns the descriptor without requirements on the header and without keys: every column that it knows is checked, wherever the column stands.
pub fn any_columns(descriptor: &Descriptor) -> Descriptor {
    let mut descriptor = descriptor.clone();
    if let Some(schema) = &mut descriptor.schema {
        schema.fields_match = crate::descriptor::FieldsMatch::Partial;
        schema.keys.clear();
    }
    descriptor
}
