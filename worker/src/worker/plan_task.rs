//! The planner as a task on Fargate: for sources that take longer to list than a function may run.

use std::future::Future;

use serde_json::Value;

use super::{Ending, INTERRUPTED, Pace, heartbeats, tell};
use crate::callback::Callback;
use crate::clock::monotonic;
use crate::function::Planner;
use crate::interrupt::Interrupt;

/// Plans a run until the plan is complete, `stop` completes, or the state machine no longer waits for the plan. An incomplete plan
/// leaves nothing behind.
pub async fn plan_task(
    planner: &Planner,
    input: Value,
    callback: &dyn Callback,
    pace: Pace,
    stop: impl Future<Output = ()>,
) -> Ending {
    let interrupt = Interrupt::default();
    interrupt.raise_at(monotonic() + pace.silence);
    let planned = tokio::select! {
        planned = planner.plan(input, None) => planned.map_err(|error| (error.name, error.cause)),
        why = heartbeats(callback, pace, &interrupt) => {
            tracing::warn!(why, "the plan was given up");
            return Ending::Abandoned;
        }
        () = stop => Err((INTERRUPTED, "the planner was told to stop".to_owned())),
    };
    match planned {
        Ok(planned) => {
            // cannot fail: numbers and texts are JSON.
            let output = serde_json::to_string(&planned).unwrap_or_default();
            tell(|| callback.success(output.clone()), pace, Ending::Done).await
        }
        Err((error, cause)) => {
            tracing::warn!(error, cause, "the plan has failed");
            tell(|| callback.failure(error, cause.clone()), pace, Ending::Failed(error)).await
        }
    }
}
