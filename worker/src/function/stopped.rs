//! The function that is invoked when a container has stopped.
//!
//! Step Functions does not watch a task that it waits for by token: if a container never starts, or dies without a word, Step
//! Functions notices only the missing heartbeats, minutes later. ECS reports at once why a task has stopped
//! (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html>), and the overrides in that event contain
//! the token with which the container was started. The token is a credential: it must not be logged.

use serde::Deserialize;
use serde_json::Value;

use super::FunctionError;
use crate::callback::Token;
use statemachine::pipeline::environment::TASK_TOKEN;
pub use statemachine::sluice::{CANNOT_START, OUT_OF_MEMORY, SPOT_INTERRUPTED, START_INTERRUPTED, WORKER_DIED};

/// Parts of the messages of causes that stay, in lower case: an image, a log group or a platform that is not there, and a permission that is
/// refused. <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resolve-ecs-task-failures.html>
///
/// Every other cause is taken for one that can pass, as a network interface that Fargate could not provide
/// (<https://repost.aws/knowledge-center/ecs-fargate-network-interface-errors>). If it stays after all, the tasks fail an hour later; the
/// other way round, an outage of minutes would fail all files.
const CAUSES_THAT_STAY: [&str; 14] = [
    "not found",
    "manifest unknown",
    "does not exist",
    "no basic auth credentials",
    "pull access denied",
    "accessdenied",
    "access denied",
    "not authorized",
    "forbidden",
    "no match for platform",
    "does not contain descriptor matching platform",
    "invalid reference format",
    "exec format error",
    "executable file not found",
];

/// The failure of an attempt, to be sent to the state machine.
#[derive(Clone, Debug)]
pub struct Report {
    /// The token of the attempt.
    pub token: Token,
    /// Error name.
    pub error: &'static str,
    /// What the event of ECS says.
    pub cause: String,
}

#[derive(Debug, Deserialize)]
struct Event {
    detail: Detail,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    task_arn: String,
    last_status: String,
    #[serde(default)]
    stop_code: String,
    #[serde(default)]
    stopped_reason: String,
    #[serde(default)]
    containers: Vec<Container>,
    #[serde(default)]
    overrides: Overrides,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    exit_code: Option<i64>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Overrides {
    #[serde(default)]
    container_overrides: Vec<ContainerOverride>,
}

#[derive(Debug, Deserialize)]
struct ContainerOverride {
    #[serde(default)]
    environment: Vec<Variable>,
}

#[derive(Debug, Deserialize)]
struct Variable {
    name: String,
    value: String,
}

/// Reads an event of ECS. Returns `None` if there is nothing to report: the container has not stopped, was not started by the state
/// machine, or ended well, which it has reported itself.
///
/// # Errors
/// When the event is not an event of ECS about a task.
pub fn read(event: Value) -> Result<Option<Report>, FunctionError> {
    // The error does not quote the event, as the event contains the token.
    let Event { detail } = serde_json::from_value(event)
        .map_err(|error| FunctionError::failed(format!("this is not a state change of an ECS task: {error}")))?;
    let variables = detail.overrides.container_overrides.iter().flat_map(|container| &container.environment);
    let token =
        variables.into_iter().find(|variable| variable.name == TASK_TOKEN).map(|variable| variable.value.clone());
    let Some(token) = token else { return Ok(None) };
    if detail.last_status != "STOPPED" {
        return Ok(None);
    }
    let Some(error) = detail.error() else { return Ok(None) };
    let cause = detail.cause();
    Ok(Some(Report { token: Token::new(token), error, cause }))
}

impl Detail {
    /// Returns the error name for the stop code and the reasons in the event; `None` if the container ended well.
    ///
    /// Stop codes: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html>. Reasons:
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html>.
    fn error(&self) -> Option<&'static str> {
        if self.containers.iter().any(|container| container.reason.starts_with("OutOfMemory")) {
            return Some(OUT_OF_MEMORY);
        }
        match self.stop_code.as_str() {
            "SpotInterruption" | "TerminationNotice" => Some(SPOT_INTERRUPTED),
            "TaskFailedToStart" => Some(self.error_of_start()),
            _ if !self.containers.is_empty()
                && self.containers.iter().all(|container| container.exit_code == Some(0)) =>
            {
                None
            }
            // A container without an exit code has never run.
            _ if self.containers.iter().all(|container| container.exit_code.is_none())
                && self.stop_code != "UserInitiated" =>
            {
                Some(self.error_of_start())
            }
            _ => Some(WORKER_DIED),
        }
    }

