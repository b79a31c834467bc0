//! Locks that a panic of another thread does not poison.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked stops the pipeline; what it left behind is not used.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
