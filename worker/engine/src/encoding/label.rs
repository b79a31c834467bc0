//! Names of encodings, as descriptors write them.

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, X_USER_DEFINED};

use crate::encoding::coding::Coding;

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
];

/// Names of US-ASCII, squeezed. The WHATWG takes some of these names for windows-1252.
const ASCII: [&str; 8] = ["ascii", "usascii", "646", "iso646us", "ansix3.41968", "isoir6", "csascii", "us"];

/// Names of UTF-16 of any byte order, squeezed.
const UTF_16: [&str; 7] = ["utf16", "u16", "unicode", "ucs2", "iso10646ucs2", "csunicode", "unicodefeff"];

/// Names of encodings that are known but not supported, squeezed, with the name to show.
const UNREAD: &[(&str, &str)] = &[
    ("utf32", "UTF-32"),
    ("utf32le", "UTF-32"),
    ("utf32be", "UTF-32"),
    ("ucs4", "UTF-32"),
    ("iso10646ucs4", "UTF-32"),
    ("u32", "UTF-32"),
    ("utf7", "UTF-7"),
    ("unicode11utf7", "UTF-7"),
    ("hz", "HZ"),
    ("hzgb2312", "HZ"),
    ("iso2022kr", "ISO-2022-KR"),
    ("iso2022cn", "ISO-2022-CN"),
    ("ebcdic", "EBCDIC"),
    ("cp037", "EBCDIC"),
    ("ibm037", "EBCDIC"),
    ("cp500", "EBCDIC"),
];

/// Why a name is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// The encoding of this name is known but not supported.
    Unread(&'static str),
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
    if let Some((_, shown)) = UNREAD.iter().find(|(unread, _)| *unread == squeezed) {
        return Err(Unknown::Unread(shown));
    }
    let other = OTHER_NAMES.iter().find(|(other, _)| *other == squeezed).map(|(_, label)| *label);
    let dashes = name.trim().replace(['_', ' '], "-");
    let of = |label: &str| Encoding::for_label(label.as_bytes());
    let encoding = other
        .and_then(of)
        .or_else(|| of(name))
        .or_else(|| of(&dashes))
        .or_else(|| of(squeezed))
        // `windows1252`, `iso885915`: one dash, or none, is missing.
        .or_else(|| of(&squeezed.replacen("windows", "windows-", 1)))
        .or_else(|| of(&squeezed.replacen("koi8", "koi8-", 1)))
        .or_else(|| of(&squeezed.replacen("iso8859", "iso8859-", 1)));
    match encoding {
        None => Err(Unknown::Name),
        Some(encoding) if encoding == REPLACEMENT => Err(Unknown::Unread("an encoding that browsers refuse, too")),
        Some(encoding) if encoding == X_USER_DEFINED => Err(Unknown::Unread("x-user-defined")),
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
            (&["cp866", "ibm866"], "ibm866"),
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
    fn what_is_not_read_is_named() {
        for (name, shown) in [
            ("utf-32", "UTF-32"),
            ("UTF_32_LE", "UTF-32"),
            ("utf-7", "UTF-7"),
            ("hz-gb-2312", "HZ"),
            ("iso-2022-kr", "ISO-2022-KR"),
            ("cp037", "EBCDIC"),
        ] {
            assert_eq!(read(name), Err(Unknown::Unread(shown)), "{name}");
        }
        for name in ["", "latin", "cp437", "windows", "utf-9", "ansi"] {
            assert_eq!(read(name), Err(Unknown::Name), "{name}");
        }
    }
}
