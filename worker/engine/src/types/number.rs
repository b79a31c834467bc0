//! `number`: a decimal with any number of digits. Comparisons are exact; computations use the nearest double.

use std::fmt;

use super::{ColumnCells, Format, JsonType, Literal, LiteralValue, NotAValue, Type};
use crate::bound::Scalar;
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::fault::CellFault;
use crate::parse;
use crate::parse::{Affixes, ExactDecimal};
use crate::shown::counted;
use crate::types::StatisticsKind;
use crate::typing::cells::Typing;

/// Decimal, with exponent, `NaN`, `INF`, `-INF`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// What is done with text around the number.
    pub affixes: Affixes,
    /// Separator of groups of digits.
    pub group_char: Option<char>,
    /// Decimal separator.
    pub decimal_char: char,
}

/// How many digits numbers may have, as in `DECIMAL(precision, scale)` of SQL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecimalDigits {
    /// Most digits: 1 to [`Self::MOST`].
    pub precision: u8,
    /// Most digits behind the decimal point: at most `precision`.
    pub scale: u8,
}

impl DecimalDigits {
    /// Most digits, all of which an integer of 64 bits holds.
    pub const MOST: u8 = 18;

    /// Returns the integer that a decimal is stored as: `mantissa`·10^−`scale` times 10^`self.scale`. Returns `None` if the decimal has too many
    /// digits. Zeros at the end behind the point do not count.
    pub(crate) fn unscaled(self, mut mantissa: i64, mut scale: i64) -> Option<i64> {
        if mantissa == 0 {
            return Some(0);
        }
        let wanted = i64::from(self.scale);
        while scale > wanted && mantissa % 10 == 0 {
            (mantissa, scale) = (mantissa / 10, scale - 1);
        }
        let zeros = u32::try_from(wanted - scale).ok()?;
        let unscaled = mantissa.checked_mul(10i64.checked_pow(zeros)?)?;
        (unscaled.unsigned_abs() < 10u64.pow(self.precision.into())).then_some(unscaled)
    }
}

impl fmt::Display for DecimalDigits {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { precision, scale } = self;
        let digits = counted((*precision).into(), "digit");
        write!(out, "at most {digits}, at most {scale} of them behind the point")
    }
}

/// Stands for a missing decimal separator. No text has this character: Unicode reserves it for internal use.
const NO_DECIMALS: char = '\u{10ffff}';

pub(super) fn read(place: &Place<'_>, format: Format<'_>) -> Option<Number> {
    let group_char = separator(place, "groupChar");
    let mut decimal_char = separator(place, "decimalChar").unwrap_or('.');
    if group_char == Some(decimal_char)
        && let Some(property) = place.get("groupChar")
    {
        property.warn(
            "groupChar and decimalChar are the same character: it separates groups, and the numbers have no decimals",
            "write another decimalChar, or remove groupChar",
        );
        decimal_char = NO_DECIMALS;
    }
    let number = Number { affixes: affixes(place), group_char, decimal_char };
    format.only_default(place, "number").map(|()| number)
}

/// Reads `bareNumber`: false means that a number may have text around it.
pub(super) fn affixes(place: &Place<'_>) -> Affixes {
    match place.get("bareNumber").and_then(|property| property.boolean()) {
        Some(false) => Affixes::Stripped,
        Some(true) | None => Affixes::Refused,
    }
}

/// Reads `groupChar` or `decimalChar`: one character that cannot be part of a number. Some tools write an empty `groupChar` when there is none.
pub(super) fn separator(place: &Place<'_>, name: &str) -> Option<char> {
    const REMEDY: &str = "write one character";
    let property = place.get(name)?;
    let text = property.string(REMEDY)?;
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) if character.is_ascii_alphanumeric() || matches!(character, '+' | '-') => {
            property.mistake(format_args!("{} is part of numbers", quoted(text)), "write another character");
            None
        }
        (Some(character), None) => Some(character),
        (None, _) if name == "groupChar" => None,
        (None, _) | (Some(_), Some(_)) => {
            property.mistake(format_args!("{} is not one character", quoted(text)), REMEDY);
            None
        }
    }
}

