//! Many columns as one: the typed columns of a chunk on top of each other, with their bounds beside them, so that the
//! number of expressions does not depend on the number of columns. Enumerations of any length are an expression that
//! looks values up in sets, which were made when the descriptor was read.

use polars::prelude::*;
use polars_arrow::bitmap::{Bitmap, BitmapBuilder};

use crate::bound::{Bound, Enumeration, Scalar as Value};
use crate::check::evaluation::{COMPARISONS, FrameError, Violation, array, each_true, select};
use crate::fault::{CellFault, Constraint, PlacedFault};
use crate::types::{Constraints, StatisticsKind};
use crate::typing::column::Column as Checked;
use crate::typing::values::{CellState, ColumnValues, TypedColumn};

/// Cells of a frame. What a frame holds of them and their bounds is at most 2 MiB, and stays in the cache.
const CELLS: usize = 32 << 10;

/// Bounds that a column may have.
const BOUNDS: [Constraint; 4] =
    [Constraint::Minimum, Constraint::Maximum, Constraint::ExclusiveMinimum, Constraint::ExclusiveMaximum];

/// Which of the constraints are to be evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConstraintSubset {
    All,
    LongEnumerations,
}

/// The columns with constraints: columns of numbers, and columns of all other types, whose values are integers.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    integers: Vec<StackedColumn<i64>>,
    doubles: Vec<StackedColumn<f64>>,
}

/// One column of a stack.
#[derive(Clone, Debug)]
struct StackedColumn<T> {
    index: usize,
    bounds: [Option<T>; BOUNDS.len()],
    enumeration: Option<Enumeration>,
}

impl<T> StackedColumn<T> {
    /// Returns the column as a member of a stack; `None` if it has no constraint.
    fn of(index: usize, column: &Checked, value: impl Fn(&Bound) -> Option<T>) -> Option<Self> {
        let Constraints { minimum, maximum, exclusive_minimum, exclusive_maximum, enumeration, .. } =
            &column.constraints;
        let bounds =
            [minimum, maximum, exclusive_minimum, exclusive_maximum].map(|bound| bound.as_ref().and_then(&value));
        let has_any = enumeration.is_some() || bounds.iter().any(Option::is_some);
        has_any.then(|| Self { index, bounds, enumeration: enumeration.clone() })
    }

    fn has_long_enumeration(&self) -> bool {
        self.enumeration.as_deref().is_some_and(|values| values.len() > COMPARISONS)
    }
}

impl<T: Stacked> StackedColumn<T> {
    /// Returns false if every value of a chunk is certain to keep the constraints, with 0 in place of missing cells.
    /// That is so in most chunks, and to find it out costs less than an expression.
    fn may_be_broken(&self, typed: &TypedColumn) -> bool {
        let [minimum, maximum, above, below] = self.bounds;
        let keeps = |bound: Option<T>, keeps: fn(T, T) -> bool| {
            bound.is_none_or(|bound| T::fold(typed, true, |all, value| all & keeps(value, bound)))
        };
        self.enumeration.is_some()
            || !keeps(minimum, |value, bound| value >= bound)
            || !keeps(maximum, |value, bound| value <= bound)
            || !keeps(above, |value, bound| value > bound)
            || !keeps(below, |value, bound| value < bound)
    }
}

/// A value of a stack.
trait Stacked: Copy + Default + PartialOrd + polars_arrow::types::NativeType {
    fn series(name: &'static str, values: Vec<Self>, validity: Option<Bitmap>) -> Series;
    fn is_in(self, values: &Enumeration) -> bool;
    /// Folds the values of a column.
    fn fold<A>(typed: &TypedColumn, start: A, next: impl FnMut(A, Self) -> A) -> A;
    fn values(column: &Column) -> PolarsResult<Vec<Option<Self>>>;
}

impl Stacked for i64 {
    fn series(name: &'static str, values: Vec<Self>, validity: Option<Bitmap>) -> Series {
        Int64Chunked::with_chunk(name.into(), array(&values.into(), validity)).into_series()
    }

    fn is_in(self, values: &Enumeration) -> bool {
        values.holds_integer(self)
    }

