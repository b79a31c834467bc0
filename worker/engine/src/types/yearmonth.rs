//! `yearmonth`: XML Schema's gYearMonth.

use super::{ColumnCells, Format, Literal, LiteralValue, NotAValue, Type, of_type};
use crate::bound::Scalar;
use crate::document::place::Place;
use crate::fault::CellFault;
use crate::parse;
use crate::types::{StatisticsKind, TemporalUnit};
use crate::typing::cells::Typing;
use crate::typing::shortcut::LatestCell;
use crate::typing::values::ColumnValues;

/// XML Schema gYearMonth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearMonth;

pub(super) fn read(place: &Place<'_>, format: Format<'_>) -> Option<YearMonth> {
    format.only_default(place, "yearmonth").map(|()| YearMonth)
}

impl Type for YearMonth {
    fn name(&self) -> &'static str {
        "yearmonth"
    }

    fn noun(&self) -> &'static str {
        "a yearmonth"
    }

    fn remedy(&self) -> &'static str {
        "write a month such as \"2024-07\""
    }

    fn expectation(&self) -> String {
        "a year and month (YYYY-MM)".to_owned()
    }

    fn is_ordered(&self) -> bool {
        true
    }

    fn read_literal(&self, literal: &Literal<'_>) -> Result<LiteralValue, NotAValue> {
        of_type(parse::year_month(literal.text.as_bytes()).map(Scalar::YearMonth))
    }

    fn read_cells(&self, typing: &mut Typing<'_>, cells: ColumnCells<'_>) {
        let values = cells.typed.take_i32(ColumnValues::YearMonths);
        typing.read_typed(cells, values, LatestCell::default(), |text| parse::year_month(text).ok_or(CellFault::Type));
    }

    fn statistics(&self) -> StatisticsKind {
        StatisticsKind::Temporal(TemporalUnit::YearMonth)
    }
}
