//! Makes text from outside printable in a line that a person reads.

/// Escapes control characters, line separators and bidirectional controls as Rust writes them (`\n`, `\u{202e}`): a name must not
/// control the terminal, begin a line of its own, or change the order in which a line is read. Other invisible characters stay, as names in many
/// scripts need joiners; [`sluice_engine::report::visible`] shows them in quoted cells, where they may be the fault.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || forges(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Returns true for line and paragraph separators, and for characters with the Unicode property `Bidi_Control` (UAX #9).
fn forges(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_and_not_obeyed() {
        assert_eq!(printable("a\u{1b}[2Jü\n\r\u{85}"), "a\\u{1b}[2Jü\\n\\r\\u{85}");
    }

    #[test]
    fn what_turns_the_direction_or_separates_lines_is_shown() {
        for character in ['\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}', '\u{202e}', '\u{2066}', '\u{2069}']
        {
            assert_eq!(printable(&format!("a{character}b")), format!("a\\u{{{:x}}}b", u32::from(character)));
        }
        assert_eq!(printable("עברית 名前 \u{200d}é"), "עברית 名前 \u{200d}é");
    }
}