    fn fold<A>(typed: &TypedColumn, start: A, next: impl FnMut(A, Self) -> A) -> A {
        match &typed.values {
            ColumnValues::Integers(column) | ColumnValues::Datetimes(column) | ColumnValues::Times(column) => {
                column.iter().copied().fold(start, next)
            }
            ColumnValues::Dates(column) | ColumnValues::YearMonths(column) => {
                column.iter().map(|&it| i64::from(it)).fold(start, next)
            }
            ColumnValues::Booleans(column) => column.iter().map(|&it| i64::from(it)).fold(start, next),
            ColumnValues::Numbers { .. } | ColumnValues::Texts(_) => start,
        }
    }

    fn values(column: &Column) -> PolarsResult<Vec<Option<Self>>> {
        Ok(column.i64()?.iter().collect())
    }
}

impl Stacked for f64 {
    fn series(name: &'static str, values: Vec<Self>, validity: Option<Bitmap>) -> Series {
        Float64Chunked::with_chunk(name.into(), array(&values.into(), validity)).into_series()
    }

    fn is_in(self, values: &Enumeration) -> bool {
        values.holds_double(self)
    }

    fn fold<A>(typed: &TypedColumn, start: A, next: impl FnMut(A, Self) -> A) -> A {
        match &typed.values {
            ColumnValues::Numbers { values, .. } => values.iter().copied().fold(start, next),
            _ => start,
        }
    }

    fn values(column: &Column) -> PolarsResult<Vec<Option<Self>>> {
        Ok(column.f64()?.iter().collect())
    }
}

impl Stacks {
    /// Adds a column, if it has a bound or an enumeration.
    pub(crate) fn add(&mut self, index: usize, column: &Checked) {
        match column.kind.as_type().statistics() {
            StatisticsKind::Number => {
                self.doubles.extend(StackedColumn::of(index, column, |bound| double(&bound.value)))
            }
            StatisticsKind::Integer | StatisticsKind::Temporal(_) | StatisticsKind::Boolean | StatisticsKind::Text => {
                self.integers.extend(StackedColumn::of(index, column, |bound| integer(&bound.value)));
            }
        }
    }

    /// Returns false if no value of a chunk can break a constraint.
    pub(crate) fn may_be_broken(&self, typed: &[TypedColumn]) -> bool {
        self.integers.iter().any(|member| member.may_be_broken(&typed[member.index]))
            || self.doubles.iter().any(|member| member.may_be_broken(&typed[member.index]))
    }

