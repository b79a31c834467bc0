//! Keys that were gathered for the check of a file.

use crate::resolve::foreign::key_set::KeySet;

/// The keys of a file that its own rows refer to.
#[derive(Debug)]
pub struct OwnKeys(pub(crate) Vec<KeySet>);

impl OwnKeys {
    /// Returns true if there are more keys than `sluice.limits.keyBytes` has room for.
    pub(crate) fn are_too_many(&self) -> bool {
        self.0.iter().any(KeySet::are_too_many)
    }
}

/// The keys of the reference tables of a descriptor.
#[derive(Debug, Default)]
pub struct ReferenceTables {
    pub(super) sets: Vec<KeySet>,
}

impl ReferenceTables {
    /// Bytes of memory that the keys of all tables take.
    pub fn bytes(&self) -> u64 {
        self.sets.iter().map(KeySet::bytes).sum()
    }

    pub(crate) fn sets(&self) -> &[KeySet] {
        &self.sets
    }
}
