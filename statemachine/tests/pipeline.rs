//! What the pipeline promises, whatever its parameters.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use statemachine::model::{State, StateMachine};
use statemachine::{Parameters, Planner, StateName, pipeline};

fn machine() -> StateMachine {
    pipeline::definition(&Parameters::example())
}

fn json() -> Json {
    serde_json::to_value(machine()).unwrap()
}

/// A state within the Map.
fn within<'a>(json: &'a Json, state: &str) -> &'a Json {
    &json["States"]["Check all tasks"]["ItemProcessor"]["States"][state]
}

fn check_one(json: &Json) -> &Json {
    within(json, "Check the files of a task")
}

#[test]
fn it_has_no_faults_with_values_and_with_placeholders() {
    assert_eq!(machine().validate(), []);
    assert_eq!(pipeline::definition(&Parameters::substitutions()).validate(), []);
}

#[test]
fn every_parameter_is_used() {
    let rendered = pipeline::definition(&Parameters::substitutions()).to_json();
    for name in [
        "PlanFunctionArn",
        "PublishFunctionArn",
        "ClusterArn",
        "TaskDefinitionArn",
        "ContainerName",
        "SubnetIds",
        "SecurityGroupIds",
        "PublicIp",
        "SourceBucket",
        "EventBus",
        "EventSource",
        "MapConcurrency",
        "SpotPercent",
        "TaskTimeoutSeconds",
    ] {
        assert!(rendered.contains(&format!("${{{name}}}")), "{name}");
    }
}

#[test]
fn a_launch_waits_for_room_as_long_as_a_run_may_last() {
    let retry = check_one(&json())["Retry"][0].clone();
    let names = [
        "ECS.AmazonECSException",
        "AmazonECS.Unknown",
        "ECS.ServerException",
        "ECS.ThrottlingException",
        "ECS.LimitExceededException",
    ];
    assert_eq!(retry["ErrorEquals"], json!(names));
    assert_eq!((&retry["MaxDelaySeconds"], &retry["JitterStrategy"]), (&json!(180), &json!("FULL")));
    let tries = retry["MaxAttempts"].as_u64().unwrap();
    // Full jitter makes pauses half as long on average.
    assert!(tries * 90 > 604_800, "the longest run that can be set");
    assert!(tries * 3 < 25_000, "three events each, in the history of one execution");
}

#[test]
fn what_does_not_mend_itself_is_not_retried_for_long() {
    let retries = check_one(&json())["Retry"].clone();
    assert_eq!(retries[1]["ErrorEquals"], json!(["ECS.InvalidParameterException", "ECS.ClientException"]));
    // Pauses of 3 minutes at most, half as long on average: a quarter of an hour.
    assert_eq!((&retries[1]["MaxDelaySeconds"], &retries[1]["JitterStrategy"]), (&json!(180), &json!("FULL")));
    assert!(retries[1]["MaxAttempts"].as_u64().unwrap() <= 10);
    assert_eq!(retries.as_array().unwrap().len(), 2, "everything else is for the next attempt");
}

#[test]
fn a_task_gets_six_values_and_nothing_that_grows() {
    let json = json();
    let container = &check_one(&json)["Arguments"]["Overrides"]["ContainerOverrides"][0];
    let names: Vec<_> =
        container["Environment"].as_array().unwrap().iter().map(|entry| entry["Name"].clone()).collect();
    let expected =
        ["SLUICE_TASK_TOKEN", "SLUICE_RUN", "SLUICE_TASK", "SLUICE_OFFSET", "SLUICE_LENGTH", "SLUICE_ATTEMPT"];
    assert_eq!(names, expected);
    assert_eq!(container.as_object().unwrap().keys().collect::<Vec<_>>(), ["Name", "Environment"]);
}

#[test]
fn a_task_is_as_large_as_the_planner_or_its_last_attempt_says() {
    let json = json();
    let overrides = &check_one(&json)["Arguments"]["Overrides"];
    assert_eq!((&overrides["Cpu"], &overrides["Memory"]), (&json!("{% $cpu %}"), &json!("{% $memory %}")));
    let begin = &within(&json, "Begin the task")["Assign"];
    assert_eq!((&begin["cpu"], &begin["attempt"]), (&json!("{% $states.input.cpu %}"), &json!(0)));
}

#[test]
fn a_share_of_first_attempts_is_on_spot_and_everything_else_on_demand() {
    let json = json();
    let strategy = &check_one(&json)["Arguments"]["CapacityProviderStrategy"];
    let provider = "{% $attempt + $starts > 0 or $states.context.State.RetryCount >= 6 or $random() * 100 >= 80 \
                    ? 'FARGATE' : 'FARGATE_SPOT' %}";
    assert_eq!(strategy, &json!([{"CapacityProvider": provider, "Weight": 1}]));
}

/// The rule by which an attempt ended by `error` leads to another, with what it sets.
fn rule_for(error: &str) -> Option<Json> {
    let rules = within(&json(), "Is another attempt worth it?")["Choices"].clone();
    rules.as_array().unwrap().iter().find(|rule| rule["Condition"].as_str().unwrap().contains(error)).cloned()
}

