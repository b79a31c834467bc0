//! What rows and whole files must meet.

use super::super::model::{Assertion, Bound, Descriptor, Limit, Severity, TrailerSum};
use crate::document::path::quoted;
use crate::shown::counted;

impl Descriptor {
    pub(super) fn explain_checks(&self, lines: &mut Vec<String>) {
        self.explain_rules(lines);
        self.explain_file(lines);
        self.explain_warnings(lines);
        self.explain_tolerance(lines);
    }

    fn explain_rules(&self, lines: &mut Vec<String>) {
        for rule in &self.settings.rules {
            let outcome = match rule.severity {
                Severity::Error => "or the row is rejected",
                Severity::Warning => "or the row is counted and kept",
            };
            lines.push(format!("Rule {}: {}, {outcome}", quoted(&rule.name), rule.text));
        }
    }

    fn explain_file(&self, lines: &mut Vec<String>) {
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
    }

    fn explain_warnings(&self, lines: &mut Vec<String>) {
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

    fn explain_tolerance(&self, lines: &mut Vec<String>) {
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
