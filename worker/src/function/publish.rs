//! The function that publishes a run: merges its results, sends its events, and closes it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;
use statemachine::Text;
use statemachine::payload::{
    FileCounts, Outcomes, PublishInput, RowCounts, RunSummary, Status as RunStatus, TaskFailure,
};

use super::{FunctionError, Stores, UNFINISHED};
use crate::clock::{Clock, monotonic};
use crate::events::{About, Bus, PAUSE, PrefixEvents, SentEvents, send_one};
use crate::open_run::{self, Executions, OpenRun};
use crate::plan::Plan;
use crate::publish::{Causes, EndedRun, Pages, PrefixLines, RunReport, Status, publish as merge, read_report};
use crate::store::{Store, StoreError};
use crate::task::RunId;

/// Largest file of outcomes of the Map that is read, in bytes.
const OUTCOMES_BYTES: usize = 256 << 20;

/// Number of events after which the marker of the run notes how many were sent. If the function dies, the events since the last
/// note are sent again.
const PROGRESS: u64 = 2000;

/// Publishes runs.
#[derive(Clone, Debug)]
pub struct Publisher {
    /// The stores of runs and outputs.
    pub stores: Stores,
    /// The service that tells which executions have ended.
    pub executions: Arc<dyn Executions>,
    /// The event bus that receives the events.
    pub bus: Arc<dyn Bus>,
    /// Maximum number of prefixes of a run that have a page of their own.
    pub pages: u64,
    /// The first pause before an event is sent again.
    pub pause: Duration,
    /// The clock.
    pub clock: Clock,
}

impl Publisher {
    /// A publisher that pauses between two attempts as long as EventBridge asks for.
    pub fn new(stores: Stores, executions: Arc<dyn Executions>, bus: Arc<dyn Bus>, clock: Clock) -> Self {
        Self { stores, executions, bus, pages: Pages::DEPLOYED, pause: PAUSE, clock }
    }

    /// Merges the results of a run, sends the events of every prefix and of the run, and closes the run; then does the same for
    /// runs whose executions ended before they were closed. Doing this twice is harmless.
    ///
    /// # Errors
    /// When the store fails, the event bus does not accept the events, or `deadline` comes near: if it is invoked again, it
    /// continues.
    pub async fn publish(&self, input: Value, deadline: Option<Instant>) -> Result<RunSummary, FunctionError> {
        let of_input = |error| {
            FunctionError::failed(format!(
                "the state machine sent something other than the input of a publication: {error}"
            ))
        };
        let input: PublishInput = serde_json::from_value(input).map_err(of_input)?;
        // The two types have the same shape: the state machine returns the plan as the planner wrote it.
        let plan: Plan = serde_json::to_value(input.plan).and_then(serde_json::from_value).map_err(of_input)?;
        let mut causes =
            Causes { all: input.failure.map(|failure| said(&failure.error, &failure.cause)), ..Causes::default() };
        if let Some(outcomes) = &input.outcomes {
            causes.tasks = failures(&*self.stores.source, outcomes).await?;
        }
        let summary = self.finish(&plan, &causes, deadline).await?;
        self.finish_others(&plan.run_id, deadline).await;
        Ok(summary)
    }

    /// Does what is left to publish a run.
    async fn finish(
        &self,
        plan: &Plan,
        causes: &Causes,
        deadline: Option<Instant>,
    ) -> Result<RunSummary, FunctionError> {
        let (source, run) = (&self.stores.source, &plan.run_id);
        let mut marker = OpenRun::read(&**source, run).await?;
        let reported = match &marker {
            Some(marker) => marker.sent.is_some(),
            // The run was closed, or has no tasks: then there never was a marker.
            None => plan.tasks > 0,
        };
        let stored = if reported { read_report(source, run).await? } else { None };
        let report = match stored {
            Some(report) => report,
            None => {
                let outputs = self.stores.outputs.as_ref();
                // The other half of the time is for the events. A prefix without a page still has its event.
                let now = monotonic();
                let until = deadline.map(|end| now + end.saturating_duration_since(now) / 2);
                let ended = EndedRun { plan, causes, pages: Pages { prefixes: self.pages, until } };
                let report = merge(source, outputs, ended, self.clock, &mut |_| {}).await?;
                if let Some(marker) = &mut marker {
                    marker.sent = Some(0);
                    marker.write(&**source).await?;
                }
                report
            }
        };
        if let Some(marker) = &mut marker {
            self.send(marker, deadline).await?;
        }
        let summary = summary(&report, &**source)?;
        // cannot fail: texts and numbers are JSON.
        let detail = serde_json::to_string(&summary).unwrap_or_default();
        send_one(&*self.bus, About::Run, detail, self.pause).await?;
        open_run::close(&**source, run).await?;
        Ok(summary)
    }

    /// Sends the events of prefixes that were not sent yet.
    async fn send(&self, marker: &mut OpenRun, deadline: Option<Instant>) -> Result<(), FunctionError> {
        let (source, run) = (&self.stores.source, marker.plan.run_id.clone());
        let mut lines = PrefixLines::open(source, &run).await?;
        let mut events = PrefixEvents::new(Arc::clone(&self.bus), self.pause);
        events.skip(&mut lines, marker.sent.unwrap_or(0)).await?;
        loop {
            let SentEvents { count: sent, is_all } = events.send(&mut lines, PROGRESS, deadline).await?;
            marker.sent = Some(sent);
            if is_all {
                return Ok(());
            }
            marker.write(&**source).await?;
            if deadline.is_some_and(|end| monotonic() >= end) {
                let cause = format!("the time of the function is over after {sent} events; invoked again, it goes on");
                return Err(FunctionError { name: UNFINISHED, cause });
            }
        }
    }

