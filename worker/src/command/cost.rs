//! `sluice plan --cost`: what a run on AWS would cost and how long it would take.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::Format;
use super::numbers::whole;
use super::table::print_table;
use super::terminal::{Terminal, counted, grouped};
use crate::cost::rules::{MOST_PAGES, Outputs, PAGES};
use crate::cost::{Architecture, Estimate, ExtraWork, Figures, Settings, TasksOfSize};
use crate::metrics::Metrics;
use crate::plan::{Plan, TaskSize};
use crate::task::Task;

/// Most vCPUs of an account: far more than a run can have at once.
const VCPUS: u64 = 1_000_000;

/// The settings of the stack that a price depends on.
#[derive(Debug, Args)]
pub(super) struct CostArgs {
    /// Also estimate how long a run on AWS would take and what it would cost
    #[arg(long)]
    cost: bool,
    /// Percentage of tasks on Fargate Spot
    #[arg(long, value_name = "PERCENT", default_value_t = 80, value_parser = whole::<u8>(0..=100), requires = "cost")]
    spot: u8,
    /// Architecture of the container image
    #[arg(long, value_enum, default_value_t, requires = "cost")]
    architecture: ImageFor,
    /// Metrics that the stack writes
    #[arg(long, value_enum, default_value_t, requires = "cost")]
    metrics: MetricsOf,
    /// Fargate vCPU quota of the account, 1 to 1,000,000 [default: no limit]
    #[arg(long, value_name = "VCPUS", value_parser = whole::<u32>(1..=VCPUS), requires = "cost")]
    quota: Option<u32>,
    /// Number of prefixes with a report page of their own, up to 5,000
    #[arg(long, value_name = "NUMBER", default_value_t = PAGES, value_parser = whole::<u64>(0..=MOST_PAGES), requires = "cost")]
    report_pages: u64,
    /// Assume a stack without a clean bucket
    #[arg(long, requires = "cost")]
    reports_only: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum ImageFor {
    #[default]
    Amd64,
    Arm64,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum MetricsOf {
    #[default]
    Prefix,
    Stack,
    Off,
}

/// The line of JSON that is printed.
#[derive(Serialize)]
struct Line<'a> {
    cost: &'a Estimate,
}

impl CostArgs {
    /// Prints what a run by this plan would cost, if the user asked for it.
    pub(super) fn print(
        &self,
        (plan, extra_work): (&Plan, ExtraWork),
        groups: TasksBySize,
        format: Format,
        terminal: &Terminal,
    ) {
        if !self.cost {
            return;
        }
        let estimate = Estimate::of(&Figures { extra_work, ..groups.figures(plan) }, &self.settings());
        match format {
            Format::Json => terminal.json(&Line { cost: &estimate }),
            Format::Text => print(&estimate, terminal),
        }
    }

    fn settings(&self) -> Settings {
        Settings {
            architecture: match self.architecture {
                ImageFor::Amd64 => Architecture::Amd64,
                ImageFor::Arm64 => Architecture::Arm64,
            },
            spot_percent: self.spot,
            outputs: if self.reports_only { Outputs::ReportsOnly } else { Outputs::Written },
            vcpus: self.quota.map_or(f64::INFINITY, f64::from),
            metrics: match self.metrics {
                MetricsOf::Prefix => Metrics::Prefix,
                MetricsOf::Stack => Metrics::Stack,
                MetricsOf::Off => Metrics::Off,
            },
            pages: self.report_pages,
            ..Settings::default()
        }
    }
}

/// The tasks of a plan by size.
#[derive(Debug, Default)]
pub(super) struct TasksBySize(BTreeMap<TaskSize, TasksOfSize>);

impl TasksBySize {
    pub(super) fn add(&mut self, task: &Task) {
        // cannot fail: the planner has written both as numbers.
        let (Ok(cpu), Ok(memory)) = (task.cpu.parse(), task.memory.parse()) else { return };
        let size = TaskSize { cpu, memory };
        let group = self.0.entry(size).or_insert(TasksOfSize { size, tasks: 0, prefixes: 0, files: 0, bytes: 0 });
        group.tasks += 1;
        group.files += task.files;
        group.bytes = group.bytes.saturating_add(task.bytes);
    }

