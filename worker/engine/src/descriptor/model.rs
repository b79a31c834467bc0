//! The descriptor as the checks read it: everything resolved, every default filled in, nothing left to parse.

use std::sync::Arc;

use sluice_csv::Dialect;

pub use crate::check::lists::{Enumeration, Texts};
use crate::check::pattern::Matcher;
use crate::typing::parse::ExactDecimal;

/// A validated Data Resource descriptor (Data Package v2) with its Table Schema and Table Dialect.
#[derive(Clone, Debug)]
pub struct Descriptor {
    /// The schema; `None` = header-driven structural check, every column a string.
    pub schema: Option<Schema>,
    /// Delimiter, quoting, line ends.
    pub dialect: Dialect,
    /// Whether the descriptor names the delimiter; if not, the suffix of a file does (`.tsv`, `.psv`).
    pub delimiter_given: bool,
    /// Where the labels are.
    pub header: Header,
    /// The `sluice` object.
    pub settings: Settings,
    /// SHA-256 of the descriptor's bytes followed by those of every file it refers to, in hexadecimal.
    pub sha256: String,
}

/// Where the labels of the columns are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Header {
    /// `header: false`.
    None,
    /// The first record that is neither blank nor a comment.
    First,
    /// These 1-based records (ascending, not empty), their cells joined with `join`.
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

/// One field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Name, compared with the label byte for byte.
    pub name: String,
    /// Type and format.
    pub kind: FieldType,
    /// Constraints.
    pub constraints: Constraints,
    /// Texts that stand for "no value": those of the field, else those of the schema, else `[""]`.
    pub missing_values: Texts,
}

/// Type with its format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// Text.
    String(StringFormat),
    /// −2⁶³ … 2⁶³−1.
    Integer {
        /// `false`: leading and trailing characters that are not part of a number are stripped (`$95`, `95 %`).
        bare_number: bool,
        /// Separator of groups of digits.
        group_char: Option<char>,
    },
    /// Decimal, with exponent, `NaN`, `INF`, `-INF`.
    Number {
        /// As for integers.
        bare_number: bool,
        /// Separator of groups of digits.
        group_char: Option<char>,
        /// Decimal separator.
        decimal_char: char,
    },
    /// True or false.
    Boolean {
        /// Texts for true.
        true_values: Texts,
        /// Texts for false.
        false_values: Texts,
    },
    /// Calendar date, proleptic Gregorian.
    Date(TemporalFormat),
    /// Date and time.
    Datetime(TemporalFormat),
    /// Time of day.
    Time(TemporalFormat),
    /// XML Schema gYear.
    Year,
    /// XML Schema gYearMonth.
    YearMonth,
    /// No check of the type.
    Any,
}

impl FieldType {
    /// The Table Schema name of the type.
    pub fn name(&self) -> &'static str {
        match self {
            Self::String(_) => "string",
            Self::Integer { .. } => "integer",
            Self::Number { .. } => "number",
            Self::Boolean { .. } => "boolean",
            Self::Date(_) => "date",
            Self::Datetime(_) => "datetime",
            Self::Time(_) => "time",
            Self::Year => "year",
            Self::YearMonth => "yearmonth",
            Self::Any => "any",
        }
    }
}

/// `format` of a string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StringFormat {
    /// Any text.
    #[default]
    Default,
    /// An e-mail address.
    Email,
    /// RFC 3986.
    Uri,
    /// Base 64.
    Binary,
    /// RFC 9562.
    Uuid,
}

/// `format` of a date, datetime or time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemporalFormat {
    /// ISO 8601 / XML Schema: `YYYY-MM-DD`, `YYYY-MM-DDThh:mm:ss[.f…][Z|±hh:mm]`, `hh:mm:ss[.f…]`.
    Default,
    /// `any`: the ISO form and the common unambiguous variants (a space for `T`, no seconds, compact form).
    Any,
    /// A strptime pattern, parsed.
    Pattern(Vec<PatternItem>),
}

