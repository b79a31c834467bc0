//! Planning: by a function, or by a task where listing takes longer than a function can run.

use serde_json::Value as Json;

use super::{
    ANNOUNCE_FAILURE, FAILURE, OUTCOMES, PLAN, RUN, environment, failure, function, just_made, no_room, run_task,
};
use crate::error_name::ErrorName;
use crate::expression::{Expr, Path};
use crate::flow::{Flow, Open, Task};
use crate::integration::{Capacity, Invoke};
use crate::model::{Catch, Retry};
use crate::name::StateName;
use crate::parameters::{Parameters, Planner};
use crate::payload::{FailureTemplate, PlanInput, PlanInputTemplate, PlanOutput};
use crate::shape::Template;
use crate::value::{BoundedText, Value};
use crate::variable::Assignment;

const FITS: StateName = StateName::fixed("Does the input fit?");
const PLAN_RUN: StateName = StateName::fixed("Plan the run");

/// Most characters of the planner's input among the overrides of a task, which have 8,192 characters with the token.
const INPUT_CHARS: usize = 5000;

/// Returns the states from the start of the execution to its plan.
pub(super) fn plan(parameters: &Parameters) -> Flow<Open> {
    match &parameters.planner {
        Planner::Function(arn) => {
            let invoke = Invoke::<PlanInput, PlanOutput>::new(arn.clone(), input());
            let task = function(PLAN_RUN, invoke).assign(|result| kept(&result.payload())).catch(without_plan());
            Flow::start(task)
        }
        Planner::Task(definition) => Flow::start_choosing(FITS, |choice| {
            let too_long = FailureTemplate {
                error: ErrorName::SLUICE_BAD_REQUEST.as_str().into(),
                cause:
                    "the input of the execution is too long for a planner that is a task: name fewer prefixes at once"
                        .into(),
            };
            choice.when_setting(
                input_chars().more_than(INPUT_CHARS as u64),
                [RUN.to(Path::execution_name()), FAILURE.to_some(too_long)],
                &ANNOUNCE_FAILURE,
            )
        })
        .then(by_task(parameters, definition)),
    }
}

/// Returns the input of the planner. The input of the execution is not looked at: the planner says what is wrong with
/// it.
fn input() -> Template<PlanInput> {
    Template::of(PlanInputTemplate {
        request: Path::<Json>::execution_input().into(),
        execution: Path::execution_name().into(),
        execution_arn: Path::execution_id().into(),
        started_at: Path::execution_start().into(),
    })
}

/// Returns an expression for the input of the planner as a text of JSON.
fn input_text() -> Expr<String> {
    Expr::unchecked(format!("$string({})", input().expression().as_str()))
}

/// Returns an expression for the length of that text within JSON, where quotes are escaped: `$string` escapes a text
/// that stands in an array.
fn input_chars() -> Expr<u64> {
    Expr::unchecked(format!("$length($string([{}]))", input_text().as_str()))
}

/// Returns the task that runs the planner on Fargate. The objects of the run keep what the first attempt has planned,
/// so a planner that is started again does the same again.
fn by_task(parameters: &Parameters, definition: &Value<String>) -> Task<PlanOutput> {
    let mut run = run_task(parameters, definition);
    run.capacity = vec![Capacity { capacity_provider: "FARGATE".into(), weight: 1.into() }];
    run.environment.push((environment::PLAN_INPUT, BoundedText::measured(&input_text(), INPUT_CHARS)));
    Task::<PlanOutput>::wait_for_token(PLAN_RUN, run)
        .timeout(parameters.task_timeout_seconds.clone())
        .heartbeat(super::HEARTBEAT_SECONDS)
        .retry(no_room())
        .retry(just_made())
        .retry(
            Retry::of([
                ErrorName::HEARTBEAT_TIMEOUT,
                ErrorName::TIMEOUT,
                ErrorName::SLUICE_INTERRUPTED,
                ErrorName::SLUICE_SPOT_INTERRUPTED,
                ErrorName::SLUICE_WORKER_DIED,
                ErrorName::SLUICE_CANNOT_START,
            ])
            .after(10, 2.0)
            .times(2),
        )
        .retry(Retry::of([ErrorName::SLUICE_START_INTERRUPTED]).after(10, 2.0).pausing_at_most(300).times(20))
        .retry(Retry::of([ErrorName::SLUICE_TRANSIENT]).after(5, 2.0).times(4))
        .assign(|plan| kept(&plan))
        .catch(without_plan())
}

fn kept(plan: &Path<PlanOutput>) -> [Assignment; 4] {
    [RUN.to(plan.run_id()), PLAN.to(plan.clone()), OUTCOMES.to_null(), FAILURE.to_null()]
}

/// Catches a failure of the planner. Before there is a plan, the run has the name of the execution.
fn without_plan() -> Catch {
    Catch::of([ErrorName::ALL], &ANNOUNCE_FAILURE)
        .assign(|error| [RUN.to(Path::execution_name()), FAILURE.to_some(failure(&error))])
}
