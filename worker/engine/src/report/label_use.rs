//! Labels that stand for a field of another spelling.

use serde::{Deserialize, Serialize};

/// Most labels of a report that stand for a field of another spelling; the others are counted.
pub const LABEL_USES: usize = 500;

/// Most characters of the label, and of the name, of such a label in a report.
pub const LABEL_USE_CHARACTERS: usize = 100;

/// A label that stands for a field of another spelling (`sluice.headers`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelUse {
    /// 1-based column.
    pub column: u64,
    /// As the file has it.
    pub label: String,
    /// The name of the field.
    pub field: String,
    /// How the label was matched with the field.
    pub by: LabelMatch,
}

/// Why a label stands for a field of another spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LabelMatch {
    /// It is an alias of the field.
    Alias,
    /// It differs in letter case.
    Case,
    /// It has the same letters and digits.
    Normalized,
}
