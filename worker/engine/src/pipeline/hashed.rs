//! A reader that counts the bytes of its source and makes their hashes.

use std::io::{self, Read};

use md5::Md5;
use sha1::Sha1;
use sha2::digest::DynDigest;
use sha2::{Sha256, Sha512};

use crate::descriptor::{FileHash, HashAlgorithm};

/// Counts what is read of a source, and hashes it by each algorithm that is wanted.
pub(super) struct Hashed<R> {
    reader: R,
    bytes: u64,
    hashers: Vec<(HashAlgorithm, Box<dyn DynDigest + Send>)>,
}

/// The number of the bytes of a source, and their hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// How many bytes there are.
    pub bytes: u64,
    /// Their hashes, in hexadecimal: one for each algorithm that was wanted.
    hashes: Vec<FileHash>,
}

impl Digest {
    /// Returns the hash by an algorithm, in hexadecimal; `None` if it was not wanted.
    pub fn hash(&self, algorithm: HashAlgorithm) -> Option<&str> {
        self.hashes.iter().find(|hash| hash.algorithm == algorithm).map(|hash| &*hash.digest)
    }
}

impl<R: Read> Hashed<R> {
    /// Returns a reader of the same bytes. An algorithm that is named twice is computed once; without one the bytes are counted only.
    pub(super) fn new(reader: R, algorithms: impl IntoIterator<Item = HashAlgorithm>) -> Self {
        let hasher = |algorithm| -> Box<dyn DynDigest + Send> {
            match algorithm {
                HashAlgorithm::Md5 => Box::new(Md5::default()),
                HashAlgorithm::Sha1 => Box::new(Sha1::default()),
                HashAlgorithm::Sha256 => Box::new(Sha256::default()),
                HashAlgorithm::Sha512 => Box::new(Sha512::default()),
            }
        };
        let mut hashers: Vec<(HashAlgorithm, Box<dyn DynDigest + Send>)> = Vec::new();
        for algorithm in algorithms {
            if hashers.iter().all(|(other, _)| *other != algorithm) {
                hashers.push((algorithm, hasher(algorithm)));
            }
        }
        Self { reader, bytes: 0, hashers }
    }

    /// Reads what a check has left, as it ends where a file is refused, and returns the digest of all bytes.
    ///
    /// # Errors
    /// Those of the reader.
    pub(super) fn finish(mut self) -> io::Result<Digest> {
        io::copy(&mut self, &mut io::sink())?;
        let hash = |(algorithm, hasher): (HashAlgorithm, Box<dyn DynDigest + Send>)| FileHash {
            algorithm,
            digest: hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
        };
        Ok(Digest { bytes: self.bytes, hashes: self.hashers.into_iter().map(hash).collect() })
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.bytes += count as u64;
        for (_, hasher) in &mut self.hashers {
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
    fn a_signal_does_not_end_the_hash() {
        struct Signalled(u8);
        impl Read for Signalled {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                match self.0 {
                    1 | 3 => Err(io::ErrorKind::Interrupted.into()),
                    2 | 4 => Ok((&b"a"[..]).read(buffer)?),
                    _ => Ok(0),
                }
            }
        }
        assert_eq!(Hashed::new(Signalled(0), []).finish().unwrap(), Digest { bytes: 2, hashes: Vec::new() });
    }

    #[test]
    fn the_hashes_of_abc_are_those_of_the_standards() {
        let known = [
            // RFC 1321, A.5; FIPS 180-2, appendices A.1, B.1 and C.1.
            (HashAlgorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (HashAlgorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (HashAlgorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                HashAlgorithm::Sha512,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
        ];
        // What a check has not read counts too.
        for read in 0..=3 {
            let mut reader = Hashed::new(&b"abc"[..], known.map(|(algorithm, _)| algorithm));
            reader.read_exact(&mut [0; 3][..read]).unwrap();
            let digest = reader.finish().unwrap();
            assert_eq!(digest.bytes, 3);
            for (algorithm, expected) in known {
                assert_eq!(digest.hash(algorithm), Some(expected), "{}", algorithm.name());
            }
        }
        let digest = Hashed::new(&b"abc"[..], [HashAlgorithm::Md5, HashAlgorithm::Md5]).finish().unwrap();
        assert_eq!((digest.hashes.len(), digest.hash(HashAlgorithm::Sha1)), (1, None));
    }
}
