//! `sluice-stack destroy` during a run, with stand-ins for Pulumi and the AWS CLI.
#![expect(clippy::unwrap_used, reason = "in tests, a panic is the failure")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A stand-in for the AWS CLI: a stack with a run and a task under way, until they are stopped.
const AWS: &str = r#"echo "aws $*" >>"$CALLS"
case "$*" in
*get-schedule*) echo '{"Name": "start", "GroupName": "schedules", "State": "ENABLED", "Arn": "arn", "ScheduleExpression": "rate(1 hour)"}' ;;
*list-executions*) if [ -e "$CALLS.run" ]; then echo '{"executions": []}'; else echo '{"executions": [{"executionArn": "arn:aws:states:eu-central-1:1:execution:pipeline:monday"}]}'; fi ;;
*stop-execution*) touch "$CALLS.run"; echo '{}' ;;
*list-tasks*) if [ -e "$CALLS.task" ]; then echo '{"taskArns": []}'; else echo '{"taskArns": ["arn:task"]}'; fi ;;
*stop-task*) touch "$CALLS.task"; echo '{}' ;;
*get-event-source-mapping*) if [ -e "$CALLS.asked" ]; then echo '{"State": "Disabled"}'; else touch "$CALLS.asked"; echo '{"State": "Disabling"}'; fi ;;
esac"#;

const OUTPUTS: &str = r#"{"stateMachineArn": "arn:aws:states:eu-central-1:1:stateMachine:pipeline", "clusterArn": "arn:cluster",
    "scheduleName": "start", "scheduleGroup": "schedules", "arrivalRule": "arrival",
    "arrivalMapping": "4f1f"}"#;

fn tool(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn tools(outputs: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let pulumi = format!(
        "echo \"pulumi $*\" >>\"$CALLS\"\ncase \"$*\" in\n'stack output'*) echo '{outputs}' ;;\n'config get'*) exit 1 ;;\nesac"
    );
    tool(folder.path(), "pulumi", &pulumi);
    folder
}

fn destroy(folder: &TempDir, words: &[&str]) -> (Output, Vec<String>) {
    let calls = folder.path().join("calls");
    let output = Command::new(env!("CARGO_BIN_EXE_sluice-stack"))
        .args([&["destroy", "--stack", "dev"], words].concat())
        .env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
        .env("CALLS", &calls)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    (output, fs::read_to_string(calls).unwrap().lines().map(str::to_owned).collect())
}

#[test]
fn what_starts_runs_is_disabled_and_runs_are_over_before_anything_is_deleted() {
    let folder = tools(OUTPUTS);
    tool(folder.path(), "aws", AWS);
    let (output, calls) = destroy(&folder, &["--yes"]);
    assert!(output.status.success());
    let at = |what: &str| {
        calls.iter().position(|call| call.contains(what)).unwrap_or_else(|| panic!("{what} is not in {calls:#?}"))
    };
    let order = [
        "update-schedule",
        "disable-rule",
        "update-event-source-mapping --uuid 4f1f --no-enabled",
        "get-event-source-mapping",
        "stop-execution",
        "stop-task",
        "wait tasks-stopped",
        "pulumi destroy",
    ];
    assert!(order.map(at).is_sorted(), "{calls:#?}");
    let update = &calls[at("update-schedule")];
    assert!(update.contains(r#""State":"DISABLED""#) && update.contains("rate(1 hour)"), "{update}");
    assert!(!update.contains(r#""Arn""#), "what cannot be set is not set: {update}");
    let waits = calls.iter().filter(|call| call.contains("get-event-source-mapping")).count();
    assert_eq!(waits, 2, "until Lambda takes no more messages: {calls:#?}");
    assert!(calls.iter().filter(|call| call.starts_with("aws")).all(|call| call.contains("--region eu-central-1")));
    assert!(String::from_utf8(output.stderr).unwrap().contains("stopping the run monday"));
}

#[test]
fn without_the_aws_cli_it_is_said_and_the_stack_is_destroyed() {
    let folder = tools(OUTPUTS);
    let (output, calls) = destroy(&folder, &["--yes"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("warning: cannot stop the runs: `aws` is not on PATH"), "{said}");
    assert!(calls.last().unwrap().starts_with("pulumi destroy --stack dev"), "{calls:#?}");
}

#[test]
fn nothing_is_stopped_where_nothing_is_deployed() {
    let folder = tools("{}");
    tool(folder.path(), "aws", AWS);
    let (_, calls) = destroy(&folder, &["--yes"]);
    assert!(calls.iter().all(|call| !call.starts_with("aws")), "{calls:#?}");
}

#[test]
fn nothing_is_stopped_before_anybody_has_agreed() {
    let folder = tools(OUTPUTS);
    tool(folder.path(), "aws", AWS);
    let (_, calls) = destroy(&folder, &[]);
    assert!(calls.iter().all(|call| !call.starts_with("aws")), "{calls:#?}");
    assert!(calls[0].starts_with("pulumi destroy"), "Pulumi says that it needs --yes: {calls:#?}");
}
