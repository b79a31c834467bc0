//! Labels → columns: which column of the file is which field of the schema.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::codes::Code;
use crate::descriptor::{Descriptor, FieldsMatch, HeaderMatch, KeyKind, Schema};
use crate::parse::StringFormat;
use crate::read::file_labels::FileLabels;
use crate::shown::{LABEL as SHOWN, quoted};
use crate::texts::Texts;
use crate::types::FieldType;
use crate::types::{Any, Field};
use crate::typing::column::{Column, MissingValues};

/// Most header faults that the message of a refusal names; the others are counted.
const NAMED: usize = 3;

/// The faults of a header that does not fit the schema.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct HeaderFaults {
    /// Number of faults by code.
    pub(crate) errors: BTreeMap<Code, u64>,
    texts: Vec<String>,
}

impl HeaderFaults {
    fn add(&mut self, code: Code, text: impl FnOnce() -> String) {
        *self.errors.entry(code).or_default() += 1;
        if self.texts.len() < NAMED {
            self.texts.push(text());
        }
    }

    /// Returns the faults in one line for a person.
    pub(crate) fn message(&self) -> String {
        let count: u64 = self.errors.values().sum();
        let mut message = format!("the header does not fit the schema: {}", self.texts.join("; "));
        if count > self.texts.len() as u64 {
            message.push_str(&format!("; and {} more", count - self.texts.len() as u64));
        }
        message
    }
}

fn shown(label: &str) -> String {
    quoted(label, SHOWN)
}

/// Returns the columns of a file with these labels.
///
/// # Errors
/// The faults of all labels that do not fit, by the schema's `fieldsMatch`.
pub(crate) fn columns_of(labels: &FileLabels<'_>, descriptor: &Descriptor) -> Result<Vec<Column>, HeaderFaults> {
    let mut faults = HeaderFaults::default();
    let columns = match &descriptor.schema {
        None => {
            check_labels(labels, |_| true, |_| 1, &mut faults);
            labels.names.iter().map(|label| Column::unchecked(label.to_string(), TEXT)).collect()
        }
        Some(schema) if schema.fields_match == FieldsMatch::Exact => {
            in_order(labels, schema, &mut faults);
            schema.fields.iter().map(|field| column(field, descriptor)).collect()
        }
        Some(schema) => by_name(labels, schema, descriptor, &mut faults),
    };
    if faults.errors.is_empty() { Ok(with_null_sequence(descriptor, columns)) } else { Err(faults) }
}

/// Returns the columns of a file without labels and with `width` columns: the schema's fields in their order, or texts.
pub(crate) fn unlabelled_columns(width: usize, descriptor: &Descriptor) -> Vec<Column> {
    with_null_sequence(
        descriptor,
        match &descriptor.schema {
            Some(schema) => schema.fields.iter().map(|field| column(field, descriptor)).collect(),
            None => (1..=width).map(|number| Column::unchecked(format!("field{number}"), TEXT)).collect(),
        },
    )
}

/// Makes the null sequence of the dialect stand for a missing value in every column, also in columns beyond the schema.
fn with_null_sequence(descriptor: &Descriptor, mut columns: Vec<Column>) -> Vec<Column> {
    if let Some(null) = &descriptor.dialect.null_sequence {
        let texts: Texts = vec![String::new(), null.to_string()].into();
        for column in columns.iter_mut().filter(|column| !column.missing_values.holds(null.as_bytes())) {
            column.missing_values = MissingValues::new(&texts);
        }
    }
    columns
}

const TEXT: FieldType = FieldType::String(StringFormat::Default);

fn column(field: &Field, descriptor: &Descriptor) -> Column {
    Column::new(field, descriptor.settings.redact.contains(&field.name))
}

