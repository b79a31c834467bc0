//! The values of keys, as they are written into fingerprints.

use sluice_csv::{Chunk, Dialect};

use crate::parse::ExactDecimal;
use crate::resolve::fingerprint::FingerprintWriter;
use crate::types::FieldType;
use crate::typing::column::Column;
use crate::typing::values::{CellState, ColumnValues, NO_SCALE, RawCell, TypedColumn};

/// A typed chunk, from which keys are read.
#[derive(Clone, Copy)]
pub(crate) struct TypedChunk<'c> {
    pub(crate) chunk: &'c Chunk,
    pub(crate) columns: &'c [Column],
    pub(crate) typed: &'c [TypedColumn],
    pub(crate) dialect: &'c Dialect,
}

/// Writes the value of a cell into a fingerprint. Returns `None`, and writes nothing, if the cell has no value.
pub(super) fn write(
    column: usize,
    row: usize,
    TypedChunk { chunk, columns, typed, dialect }: TypedChunk<'_>,
    scratch: &mut Vec<u8>,
    writer: &mut FingerprintWriter,
) -> Option<()> {
    let TypedColumn { values, states, .. } = &typed[column];
    let cell = RawCell { chunk, dialect, row, column };
    if let ColumnValues::Texts(spans) = values {
        let text = spans[row].resolved(cell, scratch)?;
        write_text(&columns[column], text, writer);
        return Some(());
    }
    if matches!(states[row], CellState::Missing | CellState::Failed) {
        return None;
    }
    match values {
        ColumnValues::Texts(_) => {}
        ColumnValues::Datetimes(values) | ColumnValues::Times(values) if states[row] == CellState::Inexact => {
            writer.time_with_nanoseconds(values[row], typed[column].nanoseconds_in(row));
        }
        ColumnValues::Integers(values) | ColumnValues::Datetimes(values) | ColumnValues::Times(values) => {
            writer.integer(values[row])
        }
        ColumnValues::Dates(values) | ColumnValues::YearMonths(values) => writer.integer(values[row].into()),
        ColumnValues::Booleans(values) => writer.integer(values[row].into()),
        ColumnValues::Numbers { values, mantissas, scales } => {
            if scales[row] != NO_SCALE {
                writer.decimal(mantissas[row], scales[row]);
            } else if !values[row].is_finite() {
                writer.not_finite(values[row]);
            } else {
                let text = cell.text(scratch);
                writer.exact_decimal(&exact(&columns[column].kind, text));
            }
        }
    }
    Some(())
}

/// Writes a text, or the canonical text of its value.
fn write_text(column: &Column, text: &[u8], writer: &mut FingerprintWriter) {
    match column.kind.as_type().key(text) {
        Some(text) => writer.text(&text),
        None => writer.text(text),
    }
}

/// Returns the exact value of a number from the whole text of its cell; only columns of [`ColumnValues::Numbers`] have cells that need it.
fn exact(kind: &FieldType, text: &[u8]) -> ExactDecimal {
    match kind {
        FieldType::Number(number) => number.exact(text),
        FieldType::String(_)
        | FieldType::Integer(_)
        | FieldType::Boolean(_)
        | FieldType::Date(_)
        | FieldType::Datetime(_)
        | FieldType::Time(_)
        | FieldType::Year(_)
        | FieldType::YearMonth(_)
        | FieldType::Any(_)
        | FieldType::Duration(_)
        | FieldType::Object(_)
        | FieldType::Array(_)
        | FieldType::List(_)
        | FieldType::Geopoint(_)
        | FieldType::Geojson(_) => ExactDecimal::default(),
    }
}
