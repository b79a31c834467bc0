//! The pipeline: plan, check the tasks in parallel, publish, say how the run ended.
//!
//! States carry pointers and counts. Prefixes have their own events, sent by the publisher; what is sent here is the
//! event of the run. However a run fails, its event is out before the execution ends in a `Fail`.

use serde_json::Value as Json;

use crate::error_name::ErrorName;
use crate::expression::{Expr, Part, Path, Value, Var};
use crate::flow::{Closed, Fail, Flow, Map, MapWithProcessor, Pass, Succeed, Task};
use crate::integration::{Capacity, Event, Invoke, Invoked, MapRun, Network, PutEvents, RunTask};
use crate::model::{Catch, ErrorOutput, Retry, StateMachine};
use crate::name::{Label, StateName};
use crate::parameters::Parameters;
use crate::payload::{
    Failure, FailureTemplate, FileCounts, MapItem, Outcomes, OutcomesTemplate, PlanInput, PlanInputTemplate,
    PlanOutput, PublishInput, PublishInputTemplate, RowCounts, Run, RunSummary, RunSummaryTemplate, Status,
    TaskFailure, TaskFailureTemplate, TaskInput, TaskInputTemplate, TaskSummary, TaskSummaryTemplate,
};
use crate::shape::Template;

/// Where events come from.
pub const EVENT_SOURCE: &str = "sluice";
/// The kind of event that says how a run ended.
pub const RUN_EVENT: &str = "Data Processing Run";

/// Variables of the worker's environment that the state machine sets.
pub mod environment {
    /// The run.
    pub const RUN: &str = "SLUICE_RUN";
    /// Number of the task.
    pub const TASK: &str = "SLUICE_TASK";
    /// Where the task's lines begin in the run's `files.jsonl`, in bytes.
    pub const OFFSET: &str = "SLUICE_OFFSET";
    /// Bytes of the task's lines.
    pub const LENGTH: &str = "SLUICE_LENGTH";
    /// What the worker gives back when it is done.
    pub const TASK_TOKEN: &str = "SLUICE_TASK_TOKEN";
}

/// Longest silence of a worker, in seconds; it speaks every 60.
pub const HEARTBEAT_SECONDS: u64 = 300;
/// Longer than a function can run (900 s), so that its own error comes first.
const FUNCTION_SECONDS: u64 = 960;
/// What is kept of the explanation of a failure.
const CAUSE_CHARS: usize = 1000;

const PLAN_RUN: StateName = StateName::fixed("Plan the run");
const ANYTHING_TO_DO: StateName = StateName::fixed("Anything to do?");
const CHECK_ALL: StateName = StateName::fixed("Check all tasks");
const CHECK_ONE: StateName = StateName::fixed("Check the files of a task");
const RECORD_FAILURE: StateName = StateName::fixed("Record the failure");
const PUBLISH: StateName = StateName::fixed("Publish the results");
const ANNOUNCE: StateName = StateName::fixed("Announce the run");
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
    Flow::start(plan(parameters))
        .choose(ANYTHING_TO_DO, |choice| choice.when(PLAN.get().tasks().equals(0), &ANNOUNCE_IDLE))
        .then(check_all(parameters))
        .then(publish(parameters))
        .then(
            announce(ANNOUNCE, parameters, SUMMARY.get()).catch(give_up(&RUN_FAILED)).output(|_| SUMMARY.get().into()),
        )
        .choose(ALL_PROCESSED, |choice| choice.when(SUMMARY.get().status().is(Status::Failed), &FILES_FAILED))
        .then(Succeed::new(DONE))
        .beside(Flow::start(Fail::new(FILES_FAILED, ErrorName::SLUICE_RUN_FAILED, cause_of_run())))
        .beside(nothing_to_do(parameters))
        .beside(run_failed(parameters))
        .into_machine("Checks new files in parallel, keeps the clean rows, says what is wrong with the others.")
}

fn plan(parameters: &Parameters) -> Task<Invoked<PlanOutput>> {
    let input = PlanInputTemplate {
        request: Path::<Json>::execution_input().into(),
        execution: Path::execution_name().into(),
        execution_arn: Path::execution_id().into(),
        started_at: Path::execution_start().into(),
    };
    let invoke = Invoke::<PlanInput, PlanOutput>::new(parameters.plan_function.clone(), input);
    function(PLAN_RUN, invoke)
        .assign(|result| {
            let plan = result.payload();
            [RUN.to(plan.run_id()), PLAN.to(plan), OUTCOMES.to_null(), FAILURE.to_null()]
        })
        // Before there is a plan, the run goes by the name of the execution.
        .catch(
            Catch::of([ErrorName::ALL], &ANNOUNCE_FAILURE)
                .assign(|error| [RUN.to(Path::execution_name()), FAILURE.to_some(failure(&error))]),
        )
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
        // A task that fails is recorded; whatever fails nevertheless must not take the others along.
        .tolerating_percent(100)
        .each(|input| check_one(parameters, &input))
        .assign(|run| {
            let details = run.details();
            [OUTCOMES.to_some(OutcomesTemplate { bucket: details.bucket().into(), key: details.key().into() })]
        })
        // Items that cannot be read, results that cannot be written: each prefix still gets its result.
        .catch(give_up(&PUBLISH))
}

