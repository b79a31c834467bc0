//! Standard input that an interrupt ends, also while no bytes arrive.

use std::io::{self, Read};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::interrupt::Interrupt;

/// Longest time for which an interrupt goes unnoticed.
const GLANCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// Standard input, read past the buffer of the standard library: what is in there, `poll` would not see.
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
            match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&GLANCE)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                // Bytes, the end, or a fault, which the read tells.
                Ok(_) => break,
                // A file that cannot be polled is read at once.
                Err(_) => break,
            }
        }
        Ok(rustix::io::read(stdin, buffer)?)
    }
}
