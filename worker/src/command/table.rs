//! The results of files: a table, and a summary.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width};
use serde::Serialize;
use sluice_engine::codes::Code;
use sluice_engine::report::{FileReport, LabelMatch, Verdict};

use super::terminal::{Terminal, counted, grouped, printable, size};
use super::{Exit, Strictness};
use crate::context::FileOutcome;
use crate::key::{Ignored, IgnoredKeys};
use crate::number_format::no_worse;
use crate::plan::Plan;
use crate::task::{FailureCode, FileFailure, Files, Totals};

/// A line below the labels and no other lines, so that the output can be processed by `cut` and `grep`.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─'));

/// Most files in a table; if there are more, the worst ones.
const FILES: usize = 200;

/// Most labels of a file, with another spelling than their field, that are named.
const LABELS: usize = 5;

/// Most codes of faults that are named per file.
const REASONS: usize = 3;

/// A file that could not be checked, as a line of JSON in place of its report.
#[derive(Debug, Serialize)]
pub(super) struct FailureLine<'a> {
    version: u32,
    file: FailedFile<'a>,
    failure: Failure<'a>,
}

#[derive(Debug, Serialize)]
struct FailedFile<'a> {
    key: &'a str,
}

#[derive(Debug, Serialize)]
struct Failure<'a> {
    code: FailureCode,
    message: &'a str,
}

impl<'a> From<&'a FileFailure> for FailureLine<'a> {
    fn from(failure: &'a FileFailure) -> Self {
        Self {
            version: 1,
            file: FailedFile { key: &failure.key },
            failure: Failure { code: failure.code, message: &failure.message },
        }
    }
}

/// A file in the table.
#[derive(Debug)]
struct Row {
    /// How bad the result is, from 0 for clean to 3 for failed.
    badness: u8,
    key: String,
    cells: [String; 6],
    /// Messages that do not fit into a cell.
    note: Option<String>,
}

/// The outcomes of the files of a command.
#[derive(Debug, Default)]
pub(super) struct Results {
    rows: Vec<Row>,
    totals: Totals,
    not_shown: u64,
    worst: Option<FailureCode>,
}

impl Results {
    pub(super) fn add(&mut self, outcome: &FileOutcome) {
        let row = match outcome {
            FileOutcome::Checked(report) | FileOutcome::Known(report) => {
                self.totals.add_report(report);
                row_of(report)
            }
            FileOutcome::Failed(failure) => {
                self.totals.add_failed(1, failure.code);
                self.worst = self.worst.max(Some(failure.code));
                // Every file that was not reached would have the same line: the summary counts them.
                if failure.code == FailureCode::Interrupted {
                    return;
                }
                let cells = [
                    printable(&failure.key),
                    "failed".into(),
                    "-".into(),
                    "-".into(),
                    name_of(failure.code),
                    "-".into(),
                ];
                Row { badness: 3, key: failure.key.clone(), cells, note: Some(failure.message.clone()) }
            }
        };
        self.rows.push(row);
        if self.rows.len() >= 2 * FILES {
            self.keep_the_worst();
        }
    }

    fn keep_the_worst(&mut self) {
        self.rows.sort_by(|one, other| other.badness.cmp(&one.badness).then_with(|| one.key.cmp(&other.key)));
        self.not_shown += self.rows.len().saturating_sub(FILES) as u64;
        self.rows.truncate(FILES);
    }

    pub(super) fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Prints the table, then the messages that do not fit into it.
    pub(super) fn print(&mut self, terminal: &Terminal) {
        if self.rows.is_empty() {
            return;
        }
        self.keep_the_worst();
        self.rows.sort_by(|one, other| one.key.cmp(&other.key));
        let labels = ["file", "verdict", "rows", "rejected", "reasons", "throughput"];
        let cells = self.rows.iter().map(|row| row.cells.clone());
        // Small files take no time that could be measured.
        if self.rows.iter().any(|row| row.cells[5] != "-") {
            print_table(terminal, &labels, &[2, 3, 5], cells);
        } else {
            let [labels @ .., _] = labels;
            print_table(terminal, &labels, &[2, 3], cells.map(|[cells @ .., _]| cells));
        }
        if self.not_shown > 0 {
            terminal.line(&no_worse(self.not_shown));
        }
        // A mistake in a descriptor is printed once, not for each of its files.
        let mut said: BTreeMap<&str, u64> = BTreeMap::new();
        for row in &self.rows {
            let Some(note) = &row.note else { continue };
            let times = said.entry(note).or_default();
            *times += 1;
            if *times == 1 {
                for line in note.lines() {
                    terminal.line(&printable(line));
                }
            }
        }
    }

