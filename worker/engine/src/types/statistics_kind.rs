//! What the values of a type are to the statistics of a column.

/// What the values of a column are to the statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Number,
    Temporal(Temporal),
    Boolean,
    Text,
}

/// Dates and times: what their integers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Temporal {
    /// Days since 1970-01-01.
    Date,
    /// Microseconds since 1970-01-01.
    Datetime,
    /// Microseconds since midnight.
    Time,
    Year,
    /// Months since 0000-01.
    YearMonth,
}
