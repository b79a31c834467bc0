//! The bytes of a file, read in pieces.

use std::io::{self, Read};

/// Bytes that arrive in pieces of one size.
pub(crate) struct InPieces<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) most: usize,
}

impl Read for InPieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.most.min(buffer.len());
        self.bytes.read(&mut buffer[..most])
    }
}
