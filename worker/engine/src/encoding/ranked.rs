//! The encodings that a text which is not UTF-8 may have, the most likely one first.
//!
//! They are ordered by the bytes that they do not have, then by what would be odd in a text: control characters, symbols inside of words, letters
//! of two scripts, a letter alone beside a digit. A detector knows which letters languages have; it answers with one encoding, and does not say how
//! sure it is. Of encodings that fit equally well, its answer comes first.

mod rare;

use std::iter;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, IBM866, ISO_8859_2, ISO_8859_15, KOI8_R, MACINTOSH, SHIFT_JIS, UTF_8,
    WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1254, WINDOWS_1257,
};

use super::coding::Coding;
use super::dos_letters;

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
    let others = KNOWN.iter().copied().filter(|known| *known != detected);
    // The sort is stable: of guesses that fit equally well, that of the detector comes first.
    let mut guesses: Vec<Guess> = iter::once(detected).chain(others).map(|known| guess(text, known)).collect();
    guesses.sort_by_key(|guess| (guess.malformed, guess.odd));
    put_dos_under_windows(text, &mut guesses);
    guesses.truncate(TOLD);
    guesses
}

/// Puts windows-1252 first if the text looks like a code page of DOS: these are not read, and it is windows-1252 in which their letters are told.
fn put_dos_under_windows(text: &[u8], guesses: &mut [Guess]) {
    // A text in Chinese, Japanese or Korean has letters of these languages; one that has symbols alone is none.
    let has_letters = |encoding| decoded(text, encoding).chars().any(|it| !it.is_ascii() && it.is_alphabetic());
    let may_be_dos = |guess: &Guess| match guess.coding {
        Coding::Other(encoding) => !rare::has(encoding) || !has_letters(encoding),
        Coding::Utf8 | Coding::Ascii => false,
    };
    let windows = guesses.iter().position(|guess| guess.coding == Coding::Other(WINDOWS_1252));
    if let Some(windows) = windows.filter(|&windows| windows > 0 && may_be_dos(&guesses[0]))
        && dos_letters::count(decoded(text, WINDOWS_1252).as_bytes()).is_some()
    {
        guesses[..=windows].rotate_right(1);
    }
}

/// Returns the most likely encoding of a text that is not UTF-8.
pub(crate) fn likely(text: &[u8]) -> Coding {
    ranked(text).first().map_or(Coding::Utf8, |guess| guess.coding)
}

fn guess(text: &[u8], encoding: &'static Encoding) -> Guess {
    let coding = if encoding == UTF_8 { Coding::Utf8 } else { Coding::Other(encoding) };
    let decoded = decoded(text, encoding);
    // U+FFFD stands for each malformed sequence. At the end of the text it may stand for a character that is cut.
    let malformed = decoded.trim_end_matches('\u{fffd}').chars().filter(|&character| character == '\u{fffd}').count();
    Guess { coding, malformed, odd: odd(&decoded) + rare::characters(text, encoding) }
}

fn decoded(text: &[u8], encoding: &'static Encoding) -> String {
    encoding.decode_without_bom_handling(text).0.into_owned()
}

/// Counts the characters that stand where a person would not write them.
fn odd(text: &str) -> usize {
    let mut odd = 0;
    let (mut first, mut before) = (' ', ' ');
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied().unwrap_or(' ');
        if !character.is_ascii() || !before.is_ascii() {
            // `Ã©`: a symbol beside a letter.
            let beside =
                is_symbol(character) && before.is_alphabetic() || is_symbol(before) && character.is_alphabetic();
            let scripts = before.is_alphabetic() && character.is_alphabetic() && script(before) != script(character);
            odd += usize::from(beside || scripts || is_odd_case([first, before, character]));
        }
        if !character.is_ascii() {
            odd += usize::from(is_hardly_written(character) || is_alone([before, character, next]));
        }
        (first, before) = (before, character);
    }
    odd
}

/// Returns true for a character that is not ASCII and neither a letter, nor a digit, nor common in texts.
fn is_symbol(character: char) -> bool {
    !character.is_alphanumeric() && !character.is_ascii() && !is_punctuation(character)
}

