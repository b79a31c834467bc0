//! `sluice run`: plan, check and publish in one process.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use indicatif::ProgressBar;
use serde::Serialize;

use super::guard::Guard;
use super::locations::{Destination, open_all};
use super::numbers::threads;
use super::page::{Page, title_of};
use super::report::write_page;
use super::table::{FailureLine, Results, nothing_incoming, print_ignored};
use super::terminal::{Terminal, counted, printable, size};
use super::{CommandError, Exit, Format, Strictness};
use crate::clock::Clock;
use crate::context::{Context, FileOutcome, Notice, Observer};
use crate::interrupt::Interrupt;
use crate::jobs::Jobs;
use crate::key::Ignored;
use crate::page::Contents;
use crate::pipeline;
use crate::plan::{Plan, PlanError, Request};
use crate::publish::{PrefixResult, RunReport};
use crate::store::Store;
use crate::task::FailureCode;

/// Check every new file under SOURCE and write clean rows and rejects
///
/// Data files are at <prefix>/incoming/<name> (.csv, .tsv, .psv, also .gz, .bz2, .xz, .zst or .zip); <prefix>/resource.json or
/// <prefix>/datapackage.json (or .yaml) is the descriptor that they are checked against. Clean rows go to <prefix>/clean/<name>, rejected rows to
/// <prefix>/rejects/<name>.jsonl. The ledger in SOURCE/_sluice records which files are done: the next run checks
/// only new files. Nothing under incoming/ is ever changed.
///
/// No folder of a prefix may be named `clean`, `rejects` or `feedback`: these are for outputs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice run examples
  sluice run data --clean checked --prefix orders --jobs 4
  sluice run s3://uploads --clean s3://checked
  sluice run data --format json | jq 'select(.verdict == \"refused\")'

With --format json: one report per file as it is done (a file that could not be checked has the property \"failure\"), then the report of the \
run, which has the property \"runId\".")]
pub(super) struct RunArgs {
    /// Folder or s3://BUCKET[/PREFIX] with <prefix>/incoming/ in it
    source: String,
    /// Folder (created if missing) or s3://BUCKET[/PREFIX] for the outputs [default: SOURCE]
    #[arg(long, value_name = "DEST")]
    clean: Option<String>,
    /// Folder (created if missing) or s3://BUCKET[/PREFIX] for the feedback for senders [default: with the other outputs]
    #[arg(long, value_name = "DEST")]
    feedback_dest: Option<String>,
    /// Only this prefix (repeatable)
    #[arg(short, long = "prefix", value_name = "P")]
    prefixes: Vec<String>,
    /// Number of threads [default: one per core]
    #[arg(short, long, value_name = "N", value_parser = threads::<NonZeroUsize>)]
    jobs: Option<NonZeroUsize>,
    /// Check files again that are already done
    #[arg(long)]
    force: bool,
    /// Write an HTML report here
    #[arg(long, value_name = "OUT")]
    report: Option<PathBuf>,
    /// Exit with 1 if a row was rejected, not only if a file was refused; files whose descriptor has a warning fail
    #[arg(long)]
    strict: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Most warnings that a run prints.
const WARNINGS: usize = 1000;

/// Most prefixes without a descriptor that are named.
const WITHOUT: usize = 5;

/// Returns the error of a command whose plan has failed.
pub(super) fn plan_error(error: PlanError) -> CommandError {
    match error {
        PlanError::UnknownPrefix { .. } | PlanError::BadPrefix { .. } => CommandError::usage(error),
        PlanError::TooLong { .. } | PlanError::Store(_) => CommandError::io(error),
    }
}

pub(super) async fn run(args: RunArgs, terminal: &Terminal, interrupt: Interrupt) -> Exit {
    let ended = run_all(args, terminal, interrupt).await;
    terminal.exit(ended)
}

/// Runs the whole pipeline and prints the results.
///
/// # Errors
/// When the command ends early.
async fn run_all(args: RunArgs, terminal: &Terminal, interrupt: Interrupt) -> Result<Exit, CommandError> {
    let clean = args.clean.as_deref().map(|given| Destination { option: "--clean", given });
    let feedback = args.feedback_dest.as_deref().map(|given| Destination { option: "--feedback-dest", given });
    let (source, [outputs, feedback]) = open_all(&args.source, [clean, feedback]).await?;
    let outputs = outputs.unwrap_or_else(|| Arc::clone(&source));
    let mut guard = Guard::default();
    [Some(&args.source), args.clean.as_ref(), args.feedback_dest.as_ref()]
        .into_iter()
        .flatten()
        .for_each(|given| guard.add_source(given));
    let page = args.report.as_deref().map(|path| Page::begin(path, &mut guard)).transpose()?;
    let jobs = args.jobs.map_or_else(Jobs::all_cores, Jobs::new);
    Jobs::start_threads(jobs.most_files()).await.map_err(CommandError::io)?;
    // Done even if there are no new files: nothing else does it.
    for store in [Some(&source), Some(&outputs), feedback.as_ref()].into_iter().flatten() {
        store.tidy().await;
    }
    let clock = Clock::System;
    let start = clock.now();
    let view = Arc::new(View::new(terminal, &args));
    let context = Context {
        source,
        outputs: Some(Arc::clone(&outputs)),
        feedback,
        jobs,
        clock,
        interrupt,
        observer: Arc::clone(&view) as Arc<dyn Observer>,
        strict: args.strict,
    };
    let request = Request { prefixes: args.prefixes.clone(), force: args.force, ..Request::default() };
    let mut prefixes = Vec::new();
    let mut each = |prefix: &PrefixResult| {
        if args.format == Format::Json {
            prefixes.push(prefix.clone());
        }
    };
    let mut nothing = None;
    let planned = |plan: &Plan| {
        nothing = nothing_incoming(plan, &args.source);
        view.planned(plan);
    };
    let ended = pipeline::run(&context, &request, planned, &mut each).await;
    view.finish();
    terminal.repeated_failures();
    let without = view.notices.lock().unwrap_or_else(PoisonError::into_inner).without_descriptor();
    let report = ended.map_err(plan_error)?;
    let contents = view.contents.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let (Some(page), Some(contents)) = (page, contents) {
        write_page(page, contents, &context.source, &report).await?;
    }
    match args.format {
        Format::Json => terminal.json(&WholeReport { report: &report, prefixes: &prefixes }),
        Format::Text => {
            without.iter().for_each(|line| terminal.line(line));
            let seconds = clock.seconds_since(start);
            view.print(&report, &args.source, [&*context.source, &*outputs], seconds);
        }
    }
    Ok(view.end(&report, args.strict.into(), nothing.as_deref()))
}

/// The report of a run with the results of its prefixes, as it is stored.
#[derive(Debug, Serialize)]
struct WholeReport<'a> {
    #[serde(flatten)]
    report: &'a RunReport,
    prefixes: &'a [PrefixResult],
}

