//! `sluice check`: files outside any layout.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use indicatif::ProgressBar;
use sluice_engine::pipeline::file::{CheckError, Options, Outputs, ParquetTarget};
use sluice_engine::report::{FileIdentity, FileReport, OutputLocations, Verdict};
use tokio::task::JoinHandle;

use super::descriptors::{Descriptors, Given};
use super::files::{Input, Output};
use super::first_pass::{FirstPass, FirstPassError};
use super::run::{log, print_json};
use super::table::Results;
use super::terminal::{Terminal, counted, printable, shell_word};
use super::{Exit, Format, nesting};
use crate::clock::{Clock, rfc3339};
use crate::interrupt::Interrupt;
use crate::jobs::{Jobs, Share};
use crate::key_files;
use crate::prefix::Checks;
use crate::process::{FileEnd, file_metadata, report};
use crate::store::{StoreError, blocking};
use crate::task::{FailureCode, FileFailure};

/// Rejected rows that are shown of each file.
const SHOWN: usize = 5;

/// Check files and say what is wrong with each row
///
/// Without --resource and --schema, a file at <prefix>/incoming/… is checked against <prefix>/resource.json or
/// <prefix>/datapackage.json (or .yaml) if there is one; any other file is checked for its structure only: one header, as many cells in every row, sound quoting, UTF-8.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice check orders.csv
  sluice check *.csv --schema schema.json --strict
  sluice check data/*.csv --resource datapackage.json
  sluice check big.csv.gz --resource resource.json --clean clean.csv.gz --rejects rejects.jsonl
  curl -s https://example.org/data.csv | sluice check - --format json

OUT is a file for one FILE and a folder for several (or if it is a folder already). A refused file has no clean rows and a
file without rejected rows no rejects: then OUT does not exist afterwards, even if it did before. The suffix says how
FILE is read: .tsv and .psv set the delimiter unless the descriptor does, .gz, .zst, .bz2,
.xz and .zip the compression.

OUT takes its place when it is whole, in one step. It is not waited for until it is on the disk: a machine that fails within
the seconds after can lose it. `sluice run` waits.

With --format json: one report per file, in the order given (a file that could not be checked has a member
\"failure\").")]
pub(super) struct CheckArgs {
    /// Files to check; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Descriptor to check against: a Data Resource, or a Data Package whose resources name the files (R#NAME: this one for all)
    #[arg(short, long, value_name = "R", conflicts_with = "schema")]
    resource: Option<PathBuf>,
    /// Schema (Table Schema) to check against
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
    /// Exit with 1 when a row was rejected, not only when a file was refused; and with 2 when a descriptor has a warning
    #[arg(long)]
    strict: bool,
    /// Threads that check [default: one per core]
    #[arg(short, long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Form of the results
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A file to check, and all that it takes.
struct Job {
    input: Input,
    checks: Result<Checks, String>,
    places: Places,
    interrupt: Interrupt,
    bar: ProgressBar,
}

pub(super) async fn check(args: CheckArgs, terminal: &Terminal, interrupt: Interrupt) -> Exit {
    let inputs: Vec<Input> = args.files.iter().map(|file| Input::new(file)).collect();
    let places = match places(&args, &inputs) {
        Ok(places) => places,
        Err((exit, message)) => {
            terminal.error(&message);
            return exit;
        }
    };
    let given = Given { resource: args.resource.as_deref(), schema: args.schema.as_deref(), strict: args.strict };
    let mut descriptors = match Descriptors::of(&given, &inputs, (terminal, &interrupt)) {
        Ok(descriptors) => descriptors,
        Err(message) => {
            terminal.error(&message);
            return Exit::Usage;
        }
    };
    let clock = Clock::System;
    let start = clock.now();
    let bar = terminal.bar(total_bytes(&inputs));
    let jobs = args.threads.map_or_else(Jobs::all_cores, Jobs::new);
    // One file more than threads is on its way.
    if let Err(no_threads) = Jobs::start_threads(inputs.len().min(jobs.count().get() + 1)).await {
        terminal.error(&no_threads.to_string());
        return Exit::Io;
    }
    let wants_outputs = [&args.clean, &args.rejects, &args.parquet].into_iter().any(Option::is_some);
    let mut results = Results::default();
    let mut waiting = inputs.into_iter().zip(places);
    let mut running: VecDeque<JoinHandle<FileEnd>> = VecDeque::new();
    let mut examples = Vec::new();
    let mut has_warned = false;
    let mut without_descriptor = None;
    loop {
        // The ends are taken in the order of the files.
        while running.len() <= jobs.count().get()
            && let Some((input, places)) = waiting.next()
        {
            let checks = descriptors.for_file(&input, (terminal, &interrupt));
            let job = Job { input, checks, places, interrupt: interrupt.clone(), bar: bar.clone() };
            running.push_back(tokio::spawn(job.run(jobs.clone(), clock)));
        }
        let Some(next) = running.pop_front() else {
            break;
        };
        let end = next.await.unwrap_or_else(|error| {
            let message = format!("internal error: {error}; please report it");
            FileEnd::Failed(FileFailure { key: String::new(), code: FailureCode::Internal, message })
        });
        log(&end, terminal);
        results.add(&end);
        without_descriptor = without_descriptor.or_else(|| key_without_descriptor(&end));
        if !has_warned && is_undecided(&end) {
            has_warned = true;
            terminal.warning(UNDECIDED);
        }
        match args.format {
            Format::Json => print_json(&end, terminal),
            Format::Text => examples.extend(examples_of(&end, args.rejects.is_some())),
        }
        // Nobody reads on, and nothing is written elsewhere.
        if terminal.is_closed() && !wants_outputs {
            break;
        }
    }
    bar.finish_and_clear();
    if args.format == Format::Text {
        results.print(terminal);
        for example in examples.iter().take(200) {
            terminal.line(example);
        }
        terminal.line(&results.summary(clock.seconds_since(start)));
        if let Some(key) = without_descriptor {
            terminal.line(&next_step(&key));
        }
    }
    match results.exit(args.strict) {
        Exit::Done if terminal.has_failed() => Exit::Io,
        exit => exit,
    }
}

/// The key of a file whose structure alone was checked.
fn key_without_descriptor(end: &FileEnd) -> Option<String> {
    let FileEnd::Checked(report) = end else { return None };
    report.descriptor.is_none().then(|| report.file.key.clone())
}

/// What to do after a check of the structure alone.
fn next_step(key: &str) -> String {
    // A command is copied as it stands, so a name with characters that are shown as escapes is not in it.
    let is_shown = key != "-" && printable(key) == key;
    let file = if is_shown { shell_word(Path::new(key)) } else { "FILE".to_owned() };
    format!(
        "no descriptor, so only the structure was checked: `sluice infer {file} > resource.json` writes one, \
         `sluice check {file} --resource resource.json` checks the values"
    )
}

/// What a check does not do that a run does.
const UNDECIDED: &str =
    "sluice.file.last is not decided: there is no ledger with earlier files here; `sluice run` compares with them";

/// Returns true if an assertion of a file was not decided.
fn is_undecided(end: &FileEnd) -> bool {
    let FileEnd::Checked(report) = end else { return false };
    report.file.assertions.iter().any(|outcome| outcome.undecided)
}

/// The first rejected rows of a file, as lines.
fn examples_of(end: &FileEnd, has_rejects: bool) -> Vec<String> {
    let FileEnd::Checked(report) = end else {
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
        let hint = if has_rejects { "" } else { "; --rejects OUT writes them" };
        lines.push(format!("{key}: and {}{hint}", counted(more, "more rejected row")));
    }
    lines
}

fn total_bytes(inputs: &[Input]) -> Option<u64> {
    let size = |input: &Input| match input {
        Input::Stdin => None,
        // A file that cannot be read is named when its turn comes.
        Input::Path(path) => Some(fs::metadata(path).map_or(0, |metadata| metadata.len())),
    };
    inputs.iter().map(size).sum()
}

/// Where the outputs of a file go, if they are wanted.
#[derive(Default)]
struct Places {
    clean: Option<PathBuf>,
    rejects: Option<PathBuf>,
    parquet: Option<PathBuf>,
}

/// Where the outputs of each file go.
fn places(args: &CheckArgs, inputs: &[Input]) -> Result<Vec<Places>, (Exit, String)> {
    let usage = |message: String| (Exit::Usage, message);
    if inputs.iter().filter(|input| **input == Input::Stdin).count() > 1 {
        return Err(usage("-: standard input can be read once; name it once".to_owned()));
    }
    let clean = Place::of(args.clean.as_deref(), inputs.len(), "")?;
    let rejects = Place::of(args.rejects.as_deref(), inputs.len(), ".jsonl")?;
    let parquet = Place::of(args.parquet.as_deref(), inputs.len(), ".parquet")?;
    let files = inputs.iter().filter_map(|input| match input {
        Input::Stdin => None,
        Input::Path(path) => Some(path),
    });
    // All that is read, descriptors too, but for pipes and devices: those are read and written at once.
    let inputs_there: BTreeSet<PathBuf> = files
        .chain(&args.resource)
        .chain(&args.schema)
        .filter_map(|path| fs::canonicalize(path).ok())
        .filter(|path| path.is_file())
        .collect();
    let mut taken = BTreeSet::new();
    let mut places = Vec::new();
    for input in inputs {
        let all = [&clean, &rejects, &parquet].map(|place| place.as_ref().map(|place| place.for_file(input)));
        for output in all.iter().flatten() {
            let there = nesting::resolved(output);
            if inputs_there.contains(&there) {
                let output = printable(&output.display().to_string());
                return Err(usage(format!(
                    "{output}: is a file to be checked or its descriptor; write to another one"
                )));
            }
            if nesting::is_input(output) {
                return Err(usage(format!(
                    "{}: lies below a folder incoming, so the next `sluice run` would take it as input; write elsewhere",
                    printable(&output.display().to_string())
                )));
            }
            let device = fs::metadata(output).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
            if !device && !taken.insert(there) {
                return Err(usage(format!(
                    "{}: two outputs would be written here; rename a file, or check them one by one",
                    printable(&output.display().to_string())
                )));
            }
        }
        let [clean, rejects, parquet] = all;
        places.push(Places { clean, rejects, parquet });
    }
    Ok(places)
}

enum Place<'a> {
    File(&'a Path),
    Folder(&'a Path, &'static str),
}

impl<'a> Place<'a> {
    fn of(out: Option<&'a Path>, files: usize, suffix: &'static str) -> Result<Option<Self>, (Exit, String)> {
        let Some(out) = out else { return Ok(None) };
        if out == Path::new("-") {
            return Err((
                Exit::Usage,
                "-: outputs go to files, standard output has the report; name a file".to_owned(),
            ));
        }
        let is_folder = out.is_dir() || out.as_os_str().as_encoded_bytes().ends_with(b"/");
        if files == 1 && !is_folder {
            return Ok(Some(Self::File(out)));
        }
        if out.exists() && !out.is_dir() {
            let shown = printable(&out.display().to_string());
            let message = format!("{shown}: is a file; name a folder for the outputs of {files} files");
            return Err((Exit::Usage, message));
        }
        fs::create_dir_all(out)
            .map_err(|error| (Exit::Io, StoreError::from_io(out.display().to_string(), error).to_string()))?;
        Ok(Some(Self::Folder(out, suffix)))
    }

    fn for_file(&self, input: &Input) -> PathBuf {
        match self {
            Self::File(path) => path.to_path_buf(),
            Self::Folder(folder, suffix) => folder.join(format!("{}{suffix}", input.name())),
        }
    }
}

impl Job {
    async fn run(self, jobs: Jobs, clock: Clock) -> FileEnd {
        let key = self.input.shown();
        let bytes = match &self.input {
            Input::Stdin => None,
            Input::Path(path) => fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.len()),
        };
        let share = jobs.share(bytes).await;
        let interrupt = self.interrupt.clone();
        match blocking(move || self.check(&share, clock)).await {
            Ok(report) => FileEnd::Checked(Box::new(report)),
            Err(_) if interrupt.raised() => {
                let message = format!("{}: not checked, interrupted", printable(&key));
                FileEnd::Failed(FileFailure { key, code: FailureCode::Interrupted, message })
            }
            Err(failure) => FileEnd::Failed(failure),
        }
    }

    fn check(self, share: &Share, clock: Clock) -> Result<FileReport, FileFailure> {
        let key = self.input.shown();
        let of_store = |error: StoreError| FileFailure::of_store(&key, &error);
        let checks =
            self.checks.map_err(|message| FileFailure { key: key.clone(), code: FailureCode::Descriptor, message })?;
        let start = clock.now();
        let suffix = self.input.suffix();
        let options = Options { threads: share.threads, ..Options::default() };
        let mut check = checks.of(suffix.delimiter);
        let first_pass = FirstPass::of(&self.input, &check, &options, &self.interrupt);
        let first_pass = first_pass.map_err(|error| match error {
            FirstPassError::Store(error) => of_store(error),
            FirstPassError::Check(error) => failure_of(&key, &self.places, error),
        })?;
        let (body, metadata) = self.input.open(&self.interrupt).map_err(of_store)?;
        let (body, compression) = self.input.compression(body).map_err(of_store)?;
        if let Some(first_pass) = first_pass {
            check = Arc::new(check.with_own_keys(first_pass.keys().map_err(of_store)?));
        }
        let places = &self.places;
        let stage = |place: &Option<PathBuf>| place.as_deref().map(Output::stage).transpose();
        let mut clean = stage(&places.clean).map_err(of_store)?;
        let mut rejects = stage(&places.rejects).map_err(of_store)?;
        let mut parquet = stage(&places.parquet).map_err(of_store)?;
        let outputs = Outputs {
            clean: clean.as_mut().map(|output| Box::new(output) as Box<dyn std::io::Write + Send>),
            rejects: rejects.as_mut().map(|output| Box::new(output) as Box<dyn std::io::Write + Send>),
            parquet: parquet
                .as_mut()
                .map(|output| ParquetTarget { writer: Box::new(output), metadata: file_metadata(&checks, []) }),
        };
        let bytes = metadata.as_ref().map(fs::Metadata::len);
        let progress = |bytes| self.bar.inc(bytes);
        let outcome = check
            .run(self.interrupt.watch(body), bytes, compression, outputs, &options, &progress)
            .map_err(|error| failure_of(&key, places, error))?;
        let is_accepted = outcome.verdict != Verdict::Refused;
        let outputs = OutputLocations {
            rejects: keep(rejects, &places.rejects, outcome.rows.rejected > 0).map_err(of_store)?,
            clean: keep(clean, &places.clean, is_accepted).map_err(of_store)?,
            parquet: keep(parquet, &places.parquet, is_accepted).map_err(of_store)?,
        };
        let identity = FileIdentity {
            key,
            etag: None,
            bytes,
            last_modified: metadata.and_then(|metadata| metadata.modified().ok()).map(rfc3339),
            compression: outcome.compression,
            encoding: outcome.encoding.clone(),
            encoding_note: outcome.encoding_note.clone(),
            assertions: outcome.assertions.clone(),
        };
        Ok(report(identity, &checks, outcome, outputs, clock, start))
    }
}

/// Lets an output take its place if it is wanted, or takes away what is there; and where it is.
fn keep(output: Option<Output>, place: &Option<PathBuf>, wanted: bool) -> Result<Option<String>, StoreError> {
    match (output, wanted) {
        (None, _) => Ok(None),
        (Some(output), true) => {
            output.keep()?;
            Ok(place.as_ref().map(|place| place.display().to_string()))
        }
        (Some(output), false) => output.clear().map(|()| None),
    }
}

fn failure_of(key: &str, places: &Places, error: CheckError) -> FileFailure {
    let of_output = |place: &Option<PathBuf>, error| {
        let at = place.as_ref().map_or_else(|| key.to_owned(), |path| path.display().to_string());
        FileFailure::of_store(key, &StoreError::from_io(at, error))
    };
    match error {
        CheckError::Read(error) => FileFailure::of_store(key, &StoreError::from_io(key.to_owned(), error)),
        CheckError::WriteClean(error) => of_output(&places.clean, error),
        CheckError::WriteRejects(error) => of_output(&places.rejects, error),
        CheckError::Keys(error) => key_files::failure_of(key, error),
        CheckError::WriteParquet(error) => of_output(&places.parquet, error),
        CheckError::NoParquet(reason) => FileFailure {
            key: key.to_owned(),
            code: FailureCode::Invalid,
            message: format!("{}: {reason} (--parquet)", printable(key)),
        },
        CheckError::Internal(reason) => FileFailure {
            key: key.to_owned(),
            code: FailureCode::Internal,
            message: format!("{}: internal error ({reason}); please report it", printable(key)),
        },
    }
}
