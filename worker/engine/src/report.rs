//! What a check says about a file: the file report and the reject lines, in the shapes other programs read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::emit::shown::cut;
pub use crate::read::file_labels::{LABEL_USE_CHARACTERS, LABEL_USES, LabelMatch, LabelUse};

/// Version of the report's shape, its first member.
pub const REPORT_VERSION: u32 = 1;

/// Rejects kept as samples in the report.
pub const SAMPLES: usize = 20;

/// Faults kept of a sample; the others are counted.
pub const SAMPLE_FAULTS: usize = 20;

/// Longest text of a sample in a report, in characters; the rejects keep the whole.
pub const SAMPLE_CHARACTERS: usize = 1000;

/// Most bytes of the statistics of all columns in a report, as JSON. Beyond it the last columns are left out.
///
/// This is what bounds a report, whatever the file: samples have at most [`SAMPLES`] × ([`SAMPLE_FAULTS`] × (label, value and message) +
/// raw) of 1,001 characters each, which is 20 × 61 × 1,001 characters of up to six bytes, 7 MiB; the same again for warnings, with at most
/// 1,000 names of rules of 100 characters, not 1 MiB, and 1,000 constraints that warn with names of fields of 1,000 characters, not 6 MiB; a
/// key has at most 1,024 bytes of a
/// descriptor and of the file, a refusal names at most three labels of 80 characters; 200 assertions name a field of 1,000
/// characters each, not 2 MiB; [`LABEL_USES`] labels and names of [`LABEL_USE_CHARACTERS`] characters are not 1 MiB. So a report has less than
/// [`REPORT_BYTES`].
pub const FIELDS_BYTES: usize = 14 << 20;

/// More than any report has, as JSON.
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

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Rejected rows that are counted and not written: from the first line on that would have made the rejects larger than they may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RejectsOmitted {
    /// How many.
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
    /// What is not there.
    pub rejects_omitted: RejectsOmitted,
    /// One line for a person.
    pub message: String,
}

impl RejectsOmitted {
    /// One line for a person.
    pub fn message(&self) -> String {
        let Self { rows, first_record, limit_bytes } = self;
        let of_rows = if *rows == 1 { "row is" } else { "rows are" };
        format!(
            "{rows} more rejected {of_rows} not written, from record {first_record} on: the rejects may have {limit_bytes} bytes \
             up to there (sluice.limits.rejectBytes)"
        )
    }
}

/// One version of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileIdentity {
    /// Key in the source, or the path as given to `sluice check`.
    pub key: String,
    /// Entity tag without quotes.
    pub etag: Option<String>,
    /// Size as stored (compressed), when known.
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
    /// There was nothing to decide it by, such as a ledger with earlier files: it counts as one that holds. Absent when it was decided.
    #[serde(default, skip_serializing_if = "is_false")]
    pub undecided: bool,
    /// One line for a person.
    pub message: String,
}

fn is_false(value: &bool) -> bool {
    !*value
}

impl AssertionOutcome {
    /// An outcome: whether the assertion holds, and what was measured.
    pub(crate) fn decided(name: String, (holds, found): (bool, Option<Value>), message: String) -> Self {
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

/// A reference table that rows of a file were held against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceIdentity {
    /// What foreign keys call it.
    pub name: String,
    /// Key or path of its file.
    pub key: String,
    /// Entity tag without quotes.
    pub etag: Option<String>,
    /// Rows that it has.
    pub rows: u64,
}

/// Compression of a data file, told by its suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// RFC 1952, concatenated members included.
    Gzip,
    /// RFC 8878, concatenated frames included.
    Zstd,
    /// bzip2, concatenated streams included.
    Bzip2,
    /// The .xz file format, concatenated streams included.
    Xz,
    /// A ZIP archive of one file.
    Zip,
}

/// A file's verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing was rejected.
    Clean,
    /// Some rows were rejected, within the tolerance.
    Accepted,
    /// Over the tolerance, or unreadable as a whole.
    Refused,
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

