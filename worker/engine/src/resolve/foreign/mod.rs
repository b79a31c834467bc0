//! Foreign keys: whether the key of a row exists in the same file, or in a reference table.
//!
//! The keys that may be referred to are gathered before the file is checked ([`crate::pipeline::foreign`]), as sets of fingerprints
//! ([`key_set`]). So the check of a chunk looks keys up in sets that no longer change ([`reader`]): it needs no turn, and the outcome does
//! not depend on the order in which chunks are checked.
//!
//! A row can be referred to if it has the right number of cells and a valid value in every field of the key, whatever else is wrong with it. If
//! only rows without a fault could be referred to, each rejected row would reject the rows that refer to it, and so on.
//!
//! A row with a missing value in a field of the key refers to nothing, as in SQL (`MATCH SIMPLE`).

pub(crate) mod file_keys;
pub(crate) mod key_set;
pub(crate) mod reader;

use crate::descriptor::{ForeignKey, Target};

/// Keys of a target that have to be gathered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeysToGather {
    pub(crate) target: Target,
    /// Fields of the target, in the order of the foreign key.
    pub(crate) fields: Vec<String>,
    /// For each field, whether integers are compared as decimals.
    pub(crate) as_decimals: Vec<bool>,
}

impl KeysToGather {
    pub(crate) fn of(key: &ForeignKey) -> Self {
        let ForeignKey { target, target_fields, as_decimals, .. } = key;
        Self { target: *target, fields: target_fields.clone(), as_decimals: as_decimals.clone() }
    }

    /// Returns the keys of one target that foreign keys refer to, each once.
    pub(crate) fn all<'a>(keys: impl IntoIterator<Item = &'a ForeignKey>, target: Target) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for key in keys.into_iter().filter(|key| key.target == target) {
            let wanted = Self::of(key);
            if !all.contains(&wanted) {
                all.push(wanted);
            }
        }
        all
    }
}
