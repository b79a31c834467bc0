//! Plans over stores in memory.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod any_order;

use super::*;
use crate::key::ledger_key;
use crate::store::{Condition, MemoryStore};
use crate::task::{FileLine, Task};

fn shared(store: &MemoryStore) -> Arc<dyn Store> {
    Arc::new(store.clone())
}

async fn put(store: &MemoryStore, key: &str, text: &str) -> String {
    store.put(key, text.as_bytes().to_vec(), Condition::Always).await.unwrap()
}

/// A record of the smallest size that counts as complete; its content does not matter here.
fn record() -> String {
    " ".repeat(crate::ledger::LEAST_RECORD as usize)
}

async fn planned(store: &MemoryStore, request: &Request) -> (Plan, Vec<PrefixPlan>) {
    let mut prefixes = Vec::new();
    let mut each = |prefix: &PrefixPlan| prefixes.push(prefix.clone());
    let plan = plan(&shared(store), request, Mode::Write, Clock::System, &mut each).await.unwrap();
    (plan, prefixes)
}

fn lines<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Vec<T> {
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

fn files_of(store: &MemoryStore, plan: &Plan) -> Vec<(Task, Vec<String>)> {
    let contents = store.contents();
    let files = &contents[&plan.run_id.files_key()];
    lines::<Task>(&contents[&plan.run_id.tasks_key()])
        .into_iter()
        .map(|task| {
            let range = task.offset as usize..(task.offset + task.length) as usize;
            (task, lines::<FileLine>(&files[range]).into_iter().map(|line| line.key).collect())
        })
        .collect()
}

#[tokio::test]
async fn prefixes_at_any_depth_are_found_and_each_file_is_in_one_task() {
    let store = MemoryStore::new();
    for key in ["a/incoming/1.csv", "a/incoming/x/incoming/2.csv", "a/b/c/incoming/3.tsv.gz", "z/incoming/4.PSV"] {
        put(&store, key, "x").await;
    }
    put(&store, "a/resource.json", "{}").await;
    let (plan, prefixes) = planned(&store, &Request::default()).await;
    assert_eq!((plan.files, plan.tasks, plan.prefixes), (4, 1, 3));
    let names: Vec<&str> = prefixes.iter().map(|prefix| prefix.prefix.as_str()).collect();
    assert_eq!(names, ["a/b/c", "a", "z"]);
    let tasks: Vec<Vec<String>> = files_of(&store, &plan).into_iter().map(|(_, files)| files).collect();
    let expected = ["a/b/c/incoming/3.tsv.gz", "a/incoming/1.csv", "a/incoming/x/incoming/2.csv", "z/incoming/4.PSV"];
    assert_eq!(tasks, [expected]);
}

#[tokio::test]
async fn what_is_not_taken_is_counted_by_reason() {
    let store = MemoryStore::new();
    for key in [
        "incoming/a.csv",
        "a/incoming/b.txt",
        "a/incoming/c\n.csv",
        "a/incoming/",
        "/incoming/d.csv",
        "a/incoming/d.csv",
    ] {
        put(&store, key, "x").await;
    }
    let (plan, _) = planned(&store, &Request::default()).await;
    let counts: Vec<(Ignored, u64)> = plan.ignored.0.iter().map(|(reason, count)| (*reason, count.count)).collect();
    assert_eq!(counts, [(Ignored::NoPrefix, 2), (Ignored::ControlCharacter, 1), (Ignored::Suffix, 2)]);
    assert_eq!(plan.files, 1);
}

/// The worker of a task reads all lines of the task at once, however many files it has.
#[tokio::test]
async fn the_lines_of_a_task_are_bounded() {
    let store = MemoryStore::new();
    let name = "n".repeat(900);
    for number in 0..20_000 {
        put(&store, &format!("a/incoming/{number:05}{name}.csv"), "x").await;
    }
    let request = Request { limits: TaskLimits { files: 1_000_000, ..TaskLimits::default() }, ..Request::default() };
    let (plan, _) = planned(&store, &request).await;
    assert_eq!((plan.files, plan.tasks), (20_000, 2));
    for (task, files) in files_of(&store, &plan) {
        assert_eq!(task.files, files.len() as u64);
        assert!(task.length < size::LINES_BYTES + 2000, "{task:?}");
    }
}

#[tokio::test]
async fn outputs_never_become_inputs() {
    let store = MemoryStore::new();
    for key in [
        "a/incoming/x/incoming/y.csv",
        "a/clean/x/incoming/y.csv",
        "a/rejects/x/incoming/y.csv",
        "_sluice/incoming/z.csv",
    ] {
        put(&store, key, "x").await;
    }
    let (plan, prefixes) = planned(&store, &Request::default()).await;
    assert_eq!(prefixes.len(), 1);
    assert_eq!(plan.files, 1);
    assert_eq!(plan.ignored.0[&Ignored::ReservedPrefix].count, 2);
}

#[tokio::test]
async fn the_ledger_is_subtracted_by_version() {
    let store = MemoryStore::new();
    for key in ["a/incoming/a.csv", "a/incoming/a.csv.gz", "a/incoming/a.csv/b.csv"] {
        let etag = put(&store, key, "x").await;
        put(&store, &ledger_key(key, &etag), &record()).await;
    }
    put(&store, "a/incoming/a.csv.gz", "new").await;
    put(&store, "a/incoming/a-new.csv", "new").await;
    let (plan, _) = planned(&store, &Request::default()).await;
    assert_eq!((plan.files, plan.done), (2, 2));
    assert_eq!(files_of(&store, &plan)[0].1, ["a/incoming/a-new.csv", "a/incoming/a.csv.gz"]);
    let (forced, _) = planned(&store, &Request { force: true, ..Request::default() }).await;
    assert_eq!((forced.files, forced.done), (4, 0));
}

#[tokio::test]
async fn nothing_new_writes_nothing() {
    let store = MemoryStore::new();
    let etag = put(&store, "a/incoming/a.csv", "x").await;
    put(&store, &ledger_key("a/incoming/a.csv", &etag), &record()).await;
    let before = store.contents();
    let (plan, _) = planned(&store, &Request::default()).await;
    assert_eq!((plan.files, plan.tasks), (0, 0));
    assert_eq!(store.contents(), before);
}

#[tokio::test]
async fn tasks_are_filled_by_bytes_and_by_files() {
    let store = MemoryStore::new();
    for (nth, bytes) in [4, 4, 4, 20, 1, 1, 1, 1].into_iter().enumerate() {
        put(&store, &format!("{}/incoming/{nth}.csv", ["a", "b"][nth / 6]), &"x".repeat(bytes)).await;
    }
    let limits = TaskLimits { bytes: 10, files: 3, ..TaskLimits::default() };
    let (plan, _) = planned(&store, &Request { limits, ..Request::default() }).await;
    let tasks: Vec<(u64, u64, u64)> =
        files_of(&store, &plan).into_iter().map(|(task, _)| (task.task, task.files, task.bytes)).collect();
    assert_eq!(tasks, [(0, 2, 8), (1, 1, 4), (2, 1, 20), (3, 3, 3), (4, 1, 1)]);
}

#[tokio::test]
async fn only_the_prefixes_that_are_asked_for_are_planned() {
    let store = MemoryStore::new();
    for key in ["a/incoming/1.csv", "b/incoming/2.csv", "ab/incoming/3.csv"] {
        put(&store, key, "x").await;
    }
    let (plan, _) =
        planned(&store, &Request { prefixes: vec!["a/".to_owned(), "a".to_owned()], ..Request::default() }).await;
    assert_eq!(plan.files, 1);
}

#[tokio::test]
async fn an_unknown_prefix_is_named() {
    let store = MemoryStore::new();
    put(&store, "a/incoming/1.csv", "x").await;
    let request = Request { prefixes: vec!["a".to_owned(), "b".to_owned()], ..Request::default() };
    let error = plan(&shared(&store), &request, Mode::Write, Clock::System, &mut |_| {}).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "prefix \"b\": there is no file under memory:b/incoming/; `sluice plan` lists the prefixes there are"
    );
}

