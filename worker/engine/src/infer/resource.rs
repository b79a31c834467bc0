//! What was found → a Data Resource, its properties in the order in which a person reads them, and the reasons.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::Value;
use sluice_csv::LineTerminator;

use super::candidate::TypeForm;
use super::decide::{Decision, Hints, decide, has_decimal_comma};
use super::row::HeaderForm;
use super::scan::Inference;
use crate::encoding::coding::Coding;
use crate::report::FieldStatistics;

/// How tightly the constraints of a descriptor close around the files that it was made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Constraining {
    /// Types alone.
    None,
    /// What will hold for the next file, too: required cells, short lists of texts, no negative numbers, the primary key.
    #[default]
    Loose,
    /// As loose, and the least and greatest values and lengths that were seen.
    Tight,
}

/// A descriptor that was made from files.
#[derive(Clone, Debug)]
pub struct Inferred {
    /// The Data Resource, as JSON on several lines, with a line end.
    pub json: String,
    /// Why it is as it is: of the file, then of each field.
    pub explained: Vec<Explained>,
    /// Records that have another number of cells than the header, or quotes at fault: no descriptor makes them right.
    pub odd_records: u64,
}

/// The reasons for a part of a descriptor.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The field; `None` for the form of the file.
    pub field: Option<String>,
    /// A sentence for each decision.
    pub reasons: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a> {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dialect: Option<DialectForm>,
    schema: SchemaForm<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sluice: Option<SluiceForm>,
}

/// What the standard has no property for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SluiceForm {
    trailing_delimiter: bool,
}

#[derive(Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct DialectForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    delimiter: Option<char>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote_char: Option<Option<char>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    double_quote: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    escape_char: Option<char>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line_terminator: Option<char>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip_initial_space: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment_char: Option<char>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    comment_rows: Vec<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    header_rows: Option<Vec<u64>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SchemaForm<'a> {
    fields: Vec<FieldForm<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_key: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FieldForm<'a> {
    name: &'a str,
    #[serde(flatten)]
    kind: &'a TypeForm,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_values: Vec<&'static str>,
    #[serde(skip_serializing_if = "ConstraintsForm::is_empty")]
    constraints: ConstraintsForm,
}

#[derive(Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ConstraintsForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unique: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<u64>,
    #[serde(rename = "enum", skip_serializing_if = "Option::is_none")]
    listed: Option<Vec<String>>,
}

impl ConstraintsForm {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Inference {
    /// The descriptor of all that was read, called `name`. `statistics` are those of checks of all files against the descriptor without
    /// them; tight bounds are taken from there.
    pub fn describe(&self, name: &str, constraining: Constraining, statistics: &[&[FieldStatistics]]) -> Inferred {
        let hints =
            Hints { day_first: self.form.dialect.delimiter.first() == b';' || has_decimal_comma(&self.columns) };
        let labels = &self.form.labels;
        let decisions: Vec<Decision> =
            self.columns.iter().zip(labels).map(|(column, label)| decide(column, label, hints)).collect();
        let primary_key = match constraining {
            Constraining::None => None,
            Constraining::Loose | Constraining::Tight => primary_key(labels, &decisions),
        };
        let fields = decisions.iter().zip(labels).enumerate().map(|(index, (decision, label))| FieldForm {
            name: label,
            kind: &decision.candidate.form,
            missing_values: missing_values(decision),
            constraints: constraints(
                decision,
                constraining,
                Extremes::of(statistics, index),
                primary_key == Some(index),
            ),
        });
        let resource = Resource {
            name: resource_name(name),
            encoding: self.encoding_name(),
            dialect: Some(self.dialect_form()).filter(|form| *form != DialectForm::default()),
            schema: SchemaForm {
                fields: fields.collect(),
                primary_key: primary_key.map(|index| labels[index].as_str()),
            },
            sluice: self.form.dialect.trailing_delimiter.then_some(SluiceForm { trailing_delimiter: true }),
        };
        // Cannot fail: every key is a string.
        let json = serde_json::to_string_pretty(&resource).unwrap_or_default() + "\n";
        let mut of_form = self.form.reasons.clone();
        of_form.extend(
            self.encoding_name().map(|name| format!("encoding {name}: the bytes are no UTF-8, and look like this")),
        );
        let mut explained = vec![Explained { field: None, reasons: of_form }];
        explained.extend(decisions.into_iter().zip(labels).enumerate().map(|(index, (mut decision, label))| {
            if primary_key == Some(index) {
                decision.reasons.push(
                    "primary key: the first column whose values are all there and all different, by its name or place"
                        .to_owned(),
                );
            }
            Explained { field: Some(label.clone()), reasons: decision.reasons }
        }));
        Inferred { json, explained, odd_records: self.odd }
    }

    /// What a descriptor has to say of the encoding; UTF-8 goes without saying.
    fn encoding_name(&self) -> Option<String> {
        match self.encoding {
            Coding::Utf8 | Coding::Ascii => None,
            Coding::Other(_) => Some(self.encoding.name()),
        }
    }

