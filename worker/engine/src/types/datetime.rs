//! `datetime`: a day and a time, with or without an offset.

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

    fn is_ordered(&self) -> bool {
        true
    }

    fn value(&self, literal: &Literal<'_>) -> Result<Value, NotAValue> {
        of_type(parse::datetime(literal.text.as_bytes(), &self.0).map(Scalar::Datetime))
    }

    fn read_cells(&self, typing: &mut Typing<'_>, cells: ColumnCells<'_>) {
        let values = cells.typed.take_i64();
        typing.typed::<true, _>(cells, values, Values::Datetimes, |text| {
            parse::datetime(text, &self.0).ok_or(CellFault::Type)
        });
    }

    fn statistics(&self) -> Kind {
        Kind::Temporal(Temporal::Datetime)
    }
}
