//! Drills of a file that kills its worker.

use super::*;
use crate::store::StoreFuture;
use crate::store::hooked::{Before, HookedStore, Operation};

/// A hook that notifies when a file is opened, and then lets the operation wait for ever: the process is to be killed there.
#[derive(Clone, Debug)]
struct Poison {
    key: &'static str,
    opened: Arc<tokio::sync::Notify>,
}

impl Before for Poison {
    fn before<'a>(&'a self, operation: Operation<'a>) -> StoreFuture<'a, ()> {
        if operation == Operation::Open(self.key) {
            self.opened.notify_one();
            return Box::pin(std::future::pending());
        }
        Box::pin(async { Ok(()) })
    }
}

#[test]
fn a_file_that_kills_its_worker_costs_itself_only() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(poisoned_task());
    // The threads of the killed workers wait for ever.
    runtime.shutdown_background();
}

async fn poisoned_task() {
    let store = MemoryStore::new();
    for number in 0..30 {
        put(&store, &format!("p{}/incoming/{number:02}.csv", number / 10), GOOD).await;
    }
    let poison = "p1/incoming/15.csv";
    let plan = plan(&shared(&store), &Request::default(), Mode::Write, Clock::System, &mut |_| {}).await.unwrap();
    let opened: Arc<tokio::sync::Notify> = Arc::default();
    let context = context(HookedStore::new(store.clone(), Poison { key: poison, opened: Arc::clone(&opened) }));
    let tasks = read_tasks(&store, &plan.run_id).await.unwrap();
    let mut killed = 0;
    for task in &tasks {
        let mut assignment = Assignment::first(&plan.run_id, task);
        let result = loop {
            tokio::select! {
                result = process(&context, &assignment) => break result.unwrap(),
                () = opened.notified() => killed += 1,
            }
            assignment.attempt = Attempt { number: assignment.attempt.number + 1, after_death: true };
        };
        for failure in &result.failures {
            assert_eq!((failure.key.as_str(), failure.code), (poison, FailureCode::KillsWorker));
        }
    }
    assert_eq!(killed, 2);
    let report = crate::publish::publish(
        &shared(&store),
        None,
        crate::publish::EndedRun {
            plan: &plan,
            causes: &crate::publish::Causes::default(),
            pages: crate::publish::Pages::local(plan.prefixes),
        },
        Clock::System,
        &mut |_| {},
    )
    .await
    .unwrap();
    assert_eq!((report.totals.files.clean, report.totals.files.failed), (29, 1));
    assert_eq!(store.contents().keys().filter(|key| key.contains("/clean/")).count(), 29);
}
