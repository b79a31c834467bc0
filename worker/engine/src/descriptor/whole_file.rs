//! Assertions over a file as a whole (`sluice.file`), as the checks read them.

use crate::bound::Bound;

/// Something that has to be true of a file as a whole; if it is not, the file is refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    /// The measure.
    pub measure: Measure,
    /// Of which field; `None` for the file.
    pub field: Option<String>,
    /// Where the measure has to lie.
    pub limit: Limit,
}

impl Assertion {
    /// `rows`, or the measure and the field: `missing.qty`.
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
    /// Rows read.
    Rows,
    /// Share of missing cells of a field in clean rows.
    Missing,
    /// Share of the rows read that have a fault in the column of a field.
    Rejected,
    /// Values of a field in clean rows.
    Count,
    /// Different values of a field in clean rows; more than 4,096 are estimated.
    Distinct,
    /// Sum of a field over clean rows.
    Sum,
}

/// Where a measure has to lie.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// Between two numbers, both inclusive.
    Range {
        /// The least.
        min: Option<Bound>,
        /// The most.
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
    /// Control totals: the name of a field, and the 1-based column of its sum.
    pub sums: Vec<(String, usize)>,
}

/// How much a file may differ from the files of its prefix that were accepted before it was uploaded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Last {
    /// The number of earlier files whose median is the measure; 1 to [`Last::MOST_FILES`].
    pub files: usize,
    /// Of the rows read.
    pub rows: Option<Band>,
    /// Of the bytes as stored.
    pub bytes: Option<Band>,
}

impl Last {
    /// Most earlier files that a file is compared with.
    pub const MOST_FILES: usize = 100;
}

/// How far a number may lie below and above another one, in percent; `None`: as much as it likes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Most percent below, from 0 to 100.
    pub below: Option<f64>,
    /// Most percent above.
    pub above: Option<f64>,
}
