//! Texts of cells and descriptors inside messages: cut to a constant number of characters, with their whole length told, so that no
//! message grows with the text that it quotes.

use std::borrow::Cow;

/// Most characters that a message shows of a cell, of a bound or of one value of a list.
pub(crate) const TEXT: usize = 80;

/// Most characters that a message shows of a label.
pub(crate) const LABEL: usize = 60;

/// Most characters that a message shows of a pattern.
pub(crate) const PATTERN: usize = 200;

/// Most values of a list that a message names; the others are counted.
pub(crate) const NAMED: usize = 8;

/// Returns the first `most` characters of `text`, and its length if it has more; invisible characters are escaped.
pub(crate) fn shown(text: &str, most: usize) -> Cow<'_, str> {
    match shortened(text, most) {
        Cow::Borrowed(text) => visible(text),
        Cow::Owned(text) => Cow::Owned(visible(&text).into_owned()),
    }
}

/// Returns a text with escapes, as Rust and JSON write them, in place of invisible characters: `\t`, `\u{a0}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if is_plain(text.as_bytes()) || !text.contains(|character| is_invisible(character) || is_selector(character)) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    let mut characters = text.chars().peekable();
    let mut before = None;
    while let Some(character) = characters.next() {
        let is_hidden = match is_selector(character) {
            true => !is_selecting(before, characters.peek().copied()),
            false => is_invisible(character),
        };
        match is_hidden {
            true => escaped.extend(character.escape_default()),
            false => escaped.push(character),
        }
        before = Some(character);
    }
    Cow::Owned(escaped)
}

/// Returns true if all characters are visible ASCII characters or spaces.
pub(crate) fn is_plain(text: &[u8]) -> bool {
    text.iter().all(|byte| (b' '..0x7f).contains(byte))
}

/// Returns true for U+FE00 to U+FE0F, which select a variant of the character before them.
fn is_selector(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}')
}

/// Returns true if a variation selector between these characters may change what is seen: U+FE0F makes `❤` an emoji. Behind a letter, a digit or
/// nothing it is as invisible as other characters, and `a` with one is another value than `a`. The characters before U+2000 that have variants as
/// emoji are the two signs, and `#`, `*` and digits as keycaps (Unicode's `emoji-variation-sequences.txt`).
fn is_selecting(before: Option<char>, behind: Option<char>) -> bool {
    before.is_some_and(|before| match before {
        '©' | '®' => true,
        '#' | '*' | '0'..='9' => behind == Some('\u{20e3}'),
        _ => before >= '\u{2000}' && !is_invisible(before) && !is_selector(before),
    })
}

/// Returns true if a character leaves no ink or is taken for a space: control characters, white space except the space
/// itself, and what Unicode calls `Default_Ignorable_Code_Point` (UAX #44), except the variation selectors of [`is_selector`].
fn is_invisible(character: char) -> bool {
    character.is_control()
        || character != ' ' && character.is_whitespace()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    let (first, rest) = split(text, most);
    if rest.is_empty() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{first}{}", Rest(most + rest.chars().count())))
}

/// Returns the first `most` characters in quotes, with control characters escaped, and the length of the text if it has more.
pub(crate) fn quoted(text: &str, most: usize) -> String {
    format!("{:?}", shortened(text, most))
}

/// Returns the first few texts as a list, and the number of all texts if there are more.
pub(crate) fn listed<'t>(texts: impl ExactSizeIterator<Item = &'t str>) -> String {
    let count = texts.len();
    let mut list = String::new();
    for (number, text) in texts.take(NAMED).enumerate() {
        if number > 0 {
            list.push_str(", ");
        }
        list.push_str(&shown(text, TEXT));
    }
    if count > NAMED {
        list.push_str(&format!(", … ({} values)", grouped(count as u64)));
    }
    list
}

