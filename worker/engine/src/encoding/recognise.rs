//! Finds the encoding of a file: from its descriptor, its byte order mark, its zero bytes, and what its beginning looks like.

use std::sync::{Arc, OnceLock};

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE};

use crate::encoding::coding::Coding;
use crate::encoding::dos_letters;
use crate::encoding::label::DeclaredEncoding;
use crate::encoding::ranked::{Guess, likely, ranked};

/// Bytes of the beginning in which zero bytes are counted.
const ZEROS: usize = 4096;

/// Maximum number of bytes (of lines that are not ASCII) from which the encoding recommended in a message is guessed. The detector takes a
/// thousand instructions for each byte.
const ADVISED_FROM: usize = 8 << 10;

/// How many valid characters of several bytes there are in UTF-8 for each invalid byte, at least. Bytes of other encodings look like such a
/// character by chance: in Thai and in half-width katakana for one of two invalid bytes, elsewhere far less often.
const VALID_FOR_INVALID: usize = 3;

/// The encoding that a file is read in, with what messages and reports say about it.
#[derive(Debug)]
pub(crate) struct FileEncoding {
    coding: Coding,
    note: Option<String>,
    head: Beginning,
    advice: OnceLock<String>,
}

/// The beginning of a file.
#[derive(Clone, Debug)]
pub(crate) struct Beginning {
    pub(crate) bytes: Arc<[u8]>,
    /// Whether these bytes are the whole file.
    pub(crate) is_whole: bool,
}

impl FileEncoding {
    /// Finds the encoding of a file that begins with `head`.
    ///
    /// # Errors
    /// A message with the encoding of the file and the remedy, if this encoding is not supported or not the declared one.
    pub(crate) fn of(head: Beginning, declared: DeclaredEncoding) -> Result<Self, String> {
        let marked = marked(&head.bytes)?;
        let zeros = if marked.is_some() { None } else { zeros(&head.bytes) };
        let (coding, note) = match (declared, marked) {
            (DeclaredEncoding::Nothing | DeclaredEncoding::Detect, Some(coding)) => (coding, None),
            (DeclaredEncoding::Utf16, Some(coding)) => {
                (coding, (coding == Coding::Utf8).then(|| differs("utf-16", coding)))
            }
            (DeclaredEncoding::Named(named), Some(coding)) => {
                (coding, (coding != named).then(|| differs(&named.name(), coding)))
            }
            (DeclaredEncoding::Nothing, None) => (Coding::Utf8, None),
            (DeclaredEncoding::Detect, None) => (detected(&head, zeros), None),
            (DeclaredEncoding::Utf16, None) if zeros == Some("utf-16be") => (Coding::Other(UTF_16BE), None),
            (DeclaredEncoding::Utf16, None) => (Coding::Other(UTF_16LE), None),
            (DeclaredEncoding::Named(named), None) => (named, looks_like_utf8(&head, named)),
        };
        match zeros {
            Some("utf-32") => Err("the file is in UTF-32, by its zero bytes; save it as UTF-8".to_owned()),
            Some(name) if coding.unit() == 1 => Err(format!(
                "the file is in {} without a byte order mark, by its zero bytes; write \"encoding\": \"{name}\" in its descriptor, or save \
                 the file as UTF-8",
                name.to_ascii_uppercase()
            )),
            _ => Ok(Self { coding, note, head, advice: OnceLock::new() }),
        }
    }

    /// Returns the encodings that the file may have, the most likely one first. Empty if the file is UTF-8, or if a byte order mark or zero
    /// bytes tell its encoding.
    pub(crate) fn guesses(&self) -> Vec<Guess> {
        let bytes = &self.head.bytes;
        let is_told = marked(bytes).is_ok_and(|marked| marked.is_some()) || zeros(bytes).is_some();
        if is_told || is_probably_utf8(&self.head) { Vec::new() } else { ranked(bytes) }
    }

    /// Returns the encoding that the file is read in.
    pub(crate) fn coding(&self) -> Coding {
        self.coding
    }

