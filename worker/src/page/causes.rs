//! The causes for which files and rows were not accepted: over all files of a page, ranked, with what to do about each.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use sluice_engine::codes::{Code, Refusal, RefusalCode};
use sluice_engine::report::{Fault, FileReport, Reject, excerpt};

use crate::task::FileFailure;

/// Most causes that are counted separately; all further ones are counted together, by their code.
const MOST: usize = 5_000;

/// Most characters of the name of a field, a rule or a constraint in a cause.
const NAME: usize = 200;

/// Most characters of the message that is kept as an example.
const MESSAGE: usize = 300;

/// The effect of a cause; the worst comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    /// Whole files that could not be checked.
    Failed,
    /// Whole files that were refused.
    Refused,
    /// Rows that were rejected.
    Rejected,
    /// Nothing: the rows stay clean.
    Warned,
}

/// The properties that the faults of one cause share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    pub(super) effect: Effect,
    /// The code, or the name of a rule or constraint that warns.
    pub(super) code: String,
    pub(super) field: Option<String>,
    /// The constraint or the rule.
    pub(super) detail: Option<String>,
}

/// How often a cause was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Occurrences {
    /// The number of faults, or of files that failed or were refused.
    pub(super) count: u64,
    pub(super) files: u64,
    /// The message in the first file by key, and the key of that file.
    pub(super) example: String,
    example_of: String,
    /// What to do about it.
    pub(super) remedy: &'static str,
}

/// Causes by kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Causes(BTreeMap<Kind, Occurrences>);

/// An occurrence of a cause.
struct Example<'a> {
    /// The key of the file.
    file: &'a str,
    /// The message; empty if none is known.
    message: &'a str,
}

impl Causes {
    /// Adds the causes in a file that was checked.
    pub(super) fn add(&mut self, report: &FileReport) {
        let key = &*report.file.key;
        if let Some(refusal) = &report.refusal {
            self.refused(report, refusal);
        }
        // Faults of a header are shown with its refusal.
        let is_of_header = report.refusal.as_ref().is_some_and(|refusal| refusal.code == RefusalCode::HeaderError);
        let named = report.faults.as_ref().map_or(&[][..], |faults| &faults.causes);
        for cause in named {
            let short = |name: &Option<String>| name.as_ref().map(|name| excerpt(name, NAME).into_owned());
            let kind = Kind {
                effect: Effect::Rejected,
                code: cause.code.name().to_owned(),
                field: short(&cause.field),
                detail: short(&cause.constraint).or_else(|| short(&cause.rule)),
            };
            let example = example(&report.samples, |fault| {
                // A cause of whole rows, such as `missing-cell`, has no field, but each of its faults may name one.
                let is_of_field = cause.field.is_none() || cause.field == fault.field;
                let is_of = |names: [&Option<String>; 2]| names == [&cause.constraint, &cause.rule];
                fault.code == cause.code && is_of_field && is_of([&fault.constraint, &fault.rule])
            });
            self.add_occurrences(
                kind,
                cause.faults,
                Example { file: key, message: example },
                cause.code.explained().remedy,
            );
        }
        // Reports of earlier versions have no causes, and reports with very many causes leave some out.
        for (code, &all) in report.errors.iter().filter(|_| !is_of_header) {
            let told: u64 = named.iter().filter(|cause| cause.code == *code).map(|cause| cause.faults).sum();
            if all > told {
                let kind = Kind { effect: Effect::Rejected, code: code.name().to_owned(), field: None, detail: None };
                let example = example(&report.samples, |fault| fault.code == *code);
                self.add_occurrences(
                    kind,
                    all - told,
                    Example { file: key, message: example },
                    code.explained().remedy,
                );
            }
        }
        for (name, &count) in &report.warnings {
            let kind =
                Kind { effect: Effect::Warned, code: excerpt(name, NAME).into_owned(), field: None, detail: None };
            self.add_occurrences(
                kind,
                count,
                Example { file: key, message: "" },
                "The rows are clean; see whether the rule should be an error.",
            );
        }
    }

    /// Adds the refusal of a file.
    fn refused(&mut self, report: &FileReport, refusal: &Refusal) {
        let explained = refusal.code.explained();
        let mut kind = Kind { effect: Effect::Refused, code: explained.name.to_owned(), field: None, detail: None };
        let mut remedy = explained.remedy;
        let faults: Vec<Code> = report.errors.keys().copied().collect();
        if let (RefusalCode::HeaderError, Some(first)) = (refusal.code, faults.first()) {
            kind.detail = Some(faults.iter().map(|code| code.name()).collect::<Vec<_>>().join(", "));
            remedy = first.explained().remedy;
        }
        self.add_occurrences(kind, 1, Example { file: &report.file.key, message: &refusal.message }, remedy);
    }

    /// Adds a file that could not be checked.
    pub(super) fn add_failure(&mut self, failure: &FileFailure) {
        let code = serde_json::to_value(failure.code).ok();
        let code = code.as_ref().and_then(|code| code.as_str()).unwrap_or_default().to_owned();
        let kind = Kind { effect: Effect::Failed, code, field: None, detail: None };
        self.add_occurrences(
            kind,
            1,
            Example { file: &failure.key, message: &failure.message },
            "The message says what to do; the next run takes the file again.",
        );
    }