/// Returns true if the last one of these characters is a large letter where words have a small one: `éA`, or `PŽr`.
fn is_odd_case([first, before, character]: [char; 3]) -> bool {
    let falls = before.is_lowercase() && character.is_uppercase();
    falls || first.is_uppercase() && before.is_uppercase() && !before.is_ascii() && character.is_lowercase()
}

/// Returns true for a letter that stands alone beside a digit or between brackets, as symbols do: `Ł100`, `(Ł)`. A letter of Chinese or Japanese may
/// be a word.
fn is_alone([before, letter, next]: [char; 3]) -> bool {
    if !letter.is_alphabetic() || is_punctuation(letter) || script(letter) == HAN || script(letter) == HANGUL {
        return false;
    }
    let is_beside_letter = before.is_alphabetic() || next.is_alphabetic();
    let is_beside_digit = before.is_ascii_digit() || next.is_ascii_digit();
    let is_quoted = matches!(before, '(' | '[' | '‘' | '’' | '“') && !next.is_alphabetic();
    !is_beside_letter && (is_beside_digit || is_quoted)
}

/// Returns true for a character that hardly any text has: a control character, an accent without a letter, a character for private use, a line of a box.
fn is_hardly_written(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '¨' | '¯' | '¸'
                | '†'
                | '‡'
                | '\u{2b0}'..='\u{2ff}'
                | '\u{2500}'..='\u{259f}'
                | '\u{e000}'..='\u{f8ff}'
                | '\u{fb01}'
                | '\u{fb02}'
        )
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
            | '´'
            | '®'
            | '©'
            | '™'
            | 'º'
            | 'ª'
    ) || ('\u{3000}'..='\u{303f}').contains(&character)
        || ('\u{ff00}'..='\u{ff65}').contains(&character)
}

/// The number that [`script`] returns for Korean syllables.
const HANGUL: u8 = 3;

/// The number that [`script`] returns for Chinese letters, and for kana.
const HAN: u8 = 4;

