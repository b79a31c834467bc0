//! Columns → frame: one Polars lazy frame per chunk, in which bounds and enumerations of typed fields are expressions.
//!
//! The expressions are built once per file, from the descriptor. An expression costs some microseconds before its first
//! row, so where rows are few and columns many, the columns are stacked ([`crate::check::stack`]). Polars never reads
//! the CSV: its reader fills short rows with nulls, drops the whole file for one stray quote, and holds the rest of
//! the file for an unclosed one.

use polars::lazy::prelude::*;
use polars::prelude::*;
use polars_arrow::bitmap::Bitmap;
use polars_buffer::Buffer;

use crate::bound::{Bound, Scalar as Value};
use crate::check::evaluation::{COMPARISONS, FrameError, Violation, array, each_true, select, validity};
use crate::check::rules::evaluate::RuleChecks;
use crate::check::stack::{ConstraintSubset, Stacks};
use crate::descriptor::Rule;
use crate::fault::{CellFault, Constraint, PlacedFault};
use crate::types::Constraints;
use crate::typing::column::Column;
use crate::typing::values::{CellState, ColumnValues, TypedColumn};

/// The expressions of one file: for every constraint a Boolean column that is true for the rows that break it.
#[derive(Debug, Default)]
pub(crate) struct FrameChecks {
    /// Bounds and short enumerations, an expression for each constraint of each column.
    by_column: ByColumn,
    /// The same constraints over all columns of one type at once, and long enumerations.
    stacks: Stacks,
    /// The rules that rows have to keep.
    pub(crate) rules: RuleChecks,
}

#[derive(Debug, Default)]
struct ByColumn {
    expressions: Vec<Expr>,
    /// What each expression checks.
    checked: Vec<CheckedConstraint>,
    /// Indices of the columns that some expression reads, ascending.
    columns: Vec<usize>,
}

/// A constraint of a column.
#[derive(Clone, Copy, Debug)]
struct CheckedConstraint {
    column: u32,
    constraint: Constraint,
}

/// The fixed cost of evaluating an expression, as a number of cells: beyond this many rows, the rows cost more.
const CELLS_OF_EXPRESSION: usize = 1000;

fn column_name(index: usize) -> PlSmallStr {
    PlSmallStr::from(format!("c{index}"))
}

impl FrameChecks {
    pub(crate) fn new(columns: &[Column], rules: &[Rule]) -> Self {
        let mut checks = Self { rules: RuleChecks::new(columns, rules), ..Self::default() };
        for (index, column) in columns.iter().enumerate() {
            if column.kind.as_type().is_text() {
                continue;
            }
            checks.stacks.add(index, column);
            checks.by_column.add(index, column);
        }
        checks
    }

    /// Evaluates all expressions over the typed columns of a chunk of `rows` rows, and appends the faults that they find.
    ///
    /// # Errors
    /// When Polars fails, which is a defect of this program.
    pub(crate) fn evaluate(
        &self,
        rows: usize,
        typed: &mut [TypedColumn],
        faults: &mut Vec<PlacedFault>,
    ) -> Result<(), FrameError> {
        let ByColumn { expressions, columns, .. } = &self.by_column;
        if rows == 0 || !self.stacks.may_be_broken(typed) {
            Ok(())
        } else if expressions.len() * CELLS_OF_EXPRESSION > rows * columns.len() {
            self.stacks.evaluate(ConstraintSubset::All, rows, typed, faults)
        } else {
            self.by_column.evaluate(rows, typed, faults)?;
            self.stacks.evaluate(ConstraintSubset::LongEnumerations, rows, typed, faults)
        }
    }
}

impl ByColumn {
    fn add(&mut self, index: usize, column: &Column) {
        let before = self.expressions.len();
        for Violation { constraint, broken } in violations(column, col(column_name(index))) {
            let name = format!("v{}", self.expressions.len());
            self.expressions.push(broken.alias(name));
            self.checked.push(CheckedConstraint { column: index as u32, constraint });
        }
        if self.expressions.len() > before {
            self.columns.push(index);
        }
    }

    fn evaluate(
        &self,
        rows: usize,
        typed: &mut [TypedColumn],
        faults: &mut Vec<PlacedFault>,
    ) -> Result<(), FrameError> {
        if self.columns.is_empty() {
            return Ok(());
        }
        let mut buffers = Vec::with_capacity(self.columns.len());
        let mut series = Vec::with_capacity(self.columns.len());
        for &index in &self.columns {
            let lent = lend(&mut typed[index], column_name(index));
            buffers.push(lent.buffer);
            series.push(lent.column);
        }
        let found = select(rows, series, &self.expressions)?;
        for (broken, checked) in found.columns().iter().zip(&self.checked) {
            let fault = CellFault::Constraint(checked.constraint);
            let at_fault = |row| faults.push(PlacedFault::of_cell(row, checked.column as usize, fault));
            each_true(broken.bool()?, at_fault);
        }
        drop(found);
        for (&index, buffer) in self.columns.iter().zip(buffers) {
            buffer.give_back(&mut typed[index]);
        }
        Ok(())
    }
}