    /// Evaluates the constraints over a chunk of `rows` rows, at least one, and appends the faults.
    ///
    /// # Errors
    /// When Polars fails, which is a defect of this program.
    pub(crate) fn evaluate(
        &self,
        subset: ConstraintSubset,
        rows: usize,
        typed: &[TypedColumn],
        faults: &mut Vec<PlacedFault>,
    ) -> Result<(), FrameError> {
        evaluate(&self.integers, subset, rows, typed, faults)?;
        evaluate(&self.doubles, subset, rows, typed, faults)
    }
}

fn double(value: &Value) -> Option<f64> {
    match *value {
        Value::Number(value) => Some(value),
        Value::Integer(_)
        | Value::Datetime(_)
        | Value::Time(_)
        | Value::Date(_)
        | Value::YearMonth(_)
        | Value::Boolean(_)
        | Value::String(_)
        | Value::Duration(_) => None,
    }
}

fn integer(value: &Value) -> Option<i64> {
    match *value {
        Value::Integer(value) | Value::Datetime(value) | Value::Time(value) => Some(value),
        Value::Date(value) | Value::YearMonth(value) => Some(value.into()),
        Value::Boolean(value) => Some(value.into()),
        Value::Number(_) | Value::String(_) | Value::Duration(_) => None,
    }
}

fn evaluate<T: Stacked>(
    members: &[StackedColumn<T>],
    subset: ConstraintSubset,
    rows: usize,
    typed: &[TypedColumn],
    faults: &mut Vec<PlacedFault>,
) -> Result<(), FrameError> {
    let is_wanted = |member: &&StackedColumn<T>| match subset {
        ConstraintSubset::All => member.may_be_broken(&typed[member.index]),
        ConstraintSubset::LongEnumerations => member.has_long_enumeration(),
    };
    let wanted: Vec<&StackedColumn<T>> = members.iter().filter(is_wanted).collect();
    for members in wanted.chunks(columns_at_once(rows)) {
        let Frame { columns, checks } = stack(members, subset, rows, typed);
        let (expressions, constraints): (Vec<Expr>, Vec<Constraint>) =
            checks.into_iter().map(|check| (check.broken, check.constraint)).unzip();
        let found = select(rows * members.len(), columns, &expressions)?;
        for (column, constraint) in found.columns().iter().zip(constraints) {
            let fault = CellFault::Constraint(constraint);
            each_true(column.bool()?, |cell| {
                let (member, row) = (cell / rows, cell % rows);
                faults.push(PlacedFault::of_cell(row, members[member].index, fault));
            });
        }
    }
    Ok(())
}

/// Returns how many whole columns fit in a frame; one if a column is longer than a frame.
fn columns_at_once(rows: usize) -> usize {
    (CELLS / rows).max(1)
}

/// The columns of a frame, and the expressions over them.
struct Frame {
    columns: Vec<Column>,
    checks: Vec<Violation>,
}

/// Puts columns on top of each other.
fn stack<T: Stacked>(
    members: &[&StackedColumn<T>],
    subset: ConstraintSubset,
    rows: usize,
    typed: &[TypedColumn],
) -> Frame {
    let mut values = Vec::with_capacity(rows * members.len());
    let mut validity = BitmapBuilder::with_capacity(values.capacity());
    for member in members {
        let typed = &typed[member.index];
        T::fold(typed, (), |(), value| values.push(value));
        typed.states.iter().for_each(|&state| validity.push(state == CellState::Value));
    }
    let mut columns = vec![T::series("value", values, Some(validity.freeze())).into_column()];
    let mut checks = Vec::new();
    let cell = || col("value");
    for (nth, constraint) in BOUNDS.into_iter().enumerate() {
        const NAMES: [&str; BOUNDS.len()] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
        if subset == ConstraintSubset::LongEnumerations || members.iter().all(|member| member.bounds[nth].is_none()) {
            continue;
        }
        columns.push(repeated(NAMES[nth], members.iter().map(|member| member.bounds[nth]), rows).into_column());
        let bound = col(NAMES[nth]);
        let broken = match constraint {
            Constraint::Minimum => cell().lt(bound),
            Constraint::Maximum => cell().gt(bound),
            Constraint::ExclusiveMinimum => cell().lt_eq(bound),
            _ => cell().gt_eq(bound),
        };
        checks.push(Violation { constraint, broken: broken.alias(format!("broken {}", NAMES[nth])) });
    }
    if members.iter().any(|member| member.enumeration.is_some()) {
        let which = (0..members.len() as u32).flat_map(|member| std::iter::repeat_n(member, rows));
        columns.push(UInt32Chunked::from_iter_values("which".into(), which).into_column());
        let sets: Vec<Option<Enumeration>> = members.iter().map(|member| member.enumeration.clone()).collect();
        let broken = cell().map_many(
            move |columns| not_in::<T>(&sets, columns),
            &[col("which")],
            |_, fields| Ok(Field::new(fields[0].name().clone(), DataType::Boolean)),
        );
        checks.push(Violation { constraint: Constraint::Enum, broken: broken.alias("broken enum") });
    }
    Frame { columns, checks }
}

/// Returns a Boolean column: true for a value that is not in the enumeration of its column. A column without an
/// enumeration has no such value.
fn not_in<T: Stacked>(sets: &[Option<Enumeration>], columns: &[Column]) -> PolarsResult<Column> {
    let [values, which] = columns else {
        polars_bail!(ComputeError: "values and their columns are two");
    };
    let which = which.u32()?.iter();
    let is_broken = |(value, which): (Option<T>, Option<u32>)| {
        let set = which.and_then(|which| sets.get(which as usize)?.as_ref());
        value.zip(set).is_some_and(|(value, set)| !value.is_in(set))
    };
    let broken = T::values(values)?.into_iter().zip(which).map(is_broken);
    Ok(BooleanChunked::from_iter_values(values.name().clone(), broken).into_column())
}

/// Returns a series in which the value of each column is repeated for each row.
fn repeated<T: Stacked>(name: &'static str, of_columns: impl Iterator<Item = Option<T>>, rows: usize) -> Series {
    let (mut values, mut validity) = (Vec::new(), BitmapBuilder::new());
    for value in of_columns {
        values.resize(values.len() + rows, value.unwrap_or_default());
        validity.extend_constant(rows, value.is_some());
    }
    T::series(name, values, Some(validity.freeze()))
}

#[cfg(test)]
mod tests;