    /// Returns a note for the reader of the report.
    pub(crate) fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Returns the name of the encoding for messages: `UTF-8`, `windows-1252`.
    pub(crate) fn shown(&self) -> &'static str {
        match self.coding {
            Coding::Utf8 => "UTF-8",
            Coding::Ascii => "US-ASCII",
            Coding::Other(encoding) => encoding.name(),
        }
    }

    /// Returns the end of a message about bytes that the encoding does not have: the encoding that the file probably has. It depends only on
    /// the beginning of the file, so it is the same for all faults.
    pub(crate) fn advice(&self) -> &str {
        self.advice.get_or_init(|| {
            // Encodings with units of two bytes are not guessed.
            if self.coding.unit() > 1 || self.head.bytes.is_ascii() {
                return String::new();
            }
            let lines = self.head.bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| !line.is_ascii());
            let of_lines = || likely(&lines.flatten().copied().take(ADVISED_FROM).collect::<Vec<u8>>());
            let guess = if is_probably_utf8(&self.head) { Coding::Utf8 } else { of_lines() };
            if guess == self.coding {
                return String::new();
            }
            if let Coding::Other(encoding) = guess
                && dos_letters::count(encoding.decode_without_bom_handling(&self.head.bytes).0.as_bytes()).is_some()
            {
                return format!(
                    "; the file is probably in a code page of DOS, which is not read: {}",
                    dos_letters::REMEDY
                );
            }
            format!("; the file is probably in {0}: write \"encoding\": \"{0}\" in its descriptor", guess.name())
        })
    }
}

fn differs(declared: &str, coding: Coding) -> String {
    format!("the descriptor says {declared}, the byte order mark {0}: the file was read as {0}", coding.name())
}

/// Returns the encoding that a byte order mark stands for.
fn marked(head: &[u8]) -> Result<Option<Coding>, String> {
    if head.starts_with(b"\xff\xfe\0\0") || head.starts_with(b"\0\0\xfe\xff") {
        return Err("the file is in UTF-32; save it as UTF-8".to_owned());
    }
    let coding = |encoding| if encoding == UTF_8 { Coding::Utf8 } else { Coding::Other(encoding) };
    Ok(encoding_rs::Encoding::for_bom(head).map(|(encoding, _)| coding(encoding)))
}

/// Returns the encoding with units of several bytes that the places of the zero bytes tell.
fn zeros(head: &[u8]) -> Option<&'static str> {
    let seen = &head[..head.len().min(ZEROS) / 4 * 4];
    memchr::memchr(0, seen)?;
    let mut zeros = [0; 4];
    for unit in seen.as_chunks::<4>().0 {
        for (count, byte) in zeros.iter_mut().zip(unit) {
            *count += usize::from(*byte == 0);
        }
    }
    let units = seen.len() / 4;
    // Characters up to U+FFFF, at least one of which is not NUL.
    let is_utf32 = |high: [usize; 2], low: usize| high.iter().all(|&at| zeros[at] == units) && zeros[low] < units;
    if is_utf32([2, 3], 0) || is_utf32([0, 1], 3) {
        return Some("utf-32");
    }
    let (even, odd) = (zeros[0] + zeros[2], zeros[1] + zeros[3]);
    // At least half of the characters are ASCII; or some are, such as delimiters and line ends, and the file is not UTF-8.
    let is_text = |zeros: usize, others: usize| {
        others * 4 <= zeros && (zeros >= units || zeros * 10 >= units && simdutf8::basic::from_utf8(seen).is_err())
    };
    match () {
        () if is_text(odd, even) => Some("utf-16le"),
        () if is_text(even, odd) => Some("utf-16be"),
        () => None,
    }
}

fn detected(head: &Beginning, zeros: Option<&str>) -> Coding {
    match zeros {
        Some("utf-16le") => Coding::Other(UTF_16LE),
        Some("utf-16be") => Coding::Other(UTF_16BE),
        _ => guessed(head),
    }
}

/// Returns the most likely encoding of a beginning without zero bytes.
fn guessed(head: &Beginning) -> Coding {
    if is_probably_utf8(head) {
        return Coding::Utf8;
    }
    likely(&head.bytes)
}

/// Returns true if the beginning is UTF-8, perhaps with some damage.
fn is_probably_utf8(head: &Beginning) -> bool {
    is_utf8(head) || is_mostly_utf8(&head.bytes)
}

