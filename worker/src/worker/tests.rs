//! Tests.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::*;
use crate::callback::CallbackFuture;
use crate::clock::Clock;
use crate::plan::{Mode, Request, plan};
use crate::process::{FileOutcome, Observer, Unobserved};
use crate::publish::read_tasks;
use crate::store::{Condition, MemoryStore, Store};

const PACE: Pace = Pace {
    heartbeat: Duration::from_millis(5),
    again: Duration::from_millis(1),
    silence: Duration::from_secs(3600),
    grace: Duration::from_secs(30),
};

/// The Map reads `tasks.jsonl`, and the state machine the note of a worker, as types of their own.
#[tokio::test]
async fn the_state_machine_reads_what_planner_and_worker_write() {
    use statemachine::payload::{MapItem, WorkerRecord};
    let memory = MemoryStore::new();
    memory.put("a/incoming/x.csv", "id\n1\n".into(), Condition::Always).await.unwrap();
    let source: Arc<dyn Store> = Arc::new(memory);
    let planned = plan(&source, &Request::default(), Mode::Write, Clock::System, &mut |_| {}).await.unwrap();
    let (_, line) = source.get(&planned.run_id.tasks_key(), 10_000).await.unwrap();
    let item: MapItem = serde_json::from_slice(line.trim_ascii_end()).unwrap();
    let task = &read_tasks(&*source, &planned.run_id).await.unwrap()[0];
    assert_eq!((item.task, item.offset, item.length), (task.task, task.offset, task.length));
    let arn = "arn:aws:ecs:eu-central-1:123456789012:task/c/1".to_owned();
    Note::leave(&*source, &planned.run_id, 0, 0, arn.clone()).await.unwrap();
    let (_, note) = source.get(&planned.run_id.worker_key(0), 10_000).await.unwrap();
    let record: WorkerRecord = serde_json::from_slice(&note).unwrap();
    assert_eq!((record.attempt, record.task_arn), (0, arn));
}

/// A callback that records what it is told, and answers with the prepared errors, then with success.
#[derive(Debug, Default)]
struct Notes {
    told: Mutex<Vec<String>>,
    answers: Mutex<VecDeque<CallbackError>>,
}

impl Notes {
    fn note(&self, what: String) -> CallbackFuture<'_> {
        self.told.lock().unwrap().push(what);
        let answer = self.answers.lock().unwrap().pop_front().map_or(Ok(()), Err);
        Box::pin(async { answer })
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }
}

impl Callback for Notes {
    fn heartbeat(&self) -> CallbackFuture<'_> {
        self.note("heartbeat".to_owned())
    }
    fn success(&self, output: String) -> CallbackFuture<'_> {
        self.note(format!("success {output}"))
    }
    fn failure(&self, error: &'static str, _: String) -> CallbackFuture<'_> {
        self.note(format!("failure {error}"))
    }
}

/// A store with a planned run of one task of 40 files.
async fn planned() -> (MemoryStore, TaskRef) {
    let store = MemoryStore::new();
    for number in 0..40 {
        let rows = format!("a,b\n{number},x\n");
        store.put(&format!("p/q/incoming/{number}.csv"), rows.into_bytes(), Condition::Always).await.unwrap();
    }
    let plan = plan(
        &(Arc::new(store.clone()) as Arc<dyn Store>),
        &Request::default(),
        Mode::Write,
        Clock::System,
        &mut |_| {},
    )
    .await
    .unwrap();
    let task = read_tasks(&store, &plan.run_id).await.unwrap().remove(0);
    let lines = task.offset..task.offset + task.length;
    (store, TaskRef { run: plan.run_id, task: task.task, lines, attempt: 0, container: Container::default() })
}

fn context(store: &MemoryStore, observer: Arc<dyn Observer>) -> Context {
    let shared: Arc<dyn Store> = Arc::new(store.clone());
    Context { observer, ..Context::new(Arc::clone(&shared), Some(shared)) }
}

fn count(store: &MemoryStore, part: &str) -> usize {
    store.contents().keys().filter(|key| key.contains(part)).count()
}

#[tokio::test]
async fn a_task_is_done_and_said_to_be_and_the_heart_beats_from_the_start() {
    let (store, task_ref) = planned().await;
    let notes = Notes::default();
    let ending = work(&context(&store, Arc::new(Unobserved)), &task_ref, &notes, PACE, std::future::pending()).await;
    assert_eq!(ending, Ending::Done);
    let told = notes.told();
    assert_eq!((told.first().unwrap().as_str(), told.last().unwrap().as_str()), ("heartbeat", "success {\"task\":0}"));
    assert_eq!((count(&store, "/clean/"), count(&store, "_sluice/ledger/")), (40, 40));
}

/// Sends the signal to stop when the first file is done.
#[derive(Debug)]
struct Stopper(Mutex<Option<tokio::sync::oneshot::Sender<()>>>);

