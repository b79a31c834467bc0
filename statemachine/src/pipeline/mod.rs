//! The pipeline: plan, check the tasks in parallel, publish, say how the run ended.
//!
//! States carry pointers and counts. The publisher sends the events of the prefixes, and the event of the run after them. If there is
//! nothing to publish, or if the publisher fails, a state of this machine sends the event of the run before the execution ends. After
//! an end that cannot be caught (the timeout of the run, a user who stops it), the next run finds the open run and sends its events.

mod check;
pub mod environment;
mod plan;

use serde_json::Value as Json;

use crate::error_name::ErrorName;
use crate::expression::{Expr, Part, Path};
use crate::flow::{Closed, Fail, Flow, Map, MapWithProcessor, Succeed, Task};
use crate::integration::{Event, Invoke, Invoked, MapRun, Network, PutEvents, RunTask};
use crate::model::{Catch, ErrorOutput, Retry, StateMachine};
use crate::name::{Label, StateName};
use crate::parameters::Parameters;
use crate::payload::{
    Failure, FailureTemplate, FileCounts, MapItem, Outcomes, OutcomesTemplate, PlanOutput, PublishInput,
    PublishInputTemplate, RowCounts, Run, RunSummary, RunSummaryTemplate, Status, TaskInput, TaskInputTemplate,
};
use crate::shape::Template;
use crate::value::Value;
use crate::variable::Var;

pub use crate::parameters::EVENT_SOURCE;

/// Detail type of the event that says how a run ended.
pub const RUN_EVENT: &str = "Data Processing Run";

/// Longest time without a heartbeat of a worker, in seconds; a worker sends one every 60.
pub const HEARTBEAT_SECONDS: u64 = 300;
/// Timeout of a call of a function, in seconds: longer than a function can run (900 s), so that its own error comes first.
const FUNCTION_SECONDS: u64 = 960;
/// Calls of the publisher that continue where the call before stopped; each has a quarter of an hour.
const PUBLISHERS: u64 = 100;
/// Retries of a launch that finds no room. Each try takes three events of a history that has room for 25,000
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>), and with a pause of 90 seconds on average
/// all tries last for eight days, longer than any run.
const LAUNCHES: u64 = 8_000;
/// Characters of the cause of a failure that are kept.
const CAUSE_CHARS: usize = 1000;

const ANYTHING_TO_DO: StateName = StateName::fixed("Anything to do?");
const CHECK_ALL: StateName = StateName::fixed("Check all tasks");
const PUBLISH: StateName = StateName::fixed("Publish the results");
const ALL_PROCESSED: StateName = StateName::fixed("All files processed?");
const DONE: StateName = StateName::fixed("Done");
const FILES_FAILED: StateName = StateName::fixed("Files failed");
const ANNOUNCE_IDLE: StateName = StateName::fixed("Announce that nothing is new");
const NOTHING_TO_DO: StateName = StateName::fixed("Nothing to do");
const ANNOUNCE_FAILURE: StateName = StateName::fixed("Announce the failure");
const RUN_FAILED: StateName = StateName::fixed("Run failed");

const PLAN: Var<PlanOutput> = Var::new("plan");
const RUN: Var<Run> = Var::new("run");
const OUTCOMES: Var<Option<Outcomes>> = Var::new("outcomes");
const FAILURE: Var<Option<Failure>> = Var::new("failure");
const SUMMARY: Var<RunSummary> = Var::new("summary");

/// The state machine for these parameters.
pub fn definition(parameters: &Parameters) -> StateMachine {
    plan::plan(parameters)
        .choose(ANYTHING_TO_DO, |choice| {
            let nothing_new = PLAN.get().tasks().equals(0);
            choice
                .when(nothing_new.and(&PLAN.get().unfinished().equals(0)), &ANNOUNCE_IDLE)
                // Only runs that ended early are left to do: their events are still to be sent.
                .when(nothing_new, &PUBLISH)
        })
        .then(check_all(parameters))
        .then(publish(parameters))
        .choose(ALL_PROCESSED, |choice| choice.when(SUMMARY.get().status().is(Status::Failed), &FILES_FAILED))
        .then(Succeed::new(DONE))
        .beside(Flow::start(Fail::new(FILES_FAILED, ErrorName::SLUICE_RUN_FAILED, cause_of_run())))
        .beside(nothing_to_do(parameters))
        .beside(run_failed(parameters))
        .into_machine("Checks new files in parallel, keeps the clean rows, says what is wrong with the others.")
        .timing_out_after(parameters.run_timeout_seconds)
}

