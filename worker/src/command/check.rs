//! `sluice check`: files outside any layout.

mod feedback_paths;
mod job;
mod outputs;
mod result_printer;

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use tokio::task::JoinHandle;

use self::job::Job;
use self::outputs::output_paths;
use self::result_printer::ResultPrinter;
use super::descriptors::{Descriptors, Given, Session};
use super::files::Input;
use super::guard::{FilesRead, Guard};
use super::numbers::threads;
use super::terminal::Terminal;
use super::{CommandError, Exit, Format, page};
use crate::clock::Clock;
use crate::context::FileOutcome;
use crate::interrupt::Interrupt;
use crate::jobs::Jobs;
use crate::prefix::Checks;
use crate::task::{FailureCode, FileFailure};

/// Check files and report what is wrong with each row
///
/// Without --resource or --schema, a file at <prefix>/incoming/… is checked against <prefix>/resource.json or
/// <prefix>/datapackage.json (or .yaml) if there is one; any other file is checked for its structure only: one header, as many cells in every row, sound quoting, UTF-8.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice check orders.csv
  sluice check *.csv --schema schema.json --strict
  sluice check data/*.csv --resource datapackage.json
  sluice check big.csv.gz --resource resource.json --clean clean.csv.gz --rejects rejects.jsonl
  curl -s https://example.org/data.csv | sluice check - --format json

OUT is a file for one FILE, and a folder for several or if it is an existing folder. If there is nothing to write (a refused file has no \
clean rows), OUT does not exist afterwards, even if it did before.

The suffix of FILE says how it is read: .tsv and .psv set the delimiter unless the descriptor does; .gz, .zst, .bz2, .xz and .zip set the \
compression.

OUT is replaced in one step when it is complete. It is not synced to disk: if the machine fails within seconds, it can be lost. `sluice run` \
syncs.

With --format json: one report per file, in the order given. A file that could not be checked has the property \"failure\".")]
pub(super) struct CheckArgs {
    /// Files to check; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Descriptor to check against: a Data Resource, or a Data Package whose resources name the files (R#NAME: the resource NAME, for all files)
    #[arg(short, long, value_name = "R", conflicts_with = "schema")]
    resource: Option<PathBuf>,
    /// Table Schema to check against
    #[arg(short, long, value_name = "S")]
    schema: Option<PathBuf>,
    /// Write the clean rows here
    #[arg(long, value_name = "OUT")]
    clean: Option<PathBuf>,
    /// Write the rejected rows here, as JSON lines
    #[arg(long, value_name = "OUT")]
    rejects: Option<PathBuf>,
    /// Write the clean rows here as a Parquet file, typed by the schema
    #[arg(long, value_name = "OUT")]
    parquet: Option<PathBuf>,
    /// Write an HTML report here
    #[arg(long, value_name = "OUT")]
    report: Option<PathBuf>,
    /// Write the feedback for the sender here: a file that ends in .csv, .xlsx or .html, or a folder for the formats that the descriptor names
    #[arg(long, value_name = "OUT")]
    feedback: Option<PathBuf>,
    /// Exit with 1 if a row was rejected, not only if a file was refused; and with 2 if a descriptor has a warning
    #[arg(long)]
    strict: bool,
    /// Number of threads [default: one per core]
    #[arg(short, long, value_name = "N", value_parser = threads::<NonZeroUsize>)]
    threads: Option<NonZeroUsize>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) async fn check(args: CheckArgs, terminal: &Terminal, interrupt: Interrupt) -> Exit {
    let checked = check_all(args, terminal, interrupt).await;
    terminal.exit(checked)
}

/// Checks the files and prints the results.
///
/// # Errors
/// When the command ends early.
async fn check_all(args: CheckArgs, terminal: &Terminal, interrupt: Interrupt) -> Result<Exit, CommandError> {
    let inputs: Vec<Input> = args.files.iter().map(|file| Input::new(file)).collect();
    if inputs.iter().filter(|input| **input == Input::Stdin).count() > 1 {
        return Err(CommandError::usage("-: standard input can be read only once; name it once"));
    }
    // All descriptors are read before the first output is written, so that none is replaced.
    let read = FilesRead::default();
    let FoundChecks { checks, unnamed } = all_checks(
        &args,
        &inputs,
        Session { terminal, interrupt: &interrupt, read: &read, strictness: args.strict.into() },
    )?;
    let mut guard = Guard::new(inputs.iter().filter_map(Input::path), read).without_descriptor_names();
    let paths = output_paths(&args, &inputs, &mut guard)?;
    let mut page = page::of_check(args.report.as_deref(), &inputs, &mut guard)?;
    let clock = Clock::System;
    let start = clock.now();
    let bar = terminal.bar(total_bytes(&inputs));
    let jobs = args.threads.map_or_else(Jobs::all_cores, Jobs::new);
    // One file more than there are threads is worked on at a time.
    let files_at_once = inputs.len().min(jobs.count().get() + 1);
    Jobs::start_threads(files_at_once).await.map_err(CommandError::io)?;
    let outputs = [&args.clean, &args.rejects, &args.parquet, &args.feedback, &args.report];
    let wants_outputs = outputs.into_iter().any(Option::is_some);
    let mut printer = ResultPrinter::new(&args, unnamed, terminal);
    let mut waiting = inputs.into_iter().zip(checks).zip(paths);
    let mut running: VecDeque<JoinHandle<FileOutcome>> = VecDeque::new();
    loop {
        // Results are taken in the order in which the files were given.
        while running.len() <= jobs.count().get()
            && let Some(((input, checks), paths)) = waiting.next()
        {
            let job = Job { input, checks, paths, interrupt: interrupt.clone(), bar: bar.clone() };
            running.push_back(tokio::spawn(job.run(jobs.clone(), clock)));
        }
        let Some(next) = running.pop_front() else {
            break;
        };
        let outcome = next.await.unwrap_or_else(|error| {
            let message = format!("internal error: {error}; please report it");
            FileOutcome::Failed(FileFailure { key: String::new(), code: FailureCode::Internal, message })
        });
        printer.take(&outcome);
        if let Some((_, contents)) = &mut page {
            contents.add(outcome);
        }
        // The reader of standard output is gone, and no output goes to a file.
        if terminal.is_closed() && !wants_outputs {
            break;
        }
    }
    bar.finish_and_clear();
    terminal.repeated_failures();
    let exit = printer.finish(clock.seconds_since(start));
    if let Some((page, contents)) = page {
        page.write(contents)?;
    }
    Ok(exit)
}

/// The checks of the files.
struct FoundChecks {
    /// For each file, in the order of the files: its checks, or why it has none.
    checks: Vec<Result<Checks, String>>,
    /// The files beside a package of which no resource names them.
    unnamed: BTreeSet<String>,
}

/// Returns the checks of the files.
///
/// # Errors
/// When the descriptor that the command line names cannot be read.
fn all_checks(args: &CheckArgs, inputs: &[Input], session: Session<'_>) -> Result<FoundChecks, CommandError> {
    let given = Given { resource: args.resource.as_deref(), schema: args.schema.as_deref() };
    let mut descriptors = Descriptors::of(&given, inputs, session).map_err(CommandError::usage)?;
    let checks = inputs.iter().map(|input| descriptors.for_file(input, session)).collect();
    Ok(FoundChecks { checks, unnamed: descriptors.into_unnamed() })
}

fn total_bytes(inputs: &[Input]) -> Option<u64> {
    let size = |input: &Input| match input {
        Input::Stdin => None,
        // A file that cannot be read is reported when its turn comes.
        Input::Path(path) => Some(fs::metadata(path).map_or(0, |metadata| metadata.len())),
    };
    inputs.iter().map(size).sum()
}
