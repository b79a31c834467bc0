//! Makes the inferred Data Resource, with its properties in the order in which a person reads them, and the reasons for it.

use std::collections::HashSet;

use sluice_csv::LineTerminator;

use super::column_name::{can_be_key, is_key_name};
use super::column_pairs::ColumnPair;
use super::constraints::{Extremes, Given, Tightness, constraints, reasons};
use super::decision::{FieldDecision, decide};
use super::header::InferredHeader;
use super::hints::Hints;
use super::properties::{
    AliasProperty, ConstraintsProperties, DialectProperties, FieldProperties, HeadersProperties, KeyProperty,
    LimitsProperties, ResourceProperties, SchemaProperties, SluiceProperties,
};
use super::refuted::Refuted;
use super::scan::Inference;
use crate::descriptor;
use crate::encoding::coding::Coding;
use crate::report::FieldStatistics;

/// A descriptor that was made from files.
#[derive(Clone, Debug)]
pub struct Inferred {
    /// The Data Resource, as JSON on several lines, with a line end.
    pub json: String,
    /// The reasons for the form of the file, and then for each field.
    pub explained: Vec<Explained>,
    /// The number of records with another number of cells than the header, or with invalid quotes: no descriptor makes them valid.
    pub odd_records: u64,
    /// Problems in the form of the file that no dialect solves, and what to do about them, a sentence each.
    pub oddities: Vec<String>,
    /// Whether bounds of numbers were taken from statistics, which round decimals of many digits. Only a check shows whether all cells keep
    /// these bounds.
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

/// What a descriptor is wanted to have, besides the types.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// How tight the constraints are.
    pub tightness: Tightness,
    /// Statistics of each file, from which tight bounds are taken: those of checks against the descriptor without such bounds.
    pub statistics: Vec<Vec<FieldStatistics>>,
    /// What such checks have refuted.
    pub refuted: Refuted,
}

impl Inference {
    /// Returns the descriptor of all files that were read, with this name.
    pub fn describe(&self, name: &str, wanted: &Wanted) -> Inferred {
        let hints = Hints::of(&self.form.dialect, &self.columns);
        let labels = &self.form.labels;
        let mut decisions: Vec<FieldDecision> =
            self.columns.iter().zip(labels).map(|(column, label)| decide(column, label, hints)).collect();
        let key = self.key(&decisions, wanted);
        let constraints = self.constraints(&mut decisions, wanted, key);
        let has_rounded_bounds = wanted.tightness == Tightness::Tight
            && !wanted.statistics.is_empty()
            && decisions.iter().any(|decision| decision.candidate.properties.name == "number");
        let fields =
            decisions.iter().zip(labels).zip(constraints).map(|((decision, label), constraints)| FieldProperties {
                name: label,
                kind: &decision.candidate.properties,
                missing_values: missing_values(decision),
                constraints,
            });
        let resource = ResourceProperties {
            name: resource_name(name),
            encoding: self.encoding_name(),
            dialect: Some(self.dialect_properties()).filter(|properties| *properties != DialectProperties::default()),
            schema: SchemaProperties { fields: fields.collect(), primary_key: key.map(|key| key.property(labels)) },
            sluice: Some(self.sluice_properties()).filter(|properties| *properties != SluiceProperties::default()),
        };
        // cannot fail: every key is a string.
        let json = serde_json::to_string_pretty(&resource).unwrap_or_default() + "\n";
        let explained = self.explained(decisions, key, &wanted.refuted);
        let oddities = self.form.oddities.clone();
        Inferred { json, explained, odd_records: self.odd_records, oddities, has_rounded_bounds }
    }

    /// Returns the primary key that the descriptor proposes.
    fn key(&self, decisions: &[FieldDecision], wanted: &Wanted) -> Option<Key> {
        if wanted.tightness == Tightness::None || wanted.refuted.primary_key {
            return None;
        }
        let labels = &self.form.labels;
        let own_labels = own_labels(labels);
        let is_named = |index: usize| own_labels.contains(&*labels[index]);
        let one = primary_key(labels, decisions).filter(|&key| is_named(key)).map(Key::One);
        one.or_else(|| self.key_of_two(decisions, is_named).map(Key::Two))
    }

