//! The kinds of values that statistics tell apart.

/// The kind of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatisticsKind {
    Integer,
    Number,
    Temporal(TemporalUnit),
    Boolean,
    Text,
}

/// What the integers of a date or time count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TemporalUnit {
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
