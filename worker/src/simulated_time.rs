//! Time that passes only when every task waits for it: simulates hours in seconds, in the same order every time.
//!
//! A runtime with one thread polls everything. When nothing is left to poll, the thread is about to park; the hook that it then
//! calls sets the time to the earliest moment for which a task sleeps, and wakes that task. Work beside the event loop, on the one
//! thread for blocking work, takes no simulated time: the hook waits for the work, and lets its results be polled before time
//! passes.
//!
//! So nothing on that thread may wait for time to pass: it would wait for the hook, and the hook for the thread.
//!
//! The example `simulate` runs planner and publisher under this time. It is part of the product, because their waits are: [`crate::clock`]
//! asks for it at each pause. A feature that left it out would mean to build the library twice, and to test what is not deployed; without a
//! simulation the cost is one look at a variable of the thread.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle};

thread_local! {
    static CURRENT: RefCell<Option<SimulatedTime>> = const { RefCell::new(None) };
}

/// The monotonic moment at which every simulated time begins.
#[expect(clippy::disallowed_methods, reason = "it has to begin at some moment; which one does not show")]
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A simulated time that begins at zero. Clones share the same time.
#[derive(Clone, Debug, Default)]
pub struct SimulatedTime {
    timers: Arc<Mutex<Timers>>,
}

/// The turn of a task to wake: by the moment, and of tasks with the same moment the first to sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    moment: Duration,
    /// The number of the sleep.
    sleep: u64,
}

#[derive(Debug, Default)]
struct Timers {
    now: Duration,
    /// Sleeping tasks by their turn to wake.
    sleepers: BTreeMap<Turn, Waker>,
    /// Number of sleeps so far.
    count: u64,
}

impl SimulatedTime {
    /// Returns the simulated time under which this thread polls, if there is one.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Returns the simulated time that has passed since the beginning.
    pub fn now(&self) -> Duration {
        self.lock().now
    }

    /// Returns this time as a moment of the monotonic clock.
    pub(crate) fn moment(&self) -> Instant {
        *BEGAN + self.now()
    }

    /// Returns the moment at which the duration `after` will have passed: a deadline for code that runs under this time.
    pub fn deadline(&self, after: Duration) -> Instant {
        self.moment() + after
    }

    /// Waits until `duration` has passed in this time.
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + use<> {
        let mut timers = self.lock();
        timers.count += 1;
        let turn = Turn { moment: timers.now + duration, sleep: timers.count };
        drop(timers);
        Sleep { time: self.clone(), turn }
    }

    /// Runs a future to its end under this time.
    ///
    /// # Errors
    /// When the system does not have the resources for the runtime. A panic of the future is resumed here.
    pub fn run<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> std::io::Result<T> {
        let handle: Arc<Mutex<Option<Handle>>> = Arc::default();
        let (time, runtime) = (self.clone(), Arc::clone(&handle));
        let of_runtime = move || runtime.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let hook = move || {
            if let Some(runtime) = of_runtime() {
                time.pass(&runtime);
            }
        };
        // One thread for blocking work: the work that is queued last ends last.
        let simulated =
            Builder::new_current_thread().max_blocking_threads(1).enable_all().on_thread_park(hook).build()?;
        let set = |runtime| *handle.lock().unwrap_or_else(PoisonError::into_inner) = runtime;
        set(Some(simulated.handle().clone()));
        CURRENT.set(Some(self.clone()));
        // The future is a task of its own, so that a wake-up from another thread shows in the runtime's queue.
        let ended = simulated.block_on(simulated.spawn(future));
        CURRENT.set(None);
        // The runtime owns the hook and the hook owns the runtime's handle: without this, neither would ever be dropped.
        set(None);
        Ok(ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())))
    }

    /// Called when nothing is left to poll: lets time pass until a task wakes.
    fn pass(&self, runtime: &Handle) {
        if self.lock().sleepers.is_empty() {
            return;
        }
        let (done, wait) = mpsc::sync_channel(1);
        drop(runtime.spawn_blocking(move || done.send(())));
        if wait.recv().is_err() || runtime.metrics().global_queue_depth() > 0 {
            return;
        }
        let mut timers = self.lock();
        if let Some((Turn { moment, .. }, waker)) = timers.sleepers.pop_first() {
            timers.now = moment;
            drop(timers);
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Timers> {
        // Nothing panics while the lock is held.
        self.timers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Sleep {
    time: SimulatedTime,
    turn: Turn,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut timers = self.time.lock();
        if timers.now >= self.turn.moment {
            return Poll::Ready(());
        }
        timers.sleepers.insert(self.turn, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        // Time must not pass for a sleep that was dropped.
        self.time.lock().sleepers.remove(&self.turn);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::time::Duration;

    use tokio::task::JoinSet;

    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn sleepers_wake_in_the_order_of_their_moments() {
        let time = SimulatedTime::default();
        let shared = time.clone();
        let woken = time.run(async move {
            let mut sleepers = JoinSet::new();
            for hours in [3, 1, 2, 1] {
                let time = shared.clone();
                sleepers.spawn(async move {
                    time.sleep(seconds(hours * 3600)).await;
                    (hours, time.now())
                });
            }
            let mut woken = Vec::new();
            while let Some(sleeper) = sleepers.join_next().await {
                woken.push(sleeper.unwrap());
            }
            woken
        });
        let expected = [1, 1, 2, 3].map(|hours| (hours, seconds(hours * 3600)));
        assert_eq!(woken.unwrap(), expected);
        assert_eq!(time.now(), seconds(3 * 3600));
    }

    #[test]
    fn blocking_work_takes_no_time() {
        let time = SimulatedTime::default();
        let shared = time.clone();
        let ends = time.run(async move {
            let other = shared.clone();
            let sleeping = tokio::spawn(async move {
                other.sleep(seconds(1)).await;
                other.now()
            });
            for _ in 0..100 {
                tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_micros(100))).await.unwrap();
            }
            (shared.now(), sleeping.await.unwrap())
        });
        assert_eq!(ends.unwrap(), (Duration::ZERO, seconds(1)));
    }

    #[test]
    fn ten_thousand_seconds_in_turn_pass_at_once() {
        let time = SimulatedTime::default();
        let shared = time.clone();
        let run = async move {
            for _ in 0..10_000 {
                shared.sleep(seconds(1)).await;
            }
        };
        time.run(run).unwrap();
        assert_eq!(time.now(), seconds(10_000));
    }

    #[test]
    fn a_sleeper_that_is_dropped_holds_nobody_up() {
        let time = SimulatedTime::default();
        let shared = time.clone();
        let run = async move {
            tokio::select! {
                () = shared.sleep(seconds(1)) => {}
                () = shared.sleep(seconds(60)) => {}
            }
            shared.sleep(seconds(120)).await;
        };
        time.run(run).unwrap();
        assert_eq!(time.now(), seconds(121));
        assert!(time.lock().sleepers.is_empty());
    }
}
