//! Estimates time and cost of a run from the figures of its plan.

use serde::Serialize;

use super::prices::{Architecture, Prices, READ_ON, REGION};
use super::quantity::{Quantities, Usd, rounded};
use super::rules::{
    COLUMNS, EVENTS_IN_REQUEST, KEY_SECONDS_PER_BYTE, LAUNCH_SECONDS, LAUNCHES_PER_SECOND, LINE_BYTES,
    LOG_BYTES_PER_COLUMN, LOG_BYTES_PER_FILE, METRICS, Outputs, PAGE_KEYS, PAGE_SECONDS, PAGES, PAGES_AT_ONCE,
    PAGES_IN_ORDER, PARQUET_SECONDS_PER_BYTE, REQUEST_SECONDS, TRANSITIONS_OF_RUN, TRANSITIONS_OF_TASK, page_seconds,
    requests_of_file, requests_of_page, requests_of_task, requests_of_write, task_seconds,
};
use crate::metrics::Metrics;
use crate::page::HISTORIES;
use crate::plan::TaskSize;
use crate::resource_usage::{Requests, TaskTime};

/// Requests of the planner that are sent at the same time.
const LISTED_AT_ONCE: u64 = 64;

/// Pages until the key ranges are split finely enough for that many requests at the same time.
const SPLITTING_PAGES: u64 = 6;

/// Requests of the publisher that are sent at the same time.
const PUBLISHED_AT_ONCE: u64 = 16;

/// Seconds until a function that was idle starts to work.
const COLD_START: f64 = 2.0;

/// CPU seconds for each key of a listing: to parse its XML and to put it in order.
const CPU_SECONDS_PER_KEY: f64 = 4e-6;

/// MiB of memory with which a function has a whole vCPU
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>).
const MIB_PER_VCPU: f64 = 1769.0;

impl Metrics {
    /// Number of metrics that a run over `prefixes` prefixes writes.
    pub fn of(self, prefixes: u64) -> u64 {
        match self {
            Self::Prefix => METRICS * prefixes,
            Self::Stack => METRICS,
            Self::Off => 0,
        }
    }
}

/// The settings of a stack that an estimate depends on; the defaults are those of `Pulumi.yaml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The processor for which the image is built.
    pub architecture: Architecture,
    /// Share of tasks on Spot, in percent.
    pub spot_percent: u8,
    /// What runs write.
    pub outputs: Outputs,
    /// Most tasks at a time.
    pub concurrency: u64,
    /// Most vCPUs of tasks at a time: the account's quota.
    pub vcpus: f64,
    /// Which metrics are written.
    pub metrics: Metrics,
    /// Memory of a function, in MiB.
    pub function_memory: u32,
    /// Number of prefixes of a run that have a page of their own.
    pub pages: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            architecture: Architecture::default(),
            spot_percent: 80,
            outputs: Outputs::Written,
            concurrency: 100,
            vcpus: f64::INFINITY,
            metrics: Metrics::default(),
            function_memory: 1769,
            pages: PAGES,
        }
    }
}

impl Settings {
    /// vCPUs of a function, in proportion to its memory.
    pub fn function_vcpus(&self) -> f64 {
        f64::from(self.function_memory) / MIB_PER_VCPU
    }
}

/// Tasks of the same size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TasksOfSize {
    /// CPU and memory of each.
    pub size: TaskSize,
    /// Number of tasks.
    pub tasks: u64,
    /// Prefixes that have files in these tasks.
    pub prefixes: u64,
    /// Files of all tasks of the group.
    pub files: u64,
    /// Bytes of all tasks of the group, as stored.
    pub bytes: u64,
}

impl TasksOfSize {
    /// Seconds of one task, if all tasks are alike; `more_cpu` are CPU seconds for each byte, besides those
    /// of the checks.
    fn seconds(&self, outputs: Outputs, more_cpu: f64) -> f64 {
        let tasks = self.tasks.max(1);
        let of_one = |all: u64| all.div_ceil(tasks);
        let bytes = of_one(self.bytes);
        task_seconds(self.size, of_one(self.files), of_one(self.prefixes), bytes, outputs)
            + bytes as f64 * more_cpu / self.size.vcpus()
    }
}

