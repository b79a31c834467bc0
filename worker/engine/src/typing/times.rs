//! Reads columns of times and datetimes: their microseconds, and the nanoseconds that some have beyond them.

use std::cell::Cell as Flag;

use crate::bound::PreciseTime;
use crate::fault::{CellFault, Constraint, PlacedFault};
use crate::parse;
use crate::parse::strptime::Purpose;
use crate::parse::{PatternItem, TemporalFormat};
use crate::types::ColumnCells;
use crate::typing::bounds::check_bounds;
use crate::typing::cell_reader::Cell;
use crate::typing::cells::Typing;
use crate::typing::shortcut::LatestCell;
use crate::typing::values::{CellNanoseconds, CellState, ColumnValues};

/// The length of the shortest time of day with nanoseconds: seven digits behind the point.
const SHORTEST_WITH_NANOSECONDS: usize = "hhmmss.fffffff".len();

/// How the texts of a column are read as microseconds.
pub(crate) struct TimeReader<'f, P> {
    pub(crate) format: &'f TemporalFormat,
    pub(crate) parse: P,
    purpose: Purpose,
    may_have_nanoseconds: MayHaveNanoseconds,
}

/// A condition that every text with nanoseconds meets. It is cheap, and most texts that have no nanoseconds do not meet it.
#[derive(Clone, Copy)]
enum MayHaveNanoseconds {
    /// There is a digit at this offset, the seventh behind the point.
    Digit(usize),
    /// The text has at least this many bytes.
    Bytes(usize),
}

impl MayHaveNanoseconds {
    #[inline]
    fn is_met_by(self, text: &[u8]) -> bool {
        match self {
            Self::Digit(at) => text.get(at).is_some_and(u8::is_ascii_digit),
            Self::Bytes(bytes) => text.len() >= bytes,
        }
    }
}

impl<'f, P: Fn(&[u8]) -> Option<i64>> TimeReader<'f, P> {
    pub(crate) fn of_times(format: &'f TemporalFormat, parse: P) -> Self {
        let may_have_nanoseconds = may_have_nanoseconds(format, "hh:mm:ss.ffffff".len(), SHORTEST_WITH_NANOSECONDS);
        Self { format, parse, purpose: Purpose::Time, may_have_nanoseconds }
    }

    pub(crate) fn of_datetimes(format: &'f TemporalFormat, parse: P) -> Self {
        let may_have_nanoseconds = may_have_nanoseconds(
            format,
            "yyyy-mm-ddThh:mm:ss.ffffff".len(),
            SHORTEST_WITH_NANOSECONDS + "yyyymmddT".len(),
        );
        Self { format, parse, purpose: Purpose::Datetime, may_have_nanoseconds }
    }
}

/// Returns the condition for a format. `at` is the offset of the seventh digit in the default format; `shortest` is the
/// length of the shortest text with a seventh digit in the format `any`.
fn may_have_nanoseconds(format: &TemporalFormat, at: usize, shortest: usize) -> MayHaveNanoseconds {
    match format {
        TemporalFormat::Default => MayHaveNanoseconds::Digit(at),
        TemporalFormat::Any => MayHaveNanoseconds::Bytes(shortest),
        // The fraction may be the only item of the pattern.
        TemporalFormat::Pattern(items) if items.contains(&PatternItem::Fraction) => {
            MayHaveNanoseconds::Bytes("fffffff".len())
        }
        TemporalFormat::Pattern(_) => MayHaveNanoseconds::Bytes(usize::MAX),
    }
}

impl Typing<'_> {
    /// Reads times or datetimes. If one has nanoseconds, a second pass finds all times that do, and compares them with
    /// all their digits.
    pub(crate) fn read_times<P: Fn(&[u8]) -> Option<i64>>(
        &mut self,
        reader: &TimeReader<'_, P>,
        variant: fn(Vec<i64>) -> ColumnValues,
        cells: ColumnCells<'_>,
    ) {
        let ColumnCells { column, index, typed, cache } = cells;
        let has_nanoseconds = Flag::new(false);
        let values = typed.take_i64(variant);
        let of_column = ColumnCells { column, index, typed: &mut *typed, cache };
        self.read_typed(of_column, values, LatestCell::default(), |text| {
            let value = (reader.parse)(text);
            if reader.may_have_nanoseconds.is_met_by(text) && parse::nanoseconds(text, reader.format) > 0 {
                has_nanoseconds.set(true);
            }
            value.ok_or_else(|| parse::why_not(text, reader.format, reader.purpose))
        });
        if has_nanoseconds.get() {
            self.check_precise_times(reader.format, ColumnCells { column, index, typed, cache: &mut None });
        }
    }

    /// Finds the values with nanoseconds, and compares them with their bounds and enumeration.
    #[cold]
    fn check_precise_times(&mut self, format: &TemporalFormat, cells: ColumnCells<'_>) {
        let ColumnCells { column, index, typed, .. } = cells;
        let raw = self.raw(column, index);
        let faults = &mut *self.faults;
        raw.each(self.scratch, |row, cell| {
            let Cell::Text(text) = cell else { return };
            let nanoseconds = parse::nanoseconds(text, format);
            if nanoseconds == 0 || typed.states[row] != CellState::Value {
                return;
            }
            typed.states[row] = CellState::Inexact;
            typed.nanoseconds.push(CellNanoseconds { row: row as u32, nanoseconds });
            let (ColumnValues::Times(values) | ColumnValues::Datetimes(values)) = &typed.values else { return };
            let time = PreciseTime { microseconds: values[row], nanoseconds };
            let mut breaks = |constraint| {
                let fault = CellFault::Constraint(constraint);
                faults.push(PlacedFault::of_cell(row, index, fault));
            };
            check_bounds(&column.constraints, |bound| Some(time.cmp(&bound.precise_time()?)), &mut breaks);
            if column.constraints.enumeration.as_ref().is_some_and(|values| !values.holds_precise_time(time)) {
                breaks(Constraint::Enum);
            }
        });
    }
}
