//! `any`: whatever the cell holds.

use super::{ColumnCells, Format, Literal, LiteralValue, NotAValue, StringFormat, Type};
use crate::document::place::Place;
use crate::types::StatisticsKind;
use crate::typing::cells::Typing;

/// The type of fields that accept every text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Any;

pub(super) fn read(place: &Place<'_>, format: Format<'_>) -> Option<Any> {
    format.only_default(place, "any").map(|()| Any)
}

impl Type for Any {
    fn name(&self) -> &'static str {
        "any"
    }

    fn noun(&self) -> &'static str {
        "a text"
    }

    fn remedy(&self) -> &'static str {
        "write a text between quotes"
    }

    fn expectation(&self) -> String {
        "a value".to_owned()
    }

    fn is_ordered(&self) -> bool {
        false
    }

    fn is_text(&self) -> bool {
        true
    }

    fn read_literal(&self, literal: &Literal<'_>) -> Result<LiteralValue, NotAValue> {
        literal.as_text()
    }

    fn read_cells(&self, typing: &mut Typing<'_>, cells: ColumnCells<'_>) {
        typing.read_texts(StringFormat::Default, cells);
    }

    fn statistics(&self) -> StatisticsKind {
        StatisticsKind::Text
    }
}