/// Notes blank and duplicate labels, if `matters` returns true for them. A label may stand as often as `most` returns for it.
fn check_labels(
    labels: &FileLabels<'_>,
    matters: impl Fn(&str) -> bool,
    most: impl Fn(&str) -> usize,
    faults: &mut HeaderFaults,
) {
    // For each label: how often it stood so far, and the index of the last column that has it.
    let mut seen: HashMap<&str, (usize, usize)> = HashMap::new();
    for (index, label) in labels.names.iter().enumerate() {
        if !matters(label) {
            continue;
        }
        if label.is_empty() {
            faults.add(Code::BlankLabel, || format!("column {} has no label", index + 1));
            continue;
        }
        let (count, last) = seen.entry(label).or_insert((0, index));
        let first = std::mem::replace(last, index);
        *count += 1;
        if *count > 1 && *count > most(label) {
            faults.add(Code::DuplicateLabel, || {
                if labels.shown(first) == labels.shown(index) {
                    return format!("columns {} and {} are both {}", first + 1, index + 1, labels.shown(index));
                }
                format!(
                    "columns {} {} and {} {} are one field",
                    first + 1,
                    labels.shown(first),
                    index + 1,
                    labels.shown(index)
                )
            });
        }
    }
}

/// Returns how many fields of a schema have each name: one, except in schemas of version 1.
fn counts(schema: &Schema) -> HashMap<&str, usize> {
    let mut counts = HashMap::with_capacity(schema.fields.len());
    schema.fields.iter().for_each(|field| *counts.entry(&*field.name).or_default() += 1);
    counts
}

fn in_order(labels: &FileLabels<'_>, schema: &Schema, faults: &mut HeaderFaults) {
    let counts = counts(schema);
    check_labels(labels, |_| true, |label| counts.get(label).copied().unwrap_or(1), faults);
    for (index, field) in schema.fields.iter().enumerate() {
        match labels.names.get(index) {
            None => {
                faults.add(Code::MissingLabel, || format!("column {} {} is missing", index + 1, shown(&field.name)))
            }
            Some(label) if *label != field.name && !label.is_empty() => faults.add(Code::IncorrectLabel, || {
                format!("column {} is {}, the schema has {}", index + 1, labels.shown(index), shown(&field.name))
            }),
            Some(_) => {}
        }
    }
    for index in schema.fields.len()..labels.names.len() {
        faults.add(Code::ExtraLabel, || format!("column {} {} is not in the schema", index + 1, labels.shown(index)));
    }
}

fn by_name(
    labels: &FileLabels<'_>,
    schema: &Schema,
    descriptor: &Descriptor,
    faults: &mut HeaderFaults,
) -> Vec<Column> {
    let counts = counts(schema);
    let may_have_more = matches!(schema.fields_match, FieldsMatch::Subset | FieldsMatch::Partial);
    let may_have_fewer = matches!(schema.fields_match, FieldsMatch::Superset | FieldsMatch::Partial);
    let names = &labels.names;
    let has = |name: &str| names.iter().any(|label| label == name);
    // Where columns beyond the schema are allowed, they may have any label.
    let is_field = |label: &str| counts.contains_key(label);
    let most = |label: &str| counts.get(label).copied().unwrap_or(1);
    check_labels(labels, |label| !may_have_more || is_field(label), most, faults);
    if !may_have_fewer {
        let mut found = names.iter().fold(HashMap::<&str, usize>::new(), |mut found, label| {
            *found.entry(label).or_default() += 1;
            found
        });
        for field in &schema.fields {
            match found.get_mut(&*field.name).filter(|count| **count > 0) {
                Some(count) => *count -= 1,
                None => faults.add(Code::MissingLabel, || format!("{} is missing", shown(&field.name))),
            }
        }
    }
    if !may_have_more {
        for (index, label) in names.iter().enumerate() {
            if !label.is_empty() && !is_field(label) {
                faults.add(Code::ExtraLabel, || {
                    format!("column {} {} is not in the schema", index + 1, labels.shown(index))
                });
            }
        }
    }
    if may_have_fewer {
        let primary: Vec<&String> =
            schema.keys.iter().filter(|key| key.kind == KeyKind::Primary).flat_map(|key| &key.fields).collect();
        for name in primary.iter().filter(|name| !has(name)) {
            faults.add(Code::MissingLabel, || format!("{} of the primary key is missing", shown(name)));
        }
        // A column that is not there has no value in any row. The fields of the primary key are required, too.
        let required = schema.fields.iter().filter(|field| field.constraints.rejects_missing());
        for field in required.filter(|field| !has(&field.name) && !primary.contains(&&field.name)) {
            faults.add(Code::MissingLabel, || format!("{} is missing, and it is required", shown(&field.name)));
        }
    }
    if may_have_fewer && !names.iter().any(|label| is_field(label)) {
        faults.add(Code::MissingLabel, || "none of its labels is in the schema".to_owned());
    }
    columns_by_name(labels, schema, descriptor)
}

