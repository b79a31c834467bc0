//! Table Schema v2: the list of fields.

use super::expression::Patterns;
use super::field;
use super::keys;
use super::missing_values;
use super::model::{FieldsMatch, Schema};
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::spelling;
use crate::document::{near_names, object_kinds};

/// Reads a schema of at most `columns` fields, without its foreign keys: [`super::foreign_keys`] reads them once the reference tables are known.
pub(super) fn read(place: &Place<'_>, columns: u32) -> Option<Schema> {
    if !place.object("write the schema, or the name of a file beside the descriptor") {
        return None;
    }
    near_names::check(place, &object_kinds::SCHEMA);
    let missing_values = match place.get("missingValues") {
        Some(values) => missing_values::read(&values),
        None => vec![String::new()].into(),
    };
    let fields_match = place.get("fieldsMatch").map_or_else(FieldsMatch::default, |property| fields_match(&property));

    const REMEDY: &str = "write a list of fields";
    let Some(fields) = place.get("fields") else {
        place.mistake("there are no fields", REMEDY);
        return None;
    };
    let items = fields.array(REMEDY)?;
    if items.is_empty() {
        fields.mistake("there are no fields", REMEDY);
    }
    if items.len() > columns as usize {
        fields.mistake(
            format_args!("{} fields are more than the {columns} columns of sluice.limits", items.len()),
            "raise sluice.limits.columns",
        );
        return None;
    }
    let mut patterns = Patterns::default();
    let mut read = Vec::with_capacity(items.len());
    for item in &items {
        let Some(field) = field::read(item, &missing_values, &mut patterns) else {
            continue;
        };
        read.push(field);
    }
    let keys = keys::read(place, &items, &mut read);
    Some(Schema { fields: read, fields_match, keys, foreign_keys: Vec::new() })
}

fn fields_match(place: &Place<'_>) -> FieldsMatch {
    const NAMES: [(&str, FieldsMatch); 5] = [
        ("exact", FieldsMatch::Exact),
        ("equal", FieldsMatch::Equal),
        ("subset", FieldsMatch::Subset),
        ("superset", FieldsMatch::Superset),
        ("partial", FieldsMatch::Partial),
    ];
    let names = NAMES.map(|(name, _)| name);
    // The profile of version 2.0 has it as a list of one.
    let place = match place.as_str() {
        Some(_) => place.clone(),
        None => match place.array(&spelling::remedy("", &names)).as_deref() {
            Some([one]) => one.clone(),
            Some(_) => {
                place.mistake("it is not one word", spelling::remedy("", &names));
                return FieldsMatch::default();
            }
            None => return FieldsMatch::default(),
        },
    };
    let Some(text) = place.string(&spelling::remedy("", &names)) else {
        return FieldsMatch::default();
    };
    let found = NAMES.iter().find(|(name, _)| *name == text);
    if found.is_none() {
        place.mistake(format_args!("{} is not a way to match fields", quoted(text)), spelling::remedy(text, &names));
    }
    found.map(|(_, fields_match)| *fields_match).unwrap_or_default()
}
