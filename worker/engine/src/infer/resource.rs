//! What was found → a Data Resource, its properties in the order in which a person reads them, and the reasons.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::Value;
use sluice_csv::LineTerminator;

use super::candidate::TypeForm;
use super::decide::{Decision, Hints, decide, has_decimal_comma};
use super::notations::is_key_name;
use super::pairs::Pair;
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
    /// What is odd in the form of the file, and what to do, a sentence each.
    pub oddities: Vec<String>,
    /// Bounds of numbers were taken from statistics, which round decimals of many digits: only a check shows that they take every cell.
    pub has_rounded_bounds: bool,
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
    primary_key: Option<KeyForm<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum KeyForm<'a> {
    One(&'a str),
    Two([&'a str; 2]),
}

impl<'a> KeyForm<'a> {
    /// A key of one column, or else of two.
    fn of(labels: &'a [String], one: Option<usize>, two: Option<[usize; 2]>) -> Option<Self> {
        let label = |index: usize| labels[index].as_str();
        one.map(|index| Self::One(label(index))).or_else(|| two.map(|pair| Self::Two(pair.map(label))))
    }
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
        let pair = match (constraining, primary_key) {
            (Constraining::Loose | Constraining::Tight, None) => self.key_of_two(&decisions),
            _ => None,
        };
        let has_rounded_bounds = constraining == Constraining::Tight
            && !statistics.is_empty()
            && decisions.iter().any(|decision| decision.candidate.form.name == "number");
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
            schema: SchemaForm { fields: fields.collect(), primary_key: KeyForm::of(labels, primary_key, pair) },
            sluice: self.form.dialect.trailing_delimiter.then_some(SluiceForm { trailing_delimiter: true }),
        };
        // Cannot fail: every key is a string.
        let json = serde_json::to_string_pretty(&resource).unwrap_or_default() + "\n";
        let mut explained = vec![Explained { field: None, reasons: self.form_reasons(pair) }];
        explained.extend(decisions.into_iter().zip(labels).enumerate().map(|(index, (mut decision, label))| {
            if primary_key == Some(index) {
                decision.reasons.push(
                    "primary key: the first column whose values are all there and all different, by its name or place"
                        .to_owned(),
                );
            }
            Explained { field: Some(label.clone()), reasons: decision.reasons }
        }));
        let oddities = self.form.oddities.clone();
        Inferred { json, explained, odd_records: self.odd, oddities, has_rounded_bounds }
    }

    /// Why the file is taken to be written as the descriptor says, with the reason for a key of two columns.
    fn form_reasons(&self, pair: Option<[usize; 2]>) -> Vec<String> {
        let labels = &self.form.labels;
        let mut of_form = self.form.reasons.clone();
        of_form.extend(self.form.oddities.iter().cloned());
        of_form.extend(self.encoding_reason());
        of_form.extend(pair.map(|[one, other]| {
            format!(
                "primary key {:?} and {:?}: no two records share both values, and of the pairs with that their values repeat most",
                labels[one], labels[other]
            )
        }));
        of_form
    }

    /// The pair of columns that tells rows apart, the likeliest one.
    fn key_of_two(&self, decisions: &[Decision]) -> Option<[usize; 2]> {
        let labels = &self.form.labels;
        let is_once = |index: usize| labels.iter().filter(|label| **label == labels[index]).count() == 1;
        let can_be = |index: usize| {
            let decision = &decisions[index];
            let is_kind = matches!(
                decision.candidate.form.name,
                "integer" | "string" | "date" | "datetime" | "year" | "yearmonth" | "boolean"
            );
            is_kind && decision.missing_cells == 0 && is_once(index)
        };
        let is_key = |pair: &&Pair| pair.is_unique() && pair.columns.into_iter().all(can_be);
        self.pairs.iter().find(is_key).map(|pair| pair.columns)
    }

    /// Why the encoding is what it is, with those that it may be as well.
    fn encoding_reason(&self) -> Option<String> {
        let name = self.encoding_name()?;
        let others: Vec<String> = self
            .guesses
            .iter()
            .filter(|guess| guess.coding != self.encoding)
            .map(|guess| match guess.malformed {
                0 => guess.coding.name(),
                count => format!("{} ({count} bytes that it does not have)", guess.coding.name()),
            })
            .collect();
        let others = if others.is_empty() { String::new() } else { format!("; then come {}", others.join(", ")) };
        Some(format!("encoding {name}: the bytes are no UTF-8, and look like this{others}"))
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
            comment_rows: match self.form.header {
                HeaderForm::Passed(number) => (1..=number).collect(),
                HeaderForm::First | HeaderForm::Record(_) | HeaderForm::None => Vec::new(),
            },
            header: matches!(self.form.header, HeaderForm::Passed(_) | HeaderForm::None).then_some(false),
            header_rows: match self.form.header {
                HeaderForm::Record(number) => Some(vec![number]),
                HeaderForm::First | HeaderForm::Passed(_) | HeaderForm::None => None,
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
