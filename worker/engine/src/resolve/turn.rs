//! Turns: chunks are resolved in the order of the file, each by the thread that checked it.

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::locked::locked;
use crate::resolve::candidates::{Candidates, Duplicate};
use crate::resolve::keys::FileKeys;
use crate::resolve::known::AllKnownValues;

/// The keys of the file so far, and the chunk whose turn it is.
#[derive(Debug)]
pub(crate) struct Turns {
    state: Mutex<State>,
    /// Signals that it is the turn of another chunk, or that the pipeline has stopped.
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    next: u64,
    known: AllKnownValues,
}

impl Turns {
    /// Returns the turns of a file, from chunk number `first` on; `None` if the file has no key, so that no thread has to wait.
    pub(crate) fn new(keys: &FileKeys, first: u64) -> Option<Self> {
        let known = AllKnownValues::new(keys);
        let state = Mutex::new(State { next: first, known });
        (!keys.keys.is_empty()).then(|| Self { state, changed: Condvar::new() })
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        // A thread that panicked stops the pipeline, so the state that it left is not used.
        locked(&self.state)
    }

    /// Waits for the turn of a chunk, and resolves some of its candidates; behind the last ones the turn is passed on.
    /// Returns false if the pipeline has stopped.
    ///
    /// # Errors
    /// When the file for keys that do not fit in memory cannot be written or read.
    pub(crate) fn resolve(
        &self,
        sequence: u64,
        candidates: &mut Candidates,
        duplicates: &mut Vec<Duplicate>,
        has_stopped: impl Fn() -> bool,
    ) -> io::Result<bool> {
        let mut state = self.locked();
        while state.next != sequence && !has_stopped() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if has_stopped() {
            return Ok(false);
        }
        state.known.resolve(candidates, duplicates)?;
        if candidates.are_last {
            state.next += 1;
            drop(state);
            self.changed.notify_all();
        }
        Ok(true)
    }

    /// Wakes all waiting threads after the pipeline has stopped.
    pub(crate) fn wake(&self) {
        // The lock is taken once: without it a thread that has just found the pipeline running could begin to wait
        // after the signal.
        drop(self.locked());
        self.changed.notify_all();
    }

    /// Returns true if the keys of the file take more bytes than the limit.
    pub(crate) fn are_too_many(self) -> bool {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).known.are_too_many()
    }
}
