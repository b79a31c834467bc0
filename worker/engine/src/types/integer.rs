//! `integer`: 64 bits with a sign.

use super::number::{affixes, separator};
use super::{ColumnCells, Format, JsonType, Literal, LiteralValue, NotAValue, Type};
use crate::bound::Scalar;
use crate::document::place::Place;
use crate::fault::CellFault;
use crate::parse;
use crate::parse::{Affixes, IntegerError};
use crate::types::StatisticsKind;
use crate::typing::cells::Typing;

/// −2⁶³ … 2⁶³−1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer {
    /// What is done with text around the number.
    pub affixes: Affixes,
    /// Separator of groups of digits.
    pub group_char: Option<char>,
}

pub(super) fn read(place: &Place<'_>, format: Format<'_>) -> Option<Integer> {
    let integer = Integer { affixes: affixes(place), group_char: separator(place, "groupChar") };
    format.only_default(place, "integer").map(|()| integer)
}

fn fault(error: IntegerError) -> CellFault {
    match error {
        IntegerError::NotAnInteger => CellFault::Type,
        IntegerError::OutOfRange => CellFault::Range,
    }
}

impl Type for Integer {
    fn name(&self) -> &'static str {
        "integer"
    }

    fn noun(&self) -> &'static str {
        "an integer"
    }

    fn remedy(&self) -> &'static str {
        "write a number or drop the constraint"
    }

    fn expectation(&self) -> String {
        "an integer".to_owned()
    }

    fn out_of_range(&self) -> String {
        format!("an integer outside {}..{}", i64::MIN, i64::MAX)
    }

    fn is_ordered(&self) -> bool {
        true
    }

    fn has_sum(&self) -> bool {
        true
    }

    fn read_literal(&self, literal: &Literal<'_>) -> Result<LiteralValue, NotAValue> {
        match literal.json_type {
            JsonType::String => {
                let parsed = parse::integer(literal.text.as_bytes(), self.affixes, self.group_char);
                Ok(Scalar::Integer(parsed?).into())
            }
            JsonType::Number | JsonType::Boolean(_) | JsonType::Container => literal.json_integer(),
        }
    }

    fn read_cells(&self, typing: &mut Typing<'_>, cells: ColumnCells<'_>) {
        let &Self { affixes, group_char } = self;
        // The common form gets a loop of its own, in which the parser is inlined.
        if affixes == Affixes::Refused && group_char.is_none() {
            typing.read_integers(cells, |text| parse::integer(text, Affixes::Refused, None).map_err(fault));
        } else {
            typing.read_integers(cells, |text| parse::integer(text, affixes, group_char).map_err(fault));
        }
    }

    fn statistics(&self) -> StatisticsKind {
        StatisticsKind::Integer
    }
}
