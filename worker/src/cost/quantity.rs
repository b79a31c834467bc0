//! The quantities for which a run is billed, and what they cost.

use serde::{Deserialize, Serialize};

use super::prices::Prices;
use crate::plan::TaskSize;
use crate::resource_usage::{Requests, ResourceUsage, TaskTime};

/// Seconds of pulling the image, which Fargate bills as well; a part of [`LAUNCH_SECONDS`](super::rules::LAUNCH_SECONDS).
pub(super) const PULL_SECONDS: f64 = 15.0;

/// The least number of seconds that Fargate bills for a task (<https://aws.amazon.com/fargate/pricing/>).
pub(super) const BILLED_AT_LEAST: f64 = 60.0;

/// Rounds to a millionth, so that JSON has no meaningless digits.
pub(crate) fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

impl Requests {
    /// Returns these requests multiplied by `times`.
    pub(crate) fn times(&self, times: u64) -> Self {
        Self {
            list: self.list * times,
            get: self.get * times,
            head: self.head * times,
            put: self.put * times,
            delete: self.delete * times,
        }
    }

    fn usd(&self, prices: &Prices) -> f64 {
        (self.list + self.put) as f64 * prices.s3_put + (self.get + self.head) as f64 * prices.s3_get
    }
}

impl TaskSize {
    /// vCPUs of the task.
    pub fn vcpus(self) -> f64 {
        f64::from(self.cpu) / 1024.0
    }

    /// GB of memory, as Fargate bills them: 1,024 MiB are one.
    pub fn gigabytes(self) -> f64 {
        f64::from(self.memory) / 1024.0
    }
}

impl TaskTime {
    /// Billed time of one task of this size whose program ran for `seconds`.
    pub fn of(size: TaskSize, seconds: f64) -> Self {
        let billed = (PULL_SECONDS + seconds).max(BILLED_AT_LEAST);
        Self { tasks: 1, seconds: billed, vcpu_seconds: billed * size.vcpus(), gb_seconds: billed * size.gigabytes() }
    }

    /// Returns this share of the time.
    pub(crate) fn times(&self, share: f64) -> Self {
        Self {
            tasks: (self.tasks as f64 * share).round() as u64,
            seconds: rounded(self.seconds * share),
            vcpu_seconds: rounded(self.vcpu_seconds * share),
            gb_seconds: rounded(self.gb_seconds * share),
        }
    }

    /// Cost of the time on demand.
    fn usd(&self, prices: &Prices) -> f64 {
        (self.vcpu_seconds * prices.vcpu_hour + self.gb_seconds * prices.gb_hour) / 3600.0
    }
}

impl ResourceUsage {
    /// The use of one attempt at a task: a container of this size whose program ran for `seconds`.
    pub fn of_task(size: TaskSize, seconds: f64, requests: Requests) -> Self {
        Self { time: TaskTime::of(size, seconds), requests }
    }

    /// Cost if no task ran on Spot: a worker does not know on which capacity it runs. So this is an upper bound for tasks and
    /// requests; functions, events, logs and metrics come on top: see `Estimate`.
    pub fn usd(&self, prices: &Prices) -> f64 {
        self.time.usd(prices) + self.requests.usd(prices)
    }
}

/// All quantities for which a run is billed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Quantities {
    /// Tasks on demand.
    pub on_demand: TaskTime,
    /// Tasks on Spot.
    pub spot: TaskTime,
    /// Requests to S3.
    pub requests: Requests,
    /// Calls of functions.
    pub function_calls: u64,
    /// GB-seconds of functions.
    pub function_gb_seconds: f64,
    /// State transitions.
    pub transitions: u64,
    /// Events.
    pub events: u64,
    /// Bytes of log lines.
    pub log_bytes: u64,
    /// Metrics, each for an hour in which it was written.
    pub metric_hours: u64,
}

impl Quantities {
    /// Time of all tasks, on demand and on Spot.
    pub fn time(&self) -> TaskTime {
        let mut time = self.on_demand;
        time += self.spot;
        time
    }

    /// Returns the bill at these prices.
    pub fn usd(&self, prices: &Prices) -> Usd {
        let functions =
            self.function_calls as f64 * prices.lambda_request + self.function_gb_seconds * prices.lambda_gb_second;
        Usd {
            fargate: rounded(self.on_demand.usd(prices) + self.spot.usd(prices) * prices.spot_share),
            s3: rounded(self.requests.usd(prices)),
            lambda: rounded(functions),
            step_functions: rounded(self.transitions as f64 * prices.transition),
            event_bridge: rounded(self.events as f64 * prices.event),
            logs: rounded(self.log_bytes as f64 / 1e9 * prices.log_gb),
            metrics: rounded(self.metric_hours as f64 * prices.metric_hour),
        }
    }
}

