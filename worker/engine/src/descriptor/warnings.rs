//! `sluice.warnings`: constraints that only warn of a row, which stays clean.

use std::collections::HashMap;

use super::field_names::FieldNames;
use super::model::{Constraints, KeyKind, Rule, Schema};
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::spelling;
use crate::fault::Constraint;

/// Most constraints that only warn: a report has a count for each.
const MOST: usize = 1000;

const REMEDY: &str = "write the name of a field, a dot and a constraint of it, such as \"email.pattern\"";

/// Reads the list and marks the constraints of the schema's fields that only warn. None of them may have the name of one of the `rules`.
pub(super) fn read(place: &Place<'_>, schema: Option<&mut Schema>, rules: &[Rule]) {
    let Some(list) = place.get("warnings") else { return };
    let items = list.array("write a list of constraints, such as [\"email.pattern\"]").unwrap_or_default();
    if items.len() > MOST {
        return list.mistake(format_args!("{} constraints are more than {MOST}", items.len()), "shorten the list");
    }
    if items.is_empty() {
        return;
    }
    let Some(schema) = schema else {
        return list.mistake("there is no schema whose constraints could warn", "write a schema");
    };
    let mut found = Vec::with_capacity(items.len());
    let mut names = FieldNames::of_schema(schema);
    let indices: HashMap<&str, usize> =
        schema.fields.iter().enumerate().map(|(index, field)| (&*field.name, index)).collect();
    for item in &items {
        let Some(text) = item.string(REMEDY) else { continue };
        let Some((field, constraint)) = text.rsplit_once('.') else {
            item.mistake(format_args!("{} has no dot between a field and its constraint", quoted(text)), REMEDY);
            continue;
        };
        let (true, Some(&index)) = (names.check(item, field), indices.get(field)) else { continue };
        let Some(constraint) = named(item, constraint) else { continue };
        if is_in_place(item, schema, index, constraint) {
            if rules.iter().any(|rule| rule.name == text) {
                item.mistake(
                    format_args!("a rule has the name {}, and both are counted by name", quoted(text)),
                    "rename the rule",
                );
            }
            found.push((index, constraint, item));
        }
    }
    for (index, constraint, item) in found {
        if !schema.fields[index].constraints.warns.insert(constraint) {
            item.mistake("it appears twice", "remove one of them");
        }
    }
}

/// The constraints that can warn and leave the row clean.
pub(super) fn can_warn() -> impl Iterator<Item = Constraint> {
    Constraint::ALL.into_iter().filter(|constraint| *constraint != Constraint::Decimal)
}

/// Returns the constraint of this name, if a constraint of this kind can warn.
fn named(item: &Place<'_>, name: &str) -> Option<Constraint> {
    if let Some(found) = can_warn().find(|constraint| constraint.name() == name) {
        return Some(found);
    }
    match name {
        "decimal" => item.mistake(
            "a decimal cannot only warn: a Parquet file has no room for the other digits",
            "remove it here, or take the field out of \"decimals\"",
        ),
        "unique" => item.mistake(
            "a key cannot only warn: of equal keys only one row is clean",
            "remove it here, or remove \"unique\" from the field",
        ),
        "type" | "format" => item.mistake(
            "a cell that is not of the type of its field has no value and cannot only warn",
            "remove it here, or give the field the type \"any\"",
        ),
        _ => {
            let names: Vec<&str> = can_warn().map(Constraint::name).collect();
            item.mistake(format_args!("{} is not a constraint", quoted(name)), spelling::remedy(name, &names));
        }
    }
    None
}

/// Returns true if the field with this index has the constraint and the constraint may only warn; otherwise notes a mistake.
fn is_in_place(item: &Place<'_>, schema: &Schema, index: usize, constraint: Constraint) -> bool {
    let field = &schema.fields[index];
    let is_key = |key: &super::model::Key| key.kind == KeyKind::Primary && key.fields.contains(&field.name);
    if constraint == Constraint::Required && schema.keys.iter().any(is_key) {
        item.mistake(
            format_args!("{} is a field of the primary key, whose values are required", quoted(&field.name)),
            "remove it here",
        );
        return false;
    }
    let has = has(&field.constraints, constraint);
    if !has {
        let (field, constraint) = (quoted(&field.name), constraint.name());
        item.mistake(
            format_args!("the field {field} has no constraint \"{constraint}\""),
            "write the constraint, or remove it here",
        );
    }
    has
}

fn has(constraints: &Constraints, constraint: Constraint) -> bool {
    match constraint {
        Constraint::Required => constraints.required,
        Constraint::MinLength => constraints.min_length.is_some(),
        Constraint::MaxLength => constraints.max_length.is_some(),
        Constraint::Pattern => constraints.pattern.is_some(),
        Constraint::Minimum => constraints.minimum.is_some(),
        Constraint::Maximum => constraints.maximum.is_some(),
        Constraint::ExclusiveMinimum => constraints.exclusive_minimum.is_some(),
        Constraint::ExclusiveMaximum => constraints.exclusive_maximum.is_some(),
        Constraint::Enum => constraints.enumeration.is_some(),
        Constraint::JsonSchema => constraints.json_schema.is_some(),
        Constraint::Decimal => constraints.decimal_digits.is_some(),
    }
}
