//! The worker of a task on AWS: checks the files of the task, sends heartbeats, and stops when it is told to or when the state
//! machine no longer waits for it.

mod note;
mod plan_task;

use std::future::Future;
use std::ops::Range;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use statemachine::payload::TaskSummary;

use crate::callback::{Callback, CallbackError, TRANSIENT};
use crate::clock::monotonic;
use crate::container::Container;
use crate::interrupt::Interrupt;
use crate::process::{Assignment, Context, process};
use crate::store::StoreError;
use crate::task::{FailureCode, RunId, TaskResult};
use note::{LeftNote, Note};
pub use plan_task::plan_task;
pub use statemachine::sluice::{INTERRUPTED, TASK_FAILED};

/// The intervals of heartbeats, and the time for removing unfinished outputs.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Time between two heartbeats.
    pub heartbeat: Duration,
    /// Time until a heartbeat that failed is sent again.
    pub again: Duration,
    /// Time since the last successful heartbeat after which this worker publishes nothing more: by then the state machine may have
    /// given the task to another worker.
    pub silence: Duration,
    /// Time from the signal to stop until the worker ends even if it is not finished; ECS allows 120 seconds.
    pub grace: Duration,
}

impl Pace {
    /// A pace with the interval `heartbeat`; the state machine gives up after five missed heartbeats.
    pub fn of(heartbeat: Duration) -> Self {
        Self { heartbeat, again: heartbeat / 6, silence: heartbeat * 5, grace: Duration::from_secs(90) }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::of(Duration::from_secs(60))
    }
}

/// Which task to work on: what the state machine puts into the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRef {
    /// The run.
    pub run: RunId,
    /// Number of the task.
    pub task: u64,
    /// The byte range of the task's lines in the run's `files.jsonl`.
    pub lines: Range<u64>,
    /// Number of the attempt, from 0.
    pub attempt: u64,
    /// The container that this worker runs in.
    pub container: Container,
}

/// How the work on a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The task is done, and the state machine knows. Files that failed are part of the result.
    Done,
    /// The task has failed with this error name, and the state machine knows.
    Failed(&'static str),
    /// The state machine no longer waited for the task: nothing was published after the worker noticed.
    Abandoned,
    /// The state machine could not be told how the task ended.
    Untold(CallbackError),
}

/// The event that ends the wait for the work.
enum Event {
    Processed(Box<Result<TaskResult, StoreError>>),
    Gone(String),
    Stopped,
}

/// Works on a task until the task is done, `stop` completes, or the state machine no longer waits for the task.
pub async fn work(
    context: &Context,
    task_ref: &TaskRef,
    callback: &dyn Callback,
    pace: Pace,
    stop: impl Future<Output = ()>,
) -> Ending {
    context.interrupt.raise_at(monotonic() + pace.silence);
    let note = OnceLock::new();
    let mut work = pin!(noted(context, task_ref, &note));
    let event = tokio::select! {
        result = &mut work => Event::Processed(Box::new(result)),
        why = heartbeats(callback, pace, &context.interrupt) => Event::Gone(why),
        () = stop => Event::Stopped,
    };
    let mut gone = None;
    let outcome = match event {
        Event::Processed(result) => verdict(*result),
        Event::Stopped | Event::Gone(_) => {
            if let Event::Gone(why) = event {
                gone = Some(why);
            }
            context.interrupt.raise();
            let put_away = tokio::time::timeout(pace.grace, &mut work).await;
            match put_away {
                // The signal came after all files were done.
                Ok(result @ Ok(_)) => verdict(result),
                _ => Err((INTERRUPTED, "the worker was told to stop".to_owned())),
            }
        }
    };
    // Outputs that were begun and dropped must not be left behind.
    context.settle().await;
    if let Some(note) = note.get() {
        note.end(&*context.source).await;
    }
    if let Some(why) = gone {
        tracing::warn!(why, "the task was given up");
        return Ending::Abandoned;
    }
    tell_end(callback, task_ref, pace, outcome).await
}

/// Writes the note that the worker has begun, then checks the files of the task.
async fn noted(context: &Context, task_ref: &TaskRef, note: &OnceLock<Note>) -> Result<TaskResult, StoreError> {
    let TaskRef { run, task, lines, attempt, container } = task_ref;
    let LeftNote { note: left, attempt } =
        Note::leave(&*context.source, run, *task, *attempt, container.task_arn.clone()).await?;
    // cannot fail: `note` is set here only, and this function runs once.
    let _ = note.set(left);
    if attempt.after_death {
        tracing::warn!(attempt = attempt.number, "the worker before has died: what is left is checked file by file");
    }
    let assignment = Assignment { run: run.clone(), task: *task, lines: lines.clone(), attempt, size: container.size };
    process(context, &assignment).await
}

/// Tells the state machine that the task is done, or the error name with which it has failed.
async fn tell_end(callback: &dyn Callback, task_ref: &TaskRef, pace: Pace, outcome: TaskOutcome) -> Ending {
    match outcome {
        Ok(()) => {
            let summary = TaskSummary { task: task_ref.task };
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

/// How the work on a task ended: done, or failed with an error name and a cause.
type TaskOutcome = Result<(), (&'static str, String)>;

/// Decides from the result of a task whether the task is done.
fn verdict(result: Result<TaskResult, StoreError>) -> TaskOutcome {
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
            // The files that are done have their records: the next attempt does the remaining files.
            if let Some(cause) = of(FailureCode::Unreachable) {
                return Err((TRANSIENT, cause));
            }
            Ok(())
        }
        Err(error @ (StoreError::Unreachable { .. } | StoreError::Busy { .. })) => Err((TRANSIENT, error.to_string())),
        Err(error) => Err((TASK_FAILED, error.to_string())),
    }
}

/// Sends heartbeats, the first one at once. Returns the reason when the state machine no longer waits for the task.
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

/// Tells the state machine how the task ended, in at most four attempts.
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
mod tests;
