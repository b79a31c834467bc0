//! Every word of the language, built and compared with its JSON, field by field.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value as Json, json};
use statemachine::flow::{Choice, Closed, Fail, Flow, Map, Parallel, Pass, Step, Succeed, Task, Wait};
use statemachine::integration::{Capacity, Event, GetJson, Invoke, Network, PutEvents, RunTask, StopTask, TaskSize};
use statemachine::model::{Catch, Retry, StateMachine};
use statemachine::payload::{MapItem, TaskInput, TaskInputTemplate, TaskSummary, WorkerRecord};
use statemachine::{ErrorName, Expr, Label, Path, PublicIp, StateName, Template, Text, Value, Var};

const A: StateName = StateName::fixed("A");
const Z: StateName = StateName::fixed("Z");

fn built(step: impl Step) -> Json {
    serde_json::to_value(step.into_state().1).unwrap()
}

fn last(name: &'static str) -> Flow<Closed> {
    Flow::start(Pass::new(StateName::fixed(name))).end()
}

fn run_task() -> RunTask {
    RunTask {
        cluster: "c".into(),
        task_definition: "d:1".into(),
        capacity: vec![Capacity { capacity_provider: "FARGATE_SPOT".into(), weight: 1.into() }],
        size: None,
        network: Network {
            subnets: vec!["s".into()].into(),
            security_groups: vec!["g".into()].into(),
            assign_public_ip: PublicIp::Enabled.into(),
        },
        container: "w".into(),
        environment: vec![("TOKEN", Path::task_token().into())],
    }
}

fn run_task_json() -> Json {
    json!({
        "Cluster": "c",
        "TaskDefinition": "d:1",
        "CapacityProviderStrategy": [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}],
        "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": ["s"], "SecurityGroups": ["g"], "AssignPublicIp": "ENABLED"}},
        "PropagateTags": "TASK_DEFINITION",
        "Overrides": {"ContainerOverrides": [
            {"Name": "w", "Environment": [{"Name": "TOKEN", "Value": "{% $states.context.Task.Token %}"}]}]},
    })
}

fn token_task(run_task: RunTask) -> Task<TaskSummary> {
    Task::wait_for_token(A, run_task).timeout(600).heartbeat(60)
}

/// The faults of a machine that runs a task whose environment has a value of at most `N` characters besides the token.
fn faults_with_a_value_of<const N: usize>() -> Vec<String> {
    let mut run_task = run_task();
    run_task.environment.push(("VALUE", Path::<Text<N>>::input().into()));
    let machine = Flow::start(token_task(run_task)).end().into_machine("overrides");
    machine.validate().iter().map(ToString::to_string).collect()
}

#[test]
fn an_override_is_as_long_as_its_type_allows() {
    const AROUND: usize = concat!(
        r#"{"ContainerOverrides":[{"Name":"w","Environment":["#,
        r#"{"Name":"TOKEN","Value":""},{"Name":"VALUE","Value":""}]}]}"#
    )
    .len();
    const TOKEN: usize = 2048;
    assert_eq!(faults_with_a_value_of::<{ 8192 - TOKEN - AROUND }>(), [] as [String; 0]);
    assert_eq!(
        faults_with_a_value_of::<{ 8193 - TOKEN - AROUND }>(),
        ["A: its container overrides can have 8193 characters, 8192 are allowed"]
    );
}

#[test]
fn a_task_of_a_size_of_its_own() {
    let mut run_task = run_task();
    let task = Path::<TaskInput>::input();
    run_task.size = Some(TaskSize { cpu: task.cpu().into(), memory: task.memory().into() });
    let overrides = built(token_task(run_task))["Arguments"]["Overrides"].clone();
    assert_eq!(overrides["Cpu"], "{% $states.input.cpu %}");
    assert_eq!(overrides["Memory"], "{% $states.input.memory %}");
    assert_eq!(overrides["ContainerOverrides"], run_task_json()["Overrides"]["ContainerOverrides"]);
}

#[test]
fn a_size_counts_among_the_overrides() {
    let mut run_task = run_task();
    let task = Path::<TaskInput>::input();
    run_task.size = Some(TaskSize { cpu: task.cpu().into(), memory: Path::<Text<9000>>::input().into() });
    let machine = Flow::start(token_task(run_task)).end().into_machine("overrides");
    let faults: Vec<_> = machine.validate().iter().map(ToString::to_string).collect();
    assert!(faults[0].contains("8192 are allowed"), "{faults:?}");
}

#[test]
fn a_task_that_reads_json_from_s3() {
    const TASK: Var<String> = Var::new("task");
    let read =
        Task::call(A, GetJson::<WorkerRecord>::new("b", "k")).assign(|record| [TASK.to(record.content().task_arn())]);
    let json = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Arguments": {"Bucket": "b", "Key": "k"},
        "Assign": {"task": "{% $parse($states.result.Body).taskArn %}"},
    });
    assert_eq!(built(read), json);
}

