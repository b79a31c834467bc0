//! The first bytes of a file.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Reads the first bytes of a file.
pub(super) struct SampleReader<R> {
    reader: R,
    /// Number of bytes that may still be read.
    left: u64,
    is_cut: Arc<AtomicBool>,
}

impl<R: Read> SampleReader<R> {
    /// Returns a reader of at most `bytes` bytes, or of the whole file.
    pub(super) fn new(reader: R, bytes: Option<u64>) -> Self {
        Self { reader, left: bytes.unwrap_or(u64::MAX), is_cut: Arc::default() }
    }

    /// Returns a flag that becomes true when all bytes of the sample were read and the file has more.
    pub(super) fn is_cut(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_cut)
    }
}

impl<R: Read> Read for SampleReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let read = self.reader.read(&mut buffer[..room])?;
        self.left -= read as u64;
        if read > 0 && self.left == 0 {
            let has_more = self.reader.by_ref().take(1).read_to_end(&mut Vec::new())? > 0;
            self.is_cut.store(has_more, Ordering::Relaxed);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::io::Cursor;

    use super::*;

    /// Returns the bytes of a sample, and whether the file has more.
    fn sample(file: &str, bytes: Option<u64>) -> (String, bool) {
        let mut sample = SampleReader::new(Cursor::new(file), bytes);
        let mut text = String::new();
        sample.read_to_string(&mut text).unwrap();
        (text, sample.is_cut().load(Ordering::Relaxed))
    }

    #[test]
    fn a_sample_is_cut_if_the_file_has_more_bytes() {
        assert_eq!(sample("abc", Some(2)), ("ab".to_owned(), true));
        assert_eq!(sample("abc", Some(3)), ("abc".to_owned(), false));
        assert_eq!(sample("abc", Some(4)), ("abc".to_owned(), false));
        assert_eq!(sample("abc", None), ("abc".to_owned(), false));
        assert_eq!(sample("", Some(1)), (String::new(), false));
    }
}
