//! Names of encodings, as descriptors write them.

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, X_USER_DEFINED};

use crate::encoding::coding::Coding;
use crate::encoding::unsupported::{self, UnsupportedEncoding};

/// The encoding that a descriptor declares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeclaredEncoding {
    /// No encoding: the file is in UTF-8, unless a byte order mark says otherwise.
    #[default]
    Nothing,
    /// `"detect"`: the encoding that the beginning of the file looks like.
    Detect,
    /// `"utf-16"`: the byte order mark tells the byte order, or else the places of the zero bytes do.
    Utf16,
    /// This encoding.
    Named(Coding),
}

/// Names that the WHATWG does not have, each with a name that it has: IANA's, Python's and Microsoft's names for the same encodings. They are
/// written in the form that [`squeezed`] returns.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("utf8sig", "utf-8"),
    ("utf8bom", "utf-8"),
    ("u8", "utf-8"),
    ("utf", "utf-8"),
    ("cp65001", "utf-8"),
    ("latin7", "iso-8859-13"),
    ("latin8", "iso-8859-14"),
    ("latin9", "iso-8859-15"),
    ("latin0", "iso-8859-15"),
    ("latin10", "iso-8859-16"),
    ("cp874", "windows-874"),
    ("cp932", "shift_jis"),
    ("sjis", "shift_jis"),
    ("shiftjis", "shift_jis"),
    ("eucjp", "euc-jp"),
    ("ujis", "euc-jp"),
    ("iso2022jp", "iso-2022-jp"),
    ("cp936", "gbk"),
    ("ms936", "gbk"),
    ("windows936", "gbk"),
    ("euccn", "gbk"),
    ("eucgb2312cn", "gbk"),
    ("cp949", "euc-kr"),
    ("ms949", "euc-kr"),
    ("uhc", "euc-kr"),
    ("cp950", "big5"),
    ("ms950", "big5"),
    ("big5tw", "big5"),
    ("big5hkscs", "big5"),
    ("macroman", "macintosh"),
    ("maccyrillic", "x-mac-cyrillic"),
    ("cyrillic", "iso-8859-5"),
    ("greek8", "iso-8859-7"),
    ("utf16le", "utf-16le"),
    ("utf16be", "utf-16be"),
    ("ucs2le", "utf-16le"),
    ("ucs2be", "utf-16be"),
    ("unicodebig", "utf-16be"),
    ("unicodelittle", "utf-16le"),
    ("cp1200", "utf-16le"),
    ("xmaccyrillic", "x-mac-cyrillic"),
    ("xmacukrainian", "x-mac-cyrillic"),
    ("macukrainian", "x-mac-cyrillic"),
    ("appleroman", "macintosh"),
    ("applemacintosh", "macintosh"),
    ("macosroman", "macintosh"),
    ("westernmacosroman", "macintosh"),
];

/// Names of US-ASCII, squeezed. The WHATWG takes some of these names for windows-1252.
const ASCII: [&str; 12] = [
    "ascii",
    "usascii",
    "646",
    "iso646us",
    "iso646irv",
    "ansix3.41968",
    "isoir6",
    "csascii",
    "us",
    "cp367",
    "ibm367",
    "cp20127",
];

/// Names of UTF-16 of any byte order, squeezed.
const UTF_16: [&str; 7] = ["utf16", "u16", "unicode", "ucs2", "iso10646ucs2", "csunicode", "unicodefeff"];

/// Numbers of code pages of IBM and Microsoft that are encodings of the WHATWG.
const CODE_PAGES: &[(u16, &str)] = &[
    (813, "iso-8859-7"),
    (819, "iso-8859-1"),
    (866, "ibm866"),
    (874, "windows-874"),
    (878, "koi8-r"),
    (912, "iso-8859-2"),
    (913, "iso-8859-3"),
    (914, "iso-8859-4"),
    (915, "iso-8859-5"),
    (916, "iso-8859-8"),
    (920, "iso-8859-9"),
    (921, "iso-8859-13"),
    (923, "iso-8859-15"),
    (932, "shift_jis"),
    (936, "gbk"),
    (943, "shift_jis"),
    (949, "euc-kr"),
    (950, "big5"),
    (954, "euc-jp"),
    (970, "euc-kr"),
    (1089, "iso-8859-6"),
    (1168, "koi8-u"),
    (1201, "utf-16be"),
    (1208, "utf-8"),
    (1250, "windows-1250"),
    (1251, "windows-1251"),
    (1252, "windows-1252"),
    (1253, "windows-1253"),
    (1254, "windows-1254"),
    (1255, "windows-1255"),
    (1256, "windows-1256"),
    (1257, "windows-1257"),
    (1258, "windows-1258"),
    (1275, "macintosh"),
    (1363, "euc-kr"),
    (1386, "gbk"),
    (1392, "gb18030"),
    (5346, "windows-1250"),
    (5347, "windows-1251"),
    (5348, "windows-1252"),
    (5349, "windows-1253"),
    (5350, "windows-1254"),
    (5351, "windows-1255"),
    (5352, "windows-1256"),
    (5353, "windows-1257"),
    (5354, "windows-1258"),
    (10000, "macintosh"),
    (10007, "x-mac-cyrillic"),
    (10017, "x-mac-cyrillic"),
    (20866, "koi8-r"),
    (20932, "euc-jp"),
    (20936, "gbk"),
    (21866, "koi8-u"),
    (28591, "iso-8859-1"),
    (28592, "iso-8859-2"),
    (28593, "iso-8859-3"),
    (28594, "iso-8859-4"),
    (28595, "iso-8859-5"),
    (28596, "iso-8859-6"),
    (28597, "iso-8859-7"),
    (28598, "iso-8859-8"),
    (28599, "iso-8859-9"),
    (28603, "iso-8859-13"),
    (28605, "iso-8859-15"),
    (50220, "iso-2022-jp"),
    (50221, "iso-2022-jp"),
    (50222, "iso-2022-jp"),
    (51932, "euc-jp"),
    (51936, "gbk"),
    (51949, "euc-kr"),
    (54936, "gb18030"),
    (65001, "utf-8"),
];

