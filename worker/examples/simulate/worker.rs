//! The worker itself, in simulated time: the model has to say what it does.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use sluice::cost::Requests;
use sluice::cost::rules::{Outputs, requests_of_file, requests_of_task};
use sluice::plan::{Mode, Request, TaskSize, plan};
use sluice::process::{Assignment, Context, process};
use sluice::publish::read_tasks;
use sluice::store::{Condition, MemoryStore, Store};
use sluice::{Clock, SimulatedTime};

use crate::container::{BEGINNING, File, seconds};
use crate::latency::{Delayed, Latencies};
use crate::random::Random;
use crate::records::Records;
use crate::source::{Shape, Synthetic};

/// What a worker with one core asks of the source and the outputs, and how long it takes, for `files` small files in `prefixes` prefixes.
fn worked(files: u64, prefixes: u64, written: Outputs) -> (Requests, Duration) {
    let time = SimulatedTime::default();
    let store = |seed| Delayed::new(MemoryStore::new(), Latencies::of_s3(1.0), time.clone(), seed);
    let (source, outputs) = (store(1), store(2));
    let shared: Arc<dyn Store> = Arc::new(source.clone());
    let context = Context::new(
        Arc::clone(&shared),
        (written == Outputs::Written).then(|| Arc::new(outputs.clone()) as Arc<dyn Store>),
    );
    let inner: Arc<dyn Store> = Arc::new(source.inner().clone());
    let run = async move {
        for file in 0..files {
            let key = format!("p{}/incoming/{file}.csv", file % prefixes);
            inner.put(&key, format!("a,b\n1,{file}\n").into_bytes(), Condition::Always).await.unwrap();
        }
        let plan = plan(&inner, &Request::default(), Mode::Write, Clock::System, &mut |_| {}).await.unwrap();
        for task in read_tasks(&*inner, &plan.run_id).await.unwrap() {
            let result = process(&context, &Assignment::first(&plan.run_id, &task)).await.unwrap();
            assert_eq!(result.totals().files.clean, task.files);
        }
    };
    time.run(run).unwrap();
    (source.counted().requests + outputs.counted().requests, time.now())
}

#[test]
fn the_rules_count_the_requests_of_a_worker() {
    for written in [Outputs::Written, Outputs::ReportsOnly] {
        let (files, prefixes) = (120, 3);
        let (requests, _) = worked(files, prefixes, written);
        let mut ruled = requests_of_task(prefixes);
        for _ in 0..files {
            ruled += requests_of_file(10, written);
        }
        // The record that says which container it is, and the marks, are of the worker around it.
        let off = requests.total().abs_diff(ruled.total());
        assert!(off <= 8, "{written:?}: {requests:?}, by the rules {ruled:?}");
        assert!(requests.put.abs_diff(ruled.put) <= 4, "{written:?}: {requests:?}, by the rules {ruled:?}");
    }
}

#[test]
fn the_model_takes_the_time_that_a_worker_takes() {
    let (files, prefixes) = (400, 1);
    let (_, time) = worked(files, prefixes, Outputs::Written);
    let list: Vec<File> = (0..files).map(|nth| File { bytes: 10, first: nth == 0 }).collect();
    let size = TaskSize { cpu: 1024, memory: 2048 };
    let model = seconds(&list, size, Outputs::Written, &mut Random::new(1)) - BEGINNING;
    let ratio = model / time.as_secs_f64();
    assert!((0.8..1.25).contains(&ratio), "{model} and {time:?}");
}

#[test]
fn a_planner_that_is_slowed_down_plans_all_the_same() {
    let time = SimulatedTime::default();
    let shape = Shape { prefixes: 2_000, files: 50, bytes: 1, new_every: 3 };
    let latencies = Latencies { requests_per_second: Some(20.0), ..Latencies::of_s3(1.0) };
    let source = Delayed::new(Synthetic::new(shape, Records::of_checks(1).unwrap()), latencies, time.clone(), 1);
    let shared: Arc<dyn Store> = Arc::new(source.clone());
    let run =
        async move { plan(&shared, &Request::default(), Mode::DryRun, Clock::System, &mut |_| {}).await.unwrap() };
    let plan = time.run(run).unwrap();
    assert_eq!((plan.files, plan.done), (shape.new_files(), shape.all() - shape.new_files()));
    let counted = source.counted();
    assert!(counted.slowed > 0, "{counted:?}");
    assert!(counted.slowed < counted.requests.list / 2, "{counted:?}");
}