#[test]
fn out_of_memory_goes_to_the_next_size_once() {
    let rule = rule_for("Sluice.OutOfMemory").unwrap();
    assert!(rule["Condition"].as_str().unwrap().ends_with("and $memory != $task.largerMemory %}"), "{rule}");
    let set =
        json!({"cpu": "{% $task.largerCpu %}", "memory": "{% $task.largerMemory %}", "attempt": "{% $attempt + 1 %}"});
    assert_eq!((&rule["Assign"], &rule["Next"]), (&set, &json!("Check the files of a task")));
}

#[test]
fn a_task_that_does_not_start_is_started_twice_more_as_the_same_attempt() {
    let rule = rule_for("Sluice.CannotStart").unwrap();
    assert!(rule["Condition"].as_str().unwrap().ends_with("and $starts < 2 %}"), "{rule}");
    assert_eq!(rule["Assign"], json!({"starts": "{% $starts + 1 %}"}));
}

#[test]
fn a_start_that_fails_for_a_cause_that_can_pass_is_repeated_for_most_of_an_hour() {
    for cause in ["Sluice.StartInterrupted", "'Request limit exceeded'", "'Throttling'", "'Rate exceeded'"] {
        let rule = rule_for(cause).unwrap();
        assert!(rule["Condition"].as_str().unwrap().ends_with("and $starts < 20 %}"), "{rule}");
        assert_eq!(
            (&rule["Assign"], &rule["Next"]),
            (&json!({"starts": "{% $starts + 1 %}"}), &json!("Pause before the next attempt"))
        );
    }
    let json = json();
    let pause = within(&json, "Pause before the next attempt");
    assert_eq!(pause["Seconds"], "{% $ceil($random() * $min([300, 10 * $power(2, $attempt + $starts)])) %}");
}

#[test]
fn a_worker_that_died_or_was_taken_away_has_twenty_more_attempts() {
    for error in
        ["States.HeartbeatTimeout", "States.Timeout", "Sluice.SpotInterrupted", "Sluice.WorkerDied", "Sluice.Transient"]
    {
        let rule = rule_for(&format!("'{error}'")).unwrap();
        assert!(rule["Condition"].as_str().unwrap().ends_with("and $attempt < 20 %}"), "{rule}");
        assert_eq!(rule["Next"], "Pause before the next attempt");
    }
    assert_eq!(rule_for("Sluice.TaskFailed"), None);
    assert_eq!(within(&json(), "Is another attempt worth it?")["Default"], "Record the failure");
}

#[test]
fn a_silent_worker_is_stopped_and_nothing_of_that_can_fail_the_task() {
    let json = json();
    assert_eq!(within(&json, "Is the worker silent?")["Choices"][0]["Next"], "Find the silent worker");
    let find = within(&json, "Find the silent worker");
    assert_eq!(
        find["Arguments"]["Key"],
        "{% '_sluice/runs/' & $task.runId & '/workers/' & $string($task.task) & '.json' %}"
    );
    assert_eq!(within(&json, "Stop the silent worker")["Arguments"]["Task"], "{% $worker %}");
    for state in ["Find the silent worker", "Stop the silent worker"] {
        assert_eq!(within(&json, state)["Catch"][0]["ErrorEquals"], json!(["States.ALL"]));
        assert_eq!(within(&json, state)["Catch"][0]["Next"], "Is another attempt worth it?");
    }
}

#[test]
fn a_task_that_fails_for_good_is_recorded_and_does_not_fail_the_map() {
    let json = json();
    assert_eq!(check_one(&json)["Catch"][0]["ErrorEquals"], json!(["States.ALL"]));
    let recorded = json!({"task": "{% $task.task %}", "error": "{% $wrong.error %}", "cause": "{% $wrong.cause %}"});
    assert_eq!(within(&json, "Record the failure")["Output"], recorded);
    assert_eq!(json["States"]["Check all tasks"]["ToleratedFailurePercentage"], 100);
}