impl Number {
    /// Returns the fault of a text that is not read as a number.
    #[cold]
    pub(crate) fn fault(&self, text: &[u8]) -> CellFault {
        match parse::is_beyond_doubles(text, self.affixes, self.group_char, self.decimal_char) {
            true => CellFault::Range,
            false => CellFault::Type,
        }
    }

    /// The exact value of a text that is a finite number of this type.
    pub(crate) fn exact(&self, text: &[u8]) -> ExactDecimal {
        ExactDecimal::of(&parse::plain_decimal(text, self.affixes, self.group_char, self.decimal_char))
    }
}

impl Type for Number {
    fn name(&self) -> &'static str {
        "number"
    }

    fn noun(&self) -> &'static str {
        "a number"
    }

    fn remedy(&self) -> &'static str {
        "write a number or drop the constraint"
    }

    fn expectation(&self) -> String {
        "a number".to_owned()
    }

    fn out_of_range(&self) -> String {
        format!("a number beyond ±{:e}", f64::MAX)
    }

    fn is_ordered(&self) -> bool {
        true
    }

    fn has_sum(&self) -> bool {
        true
    }

    fn read_literal(&self, literal: &Literal<'_>) -> Result<LiteralValue, NotAValue> {
        let text = literal.text.as_bytes();
        let &Self { affixes, group_char, decimal_char } = self;
        let (number, decimal) = match literal.json_type {
            JsonType::String => {
                // Exact comparisons read plain decimals.
                let plain = parse::plain_decimal(text, affixes, group_char, decimal_char);
                let number = parse::number(text, affixes, group_char, decimal_char);
                (number, String::from_utf8(plain.into_owned()).ok())
            }
            JsonType::Number | JsonType::Boolean(_) | JsonType::Container => {
                (parse::number(text, Affixes::Refused, None, '.'), None)
            }
        };
        number
            .map(|number| LiteralValue { scalar: Scalar::Number(number.value), decimal, nanoseconds: 0 })
            .ok_or(NotAValue::Type)
    }

    fn read_cells(&self, typing: &mut Typing<'_>, cells: ColumnCells<'_>) {
        let &Self { affixes, group_char, decimal_char } = self;
        // The common form gets a loop of its own, in which the parser is inlined.
        if affixes == Affixes::Refused && group_char.is_none() && decimal_char == '.' {
            typing.read_numbers(self, Some(b'.'), cells, |text| parse::number(text, Affixes::Refused, None, '.'));
        } else {
            let parse = |text: &[u8]| parse::number(text, affixes, group_char, decimal_char);
            typing.read_numbers(self, parse::ascii_point(decimal_char), cells, parse);
        }
    }

    fn statistics(&self) -> StatisticsKind {
        StatisticsKind::Number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_fit_or_do_not() {
        let digits = DecimalDigits { precision: 5, scale: 2 };
        let cases = [
            ((12345, 2), Some(12345)),
            ((-12345, 2), Some(-12345)),
            ((123456, 2), None),
            ((999, 0), Some(99900)),
            ((1000, 0), None),
            ((1500, 3), Some(150)),
            ((1501, 3), None),
            ((1, -2), Some(10000)),
            ((1, -3), None),
            ((1, -300), None),
            ((10, 300), None),
            ((0, 300), Some(0)),
            ((i64::MIN, 0), None),
        ];
        for ((mantissa, scale), expected) in cases {
            assert_eq!(digits.unscaled(mantissa, scale), expected, "{mantissa}e-{scale}");
        }
        let widest = DecimalDigits { precision: DecimalDigits::MOST, scale: 0 };
        assert_eq!(widest.unscaled(999_999_999_999_999_999, 0), Some(999_999_999_999_999_999));
        assert_eq!(widest.unscaled(1_000_000_000_000_000_000, 0), None);
    }
}
