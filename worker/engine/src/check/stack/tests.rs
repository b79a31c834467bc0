#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use proptest::prelude::*;

use super::*;
use crate::check::frame::FrameChecks;
use crate::fault::FaultLocation;
use crate::parse::{Affixes, TemporalFormat};
use crate::types::FieldType;
use crate::types::{Date, Datetime, Field as Declared, Integer, Number, Time, YearMonth};

fn kind(which: usize) -> FieldType {
    match which {
        0 => FieldType::Integer(Integer { affixes: Affixes::Refused, group_char: None }),
        1 => FieldType::Number(Number { affixes: Affixes::Refused, group_char: None, decimal_char: '.' }),
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
        // Values are shifted, as there are no times below 0.
        FieldType::Time(_) => Value::Time(value + 10),
        FieldType::Datetime(_) => Value::Datetime(value),
        FieldType::YearMonth(YearMonth) => Value::YearMonth(value as i32),
        _ => Value::Integer(value),
    }
}

fn values(kind: &FieldType, cells: &[Option<i64>]) -> ColumnValues {
    let integers = || cells.iter().map(|cell| cell.unwrap_or_default());
    match kind {
        FieldType::Number(_) => ColumnValues::Numbers {
            values: integers().map(|value| value as f64).collect(),
            mantissas: integers().collect(),
            scales: vec![0; cells.len()],
        },
        FieldType::Date(_) => ColumnValues::Dates(integers().map(|value| value as i32).collect()),
        FieldType::YearMonth(YearMonth) => ColumnValues::YearMonths(integers().map(|value| value as i32).collect()),
        FieldType::Time(_) => ColumnValues::Times(integers().map(|value| value + 10).collect()),
        FieldType::Datetime(_) => ColumnValues::Datetimes(integers().collect()),
        _ => ColumnValues::Integers(integers().collect()),
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
            states: vec![CellState::Value; rows],
            ..TypedColumn::default()
        })
        .collect();
    let members: Vec<&StackedColumn<i64>> = stacks.integers.iter().collect();
    let (mut frames, mut expressions) = (0, 0);
    for members in members.chunks(columns_at_once(rows)) {
        let Frame { columns, checks } = stack(members, ConstraintSubset::All, rows, &typed);
        assert!(columns.iter().all(|column| column.len() == rows * members.len() && column.len() <= CELLS));
        frames += 1;
        expressions += checks.len();
    }
    // One frame for each 32 Ki cells, and one expression for each kind of constraint in it.
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

/// The expected faults, found row by row without Polars.
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
            states: cells.iter().map(|cell| if cell.is_some() { CellState::Value } else { CellState::Missing }).collect(),
            has_gaps: true,
            ..TypedColumn::default()
        }).collect();
        let mut faults = Vec::new();
        checks.evaluate(7 * repeats, &mut typed, &mut faults).unwrap();
        let mut found: Vec<_> = faults.iter().map(|fault| match (fault.location(), fault.fault) {
            (FaultLocation::Cell(column), CellFault::Constraint(constraint)) => (fault.row, column as u32, constraint),
            _ => unreachable!("only constraints are checked here"),
        }).collect();
        found.sort();
        prop_assert_eq!(found, plainly(&columns, &cells));
    }
}