    /// Publishes runs whose executions ended before their last event was sent. A failure here is logged, and left to the next run.
    async fn finish_others(&self, own: &RunId, deadline: Option<Instant>) {
        let source = &self.stores.source;
        let others = match open_run::others(&**source, &*self.executions, own).await {
            Ok(others) => others,
            Err(error) => {
                tracing::warn!(%error, "open runs are not known");
                return;
            }
        };
        for other in others.into_iter().filter(|other| other.over) {
            if deadline.is_some_and(|end| monotonic() >= end) {
                return;
            }
            match self.finish_other(&other.run, deadline).await {
                Ok(()) => tracing::info!(run = other.run.0, "published a run that had ended early"),
                Err(error) => tracing::warn!(run = other.run.0, %error, "a run that had ended early is not published"),
            }
        }
    }

    async fn finish_other(&self, run: &RunId, deadline: Option<Instant>) -> Result<(), FunctionError> {
        let Some(marker) = OpenRun::read(&*self.stores.source, run).await? else {
            return Ok(());
        };
        let ended = "the execution ended before it left a result".to_owned();
        let causes = Causes { all: Some(ended), ..Causes::default() };
        let tasks = run.tasks_key();
        if matches!(self.stores.source.head(&tasks).await, Err(StoreError::NotFound { .. })) {
            // The objects of a run expire after 90 days (`buckets.rs` of the stack). What the run has not checked is checked like any new file.
            tracing::error!(
                run = run.0,
                tasks,
                "a run that ended early cannot be published, as its objects have expired"
            );
            return Ok(open_run::close(&*self.stores.source, run).await?);
        }
        self.finish(&marker.plan, &causes, deadline).await.map(drop)
    }
}

fn said(error: &str, cause: &str) -> String {
    if cause.is_empty() { format!("it failed with {error}") } else { format!("it failed with {error} ({cause})") }
}

/// The list of the files into which Step Functions writes the results of the Map
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html>).
#[derive(Debug, Deserialize)]
struct Manifest {
    #[serde(rename = "ResultFiles")]
    files: BTreeMap<String, Vec<ResultFile>>,
}

#[derive(Debug, Deserialize)]
struct ResultFile {
    #[serde(rename = "Key")]
    key: String,
}

/// A child execution of the Map that failed although it catches failures.
#[derive(Debug, Deserialize)]
struct FailedChild {
    #[serde(rename = "Input")]
    input: String,
    #[serde(rename = "Error")]
    error: Option<String>,
    #[serde(rename = "Cause")]
    cause: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ChildInput {
    task: u64,
}

/// Reads why tasks have failed, by their numbers.
async fn failures(source: &dyn Store, outcomes: &Outcomes) -> Result<BTreeMap<u64, String>, FunctionError> {
    let (_, bytes) = source.get(&outcomes.key, OUTCOMES_BYTES).await?;
    let damaged = |key: &str, error: serde_json::Error| {
        FunctionError::failed(format!("{}: not what a Map writes ({error})", source.locate(key)))
    };
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| damaged(&outcomes.key, error))?;
    let mut causes = BTreeMap::new();
    for (status, files) in &manifest.files {
        for ResultFile { key } in files {
            let (_, bytes) = source.get(key, OUTCOMES_BYTES).await?;
            for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let outcome: Value = serde_json::from_slice(line).map_err(|error| damaged(key, error))?;
                if status == "SUCCEEDED" {
                    // The outcome of a task that succeeded has no member `error`.
                    if outcome.get("error").is_some() {
                        let failure: TaskFailure =
                            serde_json::from_value(outcome).map_err(|error| damaged(key, error))?;
                        causes.insert(failure.task, said(&failure.error, &failure.cause));
                    }
                } else {
                    let child: FailedChild = serde_json::from_value(outcome).map_err(|error| damaged(key, error))?;
                    let input: ChildInput = serde_json::from_str(&child.input).map_err(|error| damaged(key, error))?;
                    let error = child.error.unwrap_or_else(|| status.to_lowercase());
                    causes.insert(input.task, said(&error, &child.cause.unwrap_or_default()));
                }
            }
        }
    }
    Ok(causes)
}

fn summary(report: &RunReport, source: &dyn Store) -> Result<RunSummary, FunctionError> {
    let (files, rows) = (report.totals.files, report.totals.rows);
    let cause = report.failures.first().map(|failure| failure.message.as_str());
    Ok(RunSummary {
        version: 1,
        run_id: Text::new(report.run_id.0.clone())?,
        status: match report.status {
            Status::Succeeded => RunStatus::Succeeded,
            Status::Partial => RunStatus::Partial,
            Status::Failed => RunStatus::Failed,
        },
        prefixes: report.prefix_count,
        files: FileCounts {
            total: files.total,
            clean: files.clean,
            accepted: files.accepted,
            refused: files.refused,
            // Of a run that has ended, a file that was not reached is like one that failed.
            failed: files.failed + files.interrupted,
        },
        rows: RowCounts { read: rows.read, clean: rows.clean, rejected: rows.rejected },
        bytes: report.totals.bytes,
        cost: report
            .cost
            .map(serde_json::to_value)
            .transpose()
            .map_err(|error| FunctionError::failed(error.to_string()))?,
        page: report.page.clone(),
        report: (report.totals.files.total > 0).then(|| source.locate(&report.run_id.report_key())),
        started_at: Text::new(report.started_at.clone())?,
        finished_at: Text::new(report.finished_at.clone())?,
        // The payload between states is limited in size; a list of mistakes is not.
        cause: cause.map(|cause| cause.chars().take(1000).collect()),
    })
}
