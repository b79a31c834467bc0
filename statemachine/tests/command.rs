//! `cargo run -p statemachine`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

use statemachine::{Parameters, StateMachine, pipeline};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_statemachine")).args(arguments).output().unwrap()
}

fn stdout(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8(output.stderr).unwrap());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn without_arguments_it_renders_a_definition_without_placeholders() {
    let json = stdout(&[]);
    assert_eq!(json, pipeline::definition(&Parameters::example()).to_json());
    assert!(!json.contains("${"));
}

#[test]
fn substitutions_are_placeholders_in_the_same_states() {
    let names = |json: &str| {
        let machine = serde_json::from_str::<StateMachine>(json).unwrap();
        machine.states.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    let json = stdout(&["--substitutions"]);
    assert!(json.contains("\"${PlanFunctionArn}\""));
    assert_eq!(names(&json), names(&stdout(&[])));
}

#[test]
fn a_picture_is_a_flowchart() {
    assert!(stdout(&["--picture"]).starts_with("flowchart TD\n"));
}

#[test]
fn an_unknown_argument_is_answered_with_the_usage() {
    let output = run(&["--pictures"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("Usage: "));
    assert!(output.stdout.is_empty());
}
