#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::time::UNIX_EPOCH;

use super::*;
use crate::clock::Clock;
use crate::jobs::Jobs;
use crate::pipeline::run;
use crate::plan::Request;
use crate::store::MemoryStore;

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
