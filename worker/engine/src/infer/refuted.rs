//! Keys and unique fields that a check has refuted: values that are written differently may be equal (`1,000` and `1000`, `-0` and `0`).

use std::collections::BTreeSet;

use crate::codes::Code;
use crate::report::FaultSummary;

/// What checks against an inferred descriptor have refuted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refuted {
    /// Whether rows have the same primary key.
    pub(super) primary_key: bool,
    /// The unique fields with equal values.
    pub(super) unique: BTreeSet<String>,
}

impl Refuted {
    /// Adds what the faults of a file refute. Returns false if they refute nothing.
    pub fn add(&mut self, faults: &FaultSummary) -> bool {
        let before = self.clone();
        for cause in &faults.causes {
            match (cause.code, &cause.field) {
                (Code::PrimaryKey, _) => self.primary_key = true,
                (Code::ConstraintError, Some(field)) if cause.constraint.as_deref() == Some("unique") => {
                    self.unique.insert(field.clone());
                }
                _ => {}
            }
        }
        *self != before
    }
}