    /// Returns the error name for a container that did not start.
    fn error_of_start(&self) -> &'static str {
        let reasons = self.containers.iter().map(|container| &container.reason).chain([&self.stopped_reason]);
        let stays = |reason: &String| {
            let reason = reason.to_lowercase();
            CAUSES_THAT_STAY.iter().any(|cause| reason.contains(cause))
        };
        if reasons.into_iter().any(stays) { CANNOT_START } else { START_INTERRUPTED }
    }

    fn cause(&self) -> String {
        let mut cause = format!("{}: {} ({})", self.task_arn, self.stopped_reason, self.stop_code);
        for container in &self.containers {
            if let Some(code) = container.exit_code {
                cause.push_str(&format!("; exit code {code}"));
            }
            if !container.reason.is_empty() {
                cause.push_str(&format!("; {}", container.reason));
            }
        }
        cause
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use serde_json::json;

    use super::*;

    fn event(stop_code: &str, container: &Value) -> Value {
        json!({
            "source": "aws.ecs",
            "detail-type": "ECS Task State Change",
            "detail": {
                "taskArn": "arn:aws:ecs:eu-central-1:123456789012:task/sluice/0123",
                "lastStatus": "STOPPED",
                "stopCode": stop_code,
                "stoppedReason": "Essential container in task exited",
                "containers": [container],
                "overrides": {"containerOverrides": [
                    {"name": "worker", "environment": [{"name": "SLUICE_TASK_TOKEN", "value": "secret"}]}
                ]},
            },
        })
    }

    #[test]
    fn every_way_to_stop_has_its_name() {
        for (stop_code, container, error) in [
            ("EssentialContainerExited", json!({"exitCode": 0}), None),
            ("EssentialContainerExited", json!({"exitCode": 74}), Some(WORKER_DIED)),
            ("EssentialContainerExited", json!({"exitCode": 137}), Some(WORKER_DIED)),
            (
                "EssentialContainerExited",
                json!({"exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage"}),
                Some(OUT_OF_MEMORY),
            ),
            ("TaskFailedToStart", json!({"reason": "CannotPullContainerError: not found"}), Some(CANNOT_START)),
            (
                "",
                json!({"reason": "ResourceInitializationError: failed to validate logger args: The specified log group does not exist."}),
                Some(CANNOT_START),
            ),
            (
                "TaskFailedToStart",
                json!({"reason": "CannotPullContainerError: User is not authorized to perform ecr:BatchGetImage"}),
                Some(CANNOT_START),
            ),
            (
                "TaskFailedToStart",
                json!({"reason": "Timeout waiting for network interface provisioning to complete."}),
                Some(START_INTERRUPTED),
            ),
            (
                "TaskFailedToStart",
                json!({"reason": "CannotPullContainerError: failed to resolve reference: dial tcp 10.0.0.1:443: i/o timeout"}),
                Some(START_INTERRUPTED),
            ),
            ("TaskFailedToStart", json!({}), Some(START_INTERRUPTED)),
            ("SpotInterruption", json!({"exitCode": 137}), Some(SPOT_INTERRUPTED)),
            ("TerminationNotice", json!({"exitCode": 143}), Some(SPOT_INTERRUPTED)),
            ("UserInitiated", json!({"exitCode": 143}), Some(WORKER_DIED)),
            ("UserInitiated", json!({}), Some(WORKER_DIED)),
        ] {
            let report = read(event(stop_code, &container)).unwrap();
            assert_eq!(report.map(|report| report.error), error, "{stop_code} {container}");
        }
    }

    #[test]
    fn the_cause_says_what_ecs_says_and_the_token_shows_nowhere() {
        let report = read(event("TaskFailedToStart", &json!({"reason": "no such image"}))).unwrap().unwrap();
        assert!(report.cause.contains("no such image") && report.cause.contains("task/sluice/0123"), "{report:?}");
        assert!(!format!("{report:?}").contains("secret"));
        let mut broken = event("", &json!({}));
        broken["detail"]["containers"] = json!("secret");
        assert!(!read(broken).unwrap_err().cause.is_empty());
    }

    #[test]
    fn other_tasks_and_other_states_are_nothing_to_tell() {
        let mut other = event("EssentialContainerExited", &json!({"exitCode": 1}));
        other["detail"]["overrides"] = json!({"containerOverrides": []});
        assert!(read(other).unwrap().is_none());
        let mut running = event("EssentialContainerExited", &json!({}));
        running["detail"]["lastStatus"] = json!("RUNNING");
        assert!(read(running).unwrap().is_none());
    }
}
