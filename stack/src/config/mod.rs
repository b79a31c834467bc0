//! The settings of a deployment: typed, with defaults, and all checked before anything is registered. `Pulumi.yaml` lists them
//! for people.

mod fargate;
mod image;
mod kms_keys;
mod name;
mod network;
mod reader;
mod runs;
mod schedule;
mod tags;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::Context as _;
use statemachine::Percent;

pub use crate::config::image::Image;
pub use crate::config::network::Network;
pub(crate) use crate::config::network::ZONE_LETTERS;
use crate::config::reader::Reader;
pub use crate::config::runs::{LogStatistics, Metrics, Planner, Trigger};

/// The names of all settings.
pub const SETTINGS: [&str; 36] = [
    "alarmEmail",
    "architecture",
    "cleanBucket",
    "containerInsights",
    "cpu",
    "ephemeralStorage",
    "eventDetailType",
    "eventSource",
    "feedbackBucket",
    "formerKmsKeyArns",
    "image",
    "kmsKeyArn",
    "logRetentionDays",
    "logStatistics",
    "maxConcurrency",
    "maxCpu",
    "memory",
    "metrics",
    "network",
    "planner",
    "protectData",
    "quietSeconds",
    "reportPages",
    "runTimeoutSeconds",
    "schedule",
    "scheduleEnabled",
    "securityGroupIds",
    "spotPercent",
    "subnetIds",
    "tags",
    "taskBytes",
    "taskFiles",
    "taskTimeoutSeconds",
    "timeZone",
    "trigger",
    "zones",
];

/// Settings that may be encrypted in the stack's file: an address is personal. All other settings are visible in resources and on
/// consoles.
const SECRET: [&str; 1] = ["alarmEmail"];

/// Ephemeral storage that Fargate provides by default, in GiB.
const STORAGE_GIB: i32 = 20;
/// Most pages of prefixes: as many as the publisher writes in less than half of its 15 minutes, which pages may take (`docs/scale.md`).
const REPORT_PAGES: u64 = 5000;
/// The numbers of days for which CloudWatch can keep logs.
const RETENTION_DAYS: [i32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
/// Bounds of the timeout of a task: it must be able to miss a heartbeat (300 s) before its time is over.
const TASK_SECONDS: std::ops::RangeInclusive<u64> = 600..=604_800;

/// The processor for which the image is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// x86-64.
    Amd64,
    /// Graviton: a fifth cheaper.
    Arm64,
}

impl Architecture {
    pub(crate) fn of_fargate(self) -> &'static str {
        match self {
            Self::Amd64 => "X86_64",
            Self::Arm64 => "ARM64",
        }
    }

    pub(crate) fn of_lambda(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }
}

/// CPU and memory of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskSize {
    /// CPU units; 1024 are a core.
    pub cpu: u32,
    /// Memory, in MiB.
    pub memory: u32,
}

/// The email address to which alarms are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The address.
    pub address: String,
    /// Whether the address is kept encrypted.
    pub secret: bool,
}