    /// Returns the line with the totals; `seconds` is the wall time of the whole command.
    pub(super) fn summary(&self, seconds: f64) -> String {
        let Totals { files, rows, bytes, .. } = &self.totals;
        let mut line = format!("{}: {}", counted(files.total, "file"), verdicts(files));
        line.push_str(&format!("; {} read, {} rejected", counted(rows.read, "row"), grouped(rows.rejected)));
        line.push_str(&format!("; {} in {seconds:.2} s", size(*bytes)));
        if let Some(speed) = speed(*bytes, seconds) {
            line.push_str(&format!(" ({speed})"));
        }
        line
    }

    /// Returns the exit code that follows from the results of the files.
    pub(super) fn exit(&self, strictness: Strictness) -> Exit {
        exit_for(&self.totals, self.worst, strictness)
    }
}

/// Returns the exit code for files and the worst failure among them. In order of precedence: internal error, failed input
/// or output, bad descriptor or reference table, refusal.
fn exit_for(totals: &Totals, worst: Option<FailureCode>, strictness: Strictness) -> Exit {
    match worst {
        Some(FailureCode::Internal) => Exit::Internal,
        Some(FailureCode::Descriptor | FailureCode::Reference) => Exit::Usage,
        Some(_) => Exit::Io,
        None if totals.files.refused > 0 => Exit::Refused,
        None if strictness == Strictness::Strict && totals.rows.rejected > 0 => Exit::Refused,
        None => Exit::Done,
    }
}

/// Width of a column above which its texts may be broken into lines on a narrow terminal.
const WIDE: u16 = 20;

/// Prints a table: labels, a line, rows; the columns of `numbers` are aligned to the right. On a terminal that is too narrow, long texts are
/// broken into lines, except those of the first column, which names files or prefixes.
pub(super) fn print_table<const N: usize>(
    terminal: &Terminal,
    labels: &[&str; N],
    numbers: &[usize],
    rows: impl Iterator<Item = [String; N]>,
) {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_header(labels);
    for number in numbers {
        if let Some(column) = table.column_mut(*number) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for row in rows {
        table.add_row(row);
    }
    if let Some(width) = terminal.results_width() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        let content = table.column_max_content_widths();
        for (index, column) in table.column_iter_mut().enumerate() {
            let is_kept = index == 0 || content.get(index).is_none_or(|&width| width <= WIDE);
            column.set_constraint(match is_kept {
                true => ColumnConstraint::ContentWidth,
                false => ColumnConstraint::LowerBoundary(Width::Fixed(WIDE)),
            });
        }
    }
    for line in table.to_string().lines() {
        terminal.line(line.trim_end());
    }
}

fn row_of(report: &FileReport) -> Row {
    let (badness, verdict) = match report.verdict {
        Verdict::Clean => (0, "clean"),
        Verdict::Accepted => (1, "accepted"),
        Verdict::Refused => (2, "refused"),
    };
    let key = &report.file.key;
    let mut cells = [
        printable(key),
        verdict.to_owned(),
        grouped(report.rows.read),
        grouped(report.rows.rejected),
        reasons(&report.errors),
        report.file.bytes.and_then(|bytes| speed(bytes, report.seconds)).unwrap_or_else(|| "-".to_owned()),
    ];
    if let Some(refusal) = &report.refusal {
        let code = name_of(refusal.code);
        cells[4] = if report.errors.is_empty() { code } else { format!("{code}: {}", cells[4]) };
    }
    let refusal =
        report.refusal.as_ref().map(|refusal| format!("{}: refused: {}", printable(key), printable(&refusal.message)));
    let omitted = report.rejects_omitted.map(|omitted| format!("{}: {}", printable(key), omitted.message()));
    let warnings = report.warnings.iter().map(|(rule, count)| {
        let rows = if *count == 1 { "row breaks" } else { "rows break" };
        format!("{}: warning: {} {rows} \"{}\"", printable(key), grouped(*count), printable(rule))
    });
    let hints = report.hints.iter().map(|hint| format!("{}: hint: {}", printable(key), printable(hint)));
    let notes: Vec<String> =
        refusal.into_iter().chain(hints).chain(omitted).chain(warnings).chain(labels_of(report)).collect();
    let note = (!notes.is_empty()).then(|| notes.join("\n"));
    Row { badness, key: key.clone(), cells, note }
}

/// Returns lines about labels whose spelling differs from the name of their field.
fn labels_of(report: &FileReport) -> impl Iterator<Item = String> {
    let key = printable(&report.file.key);
    let named = report.labels.iter().take(LABELS).map({
        let key = key.clone();
        move |used| {
            let how = match used.by {
                LabelMatch::Alias => "an alias",
                LabelMatch::Case => "except for letter case",
                LabelMatch::Normalized => "by its letters and digits",
            };
            let (label, field) = (printable(&used.label), printable(&used.field));
            format!("{key}: column {} \"{label}\" is taken as the field \"{field}\" ({how})", used.column)
        }
    });
    let more = report.labels.len().saturating_sub(LABELS) as u64 + report.labels_omitted;
    named.chain((more > 0).then(|| format!("{key}: and {} taken as a field", counted(more, "more label"))))
}

