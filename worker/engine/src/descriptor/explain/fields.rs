//! What the columns and their cells must be.

use super::super::model::{
    Alias, Bound, Descriptor, Enumeration, Field, FieldType, FieldsMatch, Header, HeaderMatch, Key, KeyKind, Schema,
    TableRows, Target,
};
use super::VALUES;
use crate::document::path::quoted;
use crate::parse::Affixes;

impl Descriptor {
    pub(super) fn explain_columns(&self, lines: &mut Vec<String>) {
        let Some(schema) = &self.schema else {
            let none = "Fields: there is no schema, so every column is a text and only the structure is checked";
            return lines.push(none.to_owned());
        };
        self.explain_labels(schema, lines);
        for (nth, field) in schema.fields.iter().enumerate() {
            let redacted = self.settings.redact.contains(&field.name);
            lines.push(format!("  {} {}: {}", nth + 1, quoted(&field.name), field_words(field, redacted)));
        }
        lines.extend(schema.keys.iter().map(key_words));
        for table in &self.references {
            let rows = match &table.rows {
                TableRows::File(path) => format!("the rows of {}", quoted(path)),
                TableRows::Inline(_) => "rows in the descriptor".to_owned(),
            };
            lines.push(format!("Table {}: {rows}, for foreign keys", quoted(&table.name)));
        }
        for key in &schema.foreign_keys {
            let table = match key.target {
                Target::OwnFile => "of a row of the same file".to_owned(),
                Target::Table(number) => format!("of a row of the table {}", quoted(&self.references[number].name)),
            };
            lines.push(format!(
                "Foreign key: {} must be {} {table} (a missing value passes)",
                listed(&key.fields),
                listed(&key.target_fields)
            ));
        }
    }

    fn explain_labels(&self, schema: &Schema, lines: &mut Vec<String>) {
        let labels = match schema.fields_match {
            _ if self.header == Header::None => {
                "there is no header, so the columns must be the fields, all of them and in this order"
            }
            FieldsMatch::Exact => "the header must have all fields, in this order",
            FieldsMatch::Equal => "the header must have all fields, in any order",
            FieldsMatch::Subset => "the header must have all fields, in any order, and may have more columns",
            FieldsMatch::Superset => "the header must have only fields of the schema, in any order",
            FieldsMatch::Partial => "the header must have at least one field, and may have more columns",
        };
        let origin = self.given.origin("schema.fieldsMatch");
        lines.push(format!("Fields ({}): {labels} ({origin})", schema.fields.len()));
        match self.settings.headers.matching {
            HeaderMatch::Exact => {}
            HeaderMatch::Case => lines.push("  labels match without regard to letter case".to_owned()),
            HeaderMatch::Normalized => {
                lines.push("  labels match by their letters and digits, without regard to letter case".to_owned());
            }
        }
        for of_label in self.settings.headers.aliases.chunk_by(|one, other| one.label == other.label) {
            let label = quoted(&of_label[0].label);
            let fields: Vec<String> = of_label.iter().map(|Alias { field, .. }| quoted(field)).collect();
            let order = if fields.len() > 1 { ", in this order" } else { "" };
            lines.push(format!("  the label {label} stands for {}{order}", fields.join(", ")));
        }
    }
}

fn key_words(key: &Key) -> String {
    let kind = match key.kind {
        KeyKind::Primary => "Primary key",
        KeyKind::Unique => "Unique",
    };
    format!("{kind}: {} (must be unique in a file)", listed(&key.fields))
}

fn listed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    names.join(", ")
}

/// Describes type, missing values and constraints of a field.
fn field_words(field: &Field, redacted: bool) -> String {
    let constraints = &field.constraints;
    let mut parts = vec![match &field.kind {
        FieldType::Any(_) => "any value".to_owned(),
        kind => kind.as_type().expectation(),
    }];
    parts.extend(notation(&field.kind));
    let missing: Vec<String> = field.missing_values.iter().take(VALUES).map(|text| quoted(text)).collect();
    parts.push(match (constraints.required, missing.is_empty()) {
        (true, true) => "required".to_owned(),
        (true, false) => format!("required ({} counts as missing)", missing.join(", ")),
        (false, true) => "never missing".to_owned(),
        (false, false) => format!("may be missing ({})", missing.join(", ")),
    });
    let bounds = [
        ("at least", &constraints.minimum),
        ("at most", &constraints.maximum),
        ("more than", &constraints.exclusive_minimum),
        ("less than", &constraints.exclusive_maximum),
    ];
    let bound = |(word, bound): (&str, &Option<Bound>)| Some(format!("{word} {}", bound.as_ref()?.text));
    parts.extend(bounds.into_iter().filter_map(bound));
    let units = |length| field.kind.as_type().length_in_units(length);
    parts.extend(constraints.min_length.map(|length| format!("at least {}", units(length))));
    parts.extend(constraints.max_length.map(|length| format!("at most {}", units(length))));
    parts.extend(constraints.pattern.as_ref().map(|pattern| format!("matches {}", quoted(&pattern.source))));
    parts.extend(constraints.enumeration.as_ref().map(one_of));
    parts.extend(constraints.json_schema.as_ref().map(|_| "valid under its JSON schema".to_owned()));
    parts.extend(constraints.decimal_digits.map(|digits| format!("a decimal of {digits}")));
    if redacted {
        parts.push("its values are never shown".to_owned());
    }
    parts.join("; ")
}

/// Returns how numbers are written, as far as it is not the default.
fn notation(kind: &FieldType) -> Option<String> {
    let (affixes, group_char, decimal_char) = match kind {
        FieldType::Integer(integer) => (integer.affixes, integer.group_char, '.'),
        FieldType::Number(number) => (number.affixes, number.group_char, number.decimal_char),
        _ => return None,
    };
    let decimal = (decimal_char != '.').then(|| format!("{} before the decimals", quoted(&decimal_char.to_string())));
    let groups = group_char.map(|group| format!("{} between groups of digits", quoted(&group.to_string())));
    let bare = (affixes != Affixes::Refused).then(|| "other characters around it".to_owned());
    let parts: Vec<String> = decimal.into_iter().chain(groups).chain(bare).collect();
    (!parts.is_empty()).then(|| format!("may have {}", parts.join(" and ")))
}

fn one_of(values: &Enumeration) -> String {
    let shown: Vec<String> = values.iter().take(VALUES).map(|value| quoted(&value.text)).collect();
    match values.len().saturating_sub(VALUES) {
        0 => format!("one of {}", shown.join(", ")),
        more => format!("one of {} and {more} more", shown.join(", ")),
    }
}
