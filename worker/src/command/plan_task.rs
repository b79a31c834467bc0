//! `sluice plan-task`: the entry point of the planner as a Fargate task.

use clap::Args;
use statemachine::pipeline::environment as variable;

use super::environment::{heartbeat, planner, required};
use super::terminal::Terminal;
use super::{CommandError, Exit};
use crate::aws;
use crate::callback::{StepFunctions, Token};
use crate::worker::{Ending, plan_task};

/// Plan a run on AWS (entry point of the Fargate task, for sources that take longer to list than a function may run)
///
/// Configured by the environment: SLUICE_SOURCE (s3://BUCKET), SLUICE_TASK_BYTES, SLUICE_TASK_FILES and SLUICE_TASK_SIZES, and what the
/// state machine sets: SLUICE_PLAN_INPUT (JSON) and SLUICE_TASK_TOKEN.
#[derive(Debug, Args)]
pub(super) struct PlanTaskArgs {}

pub(super) async fn plan(terminal: &Terminal, stop: impl Future<Output = ()>) -> Exit {
    terminal.exit(started(stop).await)
}

async fn started(stop: impl Future<Output = ()>) -> Result<Exit, CommandError> {
    let token = Token::new(required(variable::TASK_TOKEN)?);
    let input = serde_json::from_str(&required(variable::PLAN_INPUT)?)
        .map_err(|error| CommandError::usage(format!("{} is not JSON: {error}", variable::PLAN_INPUT)))?;
    let pace = heartbeat()?;
    let config = aws::config().await.map_err(CommandError::usage)?;
    let callback = StepFunctions::new(aws_sdk_sfn::Client::new(&config), token);
    let planner = planner(&config).await?;
    let ending = plan_task(&planner, input, &callback, pace, stop).await;
    tracing::info!(?ending, "plan ended");
    Ok(match ending {
        Ending::Done | Ending::Abandoned => Exit::Done,
        Ending::Failed(_) | Ending::Untold(_) => Exit::Io,
    })
}
