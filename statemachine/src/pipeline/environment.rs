//! The environment variables of tasks and functions. The state machine sets the first ones for each task, the deployment all others.

/// Name of the run.
pub const RUN: &str = "SLUICE_RUN";
/// Number of the task.
pub const TASK: &str = "SLUICE_TASK";
/// Offset of the task's lines in the run's `files.jsonl`, in bytes.
pub const OFFSET: &str = "SLUICE_OFFSET";
/// Length of the task's lines, in bytes.
pub const LENGTH: &str = "SLUICE_LENGTH";
/// The attempt at the task, from 0. After the first, the worker checks file by file and leaves a mark before each.
pub const ATTEMPT: &str = "SLUICE_ATTEMPT";
/// The input of a planner that runs as a task, as JSON.
pub const PLAN_INPUT: &str = "SLUICE_PLAN_INPUT";
/// The token with which the worker answers the state machine.
pub const TASK_TOKEN: &str = "SLUICE_TASK_TOKEN";

/// `s3://BUCKET` with the files, the ledger and the runs.
pub const SOURCE: &str = "SLUICE_SOURCE";
/// `s3://BUCKET` for the outputs; without it there are reports only.
pub const CLEAN: &str = "SLUICE_CLEAN";
/// `s3://BUCKET` for the feedback for senders; without it the feedback is stored beside the outputs.
pub const FEEDBACK: &str = "SLUICE_FEEDBACK";
/// Level of the logs: error, warn, info (default), debug.
pub const LOG: &str = "SLUICE_LOG";
/// Name of the stack, by which its metrics differ from those of other stacks.
pub const STACK: &str = "SLUICE_STACK";
/// Dimensions of the metrics: `prefix` (default), `stack`, `off`.
pub const METRICS: &str = "SLUICE_METRICS";
/// Statistics of columns in the logs: `full` (default), `counts`.
pub const LOG_STATISTICS: &str = "SLUICE_LOG_STATISTICS";
/// Seconds between two heartbeats of a worker (60): a fifth of the time for which the state machine waits. Only tests set it.
pub const HEARTBEAT_SECONDS: &str = "SLUICE_HEARTBEAT_SECONDS";

/// Most bytes of a task.
pub const TASK_BYTES: &str = "SLUICE_TASK_BYTES";
/// Most files of a task.
pub const TASK_FILES: &str = "SLUICE_TASK_FILES";
/// Sizes of the containers of tasks, the smallest first: CPU units and MiB of memory, `1024:2048,4096:8192`.
pub const TASK_SIZES: &str = "SLUICE_TASK_SIZES";

/// The function to serve: `plan`, `publish`, `stopped` or `arrival`.
pub const FUNCTION: &str = "SLUICE_FUNCTION";
/// Number of prefixes of a run that have a page of their own (`publish`).
pub const REPORT_PAGES: &str = "SLUICE_REPORT_PAGES";
/// Name or ARN of the event bus (`publish`); `default` without it.
pub const EVENT_BUS: &str = "SLUICE_EVENT_BUS";
/// Source of events (`publish`); `sluice` without it.
pub const EVENT_SOURCE: &str = "SLUICE_EVENT_SOURCE";
/// Detail type of the events of prefixes (`publish`); `Data Processing Status` without it.
pub const EVENT_DETAIL_TYPE: &str = "SLUICE_EVENT_DETAIL_TYPE";
/// ARN of the state machine (`arrival`).
pub const STATE_MACHINE: &str = "SLUICE_STATE_MACHINE";
/// URL of the queue of uploads (`arrival`).
pub const QUEUE: &str = "SLUICE_QUEUE";
/// Seconds for which uploads must have stopped before a run starts (`arrival`).
pub const QUIET_SECONDS: &str = "SLUICE_QUIET_SECONDS";
