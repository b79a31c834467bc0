//! The types of expressions.

use crate::types::FieldType;

/// Type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// `NULL`, which is of any type.
    Null,
    Text,
    Integer,
    Number,
    Boolean,
    /// Days since 1970-01-01.
    Date,
    /// Microseconds since 1970-01-01.
    Datetime,
    /// Microseconds since midnight.
    Time,
}

impl Kind {
    /// Returns the type that the cells of a field have in expressions.
    pub(crate) fn of(field: &FieldType) -> Self {
        match field {
            FieldType::String(_)
            | FieldType::Any(_)
            | FieldType::Duration(_)
            | FieldType::Object(_)
            | FieldType::Array(_)
            | FieldType::List(_)
            | FieldType::Geopoint(_)
            | FieldType::Geojson(_) => Self::Text,
            FieldType::Integer(_) | FieldType::Year(_) => Self::Integer,
            FieldType::Number(_) => Self::Number,
            FieldType::Boolean(_) => Self::Boolean,
            FieldType::Date(_) | FieldType::YearMonth(_) => Self::Date,
            FieldType::Datetime(_) => Self::Datetime,
            FieldType::Time(_) => Self::Time,
        }
    }

    /// Returns the name of the type in messages.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Text => "a text",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "a truth value",
            Self::Date => "a date",
            Self::Datetime => "a datetime",
            Self::Time => "a time",
        }
    }
}
