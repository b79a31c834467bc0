//! What the two functions on AWS do: plan a run, publish its results.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use statemachine::payload::{
    FileCounts, Outcomes, PlanInput, PublishInput, RowCounts, RunSummary, Status as RunStatus, TaskFailure,
};
use statemachine::{Text, TextError};

use crate::clock::Clock;
use crate::events::{self, Bus, NotSent};
use crate::plan::{Mode, Named, Plan, PlanError, Request, TaskLimits, plan as make_plan};
use crate::publish::{Causes, RunReport, Status, publish as merge};
use crate::store::{Store, StoreError};
use crate::task::RunId;
use crate::worker::TRANSIENT;

/// The run was started with something that cannot be done.
pub const BAD_REQUEST: &str = "Sluice.BadRequest";
/// The function cannot do its work, and trying again does not help.
pub const FUNCTION_FAILED: &str = "Sluice.FunctionFailed";

/// Largest file of outcomes that the Map writes.
const OUTCOMES_BYTES: usize = 256 << 20;

/// Why a function failed: the error name that the state machine sees, and the explanation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {cause}")]
pub struct FunctionError {
    /// Error name.
    pub name: &'static str,
    /// What, where, what to do.
    pub cause: String,
}

impl FunctionError {
    fn bad_request(cause: impl Into<String>) -> Self {
        Self { name: BAD_REQUEST, cause: cause.into() }
    }

    fn failed(cause: impl Into<String>) -> Self {
        Self { name: FUNCTION_FAILED, cause: cause.into() }
    }
}

impl From<StoreError> for FunctionError {
    fn from(error: StoreError) -> Self {
        let name = if matches!(error, StoreError::Unreachable { .. }) { TRANSIENT } else { FUNCTION_FAILED };
        Self { name, cause: error.to_string() }
    }
}

impl From<PlanError> for FunctionError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Store(error) => error.into(),
            error => Self::bad_request(error.to_string()),
        }
    }
}

impl From<NotSent> for FunctionError {
    fn from(error: NotSent) -> Self {
        Self { name: TRANSIENT, cause: error.to_string() }
    }
}

impl From<TextError> for FunctionError {
    fn from(error: TextError) -> Self {
        Self::failed(error.to_string())
    }
}

/// What a run is started with.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Start {
    prefixes: Vec<String>,
    force: bool,
}

/// Plans a run.
///
/// # Errors
/// When the input of the execution is none, a prefix is unknown, or the store fails.
pub async fn plan(source: &dyn Store, input: Value, limits: TaskLimits, clock: Clock) -> Result<Plan, FunctionError> {
    let input: PlanInput = serde_json::from_value(input).map_err(|error| {
        FunctionError::failed(format!("the state machine sent something else than a plan's input: {error}"))
    })?;
    let started_at = input.started_at.as_str().to_owned();
    let start = start(input.request)?;
    let request = Request {
        prefixes: start.prefixes,
        force: start.force,
        limits,
        run: Some(Named { run_id: RunId(input.execution.as_str().to_owned()), started_at }),
    };
    Ok(make_plan(source, &request, Mode::Write, clock, &mut |_| {}).await?)
}

fn start(request: Value) -> Result<Start, FunctionError> {
    const FORMS: &str = r#"start the execution with {} for everything new, {"prefixes": ["a", "b/c"]} for some prefixes, and "force": true to check again what was done"#;
    if !request.is_object() {
        return Err(FunctionError::bad_request(format!("the input is no object; {FORMS}")));
    }
    let named = request.get("prefixes").is_some();
    let start: Start = serde_json::from_value(request)
        .map_err(|error| FunctionError::bad_request(format!("the input is not understood ({error}); {FORMS}")))?;
    if named && start.prefixes.is_empty() {
        return Err(FunctionError::bad_request(format!("\"prefixes\" is empty; {FORMS}")));
    }
    Ok(start)
}

/// Merges the results of a run, sends the event of every prefix, and says how the run ended.
///
/// # Errors
/// When the store fails or the event bus does not take the events. Doing it again is harmless.
pub async fn publish(
    source: &dyn Store,
    clean: &dyn Store,
    bus: &dyn Bus,
    input: Value,
    clock: Clock,
) -> Result<RunSummary, FunctionError> {
    let of_input = |error| {
        FunctionError::failed(format!("the state machine sent something else than the input of a publication: {error}"))
    };
    let input: PublishInput = serde_json::from_value(input).map_err(of_input)?;
    // The same shape: what the planner gave is what it gets back.
    let plan: Plan = serde_json::to_value(input.plan).and_then(serde_json::from_value).map_err(of_input)?;
    let mut causes =
        Causes { all: input.failure.map(|failure| said(&failure.error, &failure.cause)), ..Causes::default() };
    if let Some(outcomes) = &input.outcomes {
        causes.tasks = failures(source, outcomes).await?;
    }
    let report = merge(source, clean, &plan, &causes, clock).await?;
    events::send(bus, &report.prefixes, events::PAUSE).await?;
    summary(&report, source)
}

