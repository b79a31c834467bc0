//! `missingValues` of a schema or a field.

use std::collections::HashSet;

use super::model::Texts;
use crate::document::path::quoted;
use crate::document::place::Place;

/// Most texts that stand for "no value"; more are a list of values in the wrong place.
const MISSING_VALUES: usize = 100;

/// Reads the texts that stand for "no value": strings, or objects with a `value` and perhaps a `label`.
pub(super) fn read(place: &Place<'_>) -> Texts {
    if let Some(text) = place.as_str() {
        place.warn("this is a text, not a list of texts, and is read as a list of it alone", "write a list of texts");
        return vec![text.to_owned()].into();
    }
    let mut values: Vec<String> = Vec::new();
    let items = place.array("write a list of texts").unwrap_or_default();
    if items.len() > MISSING_VALUES {
        place.mistake(format_args!("{} texts are more than {MISSING_VALUES}", items.len()), "shorten the list");
        return values.into();
    }
    let (mut seen, mut labels) = (HashSet::new(), HashSet::new());
    for item in items {
        let value = if item.is_object() {
            if let Some(label) = item.get("label") {
                let text = label.string("write the label between quotes");
                if let Some(text) = text.filter(|text| !labels.insert(*text)) {
                    label.warn(
                        format_args!("two values have the label {}", quoted(text)),
                        "give each value a label of its own",
                    );
                }
            }
            let value = item.get("value");
            if value.is_none() {
                item.mistake("it has no value", "write the text that stands for no value");
            }
            value
        } else {
            Some(item)
        };
        let Some(value) = value else { continue };
        let Some(text) = value.string("write the text between quotes") else {
            continue;
        };
        if seen.insert(text) {
            values.push(text.to_owned());
        } else {
            value.warn(format_args!("{} appears twice", quoted(text)), "remove one of them");
        }
    }
    values.into()
}
