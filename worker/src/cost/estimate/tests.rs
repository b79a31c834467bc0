//! Estimates of runs.

use super::*;

const BASE: TaskSize = TaskSize { cpu: 1024, memory: 2048 };

fn clients(prefixes: u64) -> Figures {
    let group =
        TasksOfSize { tasks: prefixes / 10_000, prefixes, files: prefixes, bytes: prefixes * 100_000, size: BASE };
    Figures { prefixes, keys: prefixes, records: 0, groups: vec![group], extra_work: ExtraWork::default() }
}

#[test]
fn keys_and_parquet_take_time_and_requests() {
    let size = TaskSize { cpu: 4096, memory: 8192 };
    let group = TasksOfSize { size, tasks: 10, prefixes: 1, files: 1000, bytes: 1_000_000_000_000 };
    let of = |extra_work| {
        let figures = Figures { prefixes: 1, keys: 100, records: 0, groups: vec![group], extra_work };
        Estimate::of(&figures, &Settings::default()).quantities
    };
    let plain = of(ExtraWork::default());
    let parquet = of(ExtraWork { parquet_files: 1000, parquet_bytes: group.bytes, ..ExtraWork::default() });
    let keys = of(ExtraWork { key_bytes: 2 * group.bytes, ..ExtraWork::default() });
    // For 1 TB: 10 ns a byte for Parquet, and 3 ns a byte for each of two keys, in vCPU-seconds of tasks.
    let more = |quantities: &Quantities| quantities.time().vcpu_seconds - plain.time().vcpu_seconds;
    assert!((more(&parquet) - 10_000.0).abs() < 1.0, "{}", more(&parquet));
    assert!((more(&keys) - 6_000.0).abs() < 1.0, "{}", more(&keys));
    assert_eq!(parquet.requests.put - plain.requests.put, 1000 * requests_of_write(1_000_000_000));
    assert_eq!(keys.requests, plain.requests);
}

#[test]
fn statistics_of_wide_files_are_logged_column_by_column() {
    let size = TaskSize { cpu: 1024, memory: 2048 };
    let group = TasksOfSize { size, tasks: 1, prefixes: 1, files: 1000, bytes: 1_000_000 };
    let of = |columns| {
        let extra_work = ExtraWork { columns, ..ExtraWork::default() };
        let figures = Figures { prefixes: 1, keys: 1000, records: 0, groups: vec![group], extra_work };
        Estimate::of(&figures, &Settings::default()).quantities.log_bytes
    };
    assert_eq!(of(None), 4_000_000);
    assert_eq!(of(Some(1000 * 2000)), 501_500_000);
}

#[test]
fn a_hundred_thousand_clients_cost_cents_of_compute_and_minutes() {
    let settings = Settings { metrics: Metrics::Stack, ..Settings::default() };
    let estimate = Estimate::of(&clients(100_000), &settings);
    assert!(estimate.usd.fargate < 0.05, "{:?}", estimate.usd);
    assert!((120.0..480.0).contains(&estimate.seconds.total), "{:?}", estimate.seconds);
    assert_eq!(estimate.quantities.events, 100_001);
}

#[test]
fn metrics_of_very_many_prefixes_are_the_largest_item() {
    let estimate = Estimate::of(&clients(100_000), &Settings::default());
    assert!(estimate.usd.metrics > 200.0, "{:?}", estimate.usd);
    assert!(estimate.usd.metrics > estimate.total_usd / 2.0);
}

#[test]
fn a_run_without_new_files_costs_its_listings() {
    let figures = Figures { keys: 10_000_000, records: 10_000_000, ..Figures::default() };
    let estimate = Estimate::of(&figures, &Settings::default());
    assert_eq!(estimate.quantities.requests.list, 20_002);
    assert_eq!(estimate.quantities.time().tasks, 0);
    assert!((0.1..0.12).contains(&estimate.total_usd), "{:?}", estimate.usd);
}

#[test]
fn a_small_quota_makes_tasks_wait_for_each_other() {
    let group = TasksOfSize { size: BASE, tasks: 60, prefixes: 10, files: 60_000, bytes: 60 << 30 };
    let figures =
        Figures { prefixes: 10, keys: 60_000, records: 0, groups: vec![group], extra_work: ExtraWork::default() };
    let seconds = |vcpus| Estimate::of(&figures, &Settings { vcpus, ..Settings::default() }).seconds.check;
    assert!(seconds(6.0) > 5.0 * seconds(f64::INFINITY), "{} {}", seconds(6.0), seconds(f64::INFINITY));
}

#[test]
fn feedback_is_one_write_in_each_form() {
    let settings = Settings::default();
    let put = |feedback_files, settings: &Settings| {
        Estimate::of(
            &Figures { extra_work: ExtraWork { feedback_files, ..ExtraWork::default() }, ..clients(100_000) },
            settings,
        )
        .quantities
        .requests
        .put
    };
    assert_eq!(put(300_000, &settings), put(0, &settings) + 300_000);
    let without = Settings { outputs: Outputs::ReportsOnly, ..settings };
    assert_eq!(put(300_000, &without), put(0, &without));
}

#[test]
fn pages_are_paid_for_as_the_setting_says() {
    // The ledger has 60 files of each prefix.
    let figures = Figures { records: 6_000_000, ..clients(100_000) };
    let of = |pages| {
        let settings = Settings { metrics: Metrics::Stack, pages, ..Settings::default() };
        Estimate::of(&figures, &settings)
    };
    let (none, thousand, most) = (of(0), of(1000), of(5000));
    let more = |one: &Estimate, other: &Estimate| {
        let requests = |estimate: &Estimate| estimate.quantities.requests;
        let usd = one.usd.s3 - other.usd.s3;
        (requests(one).get - requests(other).get, usd, one.seconds.publish - other.seconds.publish)
    };
    let (gets, usd, seconds) = more(&thousand, &none);
    assert_eq!(gets, 61_000);
    assert!((0.03..0.04).contains(&usd) && (45.0..70.0).contains(&seconds), "{usd} {seconds}");
    // All pages have to fit into half of the publisher's time.
    let (_, usd, seconds) = more(&most, &none);
    assert!(usd < 0.2 && seconds < 440.0, "{usd} {seconds}");
}

#[test]
fn spot_moves_its_share_of_the_tasks() {
    let with = |spot_percent| Estimate::of(&clients(100_000), &Settings { spot_percent, ..Settings::default() });
    let (none, all) = (with(0), with(100));
    assert_eq!(none.quantities.spot, TaskTime::default());
    assert!((all.usd.fargate / none.usd.fargate - 0.34).abs() < 1e-3);
}
