//! The planner: lists the files, leaves out those that the ledger or another open run has, and packs the rest into tasks.
//!
//! Nothing is listed by prefix: `lister` lists all keys in ranges, source and ledger together (`merge`), and returns new files in
//! the order of the ledger's records, whatever order the pages arrived in. `output` packs the files into tasks and writes them.
//! Memory does not depend on the number of files, prefixes or ranges.

mod boundary;
mod cursor;
mod json_lines;
mod lister;
mod merge_join;
mod other_plans;
mod output;
mod range;
mod request_window;
mod size;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use sluice_engine::report::is_zero;

use crate::clock::{Clock, rfc3339};
use crate::key::{Ignored, IgnoredKeys, check_prefix};
use crate::printable::printable;
use crate::store::{Store, StoreError};
use crate::task::{RunId, Task};
use lister::{Lister, Progress};
use output::Output;

pub use size::{SizeError, TaskLimits, TaskSize};

/// Maximum number of portions of found files that wait for the output.
const PORTIONS: usize = 2;

/// A request for a plan.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Only these prefixes are planned; all prefixes if empty.
    pub prefixes: Vec<String>,
    /// Whether files are planned that the ledger has, or that other open runs have planned.
    pub force: bool,
    /// The limits on the size of a task.
    pub limits: TaskLimits,
    /// The run to plan; `None` for a new run that starts now. If the same run is planned again, its plan is written to the same
    /// place.
    pub run: Option<Named>,
    /// Other runs that have not ended: their planned files are not planned again.
    pub under_way: Vec<RunId>,
    /// When planning has to be finished; `None` for no limit.
    pub deadline: Option<Instant>,
}

/// A run whose name was given by the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name of the run.
    pub run_id: RunId,
    /// When the run started, RFC 3339.
    pub started_at: String,
}

/// A summary of a plan, small however many files it has; the lists of files and tasks are in the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The planned run.
    pub run_id: RunId,
    /// Number of tasks; if it is 0, nothing was written.
    pub tasks: u64,
    /// Number of files to check.
    pub files: u64,
    /// Total size of the files to check, in bytes.
    pub bytes: u64,
    /// Number of files that the ledger has.
    pub done: u64,
    /// Number of files that are left out because other open runs have planned them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub under_way: u64,
    /// Number of prefixes with files to check.
    pub prefixes: u64,
    /// Keys that were not accepted, counted by reason.
    pub ignored: IgnoredKeys,
    /// When the run started, RFC 3339, UTC.
    pub started_at: String,
}

impl Plan {
    /// A plan without files, to which files are added.
    fn without_files(run_id: RunId, started_at: String) -> Self {
        Self {
            run_id,
            tasks: 0,
            files: 0,
            bytes: 0,
            done: 0,
            under_way: 0,
            prefixes: 0,
            ignored: IgnoredKeys::default(),
            started_at,
        }
    }
}

/// The plan of one prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixPlan {
    /// The prefix.
    pub prefix: String,
    /// Number of files to check.
    pub files: u64,
    /// Total size of the files to check, in bytes.
    pub bytes: u64,
    /// Number of files that the ledger has.
    pub done: u64,
}

/// Why a plan could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A requested prefix has no files.
    #[error("prefix {prefix:?}: there is no file under {}; `sluice plan` lists the prefixes there are", printable(.at))]
    UnknownPrefix {
        /// The prefix as requested.
        prefix: String,
        /// Where the files of the prefix would be.
        at: String,
    },
    /// A requested prefix is invalid.
    #[error("prefix {prefix:?}: {reason}; name the part before /incoming/")]
    BadPrefix {
        /// The prefix as requested.
        prefix: String,
        /// Why the prefix is invalid.
        reason: Ignored,
    },
    /// The deadline passed before the plan was complete.
    #[error(
        "planning takes longer than it may: {keys} keys were listed, and the plan had come up to {reached:?}; set \
         `planner: task` for the stack, which has no such limit, or name the prefixes to plan"
    )]
    TooLong {
        /// Number of keys that were listed.
        keys: u64,
        /// The key up to which the plan was complete.
        reached: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether files and tasks are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Files and tasks are written, if there are any.
    Write,
    /// Nothing is written: the plan only tells what would be done.
    DryRun,
}

/// Makes a plan; `each` is called with the plan of every prefix.
///
/// # Errors
/// When a requested prefix has no files or is invalid, the deadline passes, or the store fails. Nothing has been written then.
pub async fn plan(
    source: &Arc<dyn Store>,
    request: &Request,
    mode: Mode,
    clock: Clock,
    each: &mut (dyn FnMut(&PrefixPlan) + Send),
) -> Result<Plan, PlanError> {
    plan_tasks(source, request, mode, clock, Listeners { prefix: each, task: &mut |_| {} }).await
}

/// Functions that are called while a plan is made.
pub struct Listeners<'a> {
    /// Called with the plan of every prefix.
    pub prefix: &'a mut (dyn FnMut(&PrefixPlan) + Send),
    /// Called with every task.
    pub task: &'a mut (dyn FnMut(&Task) + Send),
}

/// Makes a plan, and reports its prefixes and tasks to the listeners.
///
/// # Errors
/// Those of [`plan`].
pub async fn plan_tasks(
    source: &Arc<dyn Store>,
    request: &Request,
    mode: Mode,
    clock: Clock,
    Listeners { prefix, task }: Listeners<'_>,
) -> Result<Plan, PlanError> {
    let Named { run_id, started_at } = request.run.clone().unwrap_or_else(|| {
        let start = clock.now();
        Named { run_id: RunId::new(start), started_at: rfc3339(start) }
    });
    let plan = Plan::without_files(run_id, started_at);
    let prefixes = named(request)?;
    let source = &**source;
    let lister = Lister::new(source, &prefixes, request.force);
    // `Listeners` is built again here, as only that shortens the lifetimes of the mutable references to closures.
    let output = Output::new(source, request, mode, plan, Listeners { prefix, task });
    made(lister, output, request.deadline).await
}

/// Returns the requested prefixes in order, each once.
fn named(request: &Request) -> Result<Vec<&str>, PlanError> {
    let mut prefixes: Vec<&str> =
        request.prefixes.iter().map(|prefix| prefix.strip_suffix('/').unwrap_or(prefix)).collect();
    prefixes.sort_unstable();
    prefixes.dedup();
    for prefix in &prefixes {
        let bad = |reason| PlanError::BadPrefix { prefix: (*prefix).to_owned(), reason };
        check_prefix(prefix).map_err(bad)?;
        if prefix.split('/').any(|segment| segment == "incoming") {
            return Err(bad(Ignored::NoPrefix));
        }
    }
    Ok(prefixes)
}

async fn made(mut lister: Lister<'_>, mut output: Output<'_>, deadline: Option<Instant>) -> Result<Plan, PlanError> {
    let work = async {
        let (found, finding) = tokio::sync::mpsc::channel(PORTIONS);
        let output = &mut output;
        let taken = async move { output.run(finding).await.map(|()| output).map_err(PlanError::from) };
        let ((), output) = tokio::try_join!(lister.run(found), taken)?;
        output.commit().await.map_err(PlanError::from)
    };
    match deadline {
        None => work.await?,
        Some(deadline) => match tokio::time::timeout_at(deadline.into(), work).await {
            Ok(ended) => ended?,
            Err(_) => {
                let Progress { keys, reached } = lister.progress();
                return Err(PlanError::TooLong { keys, reached: reached.to_owned() });
            }
        },
    }
    Ok(output.plan)
}
