//! Reads several things at once and returns them in the order in which they were asked for.
//!
//! Three loops look alike and are not written with it: `sluice check` counts a check that panicked as a failed file, the publisher only
//! logs a page that fails, and the sender of events stops at a deadline and keeps its requests for the next call.

use std::collections::VecDeque;
use std::future::Future;

use tokio::task::JoinHandle;

/// Tasks that run at the same time, at most `most`, in the order in which they were started. Tasks that still run are aborted when this is
/// dropped.
pub(crate) struct ReadAhead<T> {
    running: VecDeque<JoinHandle<T>>,
    most: usize,
}

impl<T: Send + 'static> ReadAhead<T> {
    pub(crate) fn new(most: usize) -> Self {
        Self { running: VecDeque::new(), most }
    }

    /// Returns true if another task may be started.
    pub(crate) fn has_room(&self) -> bool {
        self.running.len() < self.most
    }

    /// Returns the number of tasks whose results were not taken.
    pub(crate) fn len(&self) -> usize {
        self.running.len()
    }

    /// Starts a task.
    pub(crate) fn start(&mut self, task: impl Future<Output = T> + Send + 'static) {
        self.running.push_back(tokio::spawn(task));
    }

    /// Waits for the task that was started first; `None` if none is running. A panic of the task is resumed.
    pub(crate) async fn next(&mut self) -> Option<T> {
        let first = self.running.pop_front()?;
        Some(first.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())))
    }
}

impl<T> Drop for ReadAhead<T> {
    fn drop(&mut self) {
        self.running.iter().for_each(JoinHandle::abort);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn results_come_in_the_order_of_their_start() {
        let mut reading = ReadAhead::new(2);
        let (first_may_end, first) = oneshot::channel();
        reading.start(async move { first.await.unwrap_or(0) });
        reading.start(async move {
            // The first task ends only after the second one.
            first_may_end.send(1).map_or(0, |()| 2)
        });
        assert!(!reading.has_room());
        assert_eq!([reading.next().await, reading.next().await, reading.next().await], [Some(1), Some(2), None]);
        assert!(reading.has_room());
    }

    #[tokio::test]
    async fn tasks_end_when_nobody_waits_for_them() {
        let (held_by_task, dropped) = oneshot::channel::<()>();
        let mut reading = ReadAhead::new(1);
        reading.start(async move {
            let _held = held_by_task;
            std::future::pending::<()>().await;
        });
        drop(reading);
        assert!(dropped.await.is_err(), "the task was aborted");
    }
}