/// The settings of a stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Project and stack: the names of resources begin with it.
    pub name: String,
    /// The worker's image.
    pub image: Image,
    /// The processor for which the image is built.
    pub architecture: Architecture,
    /// When runs start: `rate()`, `cron()` or `at()`.
    pub schedule: String,
    /// The time zone of `cron()` and `at()`.
    pub time_zone: String,
    /// Whether the schedule is enabled.
    pub schedule_enabled: bool,
    /// The trigger of runs.
    pub trigger: Trigger,
    /// Seconds for which uploads must have paused before they start a run.
    pub quiet_seconds: u32,
    /// What plans runs.
    pub planner: Planner,
    /// The size of a task, and the larger sizes, each four times the one before.
    pub task_sizes: Vec<TaskSize>,
    /// Disk of a task, in GiB.
    pub storage_gib: i32,
    /// Percentage of tasks on Spot.
    pub spot_percent: Percent,
    /// Most tasks at a time.
    pub max_concurrency: u64,
    /// Most bytes of files that are packed into a task.
    pub task_bytes: u64,
    /// Most files in a task.
    pub task_files: u64,
    /// Longest duration of an attempt at a task, in seconds.
    pub task_timeout_seconds: u64,
    /// Longest duration of a run, in seconds.
    pub run_timeout_seconds: u64,
    /// Whether clean files are written.
    pub clean_bucket: bool,
    /// Whether answers to senders have a bucket of their own.
    pub feedback_bucket: bool,
    /// Number of prefixes of a run that have a page of their own.
    pub report_pages: u64,
    /// The network of the workers.
    pub network: Network,
    /// The source of events.
    pub event_source: String,
    /// The detail type of the event of a prefix.
    pub event_detail_type: String,
    /// The dimensions of the metrics.
    pub metrics: Metrics,
    /// How much of the statistics of columns is logged.
    pub log_statistics: LogStatistics,
    /// Whether Container Insights is on for the cluster.
    pub container_insights: bool,
    /// Days for which logs are kept.
    pub log_retention_days: i32,
    /// ARN of the key with which buckets, logs and functions are encrypted, instead of keys that AWS owns.
    pub kms_key: Option<String>,
    /// Keys with which objects of the buckets were encrypted before: they are read with them, and not written.
    pub former_kms_keys: Vec<String>,
    /// The email address to which alarms are sent.
    pub alarm_email: Option<Email>,
    /// The tags of all resources.
    pub tags: BTreeMap<String, String>,
    /// Whether the buckets are kept by `pulumi destroy`.
    pub protect_data: bool,
}

/// All faults of a configuration, one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(Vec<String>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0[..] {
            [fault] => write!(f, "the configuration of the stack has a fault: {fault}"),
            faults => {
                write!(f, "the configuration of the stack has {} faults:", faults.len())?;
                faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
            }
        }
    }
}

impl std::error::Error for Faults {}

impl Config {
    /// Reads the settings from the variables in which Pulumi passes them to this process.
    ///
    /// # Errors
    /// When a variable is no JSON, or when the settings have faults: with all faults at once.
    pub fn of(project: &str, stack: &str) -> anyhow::Result<Self> {
        let variable = |name: &str, none: &str| std::env::var(name).unwrap_or_else(|_| none.to_owned());
        let settings = serde_json::from_str(&variable("PULUMI_CONFIG", "{}")).context("PULUMI_CONFIG")?;
        let secrets =
            serde_json::from_str(&variable("PULUMI_CONFIG_SECRET_KEYS", "[]")).context("PULUMI_CONFIG_SECRET_KEYS")?;
        Ok(Self::read(project, stack, &settings, &secrets)?)
    }

    /// Reads settings, whose names begin with `project:`. An empty setting counts as absent: that is how `Pulumi.yaml` says
    /// that there is no default.
    ///
    /// # Errors
    /// When the settings have faults: with all faults at once.
    pub fn read(
        project: &str,
        stack: &str,
        settings: &BTreeMap<String, String>,
        secrets: &BTreeSet<String>,
    ) -> Result<Self, Faults> {
        let mut reader = Reader::new(project, settings);
        reader.refuse_unknown(&SETTINGS);
        reader.refuse_secret(secrets, &SECRET);
        let clean_bucket = reader.flag("cleanBucket", true);
        let task_timeout_seconds = reader.number("taskTimeoutSeconds", 43_200, TASK_SECONDS);
        let feedback_bucket = runs::feedback_bucket(&mut reader, clean_bucket);
        let config = Self {
            name: name::read(&mut reader, project, stack, feedback_bucket),
            image: image(&mut reader),
            architecture: reader
                .one_of("architecture", &[("amd64", Architecture::Amd64), ("arm64", Architecture::Arm64)]),
            schedule: reader.parsed("schedule", "rate(1 hour)", |text| schedule::check(text).map(|()| text.to_owned())),
            time_zone: reader.parsed("timeZone", "UTC", time_zone),
            schedule_enabled: reader.flag("scheduleEnabled", true),
            trigger: runs::trigger(&mut reader),
            quiet_seconds: reader.number("quietSeconds", 60, runs::QUIET_SECONDS),
            planner: runs::planner(&mut reader),
            task_sizes: fargate::sizes(&mut reader),
            storage_gib: reader.number("ephemeralStorage", STORAGE_GIB, STORAGE_GIB..=200),
            spot_percent: spot_percent(&mut reader),
            max_concurrency: reader.number("maxConcurrency", 100, 1..=10_000),
            task_bytes: reader.number("taskBytes", 32 << 30, 1 << 20..=1 << 40),
            task_files: reader.number("taskFiles", 10_000, 1..=1_000_000),
            task_timeout_seconds,
            run_timeout_seconds: runs::timeout(&mut reader, task_timeout_seconds),
            clean_bucket,
            feedback_bucket,
            report_pages: reader.number("reportPages", 1000, 0..=REPORT_PAGES),
            network: network::read(&mut reader),
            event_source: reader.parsed("eventSource", statemachine::pipeline::EVENT_SOURCE, runs::event_source),
            event_detail_type: reader.parsed("eventDetailType", "Data Processing Status", runs::event_detail_type),
            metrics: runs::metrics(&mut reader),
            log_statistics: runs::log_statistics(&mut reader),
            container_insights: reader.flag("containerInsights", false),
            log_retention_days: retention(&mut reader),
            kms_key: kms_keys::present(&mut reader),
            former_kms_keys: kms_keys::former(&mut reader),
            alarm_email: email(&mut reader, secrets),
            tags: tags::read(&mut reader, project, stack),
            protect_data: reader.flag("protectData", true),
        };
        match reader.into_faults() {
            faults if faults.is_empty() => Ok(config),
            faults => Err(Faults(faults)),
        }
    }

