//! Converts the notation of a field (group and decimal characters, text around the number) to the plain notation.

use std::borrow::Cow;

/// What is done with text around a number: `bareNumber` of Table Schema, which is true if there may be none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Affixes {
    /// A cell with such text is no number.
    Refused,
    /// The text is stripped: `$95`, `95 %`.
    Stripped,
}

/// Returns a number as a plain decimal: only digits, sign, `.` and exponent.
///
/// Leading and trailing text that is not part of the number is stripped if `affixes` says so. Group characters between
/// two digits before the decimal character are removed; any other group character stays, so that the result is not a number. The same goes for
/// a sign in the text that would be stripped: `-$95` must not become 95. The result is borrowed when there is nothing to change.
pub fn plain_decimal(text: &[u8], affixes: Affixes, group_char: Option<char>, decimal_char: char) -> Cow<'_, [u8]> {
    let mut decimal = [0; 4];
    let decimal = decimal_char.encode_utf8(&mut decimal).as_bytes();
    let text = if affixes == Affixes::Refused { text } else { strip(text, decimal) };
    let mut group = [0; 4];
    let group = group_char.map_or(&[][..], |character| character.encode_utf8(&mut group).as_bytes());
    let has_group = !group.is_empty() && memchr::memmem::find(text, group).is_some();
    if !has_group && (decimal == b"." || memchr::memmem::find(text, decimal).is_none() && !text.contains(&b'.')) {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut at = 0;
    let mut in_integer_part = true;
    while let Some(&byte) = text.get(at) {
        let rest = &text[at..];
        if rest.starts_with(decimal) {
            in_integer_part = false;
            plain.push(b'.');
            at += decimal.len();
        } else if has_group
            && in_integer_part
            && rest.starts_with(group)
            && at.checked_sub(1).is_some_and(|before| text[before].is_ascii_digit())
            && text.get(at + group.len()).is_some_and(u8::is_ascii_digit)
        {
            at += group.len();
        } else {
            // A `.` that is not the decimal character must not become one.
            plain.push(if byte == b'.' { b'?' } else { byte });
            at += 1;
        }
    }
    Cow::Owned(plain)
}

/// Strips the text before and behind the number; returns the whole text when there is no number.
fn strip<'a>(text: &'a [u8], decimal: &[u8]) -> &'a [u8] {
    let trimmed = text.trim_ascii();
    if is_special(trimmed) {
        return trimmed;
    }
    let Some(first) = text.iter().position(u8::is_ascii_digit) else {
        return text;
    };
    let last = text.iter().rposition(u8::is_ascii_digit).unwrap_or(first);
    let mut start = first;
    if text[..start].ends_with(decimal) && !text[..start - decimal.len()].last().is_some_and(u8::is_ascii_alphanumeric)
    {
        start -= decimal.len();
    }
    if matches!(text[..start].last(), Some(b'+' | b'-')) {
        start -= 1;
    }
    let mut end = last + 1;
    if text[end..].starts_with(decimal) {
        end += decimal.len();
    }
    let is_sign = |byte: &u8| matches!(byte, b'+' | b'-');
    if text[..start].iter().any(is_sign) || text[end..].iter().any(is_sign) {
        return text;
    }
    &text[start..end]
}

/// Returns true for `NaN`, `INF`, `-INF` in any letter case.
pub(super) fn is_special(text: &[u8]) -> bool {
    special(text).is_some()
}

/// Returns the value of `NaN`, `INF`, `-INF` in any letter case.
pub(super) fn special(text: &[u8]) -> Option<f64> {
    if text.eq_ignore_ascii_case(b"nan") {
        Some(f64::NAN)
    } else if text.eq_ignore_ascii_case(b"inf") {
        Some(f64::INFINITY)
    } else if text.eq_ignore_ascii_case(b"-inf") {
        Some(f64::NEG_INFINITY)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn plain(text: &str, affixes: Affixes, group: Option<char>, decimal: char) -> String {
        String::from_utf8(plain_decimal(text.as_bytes(), affixes, group, decimal).into_owned()).unwrap()
    }

    #[test]
    fn text_around_the_number_is_taken_off() {
        for (text, expected) in [
            ("$95", "95"),
            ("95 %", "95"),
            ("€ -1.5", "-1.5"),
            ("Rs. 500", "500"),
            ("about .5 kg", ".5"),
            ("5. ", "5."),
            ("NaN", "NaN"),
            ("none", "none"),
        ] {
            assert_eq!(plain(text, Affixes::Stripped, None, '.'), expected, "{text}");
        }
    }

    #[test]
    fn a_sign_is_never_lost() {
        for text in ["-$95", "95-", "a-b 5", "5 (-)"] {
            assert_eq!(plain(text, Affixes::Stripped, None, '.'), text);
        }
    }

    #[test]
    fn groups_stand_between_digits() {
        for (text, group, decimal, expected) in [
            ("1,234,567.5", ',', '.', "1234567.5"),
            ("1.234,5", '.', ',', "1234.5"),
            ("12\u{202f}345", '\u{202f}', '.', "12345"),
            ("1,,2", ',', '.', "1,,2"),
            (",1", ',', '.', ",1"),
            ("1,", ',', '.', "1,"),
            ("1.5,5", ',', '.', "1.5,5"),
        ] {
            assert_eq!(plain(text, Affixes::Refused, Some(group), decimal), expected, "{text}");
        }
    }

    #[test]
    fn a_point_is_no_decimal_character_when_another_one_is_declared() {
        assert_eq!(plain("1.5", Affixes::Refused, None, ','), "1?5");
        assert_eq!(plain("1,5", Affixes::Refused, None, ','), "1.5");
    }

    #[test]
    fn nothing_to_change_is_borrowed() {
        assert!(matches!(plain_decimal(b"12.5", Affixes::Refused, Some(','), '.'), Cow::Borrowed(b"12.5")));
    }
}
