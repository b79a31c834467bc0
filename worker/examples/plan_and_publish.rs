//! Plans and publishes a run over many keys in a memory store, as the two functions on AWS do, and says what it took:
//!
//! ```sh
//! cargo run --release --package sluice --example plan_and_publish -- 100000 1000
//! ```
//!
//! prints one line of JSON: seconds of each step, the largest payload between states in bytes. `cargo xtask bench` reads it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use sluice::Clock;
use sluice::events::{About, Bus, PutFuture};
use sluice::function::{Planner, Publisher, Stores};
use sluice::key::prefix_of;
use sluice::open_run::{Executions, IsOver};
use sluice::plan::TaskLimits;
use sluice::publish::read_tasks;
use sluice::store::{Condition, MemoryStore, Store};
use sluice::task::{FileLine, Files, PrefixTotals, RowCounts, TaskResult, Totals};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Takes every event.
#[derive(Debug, Default)]
struct Counter(AtomicU64);

impl Bus for Counter {
    fn put<'a>(&'a self, about: About, details: &'a [String]) -> PutFuture<'a> {
        if about == About::Prefix {
            self.0.fetch_add(details.len() as u64, Ordering::Relaxed);
        }
        Box::pin(async { Ok(vec![None; details.len()]) })
    }
}

/// Every execution goes on.
#[derive(Debug)]
struct Running;

impl Executions for Running {
    fn is_over<'a>(&'a self, _: &'a str, _: SystemTime) -> IsOver<'a> {
        Box::pin(async { Ok(false) })
    }
}

/// The files of a task, counted by prefix.
async fn subtotals(store: &MemoryStore, key: &str, range: std::ops::Range<u64>) -> Result<Vec<PrefixTotals>> {
    let (_, body) = store.open(key, None, Some(range)).await?;
    let mut prefixes: Vec<PrefixTotals> = Vec::new();
    for line in std::io::BufRead::lines(std::io::BufReader::new(body)) {
        let file: FileLine = serde_json::from_str(&line?)?;
        let prefix = prefix_of(&file.key).context("a prefix")?;
        if prefixes.last().is_none_or(|last| last.prefix != prefix) {
            prefixes.push(PrefixTotals {
                prefix: prefix.to_owned(),
                totals: Totals::default(),
                started_at: "2026-01-01T00:00:00Z".to_owned(),
                finished_at: "2026-01-01T00:00:01Z".to_owned(),
                cause: None,
                worst: Vec::new(),
            });
        }
        let files = Files { total: 1, clean: 1, ..Files::default() };
        let rows = RowCounts { read: 1, clean: 1, rejected: 0, withheld: 0 };
        let of_file = Totals { files, rows, bytes: file.bytes, ..Totals::default() };
        prefixes.last_mut().context("a prefix")?.totals.add(&of_file);
    }
    Ok(prefixes)
}

/// What the workers leave: a result for each task, and what the Map writes about all of them. Gives the key of the latter.
async fn work(store: &MemoryStore, run: &sluice::task::RunId) -> Result<&'static str> {
    let mut outcomes = String::new();
    for task in read_tasks(store, run).await? {
        let lines = task.offset..task.offset + task.length;
        let result = TaskResult {
            version: 2,
            run_id: run.clone(),
            task: task.task,
            prefixes: subtotals(store, &run.files_key(), lines).await?,
            failures: Vec::new(),
            failed: Default::default(),
            used: None,
            started_at: "2026-01-01T00:00:00Z".to_owned(),
            finished_at: "2026-01-01T00:00:01Z".to_owned(),
        };
        store.put(&run.result_key(task.task), serde_json::to_vec(&result)?, Condition::Always).await?;
        outcomes.push_str(&format!("{}\n", json!({ "task": task.task })));
    }
    store.put("map/SUCCEEDED_0.json", outcomes.into_bytes(), Condition::Always).await?;
    let manifest =
        json!({ "ResultFiles": {"SUCCEEDED": [{ "Key": "map/SUCCEEDED_0.json" }], "FAILED": [], "PENDING": []} });
    store.put("map/manifest.json", manifest.to_string().into_bytes(), Condition::Always).await?;
    Ok("map/manifest.json")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<u64>());
    let mut number = |what| numbers.next().with_context(|| format!("how many {what}?"))?.context(what);
    let (keys, prefixes): (u64, u64) = (number("keys")?, number("prefixes")?);
    let clock = Clock::System;
    let store = MemoryStore::new();
    for key in 0..keys {
        let name = format!("clients/{:05}/incoming/2026-01-01/part-{key:08}.csv", key % prefixes);
        store.put(&name, b"id\n1\n".to_vec(), Condition::Always).await?;
    }

    let source: Arc<dyn Store> = Arc::new(store.clone());
    let executions = Arc::new(Running);
    let planner = Planner {
        source: Arc::clone(&source),
        executions: executions.clone(),
        limits: TaskLimits::default(),
        logs: None,
        clock,
    };
    let begun = clock.now();
    let input = json!({
        "request": {}, "execution": "run-1", "executionArn": "arn:aws:states:run-1", "startedAt": "2026-01-01T00:00:00Z",
    });
    let planned = planner.plan(input, None).await?;
    let plan = &planned.plan;
    let plan_seconds = clock.seconds_since(begun);
    ensure!((plan.files, plan.prefixes) == (keys, prefixes), "planned {} files of {}", plan.files, plan.prefixes);

    let outcomes = work(&store, &plan.run_id).await?;
    let input: Value = json!({ "plan": planned, "outcomes": {"bucket": "source", "key": outcomes}, "failure": null });
    let published = input.to_string();
    let begun = clock.now();
    let bus = Arc::new(Counter::default());
    let stores = Stores { outputs: Some(Arc::clone(&source)), source };
    let summary =
        serde_json::to_string(&Publisher::new(stores, executions, bus.clone(), clock).publish(input, None).await?)?;
    let publish_seconds = clock.seconds_since(begun);
    ensure!(bus.0.load(Ordering::Relaxed) == prefixes, "one event for each prefix");

    let largest = [serde_json::to_string(&planned)?, published, summary].iter().map(String::len).max();
    println!(
        "{}",
        json!({ "planSeconds": plan_seconds, "publishSeconds": publish_seconds, "largestPayload": largest })
    );
    Ok(())
}