/// Returns the column of each label. Fields with the same name are taken in their order.
fn columns_by_name(labels: &FileLabels<'_>, schema: &Schema, descriptor: &Descriptor) -> Vec<Column> {
    let mut fields: HashMap<&str, Vec<&Field>> = HashMap::with_capacity(schema.fields.len());
    schema.fields.iter().rev().for_each(|field| fields.entry(&*field.name).or_default().push(field));
    let mut next = |label: &str| fields.get_mut(label).and_then(Vec::pop);
    let redaction = Redaction::of(labels, descriptor);
    let of_label = |(index, label): (usize, &Cow<'_, str>)| match next(label) {
        Some(field) => column(field, descriptor),
        None => {
            let name = if label.is_empty() { format!("field{}", index + 1) } else { label.to_string() };
            Column { redacted: redaction.holds(label), ..Column::unchecked(name, FieldType::Any(Any)) }
        }
    };
    labels.names.iter().enumerate().map(of_label).collect()
}

/// Which columns beyond the schema are redacted: those that may be a redacted field under another label.
struct Redaction {
    /// Whether a redacted field is not in the file: then any other column may be that field.
    lacks_one: bool,
    folded: HashSet<String>,
}

impl Redaction {
    fn of(labels: &FileLabels<'_>, descriptor: &Descriptor) -> Self {
        let redact = &descriptor.settings.redact;
        Self {
            lacks_one: redact.iter().any(|name| !labels.names.iter().any(|label| label == name)),
            folded: redact.iter().filter_map(|name| HeaderMatch::Normalized.fold(name)).collect(),
        }
    }

