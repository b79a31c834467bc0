//! `sluice status`: the state of every prefix.

use std::collections::BTreeMap;
use std::time::SystemTime;

use clap::Args;
use serde::Serialize;
use sluice_engine::report::Verdict;

use super::locations::open_source;
use super::report::last_run;
use super::run::plan_error;
use super::table::{nothing_incoming, print_ignored, print_table};
use super::terminal::{Terminal, counted, grouped, printable, size};
use super::{CommandError, Exit, Format};
use crate::clock::Clock;
use crate::history;
use crate::key::prefix_of;
use crate::number_format::ago;
use crate::page::{History, HistoryFile};
use crate::plan::{Mode, PrefixPlan, Request, plan};
use crate::publish::RunReport;
use crate::task::{FailureCode, FileFailure};
use crate::version::ENGINE;

/// Most prefixes that are shown.
const PREFIXES: usize = 1000;

/// Most files of a prefix whose verdicts are shown; the latest ones.
const FILES: usize = 5;

/// Most failures of the last run that are named in the text.
const FAILURES: usize = 20;

/// Show each prefix: its last files, new files and failures
///
/// Reads the list of files, the ledger and the report of the last run, and changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice status data
  sluice status s3://uploads --prefix orders
  sluice status data --format json | jq 'select(.new.files > 0)'

With --format json: one object per prefix (\"prefix\", \"new\", \"done\", \"last\", \"unreadable\", \"failed\"), then one summary.")]
pub(super) struct StatusArgs {
    /// Folder or s3://BUCKET[/PREFIX] with <prefix>/incoming/ in it
    source: String,
    /// Only this prefix (repeatable)
    #[arg(short, long = "prefix", value_name = "P")]
    prefixes: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A prefix, as a line of JSON.
#[derive(Serialize)]
struct PrefixLine<'a> {
    prefix: &'a str,
    /// Files that the next run will check.
    new: New,
    /// Number of files that have a ledger record.
    done: u64,
    /// The latest files, the latest first.
    last: Vec<LastFile<'a>>,
    /// Number of ledger records that cannot be read, among those that were read.
    unreadable: u64,
    /// Files that could not be checked in the last run.
    failed: &'a [&'a FileFailure],
}

#[derive(Serialize)]
struct New {
    files: u64,
    bytes: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LastFile<'a> {
    key: &'a str,
    verdict: Verdict,
    rows: u64,
    rejected: u64,
    bytes: u64,
    started_at: &'a str,
    seconds: f64,
    /// Seconds since the ledger record of the file was written.
    age: u64,
}

/// The summary, as the last line of JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Whole<'a> {
    engine: &'static str,
    source: &'a str,
    prefixes: u64,
    new: New,
    done: u64,
    last_run: Option<&'a RunReport>,
}

pub(super) async fn status(args: StatusArgs, terminal: &Terminal) -> Exit {
    let ended = show(&args, terminal).await;
    terminal.exit(ended)
}

async fn show(args: &StatusArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let source = open_source(&args.source).await?;
    let request = Request { prefixes: args.prefixes.clone(), ..Request::default() };
    let mut prefixes = Vec::new();
    let mut each = |prefix: &PrefixPlan| {
        if prefixes.len() < PREFIXES {
            prefixes.push(prefix.clone());
        }
    };
    let planned = plan(&source, &request, Mode::DryRun, Clock::System, &mut each).await;
    let planned = planned.map_err(plan_error)?;
    nothing_incoming(&planned, &args.source).iter().for_each(|nothing| terminal.warning(nothing));
    let report = last_run(&source).await.map_err(CommandError::io)?;
    let failures = by_prefix(report.as_ref());
    let mut rows = Vec::new();
    for prefix in &prefixes {
        let history = history::history(&source, &prefix.prefix, FILES).await.map_err(CommandError::io)?;
        let failed = failures.get(&*prefix.prefix).map_or(&[][..], Vec::as_slice);
        match args.format {
            Format::Json => terminal.json(&line(prefix, &history, failed)),
            Format::Text => rows.push(row(prefix, &history, failed.len() as u64)),
        }
    }
    let new = New { files: planned.files, bytes: planned.bytes };
    match args.format {
        Format::Json => terminal.json(&Whole {
            engine: ENGINE,
            source: &args.source,
            prefixes: prefixes.len() as u64,
            new,
            done: planned.done,
            last_run: report.as_ref(),
        }),
        Format::Text => {
            if !rows.is_empty() {
                let labels =
                    ["prefix", "new", "done", "failed", "last verdicts", "last file", "rows", "rejected", "when"];
                print_table(terminal, &labels, &[1, 2, 3, 6, 7], rows.into_iter());
            }
            if prefixes.len() == PREFIXES {
                terminal
                    .line(&format!("the first {} prefixes are shown; --prefix names others", grouped(PREFIXES as u64)));
            }
            print_ignored(&planned.ignored, terminal);
            tell(&failures, terminal);
            let new = format!("{} ({})", counted(new.files, "new file"), size(new.bytes));
            let last = report.as_ref().map_or_else(|| "no run yet".to_owned(), last_words);
            terminal.line(&format!("{new}, {} done; {last}", grouped(planned.done)));
        }
    }
    Ok(if terminal.has_failed() { Exit::Io } else { Exit::Done })
}

