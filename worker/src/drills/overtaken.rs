//! Drills of a run that a newer upload overtakes.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::store::StoreFuture;
use crate::store::hooked::{Before, HookedStore, Operation};

/// A hook that uploads another version of the file and has it published, before the operation `nth`.
#[derive(Clone, Debug)]
struct Overtaking {
    store: MemoryStore,
    done: Arc<AtomicU64>,
    nth: u64,
    newer: &'static str,
}

impl Before for Overtaking {
    fn before<'a>(&'a self, _: Operation<'a>) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            if self.done.fetch_add(1, Ordering::SeqCst) == self.nth {
                put(&self.store, "a/incoming/x.csv", self.newer).await;
                run_on(self.store.clone()).await;
            }
            Ok(())
        })
    }
}

/// Overtakes at each operation in turn, by a version that has clean rows or none.
#[tokio::test]
async fn a_run_overtaken_while_it_checks_does_not_publish() {
    for newer in ["id,name\n7,seven\n", ""] {
        for nth in 0.. {
            let store = MemoryStore::new();
            put(&store, "a/incoming/x.csv", RAGGED).await;
            let overtaking = Overtaking { store: store.clone(), done: Arc::default(), nth, newer };
            run_on(HookedStore::new(store.clone(), overtaking.clone())).await;
            if overtaking.done.load(Ordering::SeqCst) <= nth {
                assert!(nth > 8, "the drill has to reach into the run");
                break;
            }
            // The outputs are those of the newest version, now or after the next run.
            run_on(store.clone()).await;
            let rows = text(&store, "a/clean/x.csv").unwrap_or_default();
            assert_eq!(rows, newer, "operation {nth}");
            assert_eq!(text(&store, "a/rejects/x.csv.jsonl"), None, "operation {nth}");
        }
    }
}

#[tokio::test]
async fn the_newest_upload_wins_whatever_order_runs_finish_in() {
    let store = MemoryStore::new();
    put(&store, "a/incoming/x.csv", GOOD).await;
    let context = context(store.clone());
    let old = plan(&shared(&store), &Request::default(), Mode::Write, context.clock, &mut |_| {}).await.unwrap();
    put(&store, "a/incoming/x.csv", "id,name\n7,seven\n").await;
    run_on(store.clone()).await;
    let tasks = read_tasks(&store, &old.run_id).await.unwrap();
    let late = process(&context, &Assignment::first(&old.run_id, &tasks[0])).await.unwrap();
    assert_eq!(late.failures[0].code, FailureCode::Changed);
    assert_eq!(text(&store, "a/clean/x.csv").unwrap(), "id,name\n7,seven\n");
}
