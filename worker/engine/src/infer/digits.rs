//! Numbers as people write them: signs, symbols of amounts, groups of three.

use super::notations::AFFIXES;
use crate::parse::Affixes;

/// Returns a number without its sign and, if affixes are stripped, without symbols around it. Returns `None` if affixes are stripped and the text is
/// not UTF-8.
pub(super) fn digits_of(text: &[u8], affixes: Affixes) -> Option<&[u8]> {
    if affixes == Affixes::Refused {
        return Some(text.strip_prefix(b"-").unwrap_or(text));
    }
    let symbol = |character: char| AFFIXES.contains(&character) || character == ' ';
    let text = std::str::from_utf8(text).ok()?;
    let inner = text.strip_prefix('-').unwrap_or(text).trim_matches(symbol);
    let inner = inner.strip_prefix('-').unwrap_or(inner);
    Some(inner.as_bytes())
}

/// Returns true if digits are written as a person writes a number: no needless zeros in front, groups of three, at most one decimal separator.
/// What stands behind the separator is not looked at.
pub(super) fn is_usual_notation(digits: &[u8], group: Option<char>, decimal: Option<char>) -> bool {
    let mut separator = [0; 4];
    let separator = group.map_or(&[][..], |group| group.encode_utf8(&mut separator).as_bytes());
    let point = decimal.and_then(|decimal| digits.iter().position(|&byte| char::from(byte) == decimal));
    let (whole, fraction) = match point {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None if decimal.is_some() => (before_exponent(digits), None),
        None => (digits, None),
    };
    if whole.len() > 1 && whole[0] == b'0' {
        return false;
    }
    let first = leading_digits(whole);
    let mut groups = &whole[first..];
    if !groups.is_empty() && !(1..=3).contains(&first) {
        return false;
    }
    while !groups.is_empty() {
        match groups.strip_prefix(separator) {
            Some(behind) if leading_digits(behind) == 3 => groups = &behind[3..],
            _ => return false,
        }
    }
    first > 0 || fraction.is_some_and(|fraction| !fraction.is_empty())
}

/// Returns the digits in front of an `e` or `E`.
fn before_exponent(digits: &[u8]) -> &[u8] {
    digits.iter().position(|byte| matches!(byte, b'e' | b'E')).map_or(digits, |at| &digits[..at])
}

/// Counts the digits with which a text begins.
fn leading_digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}
