//! Assertions over a file as a whole (`sluice.file`), in the form that the checks use.

use crate::bound::Bound;

/// A condition that a file as a whole has to meet; a file that does not is refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    /// The number that is compared with the limit.
    pub measure: Measure,
    /// The field that is measured; `None` for the file.
    pub field: Option<String>,
    /// The range in which the measure has to lie.
    pub limit: Limit,
}

impl Assertion {
    /// Returns the name of the assertion: `rows`, or the measure and the field, such as `missing.qty`.
    pub fn name(&self) -> String {
        let measure = match self.measure {
            Measure::Rows => "rows",
            Measure::Missing => "missing",
            Measure::Rejected => "rejected",
            Measure::Count => "count",
            Measure::Distinct => "distinct",
            Measure::Sum => "sum",
        };
        match &self.field {
            Some(field) => format!("{measure}.{field}"),
            None => measure.to_owned(),
        }
    }
}

/// A measure over a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Number of rows read.
    Rows,
    /// Share of missing cells of a field in clean rows.
    Missing,
    /// Share of the rows read that have a fault in the column of a field.
    Rejected,
    /// Number of values of a field in clean rows.
    Count,
    /// Number of different values of a field in clean rows; a number above 4,096 is an estimate.
    Distinct,
    /// Sum of a field over clean rows.
    Sum,
}

/// The range in which a measure has to lie.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// Between two numbers, both inclusive.
    Range {
        /// The least value; `None`: no bound.
        min: Option<Bound>,
        /// The greatest value; `None`: no bound.
        max: Option<Bound>,
    },
    /// At most this percentage of the rows.
    Percent(f64),
}

/// The control record with which each file ends: `T,120345,99.50`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// The text of its first cell, which no data record has.
    pub tag: String,
    /// The 1-based column of the number of data records.
    pub count: Option<usize>,
    /// Control totals.
    pub sums: Vec<TrailerSum>,
}

/// Where a trailer has the sum of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailerSum {
    /// The name of the field.
    pub field: String,
    /// The 1-based column of the trailer.
    pub column: usize,
}

/// How much a file may differ from the files of its prefix that were accepted before it was uploaded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ComparisonWithEarlier {
    /// The number of earlier files whose median the file is compared with; 1 to [`ComparisonWithEarlier::MOST_FILES`].
    pub files: usize,
    /// The band for the number of rows read.
    pub rows: Option<Band>,
    /// The band for the number of stored bytes.
    pub bytes: Option<Band>,
}

impl ComparisonWithEarlier {
    /// Most earlier files that a file is compared with.
    pub const MOST_FILES: usize = 100;
}

/// How far a number may lie below and above another one, in percent. `None` is no limit on that side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Most percent below, from 0 to 100.
    pub below: Option<f64>,
    /// Most percent above.
    pub above: Option<f64>,
}
