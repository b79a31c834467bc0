//! `year`: XML Schema's gYear.

use super::{ColumnCells, Format, JsonType, Literal, LiteralValue, NotAValue, Type, of_type};
use crate::bound::Scalar;
use crate::document::place::Place;
use crate::fault::CellFault;
use crate::parse;
use crate::types::{StatisticsKind, TemporalUnit};
use crate::typing::cells::Typing;
use crate::typing::shortcut::RecentCells;
use crate::typing::values::ColumnValues;

/// XML Schema gYear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Year;

pub(super) fn read(place: &Place<'_>, format: Format<'_>) -> Option<Year> {
    format.only_default(place, "year").map(|()| Year)
}

#[cold]
fn fault(text: &[u8]) -> CellFault {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let is_long = digits.len() > 18 && digits[0] != b'0' && digits.iter().all(u8::is_ascii_digit);
    if is_long { CellFault::Range } else { CellFault::Type }
}

impl Type for Year {
    fn name(&self) -> &'static str {
        "year"
    }

    fn noun(&self) -> &'static str {
        "a year"
    }

    fn remedy(&self) -> &'static str {
        "write a year such as 2024"
    }

    fn expectation(&self) -> String {
        "a year (YYYY)".to_owned()
    }

    fn out_of_range(&self) -> String {
        "a year of more than 18 digits".to_owned()
    }

    fn is_ordered(&self) -> bool {
        true
    }

    fn read_literal(&self, literal: &Literal<'_>) -> Result<LiteralValue, NotAValue> {
        match literal.json_type {
            JsonType::String => of_type(parse::year(literal.text.as_bytes()).map(Scalar::Integer)),
            // A number of JSON is the year itself, which may have fewer digits than its text.
            JsonType::Number | JsonType::Boolean(_) | JsonType::Container => literal.json_integer(),
        }
    }

    fn read_cells(&self, typing: &mut Typing<'_>, cells: ColumnCells<'_>) {
        let values = cells.typed.take_i64(ColumnValues::Integers);
        typing.read_typed(cells, values, RecentCells::default(), |text| parse::year(text).ok_or_else(|| fault(text)));
    }

    fn statistics(&self) -> StatisticsKind {
        StatisticsKind::Temporal(TemporalUnit::Year)
    }
}
