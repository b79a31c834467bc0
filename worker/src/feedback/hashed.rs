//! A reader that knows the SHA-256 of all that its source holds.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// Bytes read at once behind the end of a check.
const BUFFER: usize = 64 << 10;

/// Hashes what is read of a file, if that is wanted.
pub(crate) struct Hashed<R> {
    reader: R,
    hash: Option<(Sha256, u64)>,
}

impl<R: Read> Hashed<R> {
    pub(crate) fn new(reader: R, is_wanted: bool) -> Self {
        Self { reader, hash: is_wanted.then(|| (Sha256::new(), 0)) }
    }

    /// Reads what a check has left, as it ends where a file is refused, and returns the hash in hexadecimal with the number of bytes.
    ///
    /// # Errors
    /// Those of the reader.
    pub(crate) fn finish(mut self) -> io::Result<Option<(String, u64)>> {
        if self.hash.is_some() {
            let mut buffer = vec![0; BUFFER];
            while self.read(&mut buffer)? > 0 {}
        }
        let hexadecimal = |hash: Sha256| hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(self.hash.map(|(hash, bytes)| (hexadecimal(hash), bytes)))
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        if let Some((hash, bytes)) = &mut self.hash {
            hash.update(&buffer[..count]);
            *bytes += count as u64;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn what_was_not_read_counts_too() {
        let mut reader = Hashed::new(&b"abc"[..], true);
        reader.read_exact(&mut [0]).unwrap();
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(reader.finish().unwrap(), Some((expected.to_owned(), 3)));
        assert_eq!(Hashed::new(&b"abc"[..], false).finish().unwrap(), None);
    }
}