/// Returns the constraints of a typed column as expressions.
fn violations(column: &Column, cell: Expr) -> Vec<Violation> {
    let Constraints { minimum, maximum, exclusive_minimum, exclusive_maximum, enumeration, .. } = &column.constraints;
    let mut found = Vec::new();
    let mut add = |constraint, broken| found.push(Violation { constraint, broken });
    if let Some(bound) = minimum {
        add(Constraint::Minimum, cell.clone().lt(literal(bound)));
    }
    if let Some(bound) = maximum {
        add(Constraint::Maximum, cell.clone().gt(literal(bound)));
    }
    if let Some(bound) = exclusive_minimum {
        add(Constraint::ExclusiveMinimum, cell.clone().lt_eq(literal(bound)));
    }
    if let Some(bound) = exclusive_maximum {
        add(Constraint::ExclusiveMaximum, cell.clone().gt_eq(literal(bound)));
    }
    if let Some(values) = enumeration.as_deref().filter(|values| values.len() <= COMPARISONS) {
        let differs =
            values.iter().filter(|value| !value.is_between_values()).map(|value| cell.clone().neq(literal(value)));
        add(Constraint::Enum, differs.reduce(Expr::and).unwrap_or_else(|| cell.is_not_null()));
    }
    found
}

fn any_value(bound: &Bound) -> AnyValue<'static> {
    match &bound.value {
        Value::String(text) => AnyValue::StringOwned(PlSmallStr::from(text.as_str())),
        Value::Integer(value) => AnyValue::Int64(*value),
        Value::Number(value) => AnyValue::Float64(*value),
        Value::Boolean(value) => AnyValue::Boolean(*value),
        Value::Date(days) => AnyValue::Date(*days),
        Value::Datetime(micros) => AnyValue::Datetime(*micros, TimeUnit::Microseconds, None),
        Value::Time(micros) => AnyValue::Time(micros * 1000),
        Value::YearMonth(months) => AnyValue::Int32(*months),
        // A duration stays a text, and is checked where it is read.
        Value::Duration(_) => AnyValue::Null,
    }
}

fn literal(bound: &Bound) -> Expr {
    let value = any_value(bound);
    lit(LiteralValue::Scalar(Scalar::new(value.dtype(), value)))
}

/// Values that are lent to Polars without a copy, and taken back after the evaluation.
enum LentBuffer {
    I64(Buffer<i64>),
    I32(Buffer<i32>),
    F64(Buffer<f64>),
    None,
}

/// Values as a column of Polars, and the buffer that they were moved into.
struct Lent {
    buffer: LentBuffer,
    column: polars::prelude::Column,
}

/// Returns the values of a column as a column of Polars. The vectors move into a shared buffer.
fn lend(typed: &mut TypedColumn, name: PlSmallStr) -> Lent {
    let validity = validity(&typed.states, |state| state == CellState::Value);
    let (buffer, series) = match &mut typed.values {
        ColumnValues::Integers(values) => {
            let buffer = Buffer::from_vec(std::mem::take(values));
            let series = Int64Chunked::with_chunk(name, array(&buffer, validity)).into_series();
            (LentBuffer::I64(buffer), series)
        }
        ColumnValues::Datetimes(values) => {
            let buffer = Buffer::from_vec(std::mem::take(values));
            let series = Int64Chunked::with_chunk(name, array(&buffer, validity))
                .into_datetime(TimeUnit::Microseconds, None)
                .into_series();
            (LentBuffer::I64(buffer), series)
        }
        ColumnValues::Times(values) => {
            // Polars stores times as nanoseconds.
            let nanoseconds: Buffer<i64> = values.iter().map(|micros| micros * 1000).collect::<Vec<_>>().into();
            let series = Int64Chunked::with_chunk(name, array(&nanoseconds, validity)).into_time().into_series();
            (LentBuffer::None, series)
        }
        ColumnValues::Numbers { values, .. } => {
            let buffer = Buffer::from_vec(std::mem::take(values));
            let series = Float64Chunked::with_chunk(name, array(&buffer, validity)).into_series();
            (LentBuffer::F64(buffer), series)
        }
        ColumnValues::Dates(values) => {
            let buffer = Buffer::from_vec(std::mem::take(values));
            let series = Int32Chunked::with_chunk(name, array(&buffer, validity)).into_date().into_series();
            (LentBuffer::I32(buffer), series)
        }
        ColumnValues::YearMonths(values) => {
            let buffer = Buffer::from_vec(std::mem::take(values));
            let series = Int32Chunked::with_chunk(name, array(&buffer, validity)).into_series();
            (LentBuffer::I32(buffer), series)
        }
        ColumnValues::Booleans(values) => {
            let bits: Bitmap = values.iter().copied().collect();
            let array =
                polars_arrow::array::BooleanArray::new(polars_arrow::datatypes::ArrowDataType::Boolean, bits, validity);
            (LentBuffer::None, BooleanChunked::with_chunk(name, array).into_series())
        }
        ColumnValues::Texts(spans) => (LentBuffer::None, Series::full_null(name, spans.len(), &DataType::String)),
    };
    Lent { buffer, column: series.into_column() }
}

impl LentBuffer {
    fn give_back(self, typed: &mut TypedColumn) {
        match (self, &mut typed.values) {
            (Self::I64(buffer), ColumnValues::Integers(values) | ColumnValues::Datetimes(values)) => {
                *values = take_back(buffer)
            }
            (Self::I32(buffer), ColumnValues::Dates(values) | ColumnValues::YearMonths(values)) => {
                *values = take_back(buffer)
            }
            (Self::F64(buffer), ColumnValues::Numbers { values, .. }) => *values = take_back(buffer),
            _ => {}
        }
    }
}

/// Returns the vector inside the buffer; copies it only if Polars still holds the buffer.
fn take_back<T: Clone>(buffer: Buffer<T>) -> Vec<T> {
    buffer.into_mut().right_or_else(|held| held.to_vec())
}
