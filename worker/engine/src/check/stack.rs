//! Many columns as one: the typed columns of a chunk on top of each other, with their bounds beside them, so that the number of
//! expressions does not depend on the number of columns. Enumerations of any length are an expression that looks values up in sets
//! made when the descriptor was read.

use polars::prelude::*;
use polars_arrow::bitmap::{Bitmap, BitmapBuilder};

use crate::bound::{Bound, Enumeration, Scalar as Value};
use crate::check::evaluation::{COMPARISONS, FrameError, array, each_true, select};
use crate::fault::{CellFault, Constraint, PlacedFault};
use crate::types::Constraints;
use crate::typing::column::Column as Checked;
use crate::typing::values::{State, TypedColumn, Values};

/// Cells of a frame: what it holds of them and their bounds stays in the cache, and is 2 MiB at most.
const CELLS: usize = 32 << 10;

/// Bounds that a column may have.
const BOUNDS: [Constraint; 4] =
    [Constraint::Minimum, Constraint::Maximum, Constraint::ExclusiveMinimum, Constraint::ExclusiveMaximum];

/// Which of the constraints are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    All,
    LongEnumerations,
}

/// The columns with constraints: those of numbers, and those of all other types, whose values are integers.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    integers: Vec<Member<i64>>,
    doubles: Vec<Member<f64>>,
}

/// One column of a stack.
#[derive(Clone, Debug)]
struct Member<T> {
    index: usize,
    bounds: [Option<T>; BOUNDS.len()],
    enumeration: Option<Enumeration>,
}

impl<T> Member<T> {
    /// The column; `None` when it has no constraint.
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

/// A value of a stack.
trait Stacked: Copy + Default + polars_arrow::types::NativeType {
    fn series(name: &'static str, values: Vec<Self>, validity: Option<Bitmap>) -> Series;
    fn is_in(self, values: &Enumeration) -> bool;
    /// Appends the values of a column.
    fn stack(typed: &TypedColumn, values: &mut Vec<Self>);
    fn values(column: &Column) -> PolarsResult<Vec<Option<Self>>>;
}

impl Stacked for i64 {
    fn series(name: &'static str, values: Vec<Self>, validity: Option<Bitmap>) -> Series {
        Int64Chunked::with_chunk(name.into(), array(&values.into(), validity)).into_series()
    }

    fn is_in(self, values: &Enumeration) -> bool {
        values.holds_integer(self)
    }

