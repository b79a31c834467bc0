//! A task on AWS: checks its files, says that it is alive, and stops when it is told to or when nobody waits for it.

mod note;
mod plan_task;

use std::future::Future;
use std::ops::Range;
use std::pin::pin;
use std::time::Duration;

use statemachine::payload::TaskSummary;

use crate::callback::{Callback, CallbackError};
use crate::clock::monotonic;
use crate::container::Container;
use crate::interrupt::Interrupt;
use crate::process::{Assignment, Context, process};
use crate::store::StoreError;
use crate::task::{FailureCode, RunId, TaskResult};
use note::Note;
pub use plan_task::plan_task;

/// Something that passes; the state machine tries the task again.
pub const TRANSIENT: &str = "Sluice.Transient";
/// The worker was told to stop; the state machine tries the task again.
pub const INTERRUPTED: &str = "Sluice.Interrupted";
/// The task cannot be done, and trying again does not help.
pub const TASK_FAILED: &str = "Sluice.TaskFailed";

/// How often the worker says that it is alive, and for how long it puts away what it has begun.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between two heartbeats.
    pub heartbeat: Duration,
    /// Until a heartbeat that did not come through is sent again.
    pub again: Duration,
    /// Since the last heartbeat that came through: by then the state machine may have given the task to another worker,
    /// and this one publishes nothing more.
    pub silence: Duration,
    /// From the signal to stop until the worker ends anyway; ECS gives 120 seconds.
    pub grace: Duration,
}

impl Pace {
    /// A pace with `heartbeat` between two heartbeats, of which the state machine misses five before it gives up.
    pub fn of(heartbeat: Duration) -> Self {
        Self { heartbeat, again: heartbeat / 6, silence: heartbeat * 5, grace: Duration::from_secs(90) }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::of(Duration::from_secs(60))
    }
}

/// Which task: what the state machine puts into the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// The run.
    pub run: RunId,
    /// Number of the task.
    pub task: u64,
    /// Its lines in the run's `files.jsonl`, in bytes.
    pub lines: Range<u64>,
    /// Which attempt, from 0.
    pub attempt: u64,
    /// Which container this is.
    pub container: Container,
}

/// How the work on a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is done, and the state machine knows. Files that failed are part of the result.
    Done,
    /// It has failed by this error name, and the state machine knows.
    Failed(&'static str),
    /// Nobody waited for it any more: nothing was published after that was seen.
    Abandoned,
    /// The state machine could not be told how it ended.
    Untold(CallbackError),
}

/// What ended the wait.
enum Event {
    Processed(Box<Result<TaskResult, StoreError>>),
    Gone(String),
    Stopped,
}

/// Works on a task until it is done, `stop` is, or nobody waits for it any more.
pub async fn work(
    context: &Context,
    pointer: &Pointer,
    callback: &dyn Callback,
    pace: Pace,
    stop: impl Future<Output = ()>,
) -> Ending {
    context.interrupt.raise_at(monotonic() + pace.silence);
    let note = std::sync::OnceLock::new();
    let mut work = pin!(async {
        let Pointer { run, task, lines, attempt, container } = pointer;
        let (left, attempt) = Note::leave(&*context.source, run, *task, *attempt, container.task_arn.clone()).await?;
        // Once: the work is begun once.
        let _ = note.set(left);
        if attempt.after_death {
            tracing::warn!(
                attempt = attempt.number,
                "the worker before has died: what is left is checked file by file"
            );
        }
        process(
            context,
            &Assignment { run: run.clone(), task: *task, lines: lines.clone(), attempt, size: container.size },
        )
        .await
    });
    let event = tokio::select! {
        result = &mut work => Event::Processed(Box::new(result)),
        why = heartbeats(callback, pace, &context.interrupt) => Event::Gone(why),
        () = stop => Event::Stopped,
    };
    let mut gone = None;
    let ended = match event {
        Event::Processed(result) => verdict(*result),
        Event::Stopped | Event::Gone(_) => {
            if let Event::Gone(why) = event {
                gone = Some(why);
            }
            context.interrupt.raise();
            let put_away = tokio::time::timeout(pace.grace, &mut work).await;
            match put_away {
                // The signal came when all was done.
                Ok(result @ Ok(_)) => verdict(result),
                _ => Err((INTERRUPTED, "the worker was told to stop".to_owned())),
            }
        }
    };
    // What was begun and dropped must not stay behind.
    context.settle().await;
    if let Some(note) = note.get() {
        note.end(&*context.source).await;
    }
    if let Some(why) = gone {
        tracing::warn!(why, "the task was given up");
        return Ending::Abandoned;
    }
    match ended {
        Ok(()) => {
            let summary = TaskSummary { task: pointer.task };
            // cannot fail: a number is JSON
            let output = serde_json::to_string(&summary).unwrap_or_default();
            tell(|| callback.success(output.clone()), pace, Ending::Done).await
        }
        Err((error, cause)) => {
            tracing::warn!(error, cause, "the task has failed");
            tell(|| callback.failure(error, cause.clone()), pace, Ending::Failed(error)).await
        }
    }
}

