//! The functions and operators of expressions, and the lists of values of `IN`.

use std::collections::HashSet;
use std::sync::Arc;

use crate::rules::like::Like;
use crate::rules::value::Value;

/// Functions that are computed cell by cell. All of them return null if an argument is null, except [`Function::Coalesce`],
/// [`Function::NullIf`], [`Function::Between`] and [`Function::OneOf`].
#[derive(Clone, Debug)]
pub(crate) enum Function {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Negate,
    Abs,
    Round,
    Floor,
    Ceil,
    /// Converts an integer to a number.
    ToNumber,
    Greatest,
    Least,
    Length,
    Upper,
    Lower,
    Trim,
    TrimStart,
    TrimEnd,
    Substring,
    Left,
    Right,
    Concat,
    Replace,
    Position,
    Contains,
    StartsWith,
    EndsWith,
    Like(Arc<Like>),
    /// Returns the date that lies a number of days after a date.
    AddDays,
    SubtractDays,
    /// Returns the date of a datetime.
    DateOf,
    /// Returns midnight at the start of a date, as a datetime.
    ToDatetime,
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    In(Arc<Set>),
    /// Returns true if the first value is among the others.
    OneOf,
    Between,
    Coalesce,
    NullIf,
}

/// The values of an `IN` list that has only literals; one lookup finds a value.
#[derive(Debug, Default)]
pub(crate) struct Set {
    texts: HashSet<String>,
    integers: HashSet<i64>,
    /// The bits of the numbers; −0 is stored as 0.
    numbers: HashSet<u64>,
    booleans: [bool; 2],
    /// Whether a null is in the list. Then a value that is not found may still be in the list, so the result is unknown.
    has_null: bool,
}

impl Set {
    pub(crate) fn new(values: impl Iterator<Item = Value<'static>>) -> Self {
        let mut set = Self::default();
        for value in values {
            match value {
                Value::Null => set.has_null = true,
                Value::Integer(value) => {
                    set.integers.insert(value);
                }
                Value::Number(value) => {
                    set.numbers.insert((value + 0.0).to_bits());
                }
                Value::Text(text) => {
                    set.texts.insert(text.into_owned());
                }
                Value::Boolean(value) => set.booleans[usize::from(value)] = true,
            }
        }
        set
    }

    /// Returns whether a value is in the list; `None` when that is unknown in the sense of SQL.
    pub(crate) fn holds(&self, value: &Value<'_>) -> Option<bool> {
        let is_there = match value {
            Value::Null => return None,
            Value::Integer(value) => self.integers.contains(value),
            Value::Number(value) => self.numbers.contains(&(value + 0.0).to_bits()),
            Value::Text(text) => self.texts.contains(&**text),
            Value::Boolean(value) => self.booleans[usize::from(*value)],
        };
        if is_there || !self.has_null { Some(is_there) } else { None }
    }
}
