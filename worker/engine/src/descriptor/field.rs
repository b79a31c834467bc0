//! One field of a schema: name, type, format.

use super::categories;
use super::constraint;
use super::expression::Patterns;
use super::missing_values;
use super::model::{Any, Constraints, Field, FieldType, Texts};
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::spelling;
use crate::document::{near_names, object_kinds};
use crate::types::{self, Format};

/// Names of types in other systems, in lower case.
const OTHER_NAMES: [(&str, &[&str]); 5] = [
    ("integer", &["int", "int32", "int64", "long", "bigint", "smallint"]),
    ("number", &["float", "float64", "double", "decimal", "numeric", "real"]),
    ("boolean", &["bool", "logical"]),
    ("string", &["str", "text", "varchar", "char", "character"]),
    ("datetime", &["timestamp", "timestamptz"]),
];

/// Reads a field. `missing_values` are the missing values of the schema, for fields without missing values of their own.
pub(super) fn read(place: &Place<'_>, missing_values: &Texts, patterns: &mut Patterns) -> Option<Field> {
    if !place.object("write an object with at least a name") {
        return None;
    }
    let name = match place.get("name") {
        Some(name) => {
            let text = name.string("write the label of the column");
            if text == Some("") {
                name.mistake("it is empty", "write the label of the column");
            }
            if text.is_some_and(|text| text.chars().nth(crate::types::LABEL_CHARACTERS).is_some()) {
                name.mistake(
                    format_args!("it has more than {} characters", crate::types::LABEL_CHARACTERS),
                    "shorten it",
                );
            }
            text.unwrap_or_default().to_owned()
        }
        None => {
            place.mistake("the field has no name", "write the label of the column");
            String::new()
        }
    };
    near_names::check(place, &object_kinds::FIELD);
    let missing_values = match place.get("missingValues") {
        Some(values) => missing_values::read(&values),
        None => missing_values.clone(),
    };
    let kind = kind(place);
    // Constraints are read in the type of the field: without a type there are none.
    let mut constraints = Constraints::default();
    if let Some(kind) = &kind {
        let categories = categories::read(place, kind);
        match (place.get("constraints"), categories) {
            (Some(place), categories) => constraints = constraint::read(&place, kind, categories.as_ref(), patterns),
            (None, Some(categories)) => categories.restrict(&mut constraints),
            (None, None) => {}
        }
    }
    Some(Field { name, kind: kind.unwrap_or(FieldType::Any(Any)), constraints, missing_values })
}

/// Reads type and format. Returns `None` after a mistake.
fn kind(place: &Place<'_>) -> Option<FieldType> {
    let name = match place.get("type") {
        None if is_text(place) => "string",
        None => "any",
        Some(property) => {
            let name = property.string(&spelling::remedy("", types::NAMES))?;
            if !types::NAMES.contains(&name) {
                let remedy = std::fmt::from_fn(|out| out.write_str(&remedy(name)));
                property.mistake(format_args!("{} is not a type", quoted(name)), remedy);
                return None;
            }
            name
        }
    };
    let format = match place.get("format") {
        None => "default",
        Some(format) => format.string("write a format between quotes")?,
    };
    // The prefix stood in front of patterns in the first version of the standard, which has it removed everywhere.
    types::read(name, place, Format(format.strip_prefix("fmt:").unwrap_or(format)))
}

/// Returns true if a field without a type has a property that only texts have. In version 1 of the standard such a field is a string, and in
/// version 2 it may be anything; a format or a pattern that somebody wrote is meant to be checked.
/// (<https://specs.frictionlessdata.io/table-schema/#types-and-formats>, <https://datapackage.org/standard/table-schema/#type>).
fn is_text(place: &Place<'_>) -> bool {
    let constraints = place.get("constraints");
    let has = |name| constraints.as_ref().is_some_and(|constraints| constraints.get(name).is_some());
    let format = place.get("format").and_then(|format| format.as_str());
    has("pattern")
        || has("minLength")
        || has("maxLength")
        || format.is_some_and(|format| !["default", "any", ""].contains(&format))
}

/// Returns the remedy for a name that is not a type.
fn remedy(name: &str) -> String {
    let lower = name.to_lowercase();
    let meant = OTHER_NAMES.iter().find(|(_, others)| others.contains(&&*lower));
    meant.map_or_else(|| spelling::remedy(name, types::NAMES), |(meant, _)| format!("write {}", quoted(meant)))
}
