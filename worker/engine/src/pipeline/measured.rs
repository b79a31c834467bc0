//! The stored bytes of a file held against `bytes` and `hash` of its resource.

use std::io::{self, Read};

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::descriptor::{FileHash, HashAlgorithm, Integrity};
use crate::report::AssertionOutcome;

/// Bytes read at once behind the end of a check.
const BUFFER: usize = 64 << 10;

/// A hash on its way.
enum Hasher {
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    fn new(algorithm: HashAlgorithm) -> Self {
        match algorithm {
            HashAlgorithm::Md5 => Self::Md5(Md5::new()),
            HashAlgorithm::Sha1 => Self::Sha1(Sha1::new()),
            HashAlgorithm::Sha256 => Self::Sha256(Sha256::new()),
            HashAlgorithm::Sha512 => Self::Sha512(Sha512::new()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(hasher) => hasher.update(bytes),
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// The hash in hexadecimal.
    fn finish(self) -> String {
        let hexadecimal = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self {
            Self::Md5(hasher) => hexadecimal(&hasher.finalize()),
            Self::Sha1(hasher) => hexadecimal(&hasher.finalize()),
            Self::Sha256(hasher) => hexadecimal(&hasher.finalize()),
            Self::Sha512(hasher) => hexadecimal(&hasher.finalize()),
        }
    }
}

/// Counts and hashes what is read of a file, where its resource says what that has to be.
pub(super) struct Measured<'i, R> {
    reader: R,
    integrity: Option<&'i Integrity>,
    bytes: u64,
    hasher: Option<Hasher>,
}

impl<'i, R: Read> Measured<'i, R> {
    pub(super) fn new(reader: R, integrity: Option<&'i Integrity>) -> Self {
        let hash = integrity.and_then(|integrity| integrity.hash.as_ref());
        Self { reader, integrity, bytes: 0, hasher: hash.map(|hash| Hasher::new(hash.algorithm)) }
    }

    /// Reads what a check has left, as it ends where a file is refused, and holds the file against its resource.
    ///
    /// # Errors
    /// Those of the reader.
    pub(super) fn finish(mut self) -> io::Result<Vec<AssertionOutcome>> {
        let Some(integrity) = self.integrity else { return Ok(Vec::new()) };
        let mut buffer = vec![0; BUFFER];
        while self.read(&mut buffer)? > 0 {}
        let mut outcomes = Vec::new();
        if let Some(expected) = integrity.bytes {
            let message =
                format!("bytes: the file has {}; expected {expected}{}", self.bytes, remedy(self.bytes == expected));
            let found = Some(self.bytes.into());
            outcomes.push(AssertionOutcome::decided("bytes".to_owned(), (self.bytes == expected, found), message));
        }
        if let (Some(FileHash { algorithm, digest }), Some(hasher)) = (&integrity.hash, self.hasher) {
            let (name, found) = (algorithm.name(), hasher.finish());
            let holds = found == *digest;
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
        let count = self.reader.read(buffer)?;
        self.bytes += count as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..count]);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_hashes_of_abc_are_those_of_the_standards() {
        for (algorithm, expected) in [
            // RFC 1321, A.5; FIPS 180-2, appendices A.1, B.1 and C.1.
            (HashAlgorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (HashAlgorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (HashAlgorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                HashAlgorithm::Sha512,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
        ] {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(b"a");
            hasher.update(b"bc");
            assert_eq!(hasher.finish(), expected, "{}", algorithm.name());
        }
    }

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
