//! Foreign keys: whether the key of a row is a key of another row, of the same file or of a reference table.
//!
//! The keys that may be referred to are gathered before the file is checked ([`crate::pipeline::foreign`]), as sets of fingerprints
//! ([`key_set`]). So the check of a chunk only asks sets that no longer change ([`reader`]): it needs no turn, and the outcome does
//! not depend on the order in which chunks are checked.
//!
//! Rows that can be referred to are all those of the right number of cells whose key has a value of its type in every field, whatever else is
//! wrong with them: were it only the rows that are right, each rejected row would reject those that refer to it, and so on.
//!
//! A row in which a field of the key has no value refers to nothing, as in SQL (`MATCH SIMPLE`).

pub(crate) mod file_keys;
pub(crate) mod key_set;
pub(crate) mod reader;

use crate::descriptor::{ForeignKey, Target};

/// Which keys are to be gathered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) target: Target,
    /// Fields of the target, in the order of the foreign key.
    pub(crate) fields: Vec<String>,
    /// Of each field, whether integers are taken as decimals.
    pub(crate) as_decimals: Vec<bool>,
}

impl Wanted {
    pub(crate) fn of(key: &ForeignKey) -> Self {
        let ForeignKey { target, target_fields, as_decimals, .. } = key;
        Self { target: *target, fields: target_fields.clone(), as_decimals: as_decimals.clone() }
    }

    /// The keys of one target that foreign keys refer to, each once.
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
