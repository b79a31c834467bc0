#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! The pages of a run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::merge::Merge;
use super::page_records::{PAGE_BYTES, RECORD_BYTES};
use super::{Causes, EndedRun, Pages, PrefixResult, RunReport, Status, publish, read_report, read_tasks};
use crate::clock::{Clock, monotonic};
use crate::plan::{Mode, Plan, Request, TaskLimits, plan};
use crate::process::{Assignment, Context, process};
use crate::store::{Condition, MemoryStore, Store};
use crate::task::{Files, TaskResult};

const DESCRIPTOR: &[u8] = br#"{"schema": {"fields": [{"name": "id"}, {"name": "qty", "type": "integer"}, {"name": "ssn"}]}, "sluice": {"redact": ["ssn"]}}"#;

/// Makes files in prefixes `p0`, `p1`, …; every third file has a row with a fault.
async fn filled(prefixes: usize, files: usize) -> MemoryStore {
    let store = MemoryStore::new();
    for prefix in 0..prefixes {
        let key = format!("p{prefix}/resource.json");
        store.put(&key, DESCRIPTOR.to_vec(), Condition::Always).await.unwrap();
        for file in 0..files {
            let qty = if file % 3 == 1 { "<script>7x</script>" } else { "7" };
            let rows = format!("id,qty,ssn\n1,{qty},secret-{file}\n{file},2,secret\n");
            let key = format!("p{prefix}/incoming/{file:04}.csv");
            store.put(&key, rows.into_bytes(), Condition::Always).await.unwrap();
        }
    }
    store
}

fn shared(store: &MemoryStore) -> Arc<dyn Store> {
    Arc::new(store.clone())
}

/// Plans a run in tasks of this many files, and processes them.
async fn checked(store: &MemoryStore, files: u64) -> Plan {
    let limits = TaskLimits { files, ..TaskLimits::default() };
    let request = Request { limits, ..Request::default() };
    let plan = plan(&shared(store), &request, Mode::Write, Clock::System, &mut |_| {}).await.unwrap();
    let context = Context::new(shared(store), Some(shared(store)));
    for task in read_tasks(store, &plan.run_id).await.unwrap() {
        process(&context, &Assignment::first(&plan.run_id, &task)).await.unwrap();
    }
    plan
}

async fn published(store: &MemoryStore, plan: &Plan, pages: Pages) -> (RunReport, Vec<Option<String>>) {
    let causes = Causes::default();
    let ended = EndedRun { plan, causes: &causes, pages };
    let mut named = Vec::new();
    let mut each = |prefix: &PrefixResult| named.push(prefix.page.clone());
    let report = publish(&shared(store), None, ended, Clock::System, &mut each).await.unwrap();
    assert_eq!(read_report(&shared(store), &plan.run_id).await.unwrap().as_ref(), Some(&report));
    (report, named)
}

fn all(prefixes: u64) -> Pages {
    Pages { prefixes, until: None }
}

/// Returns the pages in the store, by the end of their keys.
fn pages(store: &MemoryStore) -> BTreeMap<String, String> {
    let pages = store.contents().into_iter().filter(|(key, _)| key.ends_with(".html"));
    let short = |key: String| key.split_once("/runs/").unwrap().1.split_once('/').unwrap().1.to_owned();
    pages.map(|(key, bytes)| (short(key), String::from_utf8(bytes).unwrap())).collect()
}

/// Returns the part of a page after its overview; this part is the same in whatever way the page was made.
fn body(page: &str) -> &str {
    &page[page.find("<section aria-labelledby=\"causes\">").unwrap()..]
}

#[tokio::test]
async fn a_run_and_its_prefixes_have_pages_that_their_results_name() {
    let store = filled(3, 7).await;
    let plan = checked(&store, 4).await;
    let (report, named) = published(&store, &plan, all(10)).await;
    let made = pages(&store);
    let names = ["prefixes/p0/report.html", "prefixes/p1/report.html", "prefixes/p2/report.html", "report.html"];
    assert_eq!(made.keys().collect::<Vec<_>>(), names);
    let at = |name: &str| Some(store.locate(&format!("_sluice/runs/{}/{name}", plan.run_id.0)));
    assert_eq!(named, names[..3].iter().map(|name| at(name)).collect::<Vec<_>>());
    assert_eq!((report.page, report.pages_unwritten), (at("report.html"), 0));
    for page in made.values() {
        assert!(page.contains("Content-Security-Policy") && page.contains("type-error"));
        assert!(!page.contains("secret") && !page.contains("<script>7x"));
    }
}

