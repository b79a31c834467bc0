//! The receipt of a file: what was received, the outcome, and what its sender does next.

use sluice_engine::FeedbackTable;
use sluice_engine::codes::RefusalCode;
use sluice_engine::descriptor::FeedbackSettings;
use sluice_engine::messages::Language;
use sluice_engine::pipeline::file::Outcome;
use sluice_engine::report::Verdict;

use super::FileFacts;
use crate::clock::rfc3339;

/// The value of an item of a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Number(u64),
}

impl Value {
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }
}

/// A receipt.
#[derive(Clone, Debug)]
pub(super) struct Receipt {
    pub(super) title: String,
    /// Labels and values, in the order in which they are read.
    pub(super) items: Vec<(String, Value)>,
}

impl Receipt {
    pub(super) fn new(asked: &FeedbackSettings, facts: &FileFacts, outcome: &Outcome, table: &FeedbackTable) -> Self {
        let language = asked.language;
        let label = |id: &str| language.text(&format!("receipt.{id}"), &[]);
        let text = |id: &str, value: String| (label(id), Value::Text(value));
        let number = |id: &str, value: u64| (label(id), Value::Number(value));
        let mut items = vec![text("file", facts.name.clone()), text("sha256", facts.sha256.clone())];
        items.push(number("bytes", facts.bytes));
        items.extend(facts.received.map(|received| text("received", rfc3339(received))));
        items.push(text("verdict", language.text(&format!("verdict.{}", result(outcome)), &[])));
        items.extend(reasons(outcome, language).into_iter().map(|reason| text("reason", reason)));
        let rows = &outcome.rows;
        items.push(number("rows-read", rows.read));
        // No row of a refused file is accepted.
        items.push(number("rows-clean", if outcome.verdict == Verdict::Refused { 0 } else { rows.clean }));
        items.push(number("rows-rejected", rows.rejected));
        let shown = table.rejected.len() as u64;
        if rows.rejected > 0 {
            items.push(number("rows-shown", shown));
            items.push(number("rows-omitted", rows.rejected.saturating_sub(shown)));
        }
        let counts = outcome.errors.iter().filter(|(_, count)| **count > 0);
        items.extend(
            counts.map(|(code, count)| (language.text(&format!("code.{}", code.name()), &[]), Value::Number(*count))),
        );
        let warnings: u64 = outcome.warnings.values().sum();
        if warnings > 0 {
            items.push(number("warnings", warnings));
        }
        items.extend(asked.title.clone().map(|title| text("descriptor", title)));
        items.extend(asked.version.clone().map(|version| text("version", version)));
        items.push(text("next", language.text(&format!("next.{}", name(outcome.verdict)), &[])));
        Self { title: language.text("receipt.title", &[("file", &facts.name)]), items }
    }
}

/// The reasons why a file was refused: in the language of the sender, then in detail as in the report; and the assertions over the whole file
/// that do not hold.
fn reasons(outcome: &Outcome, language: Language) -> Vec<String> {
    let refusal = outcome.refusal.iter();
    let refusal = refusal.map(|refusal| {
        let words = language.text(&format!("refusal.{}", code(refusal.code)), &[]);
        format!("{words} ({})", refusal.message)
    });
    let broken = outcome.assertions.iter().filter(|assertion| !assertion.holds && !assertion.undecided);
    refusal.chain(broken.map(|assertion| assertion.message.clone())).collect()
}

/// Returns the id of the result: the verdict, except that an accepted file without an accepted row has an id of its own.
fn result(outcome: &Outcome) -> &'static str {
    match outcome.verdict {
        Verdict::Accepted if outcome.rows.clean == 0 => "none-accepted",
        verdict => name(verdict),
    }
}

fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "clean",
        Verdict::Accepted => "accepted",
        Verdict::Refused => "refused",
    }
}

fn code(code: RefusalCode) -> &'static str {
    match code {
        RefusalCode::EncodingError => "encoding-error",
        RefusalCode::HeaderError => "header-error",
        RefusalCode::ExpansionLimit => "expansion-limit",
        RefusalCode::SourceError => "source-error",
        RefusalCode::KeyLimit => "key-limit",
        RefusalCode::Tolerance => "tolerance",
        RefusalCode::FileConstraint => "file-constraint",
    }
}
