//! `sluice lambda`: the entry point of the Lambda functions.

use std::time::{Duration, Instant, UNIX_EPOCH};

use aws_config::SdkConfig;
use clap::Args;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use statemachine::pipeline::environment as variable;

use super::environment::{parsed, planner, publisher, required};
use super::terminal::Terminal;
use super::{CommandError, Exit};
use crate::arrival_services::{StateMachine, UploadQueue};
use crate::aws;
use crate::callback::{Callback as _, CallbackError, StepFunctions};
use crate::clock::{Clock, monotonic};
use crate::function::arrival::Starter;
use crate::function::{FunctionError, stopped};

/// Time before its timeout at which a function stops, so that it can record its progress and answer.
const MARGIN: Duration = Duration::from_secs(20);

/// Run as a function of the pipeline on AWS (entry point of AWS Lambda)
///
/// SLUICE_FUNCTION says which: plan (finds new files), publish (merges and announces results), stopped (tells the state machine that a
/// container stopped), arrival (starts a run when files arrive). Configured by the environment: SLUICE_SOURCE and SLUICE_CLEAN (s3://BUCKET),
/// SLUICE_TASK_BYTES, SLUICE_TASK_FILES and SLUICE_TASK_SIZES (plan), SLUICE_EVENT_BUS, SLUICE_EVENT_SOURCE,
/// SLUICE_EVENT_DETAIL_TYPE and SLUICE_REPORT_PAGES (publish), SLUICE_STATE_MACHINE, SLUICE_QUEUE and SLUICE_QUIET_SECONDS (arrival).
#[derive(Debug, Args)]
pub(super) struct LambdaArgs {}

impl From<FunctionError> for Diagnostic {
    fn from(error: FunctionError) -> Self {
        Self { error_type: error.name.to_owned(), error_message: error.cause }
    }
}

pub(super) async fn lambda(terminal: &Terminal) -> Exit {
    terminal.exit(served().await.map(|()| Exit::Done))
}

async fn served() -> Result<(), CommandError> {
    // Without this variable the process is no function on AWS, and the runtime's message would only name the variable.
    required("AWS_LAMBDA_RUNTIME_API")?;
    let function = required(variable::FUNCTION)?;
    let config = aws::config().await.map_err(CommandError::usage)?;
    let ended = match function.as_str() {
        "plan" => {
            let planner = &planner(&config).await?;
            lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async move {
                let deadline = deadline(&event);
                planner.plan(event.payload, deadline).await.inspect_err(note)
            }))
            .await
        }
        "publish" => {
            let publisher = &publisher(&config).await?;
            lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async move {
                let deadline = deadline(&event);
                publisher.publish(event.payload, deadline).await.inspect_err(note)
            }))
            .await
        }
        "stopped" => {
            let client = &aws_sdk_sfn::Client::new(&config);
            lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async move {
                tell_stopped(client, event.payload).await.inspect_err(note)
            }))
            .await
        }
        "arrival" => arrival(&config).await?,
        other => {
            let known = "plan, publish, stopped and arrival are";
            return Err(CommandError::usage(format!("{}: {other:?} is no function; {known}", variable::FUNCTION)));
        }
    };
    ended.map_err(|error| CommandError::io(format!("the Lambda runtime: {error}")))
}

async fn arrival(config: &SdkConfig) -> Result<Result<(), lambda_runtime::Error>, CommandError> {
    let seconds = parsed::<u64>(variable::QUIET_SECONDS, &required(variable::QUIET_SECONDS)?)?;
    let queue = &UploadQueue::new(aws_sdk_sqs::Client::new(config), required(variable::QUEUE)?);
    let machine = &StateMachine::new(aws_sdk_sfn::Client::new(config), required(variable::STATE_MACHINE)?);
    let quiet = Duration::from_secs(seconds);
    Ok(lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async move {
        Starter { queue, machine, quiet }.arrived(event.payload, Clock::System.now()).await.inspect_err(note)
    }))
    .await)
}

/// Tells the state machine that a container has stopped, and why.
async fn tell_stopped(client: &aws_sdk_sfn::Client, event: Value) -> Result<(), FunctionError> {
    let Some(report) = stopped::read(event)? else {
        return Ok(());
    };
    tracing::info!(error = report.error, cause = report.cause, "a container has stopped");
    match StepFunctions::new(client.clone(), report.token).failure(report.error, report.cause).await {
        // The worker of the container has reported its end already, or the attempt was given up.
        Ok(()) | Err(CallbackError::Gone(_)) => Ok(()),
        Err(error @ CallbackError::Unreachable(_)) => Err(FunctionError::unreachable(&error)),
    }
}

/// Returns the time at which the function has to stop.
fn deadline(event: &LambdaEvent<Value>) -> Option<Instant> {
    let end = UNIX_EPOCH + Duration::from_millis(event.context.deadline);
    let left = end.duration_since(Clock::System.now()).unwrap_or_default();
    Some(monotonic() + left.saturating_sub(MARGIN))
}

fn note(error: &FunctionError) {
    tracing::error!(error = error.name, cause = error.cause, "the function has failed");
}
