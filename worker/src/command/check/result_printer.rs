//! Prints the lines of `sluice check` as files end: results, examples of rejected rows, and assertions that are
//! not decided.

use std::collections::BTreeSet;
use std::path::Path;

use super::{CheckArgs, Format};
use crate::command::Exit;
use crate::command::run::{log, print_json};
use crate::command::table::Results;
use crate::command::terminal::{Terminal, counted, printable, shell_word};
use crate::context::FileOutcome;

/// Most rejected rows that are shown of each file, and most faults of each row.
const SHOWN: usize = 5;

/// Most lines of examples that are shown of all files together.
const LINES: usize = 200;

/// Returns the key of a file if it was read and only its structure was checked.
fn key_without_descriptor(outcome: &FileOutcome) -> Option<String> {
    let FileOutcome::Checked(report) = outcome else { return None };
    let is_read = report.descriptor.is_none() && report.refusal.is_none();
    is_read.then(|| report.file.key.clone())
}

/// Returns the next step that is recommended after a check of the structure alone.
fn next_step(key: &str) -> String {
    // Users copy the command as it stands, so it does not contain a name with characters that are shown as
    // escapes.
    let is_shown = key != "-" && printable(key) == key;
    let file = if is_shown { shell_word(Path::new(key)) } else { "FILE".to_owned() };
    format!(
        "no descriptor, so only the structure was checked: `sluice infer {file} > resource.json` writes one, \
         `sluice check {file} --resource resource.json` checks the values"
    )
}

/// The warning about an assertion that only a run can check.
const UNDECIDED: &str =
    "sluice.file.last is not checked: there is no ledger with earlier files here; `sluice run` compares with them";

/// Returns true if an assertion of a file was not decided.
fn is_undecided(outcome: &FileOutcome) -> bool {
    let FileOutcome::Checked(report) = outcome else { return false };
    report.file.assertions.iter().any(|outcome| outcome.undecided)
}

/// Returns the lines of examples for a file: its first rejected rows, and how many more there are; `rejects` is where all are written.
fn examples_of(outcome: &FileOutcome, rejects: Option<&Path>) -> Vec<String> {
    let FileOutcome::Checked(report) = outcome else {
        return Vec::new();
    };
    let key = printable(&report.file.key);
    let mut lines: Vec<String> = Vec::new();
    lines.extend(report.file.encoding_note.as_ref().map(|note| format!("{key}: note: {note}")));
    for reject in report.samples.iter().take(SHOWN) {
        for fault in reject.errors.iter().take(SHOWN) {
            let field = fault.field.as_ref().map(|field| format!("{}: ", printable(field))).unwrap_or_default();
            let (line, message) = (reject.line, printable(&fault.message));
            lines.push(format!("{key}:{line}: {field}{}: {message}", fault.code.name()));
        }
    }
    let more = report.rows.rejected.saturating_sub(SHOWN as u64);
    if more > 0 {
        let hint = if rejects.is_some() { "" } else { "; --rejects OUT writes them" };
        lines.push(format!("{key}: and {}{hint}", counted(more, "more rejected row")));
    }
    lines
}

/// Prints the results of files.
pub(super) struct ResultPrinter<'t> {
    terminal: &'t Terminal,
    args: &'t CheckArgs,
    results: Results,
    examples: Vec<String>,
    has_warned: bool,
    /// The key of the first file that has no descriptor.
    without_descriptor: Option<String>,
    /// The files beside a package of which no resource names them: they have a descriptor, and a warning says what is wrong with it.
    unnamed: BTreeSet<String>,
}

impl<'t> ResultPrinter<'t> {
    pub(super) fn new(args: &'t CheckArgs, unnamed: BTreeSet<String>, terminal: &'t Terminal) -> Self {
        Self {
            terminal,
            args,
            results: Results::default(),
            examples: Vec::new(),
            has_warned: false,
            without_descriptor: None,
            unnamed,
        }
    }

    /// Takes the result of a file; must be called in the order of the files.
    pub(super) fn take(&mut self, outcome: &FileOutcome) {
        log(outcome, self.terminal);
        self.results.add(outcome);
        let without_descriptor = key_without_descriptor(outcome).filter(|key| !self.unnamed.contains(key));
        self.without_descriptor = self.without_descriptor.take().or(without_descriptor);
        if !self.has_warned && is_undecided(outcome) {
            self.has_warned = true;
            self.terminal.warning(UNDECIDED);
        }
        match self.args.format {
            Format::Json => print_json(outcome, self.terminal),
            Format::Text => self.examples.extend(examples_of(outcome, self.args.rejects.as_deref())),
        }
    }

    /// Prints the results of all files, whose check took this many seconds, and returns how the command ends.
    pub(super) fn finish(mut self, seconds: f64) -> Exit {
        if self.args.format == Format::Text {
            self.results.print(self.terminal);
            for example in self.examples.iter().take(LINES) {
                self.terminal.line(example);
            }
            self.terminal.line(&self.results.summary(seconds));
            if let Some(key) = self.without_descriptor {
                self.terminal.line(&next_step(&key));
            }
        }
        match self.results.exit(self.args.strict.into()) {
            Exit::Done if self.terminal.has_failed() => Exit::Io,
            exit => exit,
        }
    }
}
