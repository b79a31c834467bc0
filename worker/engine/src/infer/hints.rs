//! What the whole file suggests about each of its columns: the order of day and month, and whether a point stands before decimals or between groups.

use sluice_csv::Dialect;

use super::candidate::{Candidate, Test};
use super::candidates::candidates;
use super::column::ColumnScan;

/// What the whole file suggests about each of its columns.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hints {
    /// Whether days stand before months, where a column of the file proves the order and none proves the other one: a day behind the twelfth stands first,
    /// or second.
    proven_day_first: Option<bool>,
    /// Whether cells are delimited by semicolons.
    has_semicolons: bool,
    /// The number of columns of numbers with a decimal comma.
    comma_columns: usize,
    /// Whether a column has points between groups of digits without doubt.
    has_point_groups: bool,
    /// Whether a column has points before decimals without doubt.
    has_point_decimals: bool,
}

/// What a point stands for in a column of numbers like `190.352`, which have three digits behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    /// Other columns have decimal commas or points between groups, and none has points before decimals.
    Groups,
    /// Other columns have points before decimals, and none has decimal commas or points between groups.
    Decimals,
    Unknown,
}

impl Hints {
    /// Returns the hints of a file.
    pub(super) fn of(dialect: &Dialect, columns: &[ColumnScan]) -> Self {
        let columns = || columns.iter().filter(|column| column.typed_values() > 0);
        let proves = |order: bool| columns().any(|column| proven_order(column) == Some(order));
        let proven_day_first = match (proves(true), proves(false)) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        };
        Self {
            proven_day_first,
            has_semicolons: dialect.delimiter == b';'.into(),
            comma_columns: columns().filter(|column| has_decimal_comma(column)).count(),
            has_point_groups: columns().any(has_point_groups),
            has_point_decimals: columns().any(has_point_decimals),
        }
    }

    /// Returns whether days probably stand before months: as a column proves, or else as countries that delimit cells with semicolons, or write
    /// decimal commas, have it.
    pub(super) fn day_first(self) -> bool {
        self.proven_day_first.unwrap_or(self.has_local_notation())
    }

    /// Returns the reason for [`Hints::day_first`].
    pub(super) fn order_reason(self) -> &'static str {
        match (self.proven_day_first, self.has_local_notation()) {
            (Some(true), _) => "another column has days behind the twelfth before its months",
            (Some(false), _) => "another column has days behind the twelfth after its months",
            (None, true) => "its semicolons or decimal commas are those of countries where days come first",
            (None, false) => "nothing shows that days come first",
        }
    }

    /// Returns true if cells are delimited by semicolons, or decimals stand behind a comma.
    pub(super) fn has_local_notation(self) -> bool {
        self.has_semicolons || self.comma_columns > 0
    }

    /// Returns true if another column than this one has decimal commas.
    pub(super) fn has_other_decimal_commas(self, column: &ColumnScan) -> bool {
        self.comma_columns > usize::from(has_decimal_comma(column))
    }

    /// Returns what a point stands for where the digits of a column do not tell.
    pub(super) fn point(self) -> Point {
        match (self.comma_columns > 0 || self.has_point_groups, self.has_point_decimals) {
            (true, false) => Point::Groups,
            (false, true) => Point::Decimals,
            _ => Point::Unknown,
        }
    }
}

/// Returns the index of the integer with points between groups that takes the same texts as a number with a decimal point, if it fits the column: every
/// fraction has three digits, behind one to three others.
pub(super) fn with_point_groups(column: &ColumnScan, number: usize) -> Option<usize> {
    let affixes = match &candidates()[number].test {
        Test::Number { group: None, decimal: '.', affixes } => *affixes,
        _ => return None,
    };
    let is_same =
        |other: &Candidate| matches!(&other.test, Test::Integer { group: Some('.'), affixes: its } if *its == affixes);
    column.fitting().find(|&other| is_same(&candidates()[other]))
}

fn has_decimal_comma(column: &ColumnScan) -> bool {
    candidates()[column.best()].has_decimal_comma()
}

/// Returns true if points are between groups of digits in a column, and cannot be before decimals: `1.234.567`.
fn has_point_groups(column: &ColumnScan) -> bool {
    candidates()[column.best()].group_of_integer() == Some('.') && !column.has_three_points
}

/// Returns true if points are before decimals in a column, and cannot be between groups of digits: `1.5`.
fn has_point_decimals(column: &ColumnScan) -> bool {
    let best = column.best();
    matches!(candidates()[best].test, Test::Number { decimal: '.', .. }) && with_point_groups(column, best).is_none()
}

/// Returns whether days stand before months in a column of dates of which one order of both fits, but not the other one.
fn proven_order(column: &ColumnScan) -> Option<bool> {
    let fits = |format: &str| column.fitting().any(|index| candidates()[index].properties.format == Some(format));
    let can_be_swapped = |format: &str| candidates().iter().any(|other| other.properties.format == Some(format));
    column.fitting().find_map(|index| {
        let order = candidates()[index].day_first()?;
        let swapped = swapped(candidates()[index].properties.format?);
        (can_be_swapped(&swapped) && !fits(&swapped)).then_some(order)
    })
}

/// Returns a format with day and month in each other's place.
fn swapped(format: &str) -> String {
    format.replace("%d", "\0").replace("%m", "%d").replace('\0', "%m")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(columns: &[&[&str]]) -> Hints {
        let of = |cells: &&[&str]| {
            let mut column = ColumnScan::new(columns.len());
            cells.iter().for_each(|cell| {
                column.add(cell.as_bytes(), &|| 1);
            });
            column
        };
        Hints::of(&Dialect::default(), &columns.iter().map(of).collect::<Vec<_>>())
    }

    #[test]
    fn a_day_behind_the_twelfth_proves_the_order_of_all_dates() {
        for (columns, expected) in [
            (&[&["20/01/2024", "13/07/2024"][..], &["04/09/2025"]][..], Some(true)),
            (&[&["01/20/2024 10:00"], &["04/09/2025"]], Some(false)),
            (&[&["20/01/2024"], &["01/20/2024"]], None),
            (&[&["04/09/2025"]], None),
            // Dates with points are written in one order only, and do not tell that of others.
            (&[&["20.01.2024"], &["04/09/2025"]], None),
        ] {
            assert_eq!(hints(columns).proven_day_first, expected, "{columns:?}");
        }
    }

    #[test]
    fn other_columns_tell_what_a_point_stands_for() {
        for (columns, expected) in [
            (&[&["190.352", "164.261"][..], &["5.171,31"]][..], Point::Groups),
            (&[&["190.352"], &["1.234.567", "12"]], Point::Groups),
            (&[&["190.352"], &["1.25"]], Point::Decimals),
            (&[&["190.352"], &["1.25"], &["1,5"]], Point::Unknown),
            (&[&["190.352"], &["7"]], Point::Unknown),
            (&[&["190.352"], &["192.168.178.200"]], Point::Unknown),
        ] {
            assert_eq!(hints(columns).point(), expected, "{columns:?}");
        }
    }
}