    /// Returns the figures of a plan for an estimate. The distribution of the prefixes over the sizes of tasks is
    /// unknown; it is assumed to be that of the files.
    fn figures(self, plan: &Plan) -> Figures {
        let ignored: u64 = plan.ignored.0.values().map(|ignored| ignored.count).sum();
        let mut groups: Vec<TasksOfSize> = self.0.into_values().collect();
        for group in &mut groups {
            group.prefixes = (plan.prefixes as f64 * group.files as f64 / plan.files.max(1) as f64).ceil() as u64;
        }
        Figures {
            prefixes: plan.prefixes,
            keys: plan.files + plan.under_way + plan.done + ignored,
            records: plan.done,
            groups,
            extra_work: ExtraWork::default(),
        }
    }
}

fn print(estimate: &Estimate, terminal: &Terminal) {
    terminal.line("");
    let mut rows: Vec<[String; 3]> = estimate
        .usd
        .items()
        .into_iter()
        .zip(quantities(estimate))
        .map(|((item, usd), quantity)| [item.to_owned(), quantity, dollars(usd)])
        .collect();
    rows.push(["total".to_owned(), String::new(), dollars(estimate.total_usd)]);
    print_table(terminal, &["on AWS", "what", "USD"], &[2], rows.into_iter());
    let seconds = estimate.seconds;
    terminal.line(&format!(
        "takes about {}: plan {}, tasks {}, publish {}",
        duration(seconds.total),
        duration(seconds.plan),
        duration(seconds.check),
        duration(seconds.publish)
    ));
    terminal.line(&format!(
        "estimated by rules of thumb (docs/scale.md) at list prices of {} on {}; free tiers, storage and endpoints are not included",
        estimate.region, estimate.prices_of
    ));
}

/// Returns the quantity behind each item of the bill, in the order of the items.
fn quantities(estimate: &Estimate) -> [String; 7] {
    let all = &estimate.quantities;
    let time = all.time();
    let requests = &all.requests;
    [
        format!(
            "{}, {} vCPU-hours, {:.0} % on Spot",
            counted(time.tasks, "task"),
            fraction(time.vcpu_seconds / 3600.0),
            100.0 * all.spot.vcpu_seconds / time.vcpu_seconds.max(f64::MIN_POSITIVE)
        ),
        format!(
            "{} to write and list, {} to read",
            grouped(requests.put + requests.list),
            grouped(requests.get + requests.head)
        ),
        format!("{}, {} GB-seconds", counted(all.function_calls, "call"), fraction(all.function_gb_seconds)),
        counted(all.transitions, "state transition"),
        counted(all.events, "event"),
        format!("{} MB of lines", fraction(all.log_bytes as f64 / 1e6)),
        format!("{} for an hour", counted(all.metric_hours, "metric")),
    ]
}

/// Formats a number with as many digits as are meaningful.
fn fraction(number: f64) -> String {
    match number {
        ..1.0 => format!("{number:.3}"),
        ..100.0 => format!("{number:.1}"),
        _ => grouped(number.round() as u64),
    }
}

fn dollars(usd: f64) -> String {
    if usd >= 100.0 { grouped(usd.round() as u64) } else { format!("{usd:.4}") }
}

/// Formats a duration for people.
fn duration(seconds: f64) -> String {
    match seconds {
        ..100.0 => format!("{seconds:.0} s"),
        100.0..6000.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_say_something() {
        assert_eq!([dollars(0.001_23), dollars(12.5), dollars(1234.5)], ["0.0012", "12.5000", "1,235"]);
        assert_eq!([duration(59.6), duration(240.0), duration(9000.0)], ["60 s", "4 min", "2.5 h"]);
        assert_eq!([fraction(0.0167), fraction(2.44), fraction(1234.0)], ["0.017", "2.4", "1,234"]);
    }
}