/// Why a name is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// The encoding of this name is known but not supported.
    Unsupported(UnsupportedEncoding),
    /// No encoding with this name is known.
    Name,
}

/// Returns the encoding of this name: a label of the [WHATWG](https://encoding.spec.whatwg.org/#names-and-labels), a name of IANA's, or one of
/// Python's, in any letter case and with `-`, `_`, a space or nothing between its parts.
///
/// # Errors
/// Why the name is no encoding.
pub(crate) fn read(name: &str) -> Result<DeclaredEncoding, Unknown> {
    let squeezed = squeezed(name);
    let squeezed = squeezed.as_str();
    if squeezed == "detect" {
        return Ok(DeclaredEncoding::Detect);
    }
    if ASCII.contains(&squeezed) {
        return Ok(DeclaredEncoding::Named(Coding::Ascii));
    }
    if UTF_16.contains(&squeezed) {
        return Ok(DeclaredEncoding::Utf16);
    }
    let other = OTHER_NAMES.iter().find(|(other, _)| *other == squeezed).map(|(_, label)| *label);
    let page = unsupported::page_number(squeezed);
    let page = page.and_then(|number| CODE_PAGES.iter().find(|(page, _)| *page == number).map(|(_, label)| *label));
    let dashes = name.trim().replace(['_', ' '], "-");
    let of = |label: &str| Encoding::for_label(label.as_bytes());
    let encoding = other
        .and_then(of)
        .or_else(|| of(name))
        .or_else(|| of(&dashes))
        .or_else(|| of(squeezed))
        .or_else(|| page.and_then(of))
        // `windows1252`, `iso885915`: one dash, or none, is missing.
        .or_else(|| of(&squeezed.replacen("windows", "windows-", 1)))
        .or_else(|| of(&squeezed.replacen("koi8", "koi8-", 1)))
        .or_else(|| of(&squeezed.replacen("iso8859", "iso8859-", 1)));
    let refused = |what: &str| {
        Err(Unknown::Unsupported(
            unsupported::find(squeezed).unwrap_or_else(|| UnsupportedEncoding::new(what, None::<String>)),
        ))
    };
    match encoding {
        None => Err(unsupported::find(squeezed).map_or(Unknown::Name, Unknown::Unsupported)),
        Some(encoding) if encoding == REPLACEMENT => refused("an encoding that browsers refuse, too"),
        Some(encoding) if encoding == X_USER_DEFINED => refused("no encoding of texts"),
        Some(encoding) if encoding == UTF_8 => Ok(DeclaredEncoding::Named(Coding::Utf8)),
        Some(encoding) => Ok(DeclaredEncoding::Named(Coding::Other(encoding))),
    }
}

