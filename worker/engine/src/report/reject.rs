//! Reject lines, and what stands in their place where there are too many.

use serde::{Deserialize, Serialize};

use super::is_zero;
use crate::codes::Code;

/// One rejected record: one JSON line of the rejects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reject {
    /// 1-based number of the record in the file; the header counts, blank records count.
    pub record: u64,
    /// 1-based physical line on which the record starts.
    pub line: u64,
    /// 0-based offset of the record's first byte in the file once decompressed, before its encoding is changed.
    pub byte: u64,
    /// All faults of the record, in column order; in a sample the first `SAMPLE_FAULTS`.
    pub errors: Vec<Fault>,
    /// Further faults of a sample; absent when there are none, and in the rejects.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub errors_omitted: u64,
    /// The record without its line end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// The same in base 64, when it is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_base64: Option<String>,
}

/// One fault of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// 1-based column; absent for a fault of the whole record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// Field name; absent for a fault of the whole record.
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
    /// One line for a person.
    pub message: String,
    /// The cell's text, unquoted; absent when it is not UTF-8, redacted, or the fault is of the whole record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// Rejected rows that are counted and not written: from the first line on that would have made the rejects larger than they may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RejectsOmitted {
    /// The number of rows.
    pub rows: u64,
    /// 1-based number of the first one's record.
    pub first_record: u64,
    /// Bytes that the reject lines up to this record may have: `sluice.limits.rejectBytes`, or what it is by default.
    pub limit_bytes: u64,
}

/// The last line of rejects that are not complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastLine {
    /// The missing part.
    pub rejects_omitted: RejectsOmitted,
    /// One line for a person.
    pub message: String,
}

impl RejectsOmitted {
    /// Returns one line for a person.
    pub fn message(&self) -> String {
        let Self { rows, first_record, limit_bytes } = self;
        let of_rows = if *rows == 1 { "row is" } else { "rows are" };
        format!(
            "{rows} more rejected {of_rows} not written, from record {first_record} on: the rejects may have {limit_bytes} bytes \
             up to there (sluice.limits.rejectBytes)"
        )
    }
}