#[tokio::test]
async fn a_task_has_the_size_that_its_largest_file_needs() {
    let store = MemoryStore::new();
    for (key, bytes) in [("a/incoming/1.csv", 1), ("b/incoming/1.csv", 5), ("b/incoming/2.csv", 3)] {
        put(&store, key, &"x".repeat(bytes)).await;
    }
    let limits = TaskLimits { files: 2, ..TaskLimits::default() };
    let (plan, _) = planned(&store, &Request { limits, ..Request::default() }).await;
    let sizes: Vec<(String, String)> =
        files_of(&store, &plan).into_iter().map(|(task, _)| (task.cpu, task.larger_memory)).collect();
    assert_eq!(sizes, vec![("1024".to_owned(), "8192".to_owned()); 2]);
}

#[tokio::test]
async fn what_a_run_under_way_has_planned_is_not_planned_again() {
    let store = MemoryStore::new();
    for key in ["a/incoming/1.csv", "a/incoming/1.csv/2.csv", "b/incoming/1.csv", "c/incoming/1.csv"] {
        put(&store, key, "x").await;
    }
    let prefixes = vec!["a".to_owned(), "b".to_owned()];
    let (first, _) = planned(&store, &Request { prefixes, ..Request::default() }).await;
    assert_eq!(first.files, 3);
    put(&store, "b/incoming/1.csv", "another version").await;
    let request = Request { under_way: vec![first.run_id.clone()], ..Request::default() };
    let (second, prefixes) = planned(&store, &request).await;
    assert_eq!((second.files, second.under_way, second.prefixes), (2, 2, 2));
    assert_eq!(files_of(&store, &second)[0].1, ["b/incoming/1.csv", "c/incoming/1.csv"]);
    assert_eq!(prefixes.iter().map(|prefix| prefix.files).collect::<Vec<_>>(), [0, 1, 1]);
    let forced = Request { force: true, ..request.clone() };
    assert_eq!(planned(&store, &forced).await.0.files, 4);
    let both = Request { under_way: vec![first.run_id, second.run_id], ..Request::default() };
    let (third, _) = planned(&store, &both).await;
    assert_eq!((third.files, third.tasks, third.under_way), (0, 0, 4));
}

