//! `datetime`: a day and a time, with or without an offset.

use super::temporal::{self};
use super::{ColumnCells, Format, Literal, LiteralValue, NotAValue, Type, of_type};
use crate::bound::Scalar;
use crate::document::place::Place;
use crate::parse;
use crate::parse::TemporalFormat;
use crate::parse::strptime::Purpose;
use crate::types::{StatisticsKind, TemporalUnit};
use crate::typing::cells::Typing;
use crate::typing::times::TimeReader;
use crate::typing::values::ColumnValues;

/// Date and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datetime(pub TemporalFormat);

pub(super) fn read(place: &Place<'_>, format: Format<'_>) -> Option<Datetime> {
    temporal::read(place, format, Purpose::Datetime).map(Datetime)
}

impl Type for Datetime {
    fn name(&self) -> &'static str {
        "datetime"
    }

    fn noun(&self) -> &'static str {
        "a datetime"
    }

    fn remedy(&self) -> &'static str {
        temporal::REMEDY
    }

    fn expectation(&self) -> String {
        format!("a date and time{}", self.0.words("YYYY-MM-DDThh:mm:ss"))
    }

    fn variant(&self) -> Option<&'static str> {
        self.0.variant()
    }

    fn form(&self) -> String {
        self.0.form("YYYY-MM-DDThh:mm:ss")
    }

    fn is_ordered(&self) -> bool {
        true
    }

    fn read_literal(&self, literal: &Literal<'_>) -> Result<LiteralValue, NotAValue> {
        let text = literal.text.as_bytes();
        let value = parse::datetime(text, &self.0).map(Scalar::Datetime);
        of_type(value).map(|value| LiteralValue { nanoseconds: parse::nanoseconds(text, &self.0), ..value })
    }

    fn read_cells(&self, typing: &mut Typing<'_>, cells: ColumnCells<'_>) {
        let reader = TimeReader::of_datetimes(&self.0, |text: &[u8]| parse::datetime(text, &self.0));
        typing.read_times(&reader, ColumnValues::Datetimes, cells);
    }

    fn statistics(&self) -> StatisticsKind {
        StatisticsKind::Temporal(TemporalUnit::Datetime)
    }
}
