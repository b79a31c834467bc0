//! The encodings that a text which is not UTF-8 may have: the guess of a detector, then the common encodings by how well they fit.
//!
//! The detector knows which letters languages have; it answers with one encoding, and does not say how sure it is. The others are ordered by
//! the bytes that they do not have, then by what would be odd in a text: control characters, symbols inside of words, letters of two scripts.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, IBM866, ISO_8859_2, ISO_8859_15, KOI8_R, MACINTOSH, SHIFT_JIS, UTF_8,
    WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1254, WINDOWS_1257,
};

use super::coding::Coding;

/// Encodings that files are in, the more frequent ones first.
static KNOWN: [&Encoding; 17] = [
    WINDOWS_1252,
    WINDOWS_1250,
    WINDOWS_1251,
    SHIFT_JIS,
    GB18030,
    EUC_KR,
    BIG5,
    EUC_JP,
    WINDOWS_1253,
    WINDOWS_1254,
    WINDOWS_1257,
    ISO_8859_2,
    ISO_8859_15,
    KOI8_R,
    IBM866,
    MACINTOSH,
    UTF_8,
];

/// Most encodings that a message names.
const TOLD: usize = 4;

/// Most bytes of a text that are examined.
const LOOKED_AT: usize = 256 << 10;

/// An encoding that a text may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Guess {
    pub(crate) coding: Coding,
    /// Number of byte sequences that the encoding does not have.
    pub(crate) malformed: usize,
    /// Number of characters that would be odd in a text.
    odd: usize,
}

/// Returns the encodings that a text which is not UTF-8 may have, the most likely one first; at most four.
pub(crate) fn ranked(text: &[u8]) -> Vec<Guess> {
    // The text is ASCII up to there, which all encodings but ISO-2022-JP read alike.
    let from = text.iter().position(|byte| !byte.is_ascii()).unwrap_or(0).saturating_sub(LOOKED_AT / 4);
    let text = &text[from..];
    let text = &text[..text.len().min(LOOKED_AT)];
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(text, false);
    let detected = detector.guess(None, Utf8Detection::Allow);
    let mut guesses: Vec<Guess> =
        KNOWN.iter().filter(|known| **known != detected).map(|known| guess(text, known)).collect();
    guesses.sort_by_key(|guess| (guess.malformed, guess.odd));
    let first = guess(text, detected);
    // The guess of the detector comes first, unless another encoding has fewer malformed sequences.
    let is_better = guesses.first().is_some_and(|other| other.malformed < first.malformed);
    guesses.insert(usize::from(is_better), first);
    guesses.truncate(TOLD);
    guesses
}

fn guess(text: &[u8], encoding: &'static Encoding) -> Guess {
    let coding = if encoding == UTF_8 { Coding::Utf8 } else { Coding::Other(encoding) };
    let decoded = decoded(text, encoding);
    // U+FFFD stands for each malformed sequence. At the end of the text it may stand for a character that is cut.
    let malformed = decoded.trim_end_matches('\u{fffd}').chars().filter(|&character| character == '\u{fffd}').count();
    Guess { coding, malformed, odd: odd(&decoded) }
}

fn decoded(text: &[u8], encoding: &'static Encoding) -> String {
    encoding.decode_without_bom_handling(text).0.into_owned()
}

/// Counts the characters that stand where a person would not write them.
fn odd(text: &str) -> usize {
    let mut odd = 0;
    let mut before = ' ';
    for character in text.chars() {
        if !character.is_ascii() || !before.is_ascii() {
            let is_control = character.is_control() && !character.is_ascii();
            let is_symbol = |it: char| !it.is_alphanumeric() && !it.is_ascii() && !is_punctuation(it);
            // `Ã©`: a symbol beside a letter; `éA`: a large letter behind a small one.
            let beside =
                is_symbol(character) && before.is_alphabetic() || is_symbol(before) && character.is_alphabetic();
            let falls = before.is_lowercase() && character.is_uppercase();
            let scripts = before.is_alphabetic() && character.is_alphabetic() && script(before) != script(character);
            odd += usize::from(is_control) + usize::from(beside || falls || scripts);
        }
        before = character;
    }
    odd
}

fn is_punctuation(character: char) -> bool {
    matches!(
        character,
        '\u{a0}'
            | '«'
            | '»'
            | '“'
            | '”'
            | '„'
            | '‘'
            | '’'
            | '‚'
            | '–'
            | '—'
            | '…'
            | '•'
            | '€'
            | '£'
            | '°'
            | '§'
            | '¿'
            | '¡'
            | '²'
            | '³'
            | '½'
            | 'º'
            | 'ª'
    ) || ('\u{3000}'..='\u{303f}').contains(&character)
        || ('\u{ff00}'..='\u{ff65}').contains(&character)
}

/// Returns a number for the script of a letter. Letters of one word have the same script.
fn script(letter: char) -> u8 {
    match letter {
        '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => 0,
        '\u{370}'..='\u{3ff}' => 1,
        '\u{400}'..='\u{52f}' => 2,
        '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7af}' => 3,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' => 4,
        '\u{ff66}'..='\u{ff9f}' => 5,
        _ => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, encoding: &'static Encoding) -> Vec<String> {
        let (bytes, ..) = encoding.encode(text);
        ranked(&bytes).into_iter().map(|guess| guess.coding.name()).collect()
    }

    #[test]
    fn the_encoding_of_a_text_comes_first() {
        for (text, encoding, name) in [
            ("Straße,Größe\nMünchen,Köln\nDüsseldorf,Gießen\n", WINDOWS_1252, "windows-1252"),
            ("Москва,город\nСанкт-Петербург,город\nКазань,город\n", WINDOWS_1251, "windows-1251"),
            ("番号,名前\n一,東京都港区\n二,大阪府大阪市\n", SHIFT_JIS, "shift_jis"),
        ] {
            let found = names(text, encoding);
            assert_eq!((found[0].as_str(), found.len()), (name, TOLD), "{found:?}");
        }
    }

    #[test]
    fn what_has_all_bytes_comes_before_what_has_not() {
        for guesses in
            [ranked(b"caf\xe9,na\xefve\n"), ranked(b"\x81\x30\x81\x30\xff"), ranked(b"\x93quoted\x94 \x80 5\n")]
        {
            let malformed: Vec<usize> = guesses.iter().map(|guess| guess.malformed).collect();
            assert!(malformed.iter().all(|other| malformed[0] <= *other), "{guesses:?}");
        }
    }
}
