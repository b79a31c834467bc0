//! The environment of `sluice worker` and `sluice lambda`: what the deployment and the state machine put into it.

use std::env;
use std::str::FromStr;
use std::sync::Arc;

use tracing::level_filters::LevelFilter;

use super::Exit;
use super::places::open_both;
use crate::store::Store;

/// `s3://BUCKET` with the files, the ledger and the runs.
pub(super) const SOURCE: &str = "SLUICE_SOURCE";
/// `s3://BUCKET` for the outputs; without it they go to the source.
pub(super) const CLEAN: &str = "SLUICE_CLEAN";
/// Seconds between two heartbeats of a worker (60): a fifth of those that the state machine waits.
pub(super) const HEARTBEAT_SECONDS: &str = "SLUICE_HEARTBEAT_SECONDS";
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
