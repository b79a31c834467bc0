//! Reads the files of a run from the ledger.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead as _, BufReader, Read};
use std::sync::Arc;

use sluice_engine::report::FileReport;

use crate::command::CommandError;
use crate::command::locations::open_source;
use crate::command::page::Page;
use crate::command::terminal::{counted, printable};
use crate::context::FileOutcome;
use crate::history;
use crate::key::{Ignored, ledger_key, prefix_of};
use crate::ledger::{RECORD_BYTES, read_record};
use crate::page::{Contents, HISTORIES, HISTORY_FILES};
use crate::publish::{PrefixLines, PrefixResult, RunReport, Status, about_run, read_report};
use crate::read_ahead::ReadAhead;
use crate::store::{Entry, Scope, Store, StoreError, blocking};
use crate::task::{FailureCode, FileFailure, FileLine, RunId};

/// Records that are read at the same time.
const AHEAD: usize = 16;

/// Lines of prefixes that are read in one step.
const PREFIXES: usize = 100;

/// Lines of files that are read in one step.
const LINES: usize = 1000;

const RUNS: &str = "_sluice/runs/";

/// Adds the files of a run of `source`, of the last run if none is named, for these prefixes or for all.
pub(super) async fn add(
    contents: &mut Contents,
    source: &str,
    run: Option<&str>,
    prefixes: &[String],
) -> Result<(), CommandError> {
    let shown = printable(source);
    let store = open_source(source).await?;
    let found = match run {
        Some(name) => {
            let run = RunId(name.to_owned());
            read_report(&store, &run).await.map_err(CommandError::io)?
        }
        None => last_run(&store).await.map_err(CommandError::io)?,
    };
    let Some(report) = found else {
        let message = match run {
            Some(run) => {
                format!("{shown}: there is no report of a run {}; without --run, the last one is shown", printable(run))
            }
            None => format!("{shown}: there is no report of a run; `sluice run {shown}` makes one"),
        };
        return Err(CommandError::usage(message));
    };
    let is_wanted =
        |prefix: &str| prefixes.is_empty() || prefixes.iter().any(|wanted| wanted.trim_end_matches('/') == prefix);
    add_reported(contents, &store, &report, &is_wanted).await.map_err(CommandError::io)
}

/// Adds the files of the run with this report, and the histories of its prefixes.
async fn add_reported(
    contents: &mut Contents,
    source: &Arc<dyn Store>,
    report: &RunReport,
    is_wanted: &(dyn Fn(&str) -> bool + Sync),
) -> Result<(), StoreError> {
    files(contents, source, report, is_wanted).await?;
    about_run(contents, report);
    histories(contents, source, &report.run_id, is_wanted).await
}

/// Writes the page of a run of `source`, with the history of its worst prefixes.
pub(in crate::command) async fn write_page(
    page: Page,
    mut contents: Contents,
    source: &Arc<dyn Store>,
    report: &RunReport,
) -> Result<(), CommandError> {
    about_run(&mut contents, report);
    if report.prefix_count > 0 {
        let told = histories(&mut contents, source, &report.run_id, &|_| true).await;
        told.map_err(CommandError::io)?;
    }
    page.write(contents)
}

/// Returns the last run that has a report; `None` if no run has one.
pub(in crate::command) async fn last_run(source: &Arc<dyn Store>) -> Result<Option<RunReport>, StoreError> {
    let mut listing = source.list(Scope { prefix: RUNS.to_owned(), delimiter: Some("/"), ..Scope::default() });
    let mut runs = Vec::new();
    loop {
        let page = listing.page().await?;
        if page.is_empty() {
            break;
        }
        for entry in page {
            match entry {
                Entry::Prefix(folder) => {
                    runs.extend(folder.strip_prefix(RUNS).map(|run| run.trim_end_matches('/').to_owned()));
                }
                // Runs that cannot be read must not be taken for absent ones.
                Entry::Ignored(Ignored::Unreadable, key) => {
                    let reason = "the folder of the runs cannot be read".to_owned();
                    return Err(StoreError::Denied { at: source.locate(&key), reason });
                }
                Entry::Ignored(Ignored::Faulty, key) => {
                    let reason = "the folder of the runs cannot be read".to_owned();
                    return Err(StoreError::Unreachable { at: source.locate(&key), reason });
                }
                // Not a run of Sluice.
                Entry::Object(_) | Entry::Ignored(..) => {}
            }
        }
    }
    // Names of runs begin with the second of their start, so they sort by it. Of runs that began in the same second, the reports say which one
    // was the last.
    let mut last: Option<RunReport> = None;
    for run in runs.into_iter().rev().map(RunId) {
        if last.as_ref().is_some_and(|last| last.run_id.second() != run.second()) {
            break;
        }
        let Some(report) = read_report(source, &run).await? else { continue };
        let began = |report: &RunReport| (report.started_at.clone(), report.finished_at.clone());
        if last.as_ref().is_none_or(|last| began(last) < began(&report)) {
            last = Some(report);
        }
    }
    Ok(last)
}

