//! What the pipeline promises, whatever its parameters.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use statemachine::model::{State, StateMachine};
use statemachine::{Parameters, StateName, pipeline};

fn machine() -> StateMachine {
    pipeline::definition(&Parameters::example())
}

fn json() -> Json {
    serde_json::to_value(machine()).unwrap()
}

/// The task within the Map.
fn check_one(json: &Json) -> &Json {
    &json["States"]["Check all tasks"]["ItemProcessor"]["States"]["Check the files of a task"]
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
        "MapConcurrency",
        "SpotPercent",
        "TaskTimeoutSeconds",
    ] {
        assert!(rendered.contains(&format!("${{{name}}}")), "{name}");
    }
}

#[test]
fn a_task_is_retried_by_what_went_wrong() {
    let retries = check_one(&json())["Retry"].clone();
    let expected = json!([
        {"ErrorEquals": ["ECS.AmazonECSException", "AmazonECS.Unknown", "ECS.InvalidParameterException", "ECS.ServerException"],
         "IntervalSeconds": 5, "MaxAttempts": 8, "BackoffRate": 2.0, "MaxDelaySeconds": 120, "JitterStrategy": "FULL"},
        {"ErrorEquals": ["Sluice.Interrupted"], "IntervalSeconds": 10, "MaxAttempts": 4, "BackoffRate": 2.0},
        {"ErrorEquals": ["States.HeartbeatTimeout", "States.Timeout"], "IntervalSeconds": 30, "MaxAttempts": 2, "BackoffRate": 2.0},
        {"ErrorEquals": ["Sluice.Transient"], "IntervalSeconds": 5, "MaxAttempts": 4, "BackoffRate": 2.0},
    ]);
    assert_eq!(retries, expected);
}

#[test]
fn a_task_gets_five_values_and_nothing_that_grows() {
    let json = json();
    let container = &check_one(&json)["Arguments"]["Overrides"]["ContainerOverrides"][0];
    let names: Vec<_> =
        container["Environment"].as_array().unwrap().iter().map(|entry| entry["Name"].clone()).collect();
    assert_eq!(names, ["SLUICE_RUN", "SLUICE_TASK", "SLUICE_OFFSET", "SLUICE_LENGTH", "SLUICE_TASK_TOKEN"]);
    assert_eq!(container.as_object().unwrap().keys().collect::<Vec<_>>(), ["Name", "Environment"]);
}

#[test]
fn a_task_that_fails_for_good_is_recorded_and_does_not_fail_the_map() {
    let json = json();
    assert_eq!(check_one(&json)["Catch"][0]["ErrorEquals"], json!(["States.ALL"]));
    assert_eq!(check_one(&json)["Catch"][0]["Next"], "Record the failure");
    assert_eq!(json["States"]["Check all tasks"]["ToleratedFailurePercentage"], 100);
}

#[test]
fn a_map_that_fails_is_published_all_the_same() {
    assert_eq!(json()["States"]["Check all tasks"]["Catch"][0]["Next"], "Publish the results");
}

/// Whether the state sends the event of the run.
fn announces(state: &State) -> bool {
    matches!(state, State::Task(task) if task.resource.as_str().ends_with(":::events:putEvents"))
}

#[test]
fn no_way_ends_without_having_tried_to_send_the_event_of_the_run() {
    let machine = machine();
    // The ways that avoid the states that send it.
    let mut silent: BTreeSet<StateName> = BTreeSet::new();
    let mut open = vec![machine.start_at.clone()];
    while let Some(name) = open.pop() {
        let state = machine.states.get(&name).unwrap();
        if !announces(state) && silent.insert(name) {
            let json = serde_json::to_value(state).unwrap();
            let mut targets: Vec<Json> = vec![json["Next"].clone(), json["Default"].clone()];
            for list in ["Catch", "Choices"] {
                targets.extend(json[list].as_array().into_iter().flatten().map(|way| way["Next"].clone()));
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
