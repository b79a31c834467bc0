//! The stored bytes of a file held against `bytes` and `hash` of its resource.

use std::io::{self, Read};

use crate::descriptor::{FileHash, Integrity};
use crate::pipeline::hashed::Hashed;
use crate::report::AssertionOutcome;

/// Counts and hashes what is read of a file, where its resource says what that has to be.
pub(super) struct Measured<'i, R> {
    reader: Hashed<R>,
    integrity: Option<&'i Integrity>,
}

impl<'i, R: Read> Measured<'i, R> {
    pub(super) fn new(reader: R, integrity: Option<&'i Integrity>) -> Self {
        let hash = integrity.and_then(|integrity| integrity.hash.as_ref());
        Self { reader: Hashed::new(reader, hash.map(|hash| hash.algorithm)), integrity }
    }

    /// Reads what a check has left, and holds the file against its resource.
    ///
    /// # Errors
    /// Those of the reader.
    pub(super) fn finish(self) -> io::Result<Vec<AssertionOutcome>> {
        let Some(integrity) = self.integrity else { return Ok(Vec::new()) };
        let (bytes, hash) = self.reader.finish()?;
        let mut outcomes = Vec::new();
        if let Some(expected) = integrity.bytes {
            let holds = bytes == expected;
            let message = format!("bytes: the file has {bytes}; expected {expected}{}", remedy(holds));
            outcomes.push(AssertionOutcome::decided("bytes".to_owned(), (holds, Some(bytes.into())), message));
        }
        if let (Some(FileHash { algorithm, digest }), Some(found)) = (&integrity.hash, hash) {
            let (name, holds) = (algorithm.name(), found == *digest);
            let message = format!("hash: the file has {name}:{found}; expected {name}:{digest}{}", remedy(holds));
            let found = Some(format!("{name}:{found}").into());
            outcomes.push(AssertionOutcome::decided("hash".to_owned(), (holds, found), message));
        }
        Ok(outcomes)
    }
}

/// What to do about a file that is another one.
fn remedy(holds: bool) -> &'static str {
    if holds { "" } else { " by the descriptor; upload the file that it describes, or correct the descriptor" }
}

impl<R: Read> Read for Measured<'_, R> {
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
        assert_eq!(Measured::new(Unread, None).finish().unwrap(), []);
    }
}
