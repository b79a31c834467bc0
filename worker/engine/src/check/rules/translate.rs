//! Nodes → Polars expressions over the columns of one file.
//!
//! Comparisons, AND, OR, NOT, CASE and IS NULL are operators of Polars; functions and arithmetic are our own, so that
//! they return null where Polars wraps or fails. To Polars every type is one of four: integer (dates and times too),
//! double, text or Boolean.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use polars::lazy::dsl::when;
use polars::lazy::prelude::*;
use polars::prelude::*;

use crate::rules::call::call;
use crate::rules::{Comparison, Function, Kind, Node, Op, Value};

/// Translates nodes to expressions, and notes which columns they read.
pub(crate) struct Translator<'a> {
    /// The columns of the file by name.
    indices: &'a HashMap<&'a str, usize>,
    /// The columns of the frame that expressions read.
    pub(crate) read: BTreeSet<Input>,
}

/// A column of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Input {
    /// The values of the column with this index.
    Value(usize),
    /// The numbers of characters of the texts of the column with this index: a rule that reads only the length of a
    /// text needs no copy of it.
    Length(usize),
    /// Nulls of a type: the values of a field that the file does not have, and of `NULL`. Polars makes one value of a comparison with a null
    /// literal, and fails where it has to stand beside the rows of other columns.
    Nulls(Kind),
}

impl Input {
    pub(crate) fn name(self) -> PlSmallStr {
        match self {
            Self::Value(index) => PlSmallStr::from(format!("c{index}")),
            Self::Length(index) => PlSmallStr::from(format!("n{index}")),
            Self::Nulls(kind) => PlSmallStr::from(format!("null {kind:?}")),
        }
    }
}

pub(super) fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Null | Kind::Boolean => DataType::Boolean,
        Kind::Text => DataType::String,
        Kind::Number => DataType::Float64,
        Kind::Integer | Kind::Date | Kind::Datetime | Kind::Time => DataType::Int64,
    }
}

fn literal(kind: Kind, value: &Value<'_>) -> Expr {
    let value = match value {
        Value::Null => AnyValue::Null,
        Value::Integer(value) => AnyValue::Int64(*value),
        Value::Number(value) => AnyValue::Float64(*value),
        Value::Text(text) => AnyValue::StringOwned(PlSmallStr::from(&**text)),
        Value::Boolean(value) => AnyValue::Boolean(*value),
    };
    lit(LiteralValue::Scalar(Scalar::new(data_type(kind), value)))
}

impl<'a> Translator<'a> {
    pub(crate) fn new(indices: &'a HashMap<&'a str, usize>) -> Self {
        Self { indices, read: BTreeSet::new() }
    }

    /// Returns the expression of a node. A field that the file does not have is null.
    pub(crate) fn expression(&mut self, node: &Node) -> Expr {
        match &node.op {
            Op::Literal(Value::Null) => self.nulls(node.kind),
            Op::Literal(value) => literal(node.kind, value),
            Op::Field(name) => self.input(name, node.kind, Input::Value),
            Op::Compare(comparison, sides) => self.compare(*comparison, &sides[0], &sides[1]),
            Op::And(nodes) => self.balanced(nodes, Expr::and),
            Op::Or(nodes) => self.balanced(nodes, Expr::or),
            Op::Not(node) => self.expression(node).not(),
            Op::IsNull(node) => self.expression(node).is_null(),
            Op::Case(cases, otherwise) => {
                let otherwise = self.expression(otherwise);
                cases.iter().rev().fold(otherwise, |otherwise, [condition, value]| {
                    let (condition, value) = (self.expression(condition), self.expression(value));
                    when(condition).then(value).otherwise(otherwise)
                })
            }
            Op::Call(Function::Between, arguments) if matches!(arguments[0].op, Op::Field(_)) => {
                // Reading a field twice costs nothing; any other value would be computed twice.
                let [value, low, high] = [0, 1, 2].map(|nth| &arguments[nth]);
                let from = self.compare(Comparison::GreaterOrEqual, value, low);
                from.and(self.compare(Comparison::LessOrEqual, value, high))
            }
            Op::Call(Function::Length, arguments) if let Op::Field(name) = &arguments[0].op => {
                self.input(name, node.kind, Input::Length)
            }
            Op::Call(function, arguments) => self.call(node.kind, function, arguments),
        }
    }

    fn compare(&mut self, comparison: Comparison, left: &Node, right: &Node) -> Expr {
        if [left, right].iter().any(|side| matches!(side.op, Op::Literal(Value::Null))) {
            return self.nulls(Kind::Boolean);
        }
        let [left, right] = [left, right].map(|side| self.expression(side));
        match comparison {
            Comparison::Equal => left.eq(right),
            Comparison::NotEqual => left.neq(right),
            Comparison::Less => left.lt(right),
            Comparison::LessOrEqual => left.lt_eq(right),
            Comparison::Greater => left.gt(right),
            Comparison::GreaterOrEqual => left.gt_eq(right),
        }
    }

    /// Returns a column of nulls of this type.
    fn nulls(&mut self, kind: Kind) -> Expr {
        self.read.insert(Input::Nulls(kind));
        col(Input::Nulls(kind).name())
    }

    /// Returns a column of the frame, and notes that it is read; null if the file does not have the field.
    fn input(&mut self, field: &str, kind: Kind, input: fn(usize) -> Input) -> Expr {
        match self.indices.get(field) {
            Some(&index) => {
                self.read.insert(input(index));
                col(input(index).name())
            }
            None => self.nulls(kind),
        }
    }

