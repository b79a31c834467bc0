//! Drills of whole runs: killed at any point, failing at any point, two runs at once, newer uploads.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod formats;
mod links;
mod overtaken;
mod poisoned;
mod tables;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use crate::clock::Clock;
use crate::pipeline::run;
use crate::plan::{Mode, Request, plan};
use crate::process::{Assignment, Attempt, Context, process};
use crate::publish::{PrefixResult, RunReport, Status, read_tasks};
use crate::store::fault::{Fault, FaultyStore};
use crate::store::{Condition, MemoryStore, Store, StoreError};
use crate::task::FailureCode;

fn context(store: impl Store + Clone + 'static) -> Context {
    let outputs = Arc::new(store.clone());
    Context { clock: Clock::Fixed(UNIX_EPOCH), ..Context::new(Arc::new(store), Some(outputs)) }
}

async fn put(store: &MemoryStore, key: &str, text: &str) -> String {
    store.put(key, text.as_bytes().to_vec(), Condition::Always).await.unwrap()
}

async fn run_on(store: impl Store + Clone + 'static) -> RunReport {
    run(&context(store), &Request::default(), |_| {}, &mut |_| {}).await.unwrap()
}

async fn prefixes_of(store: impl Store + Clone + 'static) -> (RunReport, Vec<PrefixResult>) {
    let mut prefixes = Vec::new();
    let mut each = |prefix: &PrefixResult| prefixes.push(prefix.clone());
    let report = run(&context(store), &Request::default(), |_| {}, &mut each).await.unwrap();
    (report, prefixes)
}

fn shared(store: &MemoryStore) -> Arc<dyn Store> {
    Arc::new(store.clone())
}

const GOOD: &str = "id,name\n1,one\n2,two\n";
const RAGGED: &str = "id,name\n1,one\n2\n3,three,3\n4,four\n";

/// Two prefixes with a clean, a ragged and an empty file.
async fn filled() -> MemoryStore {
    let store = MemoryStore::new();
    put(&store, "a/incoming/good.csv", GOOD).await;
    put(&store, "a/incoming/ragged.csv", RAGGED).await;
    put(&store, "b/c/incoming/empty.csv", "").await;
    store
}

/// Like [`filled`], with a prefix that has both forms of clean rows, and a prefix with foreign keys.
async fn filled_for_drills() -> MemoryStore {
    let store = filled().await;
    let descriptor = r#"{"sluice": {"output": {"formats": ["csv", "parquet"]}}}"#;
    put(&store, "p/resource.json", descriptor).await;
    put(&store, "p/incoming/ragged.csv", RAGGED).await;
    tables::fill(&store).await;
    store
}

/// Returns the state by which a run is judged: all objects except those about the runs themselves.
fn outcome(store: &MemoryStore) -> BTreeMap<String, Vec<u8>> {
    store.contents().into_iter().filter(|(key, _)| !key.starts_with("_sluice/runs/")).collect()
}

fn text(store: &MemoryStore, key: &str) -> Option<String> {
    store.contents().remove(key).map(|bytes| String::from_utf8(bytes).unwrap())
}

#[tokio::test]
async fn a_run_leaves_clean_rows_rejects_and_a_record_for_each_file() {
    let store = filled().await;
    let (report, prefixes) = prefixes_of(store.clone()).await;
    assert_eq!(report.status, Status::Partial);
    let files = report.totals.files;
    assert_eq!((files.total, files.clean, files.accepted, files.refused, files.failed), (3, 1, 1, 1, 0));
    assert_eq!(text(&store, "a/clean/good.csv").unwrap(), GOOD);
    assert_eq!(text(&store, "a/clean/ragged.csv").unwrap(), "id,name\n1,one\n4,four\n");
    assert_eq!(text(&store, "a/rejects/ragged.csv.jsonl").unwrap().lines().count(), 2);
    assert_eq!(text(&store, "a/rejects/good.csv.jsonl"), None);
    assert_eq!(text(&store, "b/c/clean/empty.csv"), None);
    let records = store.contents().keys().filter(|key| key.starts_with("_sluice/ledger/")).count();
    assert_eq!(records, 3);
    let ends: Vec<(&str, Status)> = prefixes.iter().map(|result| (result.prefix.as_str(), result.status)).collect();
    assert_eq!(ends, [("a", Status::Succeeded), ("b/c", Status::Partial)]);
    let text = text(&store, &report.run_id.report_key()).unwrap();
    let stored: RunReport = serde_json::from_str(&text).unwrap();
    assert_eq!(stored, report);
    assert_eq!(crate::publish::read_report(&shared(&store), &report.run_id).await.unwrap().unwrap(), report);
    let stored: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(stored["prefixes"], serde_json::to_value(&prefixes).unwrap());
}

#[tokio::test]
async fn a_second_run_does_nothing() {
    let store = filled().await;
    run_on(store.clone()).await;
    let before = store.contents();
    let report = run_on(store.clone()).await;
    assert_eq!((report.totals.files.total, report.done, report.status), (0, 3, Status::Succeeded));
    assert_eq!(store.contents(), before);
}

