//! Reads columns whose cells stay in the chunk as texts, and whose values are parsed only to be checked.

use crate::fault::{CellFault, Constraint, PlacedFault};
use crate::types::{ColumnCells, Constraints, TextValue};
use crate::typing::bounds::check_bounds;
use crate::typing::cells::Typing;
use crate::typing::column::Column;
use crate::typing::shortcut::{LatestCell, Shortcut};
use crate::typing::valid_cache::{ValidCache, pack_cell};
use crate::typing::values::{ColumnValues, RawCell};

impl Typing<'_> {
    /// Reads the cells of a column and appends their faults. The texts stay in the chunk.
    pub(crate) fn read_text_values<V: TextValue>(&mut self, kind: &V, cells: ColumnCells<'_>) {
        let ColumnCells { column, index, typed, cache } = cells;
        let spans = self.extend_spans(column, index, typed);
        let cache = cache.get_or_insert_with(|| ValidCache::for_columns(self.chunk.columns()));
        let Self { chunk, rows, dialect, scratch, faults, .. } = self;
        let data = chunk.bytes();
        // Only valid cells are remembered: an invalid cell that is repeated has its fault each time.
        let mut latest = LatestCell::default();
        for row in rows.clone() {
            let span = spans[row];
            let packed = pack_cell(data, span);
            if cache.holds(packed) || latest.value(data, span).is_some() {
                continue;
            }
            let Some(text) = span.resolved(RawCell { chunk, dialect, row, column: index }, scratch) else {
                continue;
            };
            let before = faults.len();
            check(kind, column, text, |fault| {
                faults.push(PlacedFault::of_cell(row, index, fault));
            });
            if faults.len() == before && !cache.note(packed) && span.is_in_chunk() {
                latest.note(span.text(data), ());
            }
        }
        typed.values = ColumnValues::Texts(spans);
    }
}

/// Calls `at_fault` with each fault of a text.
fn check<V: TextValue>(kind: &V, column: &Column, text: &[u8], mut at_fault: impl FnMut(CellFault)) {
    if !column.constraints.compare_values() {
        if !kind.is_valid(text) {
            at_fault(CellFault::Type);
        }
        return;
    }
    let Some(value) = kind.read(text) else {
        return at_fault(CellFault::Type);
    };
    let mut breaks = |constraint| at_fault(CellFault::Constraint(constraint));
    let Constraints { min_length, max_length, json_schema, .. } = &column.constraints;
    if min_length.is_some_and(|least| kind.length(&value) < least) {
        breaks(Constraint::MinLength);
    }
    if max_length.is_some_and(|most| kind.length(&value) > most) {
        breaks(Constraint::MaxLength);
    }
    check_bounds(&column.constraints, |bound| kind.compare(&value, &bound.value), &mut breaks);
    if column.text_enumeration.as_ref().is_some_and(|values| !values.holds_text(&kind.canonical(&value))) {
        breaks(Constraint::Enum);
    }
    if let (Some(schema), Some(json)) = (json_schema, kind.json(&value))
        && !schema.is_valid(json)
    {
        breaks(Constraint::JsonSchema);
    }
}
