//! The environment variables of `sluice worker` and `sluice lambda`, which the deployment and the state machine
//! set.

use std::env;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use tracing::level_filters::LevelFilter;

use super::Exit;
use super::locations::open_deployed;
use crate::callback::DescribedExecutions;
use crate::clock::Clock;
use crate::events::EventBridge;
use crate::function::{Planner, Publisher, Stores};
use crate::metrics::{LogSettings, Metrics};
use crate::plan::{TaskLimits, TaskSize};
use crate::store::Store;
use crate::worker::Pace;

/// `s3://BUCKET` with the files, the ledger and the runs.
pub(super) const SOURCE: &str = "SLUICE_SOURCE";
/// `s3://BUCKET` for the outputs; without it there are reports only.
pub(super) const CLEAN: &str = "SLUICE_CLEAN";
/// `s3://BUCKET` for answers to senders; without it they are stored beside the outputs.
const FEEDBACK: &str = "SLUICE_FEEDBACK";
/// Number of prefixes of a run that have a page of their own.
const REPORT_PAGES: &str = "SLUICE_REPORT_PAGES";
/// Seconds between two heartbeats of a worker (60): a fifth of the time for which the state machine waits.
const HEARTBEAT_SECONDS: &str = "SLUICE_HEARTBEAT_SECONDS";
/// Most bytes of a task.
const TASK_BYTES: &str = "SLUICE_TASK_BYTES";
/// Most files of a task.
const TASK_FILES: &str = "SLUICE_TASK_FILES";
/// Sizes of the containers of tasks, the smallest first: CPU units and MiB of memory, `1024:2048,4096:8192`.
const TASK_SIZES: &str = "SLUICE_TASK_SIZES";
/// Name or ARN of the event bus; `default` without it.
const EVENT_BUS: &str = "SLUICE_EVENT_BUS";
/// Source of events; `sluice` without it.
const EVENT_SOURCE: &str = "SLUICE_EVENT_SOURCE";
/// Detail type of the events of prefixes; `Data Processing Status` without it.
const EVENT_DETAIL_TYPE: &str = "SLUICE_EVENT_DETAIL_TYPE";
/// Name of the stack, by which its metrics differ from those of other stacks.
const STACK: &str = "SLUICE_STACK";
/// Dimensions of the metrics: `prefix` (default), `stack`, `off`.
const METRICS: &str = "SLUICE_METRICS";
/// Statistics of columns in the logs: `full` (default), `counts`.
const LOG_STATISTICS: &str = "SLUICE_LOG_STATISTICS";
/// Level of the logs: error, warn, info (default), debug.
const LOG: &str = "SLUICE_LOG";

/// Returns a variable that must be set.
pub(super) fn required(name: &str) -> Result<String, (Exit, String)> {
    match optional(name) {
        Some(value) => Ok(value),
        None => Err((Exit::Usage, format!("{name} is not set; this command is started by the state machine on AWS"))),
    }
}

/// Returns a variable that may be absent; an empty one counts as absent.
pub(super) fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Parses the text of the variable `name`.
pub(super) fn parsed<T: FromStr>(name: &str, text: &str) -> Result<T, (Exit, String)> {
    text.parse().map_err(|_| (Exit::Usage, format!("{name}: {text:?} is not a whole number")))
}

/// Returns the value of a variable that is one of a few words; the default of the type if the variable is absent.
fn chosen<T: FromStr<Err = String> + Default>(name: &str) -> Result<T, (Exit, String)> {
    let Some(text) = optional(name) else {
        return Ok(T::default());
    };
    text.parse().map_err(|error| (Exit::Usage, format!("{name}: {error}")))
}

/// Reads the settings of the log lines.
pub(super) fn log_settings() -> Result<LogSettings, (Exit, String)> {
    let settings =
        LogSettings { stack: optional(STACK), metrics: chosen(METRICS)?, statistics: chosen(LOG_STATISTICS)? };
    if settings.metrics == Metrics::Stack && settings.stack.is_none() {
        return Err((Exit::Usage, format!("{METRICS} is stack, but {STACK} does not name one; set it")));
    }
    Ok(settings)
}

/// Reads the time between two heartbeats of a worker.
pub(super) fn heartbeat() -> Result<Pace, (Exit, String)> {
    Ok(match optional(HEARTBEAT_SECONDS) {
        Some(seconds) => Pace::of(Duration::from_secs(parsed::<u64>(HEARTBEAT_SECONDS, &seconds)?.max(1))),
        None => Pace::default(),
    })
}

/// Opens the stores for source and outputs; without `SLUICE_CLEAN` there are reports only.
pub(super) async fn stores(config: &SdkConfig) -> Result<Stores, (Exit, String)> {
    let source = open_deployed(config, &required(SOURCE)?, false).await?;
    let outputs = match optional(CLEAN) {
        Some(given) => Some(open_deployed(config, &given, true).await?),
        None => None,
    };
    Ok(Stores { source, outputs })
}

/// Opens the store for answers to senders; `None` if they are stored beside the outputs.
pub(super) async fn feedback(config: &SdkConfig) -> Result<Option<Arc<dyn Store>>, (Exit, String)> {
    match optional(FEEDBACK) {
        Some(given) => open_deployed(config, &given, true).await.map(Some),
        None => Ok(None),
    }
}

/// Builds the planner from the environment.
pub(super) async fn planner(config: &SdkConfig) -> Result<Planner, (Exit, String)> {
    let mut limits = TaskLimits::default();
    if let Some(bytes) = optional(TASK_BYTES) {
        limits.bytes = parsed(TASK_BYTES, &bytes)?;
    }
    if let Some(files) = optional(TASK_FILES) {
        limits.files = parsed(TASK_FILES, &files)?;
    }
    if let Some(sizes) = optional(TASK_SIZES) {
        limits.sizes = TaskSize::parse_list(&sizes).map_err(|error| (Exit::Usage, format!("{TASK_SIZES}: {error}")))?;
    }
    let executions = Arc::new(DescribedExecutions::new(aws_sdk_sfn::Client::new(config), Clock::System));
    let logs = Some(log_settings()?);
    Ok(Planner { source: stores(config).await?.source, executions, limits, logs, clock: Clock::System })
}

/// Builds the publisher from the environment.
pub(super) async fn publisher(config: &SdkConfig) -> Result<Publisher, (Exit, String)> {
    let name = optional(EVENT_BUS).unwrap_or_else(|| "default".to_owned());
    let client = aws_sdk_eventbridge::Client::new(config);
    let bus = Arc::new(EventBridge::new(client, name, optional(EVENT_SOURCE), optional(EVENT_DETAIL_TYPE)));
    let executions = Arc::new(DescribedExecutions::new(aws_sdk_sfn::Client::new(config), Clock::System));
    let mut publisher = Publisher::new(stores(config).await?, executions, bus, Clock::System);
    if let Some(pages) = optional(REPORT_PAGES) {
        publisher.pages = parsed(REPORT_PAGES, &pages)?;
    }
    Ok(publisher)
}

/// Starts logging as JSON lines on standard output, from which CloudWatch takes them.
pub(super) fn start_logs() {
    let level = optional(LOG).and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let logs = tracing_subscriber::fmt().json().flatten_event(true).with_max_level(level).with_target(false);
    // Fails if a test has started logging before.
    let _ = logs.try_init();
}
