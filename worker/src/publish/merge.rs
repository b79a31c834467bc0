//! The results of tasks, in order, as results of prefixes.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader};
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::{Causes, FAILURES, PrefixResult, Status, read_tasks};
use crate::key::{INCOMING, prefix_of};
use crate::plan::Plan;
use crate::store::{Store, StoreError, blocking};
use crate::task::{FailureCode, FileFailure, FileLine, PrefixTotals, RESULT_BYTES, RunId, Task, TaskResult, Totals};
use crate::used::Used;

/// Results that are read ahead. One has a subtotal for each of its prefixes: some megabytes at most.
const AHEAD: usize = 8;

/// A merge under way: pulls the results of the tasks and lets go of a prefix when the next one begins.
pub(super) struct Merge<'a> {
    source: Arc<dyn Store>,
    clean: Option<&'a Arc<dyn Store>>,
    plan: &'a Plan,
    causes: &'a Causes,
    finished_at: &'a str,
    tasks: VecDeque<Task>,
    reading: VecDeque<JoinHandle<Result<TaskResult, StoreError>>>,
    /// The prefix whose files may go on in the next task.
    open: Option<PrefixResult>,
    totals: Totals,
    failures: Vec<FileFailure>,
    used: Option<Used>,
}

impl<'a> Merge<'a> {
    pub(super) async fn begin(
        source: &Arc<dyn Store>,
        clean: Option<&'a Arc<dyn Store>>,
        plan: &'a Plan,
        causes: &'a Causes,
        finished_at: &'a str,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            source: Arc::clone(source),
            clean,
            plan,
            causes,
            finished_at,
            tasks: read_tasks(&**source, &plan.run_id).await?.into(),
            reading: VecDeque::new(),
            open: None,
            totals: Totals::default(),
            failures: Vec::new(),
            used: None,
        })
    }

    /// The prefixes that are complete with the next task; `None` behind the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<PrefixResult>>, StoreError> {
        while self.reading.len() < AHEAD
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
            self.reading.push_back(tokio::spawn(reader.read()));
        }
        let Some(reading) = self.reading.pop_front() else {
            return Ok(self.open.take().map(|last| vec![last]));
        };
        let result = match reading.await {
            Ok(result) => result?,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        let room = FAILURES.saturating_sub(self.failures.len());
        self.failures.extend(result.failures.into_iter().take(room));
        if let Some(used) = &result.used {
            self.used.get_or_insert_default().add(used);
        }
        let mut complete = Vec::with_capacity(result.prefixes.len());
        for subtotals in result.prefixes {
            self.totals.add(&subtotals.totals);
            match &mut self.open {
                Some(open) if open.prefix == subtotals.prefix => open.add(subtotals),
                _ => complete.extend(self.open.replace(self.begun(subtotals))),
            }
        }
        Ok(Some(complete))
    }

    /// What adds up over all prefixes, the first failures, and what was used.
    pub(super) fn into_totals(self) -> (Totals, Vec<FileFailure>, Option<Used>) {
        (self.totals, self.failures, self.used)
    }

    fn begun(&self, subtotals: PrefixTotals) -> PrefixResult {
        let clean_prefix = self.clean.map(|clean| clean.locate(&format!("{}/clean/", subtotals.prefix)));
        PrefixResult {
            version: 1,
            run_id: self.plan.run_id.clone(),
            status: Status::of(&subtotals.totals.files),
            files: subtotals.totals.files,
            rows: subtotals.totals.rows,
            bytes: subtotals.totals.bytes,
            report: self.source.locate(&self.plan.run_id.report_key()),
            clean_prefix,
            started_at: subtotals.started_at,
            finished_at: subtotals.finished_at,
            cause: subtotals.cause,
            prefix: subtotals.prefix,
        }
    }
}

impl PrefixResult {
    /// Adds what became of further files.
    fn add(&mut self, subtotals: PrefixTotals) {
        let mut totals = Totals { files: self.files, rows: self.rows, bytes: self.bytes, ..Totals::default() };
        totals.add(&subtotals.totals);
        (self.files, self.rows, self.bytes) = (totals.files, totals.rows, totals.bytes);
        self.status = Status::of(&self.files);
        self.cause = self.cause.take().or(subtotals.cause);
        // Times of this form sort as texts.
        self.started_at = std::mem::take(&mut self.started_at).min(subtotals.started_at);
        self.finished_at = std::mem::take(&mut self.finished_at).max(subtotals.finished_at);
    }
}

/// Reads the result of a task, or makes one for a task that has left none.
struct ResultReader {
    source: Arc<dyn Store>,
    run: RunId,
    task: Task,
    /// Why there may be none.
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
                let files = self.task.files;
                format!("task {number}: {}, so its {files} files count as failed; run again", self.cause)
            }
            Err(error) => return Err(error),
        };
        self.without_result(cause).await
    }

    /// All files of the task have failed, each in its prefix.
    async fn without_result(self, cause: String) -> Result<TaskResult, StoreError> {
        let counts = self.files_by_prefix().await?;
        let failure = |prefix: &str| {
            let key = format!("{prefix}{INCOMING}");
            FileFailure { key, code: FailureCode::Unreachable, message: cause.clone() }.cut()
        };
        let mut prefixes = Vec::with_capacity(counts.len());
        for (prefix, files) in &counts {
            let mut totals = Totals::default();
            totals.add_failed(*files);
            prefixes.push(PrefixTotals {
                prefix: prefix.clone(),
                totals,
                started_at: self.started_at.clone(),
                finished_at: self.finished_at.clone(),
                cause: Some(failure(prefix).message),
            });
        }
        Ok(TaskResult {
            version: 2,
            run_id: self.run,
            task: self.task.task,
            prefixes,
            failures: counts.iter().take(crate::task::FAILURES).map(|(prefix, _)| failure(prefix)).collect(),
            failed: BTreeMap::from([(FailureCode::Unreachable, self.task.files)]),
            used: None,
            started_at: self.started_at,
            finished_at: self.finished_at,
        })
    }

    /// The prefixes of the task's files, in order, with the number of files.
    async fn files_by_prefix(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let key = self.run.files_key();
        let range = self.task.offset..self.task.offset.saturating_add(self.task.length);
        let (_, body) = self.source.open(&key, None, Some(range)).await?;
        let counted = blocking(move || {
            let mut counts: Vec<(String, u64)> = Vec::new();
            for line in BufReader::new(body).lines() {
                let file: FileLine = serde_json::from_str(&line?)?;
                let prefix = prefix_of(&file.key).unwrap_or(&file.key);
                match counts.last_mut() {
                    Some((last, files)) if last == prefix => *files += 1,
                    _ => counts.push((prefix.to_owned(), 1)),
                }
            }
            std::io::Result::Ok(counts)
        });
        counted.await.map_err(|error| StoreError::from_io(self.source.locate(&key), error))
    }
}
