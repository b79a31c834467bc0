//! `sluice worker`: the entry point of the Fargate task.

use std::sync::Arc;

use clap::Args;
use statemachine::pipeline::environment as variable;

use super::environment::{feedback, heartbeat, log_settings, optional, parsed, required, stores};
use super::terminal::Terminal;
use super::{CommandError, Exit};
use crate::aws;
use crate::callback::{StepFunctions, Token};
use crate::clock::Clock;
use crate::container::Container;
use crate::context::Context;
use crate::function::Stores;
use crate::interrupt::Interrupt;
use crate::jobs::Jobs;
use crate::metrics::LogLines;
use crate::task::RunId;
use crate::worker::{Ending, TaskRef, work};

/// Check the files of one task of a run on AWS (entry point of the Fargate task)
///
/// Configured by the environment: SLUICE_SOURCE, SLUICE_CLEAN and SLUICE_FEEDBACK (s3://BUCKET; without the second there are reports
/// only, without the third answers to senders go to the second), and what the state machine sets for every task: SLUICE_RUN, SLUICE_TASK, SLUICE_OFFSET, SLUICE_LENGTH, SLUICE_ATTEMPT, SLUICE_TASK_TOKEN. It sends
/// a heartbeat every SLUICE_HEARTBEAT_SECONDS (60), a fifth of the time that the state machine waits. Logs are JSON lines on
/// standard output; what they say of columns is up to SLUICE_LOG_STATISTICS (full or counts), their metrics to SLUICE_METRICS (prefix,
/// stack or off) and SLUICE_STACK.
#[derive(Debug, Args)]
pub(super) struct WorkerArgs {}

pub(super) async fn worker(terminal: &Terminal, stop: impl Future<Output = ()>) -> Exit {
    terminal.exit(started(stop).await)
}

async fn started(stop: impl Future<Output = ()>) -> Result<Exit, CommandError> {
    let number = |name: &str| -> Result<u64, CommandError> { parsed(name, &required(name)?) };
    let token = Token::new(required(variable::TASK_TOKEN)?);
    let (offset, length) = (number(variable::OFFSET)?, number(variable::LENGTH)?);
    let task_ref = TaskRef {
        run: RunId(required(variable::RUN)?),
        task: number(variable::TASK)?,
        lines: offset..offset.saturating_add(length),
        attempt: optional(variable::ATTEMPT).map_or(Ok(0), |attempt| parsed(variable::ATTEMPT, &attempt))?,
        container: Container::of_this_process().await,
    };
    let pace = heartbeat()?;
    let config = aws::config().await.map_err(CommandError::usage)?;
    let callback = StepFunctions::new(aws_sdk_sfn::Client::new(&config), token);
    let Stores { source, outputs } = stores(&config).await?;
    let feedback = feedback(&config).await?;
    // The kernel may report more memory than the task is allowed to use.
    let memory = task_ref.container.size.map_or(u64::MAX, |size| u64::from(size.memory) << 20);
    let jobs = Jobs::all_cores().in_memory(memory);
    Jobs::start_threads(jobs.most_files()).await.map_err(CommandError::io)?;
    let clock = Clock::System;
    let context = Context {
        source,
        outputs,
        feedback,
        jobs,
        clock,
        interrupt: Interrupt::default(),
        observer: Arc::new(LogLines::on_stdout(clock, task_ref.run.0.clone(), log_settings()?)),
        strict: false,
    };
    tracing::info!(run = task_ref.run.0, task = task_ref.task, "task started");
    let ending = work(&context, &task_ref, &callback, pace, stop).await;
    tracing::info!(run = task_ref.run.0, task = task_ref.task, ?ending, "task ended");
    Ok(match ending {
        Ending::Done | Ending::Abandoned => Exit::Done,
        Ending::Failed(_) | Ending::Untold(_) => Exit::Io,
    })
}
