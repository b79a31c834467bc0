//! The result of a check: the file report and the reject lines, in the shapes other programs read.

mod fault_summary;
mod field;
mod histogram;
mod label_use;
mod reject;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::codes::{Code, Refusal};
use crate::compression::Compression;

pub use self::fault_summary::{CAUSES, Cause, FaultSummary, SPREAD_BINS, Spread};
pub use self::field::{FieldStatistics, Quantiles};
pub use self::histogram::{BINS, Histogram};
pub use self::label_use::{LABEL_USE_CHARACTERS, LABEL_USES, LabelMatch, LabelUse};
pub use self::reject::{Fault, LastLine, Reject, RejectsOmitted};
pub use crate::shown::{cut, excerpt, grouped, visible};

/// Version of the report's shape, its first member.
pub const REPORT_VERSION: u32 = 1;

/// Most rejects kept as samples in the report.
pub const SAMPLES: usize = 20;

/// Most faults kept of a sample; the others are counted.
pub const SAMPLE_FAULTS: usize = 20;

/// Longest text of a sample in a report, in characters; the rejects keep the whole.
pub const SAMPLE_CHARACTERS: usize = 1000;

/// Most bytes of the statistics of all columns in a report, as JSON. If there are more, the last columns are left out.
///
/// This bounds the size of a report, whatever the file is. All other parts are bounded in number and length:
///
/// * Samples have at most [`SAMPLES`] × ([`SAMPLE_FAULTS`] × (label, value and message) + raw) of 1,001 characters
///   each, which is 20 × 61 × 1,001 characters of up to six bytes, 7 MiB.
/// * Warnings have the same again, with at most 1,000 names of rules of 100 characters, not 1 MiB, and 1,000
///   constraints that warn with names of fields of 1,000 characters, not 6 MiB.
/// * A key has at most 1,024 bytes, both of the descriptor and of the file; a refusal names at most three labels of 80 characters.
/// * 200 assertions name a field of 1,000 characters each, not 2 MiB.
/// * [`CAUSES`] causes name a field and a rule, not 1 MiB.
/// * [`LABEL_USES`] labels and names of [`LABEL_USE_CHARACTERS`] characters are not 1 MiB.
///
/// So a report has less than [`REPORT_BYTES`].
pub const FIELDS_BYTES: usize = 14 << 20;

/// A bound on the bytes of any report, as JSON.
pub const REPORT_BYTES: usize = 40 << 20;

/// The result of one file version; the ledger record, and one line of `sluice check --format json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileReport {
    /// [`REPORT_VERSION`].
    pub version: u32,
    /// The file that was read.
    pub file: FileIdentity,
    /// The descriptor it was checked against; `null` when there was none.
    pub descriptor: Option<DescriptorIdentity>,
    /// Program and version, `sluice 0.1.0`.
    pub engine: String,
    /// Clean, accepted or refused.
    pub verdict: Verdict,
    /// Record counts; `read = clean + rejected`.
    pub rows: Rows,
    /// Number of faults by code.
    pub errors: BTreeMap<Code, u64>,
    /// The causes of rejects with their counts, and their spread over the file; absent when nothing was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faults: Option<FaultSummary>,
    /// Why the file was refused as a whole.
    pub refusal: Option<Refusal>,
    /// Rejected rows that the rejects do not have; absent when they have all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejects_omitted: Option<RejectsOmitted>,
    /// Statistics over the cells of clean rows, in column order.
    pub fields: Vec<FieldStatistics>,
    /// Last columns whose statistics would make the report larger than [`FIELDS_BYTES`] and are left out; absent when there is none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fields_omitted: u64,
    /// Labels that are not spelled as the field that they stand for, the first [`LABEL_USES`] by column; absent when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<LabelUse>,
    /// How many more such labels there are; absent when there is none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub labels_omitted: u64,
    /// Where the outputs are.
    pub outputs: OutputLocations,
    /// The first [`SAMPLES`] rejects.
    pub samples: Vec<Reject>,
    /// Of the rules and constraints (`email.pattern`) that only warn, how many clean rows break them; absent when there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub warnings: BTreeMap<String, u64>,
    /// The first [`SAMPLES`] clean rows that break such rules, in the shape of rejects; absent when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warning_samples: Vec<Reject>,
    /// What may be wrong with the file as a whole, a line each; absent when there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// Wall time of the check.
    pub seconds: f64,
}