/// Returns true if the text is UTF-8 with some damage, and not in another encoding: it has characters of several bytes, and far fewer bytes that are
/// invalid.
pub(crate) fn is_mostly_utf8(text: &[u8]) -> bool {
    let (mut characters, mut invalid) = (0, 0);
    for chunk in text.utf8_chunks() {
        characters += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count();
        invalid += usize::from(!chunk.invalid().is_empty());
    }
    characters > 0 && characters >= VALID_FOR_INVALID * invalid && memchr::memchr(0x1b, text).is_none()
}

/// Returns true if the beginning is UTF-8, except for a character that is cut at its end.
fn is_utf8(head: &Beginning) -> bool {
    // The escape sequences of ISO-2022-JP are ASCII.
    memchr::memchr(0x1b, &head.bytes).is_none()
        && match simdutf8::compat::from_utf8(&head.bytes) {
            Ok(_) => true,
            Err(error) => error.error_len().is_none() && !head.is_whole,
        }
}

/// Returns a note when a file is declared as something else but is UTF-8, and not just ASCII.
fn looks_like_utf8(head: &Beginning, declared: Coding) -> Option<String> {
    let is_other = declared != Coding::Utf8 && declared.unit() == 1;
    let is_suspect = is_other && !head.bytes.is_ascii() && is_utf8(head);
    is_suspect.then(|| {
        format!(
            "the descriptor says {}, and the file was read so, but its beginning is UTF-8: if texts look wrong, write \"encoding\": \"utf-8\"",
            declared.name()
        )
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn of(bytes: &[u8], declared: DeclaredEncoding) -> Result<FileEncoding, String> {
        FileEncoding::of(Beginning { bytes: bytes.into(), is_whole: true }, declared)
    }

    fn utf16(text: &str, is_big: bool) -> Vec<u8> {
        let bytes = |unit: u16| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn the_byte_order_mark_wins_and_a_difference_is_noted() {
        let named = DeclaredEncoding::Named(Coding::Other(encoding_rs::WINDOWS_1252));
        let marked = of(b"\xef\xbb\xbfa", named).unwrap();
        assert_eq!(marked.coding(), Coding::Utf8);
        assert!(marked.note().unwrap().contains("windows-1252"), "{:?}", marked.note());
        for (is_big, name) in [(false, "utf-16le"), (true, "utf-16be")] {
            let bytes = utf16("\u{feff}a,b\n", is_big);
            for declared in [DeclaredEncoding::Nothing, DeclaredEncoding::Detect, DeclaredEncoding::Utf16] {
                let found = of(&bytes, declared).unwrap();
                assert_eq!((found.coding().name().as_str(), found.note()), (name, None));
            }
        }
    }

    #[test]
    fn utf_16_without_a_mark_is_noticed_by_its_zero_bytes() {
        for text in ["id,name\n1,one\n", "编号,名称,数量\n一,二,三\n四,五,六\n"] {
            for (is_big, name) in [(false, "utf-16le"), (true, "utf-16be")] {
                let bytes = utf16(&text.repeat(20), is_big);
                let message = of(&bytes, DeclaredEncoding::Nothing).unwrap_err();
                assert!(message.contains(&format!("\"encoding\": \"{name}\"")), "{message}");
                for declared in [DeclaredEncoding::Detect, DeclaredEncoding::Utf16] {
                    assert_eq!(of(&bytes, declared).unwrap().coding().name(), name);
                }
            }
        }
        let utf32: Vec<u8> = "id,name\n".chars().flat_map(|character| u32::from(character).to_le_bytes()).collect();
        assert!(of(&utf32, DeclaredEncoding::Nothing).unwrap_err().contains("UTF-32"));
        assert!(of(b"\xff\xfe\0\0a\0\0\0", DeclaredEncoding::Utf16).unwrap_err().contains("UTF-32"));
    }

    #[test]
    fn zero_bytes_in_cells_are_no_utf_16() {
        for bytes in [&b"a\0b,c\n1,2\n"[..], b"\0\0\0\0\0\0\0\0", "n\u{e4}me\0,\0\0,x\n".as_bytes()] {
            assert_eq!(of(bytes, DeclaredEncoding::Nothing).unwrap().coding(), Coding::Utf8);
        }
    }

    #[test]
    fn what_is_not_utf_8_is_guessed() {
        let text = "Straße,Größe\nMünchen,Köln\nDüsseldorf,Gießen\n";
        let bytes: Vec<u8> = text.chars().map(|character| u32::from(character) as u8).collect();
        assert_eq!(of(&bytes, DeclaredEncoding::Detect).unwrap().coding().name(), "windows-1252");
        let undeclared = of(&bytes, DeclaredEncoding::Nothing).unwrap();
        assert_eq!(undeclared.coding(), Coding::Utf8);
        assert!(undeclared.advice().contains("windows-1252"), "{}", undeclared.advice());
        let (bytes, ..) = encoding_rs::SHIFT_JIS.encode("番号,名前\n一,東京都港区\n二,大阪府大阪市\n");
        assert_eq!(of(&bytes, DeclaredEncoding::Detect).unwrap().coding().name(), "shift_jis");
        assert_eq!(of(text.as_bytes(), DeclaredEncoding::Detect).unwrap().coding(), Coding::Utf8);
        assert_eq!(of(b"a,b\n", DeclaredEncoding::Detect).unwrap().coding(), Coding::Utf8);
        let (bytes, ..) = encoding_rs::ISO_2022_JP.encode("番号,名前\n一,東京都港区\n二,大阪府大阪市\n");
        assert_eq!(of(&bytes, DeclaredEncoding::Detect).unwrap().coding().name(), "iso-2022-jp");
    }

    #[test]
    fn utf_8_with_a_damaged_byte_is_utf_8() {
        let bytes = ["é,ß\n".repeat(10).as_bytes(), b"x\xff,1\n"].concat();
        let found = of(&bytes, DeclaredEncoding::Detect).unwrap();
        assert_eq!((found.coding(), found.advice(), found.guesses()), (Coding::Utf8, "", Vec::new()));
        let declared = of(&bytes, DeclaredEncoding::Named(Coding::Other(encoding_rs::EUC_KR))).unwrap();
        assert!(declared.advice().contains("utf-8"), "{}", declared.advice());
    }

    #[test]
    fn texts_in_other_encodings_are_not_taken_for_damaged_utf_8() {
        for (encoding, text) in [
            (encoding_rs::WINDOWS_1252, "Straße,Größe\nMünchen,Köln\nÃ©,¿qué?,«ça»\n"),
            (encoding_rs::WINDOWS_1251, "Москва,город\nСАНКТ-ПЕТЕРБУРГ,ГОРОД\n"),
            (encoding_rs::WINDOWS_1253, "Αθήνα,πόλη\nΘεσσαλονίκη,ΠΟΛΗ\n"),
            (encoding_rs::WINDOWS_874, "กรุงเทพมหานคร,เมือง\nเชียงใหม่,ขนมจีน\n"),
            (encoding_rs::KOI8_R, "Москва,город\nСАНКТ-ПЕТЕРБУРГ,ГОРОД\n"),
            (encoding_rs::SHIFT_JIS, "ｱｲｳｴｵ,ｶｷｸｹｺ,ﾄｳｷｮｳ,ﾃｽﾄ\n番号,名前,東京都港区\n"),
            (encoding_rs::EUC_JP, "番号,名前\n一,東京都港区\n二,大阪府大阪市\n"),
            (encoding_rs::EUC_KR, "편집,한글,서울특별시,부산광역시,대구\n"),
            (encoding_rs::GB18030, "编号,名称,数量,北京市,上海市,广东省\n"),
            (encoding_rs::BIG5, "編號,名稱,數量,臺北市,高雄市\n"),
        ] {
            assert!(!is_mostly_utf8(&encoding.encode(text).0), "{}", encoding.name());
        }
    }

    #[test]
    fn utf_8_that_is_declared_as_something_else_is_noted() {
        let named = DeclaredEncoding::Named(Coding::Other(encoding_rs::WINDOWS_1252));
        assert!(of("a,é\n".as_bytes(), named).unwrap().note().unwrap().contains("utf-8"));
        assert_eq!(of(b"a,b\n", named).unwrap().note(), None);
        assert_eq!(of(b"a,\xe9\n", named).unwrap().note(), None);
    }
}
