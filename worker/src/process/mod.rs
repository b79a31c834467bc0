//! Checks the files of a task: reads each file, and writes its clean rows, its rejects and its ledger record.
//!
//! A task holds files of many prefixes, in the order of their records. Each prefix has its own descriptor, which is read once per
//! task, and its own subtotals; a failure in one prefix never affects another prefix.
//!
//! Outputs are written first, the ledger record last: if a run is killed at any point, its unfinished files have no record, and the
//! next run checks them again and writes the same bytes. If two runs check the same file, one of them writes the record, and the
//! other finds it.

mod blocking_check;
mod destination;
mod feedback_outputs;
mod file;
mod poison_files;
mod record;
mod result_builder;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io::Read as _;
use std::ops::Range;
use std::sync::Arc;

use tokio::task::{Id, JoinSet};

pub use poison_files::Attempt;

use crate::clock::rfc3339;
pub use crate::context::{Context, FileOutcome, Notice, Observer, Unobserved};
use crate::plan::TaskSize;
use crate::read_ahead::ReadAhead;
use crate::resource_usage::ResourceUsage;
use crate::store::{Condition, Store, StoreError, blocking, put_json};
use crate::task::{FailureCode, FileFailure, FileLine, RunId, Task, TaskResult};
use file::{Known, LookedUp, check_file, look_up};
use poison_files::PoisonFiles;
pub(crate) use result_builder::{PrefixOfFile, ResultBuilder};

/// Maximum number of records that are looked up at once.
const LOOKUPS: usize = 16;

/// An attempt at a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The run.
    pub run: RunId,
    /// Number of the task.
    pub task: u64,
    /// The byte range of the task's lines in the run's `files.jsonl`.
    pub lines: Range<u64>,
    /// Number of the attempt, and whether the attempt before it died.
    pub attempt: Attempt,
    /// Size of the container that runs the attempt; `None` outside ECS.
    pub size: Option<TaskSize>,
}

impl Assignment {
    /// The first attempt at a task.
    pub fn first(run: &RunId, task: &Task) -> Self {
        let lines = task.offset..task.offset.saturating_add(task.length);
        Self { run: run.clone(), task: task.task, lines, attempt: Attempt::default(), size: None }
    }
}

/// Checks the files of a task and writes its result.
///
/// # Errors
/// When the task itself cannot be read or its result cannot be written. A file that fails is part of the result.
pub async fn process(context: &Context, assignment: &Assignment) -> Result<TaskResult, StoreError> {
    let start = context.clock.now();
    let Assignment { run, task, lines, attempt, size } = assignment;
    let files = read_lines(&context.source, run, lines.clone()).await?;
    if files.is_empty() {
        let reason = format!("bytes {lines:?} name no file, so there is no task {task}; start the run again");
        return Err(StoreError::Invalid { at: context.source.locate(&run.files_key()), reason });
    }
    let mut poison = PoisonFiles::of(&context.source, run, *task, *attempt).await?;
    let mut work = TaskWork {
        context,
        results: ResultBuilder::new(context.clock),
        running: JoinSet::new(),
        in_progress: HashMap::new(),
    };
    if attempt.after_death {
        work.one_by_one(files, &mut poison).await?;
    } else {
        // In the first attempt the planner has just seen that the files have no record.
        let known = if attempt.number == 0 { Known::NoRecord } else { Known::Nothing };
        work.side_by_side(files, &poison, known).await;
    }
    // The result of the task says that its files are done, so their records have to be durable first.
    context.source.keep_records().await?;
    let seconds = context.clock.seconds_since(start);
    let used = size.map(|size| ResourceUsage::of_task(size, seconds, context.requests()));
    let result = work.results.into_result(run, *task, used, rfc3339(start));
    let key = run.result_key(*task);
    // An attempt that was cut short does not replace the result of a complete attempt: its task may be done by now.
    let condition = if context.interrupt.raised() { Condition::IfAbsent } else { Condition::Always };
    match put_json(&*context.source, &key, &result, condition).await {
        Ok(_) | Err(StoreError::AlreadyExists { .. }) => {}
        Err(error) => return Err(error),
    }
    // A worker ends with its task, so nothing may remain to be removed.
    context.settle().await;
    Ok(result)
}