/// Runs with a fault at every operation in turn, then once more without, and compares with an uninterrupted run.
async fn drill(fault: Fault) {
    let undisturbed = filled_for_drills().await;
    run_on(undisturbed.clone()).await;
    let expected = outcome(&undisturbed);
    for nth in 0.. {
        let store = filled_for_drills().await;
        let faulty = FaultyStore::new(store.clone(), fault, nth);
        // The result does not matter: the process is dead, or it has told the user to run again.
        let _ = run(&context(faulty.clone()), &Request::default(), |_| {}, &mut |_| {}).await;
        if faulty.was_spared() {
            assert!(nth > 20, "the drill has to reach into the run");
            return;
        }
        run_on(store.clone()).await;
        assert_eq!(outcome(&store), expected, "{fault:?} at operation {nth}");
    }
}

#[tokio::test]
async fn killed_before_any_operation_and_run_again_is_as_undisturbed() {
    drill(Fault::KilledBefore).await;
}

#[tokio::test]
async fn killed_after_any_operation_and_run_again_is_as_undisturbed() {
    drill(Fault::KilledAfter).await;
}

#[tokio::test]
async fn one_operation_that_fails_and_run_again_is_as_undisturbed() {
    drill(Fault::Once).await;
}

#[tokio::test]
async fn a_disk_that_fills_up_and_run_again_is_as_undisturbed() {
    drill(Fault::DiskFull).await;
}

#[tokio::test]
async fn a_full_disk_is_told_for_each_file() {
    let store = filled().await;
    let outputs = FaultyStore::new(MemoryStore::new(), Fault::DiskFull, 0);
    let context = Context { outputs: Some(Arc::new(outputs)), ..context(store) };
    let report = run(&context, &Request::default(), |_| {}, &mut |_| {}).await.unwrap();
    let codes: Vec<FailureCode> = report.failures.iter().map(|failure| failure.code).collect();
    assert_eq!(codes, [FailureCode::Full; 3]);
    assert_eq!(report.status, Status::Failed);
}