    /// Joins the expressions of all nodes by an operator, as a tree of the least possible height.
    fn balanced(&mut self, nodes: &[Node], operator: fn(Expr, Expr) -> Expr) -> Expr {
        match nodes {
            [node] => self.expression(node),
            nodes => {
                let (left, right) = nodes.split_at(nodes.len() / 2);
                let left = self.balanced(left, operator);
                operator(left, self.balanced(right, operator))
            }
        }
    }

    fn call(&mut self, kind: Kind, function: &Function, arguments: &[Node]) -> Expr {
        let mut inputs = Vec::new();
        let mut sources = Vec::with_capacity(arguments.len());
        for argument in arguments {
            if let Op::Literal(value) = &argument.op {
                sources.push(Source::Literal(value.clone()));
            } else {
                sources.push(Source::Column(inputs.len()));
                inputs.push(self.expression(argument));
            }
        }
        if inputs.is_empty() {
            inputs.push(self.nulls(Kind::Boolean));
        }
        let function = function.clone();
        let evaluate = move |columns: &mut [Column]| evaluate(kind, &function, &sources, columns);
        let field = move |_: &Schema, _: &[Field]| Ok(Field::new(PlSmallStr::from("f"), data_type(kind)));
        let first = inputs.remove(0);
        first.map_many(evaluate, &inputs, field)
    }
}

/// Where an argument of a function comes from: the descriptor, or the input column with this index.
#[derive(Clone, Debug)]
enum Source {
    Literal(Value<'static>),
    Column(usize),
}

impl Source {
    fn column(&self) -> Option<usize> {
        match self {
            Self::Literal(_) => None,
            Self::Column(column) => Some(*column),
        }
    }
}

/// A column of arguments.
enum Arguments {
    Integers(Int64Chunked),
    Numbers(Float64Chunked),
    Texts(StringChunked),
    Booleans(BooleanChunked),
}

impl Arguments {
    fn of(column: &Column) -> PolarsResult<Self> {
        let series = column.as_materialized_series().rechunk();
        Ok(match series.dtype() {
            DataType::Int64 => Self::Integers(series.i64()?.clone()),
            DataType::Float64 => Self::Numbers(series.f64()?.clone()),
            DataType::String => Self::Texts(series.str()?.clone()),
            _ => Self::Booleans(series.bool()?.clone()),
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Integers(values) => values.len(),
            Self::Numbers(values) => values.len(),
            Self::Texts(values) => values.len(),
            Self::Booleans(values) => values.len(),
        }
    }

    /// Returns the value of a row; a column of one value has it in all rows.
    #[inline]
    fn get(&self, row: usize) -> Value<'_> {
        let row = if self.len() == 1 { 0 } else { row };
        match self {
            Self::Integers(values) => values.get(row).map_or(Value::Null, Value::Integer),
            Self::Numbers(values) => values.get(row).map_or(Value::Null, Value::Number),
            Self::Texts(values) => values.get(row).map_or(Value::Null, |text| Value::Text(Cow::Borrowed(text))),
            Self::Booleans(values) => values.get(row).map_or(Value::Null, Value::Boolean),
        }
    }
}

/// Calls a function for every row, and returns the results as a column.
fn evaluate(kind: Kind, function: &Function, sources: &[Source], columns: &mut [Column]) -> PolarsResult<Column> {
    let inputs = columns.iter().map(Arguments::of).collect::<PolarsResult<Vec<_>>>()?;
    let name = columns.first().map_or(PlSmallStr::EMPTY, |column| column.name().clone());
    let rows = if inputs.iter().any(|input| input.len() == 0) {
        0
    } else {
        inputs.iter().map(Arguments::len).max().unwrap_or(0)
    };
    // Literals are set once; the other arguments are set for each row.
    let mut arguments: Vec<Value<'_>> = sources.iter().map(literal_of).collect();
    let values: Vec<(usize, &Arguments)> =
        (0..).zip(sources).filter_map(|(at, source)| Some((at, &inputs[source.column()?]))).collect();
    let mut value_of = |row: usize, take: &mut dyn FnMut(Value<'_>)| {
        for &(at, input) in &values {
            arguments[at] = input.get(row);
        }
        take(call(function, &arguments));
    };
    Ok(match data_type(kind) {
        DataType::Int64 => {
            let mut made = PrimitiveChunkedBuilder::<Int64Type>::new(name, rows);
            for row in 0..rows {
                value_of(row, &mut |value| {
                    made.append_option(if let Value::Integer(value) = value { Some(value) } else { None });
                });
            }
            made.finish().into_column()
        }
        DataType::Float64 => {
            let mut made = PrimitiveChunkedBuilder::<Float64Type>::new(name, rows);
            for row in 0..rows {
                value_of(row, &mut |value| {
                    made.append_option(if let Value::Number(value) = value { Some(value) } else { None });
                });
            }
            made.finish().into_column()
        }
        DataType::String => {
            let mut made = StringChunkedBuilder::new(name, rows);
            for row in 0..rows {
                value_of(row, &mut |value| match value {
                    Value::Text(text) => made.append_value(text),
                    _ => made.append_null(),
                });
            }
            made.finish().into_column()
        }
        _ => {
            let mut made = BooleanChunkedBuilder::new(name, rows);
            for row in 0..rows {
                value_of(row, &mut |value| {
                    made.append_option(if let Value::Boolean(value) = value { Some(value) } else { None });
                });
            }
            made.finish().into_column()
        }
    })
}

/// Returns the value of a literal; null for any other argument, whose place is filled for each row.
fn literal_of(source: &Source) -> Value<'_> {
    match source {
        Source::Literal(Value::Text(text)) => Value::Text(Cow::Borrowed(text)),
        Source::Literal(other) => other.clone(),
        Source::Column(_) => Value::Null,
    }
}
