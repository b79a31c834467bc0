//! The input: bytes read ahead, and those that are handed back.

use std::io::{self, ErrorKind, Read};

/// Bytes that are read at a time if no chunk says how many. Miri fills a buffer byte by byte, so it gets a smaller one.
pub(crate) const BLOCK: usize = if cfg!(miri) { 256 } else { 64 << 10 };

/// A reader, with the bytes that were read and not yet handed out (the pending bytes).
#[derive(Debug)]
pub(crate) struct Input<R> {
    reader: R,
    /// The bytes that were read; the bytes in front of `head` are handed out.
    bytes: Vec<u8>,
    head: usize,
    /// Whether the reader has ended.
    has_ended: bool,
}

/// The rest of a line, which was dropped.
pub(crate) struct SkippedLine {
    /// How many bytes were dropped, the line end included.
    pub(crate) bytes: usize,
    /// The number of line ends among them: 1, or 0 at the end of the input.
    pub(crate) line_ends: u64,
}

impl<R: Read> Input<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, bytes: Vec::new(), head: 0, has_ended: false }
    }

    /// Returns the pending bytes.
    pub(crate) fn pending(&self) -> &[u8] {
        &self.bytes[self.head..]
    }

    /// Returns true if the reader has ended; bytes may still be pending.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Returns true if no byte is pending and the reader has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.has_ended && self.head == self.bytes.len()
    }

    /// Drops the first pending bytes.
    pub(crate) fn pass(&mut self, count: usize) {
        self.head += count;
    }

    /// Drops all pending bytes, and returns how many there were.
    pub(crate) fn pass_all(&mut self) -> usize {
        let count = self.bytes.len() - self.head;
        self.head = self.bytes.len();
        count
    }

    /// Moves bytes to `data`, which has `filled` bytes, until it has `wanted` bytes or the input has ended: first the
    /// pending bytes, then bytes of the reader.
    pub(crate) fn take(&mut self, data: &mut Vec<u8>, filled: &mut usize, wanted: usize) -> io::Result<()> {
        if data.len() < wanted {
            data.resize(wanted, 0);
        }
        let pending = &self.bytes[self.head..];
        let taken = pending.len().min(wanted - *filled);
        data[*filled..*filled + taken].copy_from_slice(&pending[..taken]);
        *filled += taken;
        self.head += taken;
        if self.has_ended {
            return Ok(());
        }
        self.has_ended = read_to(&mut self.reader, &mut data[..wanted], filled)?;
        Ok(())
    }

    /// Puts the bytes that were taken last back in front of the pending bytes.
    pub(crate) fn give_back(&mut self, bytes: &[u8]) {
        if self.head < self.bytes.len() {
            // Pending bytes are left, so all bytes that were taken came from here and are still in front of `head`.
            self.head -= bytes.len();
        } else {
            self.bytes.clear();
            self.bytes.extend_from_slice(bytes);
            self.head = 0;
        }
    }

    /// Reads until twice as many bytes are pending as now, and at least a block.
    pub(crate) fn fill_more(&mut self) -> io::Result<()> {
        let pending = self.bytes.len() - self.head;
        self.fill((2 * pending).max(pending + 1).max(BLOCK))
    }

    /// Reads until `wanted` bytes are pending, or the reader has ended.
    pub(crate) fn fill(&mut self, wanted: usize) -> io::Result<()> {
        self.bytes.drain(..self.head);
        self.head = 0;
        let mut filled = self.bytes.len();
        if filled >= wanted || self.has_ended {
            return Ok(());
        }
        self.bytes.resize(wanted, 0);
        let ended = read_to(&mut self.reader, &mut self.bytes, &mut filled);
        self.bytes.truncate(filled);
        self.has_ended = ended?;
        Ok(())
    }

    /// Drops the pending bytes up to and with the next line end, reading on until there is one.
    pub(crate) fn skip_line(&mut self, line_end: u8) -> io::Result<SkippedLine> {
        let mut bytes = 0;
        loop {
            if let Some(length) = memchr::memchr(line_end, self.pending()) {
                self.pass(length + 1);
                return Ok(SkippedLine { bytes: bytes + length + 1, line_ends: 1 });
            }
            bytes += self.pass_all();
            if self.has_ended {
                return Ok(SkippedLine { bytes, line_ends: 0 });
            }
            self.fill(BLOCK)?;
        }
    }
}

/// Reads until `buffer` is full; `filled` is how many bytes it has, also after an error. Returns true if the reader has ended.
fn read_to(reader: &mut impl Read, buffer: &mut [u8], filled: &mut usize) -> io::Result<bool> {
    while *filled < buffer.len() {
        match reader.read(&mut buffer[*filled..]) {
            Ok(0) => return Ok(true),
            Ok(count) => *filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}