/// Returns a number for the script of a letter. Letters of one word have the same script.
fn script(letter: char) -> u8 {
    match letter {
        '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => 0,
        '\u{370}'..='\u{3ff}' => 1,
        '\u{400}'..='\u{52f}' => 2,
        '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7af}' => HANGUL,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' => HAN,
        '\u{ff66}'..='\u{ff9f}' => 5,
        _ => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts as files have them, each with an encoding that it is written in.
    #[rustfmt::skip]
    static TEXTS: [(&str, &Encoding); 39] = [
        ("Straße,Größe\nMünchen,Köln\nDüsseldorf,Gießen\n", WINDOWS_1252),
        ("name,pay\nAnna,£100\nBen,£200\n", WINDOWS_1252),
        ("Expenditure over £25\nStage,Pay (£)\nA,1\n", WINDOWS_1252),
        ("name,city\nPérez,Málaga\nGarcía,Mérida\nLópez,León\n", WINDOWS_1252),
        ("name,city\nPérez,Málaga\nGarcía,Mérida\nLópez,León\n", MACINTOSH),
        ("nom,ville\nLefèvre,Orléans\nFrançois,Nîmes\nZoé,Évreux\n", WINDOWS_1252),
        ("nom,ville\nLefèvre,Orléans\nFrançois,Nîmes\nZoé,Évreux\n", MACINTOSH),
        ("name,note\nAnna,“quoted” – and it’s fine\nBen,“more”…\n", WINDOWS_1252),
        ("name,rue\nAnna,15 à 17\nBen,(à Paris)\n", WINDOWS_1252),
        ("nome,região\nJoão,São Paulo\nConceição,Ceará\n2ª,1º\n", WINDOWS_1252),
        ("name,temp\nKöln,15°\nBern,20°\n", WINDOWS_1252),
        ("navn,by\nSøren,Århus\nBjørn,Ærø\n", WINDOWS_1252),
        ("nimi,kaupunki\nMäkinen,Jyväskylä\nHämäläinen,Hyvinkää\n", WINDOWS_1252),
        ("imię,miasto\nŁukasz,Łódź\nStanisław,Gdańsk\nZażółć,gęślą jaźń\n", WINDOWS_1250),
        ("imię,miasto\nŁukasz,Łódź\nStanisław,Gdańsk\nZażółć,gęślą jaźń\n", ISO_8859_2),
        ("jméno,město\nDvořák,Plzeň\nNěmcová,České Budějovice\nŠťastný,Žďár\n", WINDOWS_1250),
        ("név,város\nKovács,Győr\nSzűcs,Székesfehérvár\nTóth,Pécs\n", WINDOWS_1250),
        ("Москва,город\nСанкт-Петербург,город\nКазань,город\n", WINDOWS_1251),
        ("Москва,город\nСанкт-Петербург,город\nКазань,город\n", KOI8_R),
        ("Москва,город\nСанкт-Петербург,город\nКазань,город\n", IBM866),
        ("товар,цена\nхлеб,10 руб.\nмолоко,5шт\nвода,20л\nсоль,7г\n", WINDOWS_1251),
        ("год,сумма\n2020г,10\n2021г,11\n", WINDOWS_1251),
        ("όνομα,πόλη\nΓιώργος,Αθήνα\nΜαρία,Θεσσαλονίκη\n", WINDOWS_1253),
        ("ad,şehir\nAyşe,İstanbul\nÇağrı,Eskişehir\nGüneş,Muğla\n", WINDOWS_1254),
        ("vardas,miestas\nŽydrūnas,Šiauliai\nRūta,Panevėžys\n", WINDOWS_1257),
        ("番号,名前\n一,東京都港区\n二,大阪府大阪市\n", SHIFT_JIS),
        ("番号,名前\n一,東京都港区\n二,大阪府大阪市\n", EUC_JP),
        ("sex,age\nm,10代\nf,20代\nm,30代\n", SHIFT_JIS),
        ("商品,数量\nりんご,10個\nみかん,20個\nパン,3個\n", SHIFT_JIS),
        ("商品,数量\nりんご,10個\nみかん,20個\nパン,3個\n", EUC_JP),
        ("日付,金額\n2020年1月,１００円\n2020年2月,２００円\n", SHIFT_JIS),
        ("编号,名称\n一,北京市\n二,上海市\n三,广东省深圳市\n", GB18030),
        ("日期,金额\n2020年1月,100元\n2020年2月,200元\n", GB18030),
        ("編號,名稱\n一,臺北市\n二,高雄市\n三,新竹縣\n", BIG5),
        ("번호,이름\n1,서울특별시\n2,부산광역시\n3,대구\n", EUC_KR),
        ("연도,금액\n2020년,100원\n2021년,200원\n", EUC_KR),
        ("price,note\n5 €,x\n7 €,y\n", WINDOWS_1252),
        ("pays\nCôte d´Ivoire\nMali\n", WINDOWS_1252),
        ("product,sign\nfoo®,bar™\nbaz©,10µm\n", WINDOWS_1252),
    ];

    #[test]
    fn the_encoding_of_a_text_comes_first() {
        let mut wrong = Vec::new();
        for (text, encoding) in TEXTS {
            let (bytes, _, has_others) = encoding.encode(text);
            assert!(!has_others, "{} lacks a character of {text:?}", encoding.name());
            let found = ranked(&bytes);
            let Coding::Other(first) = found[0].coding else { panic!("{text:?} is not UTF-8") };
            // Another encoding may have the same characters in place of all these bytes.
            if decoded(&bytes, first) != text {
                let told: Vec<String> =
                    found.iter().map(|it| format!("{} {} {}", it.coding.name(), it.malformed, it.odd)).collect();
                wrong.push(format!("{} {text:?}: {told:?}", encoding.name()));
            }
            assert_eq!(found.len(), TOLD);
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_code_page_of_dos_is_windows_1252() {
        for text in
            [&b"name,city\nM\x81ller,K\x94ln\nBj\x94rn,x\n"[..], b"M\x81ller\nJ\x81rgen\n", b"Andr\x82s\nCaf\x82s\n"]
        {
            assert_eq!(ranked(text)[0].coding, Coding::Other(WINDOWS_1252), "{}", text.escape_ascii());
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