fn check_one(parameters: &Parameters, input: &Path<TaskInput>) -> Flow<Closed> {
    let run_task = RunTask {
        cluster: parameters.cluster.clone(),
        task_definition: parameters.task_definition.clone(),
        capacity: vec![
            Capacity { capacity_provider: "FARGATE".into(), weight: parameters.on_demand_weight() },
            Capacity { capacity_provider: "FARGATE_SPOT".into(), weight: parameters.spot_weight() },
        ],
        network: Network {
            subnets: parameters.subnets.clone(),
            security_groups: parameters.security_groups.clone(),
            assign_public_ip: parameters.public_ip.clone(),
        },
        container: parameters.container.clone(),
        environment: vec![
            (environment::RUN, input.run_id().into()),
            (environment::TASK, input.task().digits().into()),
            (environment::OFFSET, input.offset().digits().into()),
            (environment::LENGTH, input.length().digits().into()),
            (environment::TASK_TOKEN, Path::task_token().into()),
        ],
    };
    let check = Task::<TaskSummary>::wait_for_token(CHECK_ONE, run_task)
        .timeout(parameters.task_timeout_seconds.clone())
        .heartbeat(HEARTBEAT_SECONDS)
        .retry(
            Retry::of([
                ErrorName::ECS_AMAZON_ECS,
                ErrorName::AMAZON_ECS_UNKNOWN,
                ErrorName::ECS_INVALID_PARAMETER,
                ErrorName::ECS_SERVER,
            ])
            .after(5, 2.0)
            .pausing_at_most(120)
            .times(8)
            .with_full_jitter(),
        )
        .retry(Retry::of([ErrorName::SLUICE_INTERRUPTED]).after(10, 2.0).times(4))
        // A missed heartbeat goes by either name.
        .retry(Retry::of([ErrorName::HEARTBEAT_TIMEOUT, ErrorName::TIMEOUT]).after(30, 2.0).times(2))
        .retry(Retry::of([ErrorName::SLUICE_TRANSIENT]).after(5, 2.0).times(4))
        .catch(Catch::of([ErrorName::ALL], &RECORD_FAILURE).output(|error| record(input, &error)))
        // The result is in the source already: whatever the worker said, the Map keeps the number of the task.
        .output(|_| Template::<TaskSummary>::of(TaskSummaryTemplate { task: input.task().into() }));
    Flow::start(check).end().beside(
        Flow::start(Pass::new(RECORD_FAILURE).comment("The Map writes it among its results, for the publisher.")).end(),
    )
}

fn record(input: &Path<TaskInput>, error: &Path<ErrorOutput>) -> Template<TaskFailure> {
    let FailureTemplate { error, cause } = failure(error);
    Template::of(TaskFailureTemplate { task: input.task().into(), error, cause })
}

fn publish(parameters: &Parameters) -> Task<Invoked<RunSummary>> {
    let input = PublishInputTemplate {
        plan: PLAN.get().into(),
        outcomes: OUTCOMES.get().into(),
        failure: FAILURE.get().into(),
    };
    let invoke = Invoke::<PublishInput, RunSummary>::new(parameters.publish_function.clone(), input);
    function(PUBLISH, invoke).assign(|result| [SUMMARY.to(result.payload())]).catch(give_up(&ANNOUNCE_FAILURE))
}

fn nothing_to_do(parameters: &Parameters) -> Flow<Closed> {
    let announce = announce(ANNOUNCE_IDLE, parameters, without_files(Status::Succeeded)).catch(give_up(&RUN_FAILED));
    Flow::start(announce.output(|_| PLAN.get().into())).then(Succeed::new(NOTHING_TO_DO))
}

fn run_failed(parameters: &Parameters) -> Flow<Closed> {
    let failure = FAILURE.value();
    let summary = RunSummaryTemplate { cause: failure.cause().some().into(), ..without_files(Status::Failed) };
    // When the event cannot be sent either, the first failure is the one to be told.
    let announce = announce(ANNOUNCE_FAILURE, parameters, summary).catch(Catch::of([ErrorName::ALL], &RUN_FAILED));
    Flow::start(announce).then(Fail::with(RUN_FAILED, failure.error(), failure.cause()))
}

/// Sends the event of the run.
fn announce(name: StateName, parameters: &Parameters, summary: impl Into<Template<RunSummary>>) -> Task<Json> {
    let event = Event::new(parameters.event_bus.clone(), EVENT_SOURCE, RUN_EVENT, summary);
    Task::call(name, PutEvents([event]))
        .retry(Retry::of([ErrorName::TASK_FAILED]).after(5, 2.0).pausing_at_most(60).times(6).with_full_jitter())
}

/// Invokes a function. Both do the same again when they are invoked again.
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
            ])
            .after(2, 2.0)
            .pausing_at_most(60)
            .times(6)
            .with_full_jitter(),
        )
        .retry(Retry::of([ErrorName::SLUICE_TRANSIENT]).after(5, 2.0).times(4))
}

/// Keeps the failure and goes on at `next`.
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
        report: None.into(),
        started_at: Path::execution_start().into(),
        finished_at: Expr::now().into(),
        cause: None.into(),
    }
}