/// Returns a name in lower case without `-`, `_` and spaces.
fn squeezed(name: &str) -> String {
    name.chars().filter(|character| !matches!(character, '-' | '_' | ' ')).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_three_worlds_are_one_encoding() {
        for (names, expected) in [
            (
                &["utf-8", "UTF8", "utf_8", "utf_8_sig", "utf-8-sig", "U8", " utf-8 ", "cp65001", "unicode-1-1-utf-8"]
                    [..],
                "utf-8",
            ),
            (&["us-ascii", "ASCII", "us_ascii", "ANSI_X3.4-1968", "646"], "us-ascii"),
            (
                &[
                    "iso-8859-1",
                    "ISO8859-1",
                    "latin_1",
                    "latin-1",
                    "latin1",
                    "iso8859_1",
                    "iso_8859_1",
                    "L1",
                    "cp1252",
                    "windows-1252",
                    "windows_1252",
                    "Windows1252",
                    "cp819",
                ],
                "windows-1252",
            ),
            (&["iso-8859-15", "latin_9", "latin-9", "latin9", "iso8859_15", "iso885915", "ISO_8859-15"], "iso-8859-15"),
            (&["iso-8859-2", "latin2", "iso8859_2"], "iso-8859-2"),
            (&["cp1250", "windows-1250", "windows_1250"], "windows-1250"),
            (&["cp1251", "windows-1251"], "windows-1251"),
            (&["iso-8859-9", "latin5", "windows-1254", "cp1254"], "windows-1254"),
            (&["utf-16le", "utf_16_le", "UTF-16LE"], "utf-16le"),
            (&["utf-16be", "utf_16_be"], "utf-16be"),
            (&["gb18030", "GB18030"], "gb18030"),
            (&["gbk", "cp936", "gb2312", "GB_2312-80", "euc_cn"], "gbk"),
            (&["shift_jis", "Shift-JIS", "sjis", "cp932", "ms932", "windows-31j", "shiftjis"], "shift_jis"),
            (&["euc_jp", "euc-jp", "EUCJP"], "euc-jp"),
            (&["euc_kr", "euc-kr", "cp949", "ks_c_5601-1987"], "euc-kr"),
            (&["big5", "big5hkscs", "cp950", "Big5-HKSCS"], "big5"),
            (&["iso-2022-jp", "iso2022_jp", "csiso2022jp"], "iso-2022-jp"),
            (&["koi8_r", "koi8-r", "KOI8R"], "koi8-r"),
            (&["mac_roman", "macintosh", "MacRoman"], "macintosh"),
            (&["cp866", "ibm866", "IBM-866", "866", "csIBM866", "CP_866"], "ibm866"),
        ] {
            for name in names {
                let coding = match read(name) {
                    Ok(DeclaredEncoding::Named(coding)) => coding.name(),
                    other => format!("{other:?}"),
                };
                assert_eq!(coding, expected, "{name}");
            }
        }
        for name in ["utf-16", "UTF16", "utf_16", "unicode", "ucs-2"] {
            assert_eq!(read(name), Ok(DeclaredEncoding::Utf16), "{name}");
        }
        assert_eq!(read("Detect"), Ok(DeclaredEncoding::Detect));
    }

    #[test]
    fn code_pages_are_known_by_their_numbers() {
        for (names, expected) in [
            (&["IBM819", "cp28591", "ibm-5348", "IBM-1252"][..], "windows-1252"),
            (&["ibm-912", "cp28592"], "iso-8859-2"),
            (&["ibm-1208"], "utf-8"),
            (&["ibm-943", "IBM932"], "shift_jis"),
            (&["IBM367", "cp20127", "csASCII"], "us-ascii"),
            (&["UCS-2LE", "cp1200"], "utf-16le"),
            (&["x-mac-roman", "cp10000", "Apple Roman"], "macintosh"),
            (&["mac_cyrillic", "x-mac-ukrainian", "cp10007"], "x-mac-cyrillic"),
        ] {
            for name in names {
                let coding = match read(name) {
                    Ok(DeclaredEncoding::Named(coding)) => coding.name(),
                    other => format!("{other:?}"),
                };
                assert_eq!(coding, expected, "{name}");
            }
        }
    }

    #[test]
    fn what_is_not_read_is_named() {
        for (names, what) in [
            (&["utf-32", "UTF_32_LE", "UCS-4", "cp12000"][..], "UTF-32"),
            (&["utf-7"], "UTF-7"),
            (&["hz-gb-2312", "hz"], "HZ"),
            (&["iso-2022-kr"], "ISO-2022-KR"),
            (&["cp437", "IBM437", "437", "csPC8CodePage437"], "code page 437 of DOS, the United States"),
            (
                &["IBM850", "cp850", "850", "CP-850", "ibm_850", "DOS-850", "csPC850Multilingual", "OEM 850"],
                "code page 850 of DOS, Western Europe",
            ),
            (&["IBM00858", "CCSID00858", "cp858"], "code page 858 of DOS, Western Europe, with the euro sign"),
            (&["IBM852", "cp852"], "code page 852 of DOS, Central Europe"),
            (&["cp1125", "ibm1125"], "code page 1125 of DOS, Ukrainian"),
            (&["IBM037", "cp037"], "code page 37 of mainframes, EBCDIC"),
            (&["cp500", "IBM500"], "code page 500 of mainframes, EBCDIC"),
            (&["cp1140", "IBM01140", "ibm1140"], "code page 1140 of mainframes, EBCDIC"),
            (&["IBM273", "cp20273"], "code page 273 of mainframes, EBCDIC"),
            (&["ebcdic", "ebcdic-cp-us", "EBCDIC-AT-DE"], "EBCDIC, the code pages of mainframes"),
            (&["mac_latin2", "maccentraleurope", "cp10029"], "Mac OS, Central Europe"),
            (&["mac_turkish", "x-mac-greek", "MacCroatian"], "an encoding of the old Mac OS"),
            (&["euc_jis_2004"], "EUC-JP with JIS X 0213"),
            (&["x-user-defined"], "no encoding of texts"),
        ] {
            for name in names {
                let found = match read(name) {
                    Err(Unknown::Unsupported(unsupported)) => unsupported.what,
                    other => format!("{other:?}"),
                };
                assert_eq!(found, what, "{name}");
            }
        }
        for name in ["", "latin", "windows", "utf-9", "cp0", "cp99999", "ibm", "37", "8859"] {
            assert_eq!(read(name), Err(Unknown::Name), "{name}");
        }
    }
}