    fn holds(&self, label: &str) -> bool {
        self.lacks_one || HeaderMatch::Normalized.fold(label).is_some_and(|label| self.folded.contains(&label))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::types::Constraints;
    use crate::types::Year;

    fn descriptor(fields_match: FieldsMatch, names: &[&str]) -> Descriptor {
        let field = |name: &&str| Field {
            name: (*name).to_owned(),
            kind: FieldType::Year(Year),
            constraints: Constraints::default(),
            missing_values: vec![String::new()].into(),
        };
        let schema = Schema {
            fields: names.iter().map(field).collect(),
            fields_match,
            keys: Vec::new(),
            foreign_keys: Vec::new(),
        };
        Descriptor { schema: Some(schema), ..Descriptor::structural() }
    }

    /// Names of the columns, or the codes of the faults.
    fn outcome(descriptor: &Descriptor, labels: &[&str]) -> Result<Vec<String>, Vec<(&'static str, u64)>> {
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        columns_of(&FileLabels::new(&labels, descriptor), descriptor)
            .map(|columns| columns.into_iter().map(|column| column.name).collect())
            .map_err(|faults| faults.errors.iter().map(|(code, count)| (code.name(), *count)).collect())
    }

    macro_rules! matches_labels {
        ($($name:ident: $match:ident [$($field:literal),*] against [$($label:literal),*] => $expected:expr;)*) => {
            $(#[test]
            fn $name() {
                let expected: Result<Vec<&str>, Vec<(&str, u64)>> = $expected;
                let expected = expected.map(|names| names.into_iter().map(str::to_owned).collect());
                assert_eq!(outcome(&descriptor(FieldsMatch::$match, &[$($field),*]), &[$($label),*]), expected);
            })*
        };
    }

    matches_labels! {
        exact_takes_the_same_labels: Exact ["a", "b"] against ["a", "b"] => Ok(vec!["a", "b"]);
        exact_refuses_another_order: Exact ["a", "b"] against ["b", "a"] => Err(vec![("incorrect-label", 2)]);
        exact_names_missing_labels: Exact ["a", "b", "c"] against ["a"] => Err(vec![("missing-label", 2)]);
        exact_names_extra_labels: Exact ["a"] against ["a", "b"] => Err(vec![("extra-label", 1)]);
        exact_names_blank_labels: Exact ["a", "b"] against ["a", ""] => Err(vec![("blank-label", 1)]);
        exact_names_duplicate_labels: Exact ["a", "b"] against ["a", "a"] => Err(vec![("duplicate-label", 1), ("incorrect-label", 1)]);
        equal_takes_another_order: Equal ["a", "b"] against ["b", "a"] => Ok(vec!["b", "a"]);
        equal_refuses_more_and_fewer: Equal ["a", "b"] against ["a", "c"] => Err(vec![("missing-label", 1), ("extra-label", 1)]);
        subset_takes_more: Subset ["a"] against ["x", "a", ""] => Ok(vec!["x", "a", "field3"]);
        subset_refuses_fewer: Subset ["a", "b"] against ["a"] => Err(vec![("missing-label", 1)]);
        subset_refuses_a_field_twice: Subset ["a"] against ["a", "a", "x", "x"] => Err(vec![("duplicate-label", 1)]);
        superset_takes_fewer: Superset ["a", "b"] against ["b"] => Ok(vec!["b"]);
        superset_refuses_more: Superset ["a"] against ["a", "b"] => Err(vec![("extra-label", 1)]);
        exact_takes_equal_names_in_order: Exact ["a", "a"] against ["a", "a"] => Ok(vec!["a", "a"]);
        exact_refuses_a_label_more_often_than_its_fields: Exact ["a", "a", "b"] against ["a", "a", "a"] => Err(vec![("duplicate-label", 1), ("incorrect-label", 1)]);
        equal_takes_equal_names: Equal ["a", "b", "a"] against ["b", "a", "a"] => Ok(vec!["b", "a", "a"]);
        equal_wants_as_many_labels_as_fields_of_a_name: Equal ["a", "b", "a"] against ["b", "a"] => Err(vec![("missing-label", 1)]);
        subset_takes_equal_names: Subset ["a", "a"] against ["a", "x", "a"] => Ok(vec!["a", "x", "a"]);
        superset_takes_fewer_equal_names: Superset ["a", "a"] against ["a"] => Ok(vec!["a"]);
        partial_takes_more_and_fewer: Partial ["a", "b"] against ["b", "x"] => Ok(vec!["b", "x"]);
        partial_refuses_strangers: Partial ["a"] against ["x"] => Err(vec![("missing-label", 1)]);
    }

    #[test]
    fn a_column_that_is_required_has_to_be_there() {
        let missing = Err(vec![("missing-label", 1)]);
        for fields_match in [FieldsMatch::Superset, FieldsMatch::Partial] {
            let mut descriptor = descriptor(fields_match, &["a", "b"]);
            let constraints = &mut descriptor.schema.as_mut().unwrap().fields[1].constraints;
            constraints.required = true;
            assert_eq!(outcome(&descriptor, &["a"]), missing);
            assert_eq!(outcome(&descriptor, &["b"]), Ok(vec!["b".to_owned()]));
            let labels = ["a".to_owned()];
            let faults = columns_of(&FileLabels::new(&labels, &descriptor), &descriptor).unwrap_err();
            assert!(faults.message().ends_with("\"b\" is missing, and it is required"), "{}", faults.message());
            // A constraint that only warns refuses no file.
            let constraints = &mut descriptor.schema.as_mut().unwrap().fields[1].constraints;
            constraints.warns.insert(crate::fault::Constraint::Required);
            assert_eq!(outcome(&descriptor, &["a"]), Ok(vec!["a".to_owned()]));
        }
    }

    #[test]
    fn without_a_schema_labels_must_be_there_and_different() {
        let structural = Descriptor::structural();
        assert_eq!(outcome(&structural, &["a", "b"]), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(outcome(&structural, &["a", "", "a"]), Err(vec![("blank-label", 1), ("duplicate-label", 1)]));
    }

    #[test]
    fn the_message_names_the_first_faults_and_counts_the_others() {
        let labels: Vec<String> = (0..9).map(|number| format!("x{number}")).collect();
        let descriptor = descriptor(FieldsMatch::Exact, &["a"]);
        let Err(faults) = columns_of(&FileLabels::new(&labels, &descriptor), &descriptor) else {
            panic!("the header fits");
        };
        assert_eq!(
            faults.message(),
            "the header does not fit the schema: column 1 is \"x0\", the schema has \"a\"; column 2 \"x1\" is not in the \
             schema; column 3 \"x2\" is not in the schema; and 6 more"
        );
    }
}
