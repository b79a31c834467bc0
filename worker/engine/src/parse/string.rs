//! Formats of strings.

use crate::parse::StringFormat;
use crate::parse::uri::is_uri;

/// Returns true if a text (valid UTF-8) has this format.
///
/// * e-mail: one `@`; before it a text without white space and control characters, of at most 64 bytes, that neither
///   starts nor ends with a dot; behind it a domain: one or more labels of 1–63 letters, digits and hyphens. Quoted
///   local parts are not accepted.
/// * uri: RFC 3986 with a scheme.
/// * binary: base 64 (RFC 4648 section 4) with padding and without line ends.
/// * uuid: RFC 9562, hexadecimal in either letter case.
#[inline]
pub fn string_matches(cell: &[u8], format: StringFormat) -> bool {
    match format {
        StringFormat::Default => true,
        StringFormat::Email => is_email(cell),
        StringFormat::Uri => is_uri(cell),
        StringFormat::Binary => is_base64(cell),
        StringFormat::Uuid => is_uuid(cell),
    }
}

fn is_email(text: &[u8]) -> bool {
    let Some(at) = memchr::memchr(b'@', text) else {
        return false;
    };
    let (local, domain) = (&text[..at], &text[at + 1..]);
    (1..=64).contains(&local.len())
        && local[0] != b'.'
        && !local.ends_with(b".")
        && local.iter().fold(LOCAL, |classes, &byte| classes & CLASSES[usize::from(byte)]) != 0
        && is_domain(domain)
}

/// Returns true for labels of 1–63 letters, digits and hyphens (characters beyond ASCII are letters) with no hyphen at either end. A single
/// label is a domain, too.
fn is_domain(text: &[u8]) -> bool {
    let has_good_ends = |label: &[u8]| (1..=63).contains(&label.len()) && label[0] != b'-' && !label.ends_with(b"-");
    let (mut classes, mut start) = (DOMAIN, 0);
    for (at, &byte) in text.iter().enumerate() {
        classes &= CLASSES[usize::from(byte)];
        if byte == b'.' {
            if !has_good_ends(&text[start..at]) {
                return false;
            }
            start = at + 1;
        }
    }
    classes != 0 && text.len() <= 253 && has_good_ends(&text[start..])
}

/// The class of the bytes that may stand before the `@` of an e-mail address.
const LOCAL: u8 = 1;
/// The class of the bytes that may stand in a domain.
const DOMAIN: u8 = 2;

/// The classes of each byte: they are looked up without a branch.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let character = byte as u8;
        let is_local = !matches!(character, 0..=b' ' | 0x7f | b'(' | b')' | b'<' | b'>' | b',' | b';' | b'"');
        let is_domain = character.is_ascii_alphanumeric() || matches!(character, 0x80..|b'-'| b'.');
        classes[byte] = if is_local { LOCAL } else { 0 } | if is_domain { DOMAIN } else { 0 };
        byte += 1;
    }
    classes
};

fn is_base64(text: &[u8]) -> bool {
    let padding = text.iter().rev().take_while(|&&byte| byte == b'=').count();
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.len().is_multiple_of(4) && padding <= 2 && text[..text.len() - padding].iter().all(is_digit)
}

fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Counts the characters (Unicode scalar values) of valid UTF-8.
#[inline]
pub(crate) fn characters(text: &[u8]) -> u64 {
    if text.is_ascii() {
        return text.len() as u64;
    }
    text.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn all(format: StringFormat, expected: bool, texts: &[&str]) {
        for text in texts {
            assert_eq!(string_matches(text.as_bytes(), format), expected, "{text}");
        }
    }

    #[test]
    fn emails_have_one_at_between_a_name_and_a_domain() {
        all(
            StringFormat::Email,
            true,
            &["a@b.co", "first.last+tag@sub.example.org", "zoë@exämple.org", "root@localhost", "o'brien@a-b.org"],
        );
        all(
            StringFormat::Email,
            false,
            &[
                "", "a", "@b.co", "a@", "a@@b.co", "a@b@c.co", "a b@c.co", "a@b .co", "a@b..co", "a@.co", "a@b.",
                "a@-b.co", "a@b-.co", ".a@b.co", "a.@b.co", "a@b_c.co", "<a@b.co>", "a@b.co\n",
            ],
        );
    }

    #[test]
    fn binary_is_padded_base_64() {
        all(StringFormat::Binary, true, &["", "QQ==", "QUI=", "QUJD", "+/+/"]);
        all(StringFormat::Binary, false, &["Q", "QQ", "QUI", "Q===", "====", "QU=D", "QUJ-", "QUJD\n", "QU JD"]);
    }

    #[test]
    fn uuids_are_36_characters() {
        all(
            StringFormat::Uuid,
            true,
            &["123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000"],
        );
        all(
            StringFormat::Uuid,
            false,
            &[
                "",
                "123e4567e89b12d3a456426614174000",
                "{123e4567-e89b-12d3-a456-426614174000}",
                "123e4567-e89b-12d3-a456-42661417400g",
                "123e4567-e89b-12d3-a456-4266141740000",
                "123e4567-e89b-12d3-a4564-26614174000",
            ],
        );
    }

    #[test]
    fn every_text_is_a_string() {
        all(StringFormat::Default, true, &["", "x", "@"]);
    }
}