/// Returns the most frequent codes with their counts, for a cell of the table.
fn reasons(errors: &BTreeMap<Code, u64>) -> String {
    if errors.is_empty() {
        return "-".to_owned();
    }
    let mut by_count: Vec<(&Code, &u64)> = errors.iter().collect();
    by_count.sort_by(|one, other| other.1.cmp(one.1).then_with(|| one.0.cmp(other.0)));
    let mut named: Vec<String> =
        by_count.iter().take(REASONS).map(|(code, count)| format!("{} {}", code.name(), grouped(**count))).collect();
    if by_count.len() > REASONS {
        named.push("…".to_owned());
    }
    named.join(", ")
}

fn verdicts(files: &Files) -> String {
    let mut parts = vec![format!("{} clean", grouped(files.clean))];
    let others = [
        (files.accepted, "accepted"),
        (files.refused, "refused"),
        (files.failed, "failed"),
        (files.interrupted, "not checked (interrupted)"),
    ];
    parts.extend(
        others.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{} {name}", grouped(*count))),
    );
    parts.join(", ")
}

/// Formats a throughput; `None` for less than 100 kB, where it has no meaning.
fn speed(bytes: u64, seconds: f64) -> Option<String> {
    (seconds > 0.0 && bytes >= 100_000).then(|| format!("{:.1} MB/s", bytes as f64 / 1e6 / seconds))
}

/// Returns the name of a code as reports have it.
fn name_of(code: impl Serialize) -> String {
    serde_json::to_value(code).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Prints which keys were ignored, by reason.
pub(super) fn print_ignored(ignored: &IgnoredKeys, terminal: &Terminal) {
    for (reason, count) in &ignored.0 {
        terminal.line(&format!("ignored {}: {reason} (e.g. {})", counted(count.count, "key"), count.example));
    }
}

/// Returns what to say about a source in which no file lies where files are looked for; `None` if one does, or did.
pub(super) fn nothing_incoming(plan: &Plan, source_given: &str) -> Option<String> {
    let is_empty = plan.files == 0 && plan.done == 0 && plan.under_way == 0;
    // Any other reason is that of a file below `incoming`, or of a folder that cannot be read.
    let is_elsewhere = plan.ignored.0.keys().all(|reason| *reason == Ignored::NoPrefix);
    let source = printable(source_given);
    (is_empty && is_elsewhere).then(|| {
        format!(
            "{source}: no file lies in {}/<prefix>/incoming/, where files are looked for: put them there (a prefix may be any folder), or check a \
             file where it is with `sluice check FILE`",
            source.trim_end_matches('/')
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(refused: u64, failed: u64, rejected: u64) -> Totals {
        let mut totals = Totals::default();
        totals.files.refused = refused;
        totals.files.failed = failed;
        totals.rows.rejected = rejected;
        totals
    }

    #[test]
    fn the_worst_end_of_a_file_makes_the_exit_code() {
        assert_eq!(exit_for(&totals(0, 0, 5), None, Strictness::Lenient), Exit::Done);
        assert_eq!(exit_for(&totals(0, 0, 5), None, Strictness::Strict), Exit::Refused);
        assert_eq!(exit_for(&totals(1, 0, 0), None, Strictness::Lenient), Exit::Refused);
        assert_eq!(exit_for(&totals(1, 1, 0), Some(FailureCode::Descriptor), Strictness::Lenient), Exit::Usage);
        assert_eq!(exit_for(&totals(1, 1, 0), Some(FailureCode::Full), Strictness::Lenient), Exit::Io);
        assert_eq!(exit_for(&totals(1, 2, 0), Some(FailureCode::Internal), Strictness::Lenient), Exit::Internal);
    }

    #[test]
    fn files_that_were_not_reached_are_counted_and_have_not_failed() {
        let mut results = Results::default();
        for (key, code) in [("a", FailureCode::Interrupted), ("b", FailureCode::Full), ("c", FailureCode::Interrupted)]
        {
            let failure = FileFailure { key: key.to_owned(), code, message: String::new() };
            results.add(&FileOutcome::Failed(failure));
        }
        let summary = results.summary(1.0);
        assert!(summary.starts_with("3 files: 0 clean, 1 failed, 2 not checked (interrupted);"), "{summary}");
        assert_eq!(results.rows.len(), 1);
    }

    #[test]
    fn the_most_frequent_faults_are_named_first() {
        let errors = [(Code::TypeError, 2), (Code::MissingCell, 1000), (Code::ExtraCell, 2), (Code::QuoteError, 1)];
        let named = reasons(&errors.into_iter().collect());
        assert_eq!(named, "missing-cell 1,000, extra-cell 2, type-error 2, …");
    }
}
