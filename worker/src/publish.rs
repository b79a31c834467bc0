//! Merges the results of a run's tasks into one result per prefix and the run report.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::{Clock, rfc3339};
use crate::key::IgnoredKeys;
use crate::plan::Plan;
use crate::store::{Condition, Store, StoreError};
use crate::task::{FileFailure, Files, RowCounts, RunId, Task, TaskResult, Totals};

/// Largest task result that is read.
const RESULT_BYTES: usize = 64 << 20;

/// How a prefix or a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// All files were checked, none was refused.
    Succeeded,
    /// All files were checked, some were refused.
    Partial,
    /// Some file could not be checked for a technical reason.
    Failed,
}

impl Status {
    fn of(files: &Files) -> Self {
        if files.failed > 0 {
            Self::Failed
        } else if files.refused > 0 {
            Self::Partial
        } else {
            Self::Succeeded
        }
    }
}

/// The result of a prefix: the detail of its event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrefixResult {
    /// Version of this shape: 1.
    pub version: u32,
    /// The run.
    pub run_id: RunId,
    /// The prefix.
    pub prefix: String,
    /// How it ended.
    pub status: Status,
    /// Files by what became of them.
    pub files: Files,
    /// Rows of the files that were checked.
    pub rows: RowCounts,
    /// Their size, as stored.
    pub bytes: u64,
    /// Where the run report is.
    pub report: String,
    /// Where the clean files are.
    pub clean_prefix: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// RFC 3339, UTC.
    pub finished_at: String,
    /// Why it failed: the first failure.
    pub cause: Option<String>,
}

/// The report of a run, `_sluice/runs/<run>/report.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunReport {
    /// Version of this shape: 1.
    pub version: u32,
    /// The run.
    pub run_id: RunId,
    /// The worst of the prefixes.
    pub status: Status,
    /// What adds up.
    #[serde(flatten)]
    pub totals: Totals,
    /// Files that had been done before.
    pub done: u64,
    /// Keys that were not taken.
    pub ignored: IgnoredKeys,
    /// One result for each prefix, in the order of the plan.
    pub prefixes: Vec<PrefixResult>,
    /// Failures of files; of each task the first ones.
    pub failures: Vec<FileFailure>,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// RFC 3339, UTC.
    pub finished_at: String,
}

/// Reads the tasks of a run.
///
/// # Errors
/// When the store fails, or the list of tasks is damaged.
pub async fn read_tasks(source: &dyn Store, run: &RunId) -> Result<Vec<Task>, StoreError> {
    let key = run.tasks_key();
    let (_, bytes) = source.get(&key, usize::MAX - 1).await?;
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(serde_json::from_slice)
        .collect::<Result<_, _>>()
        .map_err(|error| StoreError::from_io(source.locate(&key), error.into()))
}

/// What is known of the tasks beside their results: why a task has left none.
#[derive(Clone, Debug, Default)]
pub struct Causes {
    /// By the number of the task.
    pub tasks: BTreeMap<u64, String>,
    /// Of all others.
    pub all: Option<String>,
}

impl Causes {
    fn of(&self, task: u64) -> &str {
        self.tasks.get(&task).or(self.all.as_ref()).map_or("it has left no result", String::as_str)
    }
}

/// Merges the task results of a run and writes the run report. A plan without tasks gives a report that says so, and
/// writes nothing.
///
/// # Errors
/// When the store fails. A task without a result is part of the report: its files have failed.
pub async fn publish(
    source: &dyn Store,
    clean: &dyn Store,
    plan: &Plan,
    causes: &Causes,
    clock: Clock,
) -> Result<RunReport, StoreError> {
    let run = &plan.run_id;
    let finished_at = rfc3339(clock.now());
    let mut report = RunReport {
        version: 1,
        run_id: run.clone(),
        status: Status::Succeeded,
        totals: Totals::default(),
        done: plan.done,
        ignored: plan.ignored.clone(),
        prefixes: Vec::new(),
        failures: Vec::new(),
        started_at: plan.started_at.clone(),
        finished_at: finished_at.clone(),
    };
    if plan.tasks == 0 {
        return Ok(report);
    }
    let report_key = run.report_key();
    let mut merged: Option<PrefixResult> = None;
    for task in read_tasks(source, run).await? {
        let result = read_result(source, plan, causes, &task, &finished_at).await?;
        // The tasks of a prefix stand together.
        if merged.as_ref().is_none_or(|merged| merged.prefix != task.prefix) {
            report.prefixes.extend(merged.take());
        }
        let prefix = merged.get_or_insert_with(|| PrefixResult {
            version: 1,
            run_id: run.clone(),
            prefix: task.prefix.clone(),
            status: Status::Succeeded,
            files: Files::default(),
            rows: RowCounts::default(),
            bytes: 0,
            report: source.locate(&report_key),
            clean_prefix: clean.locate(&format!("{}/clean/", task.prefix)),
            started_at: result.started_at.clone(),
            finished_at: result.finished_at.clone(),
            cause: None,
        });
        let mut totals = Totals { files: prefix.files, rows: prefix.rows, bytes: prefix.bytes, ..Totals::default() };
        totals.add(&result.totals);
        (prefix.files, prefix.rows, prefix.bytes) = (totals.files, totals.rows, totals.bytes);
        prefix.status = Status::of(&prefix.files);
        if prefix.cause.is_none() {
            prefix.cause = result.failures.first().map(|failure| failure.message.clone());
        }
        // Times of this form sort as texts.
        prefix.started_at = prefix.started_at.clone().min(result.started_at);
        prefix.finished_at = prefix.finished_at.clone().max(result.finished_at);
        report.totals.add(&result.totals);
        report.failures.extend(result.failures);
    }
    report.prefixes.extend(merged);
    report.status = Status::of(&report.totals.files);
    let mut bytes = serde_json::to_vec_pretty(&report)
        .map_err(|error| StoreError::from_io(source.locate(&report_key), error.into()))?;
    bytes.push(b'\n');
    source.put(&report_key, bytes, Condition::Always).await?;
    Ok(report)
}

async fn read_result(
    source: &dyn Store,
    plan: &Plan,
    causes: &Causes,
    task: &Task,
    finished_at: &str,
) -> Result<TaskResult, StoreError> {
    let key = plan.run_id.result_key(task.task);
    let cause = match source.get(&key, RESULT_BYTES).await {
        Ok((_, bytes)) => match serde_json::from_slice(&bytes) {
            Ok(result) => return Ok(result),
            Err(error) => format!("task {}: its result is damaged ({error}); run again", task.task),
        },
        Err(StoreError::NotFound { .. }) => {
            format!(
                "task {}: {}, so its {} files count as failed; run again",
                task.task,
                causes.of(task.task),
                task.files
            )
        }
        Err(error) => return Err(error),
    };
    let mut totals = Totals::default();
    totals.add_failed(task.files);
    Ok(TaskResult {
        version: 1,
        run_id: plan.run_id.clone(),
        task: task.task,
        prefix: task.prefix.clone(),
        totals,
        failures: vec![FileFailure {
            key: format!("{}/incoming/", task.prefix),
            code: crate::task::FailureCode::Unreachable,
            message: cause,
        }],
        started_at: plan.started_at.clone(),
        finished_at: finished_at.to_owned(),
    })
}