    fn dialect_form(&self) -> DialectForm {
        let dialect = &self.form.dialect;
        let other = |byte: u8, default: u8| (byte != default).then_some(char::from(byte));
        DialectForm {
            delimiter: other(dialect.delimiter.first(), b','),
            quote_char: (dialect.quote != Some(b'"')).then_some(dialect.quote.map(char::from)),
            double_quote: (!dialect.double_quote).then_some(false),
            escape_char: dialect.escape.map(char::from),
            line_terminator: (dialect.line_terminator == LineTerminator::Cr).then_some('\r'),
            skip_initial_space: dialect.skip_initial_space.then_some(true),
            comment_char: dialect.comment.map(|comment| char::from(comment.first())),
            comment_rows: dialect.comment_rows.clone(),
            header: (self.form.header == HeaderForm::None).then_some(false),
            header_rows: match self.form.header {
                HeaderForm::Record(number) => Some(vec![number]),
                HeaderForm::First | HeaderForm::None => None,
            },
        }
    }
}

fn missing_values(decision: &Decision) -> Vec<&'static str> {
    match &decision.missing[..] {
        [] => Vec::new(),
        words => [""].into_iter().chain(words.iter().copied()).collect(),
    }
}

/// Least and greatest values and lengths over all files.
struct Extremes {
    minimum: Option<Value>,
    maximum: Option<Value>,
    min_length: Option<u64>,
    max_length: Option<u64>,
}

impl Extremes {
    /// Those of a column, if any file has values in it.
    fn of(files: &[&[FieldStatistics]], index: usize) -> Option<Self> {
        let columns = || files.iter().filter_map(|fields| fields.get(index)).filter(|field| field.count > 0);
        columns().next()?;
        let order = |one: &&Value, other: &&Value| match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) => one.total_cmp(&other),
            _ => one.as_str().cmp(&other.as_str()),
        };
        Some(Self {
            minimum: columns().filter_map(|field| field.min.as_ref()).min_by(order).cloned(),
            maximum: columns().filter_map(|field| field.max.as_ref()).max_by(order).cloned(),
            min_length: columns().filter_map(|field| field.min_length).min(),
            max_length: columns().filter_map(|field| field.max_length).max(),
        })
    }
}

fn constraints(
    decision: &Decision,
    constraining: Constraining,
    seen: Option<Extremes>,
    is_key: bool,
) -> ConstraintsForm {
    if constraining == Constraining::None {
        return ConstraintsForm::default();
    }
    let kind = &decision.candidate.form;
    let is_required = decision.missing_cells == 0 && decision.values > 0;
    let mut form = ConstraintsForm {
        required: is_required.then_some(true),
        unique: (decision.is_unique && !is_key && kind.format == Some("uuid")).then_some(true),
        minimum: decision.is_positive.then(|| Value::from(0)),
        min_length: decision.length,
        max_length: decision.length,
        listed: decision.listed.clone(),
        ..ConstraintsForm::default()
    };
    if let (Constraining::Tight, Some(seen)) = (constraining, seen) {
        let has_bounds =
            matches!(kind.name, "integer" | "number" | "date" | "datetime" | "time" | "year" | "yearmonth");
        // Bounds of times are read in the format of the field, and statistics tell them in the default one.
        if has_bounds && (kind.format.is_none() || matches!(kind.name, "integer" | "number")) {
            form.minimum = seen.minimum;
            form.maximum = seen.maximum;
        }
        if kind.name == "string" && form.listed.is_none() {
            form.min_length = seen.min_length;
            form.max_length = seen.max_length;
        }
    }
    form
}

/// Fewest rows from which on different values are no chance.
const KEY_ROWS: u64 = 3;

/// The column that tells rows apart: one whose name says so, else the first one.
fn primary_key(labels: &[String], decisions: &[Decision]) -> Option<usize> {
    let can_be = |decision: &Decision| {
        let is_kind = matches!(decision.candidate.form.name, "integer" | "string" | "date" | "year" | "yearmonth");
        decision.is_unique && decision.values >= KEY_ROWS && is_kind && decision.candidate.form.decimal_char.is_none()
    };
    let keys: Vec<usize> = (0..decisions.len()).filter(|&index| can_be(&decisions[index])).collect();
    let named = keys.iter().copied().find(|&index| is_key_name(&labels[index]));
    // Labels that stand twice cannot be told apart in a key.
    let once: HashSet<usize> = (0..labels.len())
        .filter(|&index| labels.iter().filter(|label| **label == labels[index]).count() == 1)
        .collect();
    named.or_else(|| keys.first().copied().filter(|&index| index == 0)).filter(|index| once.contains(index))
}

fn is_key_name(label: &str) -> bool {
    let lower = label.to_lowercase();
    let last = lower.rsplit(|character: char| !character.is_alphanumeric()).next().unwrap_or_default();
    ["id", "key", "code", "guid", "identifier"].iter().any(|end| last.ends_with(end))
        || matches!(last, "nr" | "number" | "no")
}

/// A name as Data Resources have them: small letters, digits, `-`, `_` and `.`.
fn resource_name(file: &str) -> String {
    let name: String =
        file.to_lowercase()
            .chars()
            .map(|character| {
                if character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.') { character } else { '-' }
            })
            .collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "resource".to_owned() } else { name.to_owned() }
}
