//! The environment variables of `sluice worker` and `sluice lambda`, which the deployment and the state machine
//! set.

use std::env;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use statemachine::pipeline::environment as variable;
use tracing::level_filters::LevelFilter;

use super::CommandError;
use super::locations::{IfMissing, open_deployed};
use crate::callback::DescribedExecutions;
use crate::clock::Clock;
use crate::events::EventBridge;
use crate::function::{Planner, Publisher, Stores};
use crate::metrics::{LogSettings, Metrics};
use crate::plan::{TaskLimits, TaskSize};
use crate::store::Store;
use crate::worker::Pace;

/// Returns a variable that must be set.
pub(super) fn required(name: &str) -> Result<String, CommandError> {
    match optional(name) {
        Some(value) => Ok(value),
        None => {
            Err(CommandError::usage(format!("{name} is not set; this command is started by the state machine on AWS")))
        }
    }
}

/// Returns a variable that may be absent; an empty one counts as absent.
pub(super) fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Parses the text of the variable `name`.
pub(super) fn parsed<T: FromStr>(name: &str, text: &str) -> Result<T, CommandError> {
    text.parse().map_err(|_| CommandError::usage(format!("{name}: {text:?} is not a whole number")))
}

/// Returns the value of a variable that is one of a few words; the default of the type if the variable is absent.
fn chosen<T: FromStr<Err = String> + Default>(name: &str) -> Result<T, CommandError> {
    let Some(text) = optional(name) else {
        return Ok(T::default());
    };
    text.parse().map_err(|error| CommandError::usage(format!("{name}: {error}")))
}

/// Reads the settings of the log lines.
pub(super) fn log_settings() -> Result<LogSettings, CommandError> {
    let settings = LogSettings {
        stack: optional(variable::STACK),
        metrics: chosen(variable::METRICS)?,
        statistics: chosen(variable::LOG_STATISTICS)?,
    };
    if settings.metrics == Metrics::Stack && settings.stack.is_none() {
        return Err(CommandError::usage(format!(
            "{} is stack, but {} does not name one; set it",
            variable::METRICS,
            variable::STACK
        )));
    }
    Ok(settings)
}

/// Reads the time between two heartbeats of a worker.
pub(super) fn heartbeat() -> Result<Pace, CommandError> {
    Ok(match optional(variable::HEARTBEAT_SECONDS) {
        Some(seconds) => Pace::of(Duration::from_secs(parsed::<u64>(variable::HEARTBEAT_SECONDS, &seconds)?.max(1))),
        None => Pace::default(),
    })
}

/// Opens the stores for source and outputs; without `SLUICE_CLEAN` there are reports only.
pub(super) async fn stores(config: &SdkConfig) -> Result<Stores, CommandError> {
    let source = open_deployed(config, &required(variable::SOURCE)?, IfMissing::Fail).await?;
    let outputs = match optional(variable::CLEAN) {
        Some(given) => Some(open_deployed(config, &given, IfMissing::Create).await?),
        None => None,
    };
    Ok(Stores { source, outputs })
}

/// Opens the store for the feedback for senders; `None` if it is stored beside the outputs.
pub(super) async fn feedback(config: &SdkConfig) -> Result<Option<Arc<dyn Store>>, CommandError> {
    match optional(variable::FEEDBACK) {
        Some(given) => open_deployed(config, &given, IfMissing::Create).await.map(Some),
        None => Ok(None),
    }
}

/// Builds the planner from the environment.
pub(super) async fn planner(config: &SdkConfig) -> Result<Planner, CommandError> {
    let mut limits = TaskLimits::default();
    if let Some(bytes) = optional(variable::TASK_BYTES) {
        limits.bytes = parsed(variable::TASK_BYTES, &bytes)?;
    }
    if let Some(files) = optional(variable::TASK_FILES) {
        limits.files = parsed(variable::TASK_FILES, &files)?;
    }
    if let Some(sizes) = optional(variable::TASK_SIZES) {
        limits.sizes = TaskSize::parse_list(&sizes)
            .map_err(|error| CommandError::usage(format!("{}: {error}", variable::TASK_SIZES)))?;
    }
    let executions = Arc::new(DescribedExecutions::new(aws_sdk_sfn::Client::new(config), Clock::System));
    let logs = Some(log_settings()?);
    Ok(Planner { source: stores(config).await?.source, executions, limits, logs, clock: Clock::System })
}

/// Builds the publisher from the environment.
pub(super) async fn publisher(config: &SdkConfig) -> Result<Publisher, CommandError> {
    let name = optional(variable::EVENT_BUS).unwrap_or_else(|| "default".to_owned());
    let client = aws_sdk_eventbridge::Client::new(config);
    let bus = Arc::new(EventBridge::new(
        client,
        name,
        optional(variable::EVENT_SOURCE),
        optional(variable::EVENT_DETAIL_TYPE),
    ));
    let executions = Arc::new(DescribedExecutions::new(aws_sdk_sfn::Client::new(config), Clock::System));
    let mut publisher = Publisher::new(stores(config).await?, executions, bus, Clock::System);
    if let Some(pages) = optional(variable::REPORT_PAGES) {
        publisher.pages = parsed(variable::REPORT_PAGES, &pages)?;
    }
    Ok(publisher)
}

/// Starts logging as JSON lines on standard output, from which CloudWatch takes them.
pub(super) fn start_logs() {
    let level = optional(variable::LOG).and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let logs = tracing_subscriber::fmt().json().flatten_event(true).with_max_level(level).with_target(false);
    // Fails if a test has started logging before.
    let _ = logs.try_init();
}