#[tokio::test]
async fn a_publisher_that_is_killed_and_begins_again_writes_the_same_pages() {
    let store = filled(2, 5).await;
    let plan = checked(&store, 3).await;
    published(&store, &plan, all(10)).await;
    let first = pages(&store);
    // Another run is in between.
    store.put("p0/incoming/later.csv", b"id,qty,ssn\n1,x,\n".to_vec(), Condition::Always).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    checked(&store, 3).await;
    published(&store, &plan, all(10)).await;
    let again = pages(&store);
    for prefix in ["prefixes/p0/report.html", "prefixes/p1/report.html"] {
        assert_eq!(first[prefix], again[prefix]);
    }
    assert_eq!(body(&first["report.html"]), body(&again["report.html"]));
}

#[tokio::test]
async fn of_many_prefixes_the_worst_have_a_page() {
    let store = filled(6, 1).await;
    let bad = b"id,qty,ssn\n1,x,\n2,y,\n".to_vec();
    store.put("p3/incoming/bad.csv", bad.clone(), Condition::Always).await.unwrap();
    store.put("p5/incoming/bad.csv", bad, Condition::Always).await.unwrap();
    let plan = checked(&store, 2).await;
    let (report, named) = published(&store, &plan, all(2)).await;
    let with: Vec<usize> =
        named.iter().enumerate().filter(|(_, page)| page.is_some()).map(|(index, _)| index).collect();
    assert_eq!((with, report.pages_unwritten), (vec![3, 5], 0));
    let (report, named) = published(&store, &plan, all(0)).await;
    assert!(named.iter().all(Option::is_none) && report.page.is_some());
}

#[tokio::test]
async fn pages_that_there_is_no_time_for_are_counted_and_cost_nothing_else() {
    let store = filled(3, 1).await;
    let plan = checked(&store, 10).await;
    let late = Pages { prefixes: 10, until: Some(monotonic()) };
    let (report, named) = published(&store, &plan, late).await;
    assert_eq!((named, report.page, report.pages_unwritten), (vec![None, None, None], None, 4));
    assert_eq!(report.totals.files.clean, 3);
}

#[tokio::test]
async fn of_many_files_the_worst_are_on_the_page() {
    let store = filled(1, 600).await;
    let plan = checked(&store, 250).await;
    published(&store, &plan, all(1)).await;
    for page in pages(&store).values() {
        // 200 of 600 files have a row with a fault: the causes are complete, and the table has no clean file beyond its 500 rows.
        assert!(page.contains("The worst 500 are shown; 100 files are left out."), "{page}");
        assert!(page.contains("Causes are those of the worst 500 files; totals are of all."));
        assert!(page.contains("data-v=\"200\">200 faults</td>"));
        // The history may end with a clean file, as it is ordered by time.
        let table = &page[page.find("<table class=\"files\"").unwrap()..];
        let table = &table[..table.find("</table>").unwrap()];
        assert!(table.contains("0598.csv") && !table.contains("0599.csv"));
        assert!(page.len() <= crate::page::PAGE_BYTES);
    }
}

#[tokio::test]
async fn records_that_are_large_or_none_leave_the_page_without_their_details() {
    let store = filled(1, 12).await;
    let plan = checked(&store, 100).await;
    for (key, bytes) in store.contents() {
        let Some(number) = key.strip_prefix("_sluice/ledger/p0/incoming/").map(|name| &name[..4]) else { continue };
        let padded = |size: usize| {
            let mut bytes = bytes.clone();
            bytes.resize(size, b' ');
            bytes
        };
        let other = match number {
            // The worst files, in this order.
            "0001" => padded(RECORD_BYTES + 1),
            "0004" => b"no record, but large enough to be taken for one".repeat(10),
            "0007" | "0010" | "0000" | "0002" => padded(PAGE_BYTES / 4),
            "0003" => padded(PAGE_BYTES / 4 + 1),
            _ => continue,
        };
        store.put(&key, other, Condition::Always).await.unwrap();
    }
    let (report, _) = published(&store, &plan, all(1)).await;
    assert_eq!(report.pages_unwritten, 0);
    let page = &pages(&store)["prefixes/p0/report.html"];
    assert!(page.contains("1 ledger record of this run cannot be read"));
    // The first record is too large by itself, and after four records of a quarter of the room no further record fits.
    assert!(page.contains("The reports of 7 more files are too large for this page"), "{page}");
    assert!(page.contains("data-v=\"2\">2 faults</td>") && page.contains("0005.csv"));
}