#[tokio::test]
async fn prefixes_that_were_named_are_planned_in_the_order_of_the_ledger() {
    let store = MemoryStore::new();
    for key in ["a/incoming/1.csv", "a/b/incoming/1.csv", "c/incoming/1.csv"] {
        put(&store, key, "x").await;
    }
    let prefixes = ["c", "a", "a/b"].map(str::to_owned).to_vec();
    let (plan, _) = planned(&store, &Request { prefixes, ..Request::default() }).await;
    assert_eq!(files_of(&store, &plan)[0].1, ["a/b/incoming/1.csv", "a/incoming/1.csv", "c/incoming/1.csv"]);
}

#[tokio::test]
async fn a_plan_that_fails_leaves_nothing() {
    let store = MemoryStore::new();
    for number in 0..100 {
        put(&store, &format!("a/incoming/{number}.csv"), "x").await;
    }
    let before = store.contents();
    let unknown = Request { prefixes: vec!["a".to_owned(), "b".to_owned()], ..Request::default() };
    let error = plan(&shared(&store), &unknown, Mode::Write, Clock::System, &mut |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("prefix \"b\""), "{error}");
    assert_eq!(store.contents(), before);
}

#[tokio::test]
async fn a_record_without_content_counts_as_done_and_is_told() {
    let store = MemoryStore::new();
    for (nth, text) in ["", "garbage", &record(), ""].into_iter().enumerate() {
        let key = format!("a/incoming/{nth}.csv");
        let etag = put(&store, &key, "x").await;
        put(&store, &ledger_key(&key, &etag), text).await;
    }
    // A damaged record of a file that is checked again anyway is not reported.
    put(&store, &ledger_key("a/incoming/3.csv", "other"), &record()).await;
    let (plan, _) = planned(&store, &Request::default()).await;
    assert_eq!((plan.files, plan.done), (1, 3));
    let damaged = &plan.ignored.0[&Ignored::DamagedRecord];
    assert_eq!(damaged.count, 2);
    assert!(damaged.example.starts_with("_sluice/ledger/a/incoming/0.csv/"), "{}", damaged.example);
    let (plan, _) = planned(&store, &Request { force: true, ..Request::default() }).await;
    assert_eq!((plan.files, plan.ignored.0.len()), (4, 0));
}
