//! `sluice.decimals`: the digits that the numbers of a field may have, so that they can be stored as decimals.

use std::collections::HashMap;

use super::field_names::FieldNames;
use super::model::{DecimalDigits, FieldType, Schema};
use super::settings::known;
use crate::document::path::quoted;
use crate::document::place::Place;

/// Reads the object, whose names are those of fields of the type `number`, and marks the fields.
pub(super) fn read(place: &Place<'_>, schema: Option<&mut Schema>) {
    let Some(decimals) = place.get("decimals") else { return };
    if !decimals.object("write an object such as {\"price\": {\"precision\": 18, \"scale\": 2}}") {
        return;
    }
    let Some(schema) = schema else {
        return decimals.mistake("there is no schema whose numbers could be decimals", "write a schema");
    };
    let mut names = FieldNames::of_schema(schema);
    let indices: HashMap<&str, usize> =
        schema.fields.iter().enumerate().map(|(index, field)| (&*field.name, index)).collect();
    let mut found = Vec::new();
    for (name, property) in decimals.names() {
        if !names.check(&property, name) {
            continue;
        }
        let Some(&index) = indices.get(name) else { continue };
        if !matches!(schema.fields[index].kind, FieldType::Number(_)) {
            let kind = schema.fields[index].kind.name();
            property.mistake(
                format_args!("{} is a field of the type \"{kind}\", not \"number\"", quoted(name)),
                "remove it, or give the field the type \"number\"",
            );
        } else if let Some(digits) = read_digits(&property) {
            found.push((index, digits));
        }
    }
    for (index, digits) in found {
        schema.fields[index].constraints.decimal_digits = Some(digits);
    }
}

fn read_digits(place: &Place<'_>) -> Option<DecimalDigits> {
    if !known(place, &["precision", "scale"]) {
        return None;
    }
    let most = u64::from(DecimalDigits::MOST);
    let count = |name, least, most| {
        let Some(property) = place.get(name) else {
            place.mistake(format_args!("it has no {name}"), "write {\"precision\": …, \"scale\": …}");
            return None;
        };
        u8::try_from(property.integer(least, most)?).ok()
    };
    let (precision, scale) = (count("precision", 1, most), count("scale", 0, most));
    let digits = DecimalDigits { precision: precision?, scale: scale? };
    if digits.scale > digits.precision {
        place.mistake(
            format_args!("scale ({}) is greater than precision ({})", digits.scale, digits.precision),
            "precision counts all digits; correct one of them",
        );
        return None;
    }
    Some(digits)
}
