//! What is written about a file, and its limits.

use super::super::model::{Descriptor, OutputEncoding};

impl Descriptor {
    pub(super) fn explain_outputs(&self, lines: &mut Vec<String>) {
        let csv = match self.settings.output_encoding {
            OutputEncoding::Original => "CSV, byte for byte",
            OutputEncoding::Utf8 => "CSV, in UTF-8",
        };
        let formats = [(self.settings.formats.csv, csv), (self.settings.formats.parquet, "Parquet, typed")];
        let formats: Vec<&str> = formats.iter().filter(|(wanted, _)| *wanted).map(|(_, name)| *name).collect();
        lines.push(format!("Clean rows: {} ({})", formats.join("; "), self.given.origin("sluice.output")));
        if let Some(feedback) = &self.settings.feedback {
            lines.push(feedback.words());
        }
        self.explain_limits(lines);
    }

    fn explain_limits(&self, lines: &mut Vec<String>) {
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
            self.explain_setting(lines, name, &value, &format!("limits.{name}"));
        }
    }
}