fn said(error: &str, cause: &str) -> String {
    if cause.is_empty() { format!("it failed with {error}") } else { format!("it failed with {error} ({cause})") }
}

/// What the Map writes about its results
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

/// A child of the Map that failed although a failure is caught in it.
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

/// Why tasks have failed, by their numbers.
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
                    // A task that is done has no error.
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
    let cause = report.prefixes.iter().find_map(|prefix| prefix.cause.as_deref());
    Ok(RunSummary {
        version: 1,
        run_id: Text::new(report.run_id.0.clone())?,
        status: match report.status {
            Status::Succeeded => RunStatus::Succeeded,
            Status::Partial => RunStatus::Partial,
            Status::Failed => RunStatus::Failed,
        },
        prefixes: report.prefixes.len() as u64,
        files: FileCounts {
            total: files.total,
            clean: files.clean,
            accepted: files.accepted,
            refused: files.refused,
            failed: files.failed,
        },
        rows: RowCounts { read: rows.read, clean: rows.clean, rejected: rows.rejected },
        bytes: report.totals.bytes,
        report: (report.totals.files.total > 0).then(|| source.locate(&report.run_id.report_key())),
        started_at: Text::new(report.started_at.clone())?,
        finished_at: Text::new(report.finished_at.clone())?,
        // The payload between states has a bound, a list of mistakes has none.
        cause: cause.map(|cause| cause.chars().take(1000).collect()),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::num::NonZeroUsize;
    use std::sync::{Arc, Mutex};

    use serde_json::json;

    use super::*;
    use crate::events::Answers;
    use crate::interrupt::Interrupt;
    use crate::jobs::Jobs;
    use crate::process::{Context, Unobserved, process};
    use crate::publish::{PrefixResult, read_tasks};
    use crate::store::{Condition, MemoryStore};

    #[derive(Debug, Default)]
    struct Taken(Mutex<Vec<PrefixResult>>);

    impl Bus for Taken {
        fn put<'a>(&'a self, details: &'a [&'a str]) -> Answers<'a> {
            self.0.lock().unwrap().extend(details.iter().map(|detail| serde_json::from_str(detail).unwrap()));
            let answers = Ok(vec![None; details.len()]);
            Box::pin(async { answers })
        }
    }

    fn input(request: Value) -> Value {
        json!({ "request": request, "execution": "run-1", "startedAt": "2026-11-23T21:14:42.123Z" })
    }

    async fn filled(keys: &[&str]) -> MemoryStore {
        let store = MemoryStore::new();
        for key in keys {
            store.put(key, b"a,b\n1,2\n".to_vec(), Condition::Always).await.unwrap();
        }
        store
    }

    async fn planned(store: &MemoryStore, request: Value) -> Result<Plan, FunctionError> {
        plan(store, input(request), TaskLimits::default(), Clock::System).await
    }

    #[tokio::test]
    async fn requests_that_cannot_be_done_say_what_can() {
        let store = filled(&["a/incoming/x.csv"]).await;
        for (request, word) in [
            (json!({ "prefixes": "a" }), "expected a sequence"),
            (json!({ "prefixes": [] }), "empty"),
            (json!({ "prefixes": [1] }), "expected a string"),
            (json!({ "prefix": ["a"] }), "unknown field `prefix`"),
            (json!({ "prefixes": ["b"] }), "\"b\""),
            (json!({ "force": "yes" }), "expected a boolean"),
            (json!([]), "no object"),
            (json!(null), "no object"),
        ] {
            let error = planned(&store, request.clone()).await.unwrap_err();
            assert_eq!(error.name, BAD_REQUEST, "{request}");
            assert!(error.cause.contains(word), "{request}: {error}");
        }
        assert!(store.contents().keys().all(|key| !key.starts_with("_sluice/")));
    }

    #[tokio::test]
    async fn a_function_that_is_invoked_again_plans_the_same_run() {
        let store = filled(&["a/incoming/x.csv", "b/incoming/y.csv"]).await;
        let first = planned(&store, json!({})).await.unwrap();
        let contents = store.contents();
        assert_eq!(planned(&store, json!({})).await.unwrap(), first);
        assert_eq!(store.contents(), contents);
        assert_eq!((first.run_id.0.as_str(), first.tasks), ("run-1", 2));
        // What the state machine keeps of it has all of it.
        let kept: statemachine::payload::PlanOutput =
            serde_json::from_value(serde_json::to_value(&first).unwrap()).unwrap();
        assert_eq!(serde_json::to_value(kept).unwrap(), serde_json::to_value(&first).unwrap());
    }

    #[tokio::test]
    async fn every_prefix_gets_its_event_and_a_task_that_died_fails_its_prefix_only() {
        let store = filled(&["a/incoming/x.csv", "b/incoming/y.csv", "c/incoming/z.csv"]).await;
        let plan = planned(&store, json!({ "prefixes": ["a", "b", "c"] })).await.unwrap();
        let shared: Arc<dyn Store> = Arc::new(store.clone());
        let context = Context {
            source: Arc::clone(&shared),
            clean: shared,
            jobs: Jobs::new(NonZeroUsize::MIN),
            clock: Clock::System,
            interrupt: Interrupt::default(),
            observer: Arc::new(Unobserved),
        };
        let tasks = read_tasks(&store, &plan.run_id).await.unwrap();
        process(&context, &plan.run_id, &tasks[0]).await.unwrap();
        // What the Map writes: the first is done, of the second the failure was caught, of the third it was not.
        let lines = "{\"task\":0}\n{\"task\":1,\"error\":\"States.HeartbeatTimeout\",\"cause\":\"\"}\n";
        store.put("m/SUCCEEDED_0.jsonl", lines.into(), Condition::Always).await.unwrap();
        let child = json!({ "Input": "{\"task\":2}", "Error": "States.Runtime", "Cause": "boom" });
        store.put("m/FAILED_0.jsonl", child.to_string().into(), Condition::Always).await.unwrap();
        let manifest = json!({ "ResultFiles": {
            "SUCCEEDED": [{ "Key": "m/SUCCEEDED_0.jsonl" }], "FAILED": [{ "Key": "m/FAILED_0.jsonl" }], "PENDING": [],
        } });
        store.put("m/manifest.json", manifest.to_string().into(), Condition::Always).await.unwrap();
        let input = json!({ "plan": plan, "outcomes": { "bucket": "s", "key": "m/manifest.json" }, "failure": null });

        let bus = Taken::default();
        let summary = publish(&store, &store, &bus, input, Clock::System).await.unwrap();
        assert_eq!((summary.status, summary.prefixes, summary.files.total), (RunStatus::Failed, 3, 3));
        let events = bus.0.lock().unwrap();
        let ends: Vec<(&str, Status)> = events.iter().map(|event| (event.prefix.as_str(), event.status)).collect();
        assert_eq!(ends, [("a", Status::Succeeded), ("b", Status::Failed), ("c", Status::Failed)]);
        assert!(events[1].cause.as_ref().unwrap().contains("States.HeartbeatTimeout"));
        assert!(events[2].cause.as_ref().unwrap().contains("States.Runtime (boom)"));
    }

    #[tokio::test]
    async fn a_map_that_failed_as_a_whole_fails_every_prefix_with_its_cause() {
        let store = filled(&["a/incoming/x.csv"]).await;
        let plan = planned(&store, json!({})).await.unwrap();
        let failure = json!({ "error": "States.ItemReaderFailed", "cause": "no such key" });
        let input = json!({ "plan": plan, "outcomes": null, "failure": failure });
        let bus = Taken::default();
        let summary = publish(&store, &store, &bus, input, Clock::System).await.unwrap();
        assert_eq!(summary.status, RunStatus::Failed);
        assert!(summary.cause.unwrap().contains("States.ItemReaderFailed (no such key)"));
    }

    #[tokio::test]
    async fn what_passes_between_states_is_small_however_many_and_long_the_keys_are() {
        let store = MemoryStore::new();
        let long = "k".repeat(700);
        for number in 0..2000 {
            for suffix in ["csv", "exe"] {
                let key = format!("{number:04}/{long}/incoming/{number}.{suffix}");
                store.put(&key, b"a\n".to_vec(), Condition::Always).await.unwrap();
            }
        }
        let plan = planned(&store, json!({})).await.unwrap();
        assert_eq!((plan.files, plan.prefixes), (2000, 2000));
        let failure = json!({ "error": "States.ItemReaderFailed", "cause": "c".repeat(20_000) });
        let input = json!({ "plan": plan, "outcomes": null, "failure": failure });
        let bus = Taken::default();
        let summary = publish(&store, &store, &bus, input, Clock::System).await.unwrap();
        assert_eq!(bus.0.lock().unwrap().len(), 2000);
        for payload in [serde_json::to_string(&plan).unwrap(), serde_json::to_string(&summary).unwrap()] {
            assert!(payload.len() < 8 * 1024, "{}", payload.len());
        }
    }
}
