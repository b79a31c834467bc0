//! Rules: one expression of SQL over the typed cells of a row, three-valued as in SQL.
//!
//! [`tokens`], [`parse`] and [`predicates`] read the text of a rule into a tree of [`Node`]s, whose types are checked on the way ([`signatures`]);
//! this is done when the descriptor is read. [`crate::check::rules`] evaluates the trees. The grammar is our own and knows nothing but what
//! stands here: no queries, no tables, no files.

pub(crate) mod call;
pub(crate) mod like;
mod literals;
pub(crate) mod message;
mod parse;
mod placed;
mod predicates;
mod signatures;
mod tokens;

use std::collections::HashSet;
use std::sync::Arc;

pub(crate) use crate::rules::call::Cell;
pub(crate) use crate::rules::parse::parse;

use crate::rules::like::Like;
use crate::types::FieldType;

/// Most rules of a descriptor.
pub(crate) const RULES: usize = 1000;

/// Deepest nesting of an expression.
pub(crate) const DEPTH: u32 = 64;

/// Most bytes of a rule, the lists of `IN` not counted.
pub(crate) const TEXT_BYTES: usize = 64 << 10;

/// Most values in a list of `IN`.
pub(crate) const LIST: usize = 100_000;

/// Type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// The type of the cells of a field.
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

    /// Its name in messages.
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

/// An expression whose types fit.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) op: Op,
    /// Levels below it.
    depth: u32,
}

#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// The cell of a field.
    Field(String),
    Literal(Cell<'static>),
    Compare(Comparison, Box<[Node; 2]>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    IsNull(Box<Node>),
    /// Conditions with their values, and the value when none holds.
    Case(Vec<[Node; 2]>, Box<Node>),
    Call(Function, Vec<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

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

impl Node {
    /// A node, without a look at its depth.
    pub(crate) fn new(kind: Kind, op: Op) -> Self {
        let depth = match &op {
            Op::Field(_) | Op::Literal(_) => 0,
            Op::Compare(_, sides) => sides.iter().map(|node| node.depth).max().unwrap_or(0) + 1,
            Op::And(nodes) | Op::Or(nodes) | Op::Call(_, nodes) => {
                nodes.iter().map(|node| node.depth).max().unwrap_or(0) + 1
            }
            Op::Not(node) | Op::IsNull(node) => node.depth + 1,
            Op::Case(cases, otherwise) => {
                let deepest = cases.iter().flatten().map(|node| node.depth).max().unwrap_or(0);
                // Each case stands inside the one before it.
                deepest.max(otherwise.depth) + u32::try_from(cases.len()).unwrap_or(u32::MAX)
            }
        };
        Self { kind, op, depth }
    }

    pub(crate) fn literal(kind: Kind, value: Cell<'static>) -> Self {
        Self::new(kind, Op::Literal(value))
    }

    /// A call; of literals only, its value.
    pub(crate) fn call(kind: Kind, function: Function, arguments: Vec<Node>) -> Self {
        let value = |node: &Node| match &node.op {
            Op::Literal(value) => Some(value.clone()),
            _ => None,
        };
        match arguments.iter().map(value).collect::<Option<Vec<_>>>() {
            Some(values) => Self::literal(kind, call::call(&function, &values).into_owned()),
            None => Self::new(kind, Op::Call(function, arguments)),
        }
    }

    /// Returns true if this is so of some node of the tree.
    fn any(&self, is: &dyn Fn(&Op) -> bool) -> bool {
        is(&self.op)
            || match &self.op {
                Op::Field(_) | Op::Literal(_) => false,
                Op::Compare(_, sides) => sides.iter().any(|node| node.any(is)),
                Op::And(nodes) | Op::Or(nodes) | Op::Call(_, nodes) => nodes.iter().any(|node| node.any(is)),
                Op::Not(node) | Op::IsNull(node) => node.any(is),
                Op::Case(cases, otherwise) => cases.iter().flatten().any(|node| node.any(is)) || otherwise.any(is),
            }
    }

    /// Returns true if some field is read.
    pub(crate) fn reads_fields(&self) -> bool {
        self.any(&|op| matches!(op, Op::Field(_)))
    }

    /// Returns true if texts are made that may be longer than those they are made of.
    pub(crate) fn makes_texts(&self) -> bool {
        self.any(&|op| matches!(op, Op::Call(Function::Concat | Function::Replace, _)))
    }

    /// Returns true if it is as deep as expressions may be, so that nothing may stand above it.
    fn is_deepest(&self) -> bool {
        self.depth >= DEPTH
    }
}
