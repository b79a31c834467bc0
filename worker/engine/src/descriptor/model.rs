//! The descriptor in the form that the checks use: everything is resolved, every default is filled in, and nothing is left to parse.

use std::collections::HashSet;
use std::sync::Arc;

use sluice_csv::Dialect;

use super::feedback_settings::FeedbackSettings;
use super::given::Given;
pub use super::integrity::{FileHash, HashAlgorithm, Integrity};
pub use super::whole_file::{Assertion, Band, ComparisonWithEarlier, Limit, Measure, Trailer, TrailerSum};
pub use crate::bound::Enumeration;
pub use crate::bound::{Bound, Scalar};
use crate::compression::Compression;
use crate::document::mistake::Mistake;
pub use crate::encoding::coding::Coding;
pub use crate::encoding::label::DeclaredEncoding;
pub use crate::json_schema::JsonSchema;
pub use crate::pattern::Pattern;
use crate::rules::Node;
use crate::rules::message::Message;
pub use crate::texts::Texts;
pub use crate::types::field::{Constraints, Field};
pub use crate::types::{
    Any, Boolean, Date, Datetime, DecimalDigits, Duration, FieldType, Geojson, Geopoint, Integer, ItemType, JsonForm,
    List, Number, PatternItem, StringFormat, TemporalFormat, Time, Year, YearMonth,
};

/// A validated Data Resource descriptor (Data Package v2) with its Table Schema and Table Dialect.
#[derive(Clone, Debug)]
pub struct Descriptor {
    /// The schema; `None`: every column is a string, and only the structure is checked against the header of the file.
    pub schema: Option<Schema>,
    /// Delimiter, quoting, line ends.
    pub dialect: Dialect,
    /// Whether the descriptor sets the delimiter; if not, the suffix of a file does (`.tsv`, `.psv`).
    pub delimiter_given: bool,
    /// Which records hold the labels.
    pub header: Header,
    /// The declared encoding.
    pub encoding: DeclaredEncoding,
    /// Compression of files whose names do not tell their compression.
    pub compression: Option<Compression>,
    /// The file of a ZIP archive that is read (`innerpath`); `None`: the only file of the archive.
    pub member: Option<String>,
    /// The expected size and hash of the file that `path` names.
    pub integrity: Option<Integrity>,
    /// The `sluice` object.
    pub settings: Settings,
    /// The properties that the descriptor sets itself; the others are defaults.
    pub given: Given,
    /// Warnings, which do not keep the descriptor from being used: file by file, each from top to bottom, the first 1,000.
    pub warnings: Vec<Mistake>,
    /// Tables beside the descriptor that foreign keys refer to; names are unique.
    pub references: Vec<ReferenceTable>,
    /// SHA-256 of the bytes of the descriptor, followed by the bytes of every file that it refers to, in hexadecimal.
    pub sha256: String,
}

/// Which records hold the labels of the columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Header {
    /// `header: false`.
    None,
    /// The first record that is neither blank nor a comment.
    First,
    /// The records with these numbers (ascending, not empty); the cells of a column are joined with `join`.
    Records {
        /// 1-based record numbers, ascending.
        records: Vec<u64>,
        /// Text between the parts of a label.
        join: String,
    },
}

/// Table Schema v2.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Fields in the schema's order; names are unique and not empty.
    pub fields: Vec<Field>,
    /// How fields and labels are matched.
    pub fields_match: FieldsMatch,
    /// The primary key, the unique keys, then the unique fields; no two keys have the same fields.
    pub keys: Vec<Key>,
    /// The foreign keys, in the descriptor's order.
    pub foreign_keys: Vec<ForeignKey>,
}

impl Schema {
    /// Returns true if cells of the table are read as trees of JSON values. Arrays and objects are if a constraint or a key compares them.
    pub fn reads_json_trees(&self) -> bool {
        let keys = self.keys.iter().map(|key| &key.fields);
        let keys = keys.chain(self.foreign_keys.iter().flat_map(|key| [&key.fields, &key.target_fields]));
        let of_keys: HashSet<&String> = keys.flatten().collect();
        self.fields.iter().any(|field| match field.kind {
            FieldType::Geojson(_) | FieldType::Geopoint(Geopoint::Array | Geopoint::Object) => true,
            FieldType::Array(_) | FieldType::Object(_) => {
                field.constraints.compare_values() || of_keys.contains(&field.name)
            }
            _ => false,
        })
    }
}

/// A key: fields whose values together occur in one row of a file only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The kind of the key.
    pub kind: KeyKind,
    /// Names of the fields of the key: at least one, all different.
    pub fields: Vec<String>,
}

/// Kinds of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// `primaryKey`. Its fields are required.
    Primary,
    /// `uniqueKeys`, or `unique` of a field. A row with a missing value in a field of the key has no key.
    Unique,
}

/// A foreign key: fields whose values together must occur in a row of the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// Names of the fields of the key: at least one, all different.
    pub fields: Vec<String>,
    /// The table that has to have the row.
    pub target: Target,
    /// Names of the fields of the target, as many as in `fields`.
    pub target_fields: Vec<String>,
    /// Whether each pair of fields is compared as decimals, as an integer and a number are.
    pub(crate) as_decimals: Vec<bool>,
}

/// The table that a foreign key refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Another row of the same file, or the same row.
    OwnFile,
    /// A row of the reference table with this number in [`Descriptor::references`](Descriptor::references).
    Table(usize),
}

