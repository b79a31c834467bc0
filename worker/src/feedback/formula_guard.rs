//! Texts that a spreadsheet would change or run when it opens them as CSV, and the apostrophe that keeps them as they are.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tabulator or a line end for a formula (OWASP, "CSV Injection"), and
//! turns texts into numbers, dates and truth values if they look like these: `007` becomes 7, `1E5` 100000, `3-4` a day in April or
//! March. Quotes around the cell change nothing. An apostrophe in front makes it a text. Values that begin with an apostrophe get
//! another one, so that removing one apostrophe restores every value.

use super::date_names::is_like_date;

/// Most digits of a number that a spreadsheet shows as it is.
const DIGITS: usize = 11;

/// Length of the longest of [`TRUTHS`].
const TRUTH_BYTES: usize = 10;

/// Words that are truth values to a spreadsheet, in languages that write them in ASCII.
const TRUTHS: [&str; 24] = [
    "true",
    "false",
    "wahr",
    "falsch",
    "vrai",
    "faux",
    "vero",
    "falso",
    "verdadero",
    "verdadeiro",
    "fals",
    "hamis",
    "waar",
    "onwaar",
    "sant",
    "falskt",
    "sand",
    "falsk",
    "sann",
    "usann",
    "tosi",
    "prawda",
    "pravda",
    "igaz",
];

/// A text as it is written: with the apostrophe that stands in front of it, or with nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marked<'t> {
    pub(super) mark: &'static str,
    pub(super) text: &'t str,
}

/// A text with an apostrophe if a spreadsheet would run or change it.
pub(super) fn kept(text: &str) -> Marked<'_> {
    Marked { mark: if is_run(text) || is_changed(text) { "'" } else { "" }, text }
}

fn is_run(text: &str) -> bool {
    // Most texts begin with a letter or a digit.
    if text.bytes().next().is_none_or(|first| first.is_ascii_alphanumeric()) {
        return false;
    }
    // In East Asian settings, the wide forms have the same meaning.
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠'])
}

fn is_changed(text: &str) -> bool {
    let inner = text.trim();
    if inner.is_empty() {
        return false;
    }
    if inner.starts_with(['=', '+', '-', '@', '#', '＝', '＋', '－', '＠']) {
        return true;
    }
    let has_digit = match inner.is_ascii() {
        true => inner.bytes().any(|byte| byte.is_ascii_digit()),
        false => inner.chars().any(char::is_numeric),
    };
    match has_digit {
        true => !is_plain_integer(text) && (is_like_number(inner) || is_like_date(inner)),
        // Most texts are longer.
        false => inner.len() <= TRUTH_BYTES && TRUTHS.iter().any(|word| inner.eq_ignore_ascii_case(word)),
    }
}

/// Returns true for an integer that a spreadsheet does not change.
fn is_plain_integer(text: &str) -> bool {
    let is_first_kept = text.len() == 1 || !text.starts_with('0');
    text.len() <= DIGITS && is_first_kept && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns true if a text has only characters of numbers, dates and times, and does not begin with a letter.
fn is_like_number(text: &str) -> bool {
    let is_part = |character: char| {
        character.is_numeric()
            || character.is_whitespace()
            || matches!(character, '.' | ',' | ':' | '/' | '-' | '+' | '%' | '\'' | '’' | '(' | ')')
            || matches!(character, 'e' | 'E' | 'd' | 'D' | 'a' | 'A' | 'p' | 'P' | 'm' | 'M')
            // The letters of `2024-01-02T10:00Z`.
            || matches!(character, 't' | 'T' | 'z' | 'Z')
            || matches!(character, '$' | '€' | '£' | '¥' | '\u{a0}' | '\u{2212}')
    };
    !text.starts_with(char::is_alphabetic) && text.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(marked: Marked<'_>) -> String {
        [marked.mark, marked.text].concat()
    }

    #[test]
    fn what_would_be_run_gets_an_apostrophe() {
        for text in ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "'x", "＝1", "=cmd|' /C calc'!A0"] {
            assert_eq!(written(kept(text)), format!("'{text}"));
        }
        for text in ["", "a=1", "\"x\" is not a number"] {
            assert_eq!(written(kept(text)), text);
        }
    }

    #[test]
    fn what_would_be_changed_gets_an_apostrophe() {
        let changed = [
            "007",
            "1E5",
            "12e3",
            "1.50",
            "1,000",
            "2024-01-02",
            "2024-01-02T10:00:00.123456",
            "2022-03-05T24:00:00Z",
            "Saturday, March 5, 2022",
            "3/4",
            "1-2",
            "12:30",
            "5 pm",
            "50%",
            " 7",
            "7 ",
            "123456789012",
            "MARCH1",
            "1-Dec",
            "2 Mär 24",
            "TRUE",
            "wahr",
            "#N/A",
            " =1",
            "(5)",
            "５",
            "$5",
        ];
        for text in changed {
            assert_eq!(written(kept(text)), format!("'{text}"), "{text}");
        }
        for text in ["0", "42", "12345678901", "A-17", "12 Main Street", "x", "case 7", "true story", "", " "] {
            assert_eq!(written(kept(text)), text);
        }
    }

    #[test]
    fn every_truth_value_is_found() {
        for word in TRUTHS {
            assert_eq!(written(kept(&word.to_uppercase())), format!("'{}", word.to_uppercase()));
        }
    }

    proptest! {
        /// Every value comes back, and none begins like a formula.
        #[test]
        fn one_apostrophe_less_is_the_value(text in any::<String>()) {
            let written = written(kept(&text));
            prop_assert_eq!(written.strip_prefix('\'').unwrap_or(&written), &text);
            prop_assert!(!written.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
        }
    }
}
