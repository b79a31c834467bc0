//! Plans and publishes a run over many keys in a memory store, as the two functions on AWS do, and says what it took:
//!
//! ```sh
//! cargo run --release --package sluice --example plan_and_publish -- 100000 1000
//! ```
//!
//! prints one line of JSON: seconds of each step, the largest payload between states in bytes. `cargo xtask bench` reads it.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use sluice::events::{Answers, Bus};
use sluice::plan::TaskLimits;
use sluice::publish::read_tasks;
use sluice::store::{Condition, MemoryStore, Store};
use sluice::task::{Files, RowCounts, TaskResult, Totals};
use sluice::{Clock, function};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Takes every event.
#[derive(Debug, Default)]
struct Counter(AtomicU64);

impl Bus for Counter {
    fn put<'a>(&'a self, details: &'a [&'a str]) -> Answers<'a> {
        self.0.fetch_add(details.len() as u64, Ordering::Relaxed);
        Box::pin(async { Ok(vec![None; details.len()]) })
    }
}

/// What the workers leave: a result for each task, and what the Map writes about all of them. Gives the key of the latter.
async fn work(store: &MemoryStore, run: &sluice::task::RunId) -> Result<&'static str> {
    let mut outcomes = String::new();
    for task in read_tasks(store, run).await? {
        let files = Files { total: task.files, clean: task.files, ..Files::default() };
        let rows = RowCounts { read: task.files, clean: task.files, rejected: 0 };
        let result = TaskResult {
            version: 1,
            run_id: run.clone(),
            task: task.task,
            prefix: task.prefix,
            totals: Totals { files, rows, bytes: task.bytes, ..Totals::default() },
            failures: Vec::new(),
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

    let begun = clock.now();
    let input = json!({ "request": {}, "execution": "run-1", "startedAt": "2026-01-01T00:00:00Z" });
    let plan = function::plan(&store, input, TaskLimits::default(), clock).await?;
    let plan_seconds = clock.seconds_since(begun);
    ensure!((plan.files, plan.prefixes) == (keys, prefixes), "planned {} files of {}", plan.files, plan.prefixes);

    let outcomes = work(&store, &plan.run_id).await?;
    let planned = serde_json::to_string(&plan)?;
    let input: Value = json!({ "plan": plan, "outcomes": {"bucket": "source", "key": outcomes}, "failure": null });
    let published = input.to_string();
    let begun = clock.now();
    let bus = Counter::default();
    let summary = serde_json::to_string(&function::publish(&store, &store, &bus, input, clock).await?)?;
    let publish_seconds = clock.seconds_since(begun);
    ensure!(bus.0.load(Ordering::Relaxed) == prefixes, "one event for each prefix");

    let largest = [planned, published, summary].iter().map(String::len).max();
    println!(
        "{}",
        json!({ "planSeconds": plan_seconds, "publishSeconds": publish_seconds, "largestPayload": largest })
    );
    Ok(())
}