/// A file's verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing was rejected.
    Clean,
    /// Some rows were rejected, within the tolerance.
    Accepted,
    /// Refused as a whole: over the tolerance or a limit, with a wrong header, against an assertion about the file, or unreadable.
    Refused,
}

/// Returns true for 0, for members of JSON that are then absent.
pub fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// One version of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileIdentity {
    /// Key in the source, or the path as given to `sluice check`.
    pub key: String,
    /// Entity tag without quotes.
    pub etag: Option<String>,
    /// Size as stored (compressed), when known; of standard input and pipes the bytes that were read, which is not all if the file was refused.
    pub bytes: Option<u64>,
    /// RFC 3339, UTC.
    pub last_modified: Option<String>,
    /// `gzip`, `zstd`, `bzip2`, `xz`, `zip` or `null`.
    pub compression: Option<Compression>,
    /// Encoding the file was read in, by the name of the WHATWG in lower case: `utf-8`, `windows-1252`, `utf-16le`; `us-ascii` is our own.
    pub encoding: String,
    /// What a person should know of it, such as a byte order mark that says another one than the descriptor; absent when there is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding_note: Option<String>,
    /// Outcomes of the assertions over the whole file (`sluice.file`); absent when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assertions: Vec<AssertionOutcome>,
}

/// Whether an assertion over a whole file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssertionOutcome {
    /// `rows`, `trailer.count`, `last.rows`, or measure and field: `missing.qty`, `trailer.sum.qty`.
    pub name: String,
    /// Whether it holds.
    pub holds: bool,
    /// What was measured: rows, missing cells, rows at fault, values, different values, bytes or a sum (a text where a number might lose
    /// digits); absent where the column is redacted or not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Value>,
    /// Whether the assertion could not be decided, for example because there is no ledger with earlier files; it then counts as holding.
    /// Absent when it was decided.
    #[serde(default, skip_serializing_if = "is_false")]
    pub undecided: bool,
    /// One line for a person.
    pub message: String,
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// What an assertion was decided by.
pub(crate) struct Decision {
    /// Whether the assertion holds.
    pub(crate) holds: bool,
    /// What was measured; `None` if nothing was, or if it may not be shown.
    pub(crate) found: Option<Value>,
}

impl Decision {
    /// The decision about an assertion that nothing can be measured for.
    pub(crate) const FAILED: Self = Self { holds: false, found: None };
}

impl AssertionOutcome {
    /// Returns the outcome of an assertion that was decided.
    pub(crate) fn decided(name: String, Decision { holds, found }: Decision, message: String) -> Self {
        Self { name, holds, found, undecided: false, message }
    }
}

/// The descriptor a file was checked against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescriptorIdentity {
    /// Key or path of the descriptor.
    pub key: String,
    /// SHA-256 over the descriptor's bytes followed by those of every file it refers to, in hexadecimal.
    pub sha256: String,
    /// Name of the resource, when the descriptor is a Data Package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The reference tables that its foreign keys refer to, as they were read; absent when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<ReferenceIdentity>,
}

/// A reference table that the foreign keys of a file refer to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceIdentity {
    /// Its name in foreign keys.
    pub name: String,
    /// Key or path of its file; of one that stands in the descriptor `#` and its name.
    pub key: String,
    /// Entity tag without quotes.
    pub etag: Option<String>,
    /// Rows that it has.
    pub rows: u64,
}

/// Record counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// Data records, blank ones not among them.
    pub read: u64,
    /// Records in the clean file, the header not among them.
    pub clean: u64,
    /// Records in the rejects.
    pub rejected: u64,
    /// Blank records, skipped.
    pub blank: u64,
}

/// Where the outputs of a file are: URLs or paths, absent ones `null`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputLocations {
    /// Clean rows.
    pub clean: Option<String>,
    /// Rejects.
    pub rejects: Option<String>,
    /// Typed clean rows.
    pub parquet: Option<String>,
    /// Answers for the sender, by format: `csv`, `xlsx`, `html`; absent when there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub feedback: BTreeMap<String, String>,
}
