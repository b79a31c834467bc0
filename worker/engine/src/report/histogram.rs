//! The values of a column in bins, for show.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::is_zero;

/// Most bins of a histogram.
pub const BINS: usize = 40;

/// The values of a column in bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Where each bin begins, and where the last one ends, ascending: numbers, or times in their canonical form. A bin has the values
    /// from its own edge on up to the next edge, which is not among them.
    pub edges: Vec<Value>,
    /// Values in each bin, one count fewer than there are edges. Where `distinctExact` is false, values near an edge may be counted on
    /// the other side of it.
    pub counts: Vec<u64>,
    /// Values less than the first edge, far away from the others; absent when there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub below: u64,
    /// Values not less than the last edge, far away from the others; absent when there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub above: u64,
}
