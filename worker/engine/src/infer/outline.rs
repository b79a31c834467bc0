//! The outline of a text, found in one pass over its bytes: it spares most candidates reading the text.

use super::items::{self, is_never_in_item};

/// A notation of numbers that many candidates accept, or reject, whatever the digits are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberShape {
    /// Digits, perhaps behind a minus sign, without a needless zero in front: every kind of integer and number accepts it.
    Integer,
    /// An integer with a point and any number of digits except three behind it: of all numbers, those with a decimal point accept it.
    Decimal,
    /// An integer with a point and three digits, which are no group of digits because a zero or more than three digits stand in front: `0.125`,
    /// `1234.567`.
    Thousandths,
    /// An integer with a point and three digits that may be a group of digits: `1.234`.
    Group,
    /// Anything else.
    Other,
}

impl NumberShape {
    pub(super) const ALL: [Self; 5] = [Self::Integer, Self::Decimal, Self::Thousandths, Self::Group, Self::Other];

    pub(super) fn of(text: &[u8]) -> Self {
        let digits = text.strip_prefix(b"-").unwrap_or(text);
        let whole = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        // A number of more digits may exceed 64 bits.
        if whole == 0 || whole > 18 || whole > 1 && digits[0] == b'0' {
            return Self::Other;
        }
        match &digits[whole..] {
            [] => Self::Integer,
            [b'.', fraction @ ..] if !fraction.is_empty() && fraction.iter().all(u8::is_ascii_digit) => {
                match fraction.len() {
                    3 if whole > 3 || digits[0] == b'0' => Self::Thousandths,
                    3 => Self::Group,
                    _ => Self::Decimal,
                }
            }
            _ => Self::Other,
        }
    }
}

/// Kinds of bytes, one bit for each kind.
mod kind {
    pub(super) const DIGIT: u8 = 1;
    /// A point or a minus sign.
    pub(super) const MARK: u8 = 1 << 1;
    pub(super) const SEMICOLON: u8 = 1 << 2;
    pub(super) const PIPE: u8 = 1 << 3;
    pub(super) const COMMA: u8 = 1 << 4;
    /// See [`is_never_in_item`](super::is_never_in_item).
    pub(super) const NEVER_IN_ITEM: u8 = 1 << 5;
    pub(super) const BEYOND_ASCII: u8 = 1 << 6;
    pub(super) const OTHER: u8 = 1 << 7;
}

/// The kind of each byte.
const KINDS: [u8; 256] = {
    let mut kinds = [kind::OTHER; 256];
    let mut byte = 0;
    while byte < kinds.len() {
        kinds[byte] = match byte as u8 {
            b'0'..=b'9' => kind::DIGIT,
            b'.' | b'-' => kind::MARK,
            b';' => kind::SEMICOLON,
            b'|' => kind::PIPE,
            b',' => kind::COMMA,
            0x80.. => kind::BEYOND_ASCII,
            other if is_never_in_item(other) => kind::NEVER_IN_ITEM,
            _ => kind::OTHER,
        };
        byte += 1;
    }
    kinds
};

/// What is known about a text before any candidate reads it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outline {
    pub(super) shape: NumberShape,
    /// Whether the text can be an item of a list of texts, provided that it lacks the delimiter of that list.
    pub(super) is_item: bool,
    /// The kinds of the bytes that the text has.
    kinds: u8,
}

impl Outline {
    /// Returns the outline of a text that is not empty.
    pub(super) fn of(text: &[u8]) -> Self {
        let kinds = text.iter().fold(0, |kinds, &byte| kinds | KINDS[usize::from(byte)]);
        let may_be_number = kinds & !(kind::DIGIT | kind::MARK) == 0;
        let is_trimmed = ![text.first(), text.last()].into_iter().flatten().any(u8::is_ascii_whitespace);
        Self {
            shape: if may_be_number { NumberShape::of(text) } else { NumberShape::Other },
            is_item: kinds & kind::NEVER_IN_ITEM == 0 && text.len() <= items::LONGEST && is_trimmed,
            kinds,
        }
    }

    pub(super) fn is_ascii(self) -> bool {
        self.kinds & kind::BEYOND_ASCII == 0
    }

    /// Returns true if the text may be a number with a minus sign behind its first byte.
    pub(super) fn may_have_inner_sign(self) -> bool {
        self.shape == NumberShape::Other && self.kinds & kind::MARK != 0
    }

    pub(super) fn has_digit(self) -> bool {
        self.kinds & kind::DIGIT != 0
    }

    /// Returns true if the text has this delimiter of a list: `;`, `|` or `,`.
    pub(super) fn has_delimiter(self, delimiter: u8) -> bool {
        self.kinds & KINDS[usize::from(delimiter)] != 0
    }

    /// Returns true if the text has none of the delimiters of lists.
    pub(super) fn is_single(self) -> bool {
        self.kinds & (kind::SEMICOLON | kind::PIPE | kind::COMMA) == 0
    }
}
