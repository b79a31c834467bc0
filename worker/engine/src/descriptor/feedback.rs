//! `sluice.feedback`: reads the settings of the feedback to the sender of a file.

use std::collections::HashSet;

use super::feedback_settings::{FeedbackFormat, FeedbackSettings};
use super::model::Schema;
use super::settings::known;
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::spelling;
use crate::messages::Language;

/// Most rows that a descriptor may ask for: a sheet has 1,048,576 lines.
const MOST_ROWS: u64 = 1_000_000;

/// Most fields of a key.
const MOST_KEYS: usize = 20;

/// Longest title and version that feedback names, in characters.
const TITLE_CHARACTERS: usize = 200;

/// Reads the object `sluice.feedback` at `place`. Title and version of the feedback come from the resource.
pub(super) fn read(
    place: &Place<'_>,
    resource: &Place<'_>,
    schema: Option<&Schema>,
    redact: &[String],
) -> FeedbackSettings {
    let mut feedback = FeedbackSettings::default();
    if !known(place, &["keys", "formats", "language", "rows"]) {
        return feedback;
    }
    if let Some(keys) = place.get("keys") {
        feedback.keys = read_keys(&keys, schema, redact);
    }
    if let Some(formats) = place.get("formats") {
        feedback.formats = read_formats(&formats);
    }
    if let Some(language) = place.get("language") {
        feedback.language = read_language(&language);
    }
    if let Some(rows) = place.get("rows").and_then(|rows| rows.integer(1, MOST_ROWS)) {
        feedback.rows = rows;
    }
    let named = |name| {
        let text = resource.get(name)?.as_str()?;
        Some(text.chars().take(TITLE_CHARACTERS).collect())
    };
    feedback.title = named("title").or_else(|| named("name"));
    feedback.version = named("version");
    feedback
}

/// Returns the resource with the title and the version of its package, where the resource has none of its own.
pub(super) fn of_package<'a>(resource: Place<'a>, package: &Place<'a>) -> Place<'a> {
    ["title", "version"].into_iter().fold(resource, |resource, name| match package.get(name) {
        Some(property) if resource.get(name).is_none() => resource.with(name, property),
        _ => resource,
    })
}

fn read_keys(place: &Place<'_>, schema: Option<&Schema>, redact: &[String]) -> Vec<String> {
    const REMEDY: &str = "write a list of names of fields";
    let mut keys: Vec<String> = Vec::new();
    let fields: HashSet<&str> = schema.iter().flat_map(|schema| &schema.fields).map(|field| &*field.name).collect();
    let items = place.array(REMEDY).unwrap_or_default();
    if items.len() > MOST_KEYS {
        place.mistake(format_args!("a key has at most {MOST_KEYS} fields"), "shorten the list");
        return keys;
    }
    for item in items {
        let Some(name) = item.string("write the name of a field") else { continue };
        if keys.iter().any(|key| key == name) {
            item.mistake(format_args!("{} appears twice", quoted(name)), "remove one of them");
        } else if schema.is_none() {
            item.mistake(format_args!("there is no schema with a field {}", quoted(name)), "write a schema");
        } else if !fields.contains(name) {
            let meant = spelling::nearest(name, fields.iter().copied()).map(spelling::did_you_mean);
            let remedy = meant.as_deref().unwrap_or("write the name of a field of the schema");
            item.mistake(format_args!("the schema has no field {}", quoted(name)), remedy);
        } else if redact.iter().any(|redacted| redacted == name) {
            item.mistake(
                format_args!("{} is redacted, so no answer can show it", quoted(name)),
                "name a field that the sender may see, or take it out of \"redact\"",
            );
        } else {
            keys.push(name.to_owned());
        }
    }
    keys
}

fn read_formats(place: &Place<'_>) -> Vec<FeedbackFormat> {
    const REMEDY: &str = r#"write one or more of "csv", "xlsx" and "html" in a list"#;
    let mut formats = Vec::new();
    for item in place.array(REMEDY).unwrap_or_default() {
        let Some(name) = item.string(REMEDY) else { continue };
        match FeedbackFormat::ALL.into_iter().find(|format| format.name() == name) {
            None => {
                let remedy = spelling::remedy(name, &FeedbackFormat::ALL.map(FeedbackFormat::name));
                item.mistake(format_args!("{} is not a format for feedback", quoted(name)), remedy);
            }
            Some(format) if formats.contains(&format) => {
                item.mistake("the format appears twice", "remove one of them");
            }
            Some(format) => formats.push(format),
        }
    }
    if place.is_empty_array() {
        place.mistake("it is empty", REMEDY);
    }
    formats
}

fn read_language(place: &Place<'_>) -> Language {
    let tags: Vec<String> = Language::ALL.iter().map(|language| quoted(language.tag())).collect();
    let remedy = format!("write one of {}", tags.join(", "));
    let Some(tag) = place.string(&remedy) else { return Language::default() };
    Language::of(tag).unwrap_or_else(|| {
        place.mistake(format_args!("{} is not a language of feedback", quoted(tag)), remedy);
        Language::default()
    })
}
