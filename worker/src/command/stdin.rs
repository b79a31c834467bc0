//! Standard input whose reading an interrupt ends, even while no bytes arrive.

use std::io::{self, Read};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::interrupt::Interrupt;

/// Longest time until an interrupt is noticed.
const POLL_INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// Standard input, read without the buffer of the standard library: `poll` would not see bytes that are in
/// that buffer.
pub(super) struct Stdin {
    interrupt: Interrupt,
}

impl Stdin {
    pub(super) fn new(interrupt: Interrupt) -> Self {
        Self { interrupt }
    }
}

impl Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let stdin = rustix::stdio::stdin();
        loop {
            if self.interrupt.raised() {
                return Err(io::Error::other("interrupted"));
            }
            match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&POLL_INTERVAL)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                // There are bytes, the end, or a fault, which the read will report.
                Ok(_) => break,
                // A file that cannot be polled is read directly.
                Err(_) => break,
            }
        }
        Ok(rustix::io::read(stdin, buffer)?)
    }
}