/// The figures of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Prefixes with new files.
    pub prefixes: u64,
    /// Keys that were listed in the source: new files, files done before, ignored keys.
    pub keys: u64,
    /// Records of the ledger that were listed.
    pub records: u64,
    /// The tasks by size.
    pub groups: Vec<TasksOfSize>,
    /// What the descriptors ask for besides checks.
    pub extra_work: ExtraWork,
}

/// What descriptors ask for besides checks, over all files of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExtraWork {
    /// Files of feedback for senders that are written: one for each file and format.
    pub feedback_files: u64,
    /// Files for which a Parquet file is written.
    pub parquet_files: u64,
    /// Bytes of these files.
    pub parquet_bytes: u64,
    /// Bytes of files times the keys and foreign keys of their descriptors.
    pub key_bytes: u64,
    /// The sum of the columns of all files, the statistics of which are logged; `None` if no descriptor was read.
    pub columns: Option<u64>,
}

impl ExtraWork {
    /// CPU seconds for Parquet files and keys.
    fn cpu_seconds(&self) -> f64 {
        self.parquet_bytes as f64 * PARQUET_SECONDS_PER_BYTE + self.key_bytes as f64 * KEY_SECONDS_PER_BYTE
    }
}

impl Figures {
    fn sum(&self, figure: impl Fn(&TasksOfSize) -> u64) -> u64 {
        self.groups.iter().map(figure).sum()
    }

    /// CPU seconds for each byte, besides those of the checks.
    fn more_cpu(&self) -> f64 {
        self.extra_work.cpu_seconds() / self.sum(|group| group.bytes).max(1) as f64
    }
}

/// Wall time of a run in seconds, step by step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Seconds {
    /// From the start to the plan: listing the keys and packing the tasks.
    pub plan: f64,
    /// From the first request for a task until the last task is done.
    pub check: f64,
    /// Merging the results, writing pages, sending events.
    pub publish: f64,
    /// The whole run.
    pub total: f64,
}

impl Seconds {
    fn rounded(self) -> Self {
        let Self { plan, check, publish, total } = self;
        Self { plan: rounded(plan), check: rounded(check), publish: rounded(publish), total: rounded(total) }
    }
}

/// The estimate of a run. Every figure follows from a rule of thumb; `docs/scale.md` says how far each can be
/// trusted.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Estimate {
    /// Day of the prices.
    pub prices_of: &'static str,
    /// Region of the prices.
    pub region: &'static str,
    /// Wall time.
    pub seconds: Seconds,
    /// The tasks.
    pub tasks: Vec<TasksOfSize>,
    /// The billed quantities.
    pub quantities: Quantities,
    /// The bill.
    pub usd: Usd,
    /// Sum of the bill.
    pub total_usd: f64,
}

impl Estimate {
    /// Estimates a run.
    pub fn of(figures: &Figures, settings: &Settings) -> Self {
        let (files, tasks) = (figures.sum(|group| group.files), figures.sum(|group| group.tasks));
        let pages = figures.keys.div_ceil(PAGE_KEYS) + figures.records.div_ceil(PAGE_KEYS) + 2;
        let seconds = wall(figures, settings, pages);
        let mut quantities = Quantities {
            function_calls: 1,
            function_gb_seconds: rounded(
                (seconds.plan + seconds.publish) * f64::from(settings.function_memory) / 1024.0,
            ),
            transitions: TRANSITIONS_OF_RUN + tasks * TRANSITIONS_OF_TASK,
            events: 1,
            requests: Requests { list: pages, ..Requests::default() },
            ..Quantities::default()
        };
        if tasks > 0 {
            let mut time = TaskTime::default();
            let more_cpu = figures.more_cpu();
            for group in &figures.groups {
                time += TaskTime::of(group.size, group.seconds(settings.outputs, more_cpu)).times(group.tasks as f64);
                let mean = group.bytes.checked_div(group.files).unwrap_or(0);
                quantities.requests += requests_of_file(mean, settings.outputs).times(group.files);
            }
            if settings.outputs == Outputs::Written {
                let ExtraWork { feedback_files, parquet_files, parquet_bytes, .. } = figures.extra_work;
                let mean = parquet_bytes.checked_div(parquet_files).unwrap_or(0);
                quantities.requests.put += feedback_files + parquet_files * requests_of_write(mean);
            }
            let spot = f64::from(settings.spot_percent) / 100.0;
            (quantities.spot, quantities.on_demand) = (time.times(spot), time.times(1.0 - spot));
            quantities.requests += requests_of_task(figures.prefixes.div_ceil(tasks)).times(tasks);
            // The objects of a run besides its files: list of files, list of tasks, marker of the open run,
            // its end, and report, and the results of the tasks and of the Map.
            quantities.requests += Requests { get: tasks + 6, put: 8, ..Requests::default() };
            quantities.requests += of_pages(figures, settings.pages).requests;
            quantities.function_calls += 1;
            quantities.events += figures.prefixes;
            let columns = figures.extra_work.columns.unwrap_or(files * COLUMNS);
            quantities.log_bytes = files * LOG_BYTES_PER_FILE + columns * LOG_BYTES_PER_COLUMN;
            quantities.metric_hours = settings.metrics.of(figures.prefixes);
        }
        let usd = quantities.usd(&Prices::of(settings.architecture));
        Self {
            prices_of: READ_ON,
            region: REGION,
            seconds,
            tasks: figures.groups.clone(),
            quantities,
            usd,
            total_usd: usd.total(),
        }
    }
}

