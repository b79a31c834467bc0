//! Fills whole buffers, however the bytes arrive: the pieces that a network delivers make no difference to a decoder and its messages.

use std::io::{self, Read};

/// Fills each buffer to its end, unless the stream ends in it.
pub(super) struct FillingReader<R> {
    reader: R,
    /// An error that occurred behind bytes that were returned; the next read returns it.
    failed: Option<io::Error>,
}

impl<R> FillingReader<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, failed: None }
    }
}

impl<R: Read> Read for FillingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut filled = 0;
        while filled < buffer.len() {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if filled == 0 => return Err(error),
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    /// Pieces and errors, one for each read.
    struct Pieces(Vec<io::Result<&'static [u8]>>);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let piece = self.0.remove(0)?;
            buffer[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    #[test]
    fn pieces_fill_a_buffer_and_an_error_comes_behind_its_bytes() {
        let interrupted = || Err(io::ErrorKind::Interrupted.into());
        let lost = || Err(io::ErrorKind::ConnectionReset.into());
        let pieces = vec![Ok(&b"ab"[..]), interrupted(), Ok(b"c"), Ok(b"d"), Ok(b"e"), lost(), Ok(b"f")];
        let mut filled = FillingReader::new(Pieces(pieces));
        let mut buffer = [0; 4];
        assert_eq!(filled.read(&mut buffer).unwrap(), 4);
        assert_eq!(&buffer, b"abcd");
        assert_eq!(filled.read(&mut buffer).unwrap(), 1);
        assert_eq!(filled.read(&mut buffer).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        assert_eq!(filled.read(&mut buffer).unwrap(), 1);
        assert_eq!((buffer[0], filled.read(&mut buffer).unwrap()), (b'f', 0));
    }
}