/// Shows the progress of a run.
#[derive(Debug)]
struct View {
    terminal: Terminal,
    format: Format,
    seen: Mutex<Results>,
    bar: Mutex<Option<ProgressBar>>,
    notices: Mutex<DescriptorNotices>,
    /// The contents of the page, if one is wanted.
    contents: Mutex<Option<Contents>>,
}

/// The notices about descriptors.
#[derive(Debug, Default)]
struct DescriptorNotices {
    warnings: BTreeSet<String>,
    /// Prefixes without a descriptor: their number, the first ones, and the last one, which may occur again in the next task.
    without: u64,
    examples: Vec<String>,
    last_without: Option<String>,
}

impl DescriptorNotices {
    /// Returns a line that says how many prefixes have no descriptor; `None` if all have one.
    fn without_descriptor(&self) -> Option<String> {
        let mut named: Vec<String> = self.examples.iter().map(|prefix| printable(prefix)).collect();
        // Files end in any order, so the prefixes are sorted.
        named.sort_unstable();
        let more = self.without.saturating_sub(named.len() as u64);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let have = if self.without == 1 { "has" } else { "have" };
        (self.without > 0).then(|| {
            format!(
                "{} ({}{more}) {have} no descriptor (resource.json, datapackage.json), so only the structure of the files was checked",
                counted(self.without, "prefix").replace("prefixs", "prefixes"),
                named.join(", "),
            )
        })
    }
}

impl View {
    fn new(terminal: &Terminal, args: &RunArgs) -> Self {
        Self {
            terminal: terminal.clone(),
            format: args.format,
            seen: Mutex::default(),
            bar: Mutex::default(),
            notices: Mutex::default(),
            contents: Mutex::new(args.report.is_some().then(|| Contents::new(title_of(&args.source)))),
        }
    }

