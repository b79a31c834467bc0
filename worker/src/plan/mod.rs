//! What is new: lists the files, subtracts the ledger and what runs under way have planned, packs the rest into tasks.
//!
//! Nothing is listed by prefix: `lister` goes through all keys in ranges, source and ledger together (`merge`), and what it finds
//! comes in the order of the ledger's records, whatever order the pages came in. `output` packs and writes it. Memory does not depend
//! on the number of files, prefixes or ranges.

mod boundary;
mod cursor;
mod lines;
mod lister;
mod merge;
mod output;
mod pace;
mod range;
mod size;
#[cfg(test)]
mod tests;
mod under_way;

use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::clock::{Clock, rfc3339};
use crate::key::{Ignored, IgnoredKeys, check_prefix};
use crate::printable::printable;
use crate::store::{Store, StoreError};
use crate::task::{RunId, Task};
use lister::Lister;
use output::Output;

pub use size::{SizeError, TaskLimits, TaskSize};

/// Portions of the found files that wait for the output.
const PORTIONS: usize = 2;

/// A request for a plan.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Only these prefixes; none = all.
    pub prefixes: Vec<String>,
    /// Also what the ledger has, and what runs under way have planned.
    pub force: bool,
    /// The size of a task.
    pub limits: TaskLimits,
    /// The run that it is for; none = a new one that starts now. The same run again is planned again, in the same place.
    pub run: Option<Named>,
    /// Other runs that have not ended: what they have planned is not planned again.
    pub under_way: Vec<RunId>,
    /// The deadline.
    pub deadline: Option<Instant>,
}

/// A run that has its name from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its name.
    pub run_id: RunId,
    /// When it started, RFC 3339.
    pub started_at: String,
}

/// A plan: small, whatever it holds; files and tasks are in the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The run it is for.
    pub run_id: RunId,
    /// Number of tasks; with none nothing was written.
    pub tasks: u64,
    /// Files to check.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
    /// Files that the ledger has.
    pub done: u64,
    /// Files that runs under way have planned.
    #[serde(default, skip_serializing_if = "is_none")]
    pub under_way: u64,
    /// Prefixes with files to check.
    pub prefixes: u64,
    /// Keys that are not taken.
    pub ignored: IgnoredKeys,
    /// RFC 3339, UTC.
    pub started_at: String,
}

impl Plan {
    /// A plan to which the files are added.
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
    /// Files to check.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
    /// Files that the ledger has.
    pub done: u64,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A prefix that was asked for has no files.
    #[error("prefix {prefix:?}: there is no file under {}; `sluice plan` lists the prefixes there are", printable(.at))]
    UnknownPrefix {
        /// As asked for.
        prefix: String,
        /// Where its files would be.
        at: String,
    },
    /// A prefix that was asked for cannot be one.
    #[error("prefix {prefix:?}: {reason}; name what stands before /incoming/")]
    BadPrefix {
        /// As asked for.
        prefix: String,
        /// Why not.
        reason: Ignored,
    },
    /// The deadline came first.
    #[error(
        "planning takes longer than it may: {keys} keys were listed, and the plan had come up to {reached:?}; set \
         `planner: task` for the stack, which has no such limit, or name the prefixes to plan"
    )]
    TooLong {
        /// Keys listed.
        keys: u64,
        /// The key up to which all was planned.
        reached: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether files and tasks are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Write them, if there are any.
    Write,
    /// Only say what would be done.
    DryRun,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_none(number: &u64) -> bool {
    *number == 0
}

/// Makes a plan; `each` is called with every prefix.
///
/// # Errors
/// When a prefix that was asked for is unknown, the deadline comes first, or the store fails. Nothing was written then.
pub async fn plan(
    source: &Arc<dyn Store>,
    request: &Request,
    mode: Mode,
    clock: Clock,
    each: &mut (dyn FnMut(&PrefixPlan) + Send),
) -> Result<Plan, PlanError> {
    plan_tasks(source, request, mode, clock, Listeners { prefix: each, task: &mut |_| {} }).await
}

/// Listeners to a plan while it is made.
pub struct Listeners<'a> {
    /// Called with every prefix.
    pub prefix: &'a mut (dyn FnMut(&PrefixPlan) + Send),
    /// Called with every task.
    pub task: &'a mut (dyn FnMut(&Task) + Send),
}

/// Makes a plan, and tells of its prefixes and tasks.
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
    // Put together again, as the lifetime of a mutable reference to a closure is shortened only there.
    let output = Output::new(source, request, mode, plan, Listeners { prefix, task });
    made(lister, output, request.deadline).await
}

/// The prefixes that were asked for, each once.
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
                let (keys, reached) = lister.progress();
                return Err(PlanError::TooLong { keys, reached: reached.to_owned() });
            }
        },
    }
    Ok(output.plan)
}
