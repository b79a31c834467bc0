//! Stopping in good order: every reader stops, and everything unpublished is dropped.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::clock::monotonic;

/// A flag that tells a run to stop. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    raised: Arc<AtomicBool>,
    /// The signal that asks for it, or 0.
    signal: Arc<AtomicUsize>,
    deadline: Arc<Mutex<Option<Instant>>>,
}

impl Interrupt {
    /// Asks everything to stop.
    pub fn raise(&self) {
        self.raised.store(true, Ordering::SeqCst);
    }

    /// Lets SIGINT and SIGTERM ask everything to stop, in the handler of the signal. A terminal sends SIGINT to all processes of a pipeline: one
    /// that dies of it closes the pipe, and the end of the input must not be read before the flag is raised.
    ///
    /// # Errors
    /// When the system takes no handler.
    pub(crate) fn raise_on_signals(&self) -> io::Result<()> {
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register_usize(signal, Arc::clone(&self.signal), signal as usize)?;
        }
        Ok(())
    }

    /// Returns the signal that has asked everything to stop.
    pub(crate) fn signal(&self) -> Option<i32> {
        let signal = self.signal.load(Ordering::SeqCst);
        (signal != 0).then_some(signal as i32)
    }

    /// Asks everything to stop at `end`, unless `raise_at` is called with a later time before.
    ///
    /// No code has to run at that moment: a process that was frozen, and continues after `end`, finds that it has to stop.
    pub fn raise_at(&self, end: Instant) {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
    }

    /// Returns true if the run has to stop.
    pub fn raised(&self) -> bool {
        let overdue =
            || self.deadline.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|end| end <= monotonic());
        if !self.raised.load(Ordering::SeqCst) && (self.signal().is_some() || overdue()) {
            // The flag stays raised: readers may have failed already.
            self.raise();
        }
        self.raised.load(Ordering::SeqCst)
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
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_end_of_a_pipe_that_a_signal_has_closed_is_not_read() {
        let interrupt = Interrupt::default();
        interrupt.raise_on_signals().unwrap();
        // The last bytes are read while the signal arrives, and no task runs in between.
        let mut reader = interrupt.watch(io::Cursor::new(b"a,b\n").chain(Signalled));
        let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "interrupted");
    }

    /// An input that ends because the processes of a pipeline get SIGTERM.
    struct Signalled;

    impl Read for Signalled {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            signal_hook::low_level::raise(SIGTERM)?;
            Ok(0)
        }
    }

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