fn last_words(report: &RunReport) -> String {
    let moment = report.finished_at.get(..16).unwrap_or(&report.finished_at).replace('T', " ");
    let files = report.totals.files;
    let interrupted = match files.interrupted {
        0 => String::new(),
        count => format!(", {} not checked (interrupted)", grouped(count)),
    };
    format!(
        "last run {moment} UTC: {}, {} refused, {} failed{interrupted}",
        counted(files.total, "file"),
        grouped(files.refused),
        grouped(files.failed)
    )
}

/// The failures of a run by prefix. A file that an interrupted run did not reach is new, and has not failed.
fn by_prefix(report: Option<&RunReport>) -> BTreeMap<&str, Vec<&FileFailure>> {
    let mut failures: BTreeMap<&str, Vec<&FileFailure>> = BTreeMap::new();
    let all = report.into_iter().flat_map(|report| &report.failures);
    for failure in all.filter(|failure| failure.code != FailureCode::Interrupted) {
        if let Some(prefix) = prefix_of(&failure.key) {
            failures.entry(prefix).or_default().push(failure);
        }
    }
    failures
}

fn tell(failures: &BTreeMap<&str, Vec<&FileFailure>>, terminal: &Terminal) {
    let all: Vec<&&FileFailure> = failures.values().flatten().collect();
    for failure in all.iter().take(FAILURES) {
        let message = failure.message.lines().next().unwrap_or_default();
        terminal.line(&format!("failed in the last run: {}", printable(message)));
    }
    let more = all.len().saturating_sub(FAILURES) as u64;
    if more > 0 {
        terminal.line(&format!("and {}", counted(more, "more failure")));
    }
}

/// Returns the seconds since a record was written; 0 if its time is in the future.
fn age(past: &HistoryFile) -> u64 {
    let now: SystemTime = Clock::System.now();
    now.duration_since(past.written).map_or(0, |age| age.as_secs())
}

fn line<'a>(prefix: &'a PrefixPlan, history: &'a History, failed: &'a [&'a FileFailure]) -> PrefixLine<'a> {
    let last = history.files.iter().rev().map(|past| LastFile {
        key: &past.key,
        verdict: past.verdict,
        rows: past.read,
        rejected: past.rejected,
        bytes: past.bytes,
        started_at: &past.started_at,
        seconds: past.seconds,
        age: age(past),
    });
    PrefixLine {
        prefix: &prefix.prefix,
        new: New { files: prefix.files, bytes: prefix.bytes },
        done: prefix.done,
        last: last.collect(),
        unreadable: history.unreadable,
        failed,
    }
}

fn row(prefix: &PrefixPlan, history: &History, failed: u64) -> [String; 9] {
    let name = |verdict| match verdict {
        Verdict::Clean => "clean",
        Verdict::Accepted => "accepted",
        Verdict::Refused => "refused",
    };
    let mut verdicts: Vec<&str> = history.files.iter().map(|past| name(past.verdict)).collect();
    if history.unreadable > 0 {
        verdicts.push("(some unreadable)");
    }
    let last = history.files.last();
    let of_last = |shown: fn(&HistoryFile) -> String| last.map_or_else(|| "-".to_owned(), shown);
    [
        printable(&prefix.prefix),
        grouped(prefix.files),
        grouped(prefix.done),
        if failed == 0 { "-".to_owned() } else { grouped(failed) },
        if verdicts.is_empty() { "-".to_owned() } else { verdicts.join(", ") },
        last.map_or_else(
            || "-".to_owned(),
            |past| {
                let name = past.key.strip_prefix(&*prefix.prefix).and_then(|name| name.strip_prefix("/incoming/"));
                printable(name.unwrap_or(&past.key))
            },
        ),
        of_last(|past| grouped(past.read)),
        of_last(|past| grouped(past.rejected)),
        of_last(|past| ago(age(past))),
    ]
}
