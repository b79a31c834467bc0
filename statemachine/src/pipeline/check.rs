//! The states that check one task, in a child execution: attempt after attempt, until the task is done or has failed.
//!
//! A `Retry` cannot do this: it repeats a state unchanged, and an attempt differs from the one before. A later attempt runs
//! on demand instead of on Spot (ECS never falls back by itself:
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html>), has a larger size after
//! its memory was used up, and tells the worker that it is not the first.

use super::{environment, failure, just_made, no_room, run_task};
use crate::error_name::ErrorName;
use crate::expression::{Expr, Part, Path};
use crate::flow::{Choice, Closed, Flow, Open, Pass, Task, Wait};
use crate::integration::{Capacity, GetJson, Object, StopTask, TaskSize};
use crate::model::{Catch, Retry};
use crate::name::StateName;
use crate::parameters::Parameters;
use crate::payload::{Failure, Size, TaskFailureTemplate, TaskInput, TaskSummary, TaskSummaryTemplate, WorkerRecord};
use crate::shape::Template;
use crate::value::Value;
use crate::variable::Var;

const BEGIN: StateName = StateName::fixed("Begin the task");
const CHECK: StateName = StateName::fixed("Check the files of a task");
const SILENT: StateName = StateName::fixed("Is the worker silent?");
const FIND: StateName = StateName::fixed("Find the silent worker");
const STOP: StateName = StateName::fixed("Stop the silent worker");
const AGAIN: StateName = StateName::fixed("Is another attempt worth it?");
const PAUSE: StateName = StateName::fixed("Pause before the next attempt");
const RECORD: StateName = StateName::fixed("Record the failure");

// None of these is a variable of the outer machine: a variable of an inner execution must not have the name of an outer
// one.
// <https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html>
const TASK: Var<TaskInput> = Var::new("task");
const ATTEMPT: Var<u64> = Var::new("attempt");
const STARTS: Var<u64> = Var::new("starts");
const CPU: Var<Size> = Var::new("cpu");
const MEMORY: Var<Size> = Var::new("memory");
const ERROR: Var<Failure> = Var::new("wrong");
const WORKER: Var<String> = Var::new("worker");

/// Attempts after the first. A file that kills its worker costs two attempts: one that dies, one that finds its mark.
const ATTEMPTS: u64 = 20;
/// Restarts of a task that does not start, for a cause that stays.
const RESTARTS: u64 = 2;
/// Restarts of a task that does not start, for a cause that can pass: with pauses of two and a half minutes on average, most of
/// an hour. It bounds the number, as Step Functions has room for 25,000 events in the history of an execution.
const PATIENT_RESTARTS: u64 = 20;
/// Launches on Spot that find no room before the task is launched on demand. With a single one, throttling alone, which is
/// frequent in a large run, would launch all tasks on demand.
const SPOT_LAUNCHES: u64 = 6;

/// What ECS quotes if EC2 throttles it. The messages are those that others have reported, as AWS documents none:
/// <https://github.com/dagster-io/dagster/issues/33439>, <https://github.com/reproio/wrapbox/issues/32>.
const THROTTLED: [&str; 4] = ["RequestLimitExceeded", "Request limit exceeded", "Throttling", "Rate exceeded"];

/// Errors that end an attempt, but not the task.
const RETRIED_ERRORS: [ErrorName; 7] = [
    ErrorName::TIMEOUT,
    ErrorName::HEARTBEAT_TIMEOUT,
    ErrorName::SLUICE_INTERRUPTED,
    ErrorName::SLUICE_SPOT_INTERRUPTED,
    ErrorName::SLUICE_WORKER_DIED,
    ErrorName::SLUICE_OUT_OF_MEMORY,
    ErrorName::SLUICE_TRANSIENT,
];

/// Returns the processor that the Map runs for each task.
pub(super) fn check(parameters: &Parameters, input: Path<TaskInput>) -> Flow<Closed> {
    let begin = Pass::new(BEGIN).assign([
        CPU.to(input.cpu()),
        MEMORY.to(input.memory()),
        TASK.to(input),
        ATTEMPT.to(Value::Literal(0)),
        STARTS.to(Value::Literal(0)),
    ]);
    let record = Pass::new(RECORD).comment("The Map writes it among its results, for the publisher.").replace_input(
        Template::of(TaskFailureTemplate {
            task: TASK.get().task().into(),
            error: ERROR.get().error().into(),
            cause: ERROR.get().cause().into(),
        }),
    );
    Flow::start(begin)
        .then(attempt(parameters))
        .end()
        .beside(
            Flow::start_choosing(SILENT, after_timeout)
                .then(next_attempt_or_failure())
                .beside(Flow::start(find(parameters)).then(stop(parameters)).go_to(&AGAIN))
                .beside(Flow::start(Wait::seconds(PAUSE, pause())).go_to(&CHECK)),
        )
        .beside(Flow::start(record).end())
}

