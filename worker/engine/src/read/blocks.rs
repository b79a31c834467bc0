//! Decoded bytes on their way from the thread that decompresses to the reader.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Bytes of a block, which passes from the decoding thread to the reader.
const BLOCK: usize = 256 << 10;

/// Most blocks that wait between the two threads.
const BLOCKS: usize = 4;

/// Reads `reader` to its end into a channel; the body of the decoding thread.
pub(crate) fn decode(mut reader: impl Read, blocks: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut block = vec![0; BLOCK];
        let mut filled = 0;
        let mut end = None;
        while filled < BLOCK && end.is_none() {
            match reader.read(&mut block[filled..]) {
                Ok(0) => end = Some(None),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => end = Some(Some(error)),
            }
        }
        block.truncate(filled);
        // A closed channel means that the reader has given up, so no message is needed.
        if !block.is_empty() && blocks.send(Ok(block)).is_err() {
            return;
        }
        match end {
            None => {}
            Some(None) => return,
            Some(Some(error)) => {
                let _ = blocks.send(Err(error));
                return;
            }
        }
    }
}

/// The reader's end of the channel: the bytes that [`decode`] sends.
pub(crate) struct BlockReader {
    receiver: Receiver<io::Result<Vec<u8>>>,
    block: Vec<u8>,
    taken: usize,
}

/// Makes a bounded channel between the decoding thread and the reader.
pub(crate) fn channel() -> (SyncSender<io::Result<Vec<u8>>>, BlockReader) {
    let (sender, receiver) = sync_channel(BLOCKS);
    (sender, BlockReader { receiver, block: Vec::new(), taken: 0 })
}

impl Read for BlockReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.block.len() {
            self.taken = 0;
            self.block = match self.receiver.recv() {
                Ok(block) => block?,
                Err(_closed) => return Ok(0),
            };
        }
        let rest = &self.block[self.taken..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_decoding_thread_passes_bytes_and_errors_on() {
        let (sender, mut blocks) = channel();
        let text = vec![b'x'; 3 * BLOCK / 2];
        std::thread::scope(|scope| {
            scope.spawn(|| decode(&text[..], &{ sender }));
            let mut passed = Vec::new();
            blocks.read_to_end(&mut passed).unwrap();
            assert_eq!(passed, text);
        });
    }
}
