//! Stopping in good order: every reader stops, and everything unpublished is dropped.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::clock::monotonic;

/// A flag that tells a run to stop. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<State>);

#[derive(Debug, Default)]
struct State {
    raised: AtomicBool,
    deadline: Mutex<Option<Instant>>,
}

impl Interrupt {
    /// Asks everything to stop.
    pub fn raise(&self) {
        self.0.raised.store(true, Ordering::SeqCst);
    }

    /// Asks everything to stop at `end`, unless `raise_at` is called with a later time before.
    ///
    /// No code has to run at that moment: a process that was frozen, and continues after `end`, finds that it has to stop.
    pub fn raise_at(&self, end: Instant) {
        *self.0.deadline.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
    }

    /// Returns true if the run has to stop.
    pub fn raised(&self) -> bool {
        let overdue =
            || self.0.deadline.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|end| end <= monotonic());
        if !self.0.raised.load(Ordering::SeqCst) && overdue() {
            // The flag stays raised: readers may have failed already.
            self.raise();
        }
        self.0.raised.load(Ordering::SeqCst)
    }

    /// Wraps a reader so that it fails once the run has to stop.
    pub(crate) fn watch<R: Read>(&self, reader: R) -> Watched<R> {
        Watched { reader, interrupt: self.clone() }
    }
}

/// A reader that can be interrupted: see [`Interrupt::watch`].
pub(crate) struct Watched<R> {
    reader: R,
    interrupt: Interrupt,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.interrupt.raised() {
            return Err(io::Error::other("interrupted"));
        }
        let count = self.reader.read(buffer)?;
        // Input that ended while this read waited may have been cut off by the same interrupt: `curl … | sluice check -`.
        if self.interrupt.raised() {
            return Err(io::Error::other("interrupted"));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_interrupt_that_is_put_off_in_time_is_not_raised() {
        let interrupt = Interrupt::default();
        interrupt.raise_at(monotonic() + Duration::from_secs(3600));
        assert!(!interrupt.raised());
    }

    #[test]
    fn an_interrupt_that_was_not_put_off_in_time_stays_raised() {
        let interrupt = Interrupt::default();
        interrupt.raise_at(monotonic());
        assert!(interrupt.raised());
        interrupt.raise_at(monotonic() + Duration::from_secs(3600));
        assert!(interrupt.raised());
    }
}