/// One element of a strptime pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternItem {
    /// This byte, exactly.
    Literal(u8),
    /// `%Y`: four digits.
    Year4,
    /// `%y`: two digits, 69–99 = 1969–1999, 00–68 = 2000–2068 (POSIX).
    Year2,
    /// `%m`: one or two digits.
    Month,
    /// `%B`: January …
    MonthName,
    /// `%b`: Jan …
    MonthAbbreviation,
    /// `%d`: one or two digits.
    Day,
    /// `%j`: one to three digits.
    DayOfYear,
    /// `%A` and `%a`: name of the weekday, checked against the date.
    WeekdayName,
    /// `%a`.
    WeekdayAbbreviation,
    /// `%H`: 0–23.
    Hour24,
    /// `%I`: 1–12.
    Hour12,
    /// `%p`: AM or PM.
    AmPm,
    /// `%M`.
    Minute,
    /// `%S`.
    Second,
    /// `%f`: one to six digits.
    Fraction,
    /// `%z`: `Z`, `±hhmm`, `±hh:mm`.
    Offset,
}

/// Constraints of a field; bounds and enumerations are typed already.
#[derive(Clone, Debug, Default)]
pub struct Constraints {
    /// A missing cell is a fault.
    pub required: bool,
    /// Inclusive lower bound.
    pub minimum: Option<Bound>,
    /// Inclusive upper bound.
    pub maximum: Option<Bound>,
    /// Exclusive lower bound.
    pub exclusive_minimum: Option<Bound>,
    /// Exclusive upper bound.
    pub exclusive_maximum: Option<Bound>,
    /// Shortest length in characters.
    pub min_length: Option<u64>,
    /// Longest length in characters.
    pub max_length: Option<u64>,
    /// XML Schema pattern, matched against the whole text.
    pub pattern: Option<Pattern>,
    /// The only values.
    pub enumeration: Option<Enumeration>,
}

/// A bound or a value of an enumeration: the text as the owner wrote it, and the value in the field's type.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// As written in the descriptor, for messages.
    pub text: String,
    /// In the field's type.
    pub value: Scalar,
    /// A number as it is written.
    exact: ExactDecimal,
}

impl Bound {
    /// A bound; the text of a number is a plain decimal.
    pub fn new(text: impl Into<String>, value: Scalar) -> Self {
        let text = text.into();
        let exact = match value {
            Scalar::Number(number) if number.is_finite() => ExactDecimal::of(text.as_bytes()),
            _ => ExactDecimal::default(),
        };
        Self { text, value, exact }
    }

    /// The decimal of a finite number.
    pub fn exact(&self) -> &ExactDecimal {
        &self.exact
    }
}

/// A typed value.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// Text.
    String(String),
    /// Integer or year.
    Integer(i64),
    /// Number: the nearest double. `Bound::text` is the exact decimal.
    Number(f64),
    /// Boolean.
    Boolean(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00 (UTC when the text has an offset).
    Datetime(i64),
    /// Microseconds since midnight.
    Time(i64),
    /// Months since 0000-01.
    YearMonth(i32),
}

/// A pattern, compiled; clones share it.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// As the owner wrote it.
    pub source: String,
    pub(crate) matcher: Arc<Matcher>,
}

impl Pattern {
    pub(super) fn new(source: &str, matcher: Matcher) -> Self {
        Self { source: source.to_owned(), matcher: Arc::new(matcher) }
    }

    /// Whether the whole text, which has to be UTF-8, matches. The time is linear in the text, whatever the pattern is.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.matcher.is_match(text)
    }
}

/// The `sluice` object of the descriptor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// How many rejected rows a file may have.
    pub tolerance: Tolerance,
    /// Names of the fields whose values never leave in rejects, reports or logs.
    pub redact: Vec<String>,
    /// In which forms the clean rows are published.
    pub formats: Formats,
    /// Limits.
    pub limits: Limits,
    /// A blank record is a fault (`blank-row`) instead of being skipped. No descriptor property sets it yet.
    pub blank_rows_are_faults: bool,
}

/// In which forms the clean rows are published; one at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formats {
    /// As the records of the input, byte for byte.
    pub csv: bool,
    /// As a Parquet file, typed by the schema.
    pub parquet: bool,
}

impl Default for Formats {
    fn default() -> Self {
        Self { csv: true, parquet: false }
    }
}

/// How many rejected rows a file may have; over either bound the file is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tolerance {
    /// Most rejected rows.
    pub rows: Option<u64>,
    /// Most rejected rows in percent of the rows read.
    pub percent: Option<f64>,
}

/// Limits; all are checked.
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
}

impl Default for Limits {
    fn default() -> Self {
        Self { record_bytes: 8 << 20, columns: 4096, expansion: 200, expanded_bytes: 1 << 40, reject_bytes: None }
    }
}