impl Observer for Stopper {
    fn finished(&self, _: &FileOutcome) {
        if let Some(stop) = self.0.lock().unwrap().take() {
            stop.send(()).unwrap();
        }
    }
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_says_so_and_the_next_attempt_does_the_rest() {
    let (store, task_ref) = planned().await;
    let (send, stop) = tokio::sync::oneshot::channel();
    let notes = Notes::default();
    let stopped = async { drop(stop.await) };
    let ending =
        work(&context(&store, Arc::new(Stopper(Mutex::new(Some(send))))), &task_ref, &notes, PACE, stopped).await;
    assert_eq!(ending, Ending::Failed(INTERRUPTED));
    assert_eq!(notes.told().last().unwrap(), "failure Sluice.Interrupted");
    let done = count(&store, "_sluice/ledger/");
    assert!((1..40).contains(&done), "{done}");
    assert_eq!(count(&store, "/clean/"), done);

    let again = work(&context(&store, Arc::new(Unobserved)), &task_ref, &notes, PACE, std::future::pending()).await;
    assert_eq!(again, Ending::Done);
    assert_eq!((count(&store, "/clean/"), count(&store, "_sluice/ledger/")), (40, 40));
}

#[tokio::test]
async fn a_worker_whose_token_is_gone_publishes_nothing() {
    let (store, task_ref) = planned().await;
    let notes = Notes::default();
    notes.answers.lock().unwrap().push_back(CallbackError::Gone("TaskTimedOut".to_owned()));
    let context = context(&store, Arc::new(Unobserved));
    let ending = work(&context, &task_ref, &notes, PACE, std::future::pending()).await;
    assert_eq!(ending, Ending::Abandoned);
    assert_eq!(notes.told(), ["heartbeat"]);
    assert!(context.interrupt.raised());
    assert_eq!(count(&store, "/clean/"), count(&store, "_sluice/ledger/"));
    assert!(count(&store, "_sluice/ledger/") < 40);
}

#[tokio::test]
async fn a_heartbeat_that_does_not_come_through_is_sent_again() {
    let (store, task_ref) = planned().await;
    let notes = Notes::default();
    notes.answers.lock().unwrap().push_back(CallbackError::Unreachable("503".to_owned()));
    let ending = work(&context(&store, Arc::new(Unobserved)), &task_ref, &notes, PACE, std::future::pending()).await;
    assert_eq!(ending, Ending::Done);
}

#[test]
fn a_worker_gives_up_when_the_state_machine_does() {
    assert_eq!(Pace::default().silence, Duration::from_secs(statemachine::pipeline::HEARTBEAT_SECONDS));
}

/// A state machine that cannot be reached.
#[derive(Debug)]
struct Nobody;

impl Callback for Nobody {
    fn heartbeat(&self) -> CallbackFuture<'_> {
        Box::pin(async { Err(CallbackError::Unreachable("503".to_owned())) })
    }
    fn success(&self, _: String) -> CallbackFuture<'_> {
        self.heartbeat()
    }
    fn failure(&self, _: &'static str, _: String) -> CallbackFuture<'_> {
        self.heartbeat()
    }
}

#[tokio::test]
async fn a_worker_that_nobody_has_heard_for_too_long_publishes_nothing() {
    let (store, task_ref) = planned().await;
    // As after a freeze: the time is over before any file was checked.
    let pace = Pace { silence: Duration::ZERO, ..PACE };
    let context = context(&store, Arc::new(Unobserved));
    let ending = work(&context, &task_ref, &Nobody, pace, std::future::pending()).await;
    assert!(matches!(ending, Ending::Abandoned | Ending::Untold(_)), "{ending:?}");
    assert_eq!((count(&store, "/clean/"), count(&store, "_sluice/ledger/")), (0, 0));
}

#[tokio::test]
async fn an_attempt_that_is_cut_short_leaves_the_result_of_the_other_one_alone() {
    let (store, task_ref) = planned().await;
    let whole = context(&store, Arc::new(Unobserved));
    work(&whole, &task_ref, &Notes::default(), PACE, std::future::pending()).await;
    let before = store.contents();

    let gone = Notes::default();
    gone.answers.lock().unwrap().push_back(CallbackError::Gone("TaskTimedOut".to_owned()));
    let late = context(&store, Arc::new(Unobserved));
    late.interrupt.raise();
    work(&late, &task_ref, &gone, PACE, std::future::pending()).await;
    assert_eq!(store.contents(), before);
}

#[tokio::test]
async fn a_pointer_to_nothing_fails_for_good() {
    let (store, mut task_ref) = planned().await;
    task_ref.lines = 0..0;
    let notes = Notes::default();
    let context = context(&store, Arc::new(Unobserved));
    let ending = work(&context, &task_ref, &notes, PACE, std::future::pending()).await;
    assert_eq!(ending, Ending::Failed(TASK_FAILED));
}
