//! Merges the results of tasks, in order, into results of prefixes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sluice_engine::report::FileReport;

use super::{Causes, FAILURES, PrefixResult, Status, read_tasks};
use crate::clock::{Clock, rfc3339};
use crate::context::FileOutcome;
use crate::key::{input, ledger_key};
use crate::ledger::{RECORD_BYTES, read_record};
use crate::plan::Plan;
use crate::process::{PrefixOfFile, ResultBuilder, read_lines};
use crate::ranking::Ranking;
use crate::read_ahead::ReadAhead;
use crate::resource_usage::ResourceUsage;
use crate::store::{Store, StoreError};
use crate::task::{
    FailureCode, FileFailure, FileLine, FileSummary, PrefixTotals, RESULT_BYTES, RunId, SUMMARIES, Task, TaskResult,
    Totals,
};

/// Maximum number of results that are read ahead. A result has a subtotal for each of its prefixes: some megabytes at most.
const AHEAD: usize = 8;

/// Maximum number of records that are looked up at once for a task without a result.
const LOOKUPS: usize = 16;

/// Maximum number of records that are looked up in a run, for all tasks without a result together: some minutes of the fifteen that a
/// function may run. The next run finds what was not looked up done.
const LOOKUPS_OF_RUN: u64 = 200_000;

/// A prefix all of whose files were merged.
pub(super) struct Complete {
    pub(super) result: PrefixResult,
    /// The worst files of the prefix.
    pub(super) worst: Ranking<FileSummary>,
}

/// The sums over all prefixes of a run.
pub(super) struct RunSums {
    pub(super) totals: Totals,
    /// The first failures.
    pub(super) failures: Vec<FileFailure>,
    /// The resources used; `None` outside AWS.
    pub(super) used: Option<ResourceUsage>,
}

/// Merges the results of the tasks. A prefix is complete when the next one begins.
pub(super) struct Merge<'a> {
    source: Arc<dyn Store>,
    outputs: Option<&'a Arc<dyn Store>>,
    plan: &'a Plan,
    causes: &'a Causes,
    finished_at: &'a str,
    /// Number of records that may still be looked up.
    pub(super) lookups_left: Arc<AtomicU64>,
    tasks: VecDeque<Task>,
    reading: ReadAhead<Result<TaskResult, StoreError>>,
    /// The prefix that may have further files in the next task.
    open: Option<Complete>,
    totals: Totals,
    failures: Vec<FileFailure>,
    used: Option<ResourceUsage>,
}

impl<'a> Merge<'a> {
    pub(super) async fn begin(
        source: &Arc<dyn Store>,
        outputs: Option<&'a Arc<dyn Store>>,
        plan: &'a Plan,
        causes: &'a Causes,
        finished_at: &'a str,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            source: Arc::clone(source),
            outputs,
            plan,
            causes,
            finished_at,
            lookups_left: Arc::new(AtomicU64::new(LOOKUPS_OF_RUN)),
            tasks: read_tasks(&**source, &plan.run_id).await?.into(),
            reading: ReadAhead::new(AHEAD),
            open: None,
            totals: Totals::default(),
            failures: Vec::new(),
            used: None,
        })
    }

    /// Returns the prefixes that are completed by merging the next task; `None` after the last one.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Complete>>, StoreError> {
        while self.reading.has_room()
            && let Some(task) = self.tasks.pop_front()
        {
            let reader = ResultReader {
                source: Arc::clone(&self.source),
                run: self.plan.run_id.clone(),
                cause: self.causes.of(task.task).to_owned(),
                started_at: self.plan.started_at.clone(),
                finished_at: self.finished_at.to_owned(),
                lookups_left: Arc::clone(&self.lookups_left),
                task,
            };
            self.reading.start(reader.read());
        }
        let Some(read) = self.reading.next().await else {
            return Ok(self.open.take().map(|last| vec![last]));
        };
        let result = read?;
        let room = FAILURES.saturating_sub(self.failures.len());
        self.failures.extend(result.failures.into_iter().take(room));
        if let Some(used) = &result.used {
            self.used.get_or_insert_default().add(used);
        }
        let mut complete = Vec::with_capacity(result.prefixes.len());
        for subtotals in result.prefixes {
            self.totals.add(&subtotals.totals);
            match &mut self.open {
                Some(open) if open.result.prefix == subtotals.prefix => open.add(subtotals),
                _ => complete.extend(self.open.replace(self.begun(subtotals))),
            }
        }
        Ok(Some(complete))
    }

    /// Returns the sums over all prefixes.
    pub(super) fn into_sums(self) -> RunSums {
        RunSums { totals: self.totals, failures: self.failures, used: self.used }
    }

    fn begun(&self, mut subtotals: PrefixTotals) -> Complete {
        let mut worst = Ranking::new(SUMMARIES, FileSummary::order);
        listed(&mut subtotals).for_each(|file| worst.add(file));
        let clean_prefix = self.outputs.map(|outputs| outputs.locate(&format!("{}/clean/", subtotals.prefix)));
        let result = PrefixResult {
            version: 1,
            run_id: self.plan.run_id.clone(),
            status: Status::of(&subtotals.totals.files),
            files: subtotals.totals.files,
            rows: subtotals.totals.rows,
            bytes: subtotals.totals.bytes,
            report: self.source.locate(&self.plan.run_id.report_key()),
            page: None,
            clean_prefix,
            started_at: subtotals.started_at,
            finished_at: subtotals.finished_at,
            cause: subtotals.cause,
            prefix: subtotals.prefix,
        };
        Complete { result, worst }
    }
}

