//! The `sluice` object. Sluice defines it, so a name in it that does not exist is a mistake.

use std::collections::HashSet;

use super::model::{Formats, Limits, OutputEncoding, Schema, Settings, Tolerance};
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::spelling;

/// Most pairs of names that are compared to find out what was meant.
const COMPARED: usize = 20_000;

/// Properties of the `sluice` object.
const NAMES: [&str; 13] = [
    "rules",
    "warnings",
    "tolerance",
    "file",
    "output",
    "headers",
    "trailingDelimiter",
    "blankRows",
    "decimals",
    "redact",
    "limits",
    "reference",
    "feedback",
];

/// A property that is refused by its name, with what is said of it.
struct Unsupported {
    name: &'static str,
    message: &'static str,
}

const UNSUPPORTED: [Unsupported; 1] =
    [Unsupported { name: "keyScope", message: "\"keyScope\" is not supported yet: keys are those of one file" }];

/// Reads the properties of the object that need no schema. The other ones are read once the schema is known: `redact` by [`redacted`], `rules`
/// by [`super::rules`], `decimals` by [`super::decimals`], `headers` by [`super::headers`], `reference` by [`super::reference_tables`], `feedback` by [`super::feedback`].
pub(super) fn read(place: &Place<'_>) -> Settings {
    let mut settings = Settings::default();
    if !known_or(place, &NAMES, &UNSUPPORTED) {
        return settings;
    }
    if let Some(tolerance) = place.get("tolerance") {
        settings.tolerance = read_tolerance(&tolerance);
    }
    if let Some(output) = place.get("output").filter(|output| known(output, &["formats", "encoding"])) {
        settings.formats = output.get("formats").map_or_else(Formats::default, |given| read_formats(&given));
        settings.output_encoding = output.get("encoding").map(|given| read_encoding(&given)).unwrap_or_default();
    }
    if let Some(blank) = place.get("blankRows") {
        settings.blank_rows_are_faults = read_blank_rows(&blank);
    }
    if let Some(limits) = place.get("limits") {
        settings.limits = read_limits(&limits);
    }
    settings
}

/// Reads the names under `redact`, each of which has to be a field of the schema.
pub(super) fn redacted(place: &Place<'_>, schema: Option<&Schema>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let Some(items) = place.get("redact").and_then(|redact| redact.array("write a list of names of fields")) else {
        return names;
    };
    let fields: HashSet<&str> = schema.iter().flat_map(|schema| &schema.fields).map(|field| &*field.name).collect();
    let mut seen = HashSet::new();
    for item in items {
        let Some(name) = item.string("write the name of a field") else {
            continue;
        };
        if !seen.insert(name) {
            item.mistake(format_args!("{} appears twice", quoted(name)), "remove one of them");
        } else if fields.contains(name) {
            names.push(name.to_owned());
        } else if schema.is_some() {
            // More than 20 unknown names are no slip of the pen, and comparing them all costs time.
            let is_compared = seen.len() <= 20 && seen.len().saturating_mul(fields.len()) <= COMPARED;
            let meant = is_compared.then(|| spelling::nearest(name, fields.iter().copied())).flatten();
            let remedy = meant.map(spelling::did_you_mean);
            item.mistake(
                format_args!("the schema has no field {}", quoted(name)),
                remedy.as_deref().unwrap_or("write the name of a field of the schema"),
            );
        } else {
            item.mistake(
                format_args!("there is no schema with a field {}", quoted(name)),
                "write a schema, so that no misspelled name lets a value out",
            );
        }
    }
    names
}

fn read_tolerance(place: &Place<'_>) -> Tolerance {
    let mut tolerance = Tolerance::default();
    if known(place, &["rows", "percent"]) {
        tolerance.rows = place.get("rows").and_then(|rows| rows.integer(0, u64::MAX));
        tolerance.percent = place.get("percent").and_then(|percent| {
            let value = percent.as_number().and_then(|text| text.parse::<f64>().ok());
            let value = value.filter(|value| (0.0..=100.0).contains(value));
            if value.is_none() {
                percent.wrong("a number from 0 to 100", "write such a number");
            }
            value
        });
    }
    tolerance
}

