//! The checks of a descriptor in words, field by field, with the origin of each default.

use sluice_csv::LineTerminator;

use super::model::{
    Assertion, Bound, DeclaredEncoding, Descriptor, Enumeration, Field, FieldType, FieldsMatch, Header, KeyKind, Limit,
    Schema, Severity, TrailerSum,
};
use crate::document::path::quoted;
use crate::shown::counted;

/// Most values of a list that are shown.
const VALUES: usize = 8;

impl Descriptor {
    /// Describes what files are checked against, line by line; the first line of a section has no indentation.
    pub fn explained(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.explain_reading(&mut lines);
        match &self.schema {
            None => {
                lines.push(
                    "Fields: there is no schema, so every column is a text and only the structure is checked"
                        .to_owned(),
                );
            }
            Some(schema) => self.explain_schema(schema, &mut lines),
        }
        self.explain_rules(&mut lines);
        self.explain_outcome(&mut lines);
        lines
    }

    fn explain_reading(&self, lines: &mut Vec<String>) {
        let dialect = &self.dialect;
        lines.push("Reading".to_owned());
        let mut line = |name: &str, value: String, path: &str| {
            lines.push(format!("  {name:<20} {value:<28} ({})", self.given.origin(path)));
        };
        let delimiter = match self.delimiter_given {
            true => shown(dialect.delimiter.as_bytes()),
            false => "by the suffix of the file".to_owned(),
        };
        line("delimiter", delimiter, "dialect.delimiter");
        let or_none = |byte: Option<u8>| byte.map_or_else(|| "none".to_owned(), |byte| shown(&[byte]));
        line("quote", or_none(dialect.quote), "dialect.quoteChar");
        let doubled = if dialect.double_quote { "is written twice inside quotes" } else { "always closes the cell" };
        line("a quote", doubled.to_owned(), "dialect.doubleQuote");
        line("escape", or_none(dialect.escape), "dialect.escapeChar");
        line(
            "comment",
            dialect.comment.map_or_else(|| "none".to_owned(), |comment| shown(comment.as_bytes())),
            "dialect.commentChar",
        );
        let ends = match dialect.line_terminator {
            LineTerminator::Auto => "LF or CRLF".to_owned(),
            LineTerminator::Lf => "LF or CRLF, never CR alone".to_owned(),
            LineTerminator::Cr => "CR".to_owned(),
            LineTerminator::Byte(byte) => shown(&[byte]),
        };
        line("line end", ends, "dialect.lineTerminator");
        let spaces = if dialect.skip_initial_space { "are skipped" } else { "are kept" };
        line("spaces before a cell", spaces.to_owned(), "dialect.skipInitialSpace");
        let encoding = self.encoding_words();
        let origin = if self.encoding == DeclaredEncoding::Nothing { "default" } else { "given" };
        lines.push(format!("  {:<20} {encoding:<28} ({origin})", "encoding"));
        if let Some(compression) = self.compression {
            let value = format!("{compression:?}, if the name says none").to_lowercase();
            lines.push(format!("  {:<20} {value:<28} (given)", "compression"));
        }
        if let Some(member) = &self.member {
            lines.push(format!("  {:<20} {:<28} (given)", "file of an archive", quoted(member)));
        }
        let mut line = |name: &str, value: String, path: &str| {
            lines.push(format!("  {name:<20} {value:<28} ({})", self.given.origin(path)));
        };
        match &self.header {
            Header::None => line("header", "none".to_owned(), "dialect.header"),
            Header::First => line("header", "the first record".to_owned(), "dialect.header"),
            Header::Records { records, join } => {
                let records: Vec<String> = records.iter().take(VALUES).map(ToString::to_string).collect();
                let value = format!("records {}, joined by {}", records.join(", "), quoted(join));
                line("header", value, "dialect.headerRows");
            }
        }
    }

    /// Returns the encoding of the files in words.
    fn encoding_words(&self) -> String {
        match self.encoding {
            DeclaredEncoding::Nothing => "utf-8".to_owned(),
            DeclaredEncoding::Detect => "what each file looks like".to_owned(),
            DeclaredEncoding::Utf16 => "utf-16".to_owned(),
            DeclaredEncoding::Named(coding) => coding.name(),
        }
    }

    fn explain_schema(&self, schema: &Schema, lines: &mut Vec<String>) {
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
        for (nth, field) in schema.fields.iter().enumerate() {
            let redacted = self.settings.redact.contains(&field.name);
            lines.push(format!("  {} {}: {}", nth + 1, quoted(&field.name), field_words(field, redacted)));
        }
        for key in &schema.keys {
            let kind = match key.kind {
                KeyKind::Primary => "Primary key",
                KeyKind::Unique => "Unique",
            };
            let fields: Vec<String> = key.fields.iter().map(|name| quoted(name)).collect();
            lines.push(format!("{kind}: {} (must be unique in a file)", fields.join(", ")));
        }
    }