    fn stack(typed: &TypedColumn, values: &mut Vec<Self>) {
        match &typed.values {
            Values::Integers(column) | Values::Datetimes(column) | Values::Times(column) => values.extend(column),
            Values::Dates(column) | Values::YearMonths(column) => values.extend(column.iter().map(|&it| i64::from(it))),
            Values::Booleans(column) => values.extend(column.iter().map(|&it| i64::from(it))),
            Values::Numbers { .. } | Values::Texts(_) => {}
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

    fn stack(typed: &TypedColumn, values: &mut Vec<Self>) {
        if let Values::Numbers { values: column, .. } = &typed.values {
            values.extend(column);
        }
    }

    fn values(column: &Column) -> PolarsResult<Vec<Option<Self>>> {
        Ok(column.f64()?.iter().collect())
    }
}

impl Stacks {
    /// Adds a column, if it has a bound or an enumeration.
    pub(crate) fn add(&mut self, index: usize, column: &Checked) {
        if matches!(column.kind, crate::types::FieldType::Number(_)) {
            self.doubles.extend(Member::of(index, column, |bound| match bound.value {
                Value::Number(value) => Some(value),
                _ => None,
            }));
        } else {
            self.integers.extend(Member::of(index, column, |bound| integer(&bound.value)));
        }
    }

    /// Evaluates the constraints over a chunk of `rows` rows, at least one, and appends what is broken.
    ///
    /// # Errors
    /// When Polars fails, which is a defect of this program.
    pub(crate) fn evaluate(
        &self,
        share: Share,
        rows: usize,
        typed: &[TypedColumn],
        faults: &mut Vec<PlacedFault>,
    ) -> Result<(), FrameError> {
        evaluate(&self.integers, share, rows, typed, faults)?;
        evaluate(&self.doubles, share, rows, typed, faults)
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
    members: &[Member<T>],
    share: Share,
    rows: usize,
    typed: &[TypedColumn],
    faults: &mut Vec<PlacedFault>,
) -> Result<(), FrameError> {
    let wanted: Vec<&Member<T>> =
        members.iter().filter(|member| share == Share::All || member.has_long_enumeration()).collect();
    for members in wanted.chunks(columns_at_once(rows)) {
        let (columns, checks) = stack(members, share, rows, typed);
        let (expressions, meaning): (Vec<Expr>, Vec<Constraint>) = checks.into_iter().unzip();
        let found = select(rows * members.len(), columns, &expressions)?;
        for (column, constraint) in found.columns().iter().zip(meaning) {
            let fault = CellFault::Constraint(constraint);
            each_true(column.bool()?, |cell| {
                let (member, row) = (cell / rows, cell % rows);
                faults.push(PlacedFault { row: row as u32, column: members[member].index as u32, fault });
            });
        }
    }
    Ok(())
}

/// As many whole columns as fit in a frame; of a long one, one.
fn columns_at_once(rows: usize) -> usize {
    (CELLS / rows).max(1)
}

/// The columns of a frame, and the expressions over them.
fn stack<T: Stacked>(
    members: &[&Member<T>],
    share: Share,
    rows: usize,
    typed: &[TypedColumn],
) -> (Vec<Column>, Vec<(Expr, Constraint)>) {
    let mut values = Vec::with_capacity(rows * members.len());
    let mut validity = BitmapBuilder::with_capacity(values.capacity());
    for member in members {
        let typed = &typed[member.index];
        T::stack(typed, &mut values);
        typed.states.iter().for_each(|&state| validity.push(state == State::Value));
    }
    let mut columns = vec![T::series("value", values, Some(validity.freeze())).into_column()];
    let mut checks = Vec::new();
    let cell = || col("value");
    for (nth, constraint) in BOUNDS.into_iter().enumerate() {
        const NAMES: [&str; BOUNDS.len()] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
        if share == Share::LongEnumerations || members.iter().all(|member| member.bounds[nth].is_none()) {
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
        checks.push((broken.alias(format!("broken {}", NAMES[nth])), constraint));
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
        checks.push((broken.alias("broken enum"), Constraint::Enum));
    }
    (columns, checks)
}

/// Whether each value is in none of the values of its column; no value is broken by none.
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

/// A value for each column, and for each of its rows.
fn repeated<T: Stacked>(name: &'static str, of_columns: impl Iterator<Item = Option<T>>, rows: usize) -> Series {
    let (mut values, mut validity) = (Vec::new(), BitmapBuilder::new());
    for value in of_columns {
        values.resize(values.len() + rows, value.unwrap_or_default());
        validity.extend_constant(rows, value.is_some());
    }
    T::series(name, values, Some(validity.freeze()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use proptest::prelude::*;

    use super::*;
    use crate::check::frame::FrameChecks;
    use crate::parse::TemporalFormat;
    use crate::types::FieldType;
    use crate::types::{Date, Datetime, Field as Declared, Integer, Number, Time, YearMonth};

    fn kind(which: usize) -> FieldType {
        match which {
            0 => FieldType::Integer(Integer { bare_number: true, group_char: None }),
            1 => FieldType::Number(Number { bare_number: true, group_char: None, decimal_char: '.' }),
            2 => FieldType::Date(Date(TemporalFormat::Default)),
            3 => FieldType::Time(Time(TemporalFormat::Default)),
            4 => FieldType::Datetime(Datetime(TemporalFormat::Default)),
            _ => FieldType::YearMonth(YearMonth),
        }
    }

    fn scalar(kind: &FieldType, value: i64) -> Value {
        match kind {
            FieldType::Number(_) => Value::Number(value as f64),
            FieldType::Date(_) => Value::Date(value as i32),
            // There are no times below 0.
            FieldType::Time(_) => Value::Time(value + 10),
            FieldType::Datetime(_) => Value::Datetime(value),
            FieldType::YearMonth(YearMonth) => Value::YearMonth(value as i32),
            _ => Value::Integer(value),
        }
    }

    fn values(kind: &FieldType, cells: &[Option<i64>]) -> Values {
        let integers = || cells.iter().map(|cell| cell.unwrap_or_default());
        match kind {
            FieldType::Number(_) => Values::Numbers {
                values: integers().map(|value| value as f64).collect(),
                mantissas: integers().collect(),
                scales: vec![0; cells.len()],
            },
            FieldType::Date(_) => Values::Dates(integers().map(|value| value as i32).collect()),
            FieldType::YearMonth(YearMonth) => Values::YearMonths(integers().map(|value| value as i32).collect()),
            FieldType::Time(_) => Values::Times(integers().map(|value| value + 10).collect()),
            FieldType::Datetime(_) => Values::Datetimes(integers().collect()),
            _ => Values::Integers(integers().collect()),
        }
    }

    #[test]
    fn the_number_of_expressions_does_not_depend_on_the_number_of_columns() {
        let bounds = (Some(0), Some(9), Some(-1), Some(10), Some((0..20).collect()));
        let columns: Vec<Checked> = (0..4096).map(|_| column(0, &bounds)).collect();
        let mut stacks = Stacks::default();
        columns.iter().enumerate().for_each(|(index, column)| stacks.add(index, column));
        let rows = 64;
        let typed: Vec<TypedColumn> = (0..columns.len())
            .map(|_| TypedColumn {
                values: values(&kind(0), &vec![Some(5); rows]),
                states: vec![State::Value; rows],
                ..TypedColumn::default()
            })
            .collect();
        let members: Vec<&Member<i64>> = stacks.integers.iter().collect();
        let (mut frames, mut expressions) = (0, 0);
        for members in members.chunks(columns_at_once(rows)) {
            let (columns, checks) = stack(members, Share::All, rows, &typed);
            assert!(columns.iter().all(|column| column.len() == rows * members.len() && column.len() <= CELLS));
            frames += 1;
            expressions += checks.len();
        }
        // A frame for each 32 Ki cells, and an expression for each constraint that there is.
        assert_eq!((frames, expressions), (8, 40));
        assert_eq!(columns_at_once(10 * CELLS), 1);
    }

    type Bounds = (Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<Vec<i64>>);

    fn column(which: usize, bounds: &Bounds) -> Checked {
        let kind = kind(which);
        let bound = |value: i64| Bound::new(value.to_string(), scalar(&kind, value));
        let (minimum, maximum, exclusive_minimum, exclusive_maximum, list) = bounds;
        let constraints = Constraints {
            minimum: minimum.map(bound),
            maximum: maximum.map(bound),
            exclusive_minimum: exclusive_minimum.map(bound),
            exclusive_maximum: exclusive_maximum.map(bound),
            enumeration: list.as_ref().map(|list| list.iter().copied().map(bound).collect::<Vec<_>>().into()),
            ..Constraints::default()
        };
        let field = Declared { name: String::new(), kind, constraints, missing_values: vec![String::new()].into() };
        Checked::new(&field, false)
    }

    /// Row by row, without Polars.
    fn plainly(columns: &[(usize, Bounds)], cells: &[Vec<Option<i64>>]) -> Vec<(u32, u32, Constraint)> {
        let mut found = Vec::new();
        for (index, ((_, (minimum, maximum, above, below, list)), cells)) in columns.iter().zip(cells).enumerate() {
            for (row, value) in cells.iter().enumerate().filter_map(|(row, cell)| Some((row, (*cell)?))) {
                let broken = [
                    (minimum.is_some_and(|bound| value < bound), Constraint::Minimum),
                    (maximum.is_some_and(|bound| value > bound), Constraint::Maximum),
                    (above.is_some_and(|bound| value <= bound), Constraint::ExclusiveMinimum),
                    (below.is_some_and(|bound| value >= bound), Constraint::ExclusiveMaximum),
                    (list.as_ref().is_some_and(|list| !list.contains(&value)), Constraint::Enum),
                ];
                let broken = broken.into_iter().filter(|(broken, _)| *broken);
                found.extend(broken.map(|(_, constraint)| (row as u32, index as u32, constraint)));
            }
        }
        found.sort();
        found
    }

    fn bounds() -> impl Strategy<Value = Bounds> {
        let bound = || prop::option::of(-3..3i64);
        let list = prop::collection::vec(-4..4i64, 1..12);
        (bound(), bound(), bound(), bound(), prop::option::of(list))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(80))]

        #[test]
        fn columns_on_top_of_each_other_break_what_they_break_alone(
            columns in prop::collection::vec((0..6usize, bounds()), 1..9),
            cells in prop::collection::vec(prop::collection::vec(prop::option::of(-5..5i64), 7), 8),
            repeats in prop_oneof![Just(1usize), Just(5000)],
        ) {
            let cells: Vec<Vec<Option<i64>>> = cells.iter().map(|cells| cells.repeat(repeats)).collect();
            let checks = FrameChecks::new(&columns.iter().map(|(which, bounds)| column(*which, bounds)).collect::<Vec<_>>(), &[]);
            let mut typed: Vec<TypedColumn> = columns.iter().zip(&cells).map(|((which, _), cells)| TypedColumn {
                values: values(&kind(*which), cells),
                states: cells.iter().map(|cell| if cell.is_some() { State::Value } else { State::Missing }).collect(),
                gaps: true,
                ..TypedColumn::default()
            }).collect();
            let mut faults = Vec::new();
            checks.evaluate(7 * repeats, &mut typed, &mut faults).unwrap();
            let mut found: Vec<_> = faults.iter().map(|fault| match fault.fault {
                CellFault::Constraint(constraint) => (fault.row, fault.column, constraint),
                _ => unreachable!("only constraints are checked here"),
            }).collect();
            found.sort();
            prop_assert_eq!(found, plainly(&columns, &cells));
        }
    }
}