fn check_all(parameters: &Parameters) -> MapWithProcessor<MapRun> {
    let of_run = |rest: &str| Expr::join([Part::from("_sluice/runs/"), PLAN.get().run_id().into(), Part::from(rest)]);
    let bucket = || parameters.source_bucket.clone();
    Map::over_json_lines(CHECK_ALL, Label::fixed("tasks"), bucket(), of_run("/tasks.jsonl"))
        .writing_json_lines(bucket(), of_run("/map"))
        .selecting::<TaskInput>(|item: Path<MapItem>| {
            Template::of(TaskInputTemplate {
                run_id: PLAN.get().run_id().into(),
                task: item.task().into(),
                offset: item.offset().into(),
                length: item.length().into(),
                cpu: item.cpu().into(),
                memory: item.memory().into(),
                larger_cpu: item.larger_cpu().into(),
                larger_memory: item.larger_memory().into(),
            })
        })
        .at_a_time(parameters.map_concurrency.clone())
        // The processor records a task that fails; an execution that fails all the same must not fail the other tasks.
        .tolerating_percent(100)
        .each(|input| check::check(parameters, input))
        .assign(|run| {
            let details = run.details();
            [OUTCOMES.to_some(OutcomesTemplate { bucket: details.bucket().into(), key: details.key().into() })]
        })
        // If items cannot be read or results cannot be written, each prefix still gets its result.
        .catch(give_up(&PUBLISH))
}

/// Invokes the publisher. A publisher whose time is over keeps what it has sent, and the next call continues from there.
fn publish(parameters: &Parameters) -> Task<Invoked<RunSummary>> {
    let input = PublishInputTemplate {
        plan: PLAN.get().into(),
        outcomes: OUTCOMES.get().into(),
        failure: FAILURE.get().into(),
    };
    let invoke = Invoke::<PublishInput, RunSummary>::new(parameters.publish_function.clone(), input);
    function(PUBLISH, invoke)
        .retry(Retry::of([ErrorName::SLUICE_UNFINISHED]).after(1, 1.0).times(PUBLISHERS))
        .assign(|result| [SUMMARY.to(result.payload())])
        .output(|result| result.payload().into())
        .catch(give_up(&ANNOUNCE_FAILURE))
}

fn nothing_to_do(parameters: &Parameters) -> Flow<Closed> {
    let announce = announce(ANNOUNCE_IDLE, parameters, without_files(Status::Succeeded)).catch(give_up(&RUN_FAILED));
    Flow::start(announce.output(|_| PLAN.get().into())).then(Succeed::new(NOTHING_TO_DO))
}

fn run_failed(parameters: &Parameters) -> Flow<Closed> {
    let failure = FAILURE.value();
    let summary = RunSummaryTemplate { cause: failure.cause().some().into(), ..without_files(Status::Failed) };
    // When the event cannot be sent either, the first failure is reported.
    let announce = announce(ANNOUNCE_FAILURE, parameters, summary).catch(Catch::of([ErrorName::ALL], &RUN_FAILED));
    Flow::start(announce).then(Fail::with(RUN_FAILED, failure.error(), failure.cause()))
}

/// Returns the task that sends the event of the run.
fn announce(name: StateName, parameters: &Parameters, summary: impl Into<Template<RunSummary>>) -> Task<Json> {
    let event = Event::new(parameters.event_bus.clone(), parameters.event_source.clone(), RUN_EVENT, summary);
    Task::call(name, PutEvents([event]))
        .retry(Retry::of([ErrorName::TASK_FAILED]).after(5, 2.0).pausing_at_most(60).times(6).with_full_jitter())
}

