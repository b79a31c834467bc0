//! Merges the results of tasks, in order, into results of prefixes.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader};
use std::sync::Arc;

use super::{Causes, FAILURES, PrefixResult, Status, read_tasks};
use crate::key::{INCOMING, input, name_of, prefix_of};
use crate::plan::Plan;
use crate::ranking::Ranking;
use crate::read_ahead::ReadAhead;
use crate::resource_usage::ResourceUsage;
use crate::store::{Store, StoreError, blocking};
use crate::task::{
    FailureCode, FileFailure, FileLine, FileSummary, PrefixTotals, RESULT_BYTES, RunId, SUMMARIES, Task, TaskResult,
    Totals,
};

/// Maximum number of results that are read ahead. A result has a subtotal for each of its prefixes: some megabytes at most.
const AHEAD: usize = 8;

/// Maximum number of files that are listed for a task without a result; its other files are only counted.
const LISTED: usize = 10_000;

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

/// The files of a prefix in a task without a result.
struct PrefixFiles {
    prefix: String,
    /// Number of files.
    files: u64,
    /// The names of the first files.
    names: Vec<String>,
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
                format!("task {number}: {}, so its files count as failed; run again", self.cause)
            }
            Err(error) => return Err(error),
        };
        self.without_result(cause).await
    }

    /// Makes a result in which all files of the task have failed, each in its prefix.
    async fn without_result(self, cause: String) -> Result<TaskResult, StoreError> {
        let counts = self.files_by_prefix().await?;
        let failure = |prefix: &str| {
            let key = format!("{prefix}{INCOMING}");
            FileFailure { key, code: FailureCode::Unreachable, message: cause.clone() }.cut()
        };
        let mut prefixes = Vec::with_capacity(counts.len());
        for PrefixFiles { prefix, files, names } in &counts {
            let mut totals = Totals::default();
            totals.add_failed(*files, FailureCode::Unreachable);
            let worst = names.iter().map(|name| {
                let failed = FileFailure { key: name.clone(), ..failure(prefix) };
                FileSummary::of_failure(&failed)
            });
            prefixes.push(PrefixTotals {
                prefix: prefix.clone(),
                totals,
                started_at: self.started_at.clone(),
                finished_at: self.finished_at.clone(),
                cause: Some(failure(prefix).message),
                worst: worst.collect(),
            });
        }
        Ok(TaskResult {
            version: 2,
            run_id: self.run,
            task: self.task.task,
            prefixes,
            failures: counts.iter().take(crate::task::FAILURES).map(|of| failure(&of.prefix)).collect(),
            failed: BTreeMap::from([(FailureCode::Unreachable, self.task.files)]),
            used: None,
            started_at: self.started_at,
            finished_at: self.finished_at,
        })
    }

    /// Returns the task's files by prefix, in the order of the prefixes.
    async fn files_by_prefix(&self) -> Result<Vec<PrefixFiles>, StoreError> {
        let key = self.run.files_key();
        let range = self.task.offset..self.task.offset.saturating_add(self.task.length);
        let (_, body) = self.source.open(&key, None, Some(range)).await?;
        let counted = blocking(move || {
            let (mut counts, mut named): (Vec<PrefixFiles>, usize) = (Vec::new(), 0);
            for line in BufReader::new(body).lines() {
                let file: FileLine = serde_json::from_str(&line?)?;
                let prefix = prefix_of(&file.key).unwrap_or(&file.key);
                if counts.last().is_none_or(|last| last.prefix != prefix) {
                    counts.push(PrefixFiles { prefix: prefix.to_owned(), files: 0, names: Vec::new() });
                }
                let Some(PrefixFiles { files, names, .. }) = counts.last_mut() else { continue };
                *files += 1;
                if names.len() < SUMMARIES && named < LISTED {
                    names.push(name_of(prefix, &file.key).unwrap_or(&file.key).to_owned());
                    named += 1;
                }
            }
            std::io::Result::Ok(counts)
        });
        counted.await.map_err(|error| StoreError::from_io(self.source.locate(&key), error))
    }
}
