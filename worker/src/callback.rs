//! Callbacks: what a worker tells the state machine that waits for its task.
//!
//! A task that is started with `.waitForTaskToken` ends when its token is sent back, and not when the container ends
//! (<https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token>).

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::ExecutionStatus;

pub use statemachine::sluice::TRANSIENT;

use crate::aws::chain;
use crate::clock::Clock;
use crate::open_run::{Executions, IsOver};
use crate::store::StoreError;

/// Maximum number of characters of an explanation that are sent; Step Functions accepts 32,768 characters.
const CAUSE_CHARS: usize = 1000;

/// The age from which an execution that Step Functions does not know is taken to be over. AWS promises no bound for the time until a new execution
/// is known; it is a second as a rule. With too low an age, the events of a run that has just begun would say that it has failed.
const CONSISTENT_AFTER: Duration = Duration::from_secs(3600);

/// The future result of an operation of a callback.
pub type CallbackFuture<'a> = Pin<Box<dyn Future<Output = Result<(), CallbackError>> + Send + 'a>>;

/// Why the state machine could not be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// The state machine no longer waits for this attempt: the attempt was given up, and another one may be running. Stop.
    #[error("the task was given up ({0})")]
    Gone(String),
    /// The state machine could not be reached; try again.
    #[error("Step Functions: {0}")]
    Unreachable(String),
}

/// Reports to the state machine that waits for a task.
pub trait Callback: Send + Sync + fmt::Debug {
    /// Says that the work goes on.
    fn heartbeat(&self) -> CallbackFuture<'_>;
    /// Says that the task is done, with its output as JSON.
    fn success(&self, output: String) -> CallbackFuture<'_>;
    /// Reports that the task has failed, with an error name that the state machine knows, and an explanation, which may be cut.
    fn failure(&self, error: &'static str, cause: String) -> CallbackFuture<'_>;
}

/// A task token. It is a credential: its `Debug` output hides it from logs.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Wraps a token.
    pub fn new(token: String) -> Self {
        Self(token)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token(…)")
    }
}

/// A callback through Step Functions.
#[derive(Clone, Debug)]
pub struct StepFunctions {
    client: Client,
    token: Token,
}

impl StepFunctions {
    /// Makes the callback for this token.
    pub fn new(client: Client, token: Token) -> Self {
        Self { client, token }
    }
}

impl Callback for StepFunctions {
    fn heartbeat(&self) -> CallbackFuture<'_> {
        let call = self.client.send_task_heartbeat().task_token(&self.token.0).send();
        Box::pin(async { call.await.map(drop).map_err(|error| callback_error(&error)) })
    }

    fn success(&self, output: String) -> CallbackFuture<'_> {
        let call = self.client.send_task_success().task_token(&self.token.0).output(output).send();
        Box::pin(async { call.await.map(drop).map_err(|error| callback_error(&error)) })
    }

    fn failure(&self, error: &'static str, cause: String) -> CallbackFuture<'_> {
        let cause: String = cause.chars().take(CAUSE_CHARS).collect();
        let call = self.client.send_task_failure().task_token(&self.token.0).error(error).cause(cause).send();
        Box::pin(async { call.await.map(drop).map_err(|error| callback_error(&error)) })
    }
}

/// Asks Step Functions whether executions have ended.
#[derive(Clone, Debug)]
pub struct DescribedExecutions {
    client: Client,
    clock: Clock,
}

impl DescribedExecutions {
    /// Makes a service that asks through this client.
    pub fn new(client: Client, clock: Clock) -> Self {
        Self { client, clock }
    }

    /// Returns true if an execution that was known at this time is old enough that Step Functions must know it, if it still does.
    fn is_old(&self, known_since: SystemTime) -> bool {
        self.clock.now().duration_since(known_since).is_ok_and(|age| age > CONSISTENT_AFTER)
    }
}

impl Executions for DescribedExecutions {
    fn is_over<'a>(&'a self, arn: &'a str, known_since: SystemTime) -> IsOver<'a> {
        let call = self.client.describe_execution().execution_arn(arn).send();
        Box::pin(async move {
            match call.await {
                // https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
                Ok(execution) => {
                    Ok(!matches!(execution.status(), ExecutionStatus::Running | ExecutionStatus::PendingRedrive))
                }
                // Step Functions forgets closed executions after 90 days, and does not know a new one yet: the operation is eventually
                // consistent (same page).
                Err(error) if error.code() == Some("ExecutionDoesNotExist") => Ok(self.is_old(known_since)),
                Err(error) => {
                    let (at, reason) = (arn.to_owned(), chain(&error));
                    Err(match error.code() {
                        Some("AccessDeniedException") => StoreError::Denied { at, reason },
                        _ => StoreError::Unreachable { at, reason },
                    })
                }
            }
        })
    }
}

fn callback_error<E>(error: &E) -> CallbackError
where
    E: ProvideErrorMetadata + std::error::Error,
{
    match error.code() {
        // https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskHeartbeat.html
        Some(code @ ("TaskTimedOut" | "TaskDoesNotExist" | "InvalidToken")) => CallbackError::Gone(code.to_owned()),
        _ => CallbackError::Unreachable(chain(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_does_not_show() {
        assert_eq!(format!("{:?}", Token::new("secret".to_owned())), "Token(…)");
    }
}