    /// Returns the constraints of each field, and adds the reasons for them.
    fn constraints(
        &self,
        decisions: &mut [FieldDecision],
        wanted: &Wanted,
        key: Option<Key>,
    ) -> Vec<ConstraintsProperties> {
        let own_labels = own_labels(&self.form.labels);
        let of = |(index, decision): (usize, &mut FieldDecision)| {
            let label = &self.form.labels[index];
            let is_refuted = wanted.refuted.unique.contains(label);
            let given = Given {
                tightness: wanted.tightness,
                seen: Extremes::of(&wanted.statistics, index),
                may_be_unique: key != Some(Key::One(index)) && own_labels.contains(&**label) && !is_refuted,
            };
            let constraints = constraints(decision, given);
            decision.reasons.extend(reasons(&constraints, decision, wanted.tightness));
            constraints
        };
        decisions.iter_mut().enumerate().map(of).collect()
    }

    /// Returns the reasons for the form of the file and for each field.
    fn explained(&self, decisions: Vec<FieldDecision>, key: Option<Key>, refuted: &Refuted) -> Vec<Explained> {
        const KEY: &str =
            "primary key: the first column whose values are all there and all different, by its name or place";
        let mut explained = vec![Explained { field: None, reasons: self.file_reasons(key) }];
        if refuted.primary_key {
            const NO_KEY: &str =
                "no primary key: values of the column or pair that looked like one are equal, but written differently";
            explained[0].reasons.push(NO_KEY.to_owned());
        }
        for (index, (mut decision, label)) in decisions.into_iter().zip(&self.form.labels).enumerate() {
            if key == Some(Key::One(index)) {
                decision.reasons.push(KEY.to_owned());
            }
            explained.push(Explained { field: Some(label.clone()), reasons: decision.reasons });
        }
        explained
    }

    /// Returns the reasons for the form of the file, and for a key of two columns.
    fn file_reasons(&self, key: Option<Key>) -> Vec<String> {
        let pair = match key {
            Some(Key::Two(pair)) => Some(pair),
            _ => None,
        };
        let labels = &self.form.labels;
        let mut reasons = self.form.reasons.clone();
        reasons.extend(self.form.oddities.iter().cloned());
        reasons.extend(self.encoding_reason());
        reasons.extend(pair.map(|[one, other]| {
            format!(
                "primary key {:?} and {:?}: no two records share both values, and of the pairs with that their values repeat most",
                labels[one], labels[other]
            )
        }));
        reasons
    }

    /// Returns the most likely pair of columns that is a key, if there is one. `is_named` returns true for a column that has a label of its own.
    fn key_of_two(&self, decisions: &[FieldDecision], is_named: impl Fn(usize) -> bool) -> Option<[usize; 2]> {
        let can_be = |index: usize| {
            let decision = &decisions[index];
            let is_kind = matches!(
                decision.candidate.properties.name,
                "integer" | "string" | "date" | "datetime" | "year" | "yearmonth" | "boolean"
            );
            is_kind && decision.missing_cells == 0 && is_named(index)
        };
        let is_key = |pair: &&ColumnPair| pair.is_unique() && pair.columns.into_iter().all(can_be);
        self.pairs.iter().find(is_key).map(|pair| pair.columns)
    }

