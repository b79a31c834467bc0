//! A whole run in one process: plan, process every task, publish.

use tokio::task::JoinSet;

use crate::plan::{Mode, Plan, PlanError, Request, plan};
use crate::process::{Assignment, Context, process};
use crate::publish::{Causes, EndedRun, Pages, PrefixResult, RunReport, publish, read_tasks};
use crate::store::StoreError;

/// Plans, processes and publishes a run. `planned` is called with the plan before the work begins, `each` with the result of every
/// prefix at the end.
///
/// # Errors
/// When no plan can be made, or the store fails for the run as a whole. Files that fail are part of the report.
pub async fn run(
    context: &Context,
    request: &Request,
    planned: impl FnOnce(&Plan),
    each: &mut (dyn FnMut(&PrefixResult) + Send),
) -> Result<RunReport, PlanError> {
    let ended = all_steps(context, request, planned, each).await;
    // The process may end with the run, and outputs that were begun and dropped must not be left behind.
    context.settle().await;
    ended
}

async fn all_steps(
    context: &Context,
    request: &Request,
    planned: impl FnOnce(&Plan),
    each: &mut (dyn FnMut(&PrefixResult) + Send),
) -> Result<RunReport, PlanError> {
    let plan = plan(&context.source, request, Mode::Write, context.clock, &mut |_| {}).await?;
    planned(&plan);
    if plan.tasks > 0 {
        process_all(context, &plan).await?;
    }
    let (outputs, causes) = (context.outputs.as_ref(), Causes::default());
    let ended = EndedRun { plan: &plan, causes: &causes, pages: Pages::local(plan.prefixes) };
    Ok(publish(&context.source, outputs, ended, context.clock, each).await?)
}

/// Processes the tasks, as many at once as there are threads: a single task of small files does not use all threads.
async fn process_all(context: &Context, plan: &Plan) -> Result<(), StoreError> {
    let mut running = JoinSet::new();
    for task in read_tasks(&*context.source, &plan.run_id).await? {
        if running.len() >= context.jobs.count().get() {
            ended(running.join_next().await);
        }
        let (context, run) = (context.clone(), plan.run_id.clone());
        running.spawn(async move {
            if let Err(error) = process(&context, &Assignment::first(&run, &task)).await {
                // The publisher notices that the task has no result.
                tracing::error!(task = task.task, %error, "task failed");
            }
        });
    }
    while !running.is_empty() {
        ended(running.join_next().await);
    }
    Ok(())
}

fn ended(end: Option<Result<(), tokio::task::JoinError>>) {
    if let Some(Err(error)) = end {
        tracing::error!(%error, "task failed");
    }
}