    fn explain_rules(&self, lines: &mut Vec<String>) {
        for rule in &self.settings.rules {
            let outcome = match rule.severity {
                Severity::Error => "or the row is rejected",
                Severity::Warning => "or the row is counted and kept",
            };
            lines.push(format!("Rule {}: {}, {outcome}", quoted(&rule.name), rule.text));
        }
        for assertion in &self.settings.assertions {
            lines.push(format!("The whole file: {}, or it is refused", assertion_words(assertion)));
        }
        if let Some(trailer) = &self.settings.trailer {
            let tag = quoted(&trailer.tag);
            let mut line = format!("The whole file: it ends with a trailer that begins with {tag}");
            if let Some(column) = trailer.count {
                line.push_str(&format!(", has the number of rows in column {column}"));
            }
            for TrailerSum { field, column } in &trailer.sums {
                line.push_str(&format!(", has the sum of {} in column {column}", quoted(field)));
            }
            lines.push(format!("{line}, or it is refused"));
        }
        if let Some(last) = &self.settings.last {
            for (what, band) in [("rows", last.rows), ("bytes", last.bytes)] {
                let Some(band) = band else { continue };
                let bounds = [("below", band.below), ("above", band.above)];
                let bounds: Vec<String> =
                    bounds.iter().filter_map(|(word, most)| Some(format!("{} % {word}", (*most)?))).collect();
                lines.push(format!(
                    "The whole file: its {what} are at most {} the median of {}, or it is refused",
                    bounds.join(" or "),
                    counted(last.files as u64, "earlier file")
                ));
            }
        }
        let fields = self.schema.iter().flat_map(|schema| &schema.fields);
        let warn = fields.flat_map(|field| {
            let constraints = field.constraints.warns.iter();
            constraints.map(|constraint| format!("{}.{}", field.name, constraint.name()))
        });
        let warn: Vec<String> = warn.collect();
        if !warn.is_empty() {
            lines.push(format!("Only warn, and keep the row: {}", warn.join(", ")));
        }
    }

    fn explain_outcome(&self, lines: &mut Vec<String>) {
        let tolerance = &self.settings.tolerance;
        let bounds: Vec<String> = tolerance
            .rows
            .map(|rows| format!("more than {}", counted(rows, "row")))
            .into_iter()
            .chain(tolerance.percent.map(|percent| format!("more than {percent} % of the rows")))
            .collect();
        let origin = self.given.origin("sluice.tolerance");
        lines.push(match bounds.is_empty() {
            true => format!("Tolerance: any number of rows may be rejected ({origin})"),
            false => format!("Tolerance: the file is refused when {} are rejected ({origin})", bounds.join(" or ")),
        });
        let formats =
            [(self.settings.formats.csv, "CSV, byte for byte"), (self.settings.formats.parquet, "Parquet, typed")];
        let formats: Vec<&str> = formats.iter().filter(|(wanted, _)| *wanted).map(|(_, name)| *name).collect();
        lines.push(format!("Clean rows: {} ({})", formats.join("; "), self.given.origin("sluice.output")));
        if let Some(feedback) = &self.settings.feedback {
            lines.push(feedback.words());
        }
        let limits = &self.settings.limits;
        lines.push("Limits".to_owned());
        let rejects =
            limits.reject_bytes.map_or_else(|| "by the size of the file".to_owned(), |bytes| bytes.to_string());
        for (name, value) in [
            ("recordBytes", limits.record_bytes.to_string()),
            ("columns", limits.columns.to_string()),
            ("expansion", format!("{} times", limits.expansion)),
            ("expandedBytes", limits.expanded_bytes.to_string()),
            ("rejectBytes", rejects),
            ("keyBytes", limits.key_bytes.to_string()),
        ] {
            lines.push(format!("  {name:<20} {value:<28} ({})", self.given.origin(&format!("limits.{name}"))));
        }
    }
}

fn shown(bytes: &[u8]) -> String {
    match bytes {
        b"\t" => "tab".to_owned(),
        b" " => "space".to_owned(),
        _ => String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| bytes.escape_ascii().to_string()),
    }
}

/// Describes type, missing values and constraints of a field.
fn field_words(field: &Field, redacted: bool) -> String {
    let constraints = &field.constraints;
    let mut parts = vec![match &field.kind {
        FieldType::Any(_) => "any value".to_owned(),
        kind => kind.as_type().expectation(),
    }];
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
    parts.extend(constraints.decimal.map(|digits| format!("a decimal of {digits}")));
    if redacted {
        parts.push("its values are never shown".to_owned());
    }
    parts.join("; ")
}

fn one_of(values: &Enumeration) -> String {
    let shown: Vec<String> = values.iter().take(VALUES).map(|value| quoted(&value.text)).collect();
    match values.len().saturating_sub(VALUES) {
        0 => format!("one of {}", shown.join(", ")),
        more => format!("one of {} and {more} more", shown.join(", ")),
    }
}

fn assertion_words(assertion: &Assertion) -> String {
    let name = assertion.name();
    match &assertion.limit {
        Limit::Percent(percent) => format!("{name} is at most {percent} %"),
        Limit::Range { min, max } => {
            let bounds = [("at least", min), ("at most", max)];
            let bound = |(word, bound): (&str, &Option<Bound>)| Some(format!("{word} {}", bound.as_ref()?.text));
            let bounds: Vec<String> = bounds.into_iter().filter_map(bound).collect();
            format!("{name} is {}", bounds.join(" and "))
        }
    }
}