/// The effort of the pages of a run.
struct PageEffort {
    requests: Requests,
    seconds: f64,
}

/// Returns the effort of the pages of a run with at most `most` pages of prefixes.
fn of_pages(figures: &Figures, most: u64) -> PageEffort {
    let files = figures.sum(|group| group.files);
    let mean = |number: u64| number.div_ceil(figures.prefixes.max(1));
    let (prefixes, histories) = (figures.prefixes.min(most), figures.prefixes.min(HISTORIES as u64));
    let of_prefix = requests_of_page(mean(files), mean(figures.records));
    let histories = requests_of_page(0, mean(figures.records)).times(histories);
    let of_run = Requests { put: 1, ..requests_of_page(files, 0) + histories };
    let turns = prefixes.div_ceil(PAGES_AT_ONCE) as f64 * PAGES_IN_ORDER;
    let seconds = page_seconds(&of_prefix) * turns + page_seconds(&of_run);
    PageEffort { requests: of_prefix.times(prefixes) + of_run, seconds }
}

fn wall(figures: &Figures, settings: &Settings, pages: u64) -> Seconds {
    let (files, tasks) = (figures.sum(|group| group.files), figures.sum(|group| group.tasks));
    let turns = pages.div_ceil(LISTED_AT_ONCE) + pages.min(SPLITTING_PAGES);
    let cpu = (figures.keys + figures.records) as f64 * CPU_SECONDS_PER_KEY / settings.function_vcpus();
    let written = (files * LINE_BYTES) as f64 / 50e6;
    let plan = COLD_START + (turns as f64 * PAGE_SECONDS).max(cpu) + written;
    if tasks == 0 {
        return Seconds { plan, total: plan, ..Seconds::default() }.rounded();
    }
    let (mut busy, mut longest, mut vcpu_busy) = (0.0, 0.0_f64, 0.0);
    for group in &figures.groups {
        let seconds = LAUNCH_SECONDS + group.seconds(settings.outputs, figures.more_cpu());
        longest = longest.max(seconds);
        busy += seconds * group.tasks as f64;
        vcpu_busy += seconds * group.tasks as f64 * group.size.vcpus();
    }
    let launches = tasks as f64 / LAUNCHES_PER_SECOND;
    let slots = settings.concurrency.clamp(1, tasks) as f64;
    let check = launches + longest.max(busy / slots).max(vcpu_busy / settings.vcpus);
    let requests = tasks + figures.prefixes.div_ceil(EVENTS_IN_REQUEST);
    let publish = COLD_START
        + (requests.div_ceil(PUBLISHED_AT_ONCE) + 4) as f64 * REQUEST_SECONDS
        + of_pages(figures, settings.pages).seconds;
    Seconds { plan, check, publish, total: plan + check + publish }.rounded()
}

#[cfg(test)]
mod tests;