/// The errors that a function is called again for.
fn retried(state: &str) -> BTreeSet<String> {
    let retries = json()["States"][state]["Retry"].clone();
    let errors = retries.as_array().unwrap().iter().flat_map(|retry| retry["ErrorEquals"].as_array().unwrap().clone());
    errors.map(|error| error.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_function_is_called_again_for_what_can_pass_only() {
    for state in ["Plan the run", "Publish the results"] {
        let retried = retried(state);
        for passing in [
            "Lambda.ServiceException",
            "Lambda.CodeArtifactUserPendingException",
            "Sandbox.Timedout",
            "Runtime.ExitError",
            "Sluice.Transient",
        ] {
            assert!(retried.contains(passing), "{state}: {passing}");
        }
        for lasting in ["Sluice.BadRequest", "Sluice.PlanTooLong", "States.ALL", "States.TaskFailed"] {
            assert!(!retried.contains(lasting), "{state}: {lasting}");
        }
    }
    assert!(retried("Publish the results").contains("Sluice.Unfinished"));
}

#[test]
fn runs_that_ended_early_are_published_though_nothing_is_new() {
    let choices = json()["States"]["Anything to do?"]["Choices"].clone();
    let expected = json!([
        {"Condition": "{% $plan.tasks = 0 and $plan.unfinished = 0 %}", "Next": "Announce that nothing is new"},
        {"Condition": "{% $plan.tasks = 0 %}", "Next": "Publish the results"},
    ]);
    assert_eq!(choices, expected);
}

#[test]
fn a_run_is_over_at_some_time() {
    assert_eq!(json()["TimeoutSeconds"], 86_400);
}

#[test]
fn a_planner_that_is_a_task_gets_the_input_if_it_fits() {
    let parameters = Parameters { planner: Planner::Task("definition:1".into()), ..Parameters::example() };
    let machine = pipeline::definition(&parameters);
    assert_eq!(machine.validate(), []);
    let json = serde_json::to_value(&machine).unwrap();
    assert_eq!(json["StartAt"], "Does the input fit?");
    let text = "$string({\"request\": $states.context.Execution.Input, \"execution\": $states.context.Execution.Name, \
                \"executionArn\": $states.context.Execution.Id, \"startedAt\": $states.context.Execution.StartTime})";
    let rule = &json["States"]["Does the input fit?"]["Choices"][0];
    assert_eq!(rule["Condition"], format!("{{% $length($string([{text}])) > 5000 %}}"));
    assert_eq!(rule["Assign"]["failure"]["error"], "Sluice.BadRequest");
    let plan = &json["States"]["Plan the run"];
    assert_eq!(plan["Resource"], "arn:aws:states:::ecs:runTask.waitForTaskToken");
    assert_eq!(plan["Arguments"]["TaskDefinition"], "definition:1");
    let environment = &plan["Arguments"]["Overrides"]["ContainerOverrides"][0]["Environment"];
    assert_eq!(environment[1], json!({"Name": "SLUICE_PLAN_INPUT", "Value": format!("{{% {text} %}}")}));
    assert_eq!(plan["Assign"]["plan"], "{% $states.result %}");
}

#[test]
fn a_map_that_fails_is_published_all_the_same() {
    assert_eq!(json()["States"]["Check all tasks"]["Catch"][0]["Next"], "Publish the results");
}

const PUBLISH: &str = "Publish the results";

/// Whether the state sends the event of the run.
fn announces(state: &State) -> bool {
    matches!(state, State::Task(task) if task.resource.as_str().ends_with(":::events:putEvents"))
}

#[test]
fn no_way_ends_without_having_tried_to_send_the_event_of_the_run() {
    let machine = machine();
    // Paths that avoid the states that send the event of the run.
    let mut silent: BTreeSet<StateName> = BTreeSet::new();
    let mut open = vec![machine.start_at.clone()];
    while let Some(name) = open.pop() {
        let state = machine.states.get(&name).unwrap();
        if !announces(state) && silent.insert(name.clone()) {
            let json = serde_json::to_value(state).unwrap();
            let mut targets: Vec<Json> = vec![json["Next"].clone(), json["Default"].clone()];
            for list in ["Catch", "Choices"] {
                targets.extend(json[list].as_array().into_iter().flatten().map(|way| way["Next"].clone()));
            }
            // The publisher sends the event of the run last: if the publisher has succeeded, the event was
            // sent.
            if name.as_str() == PUBLISH {
                targets.retain(|target| target != &json["Next"]);
            }
            open.extend(targets.iter().filter_map(Json::as_str).map(StateName::new));
        }
    }
    let ends: Vec<_> = silent
        .iter()
        .filter(|name| matches!(machine.states.get(name), Some(State::Fail(_) | State::Succeed(_))))
        .collect();
    assert!(silent.len() > 3, "{silent:?}");
    assert_eq!(ends, [] as [&StateName; 0]);
}

#[test]
fn the_event_of_a_run_has_the_same_fields_however_it_ended() {
    let json = json();
    let detail = |state: &str| json["States"][state]["Arguments"]["Entries"][0]["Detail"].clone();
    let fields = |state: &str| detail(state).as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields("Announce the failure"), fields("Announce that nothing is new"));
    // The publisher's summary is the detail itself: a `RunSummary` is read from the one that is built here.
    let built = detail("Announce that nothing is new");
    let summary: statemachine::payload::RunSummary = serde_json::from_value(
        [("runId", "r"), ("startedAt", "2026-01-31T12:00:00Z"), ("finishedAt", "2026-01-31T12:00:00Z")].iter().fold(
            built,
            |mut detail, (field, value)| {
                detail[field] = json!(value);
                detail
            },
        ),
    )
    .unwrap();
    assert_eq!(summary.run_id.as_str(), "r");
}

#[test]
fn the_picture_has_every_state() {
    let machine = machine();
    let picture = machine.picture();
    for (name, _) in machine.states.iter() {
        assert!(picture.contains(name.as_str()), "{name}");
    }
    assert!(picture.contains("Check the files of a task"));
    assert!(!picture.contains("missing"));
}