/// Why a file was refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What kind of reason.
    pub code: RefusalCode,
    /// One line for a person: what, where, what to do.
    pub message: String,
}

/// Kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// The file is in an encoding that is not read.
    EncodingError,
    /// The header does not fit the schema, or there is none.
    HeaderError,
    /// The file expands beyond the limit.
    ExpansionLimit,
    /// The bytes are damaged, truncated or not a CSV file.
    SourceError,
    /// The keys of the file take more memory than they may.
    KeyLimit,
    /// More rows were rejected than the tolerance allows.
    Tolerance,
    /// An assertion over the whole file (`sluice.file`) does not hold.
    FileConstraint,
}

/// Kinds of fault; the names of frictionless where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// A label of the header is empty.
    BlankLabel,
    /// A label of the header stands twice.
    DuplicateLabel,
    /// A field of the schema is not in the header.
    MissingLabel,
    /// A label of the header is not in the schema.
    ExtraLabel,
    /// A label of the header is not the one the schema has in its place.
    IncorrectLabel,
    /// A blank record where the dialect says that blank rows are faults.
    BlankRow,
    /// More cells than columns.
    ExtraCell,
    /// Fewer cells than columns.
    MissingCell,
    /// The cell is not of the field's type.
    TypeError,
    /// The cell breaks a constraint of the field.
    ConstraintError,
    /// The value of a unique field stands in an earlier row.
    UniqueError,
    /// The primary key stands in an earlier row.
    PrimaryKey,
    /// The key is not in the referenced resource.
    ForeignKey,
    /// The row breaks a rule.
    RowConstraint,
    /// The cell is not valid in the file's encoding.
    EncodingError,
    /// A quote where none may stand, text after a closing quote, or a quote that is not closed on its line.
    QuoteError,
    /// The record is larger than the limit.
    RecordTooLarge,
}

impl Code {
    /// All of them, in their order.
    pub const ALL: [Self; 17] = [
        Self::BlankLabel,
        Self::DuplicateLabel,
        Self::MissingLabel,
        Self::ExtraLabel,
        Self::IncorrectLabel,
        Self::BlankRow,
        Self::ExtraCell,
        Self::MissingCell,
        Self::TypeError,
        Self::ConstraintError,
        Self::UniqueError,
        Self::PrimaryKey,
        Self::ForeignKey,
        Self::RowConstraint,
        Self::EncodingError,
        Self::QuoteError,
        Self::RecordTooLarge,
    ];

    /// The name as it stands in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::BlankLabel => "blank-label",
            Self::DuplicateLabel => "duplicate-label",
            Self::MissingLabel => "missing-label",
            Self::ExtraLabel => "extra-label",
            Self::IncorrectLabel => "incorrect-label",
            Self::BlankRow => "blank-row",
            Self::ExtraCell => "extra-cell",
            Self::MissingCell => "missing-cell",
            Self::TypeError => "type-error",
            Self::ConstraintError => "constraint-error",
            Self::UniqueError => "unique-error",
            Self::PrimaryKey => "primary-key",
            Self::ForeignKey => "foreign-key",
            Self::RowConstraint => "row-constraint",
            Self::EncodingError => "encoding-error",
            Self::QuoteError => "quote-error",
            Self::RecordTooLarge => "record-too-large",
        }
    }
}

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

/// Where the outputs of a file are: URLs or paths, absent ones `null`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputLocations {
    /// Clean rows.
    pub clean: Option<String>,
    /// Rejects.
    pub rejects: Option<String>,
    /// Typed clean rows.
    pub parquet: Option<String>,
}

/// One rejected record: one JSON line of the rejects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reject {
    /// 1-based number of the record in the file; the header counts, blank records count.
    pub record: u64,
    /// 1-based physical line on which the record starts.
    pub line: u64,
    /// 0-based offset of the record's first byte in the decoded stream.
    pub byte: u64,
    /// All faults of the record, in column order; in a sample the first [`SAMPLE_FAULTS`].
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

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_are_listed_in_their_order() {
        assert!(Code::ALL.iter().enumerate().all(|(number, code)| *code as usize == number));
    }
}
