//! The check that numbers have no more digits than `sluice.decimals` says.

use sluice_csv::unquote;

use crate::fault::{CellFault, Constraint, PlacedFault};
use crate::types::{DecimalDigits, Number};
use crate::typing::cells::Typing;
use crate::typing::values::{NO_SCALE, State, TypedColumn, Values};

/// Appends a fault for each number that is not a decimal of these digits. A number that was read without its exact decimal (one with an
/// exponent, or with more than 18 digits, most of which are zeros) gets the decimal that it is stored as.
pub(super) fn check(
    typing: &mut Typing<'_>,
    index: usize,
    (number, digits): (&Number, DecimalDigits),
    typed: &mut TypedColumn,
) {
    let TypedColumn { values: Values::Numbers { values, mantissas, scales }, states, .. } = typed else { return };
    for row in typing.rows.clone() {
        if !matches!(states[row], State::Value | State::Inexact) {
            continue;
        }
        let unscaled = if scales[row] != NO_SCALE {
            digits.unscaled(mantissas[row], scales[row].into())
        } else if values[row].is_finite() {
            let raw = typing.chunk.cell(typing.chunk.index.rows[row], index);
            let decimal = number.exact(unquote(raw, typing.dialect, typing.scratch)).mantissa_and_exponent();
            decimal.and_then(|(mantissa, exponent)| digits.unscaled(mantissa, -exponent))
        } else {
            None
        };
        match unscaled {
            Some(unscaled) if scales[row] == NO_SCALE => (mantissas[row], scales[row]) = (unscaled, digits.scale),
            Some(_) => {}
            None => {
                let fault = CellFault::Constraint(Constraint::Decimal);
                typing.faults.push(PlacedFault::of_cell(row, index, fault));
            }
        }
    }
}
