//! Open runs: a marker in the source exists from before a run's first task until after its last event.
//!
//! Whatever ends a run early (the publisher timed out, EventBridge was down, the execution was stopped by hand), its marker stays.
//! The next run sees that the execution has ended and sends the events that were not sent, so no prefix is ever done without its
//! event. Files that an open run has planned are not planned again, so overlapping schedules check nothing twice.
//!
//! One planner works at a time: it holds `_sluice/planning`, an object that is put if absent. Without this object, two runs that
//! start at once would each list the files before the other has written its plan. A holder whose execution has ended loses the
//! object.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use crate::clock::{monotonic, sleep};
use crate::plan::Plan;
use crate::store::{Condition, Entry, Scope, Store, StoreError, put_json};
use crate::task::{OPEN, RunId};

/// The object that a planner holds while it plans.
const PLANNING: &str = "_sluice/planning";

/// Largest marker that is read, in bytes: a plan has one example key for each reason to ignore keys.
const MARKER_BYTES: usize = 1 << 20;

/// The first pause before looking again whether the other planner is done; the pause doubles each time, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// The longest pause before looking again.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The future answer whether an execution has ended.
pub type IsOver<'a> = Pin<Box<dyn Future<Output = Result<bool, StoreError>> + Send + 'a>>;

/// A service that tells whether executions of the state machine have ended.
pub trait Executions: Send + Sync + fmt::Debug {
    /// Returns true if the execution with this ARN has ended, for whatever reason. An execution that Step Functions no longer knows has
    /// ended; `known_since` is a time at which it had begun already, as Step Functions does not know a new one at once.
    fn is_over<'a>(&'a self, arn: &'a str, known_since: SystemTime) -> IsOver<'a>;
}

/// The marker of an open run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenRun {
    /// Version of this JSON format: 1.
    pub(crate) version: u32,
    /// ARN of the execution.
    pub(crate) execution: String,
    /// The plan of the run.
    pub(crate) plan: Plan,
    /// Number of events of prefixes that were sent; null until the report is written.
    pub(crate) sent: Option<u64>,
}

impl OpenRun {
    /// Reads the marker of a run; `None` if the run is not open.
    pub(crate) async fn read(source: &dyn Store, run: &RunId) -> Result<Option<Self>, StoreError> {
        let key = run.open_key();
        match source.get(&key, MARKER_BYTES).await {
            Ok((_, bytes)) => serde_json::from_slice(&bytes).map(Some).map_err(|error| StoreError::Invalid {
                at: source.locate(&key),
                reason: format!("this is not the marker of a run ({error})"),
            }),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the marker.
    pub(crate) async fn write(&self, source: &dyn Store) -> Result<(), StoreError> {
        put_json(source, &self.plan.run_id.open_key(), self, Condition::Always).await.map(drop)
    }
}

/// Deletes the marker of a run when all its events have been sent.
pub(crate) async fn close(source: &dyn Store, run: &RunId) -> Result<(), StoreError> {
    remove(source, &run.open_key()).await
}

async fn remove(source: &dyn Store, key: &str) -> Result<(), StoreError> {
    loop {
        let etag = match source.head(key).await {
            Ok(object) => object.etag,
            Err(StoreError::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        match source.delete(key, &etag).await {
            Err(StoreError::Replaced { .. }) => {}
            done => return done,
        }
    }
}

/// A run whose marker was found.
#[derive(Clone, Debug)]
pub(crate) struct OtherRun {
    pub(crate) run: RunId,
    /// When the marker was last written: when the run was planned, or when its events were last being sent.
    pub(crate) written: SystemTime,
    /// Whether the execution of the run has ended.
    pub(crate) over: bool,
}

/// Returns all open runs except `own`. A run whose marker cannot be read is logged and left alone.
pub(crate) async fn others(
    source: &dyn Store,
    executions: &dyn Executions,
    own: &RunId,
) -> Result<Vec<OtherRun>, StoreError> {
    let mut found = Vec::new();
    let mut listing = source.list(Scope { prefix: OPEN.to_owned(), ..Scope::default() });
    loop {
        let page = listing.page().await?;
        if page.is_empty() {
            return Ok(found);
        }
        for entry in page {
            let Entry::Object(object) = entry else { continue };
            let run = RunId(object.key[OPEN.len()..].to_owned());
            if run == *own {
                continue;
            }
            match OpenRun::read(source, &run).await {
                Ok(Some(marker)) => {
                    let over = executions.is_over(&marker.execution, object.last_modified).await?;
                    found.push(OtherRun { run, written: object.last_modified, over });
                }
                Ok(None) => {}
                // Denied: the object may be encrypted with a key that is no longer in use.
                Err(StoreError::Invalid { at, reason } | StoreError::Denied { at, reason }) => {
                    tracing::error!(at, reason, "an open run is left alone");
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// The planner that holds `_sluice/planning`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Holder {
    run_id: RunId,
    execution: String,
}

/// The right to plan, which one planner has at a time.
pub(crate) struct Planning {
    source: Arc<dyn Store>,
}

impl Planning {
    /// Waits until no other run is being planned; `None` if another run still is at `deadline`. A function that is invoked again
    /// for the same run finds that it has the right already.
    pub(crate) async fn acquire(
        source: &Arc<dyn Store>,
        executions: &dyn Executions,
        run: &RunId,
        execution: &str,
        deadline: Option<Instant>,
    ) -> Result<Option<Self>, StoreError> {
        let holder = Holder { run_id: run.clone(), execution: execution.to_owned() };
        let mut condition = Condition::IfAbsent;
        let mut pause = FIRST_PAUSE;
        loop {
            match put_json(&**source, PLANNING, &holder, condition).await {
                Ok(_) => return Ok(Some(Self { source: Arc::clone(source) })),
                Err(StoreError::AlreadyExists { .. } | StoreError::Replaced { .. }) => {}
                Err(error) => return Err(error),
            }
            condition = Condition::IfAbsent;
            match source.get(PLANNING, MARKER_BYTES).await {
                Ok((object, bytes)) => match serde_json::from_slice::<Holder>(&bytes) {
                    Ok(other) if other.run_id == *run => return Ok(Some(Self { source: Arc::clone(source) })),
                    Ok(other) if !executions.is_over(&other.execution, object.last_modified).await? => {
                        if deadline.is_some_and(|end| monotonic() >= end) {
                            return Ok(None);
                        }
                        sleep(pause).await;
                        pause = (pause * 2).min(LONGEST_PAUSE);
                    }
                    // The other execution has ended, or the object was not written by a planner.
                    _ => condition = Condition::IfMatch(object.etag),
                },
                Err(StoreError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives up the right to plan.
    pub(crate) async fn release(self) -> Result<(), StoreError> {
        remove(&*self.source, PLANNING).await
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use std::collections::BTreeSet;
    use std::sync::Mutex;

    use std::time::SystemTime;

    use super::{Executions, IsOver};

    /// Executions for tests: all are running except those that a test has ended.
    #[derive(Debug, Default)]
    pub(crate) struct Ended(pub(crate) Mutex<BTreeSet<String>>);

    impl Executions for Ended {
        fn is_over<'a>(&'a self, arn: &'a str, _: SystemTime) -> IsOver<'a> {
            let over = self.0.lock().is_ok_and(|ended| ended.contains(arn));
            Box::pin(async move { Ok(over) })
        }
    }
}
