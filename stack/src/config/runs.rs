//! Settings of runs: trigger, planner, metrics and logs.

use std::ops::RangeInclusive;

use super::reader::Reader;

/// Bounds of the quiet time: SQS can delay a message by up to 900 seconds.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html>
pub(super) const QUIET_SECONDS: RangeInclusive<u32> = 10..=900;
/// Bounds of the timeout of a run: an hour to a week.
const RUN_SECONDS: RangeInclusive<u64> = 3600..=604_800;

/// What starts runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The schedule.
    Schedule,
    /// Uploads, after the quiet time; and once a day what is left.
    Arrival,
    /// Both: the schedule soon finds uploads whose event was lost.
    Both,
}

impl Trigger {
    pub(crate) fn by_arrival(self) -> bool {
        matches!(self, Self::Arrival | Self::Both)
    }
}

/// What plans runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planner {
    /// A function, which has a quarter of an hour.
    Function,
    /// A task on Fargate, which may run as long as it needs.
    Task,
}

/// The dimensions of the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metrics {
    /// Stack and prefix.
    Prefix,
    /// The stack alone.
    Stack,
    /// No metrics.
    Off,
}

impl Metrics {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Prefix => "prefix",
            Self::Stack => "stack",
            Self::Off => "off",
        }
    }
}

/// How much of the statistics of columns is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogStatistics {
    /// Also least, greatest and mean values of numbers and times.
    Full,
    /// Counts only.
    Counts,
}

impl LogStatistics {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Counts => "counts",
        }
    }
}

pub(super) fn trigger(reader: &mut Reader<'_>) -> Trigger {
    let choices = [("schedule", Trigger::Schedule), ("arrival", Trigger::Arrival), ("both", Trigger::Both)];
    reader.one_of("trigger", &choices)
}

pub(super) fn planner(reader: &mut Reader<'_>) -> Planner {
    reader.one_of("planner", &[("function", Planner::Function), ("task", Planner::Task)])
}

pub(super) fn metrics(reader: &mut Reader<'_>) -> Metrics {
    reader.one_of("metrics", &[Metrics::Prefix, Metrics::Stack, Metrics::Off].map(|choice| (choice.word(), choice)))
}

pub(super) fn log_statistics(reader: &mut Reader<'_>) -> LogStatistics {
    reader.one_of("logStatistics", &[LogStatistics::Full, LogStatistics::Counts].map(|choice| (choice.word(), choice)))
}

/// Reads whether answers have a bucket of their own; without a clean bucket there are no answers.
pub(super) fn feedback_bucket(reader: &mut Reader<'_>, clean_bucket: bool) -> bool {
    let wanted = reader.flag("feedbackBucket", false);
    if wanted && !clean_bucket {
        reader.fault_of(
            "feedbackBucket",
            "without cleanBucket there are reports only, and no feedback; set cleanBucket to true",
        );
    }
    wanted
}

/// Reads the timeout of a run, which must be at least that of a task.
pub(super) fn timeout(reader: &mut Reader<'_>, task_seconds: u64) -> u64 {
    let seconds = reader.number("runTimeoutSeconds", 86_400, RUN_SECONDS);
    if seconds < task_seconds {
        reader.fault_of(
            "runTimeoutSeconds",
            format!("{seconds} seconds are less than the {task_seconds} that a task may take (taskTimeoutSeconds)"),
        );
    }
    seconds
}

/// The limits: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html>
pub(super) fn event_source(text: &str) -> Result<String, String> {
    match text {
        _ if text.starts_with("aws.") => Err("sources that begin with aws. belong to AWS".to_owned()),
        _ if text.chars().count() > 256 => Err("a source has at most 256 characters".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

pub(super) fn event_detail_type(text: &str) -> Result<String, String> {
    match text.chars().count() {
        0..=128 => Ok(text.to_owned()),
        _ => Err("a detail-type has at most 128 characters".to_owned()),
    }
}