#[test]
fn a_task_that_stops_another() {
    let stop = StopTask { cluster: "c".into(), task: Expr::unchecked("$task"), reason: "silence" };
    let json = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:ecs:stopTask",
        "Arguments": {"Cluster": "c", "Task": "{% $task %}", "Reason": "silence"},
    });
    assert_eq!(built(Task::call(A, stop)), json);
}

#[test]
fn a_task_that_waits_for_a_token() {
    let task = token_task(run_task()).comment("waits");
    let json = json!({
        "Type": "Task",
        "Comment": "waits",
        "Resource": "arn:aws:states:::ecs:runTask.waitForTaskToken",
        "Arguments": run_task_json(),
        "TimeoutSeconds": 600,
        "HeartbeatSeconds": 60,
    });
    assert_eq!(built(task), json);
}

#[test]
fn a_task_that_invokes_a_function_with_all_that_a_task_has() {
    const ANSWER: Var<u64> = Var::new("answer");
    let invoke = Invoke::<TaskInput, u64>::new("f".into(), Path::<TaskInput>::input());
    let task = Task::call(A, invoke)
        .timeout(Expr::<u64>::unchecked("$x"))
        .retry(Retry::of([ErrorName::LAMBDA_SERVICE]).after(1, 1.5).pausing_at_most(9).times(2).with_full_jitter())
        .catch(Catch::of([ErrorName::ALL], &Z).assign(|error| [Var::<String>::new("error").to(error.error())]))
        .assign(|result| [ANSWER.to(result.payload())])
        .output(|result| result.payload().into());
    let json = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "f", "Payload": "{% $states.input %}"},
        "TimeoutSeconds": "{% $x %}",
        "Retry": [{"ErrorEquals": ["Lambda.ServiceException"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 1.5,
                   "MaxDelaySeconds": 9, "JitterStrategy": "FULL"}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": {"error": "{% $states.errorOutput.Error %}"}, "Next": "Z"}],
        "Assign": {"answer": "{% $states.result.Payload %}"},
        "Output": "{% $states.result.Payload %}",
    });
    assert_eq!(built(task), json);
}

#[test]
fn a_task_that_sends_events() {
    let event = Event::new("bus".into(), "source".into(), "type", Value::Literal(json!({"a": 1})));
    let json = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "Arguments": {"Entries": [{"EventBusName": "bus", "Source": "source", "DetailType": "type", "Detail": {"a": 1}}]},
    });
    assert_eq!(built(Task::call(A, PutEvents([event]))), json);
}

#[test]
fn a_choice() {
    let choice = Choice::new(A).comment("picks").when(Path::<u64>::input().more_than(1), &A).otherwise(&Z);
    let json = json!({
        "Type": "Choice",
        "Comment": "picks",
        "Choices": [{"Condition": "{% $states.input > 1 %}", "Next": "A"}],
        "Default": "Z",
    });
    assert_eq!(built(choice), json);
}

#[test]
fn a_choice_that_sets_variables_on_one_way() {
    const N: Var<u64> = Var::new("n");
    let more = N.get().less_than(3).and(&Path::<String>::input().is_any(&[ErrorName::ALL, ErrorName::TIMEOUT]));
    let choice = Choice::new(A).when_setting(more, [N.to(N.get().plus_one())], &A).otherwise(&Z);
    let json = json!({
        "Type": "Choice",
        "Choices": [{
            "Condition": "{% $n < 3 and $states.input in ['States.ALL', 'States.Timeout'] %}",
            "Assign": {"n": "{% $n + 1 %}"},
            "Next": "A",
        }],
        "Default": "Z",
    });
    assert_eq!(built(choice), json);
}

#[test]
fn an_inline_map() {
    let map = Map::inline(A, Path::<Vec<u64>>::input()).at_a_time(5).each(|_| last("In"));
    let json = json!({
        "Type": "Map",
        "Items": "{% $states.input %}",
        "MaxConcurrency": 5,
        "ItemProcessor": {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": true}}},
    });
    assert_eq!(built(map), json);
}

#[test]
fn a_distributed_map_with_all_that_a_map_has() {
    let map = Map::over_json_lines(A, Label::fixed("l"), "b", "k")
        .writing_json_lines("b", "p")
        .selecting::<TaskInput>(|item: Path<MapItem>| {
            Template::of(TaskInputTemplate {
                run_id: Path::execution_name().into(),
                task: item.task().into(),
                offset: item.offset().into(),
                length: item.length().into(),
                cpu: item.cpu().into(),
                memory: item.memory().into(),
                larger_cpu: item.larger_cpu().into(),
                larger_memory: item.larger_memory().into(),
            })
        })
        .at_a_time(100)
        .tolerating_percent(7)
        .each(|item| Flow::start(Pass::new(StateName::fixed("In")).replace_input(item.task())).end());
    let json = json!({
        "Type": "Map",
        "Label": "l",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSONL"},
            "Arguments": {"Bucket": "b", "Key": "k"},
        },
        "ItemSelector": {
            "runId": "{% $states.context.Execution.Name %}",
            "task": "{% $states.context.Map.Item.Value.task %}",
            "offset": "{% $states.context.Map.Item.Value.offset %}",
            "length": "{% $states.context.Map.Item.Value.length %}",
            "cpu": "{% $states.context.Map.Item.Value.cpu %}",
            "memory": "{% $states.context.Map.Item.Value.memory %}",
            "largerCpu": "{% $states.context.Map.Item.Value.largerCpu %}",
            "largerMemory": "{% $states.context.Map.Item.Value.largerMemory %}",
        },
        "MaxConcurrency": 100,
        "ToleratedFailurePercentage": 7,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "In",
            "States": {"In": {"Type": "Pass", "Output": "{% $states.input.task %}", "End": true}},
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSONL"},
            "Arguments": {"Bucket": "b", "Prefix": "p"},
        },
    });
    assert_eq!(built(map), json);
}