    /// Prints the results of a run.
    fn print(&self, report: &RunReport, source_given: &str, [source, outputs]: [&dyn Store; 2], seconds: f64) {
        let Self { terminal, seen, .. } = self;
        let mut results = seen.lock().unwrap_or_else(PoisonError::into_inner);
        results.print(terminal);
        print_ignored(&report.ignored, terminal);
        if report.totals.files.total == 0 {
            terminal.line(&format!(
                "nothing new in {} ({} done before)",
                printable(source_given),
                counted(report.done, "file")
            ));
            return;
        }
        terminal.line(&results.summary(seconds));
        let files = &report.totals.files;
        let places = [
            (files.clean + files.accepted > 0, "clean rows in", "<prefix>/clean/"),
            (report.totals.rows.rejected > 0, "rejected rows in", "<prefix>/rejects/"),
        ];
        let there = places.into_iter().filter(|(is_there, ..)| *is_there);
        let there: Vec<String> =
            there.map(|(_, what, key)| format!("{what} {}", printable(&outputs.locate(key)))).collect();
        if !there.is_empty() {
            terminal.line(&there.join(", "));
        }
        terminal.line(&format!("report: {}", printable(&source.locate(&report.run_id.report_key()))));
        if let Some(page) = &report.page {
            terminal.line(&format!("readable page: {}", printable(page)));
        }
    }

    /// Returns how the command ends. `nothing` says that no file lies where files are looked for: a warning, and a failure if warnings are.
    fn end(&self, report: &RunReport, strictness: Strictness, nothing: Option<&str>) -> Exit {
        match (self.exit(report, strictness), nothing) {
            (Exit::Done, _) if self.terminal.has_failed() => Exit::Io,
            (Exit::Done, Some(nothing)) if strictness == Strictness::Strict => {
                self.terminal.error(nothing);
                Exit::Refused
            }
            (exit, nothing) => {
                nothing.iter().for_each(|nothing| self.terminal.warning(nothing));
                exit
            }
        }
    }

    /// Returns the exit code that follows from the results.
    fn exit(&self, report: &RunReport, strictness: Strictness) -> Exit {
        let results = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // The failures of files in a task without a result were not seen, and neither were those in a folder that must not be read.
        let unreadable = [Ignored::Unreadable, Ignored::Faulty];
        let unseen = report.totals.files.failed > results.totals().files.failed
            || unreadable.iter().any(|reason| report.ignored.0.contains_key(reason));
        match results.exit(strictness) {
            Exit::Done | Exit::Refused if unseen => Exit::Io,
            exit => exit,
        }
    }

    fn planned(&self, plan: &Plan) {
        tracing::info!(
            run = plan.run_id.0,
            files = plan.files,
            bytes = plan.bytes,
            tasks = plan.tasks,
            done = plan.done,
            "planned"
        );
        if plan.files > 0 {
            let bar = self.terminal.bar(Some(plan.bytes));
            bar.set_message(format!("{} ({})", counted(plan.files, "file"), size(plan.bytes)));
            *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
        }
    }

    fn finish(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}

impl Observer for View {
    fn read(&self, bytes: u64) {
        if let Some(bar) = &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            bar.inc(bytes);
        }
    }

    fn notice(&self, prefix: &str, notice: &Notice) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        match notice {
            // The descriptor of a prefix in two tasks is read twice.
            Notice::Warning(warning) => {
                if notices.warnings.len() < WARNINGS && notices.warnings.insert(warning.clone()) {
                    self.terminal.warning(warning);
                }
            }
            Notice::NoDescriptor => {
                if notices.last_without.as_deref() != Some(prefix) {
                    notices.without += 1;
                    notices.last_without = Some(prefix.to_owned());
                }
                if notices.examples.len() < WITHOUT && !notices.examples.iter().any(|known| known == prefix) {
                    notices.examples.push(prefix.to_owned());
                }
            }
        }
    }

    fn finished(&self, outcome: &FileOutcome) {
        log(outcome, &self.terminal);
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).add(outcome);
        if let Some(contents) = &mut *self.contents.lock().unwrap_or_else(PoisonError::into_inner) {
            contents.add(outcome.clone());
        }
        if self.format == Format::Json {
            print_json(outcome, &self.terminal);
        }
    }
}

/// Prints the line of a file.
pub(super) fn print_json(outcome: &FileOutcome, terminal: &Terminal) {
    match outcome {
        FileOutcome::Checked(report) | FileOutcome::Known(report) => terminal.json(report),
        FileOutcome::Failed(failure) => terminal.json(&FailureLine::from(failure)),
    }
}

/// Logs one event per file: counts, never a cell. A failure is also printed if the results do not show it on the terminal.
pub(super) fn log(outcome: &FileOutcome, terminal: &Terminal) {
    match outcome {
        FileOutcome::Checked(report) | FileOutcome::Known(report) => tracing::info!(
            key = report.file.key,
            verdict = ?report.verdict,
            read = report.rows.read,
            rejected = report.rows.rejected,
            seconds = report.seconds,
            "checked"
        ),
        FileOutcome::Failed(failure) => {
            // An interrupted command says so once.
            if failure.code != FailureCode::Interrupted {
                terminal.failure(&failure.message);
            }
            tracing::info!(key = failure.key, code = ?failure.code, "failed")
        }
    }
}
