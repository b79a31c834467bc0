//! The summary of the faults of a file's rejected records.

use serde::{Deserialize, Serialize};

use super::is_zero;
use crate::codes::Code;

/// Most causes that a report names; the others are counted.
pub const CAUSES: usize = 100;

/// Most bins of [`Spread`].
pub const SPREAD_BINS: usize = 128;

/// What was wrong with the rejected records of a file, in sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FaultSummary {
    /// The [`CAUSES`] most frequent causes, the most frequent first, those with the same count in the order of columns and codes.
    pub causes: Vec<Cause>,
    /// How many more causes there are; absent when there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub causes_omitted: u64,
    /// Where in the file the rejected records are.
    pub spread: Spread,
}

/// Faults that have one cause: the same code, in the same field, of the same constraint or rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The field; absent for faults of whole records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Kind of fault.
    pub code: Code,
    /// Which constraint, for [`Code::ConstraintError`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// Which rule, for [`Code::RowConstraint`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The number of faults.
    pub faults: u64,
}

/// Rejected records by where they are in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// Records of a bin, a power of two. Bin number n, from 0, has the records from n × width + 1 on.
    pub width: u64,
    /// Rejected records in each bin, up to the last one that has any; at most [`SPREAD_BINS`].
    pub rejected: Vec<u64>,
}
