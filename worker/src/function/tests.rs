#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sluice_engine::descriptor::JsonSchema;
use statemachine::payload::{PlanOutput, RunSummary, Status as RunStatus};

use super::*;
use crate::clock::{Clock, monotonic};
use crate::events::{About, Bus, PutFuture};
use crate::open_run::testing::Ended;
use crate::plan::{Plan, TaskLimits};
use crate::process::{Assignment, Context, process};
use crate::publish::{PrefixResult, Status, read_tasks};
use crate::store::{Condition, MemoryStore};

/// A bus that accepts a given number of entries, and refuses all further ones.
#[derive(Debug)]
struct Taken {
    prefixes: Mutex<Vec<PrefixResult>>,
    runs: Mutex<Vec<RunSummary>>,
    room: Mutex<usize>,
}

impl Taken {
    fn with_room(room: usize) -> Arc<Self> {
        Arc::new(Self { prefixes: Mutex::default(), runs: Mutex::default(), room: Mutex::new(room) })
    }

    fn all() -> Arc<Self> {
        Self::with_room(usize::MAX)
    }

    fn ends(&self) -> Vec<(String, Status)> {
        self.prefixes.lock().unwrap().iter().map(|event| (event.prefix.clone(), event.status)).collect()
    }
}

/// Returns true if the detail of an event conforms to its JSON Schema in `docs/schemas`.
fn is_valid(about: About, detail: &str) -> bool {
    let (name, schema) = match about {
        About::Prefix => ("prefix-event.json", include_str!("../../../docs/schemas/prefix-event.json")),
        About::Run => ("run-event.json", include_str!("../../../docs/schemas/run-event.json")),
    };
    JsonSchema::of_text(name, schema.as_bytes()).unwrap().is_valid_text(detail.as_bytes())
}

impl Bus for Taken {
    fn put<'a>(&'a self, about: About, details: &'a [String]) -> PutFuture<'a> {
        let mut room = self.room.lock().unwrap();
        let answer = |detail: &String| {
            if *room == 0 {
                return Some("InternalFailure".to_owned());
            }
            *room -= 1;
            assert!(is_valid(about, detail), "{detail}");
            match about {
                About::Prefix => self.prefixes.lock().unwrap().push(serde_json::from_str(detail).unwrap()),
                About::Run => self.runs.lock().unwrap().push(serde_json::from_str(detail).unwrap()),
            }
            None
        };
        let answers = Ok(details.iter().map(answer).collect());
        Box::pin(async { answers })
    }
}

/// A pipeline without AWS.
struct Cloud {
    memory: MemoryStore,
    stores: Stores,
    executions: Arc<Ended>,
}

impl Cloud {
    async fn filled(keys: &[&str]) -> Self {
        let memory = MemoryStore::new();
        for key in keys {
            memory.put(key, b"a,b\n1,2\n".to_vec(), Condition::Always).await.unwrap();
        }
        let store: Arc<dyn Store> = Arc::new(memory.clone());
        let stores = Stores { source: Arc::clone(&store), outputs: Some(store) };
        Self { memory, stores, executions: Arc::default() }
    }

    async fn plan(&self, execution: &str, request: Value) -> Result<Planned, FunctionError> {
        self.plan_by(execution, request, None).await
    }

    async fn plan_by(&self, name: &str, request: Value, deadline: Option<Instant>) -> Result<Planned, FunctionError> {
        let planner = Planner {
            source: Arc::clone(&self.stores.source),
            executions: self.executions.clone(),
            limits: TaskLimits { files: 1, ..TaskLimits::default() },
            logs: None,
            clock: Clock::System,
        };
        let input = json!({
            "request": request, "execution": name, "executionArn": name, "startedAt": "2026-11-23T21:14:42.123Z",
        });
        planner.plan(input, deadline).await
    }

    async fn work(&self, plan: &Plan) {
        for task in read_tasks(&self.memory, &plan.run_id).await.unwrap() {
            self.work_on(plan, task.task).await;
        }
    }

    async fn work_on(&self, plan: &Plan, number: u64) {
        let context = Context::new(Arc::clone(&self.stores.source), self.stores.outputs.clone());
        let tasks = read_tasks(&self.memory, &plan.run_id).await.unwrap();
        let task = tasks.iter().find(|task| task.task == number).unwrap();
        process(&context, &Assignment::first(&plan.run_id, task)).await.unwrap();
    }

    async fn publish(
        &self,
        bus: &Arc<Taken>,
        input: Value,
        deadline: Option<Instant>,
    ) -> Result<RunSummary, FunctionError> {
        let bus: Arc<dyn Bus> = bus.clone();
        let publisher = Publisher::new(self.stores.clone(), self.executions.clone(), bus, Clock::System);
        Publisher { pause: Duration::ZERO, ..publisher }.publish(input, deadline).await
    }

