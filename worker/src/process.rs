//! Checks the files of a task: bytes in, clean rows, rejects and the ledger record out.
//!
//! Outputs come first, the ledger record last: a run that is killed anywhere leaves files without a record, and the next
//! run does them again with the same bytes as outcome. Of two runs at once one writes the record; the other finds it.

use std::fmt;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

use sluice_engine::check::{Check, CheckError, Options, Outcome, Outputs};
use sluice_engine::report::{FileIdentity, FileReport, OutputLocations, REPORT_VERSION, Verdict};
use tokio::task::JoinSet;

use crate::clock::{Clock, rfc3339};
use crate::interrupt::Interrupt;
use crate::jobs::{Jobs, Share};
use crate::key::{INCOMING, Suffix, clean_key, ledger_key, name_of, rejects_key};
use crate::prefix::{self, Checks, NoChecks};
use crate::publication::{OnFirstByte, Origin, Output, publish};
use crate::store::{Condition, Staged, Store, StoreError, blocking, on_one_thread};
use crate::task::{FAILURES, FailureCode, FileFailure, FileLine, RunId, Task, TaskResult, Totals};

/// Program and version, as reports name it.
pub const ENGINE: &str = concat!("sluice ", env!("CARGO_PKG_VERSION"));

/// Files on their way beyond those that are being checked.
const SYNCING: usize = 16;

/// Largest ledger record that is read back.
const RECORD_BYTES: usize = 64 << 20;

/// What a run works with. Clones share everything.
#[derive(Clone, Debug)]
pub struct Context {
    /// Where the files and the ledger are.
    pub source: Arc<dyn Store>,
    /// Where the outputs go.
    pub clean: Arc<dyn Store>,
    /// Threads.
    pub jobs: Jobs,
    /// Time.
    pub clock: Clock,
    /// Stops the run.
    pub interrupt: Interrupt,
    /// Is told what happens.
    pub observer: Arc<dyn Observer>,
}

/// Is told what happens, from many threads at once.
pub trait Observer: Send + Sync + fmt::Debug {
    /// This many more bytes were read.
    fn read(&self, bytes: u64) {
        let _ = bytes;
    }

    /// A file is done.
    fn finished(&self, end: &FileEnd) {
        let _ = end;
    }
}

/// An observer that does not look.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {}

/// What became of a file.
#[derive(Clone, Debug)]
pub enum FileEnd {
    /// It was checked.
    Checked(Box<FileReport>),
    /// Another run, or an earlier attempt of this one, had checked it.
    Known(Box<FileReport>),
    /// It could not be checked.
    Failed(FileFailure),
}

/// Checks the files of a task and writes its result.
///
/// # Errors
/// When the task itself cannot be read or its result cannot be written. A file that fails is part of the result.
pub async fn process(context: &Context, run: &RunId, task: &Task) -> Result<TaskResult, StoreError> {
    let started_at = rfc3339(context.clock.now());
    let lines = read_lines(&*context.source, run, task.offset..task.offset.saturating_add(task.length)).await?;
    let checks = prefix::load(&context.source, &task.prefix).await;
    let mut totals = Totals::default();
    let mut failures: Vec<FileFailure> = Vec::new();
    let mut take = |end: FileEnd| {
        context.observer.finished(&end);
        match end {
            FileEnd::Checked(report) | FileEnd::Known(report) => totals.add_report(&report),
            FileEnd::Failed(failure) => {
                totals.add_failed(1);
                failures.push(failure);
            }
        }
    };
    let mut running = JoinSet::new();
    for line in lines {
        // More files than threads are on their way: those that are being synced to the disk need no thread, and the disk
        // syncs many at the cost of one.
        if running.len() >= context.jobs.count().get() + SYNCING
            && let Some(end) = running.join_next().await
        {
            take(joined(end));
        }
        running.spawn(check_file(context.clone(), task.prefix.clone(), line, checks.clone()));
    }
    while let Some(end) = running.join_next().await {
        take(joined(end));
    }
    // The result of the task says that its files are done.
    context.source.keep_records().await?;
    failures.sort_by(|one, other| one.key.cmp(&other.key));
    failures.truncate(FAILURES);
    let result = TaskResult {
        version: 1,
        run_id: run.clone(),
        task: task.task,
        prefix: task.prefix.clone(),
        totals,
        failures,
        started_at,
        finished_at: rfc3339(context.clock.now()),
    };
    let key = run.result_key(task.task);
    let bytes =
        serde_json::to_vec(&result).map_err(|error| StoreError::from_io(context.source.locate(&key), error.into()))?;
    // An attempt that was cut short has no say over another one that was not: its task may be done by now.
    let condition = if context.interrupt.raised() { Condition::IfAbsent } else { Condition::Always };
    match context.source.put(&key, bytes, condition).await {
        Ok(_) | Err(StoreError::AlreadyExists { .. }) => {}
        Err(error) => return Err(error),
    }
    // A worker ends with its task.
    context.clean.settle().await;
    Ok(result)
}

