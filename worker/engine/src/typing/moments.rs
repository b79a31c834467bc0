//! Times and datetimes: microseconds, and what some have beyond them.

use std::cell::Cell as Flag;

use crate::fault::{CellFault, Constraint, PlacedFault};
use crate::parse;
use crate::parse::strptime::Purpose;
use crate::parse::{PatternItem, TemporalFormat};
use crate::types::ColumnCells;
use crate::typing::cell_reader::{Cell, scan};
use crate::typing::cells::Typing;
use crate::typing::checked::check_bounds;
use crate::typing::values::{State, Values};

/// Shortest text of a time of day with seven digits behind the point.
const SHORTEST_FINER: usize = "hhmmss.fffffff".len();

/// How the texts of a column are read as microseconds.
pub(crate) struct MomentReader<'f, P> {
    pub(crate) format: &'f TemporalFormat,
    pub(crate) parse: P,
    purpose: Purpose,
    finer: FinerAt,
}

/// What a text needs to have nanoseconds: looked at in each cell, so that only few are searched for a fraction.
#[derive(Clone, Copy)]
enum FinerAt {
    /// A digit at this offset, the seventh behind the point.
    Digit(usize),
    /// At least so many bytes.
    Bytes(usize),
}

impl FinerAt {
    #[inline]
    fn may_be(self, text: &[u8]) -> bool {
        match self {
            Self::Digit(at) => text.get(at).is_some_and(u8::is_ascii_digit),
            Self::Bytes(bytes) => text.len() >= bytes,
        }
    }
}

impl<'f, P: Fn(&[u8]) -> Option<i64>> MomentReader<'f, P> {
    pub(crate) fn of_times(format: &'f TemporalFormat, parse: P) -> Self {
        Self { format, parse, purpose: Purpose::Time, finer: finer_at(format, "hh:mm:ss.ffffff".len(), SHORTEST_FINER) }
    }

    pub(crate) fn of_datetimes(format: &'f TemporalFormat, parse: P) -> Self {
        let finer = finer_at(format, "yyyy-mm-ddThh:mm:ss.ffffff".len(), SHORTEST_FINER + "yyyymmddT".len());
        Self { format, parse, purpose: Purpose::Datetime, finer }
    }
}

/// Where the seventh digit stands in the default format, and how long the shortest text with one is in format `any`.
fn finer_at(format: &TemporalFormat, at: usize, shortest: usize) -> FinerAt {
    match format {
        TemporalFormat::Default => FinerAt::Digit(at),
        TemporalFormat::Any => FinerAt::Bytes(shortest),
        // There may be nothing beside the fraction.
        TemporalFormat::Pattern(items) if items.contains(&PatternItem::Fraction) => FinerAt::Bytes("fffffff".len()),
        TemporalFormat::Pattern(_) => FinerAt::Bytes(usize::MAX),
    }
}

impl Typing<'_> {
    /// Reads times. Those that microseconds do not hold are found again in a second pass, and compared there with all their digits.
    pub(crate) fn moments<P: Fn(&[u8]) -> Option<i64>>(
        &mut self,
        reader: &MomentReader<'_, P>,
        into_values: fn(Vec<i64>) -> Values,
        cells: ColumnCells<'_>,
    ) {
        let ColumnCells { column, index, typed, cache } = cells;
        let has_finer = Flag::new(false);
        let values = typed.take_i64();
        let of_column = ColumnCells { column, index, typed: &mut *typed, cache };
        self.remembered(of_column, values, into_values, |text| {
            let value = (reader.parse)(text);
            if reader.finer.may_be(text) && parse::finer(text, reader.format) > 0 {
                has_finer.set(true);
            }
            value.ok_or_else(|| parse::why_not(text, reader.format, reader.purpose))
        });
        if has_finer.get() {
            self.compare_finer(reader.format, ColumnCells { column, index, typed, cache: &mut None });
        }
    }

    #[cold]
    fn compare_finer(&mut self, format: &TemporalFormat, cells: ColumnCells<'_>) {
        let ColumnCells { column, index, typed, .. } = cells;
        let Self { chunk, rows, dialect, not_utf8, scratch, faults } = self;
        scan(column, index, rows.clone(), chunk, dialect, not_utf8, scratch, |row, _, cell| {
            let Cell::Text(text) = cell else { return };
            let nanoseconds = parse::finer(text, format);
            if nanoseconds == 0 || typed.states[row] != State::Value {
                return;
            }
            typed.states[row] = State::Exact;
            typed.finer.push((row as u32, nanoseconds));
            let (Values::Times(values) | Values::Datetimes(values)) = &typed.values else { return };
            let moment = (values[row], nanoseconds);
            let mut breaks = |constraint| {
                let fault = CellFault::Constraint(constraint);
                faults.push(PlacedFault { row: row as u32, column: index as u32, fault });
            };
            check_bounds(&column.constraints, |bound| Some(moment.cmp(&bound.moment()?)), &mut breaks);
            if column.constraints.enumeration.as_ref().is_some_and(|values| !values.holds_moment(moment)) {
                breaks(Constraint::Enum);
            }
        });
    }
}