    /// The size of a task whose files need no larger one.
    pub(crate) fn task_size(&self) -> TaskSize {
        self.task_sizes[0]
    }

    /// Disk of a task, if it is more than every task has by default: Fargate refuses a request for the default size.
    pub(crate) fn ephemeral_storage(&self) -> Option<i32> {
        (self.storage_gib > STORAGE_GIB).then_some(self.storage_gib)
    }
}

fn image(reader: &mut Reader<'_>) -> Image {
    let Some(text) = reader.text("image") else {
        reader
            .fault_of("image", "it is not set; `./build.sh -i process-data` builds the image, pushes it and sets this");
        return Image::none();
    };
    match Image::parse(text) {
        Ok(image) => {
            // Lambda accepts images of its own region only, and a private network reaches no other region.
            if let Some(region) = reader.region().filter(|region| *region != image.region) {
                let theirs = &image.region;
                reader.fault_of(
                    "image",
                    format!("the image is in {theirs} and the stack in {region}; push the image to {region}"),
                );
            }
            image
        }
        Err(error) => {
            reader.fault_of("image", error);
            Image::none()
        }
    }
}

fn spot_percent(reader: &mut Reader<'_>) -> Percent {
    let share: u64 = reader.number("spotPercent", 80, 0..=100);
    // A percentage over 100 has been reported as a fault already.
    Percent::try_from(share.min(100)).unwrap_or_else(|_| unreachable!("it is at most 100"))
}

fn time_zone(text: &str) -> Result<String, String> {
    let word = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-+".contains(c))
    };
    let areas = text.split('/').count() > 1;
    if text.split('/').all(word) && (areas || ["UTC", "GMT"].contains(&text)) {
        Ok(text.to_owned())
    } else {
        Err("not the name of a time zone, like Europe/Rome or UTC".to_owned())
    }
}

fn retention(reader: &mut Reader<'_>) -> i32 {
    let days = reader.number("logRetentionDays", 365, 1..=3653);
    if !RETENTION_DAYS.contains(&days) {
        let nearest = RETENTION_DAYS.iter().min_by_key(|allowed| allowed.abs_diff(days)).unwrap_or(&365);
        reader.fault_of(
            "logRetentionDays",
            format!("CloudWatch does not keep logs for {days} days; for {nearest} it does"),
        );
    }
    days
}

fn email(reader: &mut Reader<'_>, secrets: &BTreeSet<String>) -> Option<Email> {
    let address = reader.text("alarmEmail")?.to_owned();
    let whole = !address.chars().any(char::is_whitespace);
    let parts = address.split_once('@');
    if !whole || !parts.is_some_and(|(who, host)| !who.is_empty() && host.contains('.') && !host.contains('@')) {
        // The address may be a secret, so the message does not repeat it.
        reader.fault_of("alarmEmail", "not an email address such as data@example.com");
    }
    Some(Email { address, secret: secrets.contains(&reader.full_name("alarmEmail")) })
}