/// A task by what a worker is told of it: its number and its lines in the run's `files.jsonl`, whose keys name the prefix.
///
/// # Errors
/// When the lines cannot be read, or are none.
pub async fn find_task(source: &dyn Store, run: &RunId, task: u64, lines: Range<u64>) -> Result<Task, StoreError> {
    let files = read_lines(source, run, lines.clone()).await?;
    let prefix = files.first().and_then(|line| line.key.split_once(INCOMING)).map(|(prefix, _)| prefix.to_owned());
    let Some(prefix) = prefix else {
        let reason = format!("bytes {lines:?} name no file, so there is no task {task}; start the run again");
        return Err(StoreError::Invalid { at: source.locate(&run.files_key()), reason });
    };
    Ok(Task {
        task,
        prefix,
        offset: lines.start,
        length: lines.end.saturating_sub(lines.start),
        files: files.len() as u64,
        bytes: files.iter().map(|line| line.bytes).sum(),
    })
}

fn joined(end: Result<FileEnd, tokio::task::JoinError>) -> FileEnd {
    end.unwrap_or_else(|error| {
        let message = format!("internal error: {error}; please report it");
        FileEnd::Failed(FileFailure { key: String::new(), code: FailureCode::Internal, message })
    })
}

async fn read_lines(source: &dyn Store, run: &RunId, range: Range<u64>) -> Result<Vec<FileLine>, StoreError> {
    let key = run.files_key();
    let (_, mut body) = source.open(&key, None, Some(range)).await?;
    let lines = blocking(move || {
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes)?;
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let line = |line| serde_json::from_slice(line).map_err(std::io::Error::from);
        lines.map(line).collect::<std::io::Result<Vec<FileLine>>>()
    });
    lines.await.map_err(|error| StoreError::from_io(source.locate(&key), error))
}

async fn check_file(context: Context, prefix: String, line: FileLine, checks: Result<Checks, NoChecks>) -> FileEnd {
    let compressed = Suffix::of(&line.key).is_some_and(|suffix| suffix.compression.is_some());
    let _room = context.jobs.room(line.bytes, compressed).await;
    let share = context.jobs.share(Some(line.bytes)).await;
    if context.interrupt.raised() {
        return FileEnd::Failed(interrupted(&line.key));
    }
    let checks = match checks {
        Ok(checks) => checks,
        Err(no_checks) => return FileEnd::Failed(no_checks.failure(&line.key)),
    };
    on_one_thread(async move {
        match check_and_publish(&context, &prefix, &line, &checks, share).await {
            Ok(end) => end,
            Err(_) if context.interrupt.raised() => FileEnd::Failed(interrupted(&line.key)),
            Err(failure) => FileEnd::Failed(failure),
        }
    })
    .await
}

fn interrupted(key: &str) -> FileFailure {
    let message = format!("{key}: not checked, the run was interrupted; run again");
    FileFailure { key: key.to_owned(), code: FailureCode::Interrupted, message }
}

async fn check_and_publish(
    context: &Context,
    prefix: &str,
    line: &FileLine,
    checks: &Checks,
    share: Share,
) -> Result<FileEnd, FileFailure> {
    let of_store = |error: StoreError| FileFailure::of_store(&line.key, &error);
    let record_key = ledger_key(&line.key, &line.etag);
    if !line.force
        && let Some(report) = read_record(&*context.source, &record_key).await.map_err(of_store)?
    {
        context.observer.read(line.bytes);
        return Ok(FileEnd::Known(Box::new(report)));
    }
    let name = name_of(prefix, &line.key).unwrap_or(&line.key).to_owned();
    // The planner has let it through.
    let suffix = Suffix::of(&name).unwrap_or(Suffix { delimiter: b',', compression: None });
    let start = context.clock.now();
    let (file, body) = context.source.open(&line.key, Some(&line.etag), None).await.map_err(of_store)?;
    let origin = Origin { source: Arc::clone(&context.source), file, done_before: line.force };
    let (clean_key, rejects_key) = (clean_key(prefix, &name), rejects_key(prefix, &name));
    let staged = context.clean.stage(&clean_key, Some(origin.stamp())).await.map_err(of_store)?;
    let work = Work {
        check: Arc::clone(checks.of(suffix.delimiter)),
        body: context.interrupt.watch(body),
        bytes: origin.file.bytes,
        suffix,
        staged,
        rejects: OnFirstByte::new(Arc::clone(&context.clean), rejects_key.clone(), origin.stamp()),
        share,
        observer: Arc::clone(&context.observer),
    };
    let (outcome, mut staged, mut rejects) = blocking(move || work.run())
        .await
        .map_err(|error| failure_of(context, &line.key, [&clean_key, &rejects_key], error))?;
    // Whoever was told to stop, or has lost the task to another attempt, publishes nothing more.
    if context.interrupt.raised() {
        return Err(interrupted(&line.key));
    }
    let refused = outcome.verdict == Verdict::Refused;
    let has_rejects = rejects.is_some();
    let clean = &*context.clean;
    let rows = Output { key: &clean_key, staged: if refused { None } else { Some(&mut *staged) } };
    let rejected = Output { key: &rejects_key, staged: rejects.as_deref_mut() };
    publish(clean, [rows, rejected], &origin).await.map_err(of_store)?;
    let outputs = OutputLocations {
        clean: (!refused).then(|| clean.locate(&clean_key)),
        rejects: has_rejects.then(|| clean.locate(&rejects_key)),
        parquet: None,
    };
    let identity = FileIdentity {
        key: line.key.clone(),
        etag: Some(origin.file.etag.clone()),
        bytes: Some(origin.file.bytes),
        last_modified: Some(rfc3339(origin.file.last_modified)),
        compression: outcome.compression,
        encoding: outcome.encoding.clone(),
    };
    let report = report(identity, checks, outcome, outputs, context.clock, start);
    record(context, &record_key, line.force, report).await.map_err(of_store)
}