/// A table that foreign keys refer to.
#[derive(Clone, Debug)]
pub struct ReferenceTable {
    /// The name of the table in foreign keys.
    pub name: String,
    /// The rows of the table, or the file that has them.
    pub rows: TableRows,
    /// The descriptor of the rows. It has no references, and its hash is the hash of no bytes.
    pub descriptor: Descriptor,
}

/// Where the rows of a reference table are.
#[derive(Clone, Debug)]
pub enum TableRows {
    /// In the file with this path, relative to the folder of the descriptor; see [`Neighbours`](super::Neighbours).
    File(String),
    /// In the descriptor: the rows as the bytes of a CSV file.
    Inline(Arc<[u8]>),
}

/// How the schema's fields and the file's columns are matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldsMatch {
    /// The same fields in the same order.
    #[default]
    Exact,
    /// The same fields in any order.
    Equal,
    /// All fields of the schema are in the file, which may have more.
    Subset,
    /// All columns of the file are in the schema, which may have more.
    Superset,
    /// At least one field is in the file.
    Partial,
}

/// The `sluice` object of the descriptor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// How many rejected rows a file may have.
    pub tolerance: Tolerance,
    /// Assertions over a file as a whole, in the descriptor's order of measures.
    pub assertions: Vec<Assertion>,
    /// The control record with which each file ends.
    pub trailer: Option<Trailer>,
    /// How much a file may differ from the files before it.
    pub last: Option<ComparisonWithEarlier>,
    /// Names of the fields whose values never leave in rejects, reports or logs.
    pub redact: Vec<String>,
    /// Which labels stand for which fields.
    pub headers: Headers,
    /// The condition that each row has to meet; names are unique.
    pub rules: Vec<Rule>,
    /// The feedback to the sender of a file; `None`: no feedback.
    pub feedback: Option<FeedbackSettings>,
    /// The forms in which the clean rows are published.
    pub formats: Formats,
    /// The encoding in which the clean rows are published.
    pub output_encoding: OutputEncoding,
    /// The limits of a file.
    pub limits: Limits,
    /// Whether a blank record is a fault (`blank-row`) instead of being skipped.
    pub blank_rows_are_faults: bool,
}

/// Which labels stand for which fields, besides labels that are spelled like their field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// How labels and names of fields are compared.
    pub matching: HeaderMatch,
    /// Labels that stand for fields of another name.
    pub aliases: Vec<Alias>,
}

/// A label that stands for a field of another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The label.
    pub label: String,
    /// The name of the field.
    pub field: String,
}

/// How labels and names of fields are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeaderMatch {
    /// Byte for byte.
    #[default]
    Exact,
    /// Without regard to letter case.
    Case,
    /// By their letters and digits alone, without regard to letter case.
    Normalized,
}

impl HeaderMatch {
    /// Returns the form that matching labels share; `None` where labels match only byte for byte.
    pub(crate) fn fold(self, label: &str) -> Option<String> {
        // To upper case and back: `ß` is `ss`, and all forms of sigma are one.
        let folded = || label.to_uppercase().to_lowercase();
        match self {
            Self::Exact => None,
            Self::Case => Some(folded()),
            Self::Normalized => {
                let letters: String = folded().chars().filter(|character| character.is_alphanumeric()).collect();
                (!letters.is_empty()).then_some(letters)
            }
        }
    }
}

/// The encoding in which clean rows are published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputEncoding {
    /// In the encoding of the file, byte for byte.
    #[default]
    Original,
    /// In UTF-8.
    Utf8,
}

/// A condition over the cells of a row.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The name of the rule in rejects and reports.
    pub name: String,
    /// What happens to a row that breaks the rule.
    pub severity: Severity,
    /// The condition as the descriptor has it.
    pub text: String,
    pub(crate) check: Arc<Node>,
    pub(crate) message: Message,
    /// The `message` of the rule without its help; `None` when the rule has no message of its own.
    pub(crate) words: Option<Message>,
    /// What the sender can do about a row that breaks the rule.
    pub help: Option<String>,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        let parts = |rule: &Self| (rule.name.clone(), rule.severity, rule.text.clone(), rule.message.clone());
        parts(self) == parts(other)
    }
}

/// What happens to a row that breaks a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Severity {
    /// The row is rejected.
    #[default]
    Error,
    /// The row stays, and is counted.
    Warning,
}

/// The forms in which the clean rows are published: at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formats {
    /// As the records of the input, byte for byte.
    pub csv: bool,
    /// A Parquet file, typed by the schema.
    pub parquet: bool,
}

impl Default for Formats {
    fn default() -> Self {
        Self { csv: true, parquet: false }
    }
}

/// How many rejected rows a file may have. A file with more rejected rows than either bound is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tolerance {
    /// Most rejected rows.
    pub rows: Option<u64>,
    /// Most rejected rows in percent of the rows read.
    pub percent: Option<f64>,
}

/// Limits of a file; all are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest record in bytes.
    pub record_bytes: u32,
    /// Most columns.
    pub columns: u32,
    /// Largest ratio of decoded to stored bytes of a compressed file.
    pub expansion: u32,
    /// Most decoded bytes of a compressed file.
    pub expanded_bytes: u64,
    /// Most bytes of the reject lines of a file; `None`: 24 for each decoded byte, and 16 MiB.
    pub reject_bytes: Option<u64>,
    /// Most bytes of memory for the keys of a file.
    pub key_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            record_bytes: 8 << 20,
            columns: 4096,
            expansion: 200,
            expanded_bytes: 1 << 40,
            reject_bytes: None,
            key_bytes: 256 << 20,
        }
    }
}