/// Returns true if blank rows are faults.
fn read_blank_rows(given: &Place<'_>) -> bool {
    const REMEDY: &str = r#"write "skip" or "reject""#;
    match given.string(REMEDY) {
        Some("reject") => true,
        Some("skip") | None => false,
        Some(other) => {
            given.mistake(format_args!("{} is not a setting for blank rows", quoted(other)), REMEDY);
            false
        }
    }
}

fn read_encoding(given: &Place<'_>) -> OutputEncoding {
    const REMEDY: &str = r#"write "original" or "utf-8""#;
    match given.string(REMEDY) {
        Some("utf-8") => OutputEncoding::Utf8,
        Some("original") | None => OutputEncoding::Original,
        Some(other) => {
            given.mistake(format_args!("{} is not an encoding of outputs", quoted(other)), REMEDY);
            OutputEncoding::Original
        }
    }
}

fn read_formats(given: &Place<'_>) -> Formats {
    const REMEDY: &str = r#"write ["csv"], ["parquet"] or ["csv", "parquet"]"#;
    let Some(items) = given.array(REMEDY) else {
        return Formats::default();
    };
    let mut formats = Formats { csv: false, parquet: false };
    for item in items {
        let wanted = match item.string(REMEDY) {
            None => continue,
            Some("csv") => &mut formats.csv,
            Some("parquet") => &mut formats.parquet,
            Some(other) => {
                let remedy = spelling::remedy(other, &["csv", "parquet"]);
                item.mistake(format_args!("{} is not an output format", quoted(other)), remedy);
                continue;
            }
        };
        if std::mem::replace(wanted, true) {
            item.mistake("the format appears twice", "remove one of them");
        }
    }
    if given.is_empty_array() {
        given.mistake("it is empty", REMEDY);
    }
    formats
}

fn read_limits(place: &Place<'_>) -> Limits {
    let mut limits = Limits::default();
    if known(place, &["recordBytes", "columns", "expansion", "expandedBytes", "rejectBytes", "keyBytes"]) {
        let narrow = |name, least, most, default: u32| {
            let value = place.get(name).and_then(|value| value.integer(least, most));
            value.and_then(|value| u32::try_from(value).ok()).unwrap_or(default)
        };
        limits.record_bytes = narrow("recordBytes", 1024, 64 << 20, limits.record_bytes);
        limits.columns = narrow("columns", 1, 16_384, limits.columns);
        limits.expansion = narrow("expansion", 1, u32::MAX.into(), limits.expansion);
        if let Some(bytes) = place.get("expandedBytes").and_then(|bytes| bytes.integer(1, u64::MAX)) {
            limits.expanded_bytes = bytes;
        }
        if let Some(bytes) = place.get("keyBytes").and_then(|bytes| bytes.integer(0, u64::MAX)) {
            limits.key_bytes = bytes;
        }
        limits.reject_bytes = place.get("rejectBytes").and_then(|bytes| bytes.integer(0, u64::MAX));
    }
    limits
}

/// Returns true if `place` is an object. Notes a mistake for each of its properties that is not in `names` or is null.
pub(super) fn known(place: &Place<'_>, names: &[&str]) -> bool {
    known_or(place, names, &[])
}

/// Returns the same as [`known`]. A property of `unsupported` is a mistake with its own message, and is not suggested.
fn known_or(place: &Place<'_>, names: &[&str], unsupported: &[Unsupported]) -> bool {
    for (name, property) in place.names() {
        if let Some(refused) = unsupported.iter().find(|refused| refused.name == name) {
            place.get(name).unwrap_or(property).mistake(refused.message, "remove it");
        } else if !names.contains(&name) {
            let remedy = std::fmt::from_fn(|out| out.write_str(&spelling::remedy(name, names)));
            property.mistake("there is no such property", remedy);
        } else if property.is_null() {
            property.mistake("it is null", "write a value, or remove it");
        }
    }
    place.object("write an object")
}