/// The work on the files of a task.
struct TaskWork<'a> {
    context: &'a Context,
    results: ResultBuilder,
    running: JoinSet<FileOutcome>,
    in_progress: HashMap<Id, FileInProgress>,
}

/// A file that is being checked.
#[derive(Default)]
struct FileInProgress {
    /// The index of its prefix in the result.
    prefix: usize,
    key: String,
}

impl TaskWork<'_> {
    /// Checks all files, as many at once as the threads and the disk can use.
    async fn side_by_side(&mut self, files: Vec<FileLine>, poison: &PoisonFiles, known: Known) {
        for line in files {
            let PrefixOfFile { index, checks } = self.results.prefix_for(&line.key);
            if let Some(failure) = poison.failure(&line) {
                self.take(index, FileOutcome::Failed(failure));
                continue;
            }
            self.wait_for_room().await;
            let key = line.key.clone();
            let started = self.running.spawn(check_file(self.context.clone(), checks, line, known));
            self.in_progress.insert(started.id(), FileInProgress { prefix: index, key });
        }
        while self.take_next().await {}
    }

    /// Checks the files that have no record yet, one at a time; each file is written down before it is begun: see [`poison_files`].
    async fn one_by_one(&mut self, files: Vec<FileLine>, poison: &mut PoisonFiles) -> Result<(), StoreError> {
        let mut lookups = ReadAhead::new(LOOKUPS);
        let (mut left, mut files) = (Vec::with_capacity(files.len()), files.into_iter());
        loop {
            while lookups.has_room()
                && let Some(line) = files.next()
            {
                lookups.start(look_up(self.context.clone(), line));
            }
            let Some(file) = lookups.next().await else { break };
            left.push(file);
        }
        left.sort_by_key(|file| ledger_order(&file.line));
        for LookedUp { line, known } in left {
            let PrefixOfFile { index, checks } = self.results.prefix_for(&line.key);
            let outcome = match (known, poison.failure(&line)) {
                (Some(outcome), _) => outcome,
                (None, Some(failure)) => FileOutcome::Failed(failure),
                (None, None) => {
                    // A worker that was told to stop begins no other file, and has a minute to end.
                    if !self.context.interrupt.raised() {
                        poison.begin(&line).await?;
                    }
                    check_file(self.context.clone(), checks, line, Known::Nothing).await
                }
            };
            self.take(index, outcome);
        }
        poison.end().await
    }

    async fn wait_for_room(&mut self) {
        while self.running.len() >= self.context.jobs.most_files() {
            self.take_next().await;
        }
    }

    /// Waits for the next file to end and adds it to the result. Returns false if no file is being checked.
    async fn take_next(&mut self) -> bool {
        let Some(ended) = self.running.join_next_with_id().await else {
            return false;
        };
        let id = ended.as_ref().map_or_else(tokio::task::JoinError::id, |(id, _)| *id);
        // cannot fail: every file that was started has its entry.
        let FileInProgress { prefix, key } = self.in_progress.remove(&id).unwrap_or_default();
        let outcome = ended.map(|(_, outcome)| outcome).unwrap_or_else(|error| {
            let message = format!("{key}: internal error ({error}); please report it");
            FileOutcome::Failed(FileFailure { key, code: FailureCode::Internal, message })
        });
        self.take(prefix, outcome);
        true
    }

    fn take(&mut self, index: usize, outcome: FileOutcome) {
        self.context.observer.finished(&outcome);
        self.results.add(index, outcome);
    }
}

/// Returns the key by which the files of a task are sorted: the key of the ledger record.
fn ledger_order(line: &FileLine) -> String {
    crate::key::ledger_key(&line.key, &line.etag)
}

/// Reads the files of a task, the lines in this range of the run's `files.jsonl`.
pub(crate) async fn read_lines(
    source: &Arc<dyn Store>,
    run: &RunId,
    range: Range<u64>,
) -> Result<Vec<FileLine>, StoreError> {
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
