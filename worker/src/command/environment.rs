//! The environment of `sluice worker` and `sluice lambda`: what the deployment and the state machine put into it.

use std::env;
use std::str::FromStr;
use std::sync::Arc;

use tracing::level_filters::LevelFilter;

use super::Exit;
use super::places::open_both;
use crate::metrics::{LogSettings, Metrics};
use crate::store::Store;

/// `s3://BUCKET` with the files, the ledger and the runs.
pub(super) const SOURCE: &str = "SLUICE_SOURCE";
/// `s3://BUCKET` for the outputs; without it they go to the source.
pub(super) const CLEAN: &str = "SLUICE_CLEAN";
/// Seconds between two heartbeats of a worker (60): a fifth of those that the state machine waits.
pub(super) const HEARTBEAT_SECONDS: &str = "SLUICE_HEARTBEAT_SECONDS";
/// Name of the stack, by which its metrics are told from those of others.
const STACK: &str = "SLUICE_STACK";
/// Metrics: `prefix` (default), `stack`, `off`.
const METRICS: &str = "SLUICE_METRICS";
/// Statistics of columns in the logs: `full` (default), `counts`.
const LOG_STATISTICS: &str = "SLUICE_LOG_STATISTICS";
/// Level of the logs: error, warn, info (default), debug.
const LOG: &str = "SLUICE_LOG";

/// A variable that has to be there.
pub(super) fn required(name: &str) -> Result<String, (Exit, String)> {
    match optional(name) {
        Some(value) => Ok(value),
        None => Err((Exit::Usage, format!("{name} is not set; this command is started by the state machine on AWS"))),
    }
}

/// A variable that may be there; an empty one is not.
pub(super) fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A variable in the form of a `T`.
pub(super) fn parsed<T: FromStr>(name: &str, text: &str) -> Result<T, (Exit, String)> {
    text.parse().map_err(|_| (Exit::Usage, format!("{name}: {text:?} is not a whole number")))
}

/// A variable that is one of a few words; the first of them when it is not there.
fn chosen<T: FromStr<Err = String> + Default>(name: &str) -> Result<T, (Exit, String)> {
    let Some(text) = optional(name) else {
        return Ok(T::default());
    };
    text.parse().map_err(|error| (Exit::Usage, format!("{name}: {error}")))
}

/// What the lines of the log are about.
pub(super) fn log_settings() -> Result<LogSettings, (Exit, String)> {
    let settings =
        LogSettings { stack: optional(STACK), metrics: chosen(METRICS)?, statistics: chosen(LOG_STATISTICS)? };
    if settings.metrics == Metrics::Stack && settings.stack.is_none() {
        return Err((Exit::Usage, format!("{METRICS} is stack, but {STACK} does not name one; set it")));
    }
    Ok(settings)
}

/// Opens source and clean.
pub(super) async fn stores() -> Result<(Arc<dyn Store>, Arc<dyn Store>), (Exit, String)> {
    open_both(&required(SOURCE)?, optional(CLEAN).as_deref()).await
}

/// Logs as JSON lines on standard output, where CloudWatch takes them from.
pub(super) fn start_logs() {
    let level = optional(LOG).and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let logs = tracing_subscriber::fmt().json().flatten_event(true).with_max_level(level).with_target(false);
    // There are logs already when a test calls twice.
    let _ = logs.try_init();
}
