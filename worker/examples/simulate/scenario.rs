//! What is simulated, and the bars that it has to reach.

use serde::{Deserialize, Serialize};
use sluice::cost::Settings;
use sluice::metrics::Metrics;

use crate::account::Account;
use crate::source::Shape;

/// A day on AWS.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) shape: Shape,
    /// Columns of each file.
    pub(crate) columns: usize,
    pub(crate) account: Account,
    pub(crate) settings: Settings,
    /// Most of each: measured value and bar.
    pub(crate) bars: &'static [(Measure, f64)],
}

/// What a bar is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Measure {
    Tasks,
    ComputeUsd,
    WallSeconds,
    PlanSeconds,
    PlanMegabytes,
    PublishSeconds,
    PublishMegabytes,
    PagesUsd,
}

impl Measure {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::ComputeUsd => "USD for compute",
            Self::WallSeconds => "wall, s",
            Self::PlanSeconds => "plan, s",
            Self::PlanMegabytes => "plan, MB",
            Self::PublishSeconds => "publish, s",
            Self::PublishMegabytes => "publish, MB",
            Self::PagesUsd => "USD for requests of publish",
        }
    }
}

const CLIENTS: Shape = Shape { prefixes: 100_000, files: 1, bytes: 100_000, new_every: 1 };
/// The same after three months: a new file for 60 that are done.
const CLIENTS_LATER: Shape = Shape { files: 61, new_every: 61, ..CLIENTS };
const COLUMNS: usize = 10;
const GIGABYTES: Shape = Shape { prefixes: 100, files: 10, bytes: 1_000_000_000, new_every: 1 };

/// All scenarios; with `quick` a hundredth of them, without bars.
#[expect(clippy::too_many_lines, reason = "a table: one entry for each scenario")]
pub(crate) fn all(quick: bool) -> Vec<Scenario> {
    let many_prefixes = Settings { metrics: Metrics::Stack, ..Settings::default() };
    let used = Account::default();
    let mut all = vec![
        Scenario {
            name: "small",
            title: "50 files x 5 MB",
            shape: Shape { prefixes: 50, files: 1, bytes: 5_000_000, new_every: 1 },
            columns: COLUMNS,
            account: used,
            settings: Settings::default(),
            bars: &[],
        },
        Scenario {
            name: "clients",
            title: "100,000 clients x 100 kB",
            shape: CLIENTS,
            columns: COLUMNS,
            account: used,
            settings: many_prefixes.clone(),
            bars: &[
                (Measure::Tasks, 12.0),
                (Measure::ComputeUsd, 0.10),
                (Measure::WallSeconds, 600.0),
                (Measure::PlanSeconds, 120.0),
                (Measure::PlanMegabytes, 256.0),
                (Measure::PublishSeconds, 300.0),
                (Measure::PublishMegabytes, 256.0),
            ],
        },
        Scenario {
            name: "small-region",
            title: "100,000 clients, 400 events a second",
            shape: CLIENTS,
            columns: COLUMNS,
            account: Account { events_per_second: 400.0, ..used },
            settings: many_prefixes.clone(),
            bars: &[
                (Measure::WallSeconds, 900.0),
                (Measure::PublishSeconds, 300.0),
                (Measure::PublishMegabytes, 256.0),
            ],
        },
        Scenario {
            name: "history",
            title: "100,000 clients x 100 kB, 60 done of each",
            shape: CLIENTS_LATER,
            columns: COLUMNS,
            account: used,
            settings: many_prefixes.clone(),
            bars: &[
                (Measure::ComputeUsd, 0.10),
                (Measure::PublishSeconds, 300.0),
                (Measure::PublishMegabytes, 512.0),
                (Measure::PagesUsd, 0.10),
            ],
        },
        Scenario {
            name: "most-pages",
            title: "the same, `reportPages` 5,000",
            shape: CLIENTS_LATER,
            columns: COLUMNS,
            account: used,
            settings: Settings { pages: 5_000, ..many_prefixes.clone() },
            bars: &[(Measure::PublishSeconds, 600.0), (Measure::PublishMegabytes, 512.0)],
        },
        Scenario {
            name: "wide",
            title: "1,000 clients, 2,000 columns, 60 done of each",
            shape: Shape { prefixes: 1000, bytes: 5_000_000, ..CLIENTS_LATER },
            columns: 2000,
            account: used,
            settings: many_prefixes.clone(),
            bars: &[(Measure::PublishSeconds, 600.0), (Measure::PublishMegabytes, 1400.0)],
        },
        Scenario {
            name: "gigabytes",
            title: "1,000 files x 1 GB",
            shape: GIGABYTES,
            columns: COLUMNS,
            account: used,
            settings: Settings::default(),
            bars: &[],
        },
        Scenario {
            name: "one-file",
            title: "one file of 500 GB",
            shape: Shape { prefixes: 1, files: 1, bytes: 500_000_000_000, new_every: 1 },
            columns: COLUMNS,
            account: used,
            settings: Settings::default(),
            bars: &[],
        },
        Scenario {
            name: "done",
            title: "10 million files done, 1,000 new",
            shape: Shape { prefixes: 100_010, files: 100, bytes: 100_000, new_every: 10_001 },
            columns: COLUMNS,
            account: used,
            settings: many_prefixes.clone(),
            bars: &[(Measure::PlanSeconds, 600.0), (Measure::PlanMegabytes, 512.0)],
        },
        Scenario {
            name: "new-account",
            title: "1,000 files x 1 GB, quota of 6 vCPUs",
            shape: GIGABYTES,
            columns: COLUMNS,
            account: Account { vcpus: 6.0, ..used },
            settings: Settings { vcpus: 6.0, ..Settings::default() },
            bars: &[],
        },
        Scenario {
            name: "no-spot",
            title: "1,000 files x 1 GB, no Spot for an hour",
            shape: GIGABYTES,
            columns: COLUMNS,
            account: Account { spot_from: 3600.0, ..used },
            settings: Settings::default(),
            bars: &[],
        },
        Scenario {
            name: "spot-taken",
            title: "1,000 files x 1 GB, Spot taken away 6 x an hour",
            shape: GIGABYTES,
            columns: COLUMNS,
            account: Account { taken_per_hour: 6.0, ..used },
            settings: Settings::default(),
            bars: &[],
        },
    ];
    if quick {
        for scenario in &mut all {
            scenario.shape.prefixes = scenario.shape.prefixes.div_ceil(100);
            scenario.bars = &[];
        }
    }
    all
}
