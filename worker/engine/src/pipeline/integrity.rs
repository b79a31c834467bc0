//! Compares the stored bytes of a file with `bytes` and `hash` of its resource.

use crate::descriptor::{FileHash, Integrity};
use crate::pipeline::hashed::Digest;
use crate::report::{AssertionOutcome, Decision};

/// Compares a file with its resource.
pub(super) fn compare(integrity: &Integrity, digest: &Digest) -> Vec<AssertionOutcome> {
    let mut outcomes = Vec::new();
    if let Some(expected) = integrity.bytes {
        let bytes = digest.bytes;
        let holds = bytes == expected;
        let message = format!("bytes: the file has {bytes}; expected {expected}{}", remedy(holds));
        let found = Some(bytes.into());
        outcomes.push(AssertionOutcome::decided("bytes".to_owned(), Decision { holds, found }, message));
    }
    if let Some(FileHash { algorithm, digest: expected }) = &integrity.hash
        && let Some(found) = digest.hash(*algorithm)
    {
        let (name, holds) = (algorithm.name(), found == expected);
        let message = format!("hash: the file has {name}:{found}; expected {name}:{expected}{}", remedy(holds));
        let found = Some(format!("{name}:{found}").into());
        outcomes.push(AssertionOutcome::decided("hash".to_owned(), Decision { holds, found }, message));
    }
    outcomes
}

/// Returns what to do about a file that is not the declared one; empty if it is.
fn remedy(holds: bool) -> &'static str {
    if holds { "" } else { " by the descriptor; upload the file that it describes, or correct the descriptor" }
}