    /// Returns the reason for the encoding, with the other encodings that the file may have.
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
        Some(format!("encoding {name}: the bytes are not UTF-8, and look like this encoding{others}"))
    }

    /// Returns the name of the encoding in the descriptor; `None` for UTF-8, the default.
    fn encoding_name(&self) -> Option<String> {
        match self.encoding {
            Coding::Utf8 | Coding::Ascii => None,
            Coding::Other(_) => Some(self.encoding.name()),
        }
    }

    fn sluice_properties(&self) -> SluiceProperties<'_> {
        let columns = self.form.labels.len() as u32;
        let limits = (columns > descriptor::Limits::default().columns).then_some(LimitsProperties { columns });
        let name = |blank: &usize| self.form.labels[*blank].as_str();
        let fields = match &self.form.blank_labels[..] {
            [] => None,
            [only] => Some(AliasProperty::One(name(only))),
            several => Some(AliasProperty::Several(several.iter().map(name).collect())),
        };
        SluiceProperties {
            trailing_delimiter: self.form.dialect.trailing_delimiter.then_some(true),
            limits,
            headers: fields.map(|fields| HeadersProperties { aliases: [("", fields)].into() }),
        }
    }

    fn dialect_properties(&self) -> DialectProperties {
        let dialect = &self.form.dialect;
        DialectProperties {
            // A check takes the delimiter from the name of a file if the descriptor has none.
            delimiter: (dialect.delimiter != b','.into() || !self.names_say_comma)
                .then(|| dialect.delimiter.to_string()),
            quote_char: (dialect.quote != Some(b'"')).then_some(dialect.quote.map(char::from)),
            double_quote: (!dialect.double_quote).then_some(false),
            escape_char: dialect.escape.map(char::from),
            line_terminator: (dialect.line_terminator == LineTerminator::Cr).then_some('\r'),
            skip_initial_space: dialect.skip_initial_space.then_some(true),
            comment_char: dialect.comment.map(|comment| char::from(comment.first())),
            header: (self.form.header == InferredHeader::None).then_some(false),
            header_rows: match self.form.header {
                InferredHeader::Record(number) => Some(vec![number]),
                InferredHeader::First | InferredHeader::Joined(_) | InferredHeader::None => None,
            },
        }
    }
}

/// The columns of a primary key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    One(usize),
    Two([usize; 2]),
}

impl Key {
    fn property(self, labels: &[String]) -> KeyProperty<'_> {
        let label = |index: usize| labels[index].as_str();
        match self {
            Self::One(index) => KeyProperty::One(label(index)),
            Self::Two(pair) => KeyProperty::Two(pair.map(label)),
        }
    }
}

fn missing_values(decision: &FieldDecision) -> Vec<&'static str> {
    match &decision.missing[..] {
        [] => Vec::new(),
        words => [""].into_iter().chain(words.iter().copied()).collect(),
    }
}

/// Fewest rows of a key: in fewer, values may differ by chance.
const KEY_ROWS: u64 = 3;

/// Returns the column that is the primary key: a column with the name of a key, or else the first column.
fn primary_key(labels: &[String], decisions: &[FieldDecision]) -> Option<usize> {
    let can_be = |decision: &FieldDecision| {
        let is_kind =
            matches!(decision.candidate.properties.name, "integer" | "string" | "date" | "year" | "yearmonth");
        decision.is_unique
            && decision.values >= KEY_ROWS
            && is_kind
            && decision.candidate.properties.decimal_char.is_none()
    };
    let is_possible = |&index: &usize| can_be(&decisions[index]) && can_be_key(&labels[index]);
    let keys: Vec<usize> = (0..decisions.len()).filter(is_possible).collect();
    let named = keys.iter().copied().find(|&index| is_key_name(&labels[index]));
    named.or_else(|| keys.first().copied().filter(|&index| index == 0))
}

/// Returns the labels that no two columns share: a shared label cannot name the column of a key.
fn own_labels(labels: &[String]) -> HashSet<&str> {
    let mut own = HashSet::new();
    let shared: Vec<&str> = labels.iter().map(String::as_str).filter(|label| !own.insert(*label)).collect();
    shared.iter().for_each(|label| {
        own.remove(label);
    });
    own
}

/// Returns the name of a Data Resource for a file: lower-case letters, digits, `-`, `_` and `.`.
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