    fn end(&self, execution: &str) {
        self.executions.0.lock().unwrap().insert(execution.to_owned());
    }

    fn keys(&self, under: &str) -> Vec<String> {
        self.memory.contents().into_keys().filter(|key| key.starts_with(under)).collect()
    }
}

fn of_plan(planned: &Planned) -> Value {
    json!({ "plan": planned, "outcomes": null, "failure": null })
}

#[tokio::test]
async fn requests_that_cannot_be_done_say_what_can() {
    let cloud = Cloud::filled(&["a/incoming/x.csv"]).await;
    for (request, word) in [
        (json!({ "prefixes": "a" }), "expected a sequence"),
        (json!({ "prefixes": [] }), "empty"),
        (json!({ "prefixes": [1] }), "expected a string"),
        (json!({ "prefix": ["a"] }), "unknown field `prefix`"),
        (json!({ "comment": "" }), "unknown field `comment`"),
        (json!({ "prefixes": ["b"] }), "\"b\""),
        (json!({ "force": "yes" }), "expected a boolean"),
        (json!([]), "not an object"),
        (json!(null), "not an object"),
    ] {
        let error = cloud.plan("run-1", request.clone()).await.unwrap_err();
        assert_eq!(error.name, BAD_REQUEST, "{request}");
        assert!(error.cause.contains(word), "{request}: {error}");
    }
    assert_eq!(cloud.keys("_sluice/"), Vec::<String>::new());
}