#[tokio::test]
async fn an_output_is_never_there_without_being_whole() {
    let undisturbed = filled().await;
    run_on(undisturbed.clone()).await;
    let expected = outcome(&undisturbed);
    for nth in 0.. {
        let store = filled().await;
        let faulty = FaultyStore::new(store.clone(), Fault::KilledBefore, nth);
        let _ = run(&context(faulty.clone()), &Request::default(), |_| {}, &mut |_| {}).await;
        for (key, bytes) in outcome(&store) {
            assert_eq!(expected.get(&key), Some(&bytes), "{key} after operation {nth}");
        }
        if faulty.was_spared() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_runs_at_once_publish_once() {
    for _ in 0..20 {
        let undisturbed = filled().await;
        run_on(undisturbed.clone()).await;
        let store = filled().await;
        let (one, other) = tokio::join!(tokio::spawn(run_on(store.clone())), tokio::spawn(run_on(store.clone())));
        for report in [one.unwrap(), other.unwrap()] {
            assert_eq!(report.totals.files.failed, 0);
            assert_eq!(report.totals.files.total + report.done, 3);
        }
        assert_eq!(outcome(&store), outcome(&undisturbed));
    }
}

#[tokio::test]
async fn a_changed_file_is_checked_again_and_replaces_its_outputs() {
    let store = filled().await;
    run_on(store.clone()).await;
    put(&store, "a/incoming/ragged.csv", "id,name\n9,nine\n").await;
    let report = run_on(store.clone()).await;
    assert_eq!((report.totals.files.total, report.done), (1, 2));
    assert_eq!(text(&store, "a/clean/ragged.csv").unwrap(), "id,name\n9,nine\n");
    assert_eq!(text(&store, "a/rejects/ragged.csv.jsonl"), None);
}

#[tokio::test]
async fn a_refused_version_takes_the_clean_rows_of_the_older_one_away() {
    let store = filled().await;
    run_on(store.clone()).await;
    put(&store, "a/incoming/good.csv", "").await;
    run_on(store.clone()).await;
    assert_eq!(text(&store, "a/clean/good.csv"), None);
}

#[tokio::test]
async fn content_that_comes_back_is_published_again() {
    const OTHER: &str = "id,name\n7,seven\n8\n";
    let store = MemoryStore::new();
    for (upload, checked) in [(GOOD, 1), (GOOD, 0), (OTHER, 1), (GOOD, 1), (GOOD, 0), (OTHER, 1)] {
        put(&store, "a/incoming/x.csv", upload).await;
        for expected in [checked, 0] {
            let report = run_on(store.clone()).await;
            assert_eq!(report.totals.files.total, expected, "{upload}");
        }
        assert_eq!(text(&store, "a/clean/x.csv").unwrap(), upload.replace("8\n", ""), "{upload}");
        assert_eq!(text(&store, "a/rejects/x.csv.jsonl").is_some(), upload == OTHER);
    }
}

#[tokio::test]
async fn mistakes_in_a_descriptor_fail_its_prefix_and_no_other() {
    let store = filled().await;
    put(&store, "a/resource.json", "{").await;
    let (report, prefixes) = prefixes_of(store.clone()).await;
    let failures: Vec<(&str, FailureCode)> =
        report.failures.iter().map(|failure| (failure.key.as_str(), failure.code)).collect();
    let descriptor = FailureCode::Descriptor;
    assert_eq!(failures, [("a/incoming/good.csv", descriptor), ("a/incoming/ragged.csv", descriptor)]);
    let cause = prefixes[0].cause.clone().unwrap();
    assert!(cause.contains("a/resource.json:1:"), "{cause}");
    assert_eq!(prefixes[1].status, Status::Partial);
    // After the descriptor is corrected, the next run takes the files.
    put(&store, "a/resource.json", "{}").await;
    assert_eq!(run_on(store.clone()).await.totals.files.total, 2);
}

#[tokio::test]
async fn a_file_that_is_gone_fails_alone() {
    let store = filled().await;
    let context = context(store.clone());
    let plan = plan(&shared(&store), &Request::default(), Mode::Write, context.clock, &mut |_| {}).await.unwrap();
    let etag = store.head("a/incoming/good.csv").await.unwrap().etag;
    store.delete("a/incoming/good.csv", &etag).await.unwrap();
    let tasks = read_tasks(&store, &plan.run_id).await.unwrap();
    let result = process(&context, &Assignment::first(&plan.run_id, &tasks[0])).await.unwrap();
    assert_eq!((result.totals().files.failed, result.totals().files.accepted), (1, 1));
    assert_eq!(result.failures[0].code, FailureCode::NotFound);
}

#[tokio::test]
async fn an_interrupted_run_publishes_nothing_more() {
    let store = filled().await;
    let before = outcome(&store);
    let context = context(store.clone());
    context.interrupt.raise();
    let report = run(&context, &Request::default(), |_| {}, &mut |_| {}).await.unwrap();
    let files = report.totals.files;
    assert_eq!((files.total, files.failed, files.interrupted), (3, 0, 3));
    assert_eq!(report.status, Status::Failed);
    assert_eq!(outcome(&store), before);
}

#[tokio::test]
async fn a_forced_run_checks_again_and_ends_the_same() {
    let store = filled().await;
    run_on(store.clone()).await;
    let before = outcome(&store);
    let context = context(store.clone());
    let request = Request { force: true, ..Request::default() };
    let report = run(&context, &request, |_| {}, &mut |_| {}).await.unwrap();
    assert_eq!(report.totals.files.total, 3);
    assert_eq!(outcome(&store), before);
}

#[tokio::test]
async fn a_damaged_record_is_named() {
    let store = filled().await;
    let etag = store.head("a/incoming/good.csv").await.unwrap().etag;
    let context = context(store.clone());
    let plan = plan(&shared(&store), &Request::default(), Mode::Write, context.clock, &mut |_| {}).await.unwrap();
    let record = crate::key::ledger_key("a/incoming/good.csv", &etag);
    put(&store, &record, "not JSON").await;
    let tasks = read_tasks(&store, &plan.run_id).await.unwrap();
    let result = process(&context, &Assignment::first(&plan.run_id, &tasks[0])).await.unwrap();
    assert!(result.failures[0].message.contains(&record), "{}", result.failures[0].message);
}

#[tokio::test]
async fn a_task_without_a_result_fails_its_files() {
    let store = filled().await;
    let plan = plan(&shared(&store), &Request::default(), Mode::Write, Clock::System, &mut |_| {}).await.unwrap();
    let (source, causes) = (shared(&store), crate::publish::Causes::default());
    let report = {
        let ended = crate::publish::EndedRun {
            plan: &plan,
            causes: &causes,
            pages: crate::publish::Pages::local(plan.prefixes),
        };
        crate::publish::publish(&source, None, ended, Clock::System, &mut |_| {}).await.unwrap()
    };
    assert_eq!((report.totals.files.failed, report.status), (3, Status::Failed));
    assert!(report.failures[0].message.contains("no result"));
}

#[tokio::test]
async fn a_source_that_cannot_be_listed_is_an_error() {
    let faulty = FaultyStore::new(filled().await, Fault::KilledBefore, 0);
    let error = run(&context(faulty), &Request::default(), |_| {}, &mut |_| {}).await.unwrap_err();
    assert!(matches!(error, crate::plan::PlanError::Store(StoreError::Unreachable { .. })));
}

#[tokio::test]
async fn without_a_place_for_outputs_there_are_reports_only() {
    let store = filled().await;
    let context = Context { outputs: None, ..context(store.clone()) };
    let report = run(&context, &Request::default(), |_| {}, &mut |prefix| assert_eq!(prefix.clean_prefix, None)).await;
    let report = report.unwrap();
    assert_eq!((report.totals.files.total, report.totals.files.failed), (3, 0));
    let written: Vec<String> =
        store.contents().into_keys().filter(|key| key.starts_with("_sluice/") || !key.contains("/incoming/")).collect();
    assert!(written.iter().all(|key| key.starts_with("_sluice/")), "{written:?}");
    assert_eq!(written.iter().filter(|key| key.starts_with("_sluice/ledger/")).count(), 3);
}