    /// Adds `count` occurrences of a cause in one file.
    fn add_occurrences(&mut self, kind: Kind, count: u64, example: Example<'_>, remedy: &'static str) {
        let kind = match self.0.len() >= MOST && !self.0.contains_key(&kind) {
            true => Kind { field: None, detail: None, ..kind },
            false => kind,
        };
        let found = self.0.entry(kind).or_default();
        found.count += count;
        found.files += 1;
        found.remedy = remedy;
        // Files come in any order.
        let Example { file, message } = example;
        if !message.is_empty() && (found.example.is_empty() || file < found.example_of.as_str()) {
            found.example = excerpt(message, MESSAGE).into_owned();
            file.clone_into(&mut found.example_of);
        }
    }

    /// The causes, the worst first: whole files before rows, and frequent causes before rare ones.
    pub(super) fn ranked(&self) -> Vec<(&Kind, &Occurrences)> {
        let mut ranked: Vec<(&Kind, &Occurrences)> = self.0.iter().collect();
        ranked.sort_by_key(|(kind, found)| (kind.effect, Reverse(found.count), Reverse(found.files)));
        ranked
    }
}

/// The message of the first fault of a cause among the samples.
fn example(samples: &[Reject], is_of_cause: impl Fn(&Fault) -> bool) -> &str {
    let mut faults = samples.iter().flat_map(|reject| &reject.errors);
    faults.find(|fault| is_of_cause(fault)).map_or("", |fault| &fault.message)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use serde_json::json;

    use super::*;

    #[test]
    fn each_cause_has_its_own_message() {
        let fault = |constraint: &str| json!({"column": 1, "field": "id", "code": "constraint-error", "message": constraint, "constraint": constraint});
        let cause = |constraint: &str| json!({"field": "id", "code": "constraint-error", "constraint": constraint, "faults": 1});
        let report: FileReport = serde_json::from_value(json!({
            "version": 1, "file": {"key": "a.csv", "etag": null, "bytes": 1, "lastModified": null, "compression": null, "encoding": "utf-8"},
            "descriptor": null, "engine": "", "verdict": "accepted", "rows": {"read": 2, "clean": 0, "rejected": 2, "blank": 0},
            "errors": {"constraint-error": 2}, "refusal": null,
            "faults": {"causes": [cause("minimum"), cause("maximum")], "spread": {"width": 1, "rejected": [2]}},
            "fields": [], "outputs": {"clean": null, "rejects": null, "parquet": null}, "startedAt": "", "seconds": 0,
            "samples": [{"record": 2, "line": 2, "byte": 1, "errors": [fault("minimum"), fault("maximum")]}],
        }))
        .unwrap();
        let mut causes = Causes::default();
        causes.add(&report);
        for (kind, found) in causes.ranked() {
            assert_eq!(kind.detail.as_deref(), Some(&*found.example));
        }
        assert_eq!(causes.ranked().len(), 2);
    }

    #[test]
    fn a_cause_of_whole_rows_has_the_message_of_a_fault_that_names_a_field() {
        let report: FileReport = serde_json::from_value(json!({
            "version": 1, "file": {"key": "a.csv", "etag": null, "bytes": 1, "lastModified": null, "compression": null, "encoding": "utf-8"},
            "descriptor": null, "engine": "", "verdict": "accepted", "rows": {"read": 2, "clean": 1, "rejected": 1, "blank": 0},
            "errors": {"missing-cell": 1}, "refusal": null,
            "faults": {"causes": [{"code": "missing-cell", "faults": 1}], "spread": {"width": 1, "rejected": [1]}},
            "fields": [], "outputs": {"clean": null, "rejects": null, "parquet": null}, "startedAt": "", "seconds": 0,
            "samples": [{"record": 2, "line": 2, "byte": 1, "errors": [
                {"column": 1, "field": "b", "code": "type-error", "message": "another"},
                {"column": 2, "field": "b", "code": "missing-cell", "message": "1 cell instead of 2"}]}],
        }))
        .unwrap();
        let mut causes = Causes::default();
        causes.add(&report);
        assert_eq!(causes.ranked()[0].1.example, "1 cell instead of 2");
    }

    #[test]
    fn faults_of_a_header_are_shown_with_its_refusal() {
        let report: FileReport = serde_json::from_value(json!({
            "version": 1, "file": {"key": "a.csv", "etag": null, "bytes": 1, "lastModified": null, "compression": null, "encoding": "utf-8"},
            "descriptor": null, "engine": "", "verdict": "refused", "rows": {"read": 0, "clean": 0, "rejected": 0, "blank": 0},
            "errors": {"missing-label": 1, "incorrect-label": 2}, "refusal": {"code": "header-error", "message": "the header"},
            "fields": [], "outputs": {"clean": null, "rejects": null, "parquet": null}, "samples": [], "startedAt": "", "seconds": 0
        }))
        .unwrap();
        let mut causes = Causes::default();
        causes.add(&report);
        let ranked = causes.ranked();
        let [(kind, found)] = ranked[..] else { panic!("{ranked:?}") };
        assert_eq!((kind.effect, kind.detail.as_deref()), (Effect::Refused, Some("missing-label, incorrect-label")));
        assert_eq!((found.count, &*found.example), (1, "the header"));
        assert_eq!(found.remedy, Code::MissingLabel.explained().remedy);
    }
}
