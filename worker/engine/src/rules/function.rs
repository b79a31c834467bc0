//! The functions and operators of expressions, and the lists of `IN`.

use std::collections::HashSet;
use std::sync::Arc;

use crate::rules::cell::Cell;
use crate::rules::like::Like;

/// Functions that are computed cell by cell. All of them return null for a null but [`Function::Coalesce`], [`Function::NullIf`],
/// [`Function::Between`] and [`Function::OneOf`].
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
    /// An integer as a number.
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
    /// A day of the calendar, this many days later.
    AddDays,
    SubtractDays,
    /// The date of a datetime.
    DateOf,
    /// The start of a date.
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

/// The values of a list, for which one look is enough.
#[derive(Debug, Default)]
pub(crate) struct Set {
    texts: HashSet<String>,
    integers: HashSet<i64>,
    /// The bits of numbers, of which both zeros are one.
    numbers: HashSet<u64>,
    booleans: [bool; 2],
    /// There is a null among them: what is not in the list may be.
    has_null: bool,
}

impl Set {
    pub(crate) fn new(values: impl Iterator<Item = Cell<'static>>) -> Self {
        let mut set = Self::default();
        for value in values {
            match value {
                Cell::Null => set.has_null = true,
                Cell::Integer(value) => {
                    set.integers.insert(value);
                }
                Cell::Number(value) => {
                    set.numbers.insert((value + 0.0).to_bits());
                }
                Cell::Text(text) => {
                    set.texts.insert(text.into_owned());
                }
                Cell::Boolean(value) => set.booleans[usize::from(value)] = true,
            }
        }
        set
    }

    /// Whether a value is in the list; `None` when that is not known.
    pub(crate) fn holds(&self, value: &Cell<'_>) -> Option<bool> {
        let is_there = match value {
            Cell::Null => return None,
            Cell::Integer(value) => self.integers.contains(value),
            Cell::Number(value) => self.numbers.contains(&(value + 0.0).to_bits()),
            Cell::Text(text) => self.texts.contains(&**text),
            Cell::Boolean(value) => self.booleans[usize::from(*value)],
        };
        if is_there || !self.has_null { Some(is_there) } else { None }
    }
}
