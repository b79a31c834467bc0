//! The properties that a descriptor sets itself.

use crate::document::place::Place;

/// The properties that a descriptor sets itself, as paths: `dialect.delimiter`, `limits.columns`. All others have their defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given(Vec<String>);

/// Properties of the dialect that are recorded when they are given; `SCHEMA` and `LIMITS` are the same for those objects.
const DIALECT: [&str; 11] = [
    "delimiter",
    "quoteChar",
    "doubleQuote",
    "escapeChar",
    "commentChar",
    "lineTerminator",
    "skipInitialSpace",
    "header",
    "headerRows",
    "commentRows",
    "nullSequence",
];
const SCHEMA: [&str; 2] = ["fieldsMatch", "missingValues"];
const LIMITS: [&str; 6] = ["recordBytes", "columns", "expansion", "expandedBytes", "rejectBytes", "keyBytes"];

impl Given {
    pub(super) fn take_dialect(&mut self, place: &Place<'_>) {
        self.take("dialect", place, &DIALECT);
        if let Some(csv) = place.get("csv") {
            self.take("dialect", &csv, &DIALECT);
        }
    }

    pub(super) fn take_schema(&mut self, place: &Place<'_>) {
        self.take("schema", place, &SCHEMA);
    }

    pub(super) fn take_sluice(&mut self, place: &Place<'_>) {
        self.take("sluice", place, &["tolerance", "output", "trailingDelimiter", "blankRows"]);
        if let Some(limits) = place.get("limits") {
            self.take("limits", &limits, &LIMITS);
        }
    }

    fn take(&mut self, object: &str, place: &Place<'_>, names: &[&str]) {
        let there = names.iter().filter(|name| place.get_or_null(name).is_some());
        self.0.extend(there.map(|name| format!("{object}.{name}")));
    }

    pub(super) fn origin(&self, path: &str) -> &'static str {
        if self.0.iter().any(|given| given == path) { "given" } else { "default" }
    }
}