fn attempt(parameters: &Parameters) -> Task<TaskSummary> {
    let task = TASK.get();
    let mut run = run_task(parameters, &parameters.task_definition);
    run.capacity = vec![Capacity { capacity_provider: provider(parameters).into(), weight: 1.into() }];
    run.size = Some(TaskSize { cpu: CPU.get().into(), memory: MEMORY.get().into() });
    run.environment.extend([
        (environment::RUN, task.run_id().into()),
        (environment::TASK, task.task().digits().into()),
        (environment::OFFSET, task.offset().digits().into()),
        (environment::LENGTH, task.length().digits().into()),
        (environment::ATTEMPT, ATTEMPT.get().digits().into()),
    ]);
    Task::<TaskSummary>::wait_for_token(CHECK, run)
        .timeout(parameters.task_timeout_seconds.clone())
        .heartbeat(super::HEARTBEAT_SECONDS)
        .retry(no_room())
        .retry(just_made())
        .catch(Catch::of([ErrorName::ALL], &SILENT).assign(|error| [ERROR.to(failure(&error))]))
        // The result is in the source already: whatever the worker said, the Map keeps the number of the task.
        .output(|_| Template::<TaskSummary>::of(TaskSummaryTemplate { task: TASK.get().task().into() }))
}

/// Returns the expression of the capacity provider: Spot for a random share of the first launches, on demand for all
/// others. Step Functions evaluates the arguments of a state again for each retry, and its context has the number of the
/// retry. <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html>
fn provider(parameters: &Parameters) -> Expr<String> {
    Expr::unchecked(format!(
        "{} + {} > 0 or $states.context.State.RetryCount >= {SPOT_LAUNCHES} or $random() * 100 >= {} ? 'FARGATE' : 'FARGATE_SPOT'",
        ATTEMPT.get().as_str(),
        STARTS.get().as_str(),
        parameters.spot_share(),
    ))
}

/// Goes to [`FIND`] after a timeout: it does not stop the ECS task, whose worker may still be at work, or stuck.
fn after_timeout(choice: Choice<Open>) -> Choice<Open> {
    let names = [ErrorName::TIMEOUT, ErrorName::HEARTBEAT_TIMEOUT];
    choice.when(ERROR.get().error().is_any(&names), &FIND)
}

/// Reads the ARN of the worker's ECS task from the record that the worker wrote when it began. A worker that did not begin
/// has written no record, and a record of an earlier attempt names an ECS task that is over: whatever goes wrong here, the
/// next attempt begins.
fn find(parameters: &Parameters) -> Task<Object<WorkerRecord>> {
    let task = TASK.get();
    let key = Expr::join([
        Part::from("_sluice/runs/"),
        task.run_id().into(),
        Part::from("/workers/"),
        (*task.task()).clone().into(),
        Part::from(".json"),
    ]);
    Task::call(FIND, GetJson::<WorkerRecord>::new(parameters.source_bucket.clone(), key))
        .retry(once_more())
        .assign(|record| [WORKER.to(record.content().task_arn())])
        .catch(Catch::of([ErrorName::ALL], &AGAIN))
}

fn stop(parameters: &Parameters) -> Task<serde_json::Value> {
    let cluster = parameters.cluster.clone();
    let task = (*WORKER.get()).clone();
    Task::call(STOP, StopTask { cluster, task, reason: "Sluice: nothing was heard of it" })
        .retry(once_more())
        .catch(Catch::of([ErrorName::ALL], &AGAIN))
}

fn once_more() -> Retry {
    Retry::of([ErrorName::TASK_FAILED]).after(2, 2.0).times(3).with_full_jitter()
}

/// Decides what follows a failed attempt. If the attempt ran out of memory, the next attempt gets the next larger size, once. If the task
/// did not start, the same attempt is launched again, up to [`PATIENT_RESTARTS`] times if the cause can pass. If the worker died, was
/// silent or was reclaimed, the next attempt begins. Any other error fails the task.
fn next_attempt_or_failure() -> Choice<Closed> {
    let task = TASK.get();
    let error = ERROR.get().error();
    let next_attempt = || ATTEMPT.to(ATTEMPT.get().plus_one());
    let larger = MEMORY.get().differs_from(&task.larger_memory());
    let start_again = || [STARTS.to(STARTS.get().plus_one())];
    let is_throttled =
        error.is_any(&[ErrorName::ECS_INVALID_PARAMETER]).and(&ERROR.get().cause().contains_any(&THROTTLED));
    let can_pass = error.is_any(&[ErrorName::SLUICE_START_INTERRUPTED]).or(&is_throttled);
    Choice::new(AGAIN)
        .when_setting(
            error.is_any(&[ErrorName::SLUICE_OUT_OF_MEMORY]).and(&larger),
            [CPU.to(task.larger_cpu()), MEMORY.to(task.larger_memory()), next_attempt()],
            &CHECK,
        )
        .when_setting(
            error.is_any(&[ErrorName::SLUICE_CANNOT_START]).and(&STARTS.get().less_than(RESTARTS)),
            start_again(),
            &PAUSE,
        )
        .when_setting(can_pass.and(&STARTS.get().less_than(PATIENT_RESTARTS)), start_again(), &PAUSE)
        .when_setting(error.is_any(&RETRIED_ERRORS).and(&ATTEMPT.get().less_than(ATTEMPTS)), [next_attempt()], &PAUSE)
        .otherwise(&RECORD)
}

/// Returns the pause before an attempt in seconds: random, up to five minutes, so that workers that Spot took away together,
/// or that could not start together, do not come back together.
fn pause() -> Expr<u64> {
    Expr::unchecked(format!(
        "$ceil($random() * $min([300, 10 * $power(2, {} + {})]))",
        ATTEMPT.get().as_str(),
        STARTS.get().as_str(),
    ))
}
