//! The values of expressions.

use std::borrow::Cow;
use std::cmp::Ordering;

/// A value of an expression. Dates and times are integers, see [`Kind`](crate::rules::Kind); a number is never NaN.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Integer(i64),
    Number(f64),
    Text(Cow<'a, str>),
    Boolean(bool),
}

use Value::{Boolean, Integer, Null, Number, Text};

impl Value<'_> {
    pub(crate) fn into_owned(self) -> Value<'static> {
        match self {
            Null => Null,
            Integer(value) => Integer(value),
            Number(value) => Number(value),
            Text(text) => Text(Cow::Owned(text.into_owned())),
            Boolean(value) => Boolean(value),
        }
    }

    /// Returns the order of two values of one type, of texts by their code points; `None` if a value is null or the types differ.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Integer(one), Integer(other)) => Some(one.cmp(other)),
            (Number(one), Number(other)) => one.partial_cmp(other),
            (Text(one), Text(other)) => Some(one.cmp(other)),
            (Boolean(one), Boolean(other)) => Some(one.cmp(other)),
            _ => None,
        }
    }
}