#[test]
fn a_parallel() {
    let json = json!({
        "Type": "Parallel",
        "Branches": [
            {"StartAt": "L", "States": {"L": {"Type": "Pass", "End": true}}},
            {"StartAt": "R", "States": {"R": {"Type": "Pass", "End": true}}},
        ],
    });
    assert_eq!(built(Parallel::new(A, last("L")).and(last("R"))), json);
}

#[test]
fn a_pass_that_sets_variables_and_replaces_its_whole_input() {
    let pass =
        Pass::new(A).assign([Var::<u64>::new("n").to(Value::Literal(1))]).replace_input(Value::Literal(json!([])));
    assert_eq!(built(pass), json!({"Type": "Pass", "Assign": {"n": 1}, "Output": []}));
}

#[test]
fn waits() {
    assert_eq!(built(Wait::seconds(A, 5)), json!({"Type": "Wait", "Seconds": 5}));
    let time = "2026-01-31T12:00:00Z";
    assert_eq!(built(Wait::until(A, time)), json!({"Type": "Wait", "Timestamp": time}));
}

#[test]
fn ends() {
    assert_eq!(
        built(Succeed::new(A).output(Path::<u64>::input())),
        json!({"Type": "Succeed", "Output": "{% $states.input %}"})
    );
    let fail = Fail::new(A, ErrorName::fixed("E"), Expr::<String>::unchecked("'c'"));
    assert_eq!(built(fail), json!({"Type": "Fail", "Error": "E", "Cause": "{% 'c' %}"}));
}

#[test]
fn states_go_on_as_they_are_read() {
    let machine = Flow::start(Pass::new(A))
        .choose(StateName::fixed("B"), |choice| choice.when(Expr::unchecked("1 = 2"), &StateName::fixed("Side")))
        .then(Wait::seconds(StateName::fixed("C"), 1))
        .go_to(&Z)
        .beside(Flow::start(Pass::new(StateName::fixed("Side"))).then(Succeed::new(Z)))
        .into_machine("in order");
    let json = json!({
        "Comment": "in order",
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Next": "B"},
            "B": {"Type": "Choice", "Choices": [{"Condition": "{% 1 = 2 %}", "Next": "Side"}], "Default": "C"},
            "C": {"Type": "Wait", "Seconds": 1, "Next": "Z"},
            "Side": {"Type": "Pass", "Next": "Z"},
            "Z": {"Type": "Succeed"},
        },
    });
    assert_eq!(machine.to_json(), serde_json::to_string_pretty(&json).unwrap() + "\n");
    assert_eq!(machine.validate(), []);
}

#[test]
fn what_is_read_is_written_as_it_was() {
    let json = json!({
        "Comment": "all fields that no builder sets",
        "QueryLanguage": "JSONata",
        "Version": "1.0",
        "TimeoutSeconds": 60,
        "StartAt": "A",
        "States": {
            "A": {
                "Type": "Choice",
                "Choices": [{"Comment": "rule", "Condition": "{% true %}", "Assign": {"a": 1}, "Output": {}, "Next": "M"}],
                "Default": "M", "Assign": {"a": 2}, "Output": 3
            },
            "M": {
                "Type": "Map",
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": {"InputType": "CSV", "MaxItems": "{% 9 %}"},
                    "Arguments": "{% {} %}"
                },
                "ItemBatcher": {"MaxInputBytesPerBatch": 5, "BatchInput": {"b": 1}},
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                    "StartAt": "In", "States": {"In": {"Type": "Succeed"}}
                },
                "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}},
                "Retry": [{"Comment": "retry", "ErrorEquals": ["E"], "JitterStrategy": "NONE"}],
                "Catch": [{"Comment": "catch", "ErrorEquals": ["E"], "Output": 1, "Next": "P"}],
                "Next": "P"
            },
            "P": {
                "Type": "Parallel",
                "Branches": [{"Comment": "branch", "StartAt": "Q", "States": {"Q": {"Type": "Succeed"}}}],
                "Arguments": {"x": 1},
                "End": true
            },
        },
    });
    let read = serde_json::from_str::<StateMachine>(&json.to_string()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), json);
    assert_eq!(read.validate(), []);
}
