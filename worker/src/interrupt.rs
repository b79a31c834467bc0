//! Stopping in good order: whoever reads is told, and everything unpublished is dropped.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the run shall stop. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Asks everything to stop.
    pub fn raise(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether it was asked to stop.
    pub fn raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// A reader that fails once the run shall stop.
    pub(crate) fn watch<R: Read>(&self, reader: R) -> Watched<R> {
        Watched { reader, interrupt: self.clone() }
    }
}

/// See [`Interrupt::watch`].
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
        // What ended while it was waited for was perhaps cut off by the same interrupt: `curl … | sluice check -`.
        if self.interrupt.raised() {
            return Err(io::Error::other("interrupted"));
        }
        Ok(count)
    }
}