#[tokio::test]
async fn what_the_console_and_parent_workflows_add_to_an_input_is_ignored() {
    let cloud = Cloud::filled(&["a/incoming/x.csv", "b/incoming/y.csv"]).await;
    let comment = json!({ "Comment": "Insert your JSON here" });
    assert_eq!(cloud.plan("run-1", comment).await.unwrap().plan.files, 2);
    cloud.end("run-1");
    let nested = json!({ "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "arn:…", "prefixes": ["b"] });
    assert_eq!(cloud.plan("run-2", nested).await.unwrap().plan.files, 1);
}

#[tokio::test]
async fn a_function_that_is_invoked_again_plans_the_same_run() {
    let cloud = Cloud::filled(&["a/incoming/x.csv", "b/incoming/y.csv"]).await;
    let first = cloud.plan("run-1", json!({})).await.unwrap();
    let contents = cloud.memory.contents();
    assert_eq!(cloud.plan("run-1", json!({})).await.unwrap(), first);
    assert_eq!(cloud.memory.contents(), contents);
    assert_eq!((first.plan.run_id.0.as_str(), first.plan.tasks), ("run-1", 2));
    // The type by which the state machine passes the plan on has all its members.
    let kept: PlanOutput = serde_json::from_value(serde_json::to_value(&first).unwrap()).unwrap();
    assert_eq!(serde_json::to_value(kept).unwrap(), serde_json::to_value(&first).unwrap());
}

#[tokio::test]
async fn what_a_run_under_way_has_planned_is_not_planned_again() {
    let cloud = Cloud::filled(&["a/incoming/x.csv", "b/incoming/y.csv"]).await;
    let first = cloud.plan("run-1", json!({})).await.unwrap();
    cloud.memory.put("c/incoming/z.csv", b"a\n1\n".to_vec(), Condition::Always).await.unwrap();
    let second = cloud.plan("run-2", json!({})).await.unwrap();
    assert_eq!((first.plan.files, second.plan.files, second.unfinished), (2, 1, 0));
    // Stopped by hand: its files are new again, and its events are to be sent.
    cloud.end("run-1");
    let third = cloud.plan("run-3", json!({})).await.unwrap();
    assert_eq!((third.plan.files, third.unfinished), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn runs_that_start_at_once_hand_out_each_file_once() {
    for _ in 0..10 {
        let names: Vec<String> = (0..20).map(|number| format!("p{number}/incoming/x.csv")).collect();
        let cloud = Arc::new(Cloud::filled(&names.iter().map(String::as_str).collect::<Vec<_>>()).await);
        let plans = (0..4).map(|number| {
            let cloud = Arc::clone(&cloud);
            tokio::spawn(async move { cloud.plan(&format!("run-{number}"), json!({})).await.unwrap().plan.files })
        });
        let mut files = 0;
        for plan in plans.collect::<Vec<_>>() {
            files += plan.await.unwrap();
        }
        assert_eq!(files, 20);
        assert_eq!(cloud.keys("_sluice/planning"), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_planner_that_died_does_not_keep_others_from_planning() {
    let cloud = Cloud::filled(&["a/incoming/x.csv"]).await;
    let holder = json!({ "runId": "run-0", "execution": "run-0" }).to_string();
    cloud.memory.put("_sluice/planning", holder.into_bytes(), Condition::Always).await.unwrap();
    let error = cloud.plan_by("run-1", json!({}), Some(monotonic())).await.unwrap_err();
    assert_eq!(error.name, TRANSIENT);
    cloud.end("run-0");
    assert_eq!(cloud.plan("run-1", json!({})).await.unwrap().plan.files, 1);
}

#[tokio::test]
async fn every_prefix_gets_its_event_and_a_task_that_died_fails_its_prefix_only() {
    let cloud = Cloud::filled(&["a/incoming/x.csv", "b/incoming/y.csv", "c/incoming/z.csv"]).await;
    let planned = cloud.plan("run-1", json!({ "prefixes": ["a", "b", "c"] })).await.unwrap();
    cloud.work_on(&planned.plan, 0).await;
    // What the Map writes: the first task succeeded, the failure of the second was caught, that of the third was not.
    let lines = "{\"task\":0}\n{\"task\":1,\"error\":\"States.HeartbeatTimeout\",\"cause\":\"\"}\n";
    let store = &cloud.memory;
    store.put("m/SUCCEEDED_0.jsonl", lines.into(), Condition::Always).await.unwrap();
    let child = json!({ "Input": "{\"task\":2}", "Error": "States.Runtime", "Cause": "boom" });
    store.put("m/FAILED_0.jsonl", child.to_string().into(), Condition::Always).await.unwrap();
    let manifest = json!({ "ResultFiles": {
        "SUCCEEDED": [{ "Key": "m/SUCCEEDED_0.jsonl" }], "FAILED": [{ "Key": "m/FAILED_0.jsonl" }], "PENDING": [],
    } });
    store.put("m/manifest.json", manifest.to_string().into(), Condition::Always).await.unwrap();
    let input = json!({ "plan": planned, "outcomes": { "bucket": "s", "key": "m/manifest.json" }, "failure": null });

    assert_eq!(cloud.keys("_sluice/open/"), ["_sluice/open/run-1"]);
    let bus = Taken::all();
    let summary = cloud.publish(&bus, input.clone(), None).await.unwrap();
    assert_eq!((summary.status, summary.prefixes, summary.files.total), (RunStatus::Failed, 3, 3));
    let ends = [("a", Status::Succeeded), ("b", Status::Failed), ("c", Status::Failed)];
    assert_eq!(bus.ends(), ends.map(|(prefix, status)| (prefix.to_owned(), status)));
    let causes: Vec<Option<String>> = bus.prefixes.lock().unwrap().iter().map(|event| event.cause.clone()).collect();
    assert!(causes[1].as_ref().unwrap().contains("States.HeartbeatTimeout"));
    assert!(causes[2].as_ref().unwrap().contains("States.Runtime (boom)"));
    assert_eq!(*bus.runs.lock().unwrap(), std::slice::from_ref(&summary));
    assert_eq!(cloud.keys("_sluice/open/"), Vec::<String>::new());
    // Invoked again after everything was done, it returns the same, and repeats only the event of the run.
    assert_eq!(cloud.publish(&bus, input, None).await.unwrap(), summary);
    assert_eq!((bus.ends().len(), bus.runs.lock().unwrap().len()), (3, 2));
}

#[tokio::test]
async fn a_map_that_failed_as_a_whole_fails_every_prefix_with_its_cause() {
    let cloud = Cloud::filled(&["a/incoming/x.csv"]).await;
    let planned = cloud.plan("run-1", json!({})).await.unwrap();
    let failure = json!({ "error": "States.ItemReaderFailed", "cause": "no such key" });
    let input = json!({ "plan": planned, "outcomes": null, "failure": failure });
    let summary = cloud.publish(&Taken::all(), input, None).await.unwrap();
    assert_eq!(summary.status, RunStatus::Failed);
    assert!(summary.cause.unwrap().contains("States.ItemReaderFailed (no such key)"));
}

#[tokio::test]
async fn what_ends_a_run_before_its_events_leaves_them_to_the_next_run() {
    let names: Vec<String> = (0..25).map(|number| format!("p{number:02}/incoming/x.csv")).collect();
    let cloud = Cloud::filled(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let planned = cloud.plan("run-1", json!({})).await.unwrap();
    cloud.work(&planned.plan).await;
    // EventBridge is down.
    let error = cloud.publish(&Taken::with_room(0), of_plan(&planned), None).await.unwrap_err();
    assert_eq!(error.name, TRANSIENT);
    // As long as the execution goes on, its events are sent by itself.
    let bus = Taken::all();
    let idle = cloud.plan("run-2", json!({})).await.unwrap();
    assert_eq!((idle.plan.tasks, idle.unfinished), (0, 0));
    cloud.publish(&bus, of_plan(&idle), None).await.unwrap();
    assert_eq!(bus.ends().len(), 0);
    // After the execution has ended, the next run sends its events, although that run has no files of its own.
    cloud.end("run-1");
    let next = cloud.plan("run-3", json!({})).await.unwrap();
    assert_eq!((next.plan.tasks, next.unfinished), (0, 1));
    cloud.publish(&bus, of_plan(&next), None).await.unwrap();
    assert_eq!(bus.ends(), (0..25).map(|number| (format!("p{number:02}"), Status::Succeeded)).collect::<Vec<_>>());
    let runs: Vec<String> = bus.runs.lock().unwrap().iter().map(|run| run.run_id.as_str().to_owned()).collect();
    assert_eq!(runs, ["run-2", "run-3", "run-1"]);
    assert_eq!(cloud.keys("_sluice/open/"), Vec::<String>::new());
}

#[tokio::test]
async fn of_an_execution_that_was_stopped_by_hand_the_next_run_tells_the_outcome() {
    let cloud = Cloud::filled(&["a/incoming/x.csv", "b/incoming/y.csv"]).await;
    let planned = cloud.plan("run-1", json!({})).await.unwrap();
    cloud.work_on(&planned.plan, 0).await;
    cloud.end("run-1");
    let bus = Taken::all();
    let next = cloud.plan("run-2", json!({})).await.unwrap();
    assert_eq!((next.plan.files, next.unfinished), (1, 1));
    cloud.work(&next.plan).await;
    cloud.publish(&bus, of_plan(&next), None).await.unwrap();
    // The file that the first run left has been done by now.
    let ends = [("b", Status::Succeeded), ("a", Status::Succeeded), ("b", Status::Succeeded)];
    assert_eq!(bus.ends(), ends.map(|(prefix, status)| (prefix.to_owned(), status)));
}

/// The objects of a run expire after 90 days, its marker does not.
#[tokio::test]
async fn a_run_whose_objects_have_expired_is_closed() {
    let cloud = Cloud::filled(&["a/incoming/x.csv"]).await;
    cloud.plan("run-1", json!({})).await.unwrap();
    cloud.end("run-1");
    for key in cloud.keys("_sluice/runs/run-1/") {
        let etag = cloud.memory.head(&key).await.unwrap().etag;
        cloud.memory.delete(&key, &etag).await.unwrap();
    }
    let next = cloud.plan("run-2", json!({})).await.unwrap();
    assert_eq!((next.plan.files, next.unfinished), (1, 1));
    cloud.work(&next.plan).await;
    let bus = Taken::all();
    cloud.publish(&bus, of_plan(&next), None).await.unwrap();
    assert_eq!(bus.ends(), [("a".to_owned(), Status::Succeeded)]);
    assert_eq!(cloud.keys("_sluice/open/"), Vec::<String>::new());
    assert_eq!(cloud.plan("run-3", json!({})).await.unwrap().unfinished, 0);
}

#[tokio::test]
async fn a_publisher_whose_time_is_over_goes_on_where_it_stopped() {
    let names: Vec<String> = (0..40).map(|number| format!("p{number:02}/incoming/x.csv")).collect();
    let cloud = Cloud::filled(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let planned = cloud.plan("run-1", json!({})).await.unwrap();
    cloud.work(&planned.plan).await;
    let bus = Taken::all();
    let error = cloud.publish(&bus, of_plan(&planned), Some(monotonic())).await.unwrap_err();
    assert_eq!(error.name, UNFINISHED);
    let summary = cloud.publish(&bus, of_plan(&planned), None).await.unwrap();
    assert_eq!((summary.status, bus.ends().len()), (RunStatus::Succeeded, 40));
}

#[tokio::test]
async fn what_passes_between_states_is_small_however_many_and_long_the_keys_are() {
    let cloud = Cloud::filled(&[]).await;
    let long = "k".repeat(700);
    for number in 0..2000 {
        for suffix in ["csv", "exe"] {
            let key = format!("{number:04}/{long}/incoming/{number}.{suffix}");
            cloud.memory.put(&key, b"a\n".to_vec(), Condition::Always).await.unwrap();
        }
    }
    let planned = cloud.plan("run-1", json!({})).await.unwrap();
    assert_eq!((planned.plan.files, planned.plan.prefixes), (2000, 2000));
    let failure = json!({ "error": "States.ItemReaderFailed", "cause": "c".repeat(20_000) });
    let input = json!({ "plan": planned, "outcomes": null, "failure": failure });
    let bus = Taken::all();
    let summary = cloud.publish(&bus, input, None).await.unwrap();
    assert_eq!(bus.ends().len(), 2000);
    for payload in [serde_json::to_string(&planned).unwrap(), serde_json::to_string(&summary).unwrap()] {
        assert!(payload.len() < 8 * 1024, "{}", payload.len());
    }
}
