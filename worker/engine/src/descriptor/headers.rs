//! `sluice.headers`: which labels stand for which fields, besides labels that are spelled like their field.

use std::collections::{HashMap, HashSet};

use super::field_names::FieldNames;
use super::model::{Alias, HeaderMatch, Headers, Schema};
use super::settings::known;
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::spelling;

const MATCHES: [&str; 3] = ["exact", "case", "normalized"];

/// Reads the object, if there is one. `ignores_case` is the setting of the dialect (`headerCase`, `caseSensitiveHeader`).
pub(super) fn read(place: Option<&Place<'_>>, ignores_case: bool, schema: Option<&Schema>) -> Headers {
    let matching = if ignores_case { HeaderMatch::Case } else { HeaderMatch::Exact };
    let mut headers = Headers { matching, ..Headers::default() };
    let Some(place) = place.filter(|place| known(place, &["match", "aliases"])) else {
        return headers;
    };
    let property = place.get("match");
    if let Some(property) = &property {
        headers.matching = matching_of(property).unwrap_or(headers.matching);
    }
    let Some(schema) = schema else {
        place.mistake("there is no schema whose fields the labels could stand for", "write a schema");
        return headers;
    };
    if let Some(aliases) = place.get("aliases") {
        headers.aliases = read_aliases(&aliases, schema);
    }
    ambiguous(property.as_ref().unwrap_or(place), &headers, schema);
    headers
}

fn matching_of(place: &Place<'_>) -> Option<HeaderMatch> {
    let name = place.string(r#"write "exact", "case" or "normalized""#)?;
    match name {
        "exact" => Some(HeaderMatch::Exact),
        "case" => Some(HeaderMatch::Case),
        "normalized" => Some(HeaderMatch::Normalized),
        _ => {
            place.mistake(
                format_args!("{} is not a way to match labels", quoted(name)),
                spelling::remedy(name, &MATCHES),
            );
            None
        }
    }
}

/// Reads labels, each with the name of the field that it stands for, or with a list of names: a label that occurs several times stands for these
/// fields in their order.
fn read_aliases(place: &Place<'_>, schema: &Schema) -> Vec<Alias> {
    let mut aliases = Vec::new();
    if !place.object(r#"write an object such as {"old label": "field"}"#) {
        return aliases;
    }
    let mut fields = FieldNames::of_schema(schema);
    let names: HashSet<&str> = schema.fields.iter().map(|field| &*field.name).collect();
    // `at` is the place of the label, `field` that of the value.
    for ((label, at), (.., field)) in place.names().zip(place.members()) {
        if field.is_null() {
            continue;
        }
        let items = match field.is_array() {
            true => field.children(),
            false => vec![field],
        };
        // A blank label (`""`) stands for a field, too: spreadsheets leave out the label of a first column of numbers.
        if names.contains(label) {
            at.mistake(format_args!("{} is a field itself", quoted(label)), "write another label");
            continue;
        }
        for item in items {
            let Some(name) = item.string("write the name of a field, or a list of names") else { continue };
            if fields.check(&item, name) {
                aliases.push(Alias { label: label.to_owned(), field: name.to_owned() });
            }
        }
    }
    aliases
}

/// Notes a mistake if two labels that are equal in this way of matching stand for two fields.
fn ambiguous(place: &Place<'_>, headers: &Headers, schema: &Schema) {
    if headers.matching == HeaderMatch::Exact {
        return;
    }
    struct Labelled<'l> {
        label: &'l str,
        field: &'l str,
    }
    let mut seen: HashMap<String, Labelled<'_>> = HashMap::new();
    let fields = schema.fields.iter().map(|field| Labelled { label: &field.name, field: &field.name });
    let aliases = headers.aliases.iter().map(|Alias { label, field }| Labelled { label, field });
    for labelled in fields.chain(aliases) {
        let Labelled { label, field } = labelled;
        let Some(folded) = headers.matching.fold(label) else { continue };
        if let Some(other) = seen.insert(folded, labelled)
            && other.field != field
            // One label of several fields is meant.
            && other.label != label
        {
            let (one, other) = (quoted(other.label), quoted(label));
            place.mistake(
                format_args!("{one} and {other} are the same label in this way of matching"),
                "match in another way, or rename one of them",
            );
            return;
        }
    }
}