/// A bill in USD, by item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usd {
    /// Tasks.
    pub fargate: f64,
    /// Requests to S3, without storage.
    pub s3: f64,
    /// Functions.
    pub lambda: f64,
    /// State transitions.
    pub step_functions: f64,
    /// Events.
    pub event_bridge: f64,
    /// Ingested log lines.
    pub logs: f64,
    /// Metrics.
    pub metrics: f64,
}

impl Usd {
    /// The items with their names.
    pub fn items(&self) -> [(&'static str, f64); 7] {
        [
            ("Fargate", self.fargate),
            ("S3 requests", self.s3),
            ("Lambda", self.lambda),
            ("Step Functions", self.step_functions),
            ("EventBridge", self.event_bridge),
            ("CloudWatch Logs", self.logs),
            ("CloudWatch metrics", self.metrics),
        ]
    }

    /// Sum of all items.
    pub fn total(&self) -> f64 {
        rounded(self.items().iter().map(|(_, usd)| usd).sum())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::cost::prices::Architecture;

    const BASE: TaskSize = TaskSize { cpu: 1024, memory: 2048 };
    const PRICES: Prices = Prices::of(Architecture::Amd64);

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 2e-6
    }

    #[test]
    fn a_task_is_billed_for_a_minute_at_least_and_from_the_pull_on() {
        let size = TaskSize { cpu: 4096, memory: 8192 };
        assert_eq!(
            TaskTime::of(size, 1.0),
            TaskTime { tasks: 1, seconds: 60.0, vcpu_seconds: 240.0, gb_seconds: 480.0 }
        );
        assert_eq!(TaskTime::of(size, 100.0).seconds, 100.0 + PULL_SECONDS);
    }

    #[test]
    fn a_hundred_thousand_tasks_of_a_minute_cost_what_the_issue_says() {
        let mut used = ResourceUsage::default();
        for _ in 0..100_000 {
            used.add(&ResourceUsage::of_task(BASE, 1.0, Requests::default()));
        }
        let usd = |architecture| used.usd(&Prices::of(architecture));
        assert!((65.0..67.0).contains(&usd(Architecture::Arm64)), "{}", usd(Architecture::Arm64));
        assert!((81.0..83.0).contains(&usd(Architecture::Amd64)), "{}", usd(Architecture::Amd64));
    }

    #[test]
    fn requests_are_billed_by_kind() {
        let requests = Requests { list: 1000, get: 1000, head: 1000, put: 1000, delete: 1000 };
        let used = ResourceUsage { requests, ..ResourceUsage::default() };
        assert!(near(used.usd(&PRICES), 0.0108), "{}", used.usd(&PRICES));
    }

    #[test]
    fn spot_costs_its_share_of_on_demand() {
        let time = TaskTime::of(BASE, 3600.0);
        let on_demand = Quantities { on_demand: time, ..Quantities::default() }.usd(&PRICES).total();
        let spot = Quantities { spot: time, ..Quantities::default() }.usd(&PRICES).total();
        assert!(near(spot, on_demand * PRICES.spot_share));
    }

    #[test]
    fn every_item_of_a_bill_is_in_its_total() {
        let bill = Usd {
            fargate: 1.0,
            s3: 2.0,
            lambda: 4.0,
            step_functions: 8.0,
            event_bridge: 16.0,
            logs: 32.0,
            metrics: 64.0,
        };
        assert!(near(bill.total(), 127.0));
    }

    #[test]
    fn what_was_used_keeps_its_shape() {
        let requests = Requests { list: 1, get: 2, head: 3, put: 4, delete: 5 };
        let used = ResourceUsage::of_task(BASE, 85.0, requests);
        let json = serde_json::to_value(used).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "tasks": 1, "seconds": 100.0, "vcpuSeconds": 100.0, "gbSeconds": 200.0,
                "requests": { "list": 1, "get": 2, "head": 3, "put": 4, "delete": 5 },
            })
        );
        assert_eq!(serde_json::from_value::<ResourceUsage>(json).unwrap(), used);
        // A result of an older worker has none.
        assert_eq!(serde_json::from_str::<ResourceUsage>("{}").unwrap(), ResourceUsage::default());
    }
}
