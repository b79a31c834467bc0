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