/// Whether the task is done, or by which error name it has failed.
fn verdict(result: Result<TaskResult, StoreError>) -> Result<(), (&'static str, String)> {
    match result {
        Ok(result) => {
            let of = |code| {
                let count = result.failed.get(&code)?;
                let example = result.failures.iter().find(|failure| failure.code == code);
                Some(example.map_or_else(|| format!("{count} files"), |failure| failure.message.clone()))
            };
            if let Some(cause) = of(FailureCode::Interrupted) {
                return Err((INTERRUPTED, cause));
            }
            // The files that are done have their records: the next attempt does the others.
            if let Some(cause) = of(FailureCode::Unreachable) {
                return Err((TRANSIENT, cause));
            }
            Ok(())
        }
        Err(error @ (StoreError::Unreachable { .. } | StoreError::Busy { .. })) => Err((TRANSIENT, error.to_string())),
        Err(error) => Err((TASK_FAILED, error.to_string())),
    }
}

/// Says that the work goes on, at once and for ever; ends when nobody waits any more.
async fn heartbeats(callback: &dyn Callback, pace: Pace, interrupt: &Interrupt) -> String {
    loop {
        let sent = monotonic();
        let answer = tokio::time::timeout(pace.heartbeat, callback.heartbeat()).await;
        let pause = match answer.unwrap_or_else(|_| Err(CallbackError::Unreachable("no answer".to_owned()))) {
            Ok(()) => {
                interrupt.raise_at(sent + pace.silence);
                pace.heartbeat
            }
            Err(CallbackError::Gone(why)) => return why,
            Err(error) if interrupt.raised() => return format!("no heartbeat for too long: {error}"),
            Err(error) => {
                tracing::warn!(%error, "no heartbeat");
                pace.again
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Tells how the task ended, a few times if need be.
async fn tell<F: Future<Output = Result<(), CallbackError>>>(
    mut say: impl FnMut() -> F,
    pace: Pace,
    ending: Ending,
) -> Ending {
    let mut tries = 0;
    loop {
        match say().await {
            Ok(()) => return ending,
            Err(CallbackError::Gone(why)) => {
                tracing::warn!(why, "the task was given up");
                return Ending::Abandoned;
            }
            Err(error) if tries == 3 => return Ending::Untold(error),
            Err(error) => tracing::warn!(%error, "the state machine was not told"),
        }
        tries += 1;
        tokio::time::sleep(pace.again).await;
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::callback::Told;
    use crate::clock::Clock;
    use crate::jobs::Jobs;
    use crate::plan::{Mode, Request, plan};
    use crate::process::{FileEnd, Observer, Unobserved};
    use crate::publish::read_tasks;
    use crate::store::{Condition, MemoryStore, Store};

    const PACE: Pace = Pace {
        heartbeat: Duration::from_millis(5),
        again: Duration::from_millis(1),
        silence: Duration::from_secs(3600),
        grace: Duration::from_secs(30),
    };

    /// Notes what it is told; answers heartbeats as it was told to.
    #[derive(Debug, Default)]
    struct Notes {
        told: Mutex<Vec<String>>,
        answers: Mutex<VecDeque<CallbackError>>,
    }

    impl Notes {
        fn note(&self, what: String) -> Told<'_> {
            self.told.lock().unwrap().push(what);
            let answer = self.answers.lock().unwrap().pop_front().map_or(Ok(()), Err);
            Box::pin(async { answer })
        }

        fn told(&self) -> Vec<String> {
            self.told.lock().unwrap().clone()
        }
    }

    impl Callback for Notes {
        fn heartbeat(&self) -> Told<'_> {
            self.note("heartbeat".to_owned())
        }
        fn success(&self, output: String) -> Told<'_> {
            self.note(format!("success {output}"))
        }
        fn failure(&self, error: &'static str, _: String) -> Told<'_> {
            self.note(format!("failure {error}"))
        }
    }

    /// A store with a planned run of one task of 40 files.
    async fn planned() -> (MemoryStore, Pointer) {
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
        (store, Pointer { run: plan.run_id, task: task.task, lines, attempt: 0, container: Container::default() })
    }

    fn context(store: &MemoryStore, observer: Arc<dyn Observer>) -> Context {
        let shared: Arc<dyn Store> = Arc::new(store.clone());
        Context {
            source: Arc::clone(&shared),
            clean: Some(shared),
            jobs: Jobs::new(std::num::NonZeroUsize::MIN),
            clock: Clock::System,
            interrupt: Interrupt::default(),
            observer,
            strict: false,
        }
    }

    fn count(store: &MemoryStore, part: &str) -> usize {
        store.contents().keys().filter(|key| key.contains(part)).count()
    }

    #[tokio::test]
    async fn a_task_is_done_and_said_to_be_and_the_heart_beats_from_the_start() {
        let (store, pointer) = planned().await;
        let notes = Notes::default();
        let ending = work(&context(&store, Arc::new(Unobserved)), &pointer, &notes, PACE, std::future::pending()).await;
        assert_eq!(ending, Ending::Done);
        let told = notes.told();
        assert_eq!(
            (told.first().unwrap().as_str(), told.last().unwrap().as_str()),
            ("heartbeat", "success {\"task\":0}")
        );
        assert_eq!((count(&store, "/clean/"), count(&store, "_sluice/ledger/")), (40, 40));
    }

    /// Asks to stop when the first file is done.
    #[derive(Debug)]
    struct Stopper(Mutex<Option<tokio::sync::oneshot::Sender<()>>>);

    impl Observer for Stopper {
        fn finished(&self, _: &FileEnd) {
            if let Some(stop) = self.0.lock().unwrap().take() {
                stop.send(()).unwrap();
            }
        }
    }

    #[tokio::test]
    async fn a_worker_that_is_told_to_stop_says_so_and_the_next_attempt_does_the_rest() {
        let (store, pointer) = planned().await;
        let (send, stop) = tokio::sync::oneshot::channel();
        let notes = Notes::default();
        let stopped = async { drop(stop.await) };
        let ending =
            work(&context(&store, Arc::new(Stopper(Mutex::new(Some(send))))), &pointer, &notes, PACE, stopped).await;
        assert_eq!(ending, Ending::Failed(INTERRUPTED));
        assert_eq!(notes.told().last().unwrap(), "failure Sluice.Interrupted");
        let done = count(&store, "_sluice/ledger/");
        assert!((1..40).contains(&done), "{done}");
        assert_eq!(count(&store, "/clean/"), done);

        let again = work(&context(&store, Arc::new(Unobserved)), &pointer, &notes, PACE, std::future::pending()).await;
        assert_eq!(again, Ending::Done);
        assert_eq!((count(&store, "/clean/"), count(&store, "_sluice/ledger/")), (40, 40));
    }

    #[tokio::test]
    async fn a_worker_whose_token_is_gone_publishes_nothing() {
        let (store, pointer) = planned().await;
        let notes = Notes::default();
        notes.answers.lock().unwrap().push_back(CallbackError::Gone("TaskTimedOut".to_owned()));
        let context = context(&store, Arc::new(Unobserved));
        let ending = work(&context, &pointer, &notes, PACE, std::future::pending()).await;
        assert_eq!(ending, Ending::Abandoned);
        assert_eq!(notes.told(), ["heartbeat"]);
        assert!(context.interrupt.raised());
        assert_eq!(count(&store, "/clean/"), count(&store, "_sluice/ledger/"));
        assert!(count(&store, "_sluice/ledger/") < 40);
    }

    #[tokio::test]
    async fn a_heartbeat_that_does_not_come_through_is_sent_again() {
        let (store, pointer) = planned().await;
        let notes = Notes::default();
        notes.answers.lock().unwrap().push_back(CallbackError::Unreachable("503".to_owned()));
        let ending = work(&context(&store, Arc::new(Unobserved)), &pointer, &notes, PACE, std::future::pending()).await;
        assert_eq!(ending, Ending::Done);
    }

    #[test]
    fn a_worker_gives_up_when_the_state_machine_does() {
        assert_eq!(Pace::default().silence, Duration::from_secs(statemachine::pipeline::HEARTBEAT_SECONDS));
    }

    /// Never reached.
    #[derive(Debug)]
    struct Nobody;

    impl Callback for Nobody {
        fn heartbeat(&self) -> Told<'_> {
            Box::pin(async { Err(CallbackError::Unreachable("503".to_owned())) })
        }
        fn success(&self, _: String) -> Told<'_> {
            self.heartbeat()
        }
        fn failure(&self, _: &'static str, _: String) -> Told<'_> {
            self.heartbeat()
        }
    }

    #[tokio::test]
    async fn a_worker_that_nobody_has_heard_for_too_long_publishes_nothing() {
        let (store, pointer) = planned().await;
        // As after a freeze: the time is over before anything was done.
        let pace = Pace { silence: Duration::ZERO, ..PACE };
        let context = context(&store, Arc::new(Unobserved));
        let ending = work(&context, &pointer, &Nobody, pace, std::future::pending()).await;
        assert!(matches!(ending, Ending::Abandoned | Ending::Untold(_)), "{ending:?}");
        assert_eq!((count(&store, "/clean/"), count(&store, "_sluice/ledger/")), (0, 0));
    }

    #[tokio::test]
    async fn an_attempt_that_is_cut_short_leaves_the_result_of_the_other_one_alone() {
        let (store, pointer) = planned().await;
        let whole = context(&store, Arc::new(Unobserved));
        work(&whole, &pointer, &Notes::default(), PACE, std::future::pending()).await;
        let before = store.contents();

        let gone = Notes::default();
        gone.answers.lock().unwrap().push_back(CallbackError::Gone("TaskTimedOut".to_owned()));
        let late = context(&store, Arc::new(Unobserved));
        late.interrupt.raise();
        work(&late, &pointer, &gone, PACE, std::future::pending()).await;
        assert_eq!(store.contents(), before);
    }

    #[tokio::test]
    async fn a_pointer_to_nothing_fails_for_good() {
        let (store, mut pointer) = planned().await;
        pointer.lines = 0..0;
        let notes = Notes::default();
        let context = context(&store, Arc::new(Unobserved));
        let ending = work(&context, &pointer, &notes, PACE, std::future::pending()).await;
        assert_eq!(ending, Ending::Failed(TASK_FAILED));
    }
}
