//! Compares the stored bytes of a file with `bytes` and `hash` of its resource.

use std::io::{self, Read};

use crate::descriptor::{FileHash, Integrity};
use crate::pipeline::hashed::{Digest, Hashed};
use crate::report::{AssertionOutcome, Decision};

/// A reader that counts and hashes the bytes of a file whose resource declares `bytes` or `hash`.
pub(super) struct IntegrityReader<'i, R> {
    reader: Hashed<R>,
    integrity: Option<&'i Integrity>,
}

impl<'i, R: Read> IntegrityReader<'i, R> {
    pub(super) fn new(reader: R, integrity: Option<&'i Integrity>) -> Self {
        let hash = integrity.and_then(|integrity| integrity.hash.as_ref());
        Self { reader: Hashed::new(reader, hash.map(|hash| hash.algorithm)), integrity }
    }

    /// Reads the bytes that the check has left unread, and compares the file with its resource. Returns no outcomes if
    /// the resource declares neither.
    ///
    /// # Errors
    /// When the rest of the file cannot be read.
    pub(super) fn finish(self) -> io::Result<Vec<AssertionOutcome>> {
        let Some(integrity) = self.integrity else { return Ok(Vec::new()) };
        let Digest { bytes, hash } = self.reader.finish()?;
        let mut outcomes = Vec::new();
        if let Some(expected) = integrity.bytes {
            let holds = bytes == expected;
            let message = format!("bytes: the file has {bytes}; expected {expected}{}", remedy(holds));
            outcomes.push(AssertionOutcome::decided(
                "bytes".to_owned(),
                Decision { holds, found: Some(bytes.into()) },
                message,
            ));
        }
        if let (Some(FileHash { algorithm, digest }), Some(found)) = (&integrity.hash, hash) {
            let (name, holds) = (algorithm.name(), found == *digest);
            let message = format!("hash: the file has {name}:{found}; expected {name}:{digest}{}", remedy(holds));
            let found = Some(format!("{name}:{found}").into());
            outcomes.push(AssertionOutcome::decided("hash".to_owned(), Decision { holds, found }, message));
        }
        Ok(outcomes)
    }
}

/// Returns what to do about a file that is not the declared one; empty if it is.
fn remedy(holds: bool) -> &'static str {
    if holds { "" } else { " by the descriptor; upload the file that it describes, or correct the descriptor" }
}

impl<R: Read> Read for IntegrityReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn nothing_is_read_behind_the_end_of_a_check_without_a_resource_that_asks() {
        struct Unread;
        impl Read for Unread {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                panic!("read");
            }
        }
        assert_eq!(IntegrityReader::new(Unread, None).finish().unwrap(), []);
    }
}
