//! The publisher: merges the results of a run's tasks into one result per prefix and the run report.
//!
//! Memory does not depend on the number of prefixes: a few results are read at a time, in order, and each prefix is written to the
//! report when its last file has been merged. The sender of events reads the prefixes from the report.

mod merge;
mod page_about;
mod page_records;
mod pages;
mod report;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sluice_engine::report::is_zero;

use crate::clock::{Clock, rfc3339};
use crate::cost::{Architecture, Prices, ResourceUsage};
use crate::key::IgnoredKeys;
use crate::plan::Plan;
use crate::store::{Store, StoreError};
use crate::task::{FileFailure, Files, RowCounts, RunId, Task, Totals};
use merge::Merge;
pub(crate) use page_about::about_run;
use pages::PageWriter;
pub use pages::Pages;
use report::ReportWriter;
pub(crate) use report::{PrefixLines, read_report};

/// Maximum number of failed files that a run report lists; any others are only counted.
pub const FAILURES: usize = 1000;

/// How a prefix or a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// All files were checked, none was refused.
    Succeeded,
    /// All files were checked, some were refused; or some were replaced or deleted before they were checked.
    Partial,
    /// At least one other file could not be checked for a technical reason, or was not checked, as the run was interrupted.
    Failed,
}

impl Status {
    fn of(files: &Files) -> Self {
        if files.failed - files.superseded + files.interrupted > 0 {
            Self::Failed
        } else if files.refused + files.superseded > 0 {
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
    /// Version of this JSON format: 1.
    pub version: u32,
    /// The run.
    pub run_id: RunId,
    /// The prefix.
    pub prefix: String,
    /// How the prefix ended.
    pub status: Status,
    /// Files by outcome.
    pub files: Files,
    /// Rows of the files that were checked.
    pub rows: RowCounts,
    /// Total size of the files as stored, in bytes.
    pub bytes: u64,
    /// Location of the run report.
    pub report: String,
    /// Location of the page about the prefix; null if the prefix has no page.
    #[serde(default)]
    pub page: Option<String>,
    /// Location of the clean files; null if none are written.
    pub clean_prefix: Option<String>,
    /// When the first file of the prefix was begun, RFC 3339, UTC.
    pub started_at: String,
    /// When the last file of the prefix ended, RFC 3339, UTC.
    pub finished_at: String,
    /// Why the prefix failed: the message of the first failure.
    pub cause: Option<String>,
}

/// The report of a run, `_sluice/runs/<run>/report.json`, which also has a member `prefixes`: a [`PrefixResult`] for each prefix, in
/// the order of the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunReport {
    /// Version of this JSON format: 2.
    pub version: u32,
    /// The run.
    pub run_id: RunId,
    /// The worst status of a prefix.
    pub status: Status,
    /// Totals over all prefixes.
    #[serde(flatten)]
    pub totals: Totals,
    /// Number of files that had been done before.
    pub done: u64,
    /// Keys that were not accepted, counted by reason.
    pub ignored: IgnoredKeys,
    /// Number of prefixes.
    pub prefix_count: u64,
    /// The first [`FAILURES`] failed files; each task lists only its first failures.
    pub failures: Vec<FileFailure>,
    /// The resources that the tasks have used, and their approximate cost; absent outside AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<RunCost>,
    /// Location of the page about the run; null if the page could not be written.
    #[serde(default)]
    pub page: Option<String>,
    /// Number of pages that could not be written, including the page about the run; the log gives the reasons.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pages_unwritten: u64,
    /// When the run started, RFC 3339, UTC.
    pub started_at: String,
    /// When publishing began, after all tasks had ended, RFC 3339, UTC.
    pub finished_at: String,
}

/// The resources that a run has used, and their approximate cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunCost {
    /// Time of tasks and requests to S3, without attempts that died.
    #[serde(flatten)]
    pub used: ResourceUsage,
    /// Cost in USD by the on-demand list prices of us-east-1; tasks on Spot cost about a third. Functions, events, logs and metrics
    /// are not included; `sluice plan --cost` estimates them.
    pub usd: f64,
}

impl RunCost {
    fn of(used: ResourceUsage) -> Self {
        Self { used, usd: used.usd(&Prices::of(Architecture::of_this_program())) }
    }
}

impl RunReport {
    /// A report without results, to which they are added.
    fn begun(plan: &Plan, finished_at: String) -> Self {
        Self {
            version: 2,
            run_id: plan.run_id.clone(),
            status: Status::Succeeded,
            totals: Totals::default(),
            done: plan.done,
            ignored: plan.ignored.clone(),
            prefix_count: 0,
            failures: Vec::new(),
            cost: None,
            page: None,
            pages_unwritten: 0,
            started_at: plan.started_at.clone(),
            finished_at,
        }
    }
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

/// Why tasks have left no result.
#[derive(Clone, Debug, Default)]
pub struct Causes {
    /// The reasons by the number of the task.
    pub tasks: BTreeMap<u64, String>,
    /// The reason for all other tasks.
    pub all: Option<String>,
}

impl Causes {
    fn of(&self, task: u64) -> &str {
        self.tasks.get(&task).or(self.all.as_ref()).map_or("it has left no result", String::as_str)
    }
}

/// A run whose tasks have ended.
#[derive(Clone, Copy, Debug)]
pub struct EndedRun<'a> {
    /// The plan of the run.
    pub plan: &'a Plan,
    /// Why tasks left no result.
    pub causes: &'a Causes,
    /// The pages to write for the run.
    pub pages: Pages,
}

/// Merges the task results of a run, and writes its pages and the run report; `each` is called with the result of every prefix. If
/// the plan has no tasks, an empty report is returned, and nothing is written.
///
/// # Errors
/// When the store fails. A task without a result is not an error: of its files, those without a ledger record count as failed.
pub async fn publish(
    source: &Arc<dyn Store>,
    outputs: Option<&Arc<dyn Store>>,
    ended: EndedRun<'_>,
    clock: Clock,
    each: &mut (dyn FnMut(&PrefixResult) + Send),
) -> Result<RunReport, StoreError> {
    let EndedRun { plan, causes, .. } = ended;
    let mut report = RunReport::begun(plan, rfc3339(clock.now()));
    if plan.tasks == 0 {
        return Ok(report);
    }
    let mut writer = ReportWriter::begin(source, &plan.run_id).await?;
    let mut merge = Merge::begin(source, outputs, plan, causes, &report.finished_at).await?;
    let mut pages = PageWriter::begin(source, ended).await?;
    while let Some(mut complete) = merge.next().await? {
        pages.write(&mut complete).await;
        for prefix in &complete {
            report.prefix_count += 1;
            writer.prefix(&prefix.result)?;
            each(&prefix.result);
        }
        writer.flush_if_full().await?;
    }
    let sums = merge.into_sums();
    (report.totals, report.failures, report.cost) = (sums.totals, sums.failures, sums.used.map(RunCost::of));
    report.status = Status::of(&report.totals.files);
    pages.of_run(&mut report).await;
    writer.end(&report).await?;
    Ok(report)
}
