#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::UNIX_EPOCH;

use super::*;
use crate::clock::Clock;
use crate::jobs::Jobs;
use crate::pipeline::run;
use crate::plan::Request;
use crate::store::hooked::{Before, HookedStore, Operation};
use crate::store::{MemoryStore, StoreFuture};

/// An observer that records the memory left whenever something is read.
#[derive(Debug)]
struct Watching {
    jobs: Jobs,
    left: Mutex<Vec<usize>>,
}

impl Observer for Watching {
    fn read(&self, _bytes: u64) {
        self.left.lock().unwrap().push(self.jobs.memory_left());
    }
}

/// Checks files with this descriptor by four threads, with 60 MiB of memory. Returns the MiB that are left at each read, and the
/// number of clean files.
async fn left(descriptor: &str) -> (Vec<usize>, u64) {
    let store = MemoryStore::new();
    store.put("a/resource.json", descriptor.as_bytes().to_vec(), Condition::Always).await.unwrap();
    for file in 0..8 {
        let rows: String = (0..200_000).map(|row| format!("{}\n", row * 7919 % 1_000_003)).collect();
        let key = format!("a/incoming/{file}.csv");
        store.put(&key, format!("id\n{rows}").into_bytes(), Condition::Always).await.unwrap();
    }
    let jobs = Jobs::new(NonZeroUsize::new(4).unwrap()).in_memory((200 + 4 * 32 + 60) << 20);
    assert_eq!(jobs.memory_left(), 60);
    let observer = Arc::new(Watching { jobs: jobs.clone(), left: Mutex::default() });
    let context = Context {
        jobs: jobs.clone(),
        clock: Clock::Fixed(UNIX_EPOCH),
        observer: Arc::clone(&observer) as Arc<dyn Observer>,
        ..Context::new(Arc::new(store.clone()), Some(Arc::new(store)))
    };
    let report = run(&context, &Request::default(), |_| {}, &mut |_| {}).await.unwrap();
    assert_eq!(jobs.memory_left(), 60, "all of it is given back");
    let left = observer.left.lock().unwrap().clone();
    assert!(left.len() >= 8, "{left:?}");
    (left, report.totals.files.clean)
}

/// Each file may need 37 MiB for its keys, so there is room for one file at a time.
#[tokio::test]
async fn files_with_keys_are_as_many_at_once_as_there_is_memory_for() {
    let keyed = r#"{"schema": {"fields": [{"name": "id", "type": "integer"}], "primaryKey": "id"}}"#;
    let (left, clean) = left(keyed).await;
    assert_eq!(clean, 8);
    assert!(left.iter().all(|&left| left < 37), "{left:?}");
}

#[tokio::test]
async fn files_without_keys_do_not_wait_for_memory() {
    let (left, clean) = left(r#"{"schema": {"fields": [{"name": "id", "type": "integer"}]}}"#).await;
    assert_eq!(clean, 8);
    assert!(left.iter().all(|&left| left == 60), "{left:?}");
}

/// Two descriptors: by the first one a row is rejected, values are shown, and there is a Parquet file; by the second one not.
const DESCRIPTORS: [&str; 2] = [
    r#"{"schema": {"fields": [{"name": "id", "type": "integer", "constraints": {"maximum": 1}}]},
        "sluice": {"output": {"formats": ["csv", "parquet"]}}}"#,
    r#"{"schema": {"fields": [{"name": "id", "type": "integer", "constraints": {"minimum": 2}}]},
        "sluice": {"redact": ["id"]}}"#,
];

async fn describe(store: &MemoryStore, descriptor: &str) {
    store.put("a/resource.json", descriptor.as_bytes().to_vec(), Condition::Always).await.unwrap();
}

/// Runs over the store with a fixed clock.
async fn run_over(store: impl Store + Clone + 'static, force: bool) -> bool {
    let context =
        Context { clock: Clock::Fixed(UNIX_EPOCH), ..Context::new(Arc::new(store.clone()), Some(Arc::new(store))) };
    let request = Request { force, ..Request::default() };
    let report = run(&context, &request, |_| {}, &mut |_| {}).await.unwrap();
    report.totals.files.failed == 0
}

/// Before the operation with this number, corrects the descriptor and runs once more, over the same objects.
#[derive(Clone, Debug)]
struct Corrects {
    objects: MemoryStore,
    left: Arc<AtomicUsize>,
}

impl Before for Corrects {
    fn before<'a>(&'a self, _: Operation<'a>) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let before = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            if before == Ok(1) {
                describe(&self.objects, DESCRIPTORS[1]).await;
                assert!(run_over(self.objects.clone(), true).await);
            }
            Ok(())
        })
    }
}

/// The outputs and what the record says of them, without times.
async fn published(store: &MemoryStore, etag: &str) -> Vec<Option<String>> {
    let mut all = Vec::new();
    for key in ["a/clean/x.csv", "a/clean/x.csv.parquet", "a/rejects/x.csv.jsonl"] {
        let bytes = store.get(key, 1 << 20).await.ok().map(|(_, bytes)| format!("{bytes:?}"));
        all.push(bytes);
    }
    let record = record::read(store, &crate::key::ledger_key("a/incoming/x.csv", etag)).await.unwrap().unwrap();
    all.push(record.descriptor.map(|descriptor| descriptor.sha256));
    all.push(Some(format!("{:?} {:?} {:?}", record.rows, record.outputs, record.samples)));
    all
}

#[tokio::test]
async fn a_corrected_descriptor_wins_at_whatever_moment_of_another_run_the_file_is_checked_again() {
    for rows in ["id\n1\n2\n", "id\n2\n3\n"] {
        let store = async |descriptor| {
            let store = MemoryStore::new();
            describe(&store, descriptor).await;
            let etag = store.put("a/incoming/x.csv", rows.as_bytes().to_vec(), Condition::Always).await.unwrap();
            (store, etag)
        };
        let (corrected, etag) = store(DESCRIPTORS[1]).await;
        assert!(run_over(corrected.clone(), false).await);
        let expected = published(&corrected, &etag).await;
        for moment in 1.. {
            let (objects, etag) = store(DESCRIPTORS[0]).await;
            let left = Arc::new(AtomicUsize::new(moment));
            let hooked =
                HookedStore::new(objects.clone(), Corrects { objects: objects.clone(), left: Arc::clone(&left) });
            assert!(run_over(hooked, false).await, "{moment}");
            if left.load(Ordering::Relaxed) > 0 {
                assert!(moment > 10, "the run has only {moment} operations");
                break;
            }
            assert_eq!(published(&objects, &etag).await, expected, "{moment}");
        }
    }
}