/// Returns the task that invokes a function, planner or publisher. Both do the same again when they are invoked again, so
/// every error that can pass is retried: faults of the service
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html>), a function that has to be reactivated
/// (<https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>), a function that died.
fn function<I, O>(name: StateName, invoke: Invoke<I, O>) -> Task<Invoked<O>> {
    Task::call(name, invoke)
        .timeout(FUNCTION_SECONDS)
        .retry(
            Retry::of([
                ErrorName::LAMBDA_SERVICE,
                ErrorName::LAMBDA_AWS_LAMBDA,
                ErrorName::LAMBDA_SDK_CLIENT,
                ErrorName::LAMBDA_CLIENT_EXECUTION_TIMEOUT,
                ErrorName::LAMBDA_TOO_MANY_REQUESTS,
                ErrorName::LAMBDA_RESOURCE_NOT_READY,
                ErrorName::LAMBDA_RESOURCE_CONFLICT,
                ErrorName::LAMBDA_CODE_ARTIFACT_PENDING,
            ])
            .after(2, 2.0)
            .pausing_at_most(60)
            .times(10)
            .with_full_jitter(),
        )
        .retry(
            Retry::of([
                ErrorName::SANDBOX_TIMED_OUT,
                ErrorName::LAMBDA_UNKNOWN,
                ErrorName::RUNTIME_EXIT,
                ErrorName::RUNTIME_OUT_OF_MEMORY,
                ErrorName::TIMEOUT,
            ])
            .after(5, 2.0)
            .times(2),
        )
        .retry(Retry::of([ErrorName::SLUICE_TRANSIENT]).after(5, 2.0).times(4))
}

/// Returns what all tasks on Fargate share; the caller adds capacity, size and further variables.
fn run_task(parameters: &Parameters, task_definition: &Value<String>) -> RunTask {
    RunTask {
        cluster: parameters.cluster.clone(),
        task_definition: task_definition.clone(),
        capacity: Vec::new(),
        size: None,
        network: Network {
            subnets: parameters.subnets.clone(),
            security_groups: parameters.security_groups.clone(),
            assign_public_ip: parameters.public_ip.clone(),
        },
        container: parameters.container.clone(),
        environment: vec![(environment::TASK_TOKEN, Path::task_token().into())],
    }
}

/// Retries launches that are refused because there is no room: Fargate has no capacity, the account's quota of vCPUs is
/// used up (a new account has a few), or too many tasks are launched at once. Launches are retried for as long as a run may
/// last: no file fails because the account is small.
/// <https://repost.aws/knowledge-center/ecs-fargate-runtask-capacity>,
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/throttling.html>
fn no_room() -> Retry {
    Retry::of([
        ErrorName::ECS_AMAZON_ECS,
        ErrorName::AMAZON_ECS_UNKNOWN,
        ErrorName::ECS_SERVER,
        ErrorName::ECS_THROTTLING,
        ErrorName::ECS_LIMIT_EXCEEDED,
    ])
    .after(5, 2.0)
    .pausing_at_most(180)
    .times(LAUNCHES)
    .with_full_jitter()
}

/// Retries the errors that ECS returns for a while for a role or a task definition that was just created, and if EC2 throttles
/// ECS. For wrong parameters ECS returns the same errors every time: after some ten minutes they are the failure. Many tasks are
/// launched at once, so the pauses are random: they must not be launched at once again.
fn just_made() -> Retry {
    Retry::of([ErrorName::ECS_INVALID_PARAMETER, ErrorName::ECS_CLIENT])
        .after(5, 2.0)
        .pausing_at_most(180)
        .times(10)
        .with_full_jitter()
}

/// Catches every error, stores the failure and goes on at `next`.
fn give_up(next: &StateName) -> Catch {
    Catch::of([ErrorName::ALL], next).assign(|error| [FAILURE.to_some(failure(&error))])
}

fn failure(error: &Path<ErrorOutput>) -> FailureTemplate {
    FailureTemplate { error: error.error().into(), cause: error.cause().or_empty().first(CAUSE_CHARS).into() }
}

fn cause_of_run() -> Value<String> {
    SUMMARY.get().cause().or_empty().into()
}

/// The result of a run in which no file was processed.
fn without_files(status: Status) -> RunSummaryTemplate {
    RunSummaryTemplate {
        version: 1.into(),
        run_id: RUN.get().into(),
        status: status.into(),
        prefixes: 0.into(),
        files: FileCounts::default().into(),
        rows: RowCounts::default().into(),
        bytes: 0.into(),
        cost: None.into(),
        report: None.into(),
        page: None.into(),
        started_at: Path::execution_start().into(),
        finished_at: Expr::now().into(),
        cause: None.into(),
    }
}
