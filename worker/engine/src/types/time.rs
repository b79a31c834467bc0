//! `time`: a time of day.

use super::temporal::{self, TemporalFormat};
use super::{ColumnCells, Format, Literal, NotAValue, Type, Value, of_type};
use crate::check::fault::CellFault;
use crate::descriptor::Scalar;
use crate::descriptor::place::Place;
use crate::descriptor::strptime::Purpose;
use crate::emit::statistics::{Kind, Temporal};
use crate::typing::cells::Typing;
use crate::typing::parse;
use crate::typing::values::Values;

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

    fn is_ordered(&self) -> bool {
        true
    }

    fn value(&self, literal: &Literal<'_>) -> Result<Value, NotAValue> {
        of_type(parse::time(literal.text.as_bytes(), &self.0).map(Scalar::Time))
    }

    fn read_cells(&self, typing: &mut Typing<'_>, cells: ColumnCells<'_>) {
        let values = cells.typed.take_i64();
        typing.typed::<true, _>(cells, values, Values::Times, |text| parse::time(text, &self.0).ok_or(CellFault::Type));
    }

    fn statistics(&self) -> Kind {
        Kind::Temporal(Temporal::Time)
    }
}
