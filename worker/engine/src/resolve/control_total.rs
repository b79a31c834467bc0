//! The exact sum of a column over all rows that are read, for the control total of a trailer.
//!
//! The statistics of a report sum clean rows and round once; the total that a sender declares is the exact sum of all rows.

use crate::typing::values::{CellState, ColumnValues, NO_SCALE, TypedColumn};

/// The numbers of digits that summed decimals may have behind the point: 0 to 22.
const SCALES: usize = 23;

/// A sum of integers and decimals of up to 18 digits.
#[derive(Clone, Debug, Default)]
pub(crate) struct ControlTotal {
    /// Sums of mantissas, by the number of digits behind the point. They do not overflow: 128 bits hold the sum of 2⁶⁴ mantissas.
    by_scale: [i128; SCALES],
    /// The number of cells whose exact decimal is not known: infinities, NaN, and decimals of more digits.
    unknown: u64,
}

impl ControlTotal {
    /// Adds the cells of a column that are of its type.
    pub(crate) fn add(&mut self, column: &TypedColumn) {
        let has_value = |state: &CellState| matches!(state, CellState::Value | CellState::Inexact);
        match &column.values {
            ColumnValues::Integers(values) => {
                let of_type = values.iter().zip(&column.states).filter(|(_, state)| has_value(state));
                self.by_scale[0] += of_type.map(|(&value, _)| i128::from(value)).sum::<i128>();
            }
            ColumnValues::Numbers { mantissas, scales, .. } => {
                for ((&mantissa, &scale), state) in mantissas.iter().zip(scales).zip(&column.states) {
                    if !has_value(state) {
                        continue;
                    }
                    match self.by_scale.get_mut(usize::from(scale)).filter(|_| scale != NO_SCALE) {
                        Some(sum) => *sum += i128::from(mantissa),
                        None => self.unknown += 1,
                    }
                }
            }
            // The descriptor is refused if it asks for the sum of such a field.
            ColumnValues::Texts(_)
            | ColumnValues::Booleans(_)
            | ColumnValues::Dates(_)
            | ColumnValues::Datetimes(_)
            | ColumnValues::Times(_)
            | ColumnValues::YearMonths(_) => {}
        }
    }

    /// Adds the sum of the cells that another thread has read.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.by_scale.iter_mut().zip(&other.by_scale) {
            *mine += theirs;
        }
        self.unknown += other.unknown;
    }

    /// Returns the sum as a plain decimal without zeros at its end; `None` if it is not known exactly.
    pub(crate) fn text(&self) -> Option<String> {
        if self.unknown > 0 {
            return None;
        }
        let most = self.by_scale.iter().rposition(|sum| *sum != 0).unwrap_or(0);
        let mut sum = 0i128;
        for of_scale in &self.by_scale[..=most] {
            sum = sum.checked_mul(10)?.checked_add(*of_scale)?;
        }
        let digits = format!("{:0>1$}", sum.unsigned_abs(), most + 1);
        let (whole, fraction) = digits.split_at(digits.len() - most);
        let fraction = fraction.trim_end_matches('0');
        let (sign, point) = (if sum < 0 { "-" } else { "" }, if fraction.is_empty() { "" } else { "." });
        Some(format!("{sign}{whole}{point}{fraction}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(decimals: &[(i64, u8)]) -> TypedColumn {
        TypedColumn {
            values: ColumnValues::Numbers {
                values: vec![0.0; decimals.len()],
                mantissas: decimals.iter().map(|decimal| decimal.0).collect(),
                scales: decimals.iter().map(|decimal| decimal.1).collect(),
            },
            states: vec![CellState::Value; decimals.len()],
            ..TypedColumn::default()
        }
    }

    fn sum(decimals: &[(i64, u8)]) -> Option<String> {
        let mut total = ControlTotal::default();
        total.add(&numbers(decimals));
        total.text()
    }

    #[test]
    fn decimals_are_summed_exactly() {
        assert_eq!(sum(&[(1, 1), (2, 1)]).as_deref(), Some("0.3"));
        assert_eq!(sum(&[(9950, 2), (5, 1), (-1, 0)]).as_deref(), Some("99"));
        assert_eq!(sum(&[(-5, 2)]).as_deref(), Some("-0.05"));
        assert_eq!(sum(&[(i64::MAX, 0), (i64::MAX, 0)]).as_deref(), Some("18446744073709551614"));
        assert_eq!(sum(&[]).as_deref(), Some("0"));
        assert_eq!(sum(&[(100, 2), (1, 22)]).as_deref(), Some("1.0000000000000000000001"));
    }

    #[test]
    fn a_column_with_an_unknown_decimal_has_no_sum() {
        assert_eq!(sum(&[(1, 0), (0, NO_SCALE)]), None);
    }

    #[test]
    fn cells_that_are_not_of_the_type_are_left_out() {
        let mut column = numbers(&[(1, 0), (5, 0), (7, 0)]);
        column.states[1] = CellState::Failed;
        column.states[2] = CellState::Missing;
        let mut total = ControlTotal::default();
        total.add(&column);
        let mut both = total.clone();
        both.merge(&total);
        assert_eq!(both.text().as_deref(), Some("2"));
    }
}