/// Adds the files of a run: those that have a record by their report, the others as failed.
async fn files(
    contents: &mut Contents,
    source: &Arc<dyn Store>,
    report: &RunReport,
    is_wanted: &(dyn Fn(&str) -> bool + Sync),
) -> Result<(), StoreError> {
    let failures: HashMap<&str, &FileFailure> =
        report.failures.iter().map(|failure| (&*failure.key, failure)).collect();
    let mut lines = FileLines::open(source, &report.run_id).await?;
    let mut waiting: VecDeque<FileLine> = VecDeque::new();
    let mut reading = ReadAhead::new(AHEAD);
    let (mut unreadable, mut is_at_end) = (0, false);
    loop {
        if waiting.is_empty() && !is_at_end {
            let more = lines.next().await?;
            is_at_end = more.is_empty();
            waiting.extend(more.into_iter().filter(|line| prefix_of(&line.key).is_some_and(is_wanted)));
        }
        while reading.has_room()
            && let Some(line) = waiting.pop_front()
        {
            if let Some(failure) = failures.get(&*line.key) {
                contents.add(FileOutcome::Failed((*failure).clone()));
                continue;
            }
            let source = Arc::clone(source);
            reading.start(async move {
                let record = ledger_key(&line.key, &line.etag);
                (line.key, read_record::<Box<FileReport>>(&*source, &record, RECORD_BYTES).await)
            });
        }
        let Some((key, read)) = reading.next().await else {
            if is_at_end {
                break;
            }
            continue;
        };
        match read?.map(|stored| stored.content) {
            Some(Ok(report)) => contents.add(FileOutcome::Known(report)),
            Some(Err(_)) => unreadable += 1,
            None => {
                let message = "the ledger has no record of it, and the report of the run does not say why".to_owned();
                contents.add(FileOutcome::Failed(FileFailure { key, code: FailureCode::Interrupted, message }));
            }
        }
    }
    if unreadable > 0 {
        let records = counted(unreadable, "ledger record");
        contents.notes.push(format!(
            "{records} of this run cannot be read; their files are not on this page. sluice run --force checks them again."
        ));
    }
    Ok(())
}

/// Reads the lines of a run's files, some at a time.
struct FileLines {
    at: String,
    reader: Option<BufReader<Box<dyn Read + Send>>>,
}

impl FileLines {
    async fn open(source: &Arc<dyn Store>, run: &RunId) -> Result<Self, StoreError> {
        let key = run.files_key();
        let (_, body) = source.open(&key, None, None).await?;
        Ok(Self { at: source.locate(&key), reader: Some(BufReader::new(body)) })
    }

    /// Returns the next files; empty at the end.
    async fn next(&mut self) -> Result<Vec<FileLine>, StoreError> {
        let Some(mut reader) = self.reader.take() else {
            return Ok(Vec::new());
        };
        let read = blocking(move || {
            let (mut lines, mut line) = (Vec::new(), String::new());
            while lines.len() < LINES {
                line.clear();
                if reader.read_line(&mut line)? == 0 {
                    return Ok((lines, None));
                }
                lines.push(serde_json::from_str(&line)?);
            }
            std::io::Result::Ok((lines, Some(reader)))
        });
        let (lines, reader) = read.await.map_err(|error| StoreError::from_io(self.at.clone(), error))?;
        self.reader = reader;
        Ok(lines)
    }
}

/// Returns the worst prefixes of a run, the worst first. The order is the same in each call.
async fn worst_prefixes(
    source: &Arc<dyn Store>,
    run: &RunId,
    is_wanted: &(dyn Fn(&str) -> bool + Sync),
) -> Result<Vec<String>, StoreError> {
    let mut lines = PrefixLines::open(source, run).await?;
    let mut worst: Vec<(std::cmp::Reverse<(Status, u64)>, String)> = Vec::new();
    loop {
        let next = lines.next(PREFIXES).await?;
        if next.is_empty() {
            break;
        }
        // A prefix whose line is invalid has no history here; reporting that is not the task of this page.
        for prefix in next.iter().filter_map(|line| serde_json::from_str::<PrefixResult>(line).ok()) {
            if is_wanted(&prefix.prefix) {
                worst.push((std::cmp::Reverse((prefix.status, prefix.rows.rejected)), prefix.prefix));
            }
        }
        worst.sort();
        worst.truncate(HISTORIES);
    }
    Ok(worst.into_iter().map(|(_, prefix)| prefix).collect())
}

/// Adds the histories of the worst prefixes of a run. For a history that cannot be read, adds a note to the
/// page.
async fn histories(
    contents: &mut Contents,
    source: &Arc<dyn Store>,
    run: &RunId,
    is_wanted: &(dyn Fn(&str) -> bool + Sync),
) -> Result<(), StoreError> {
    for prefix in worst_prefixes(source, run, is_wanted).await? {
        match history::history(source, &prefix, HISTORY_FILES).await {
            Ok(history) => contents.histories.push(history),
            Err(error) => contents.notes.push(format!("The history of {prefix} cannot be read: {error}")),
        }
    }
    Ok(())
}
