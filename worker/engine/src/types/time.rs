//! `time`: a time of day.

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

/// Time of day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time(pub TemporalFormat);

pub(super) fn read(place: &Place<'_>, format: Format<'_>) -> Option<Time> {
    temporal::read(place, format, Purpose::Time).map(Time)
}

impl Type for Time {
    fn name(&self) -> &'static str {
        "time"
    }

    fn noun(&self) -> &'static str {
        "a time"
    }

    fn remedy(&self) -> &'static str {
        temporal::REMEDY
    }

    fn expectation(&self) -> String {
        format!("a time{}", self.0.words("hh:mm:ss"))
    }

    fn variant(&self) -> Option<&'static str> {
        self.0.variant()
    }

    fn form(&self) -> String {
        self.0.form("hh:mm:ss")
    }

    fn is_ordered(&self) -> bool {
        true
    }

    fn read_literal(&self, literal: &Literal<'_>) -> Result<LiteralValue, NotAValue> {
        let text = literal.text.as_bytes();
        let value = parse::time(text, &self.0).map(Scalar::Time);
        of_type(value).map(|value| LiteralValue { nanoseconds: parse::nanoseconds(text, &self.0), ..value })
    }

    fn read_cells(&self, typing: &mut Typing<'_>, cells: ColumnCells<'_>) {
        let reader = TimeReader::of_times(&self.0, |text: &[u8]| parse::time(text, &self.0));
        typing.read_times(&reader, ColumnValues::Times, cells);
    }

    fn statistics(&self) -> StatisticsKind {
        StatisticsKind::Temporal(TemporalUnit::Time)
    }
}
