//! `date`: a day of the calendar.

use super::temporal::{self};
use super::{ColumnCells, Format, Literal, LiteralValue, NotAValue, Type, of_type};
use crate::bound::Scalar;
use crate::document::place::Place;
use crate::parse;
use crate::parse::TemporalFormat;
use crate::parse::strptime::Purpose;
use crate::types::{StatisticsKind, TemporalUnit};
use crate::typing::cells::Typing;
use crate::typing::shortcut::LatestCell;
use crate::typing::values::ColumnValues;

/// Calendar date, proleptic Gregorian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Date(pub TemporalFormat);

pub(super) fn read(place: &Place<'_>, format: Format<'_>) -> Option<Date> {
    temporal::read(place, format, Purpose::Date).map(Date)
}

impl Type for Date {
    fn name(&self) -> &'static str {
        "date"
    }

    fn noun(&self) -> &'static str {
        "a date"
    }

    fn remedy(&self) -> &'static str {
        temporal::REMEDY
    }

    fn expectation(&self) -> String {
        format!("a date{}", self.0.words("YYYY-MM-DD"))
    }

    fn variant(&self) -> Option<&'static str> {
        self.0.variant()
    }

    fn form(&self) -> String {
        self.0.form("YYYY-MM-DD")
    }

    fn is_ordered(&self) -> bool {
        true
    }

    fn read_literal(&self, literal: &Literal<'_>) -> Result<LiteralValue, NotAValue> {
        of_type(parse::date(literal.text.as_bytes(), &self.0).map(Scalar::Date))
    }

    fn read_cells(&self, typing: &mut Typing<'_>, cells: ColumnCells<'_>) {
        let values = cells.typed.take_i32(ColumnValues::Dates);
        typing.read_typed(cells, values, LatestCell::default(), |text| {
            parse::date(text, &self.0).ok_or_else(|| parse::why_not(text, &self.0, Purpose::Date))
        });
    }

    fn statistics(&self) -> StatisticsKind {
        StatisticsKind::Temporal(TemporalUnit::Date)
    }
}