#[tokio::test]
async fn a_prefix_with_very_many_records_has_a_page_without_history() {
    let store = filled(1, 2).await;
    for number in 0..super::pages::LISTED {
        let key = format!("_sluice/ledger/p0/incoming/old-{number}.csv/1.json");
        store.put(&key, vec![b' '; 300], Condition::Always).await.unwrap();
    }
    let plan = checked(&store, 10).await;
    let (report, _) = published(&store, &plan, all(1)).await;
    assert_eq!(report.pages_unwritten, 0);
    let page = &pages(&store)["prefixes/p0/report.html"];
    assert!(page.contains("p0 has more than 10,000 files in the ledger") && !page.contains("id=\"history\""));
}

async fn delete(store: &MemoryStore, key: &str) {
    let etag = store.head(key).await.unwrap().etag;
    store.delete(key, &etag).await.unwrap();
}

/// As if a worker had been killed after two of its three files.
#[tokio::test]
async fn of_a_task_without_a_result_files_with_a_record_are_done() {
    let store = filled(2, 3).await;
    let plan = checked(&store, 3).await;
    let result = plan.run_id.result_key(1);
    let whole: TaskResult = serde_json::from_slice(&store.get(&result, 1 << 20).await.unwrap().1).unwrap();
    delete(&store, &result).await;
    let same = published(&store, &plan, all(2)).await.0;
    assert_eq!(
        (same.status, &same.totals.files),
        (Status::Succeeded, &Files { clean: 4, accepted: 2, total: 6, ..Files::default() })
    );
    assert_eq!(same.totals.rows.read, 12);
    assert_eq!(whole.totals().rows.read, 6);
    let etag = store.head("p1/incoming/0002.csv").await.unwrap().etag;
    delete(&store, &crate::key::ledger_key("p1/incoming/0002.csv", &etag)).await;
    let (report, named) = published(&store, &plan, all(2)).await;
    let files = &report.totals.files;
    assert_eq!((report.status, files.clean, files.accepted, files.failed), (Status::Failed, 3, 2, 1));
    assert_eq!((report.failures.len(), report.failures[0].key.as_str()), (1, "p1/incoming/0002.csv"));
    assert_eq!(named.iter().flatten().count(), 2);
    let made = pages(&store);
    for name in ["prefixes/p1/report.html", "report.html"] {
        assert!(made[name].contains("p1/incoming/0002.csv") && made[name].contains("it has left no result"), "{name}");
    }
    assert!(!made["prefixes/p0/report.html"].contains("failed</span>"));
}

#[tokio::test]
async fn of_tasks_without_a_result_so_many_records_are_looked_up() {
    let store = filled(1, 3).await;
    let plan = checked(&store, 3).await;
    delete(&store, &plan.run_id.result_key(0)).await;
    let (source, causes) = (shared(&store), Causes::default());
    let mut merge = Merge::begin(&source, None, &plan, &causes, "").await.unwrap();
    merge.lookups_left = Arc::new(AtomicU64::new(2));
    while merge.next().await.unwrap().is_some() {}
    let sums = merge.into_sums();
    assert_eq!((sums.totals.files.total, sums.totals.files.failed), (3, 1));
    assert!(sums.failures[0].message.ends_with("was not looked up, as 200000 files were"), "{:?}", sums.failures);
}

/// Records of the run before are not the outcome of a run that checks all files once more.
#[tokio::test]
async fn of_a_forced_task_without_a_result_older_records_do_not_count() {
    let store = filled(1, 2).await;
    checked(&store, 2).await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let request = Request { force: true, ..Request::default() };
    let plan = plan(&shared(&store), &request, Mode::Write, Clock::System, &mut |_| {}).await.unwrap();
    let report = published(&store, &plan, all(1)).await.0;
    assert_eq!((report.totals.files.failed, report.totals.files.total), (2, 2));
}
