//! `sluice lambda`: the entry point of the Lambda functions.

use clap::Args;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;

use super::Exit;
use super::environment::{optional, parsed, required, stores};
use super::terminal::Terminal;
use crate::aws;
use crate::clock::Clock;
use crate::events::EventBridge;
use crate::function::{FunctionError, plan, publish};
use crate::plan::TaskLimits;

/// Which function it is: `plan` or `publish`.
const FUNCTION: &str = "SLUICE_FUNCTION";
/// Name or ARN of the event bus; `default` without it.
const EVENT_BUS: &str = "SLUICE_EVENT_BUS";
/// Most bytes of a task.
const TASK_BYTES: &str = "SLUICE_TASK_BYTES";
/// Most files of a task.
const TASK_FILES: &str = "SLUICE_TASK_FILES";

/// Serve as the function that plans a run on AWS, or as the one that publishes it (entry point of AWS Lambda)
///
/// Configured by the environment: SLUICE_FUNCTION (plan or publish), SLUICE_SOURCE and SLUICE_CLEAN (s3://BUCKET),
/// SLUICE_TASK_BYTES and SLUICE_TASK_FILES (plan), SLUICE_EVENT_BUS (publish).
#[derive(Debug, Args)]
pub(super) struct LambdaArgs {}

impl From<FunctionError> for Diagnostic {
    fn from(error: FunctionError) -> Self {
        Self { error_type: error.name.to_owned(), error_message: error.cause }
    }
}

pub(super) async fn lambda(terminal: &Terminal) -> Exit {
    match served().await {
        Ok(()) => Exit::Done,
        Err((exit, message)) => {
            terminal.error(&message);
            exit
        }
    }
}

async fn served() -> Result<(), (Exit, String)> {
    // Without it this is no function on AWS, and the runtime would only say that a variable is missing.
    required("AWS_LAMBDA_RUNTIME_API")?;
    let function = required(FUNCTION)?;
    let (source, clean) = stores().await?;
    let (source, clean) = (&*source, &*clean);
    let clock = Clock::System;
    let ended = match function.as_str() {
        "plan" => {
            let mut limits = TaskLimits::default();
            if let Some(bytes) = optional(TASK_BYTES) {
                limits.bytes = parsed(TASK_BYTES, &bytes)?;
            }
            if let Some(files) = optional(TASK_FILES) {
                limits.files = parsed(TASK_FILES, &files)?;
            }
            lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async move {
                plan(source, event.payload, limits, clock).await.inspect_err(note)
            }))
            .await
        }
        "publish" => {
            let config = aws::config().await.map_err(|error| (Exit::Usage, error.to_string()))?;
            let name = optional(EVENT_BUS).unwrap_or_else(|| "default".to_owned());
            let bus = &EventBridge::new(aws_sdk_eventbridge::Client::new(&config), name);
            lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async move {
                publish(source, clean, bus, event.payload, clock).await.inspect_err(note)
            }))
            .await
        }
        other => return Err((Exit::Usage, format!("{FUNCTION}: {other:?} is no function; plan and publish are"))),
    };
    ended.map_err(|error| (Exit::Io, format!("the Lambda runtime: {error}")))
}

fn note(error: &FunctionError) {
    tracing::error!(error = error.name, cause = error.cause, "the function has failed");
}
