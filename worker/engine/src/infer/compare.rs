//! The differences between a descriptor and files: columns that are new, missing or renamed, and fields that are too narrow or too wide.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fmt;

use serde::Serialize;

use super::decision::{FieldDecision, decide};
use super::hints::Hints;
use super::scan::Inference;
use crate::descriptor::{Descriptor, FieldsMatch, Header, Schema, Target};
use crate::document::spelling::nearest;
use crate::read::file_labels::{FileLabels, REDACTED};
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
        /// The label in the files; `(redacted)` if the descriptor redacts anything.
        to: String,
    },
    /// Cells break the type or the constraints of the field, so these have to be wider.
    Widened {
        /// The broken constraints or the type, each with the number of cells that break it.
        faults: Vec<(String, u64)>,
        /// The type that accepts all cells, if it is another one.
        to: Option<&'static str>,
    },
    /// Rows break a key, a rule or the form of records.
    Rejected {
        /// The rule, or the code of the fault.
        fault: String,
        /// The number of faults.
        rows: u64,
    },
    /// A file is refused as a whole, for one of its assertions for example.
    Refused {
        /// The reason for the refusal.
        message: String,
    },
    /// A hint at what may be wrong with a file, such as another delimiter; it stands beside other differences.
    Hint {
        /// The hint.
        message: String,
    },
    /// The columns stand in another order than the fields, and `fieldsMatch` does not allow for that.
    Reordered,
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
    /// The field of the descriptor, or the label of a new column (`(redacted)` if the descriptor redacts anything); absent for differences of rows and files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What has changed.
    pub difference: Difference,
    /// Whether the present descriptor refuses such files, or rejects rows of them.
    pub breaks: bool,
}

impl fmt::Display for Drift {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.field.as_deref().unwrap_or_default();
        match &self.difference {
            Difference::New { kind } => write!(out, "+ {field:?}: a new column ({kind}); add a field"),
            Difference::Missing => write!(out, "- {field:?}: the files have no such column"),
            Difference::Renamed { to } => write!(out, "~ {field:?}: the column is now named {to:?}"),
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
                    Some(kind) => write!(out, "; the type {kind} fits all"),
                    None => Ok(()),
                }
            }
            Difference::Rejected { fault, rows: 1 } => write!(out, "! 1 row breaks {fault}"),
            Difference::Rejected { fault, rows } => write!(out, "! {rows} rows break {fault}"),
            Difference::Refused { message } => write!(out, "! refused: {message}"),
            Difference::Hint { message } => write!(out, "  hint: {message}"),
            Difference::Reordered => {
                write!(
                    out,
                    "! the columns are in a different order from the fields; allow that with \"fieldsMatch\": \"equal\""
                )
            }
            Difference::Narrowed { from, to } => write!(out, "  {field:?}: {from}, and every cell is of the type {to}"),
        }
    }
}

/// The faults that checks of files have found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Cells at fault by field, then by what they break: a constraint, or the name of a code without `-error`.
    cells: BTreeMap<String, BTreeMap<String, u64>>,
    /// Faults of whole rows by what they break: a rule, or a code.
    rows: BTreeMap<String, u64>,
    /// The messages with which files were refused.
    refusals: Vec<String>,
    /// What may be wrong with files.
    hints: Vec<String>,
}

impl Faults {
    /// Adds the faults that the most frequent causes of a file have.
    pub fn add(&mut self, found: &FaultSummary) {
        for cause in &found.causes {
            let code = cause.code.name();
            let faults = match (&cause.field, &cause.rule) {
                (Some(field), _) => {
                    let name = cause.constraint.as_deref().unwrap_or_else(|| code.trim_end_matches("-error"));
                    self.cells.entry(field.clone()).or_default().entry(name.to_owned())
                }
                (None, Some(rule)) => self.rows.entry(format!("the rule {rule:?}")),
                (None, None) => self.rows.entry(code.to_owned()),
            };
            *faults.or_default() += cause.faults;
        }
    }

    /// Adds the message with which a file was refused.
    pub fn add_refusal(&mut self, message: String) {
        self.refusals.push(message);
    }

    /// Adds a hint at what may be wrong with a file.
    pub fn add_hint(&mut self, message: String) {
        self.hints.push(message);
    }

    /// Returns the hints.
    fn of_hints(&self) -> impl Iterator<Item = Drift> {
        let hint = |message: &String| Difference::Hint { message: message.clone() };
        self.hints.iter().map(hint).map(|difference| Drift { field: None, difference, breaks: false })
    }

    /// Returns the differences of rows and files.
    fn of_rows_and_files(&self) -> impl Iterator<Item = Drift> {
        let rejected = |(fault, rows): (&String, &u64)| Difference::Rejected { fault: fault.clone(), rows: *rows };
        let refused = |message: &String| Difference::Refused { message: message.clone() };
        let all = self.rows.iter().map(rejected).chain(self.refusals.iter().map(refused));
        all.map(|difference| Drift { field: None, difference, breaks: true })
    }
}

