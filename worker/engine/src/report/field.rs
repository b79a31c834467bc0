//! Statistics of columns.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Histogram, is_zero};

/// Statistics of one column over the cells of clean rows.
///
/// Numbers of numeric fields are JSON numbers; dates and times are strings in the field's canonical (ISO 8601) form.
/// Members that a type does not have (`mean` of a string, `minLength` of an integer) are absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldStatistics {
    /// Field name.
    pub name: String,
    /// Table Schema type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Cells with a value.
    pub count: u64,
    /// Missing cells.
    pub missing: u64,
    /// Different values.
    pub distinct: u64,
    /// Whether `distinct` is a count, or an estimate (HyperLogLog, relative error about 1.6 %).
    pub distinct_exact: bool,
    /// Numbers that are INF, -INF or NaN, which mean, deviation, sum and quantiles leave out; absent when there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_finite: u64,
    /// Smallest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Value>,
    /// Largest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Value>,
    /// Arithmetic mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<Value>,
    /// Sample standard deviation (n − 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stddev: Option<Value>,
    /// Sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<Value>,
    /// `p01`, `p25`, `p50`, `p75`, `p99`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantiles: Option<Quantiles>,
    /// Numbers and times in at most 40 bins; absent for other types, and when `top` has all values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<Histogram>,
    /// The most frequent values with their counts, most frequent first, then by value.
    pub top: Vec<(String, u64)>,
    /// Length of the shortest value, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u64>,
    /// Length of the longest value, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u64>,
}

/// Quantiles of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// 1 %.
    pub p01: Value,
    /// 25 %.
    pub p25: Value,
    /// 50 %, the median.
    pub p50: Value,
    /// 75 %.
    pub p75: Value,
    /// 99 %.
    pub p99: Value,
}