/// Returns the first `most` characters of a text that is data, not part of a sentence, with `…` behind them if it has more.
pub fn excerpt(text: &str, most: usize) -> Cow<'_, str> {
    match split(text, most) {
        (_, "") => Cow::Borrowed(text),
        (first, _) => Cow::Owned(format!("{first}…")),
    }
}

/// Replaces a text by its [`excerpt`].
pub fn cut(text: &mut String, most: usize) {
    if let Cow::Owned(excerpt) = excerpt(text, most) {
        *text = excerpt;
    }
}

/// Returns the first `most` characters, and the characters behind them.
pub(crate) fn split(text: &str, most: usize) -> (&str, &str) {
    // A character is at least one byte, so most texts are found to be short enough without counting.
    let end = if text.len() <= most { None } else { text.char_indices().nth(most) };
    text.split_at(end.map_or(text.len(), |(end, _)| end))
}

/// What is written behind a text that was cut: its length in characters.
pub(crate) struct Rest(pub(crate) usize);

impl std::fmt::Display for Rest {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "… ({} characters)", grouped(self.0 as u64))
    }
}

/// Returns `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a number with its noun: `1 row`, `2 rows`.
pub(crate) fn counted(number: u64, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_and_its_length_told() {
        assert_eq!(shown("abc", 3), "abc");
        assert_eq!(shown("äbcd", 3), "äbc… (4 characters)");
        assert_eq!(quoted("a\nb", 3), r#""a\nb""#);
        assert_eq!(quoted(&"a".repeat(1_234_567), 2), "\"aa… (1,234,567 characters)\"");
    }

    #[test]
    fn what_nobody_sees_is_escaped() {
        let cases = [
            ("1\u{a0}000", r"1\u{a0}000"),
            ("\u{feff}a\u{200b}\u{200d}", r"\u{feff}a\u{200b}\u{200d}"),
            ("a\tb\r\n\0\u{7f}\u{85}", r"a\tb\r\n\u{0}\u{7f}\u{85}"),
            ("\u{3000}\u{2028}\u{202e}", r"\u{3000}\u{2028}\u{202e}"),
            (r#"é e\u{301} 名前 עברית "\ "#, r#"é e\u{301} 名前 עברית "\ "#),
            ("e\u{301}", "e\u{301}"),
            ("❤\u{fe0f} ©\u{fe0f} 1\u{fe0f}\u{20e3} 葛\u{fe00}", "❤\u{fe0f} ©\u{fe0f} 1\u{fe0f}\u{20e3} 葛\u{fe00}"),
            ("a\u{fe0f} 1\u{fe0f}2", r"a\u{fe0f} 1\u{fe0f}2"),
            ("\u{fe0e}x \u{fe0f} ❤\u{fe0f}\u{fe0f}", "\\u{fe0e}x \\u{fe0f} ❤\u{fe0f}\\u{fe0f}"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text, 80), expected);
        }
        assert_eq!(shown("\t\tx", 2), r"\t\t… (3 characters)");
    }

    #[test]
    fn a_long_list_is_cut_and_counted() {
        let values: Vec<String> = (0..12_345).map(|number| number.to_string()).collect();
        assert_eq!(listed(values[..2].iter().map(String::as_str)), "0, 1");
        assert_eq!(listed(values[..8].iter().map(String::as_str)), "0, 1, 2, 3, 4, 5, 6, 7");
        let expected = "0, 1, 2, 3, 4, 5, 6, 7, … (12,345 values)";
        assert_eq!(listed(values.iter().map(String::as_str)), expected);
    }

    #[test]
    fn data_is_cut_with_a_sign() {
        assert_eq!(excerpt("äöü", 3), "äöü");
        assert_eq!(excerpt(&"ä".repeat(1 << 20), 3), "äää…");
        let mut text = "éab".to_owned();
        cut(&mut text, 3);
        assert_eq!(text, "éab");
        cut(&mut text, 1);
        assert_eq!(text, "é…");
    }
}