impl Inference {
    /// Returns the differences between a descriptor and the files that were read. `faults` are the faults that a check of the files against the
    /// descriptor of [`Inference::any_columns`] found.
    pub fn compare(&self, descriptor: &Descriptor, faults: &Faults) -> Vec<Drift> {
        let Some(schema) = &descriptor.schema else {
            return Vec::new();
        };
        let columns = self.column_names(descriptor);
        // In a file whose header is missing, the labels are values.
        let shown = |label: &str| if descriptor.settings.redact.is_empty() { label } else { REDACTED }.to_owned();
        let names: HashSet<&str> = schema.fields.iter().map(|field| field.name.as_str()).collect();
        let renamed = renamed(schema, &columns, &names);
        let indices = by_occurrence(schema, &columns);
        let hints = Hints::of(&self.form.dialect, &self.columns);
        let may_have_more = matches!(schema.fields_match, FieldsMatch::Subset | FieldsMatch::Partial);
        let may_have_fewer = matches!(schema.fields_match, FieldsMatch::Superset | FieldsMatch::Partial);
        let mut drift = Vec::new();
        for (field, index) in schema.fields.iter().zip(&indices) {
            let may_lack = may_have_fewer && !field.constraints.rejects_missing();
            let of_field = |difference| {
                let breaks = match difference {
                    Difference::Missing => !may_lack,
                    Difference::Renamed { .. } => !may_lack || !may_have_more,
                    Difference::Narrowed { .. } => false,
                    _ => true,
                };
                Drift { field: Some(field.name.clone()), difference, breaks }
            };
            match *index {
                Some(index) => {
                    let decision = decide(&self.columns[index], &field.name, hints);
                    drift.extend(changed(field, &decision, faults).map(of_field));
                }
                None => drift.push(of_field(match renamed.get(field.name.as_str()) {
                    Some(to) => Difference::Renamed { to: shown(to) },
                    None => Difference::Missing,
                })),
            }
        }
        let taken: HashSet<&str> = renamed.values().copied().collect();
        let is_new = |&index: &usize| !indices.contains(&Some(index)) && !taken.contains(columns[index].as_str());
        drift.extend((0..columns.len()).filter(is_new).map(|index| {
            let kind = decide(&self.columns[index], &columns[index], hints).candidate.properties.name;
            let difference = Difference::New { kind };
            Drift { field: Some(shown(&columns[index])), difference, breaks: !may_have_more }
        }));
        let is_order_free = drift.iter().any(|one| one.breaks) || schema.fields_match != FieldsMatch::Exact;
        if !is_order_free && schema.fields.iter().zip(&columns).any(|(field, label)| field.name != *label) {
            drift.push(Drift { field: None, difference: Difference::Reordered, breaks: true });
        }
        drift.extend(faults.of_rows_and_files());
        // A file that differs in nothing may look odd, and be as it should be.
        if !drift.is_empty() {
            drift.extend(faults.of_hints());
        }
        drift
    }

    /// Returns the descriptor without requirements on the header: every column that it knows is checked, wherever the column stands. Only keys and
    /// foreign keys whose columns the files have are left.
    pub fn any_columns(&self, descriptor: &Descriptor) -> Descriptor {
        let labels = self.column_names(descriptor);
        let mut descriptor = descriptor.clone();
        if let Some(schema) = &mut descriptor.schema {
            schema.fields_match = FieldsMatch::Partial;
            for field in schema.fields.iter_mut().filter(|field| !labels.contains(&field.name)) {
                field.constraints.required = false;
            }
            let are_there = |fields: &[String]| fields.iter().all(|field| labels.contains(field));
            schema.keys.retain(|key| are_there(&key.fields));
            schema.foreign_keys.retain(|key| {
                are_there(&key.fields) && (key.target != Target::OwnFile || are_there(&key.target_fields))
            });
        }
        descriptor
    }

    /// Returns a name for each column: the field that its label stands for by `sluice.headers`, or else its label. Without a header,
    /// columns are named after the fields in their order.
    fn column_names(&self, descriptor: &Descriptor) -> Vec<String> {
        if let (Header::None, Some(schema)) = (&descriptor.header, &descriptor.schema) {
            let beyond = self.form.labels.iter().skip(schema.fields.len());
            let fields = schema.fields.iter().map(|field| &field.name).take(self.form.labels.len());
            return fields.chain(beyond).cloned().collect();
        }
        let names = FileLabels::new(&self.form.labels, descriptor).names;
        names.into_iter().map(Cow::into_owned).collect()
    }
}

/// Returns the column of each field. Of several fields with one name (in schemas of version 1), the first has the first column of this name, and so on.
fn by_occurrence(schema: &Schema, columns: &[String]) -> Vec<Option<usize>> {
    let mut free: BTreeMap<&str, VecDeque<usize>> = BTreeMap::new();
    for (index, label) in columns.iter().enumerate() {
        free.entry(label).or_default().push_back(index);
    }
    schema.fields.iter().map(|field| free.get_mut(field.name.as_str())?.pop_front()).collect()
}

/// Returns the fields that the files have under another name, each with that name. `columns` are the names of the columns, `names` those of the fields.
fn renamed<'a>(schema: &'a Schema, columns: &'a [String], names: &HashSet<&str>) -> BTreeMap<&'a str, &'a str> {
    let mut free: Vec<&str> =
        columns.iter().map(String::as_str).filter(|label| !names.contains(label) && !label.is_empty()).collect();
    let mut renamed = BTreeMap::new();
    // Only if exactly one label differs: of several, it is unknown which label stands for which field.
    let one_each = schema.fields.len() == columns.len()
        && schema.fields.iter().zip(columns).filter(|(field, label)| field.name != **label).count() == 1;
    for (index, field) in schema.fields.iter().enumerate() {
        if columns.contains(&field.name) {
            continue;
        }
        let similar = nearest(&field.name, free.iter().copied());
        let in_place = columns.get(index).map(String::as_str).filter(|label| one_each && free.contains(label));
        if let Some(to) = similar.or(in_place) {
            free.retain(|label| *label != to);
            renamed.insert(field.name.as_str(), to);
        }
    }
    renamed
}

/// Returns the difference between a field and the cells of its column, if there is one.
fn changed(field: &Field, decision: &FieldDecision, faults: &Faults) -> Option<Difference> {
    let (from, to) = (field.kind.name(), decision.candidate.properties.name);
    if let Some(faults) = faults.cells.get(&field.name).filter(|faults| !faults.is_empty()) {
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
