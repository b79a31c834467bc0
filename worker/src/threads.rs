//! Threads beside the event loop, on which [`crate::store::blocking`] work runs.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::Notify;

/// Time limit for a thread to start. A thread that the system refuses never starts.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs the future of a command to its end. The threads stay as long as the command runs: a thread that ended might not be able to
/// start again.
///
/// Waits for no thread at the end: a read that never returns must not keep the process alive, or hide the message of a panic.
///
/// # Errors
/// When the system refuses the threads of the runtime.
pub(crate) fn run<F: Future>(command: F) -> std::io::Result<F::Output> {
    const FOR_EVER: Duration = Duration::from_secs(1 << 32);
    let workers = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    // tokio panics if the system refuses one of its threads, and waits for ever for the others.
    can_start(workers.get() + 1).map_err(|refused| refused.error)?;
    let runtime =
        Builder::new_multi_thread().worker_threads(workers.get()).enable_all().thread_keep_alive(FOR_EVER).build()?;
    let output = catch_unwind(AssertUnwindSafe(|| runtime.block_on(command)));
    runtime.shutdown_background();
    Ok(output.unwrap_or_else(|panic| resume_unwind(panic)))
}

/// Address space that a thread takes, in bytes: its stack, what is around it, and the stack for its signals. A thread that gets
/// the first and not the last ends the process.
const THREAD_BYTES: usize = (2 << 20) + (256 << 10);

/// Address space that has to be left in addition to that of threads, in bytes: the C library and tokio end the process if they get
/// none.
const LEFT_BYTES: usize = 32 << 20;

/// Maps address space and unmaps it again; no memory is touched.
fn ask_for_addresses(bytes: usize) -> std::io::Result<()> {
    use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
    // SAFETY: a new mapping at an address that the system picks, to which no other code refers before it is unmapped again.
    unsafe {
        let mapped = mmap_anonymous(std::ptr::null_mut(), bytes, ProtFlags::empty(), MapFlags::PRIVATE)?;
        munmap(mapped, bytes)?;
    }
    Ok(())
}

/// The system starts fewer threads than are wanted.
struct TooFewThreads {
    allowed: usize,
    error: std::io::Error,
}

/// Starts `threads` threads at once, in addition to those that run, and ends them. An error says how many the
/// system allows.
fn can_start(threads: usize) -> Result<(), TooFewThreads> {
    let failed = |allowed| move |error| TooFewThreads { allowed, error };
    ask_for_addresses(threads * THREAD_BYTES + LEFT_BYTES).map_err(failed(0))?;
    std::thread::scope(|scope| {
        let mut waiting = Vec::with_capacity(threads);
        for _ in 0..threads {
            let (go, wait) = std::sync::mpsc::channel::<()>();
            // The thread waits until the sender is dropped.
            let started = std::thread::Builder::new().spawn_scoped(scope, move || wait.recv().is_ok());
            started.map_err(failed(waiting.len()))?;
            waiting.push(go);
        }
        Ok(())
    })
}

/// Number of threads that Polars starts with its first frame. Polars panics without them.
const OF_POLARS: usize = 2;

/// Starts threads beside the event loop until there are `wanted` threads.
///
/// # Errors
/// When not all threads start: the number of threads that have started.
pub(crate) async fn start(wanted: usize) -> Result<(), usize> {
    // tokio panics if the system refuses a thread because memory is short.
    can_start(wanted + OF_POLARS).map_err(|refused| refused.allowed)?;
    let gathering = Arc::new(Gathering::default());
    for _ in 0..wanted {
        let gathering = Arc::clone(&gathering);
        drop(tokio::task::spawn_blocking(move || gathering.join(wanted)));
    }
    // Each thread waits for all others, so that no thread runs two of these tasks.
    let complete = tokio::time::timeout(PATIENCE, gathering.complete.notified()).await.is_ok();
    let started = gathering.dissolve();
    if complete { Ok(()) } else { Err(started) }
}

/// Threads that wait for each other.
#[derive(Debug, Default)]
struct Gathering {
    state: Mutex<State>,
    changed: Condvar,
    complete: Notify,
}

#[derive(Debug, Default)]
struct State {
    here: usize,
    over: bool,
}

impl Gathering {
    fn join(&self, wanted: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.over {
            return;
        }
        state.here += 1;
        if state.here == wanted {
            self.complete.notify_one();
        }
        while !state.over {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets all threads go; returns how many there were.
    fn dissolve(&self) -> usize {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.over = true;
        self.changed.notify_all();
        state.here
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn threads_are_started_and_can_be_used() {
        run(async {
            start(20).await.unwrap();
            crate::store::blocking(|| ()).await;
        })
        .unwrap();
    }

    #[test]
    fn a_command_that_panics_does_not_wait_for_threads_that_never_end() {
        let panicked = catch_unwind(|| {
            run(async {
                drop(tokio::task::spawn_blocking(std::thread::park));
                panic!("the command");
            })
        });
        assert!(panicked.is_err());
    }

    #[test]
    fn threads_that_do_not_start_are_counted() {
        let runtime =
            Builder::new_multi_thread().worker_threads(1).max_blocking_threads(3).enable_all().build().unwrap();
        runtime.block_on(async {
            assert_eq!(start(5).await, Err(3));
            // Threads that remain from the first call wait for no other thread.
            assert_eq!(start(3).await, Ok(()));
        });
    }
}