/// Returns the files that a subtotal lists, with their full keys.
fn listed(subtotals: &mut PrefixTotals) -> impl Iterator<Item = FileSummary> {
    let (worst, prefix) = (std::mem::take(&mut subtotals.worst), subtotals.prefix.clone());
    worst.into_iter().map(move |file| FileSummary { key: input(&prefix, &file.key), ..file })
}

impl Complete {
    /// Adds the files of a further subtotal of the prefix.
    fn add(&mut self, mut subtotals: PrefixTotals) {
        listed(&mut subtotals).for_each(|file| self.worst.add(file));
        self.result.add(subtotals);
    }
}

impl PrefixResult {
    /// Adds the outcome of the files of a further subtotal.
    fn add(&mut self, subtotals: PrefixTotals) {
        let mut totals = Totals { files: self.files, rows: self.rows, bytes: self.bytes, ..Totals::default() };
        totals.add(&subtotals.totals);
        (self.files, self.rows, self.bytes) = (totals.files, totals.rows, totals.bytes);
        self.status = Status::of(&self.files);
        self.cause = self.cause.take().or(subtotals.cause);
        // Times in RFC 3339 and UTC sort as texts.
        self.started_at = std::mem::take(&mut self.started_at).min(subtotals.started_at);
        self.finished_at = std::mem::take(&mut self.finished_at).max(subtotals.finished_at);
    }
}

/// Reads the result of a task, or makes one for a task without a result.
struct ResultReader {
    source: Arc<dyn Store>,
    run: RunId,
    task: Task,
    /// Why the task has left no result, if it has not.
    cause: String,
    started_at: String,
    finished_at: String,
    lookups_left: Arc<AtomicU64>,
}

impl ResultReader {
    async fn read(self) -> Result<TaskResult, StoreError> {
        let number = self.task.task;
        let cause = match self.source.get(&self.run.result_key(number), RESULT_BYTES).await {
            Ok((_, bytes)) => match serde_json::from_slice(&bytes) {
                Ok(result) => return Ok(result),
                Err(error) => format!("task {number}: its result is damaged ({error}); run again"),
            },
            Err(StoreError::NotFound { .. }) => {
                format!("task {number}: {}, so files without a record count as failed; run again", self.cause)
            }
            Err(error) => return Err(error),
        };
        self.without_result(cause).await
    }

    /// Makes the result of a task that has left none: its files with a ledger record were done before the task ended, and count as what
    /// the record says; all others have failed.
    async fn without_result(self, cause: String) -> Result<TaskResult, StoreError> {
        let lines = self.task.offset..self.task.offset.saturating_add(self.task.length);
        let mut files = read_lines(&self.source, &self.run, lines).await?.into_iter();
        // The times of its prefixes are replaced by those of the run.
        let mut results = ResultBuilder::new(Clock::System);
        let mut lookups = ReadAhead::new(LOOKUPS);
        loop {
            while lookups.has_room()
                && let Some(file) = files.next()
            {
                lookups.start(self.lookup(file));
            }
            let Some(LookedUp { key, record }) = lookups.next().await else { break };
            let outcome = match record {
                Ok(Some(report)) => FileOutcome::Known(report),
                Ok(None) => {
                    let (code, message) = (FailureCode::Unreachable, cause.clone());
                    FileOutcome::Failed(FileFailure { key: key.clone(), code, message })
                }
                Err(reason) => {
                    let (code, message) = (FailureCode::Unreachable, format!("{cause}; {reason}"));
                    FileOutcome::Failed(FileFailure { key: key.clone(), code, message })
                }
            };
            let PrefixOfFile { index, .. } = results.prefix_for(&key);
            results.add(index, outcome);
        }
        let mut result = results.into_result(&self.run, self.task.task, None, self.started_at.clone());
        for prefix in &mut result.prefixes {
            (prefix.started_at, prefix.finished_at) = (self.started_at.clone(), self.finished_at.clone());
        }
        result.finished_at = self.finished_at;
        Ok(result)
    }

    /// Looks up what the run has done of a file: a record that was there before the run began, of a file that is checked once more, does
    /// not count.
    fn lookup(&self, file: FileLine) -> impl Future<Output = LookedUp> + Send + 'static {
        let (source, left, begun) = (Arc::clone(&self.source), Arc::clone(&self.lookups_left), self.started_at.clone());
        async move {
            let record = async {
                if left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err() {
                    return Err(format!("whether it was done was not looked up, as {LOOKUPS_OF_RUN} files were"));
                }
                let key = ledger_key(&file.key, &file.etag);
                let stored = read_record::<FileReport>(&*source, &key, RECORD_BYTES).await;
                let Some(stored) = stored.map_err(|error| error.to_string())? else { return Ok(None) };
                let report = stored.content.map_err(|error| format!("its ledger record is damaged ({error})"))?;
                // Times in RFC 3339 and UTC sort as texts.
                let is_of_run = !file.force || rfc3339(stored.written) >= begun;
                Ok(is_of_run.then(|| Box::new(report)))
            };
            let record = record.await;
            LookedUp { key: file.key, record }
        }
    }
}

/// A file of a task without a result.
struct LookedUp {
    key: String,
    /// Its report; `None` if the run has not done it, and otherwise why that is not known.
    record: Result<Option<Box<FileReport>>, String>,
}
