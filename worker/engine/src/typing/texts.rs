//! Reads columns of texts, and checks their format and constraints.

use std::ops::RangeInclusive;

use crate::fault::{CellFault, Constraint, PlacedFault};
use crate::parse;
use crate::parse::StringFormat;
use crate::parse::characters;
use crate::types::ColumnCells;
use crate::types::Constraints;
use crate::typing::cells::Typing;
use crate::typing::column::Column;
use crate::typing::shortcut::{LatestCell, Shortcut};
use crate::typing::valid_cache::{ValidCache, pack_cell};
use crate::typing::values::{ColumnValues, RawCell, Span};

impl Typing<'_> {
    /// Reads texts, which stay in the chunk, and checks their format and constraints.
    pub(crate) fn read_texts(&mut self, format: StringFormat, cells: ColumnCells<'_>) {
        let ColumnCells { column, index, typed, cache } = cells;
        let spans = self.extend_spans(column, index, typed);
        if !column.accepts_any_text() {
            let cache = cache.get_or_insert_with(|| ValidCache::for_columns(self.chunk.columns()));
            self.check_texts(&TextChecks::new(column, format), index, &spans, cache);
        }
        typed.values = ColumnValues::Texts(spans);
    }

    /// Checks the format and the constraints of texts.
    fn check_texts(&mut self, checks: &TextChecks<'_>, index: usize, spans: &[Span], cache: &mut ValidCache) {
        let Self { chunk, rows, dialect, scratch, faults, .. } = self;
        let data = chunk.bytes();
        // Only valid cells are remembered: an invalid cell that is repeated has its fault each time.
        let mut latest = LatestCell::default();
        let mut seen = rows.start;
        let is_surely_valid = |cache: &ValidCache, &span: &Span| {
            if checks.has_only_lengths {
                (span == Span::MISSING) | (span.is_in_chunk() & checks.valid_bytes.contains(&(span.len() as u64)))
            } else {
                cache.holds(pack_cell(data, span))
            }
        };
        while let Some(valid) = spans[seen..].iter().position(|span| !is_surely_valid(cache, span)) {
            let row = seen + valid;
            let span = spans[row];
            seen = row + 1;
            if latest.value(data, span).is_some() {
                continue;
            }
            let Some(text) = span.resolved(RawCell { chunk, dialect, row, column: index }, scratch) else {
                continue;
            };
            let before = faults.len();
            checks.find(text, |fault| faults.push(PlacedFault::of_cell(row, index, fault)));
            if faults.len() == before && !cache.note(pack_cell(data, span)) && span.is_in_chunk() {
                latest.note(span.text(data), ());
            }
        }
    }
}

/// The checks of the texts of a column: format and constraints.
struct TextChecks<'c> {
    column: &'c Column,
    format: StringFormat,
    has_length: bool,
    shortest: u64,
    longest: u64,
    /// Lengths in bytes for which the length in characters is always valid.
    valid_bytes: RangeInclusive<u64>,
    /// Whether only the length is checked.
    has_only_lengths: bool,
}

impl<'c> TextChecks<'c> {
    fn new(column: &'c Column, format: StringFormat) -> Self {
        let Constraints { min_length, max_length, .. } = column.constraints;
        let has_length = min_length.is_some() || max_length.is_some();
        let (shortest, longest) = (min_length.unwrap_or(0), max_length.unwrap_or(u64::MAX));
        // A character has one to four bytes, so most lengths in bytes decide the length in characters.
        let valid_bytes = (shortest.saturating_sub(1).saturating_mul(4).saturating_add(shortest.min(1)))..=longest;
        let has_only_lengths =
            format == StringFormat::Default && column.pattern.is_none() && column.text_enumeration.is_none();
        Self { column, format, has_length, shortest, longest, valid_bytes, has_only_lengths }
    }

    /// Calls `at_fault` with each fault of a text.
    #[inline(always)]
    fn find(&self, text: &[u8], mut at_fault: impl FnMut(CellFault)) {
        if self.format != StringFormat::Default && !parse::string_matches(text, self.format) {
            return at_fault(CellFault::Type);
        }
        let mut breaks = |constraint| at_fault(CellFault::Constraint(constraint));
        if self.has_length && !self.valid_bytes.contains(&(text.len() as u64)) {
            let characters = characters(text);
            if characters < self.shortest {
                breaks(Constraint::MinLength);
            }
            if characters > self.longest {
                breaks(Constraint::MaxLength);
            }
        }
        let Column { pattern, text_enumeration, constraints, .. } = self.column;
        if pattern.as_ref().is_some_and(|pattern| !pattern.is_match(text)) {
            breaks(Constraint::Pattern);
        }
        for bound in &constraints.category_bounds {
            if bound.broken_by.holds(text) {
                breaks(bound.constraint);
            }
        }
        if text_enumeration.as_ref().is_some_and(|values| !values.holds_text(text)) {
            breaks(Constraint::Enum);
        }
    }
}