/// The report of a checked file.
pub(crate) fn report(
    file: FileIdentity,
    checks: &Checks,
    outcome: Outcome,
    outputs: OutputLocations,
    clock: Clock,
    start: SystemTime,
) -> FileReport {
    FileReport {
        version: REPORT_VERSION,
        file,
        descriptor: checks.descriptor.clone(),
        engine: ENGINE.to_owned(),
        verdict: outcome.verdict,
        rows: outcome.rows,
        errors: outcome.errors,
        refusal: outcome.refusal,
        fields: outcome.fields,
        outputs,
        samples: outcome.samples,
        started_at: rfc3339(start),
        seconds: clock.seconds_since(start),
    }
}

/// The ledger record of a file version, if there is one.
async fn read_record(source: &dyn Store, key: &str) -> Result<Option<FileReport>, StoreError> {
    match source.get(key, RECORD_BYTES).await {
        Ok((_, bytes)) => match serde_json::from_slice(&bytes) {
            Ok(report) => Ok(Some(report)),
            Err(error) => Err(StoreError::Invalid {
                at: source.locate(key),
                reason: format!("this is not a ledger record ({error}); delete it and run again"),
            }),
        },
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the ledger record: the commit.
async fn record(context: &Context, key: &str, force: bool, report: FileReport) -> Result<FileEnd, StoreError> {
    let mut bytes =
        serde_json::to_vec(&report).map_err(|error| StoreError::from_io(context.source.locate(key), error.into()))?;
    bytes.push(b'\n');
    let condition = if force { Condition::Always } else { Condition::IfAbsent };
    match context.source.put_record(key, bytes, condition).await {
        Ok(_) => Ok(FileEnd::Checked(Box::new(report))),
        Err(StoreError::AlreadyExists { .. }) => {
            let known = read_record(&*context.source, key).await?;
            Ok(FileEnd::Known(Box::new(known.unwrap_or(report))))
        }
        Err(error) => Err(error),
    }
}

/// The blocking part of a file.
struct Work<R> {
    check: Arc<Check>,
    body: R,
    bytes: u64,
    suffix: Suffix,
    staged: Box<dyn Staged>,
    rejects: OnFirstByte,
    share: Share,
    observer: Arc<dyn Observer>,
}

impl<R: Read + Send> Work<R> {
    #[expect(clippy::type_complexity, reason = "the outcome with the two staged outputs")]
    fn run(mut self) -> Result<(Outcome, Box<dyn Staged>, Option<Box<dyn Staged>>), CheckError> {
        let outputs = Outputs { clean: Some(Box::new(&mut self.staged)), rejects: Some(Box::new(&mut self.rejects)) };
        let options = Options { threads: self.share.threads, ..Options::default() };
        let observer = &self.observer;
        let progress = |bytes| observer.read(bytes);
        let compression = self.suffix.compression;
        let outcome = self.check.run(self.body, Some(self.bytes), compression, outputs, &options, &progress)?;
        Ok((outcome, self.staged, self.rejects.into_staged()))
    }
}

fn failure_of(context: &Context, key: &str, outputs: [&String; 2], error: CheckError) -> FileFailure {
    let [clean, rejects] = outputs;
    match error {
        CheckError::Read(error) => FileFailure::of_store(key, &StoreError::from_io(context.source.locate(key), error)),
        CheckError::WriteClean(error) => {
            FileFailure::of_store(key, &StoreError::from_io(context.clean.locate(clean), error))
        }
        CheckError::WriteRejects(error) => {
            FileFailure::of_store(key, &StoreError::from_io(context.clean.locate(rejects), error))
        }
        CheckError::Internal(reason) => FileFailure {
            key: key.to_owned(),
            code: FailureCode::Internal,
            message: format!("{key}: internal error ({reason}); please report it"),
        },
    }
}
