//! Names of encodings that are known but not read: code pages of DOS, of mainframes (EBCDIC) and of the old Mac OS, and rare ones.

/// An encoding that is known but not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnsupportedEncoding {
    /// What the encoding is.
    pub(crate) what: String,
    /// The name by which `iconv` of the GNU C library knows the encoding, if it does.
    pub(crate) iconv: Option<String>,
    /// The encoding of Windows for the same languages, which such a name often stands for by mistake.
    pub(crate) instead: Option<&'static str>,
}

impl UnsupportedEncoding {
    pub(super) fn new(what: impl Into<String>, iconv: Option<impl Into<String>>) -> Self {
        Self { what: what.into(), iconv: iconv.map(Into::into), instead: None }
    }

    /// Returns what to do about the encoding.
    pub(crate) fn remedy(&self) -> String {
        let how = self.iconv.as_ref().map(|name| format!(" (iconv -f {name} -t UTF-8)")).unwrap_or_default();
        let convert = format!("convert the files to UTF-8{how}, and write \"utf-8\"");
        match self.instead {
            Some(name) => format!("{convert}; or write {name:?}, if a program of Windows wrote them"),
            None => convert,
        }
    }
}

/// Code pages of DOS: number, language, and the code page of Windows for it.
const DOS: [(u16, &str, &str); 21] = [
    (437, "the United States", "windows-1252"),
    (720, "Arabic", "windows-1256"),
    (737, "Greek", "windows-1253"),
    (775, "the Baltic languages", "windows-1257"),
    (850, "Western Europe", "windows-1252"),
    (851, "Greek", "windows-1253"),
    (852, "Central Europe", "windows-1250"),
    (855, "Cyrillic", "windows-1251"),
    (856, "Hebrew", "windows-1255"),
    (857, "Turkish", "windows-1254"),
    (858, "Western Europe, with the euro sign", "windows-1252"),
    (860, "Portuguese", "windows-1252"),
    (861, "Icelandic", "windows-1252"),
    (862, "Hebrew", "windows-1255"),
    (863, "Canadian French", "windows-1252"),
    (864, "Arabic", "windows-1256"),
    (865, "Danish and Norwegian", "windows-1252"),
    (868, "Urdu", "windows-1256"),
    (869, "Greek", "windows-1253"),
    (1125, "Ukrainian", "windows-1251"),
    (1131, "Belarusian", "windows-1251"),
];

/// Numbers of EBCDIC code pages that `iconv` of the GNU C library reads.
const EBCDIC: [u16; 71] = [
    37, 38, 256, 273, 274, 275, 277, 278, 280, 281, 284, 285, 290, 297, 420, 423, 424, 500, 803, 870, 871, 875, 880,
    905, 918, 930, 933, 935, 937, 939, 1025, 1026, 1047, 1097, 1112, 1122, 1123, 1130, 1132, 1137, 1140, 1141, 1142,
    1143, 1144, 1145, 1146, 1147, 1148, 1149, 1153, 1154, 1155, 1156, 1157, 1158, 1160, 1164, 1166, 1364, 1371, 1388,
    1390, 1399, 4517, 4899, 4909, 4971, 9030, 12712, 16804,
];

/// Other numbers of EBCDIC code pages.
const OTHER_EBCDIC: [u16; 11] = [833, 836, 838, 924, 1165, 1377, 5026, 5035, 8612, 20924, 28709];

/// Numbers that Windows gives to EBCDIC code pages: 20000 more than those of IBM.
const WINDOWS_EBCDIC: std::ops::RangeInclusive<u16> = 20_273..=20_424;

/// Other encodings: names in the form of [`super::label`], what each encoding is, and its name for `iconv`.
const OTHERS: &[(&[&str], &str, Option<&str>)] = &[
    (&["utf32", "utf32le", "utf32be", "ucs4", "ucs4le", "ucs4be", "iso10646ucs4", "u32"], "UTF-32", Some("UTF-32")),
    (&["cp12000"], "UTF-32", Some("UTF-32LE")),
    (&["cp12001"], "UTF-32", Some("UTF-32BE")),
    (&["utf7", "unicode11utf7", "cp65000", "u7"], "UTF-7", Some("UTF-7")),
    (&["utf1", "utf5", "utfebcdic", "cesu8", "scsu", "bocu1"], "a rare encoding of Unicode", None),
    (&["hz", "hzgb", "hzgb2312"], "HZ", None),
    (&["iso2022kr"], "ISO-2022-KR", Some("ISO-2022-KR")),
    (&["iso2022cn", "iso2022cnext"], "ISO-2022-CN", Some("ISO-2022-CN")),
    (&["iso2022jp1", "iso2022jp2", "iso2022jp3", "iso2022jp2004", "iso2022jpext"], "a variant of ISO-2022-JP", None),
    (&["shiftjis2004", "sjis2004", "shiftjisx0213", "sjisx0213"], "Shift_JIS with JIS X 0213", Some("SHIFT_JISX0213")),
    (&["eucjis2004", "eucjisx0213", "jisx0213"], "EUC-JP with JIS X 0213", Some("EUC-JISX0213")),
    (&["euctw", "cns11643"], "EUC-TW", Some("EUC-TW")),
    (&["johab", "cp1361", "ms1361"], "Johab", Some("JOHAB")),
    (&["viscii", "csviscii", "viscii1.11"], "VISCII", Some("VISCII")),
    (&["tcvn", "tcvn57121"], "TCVN", Some("TCVN")),
    (&["hproman8", "roman8", "r8", "cshproman8"], "HP Roman-8", Some("HP-ROMAN8")),
    (&["koi8t"], "KOI8-T", Some("KOI8-T")),
    (&["kz1048", "rk1048", "strk10482002"], "KZ-1048", Some("RK1048")),
    (&["ptcp154", "cp154", "pt154", "cyrillicasian"], "PTCP154", None),
    (
        &["maccentraleurope", "maccenteuro", "maclatin2", "xmacce", "cp10029"],
        "Mac OS, Central Europe",
        Some("MAC-CENTRALEUROPE"),
    ),
    (&["maciceland", "macicelandic", "xmacicelandic", "cp10079"], "Mac OS, Icelandic", Some("MAC-IS")),
    (&["oem"], "the code page of a computer with DOS, which depends on its language", None),
    (&["punycode", "idna"], "an encoding of domain names", None),
    (&["base64", "uuencode", "quopri", "quotedprintable", "hex"], "an encoding of bytes, not of characters", None),
];

/// Returns the encoding that is known but not read by a name in lower case without `-`, `_` and spaces.
pub(super) fn find(name: &str) -> Option<UnsupportedEncoding> {
    if let Some((_, what, iconv)) = OTHERS.iter().find(|(names, ..)| names.contains(&name)) {
        return Some(UnsupportedEncoding::new(*what, *iconv));
    }
    if name == "ansi" {
        let what = "the code page of a computer with Windows, which depends on its language";
        return Some(UnsupportedEncoding {
            instead: Some("windows-1252"),
            ..UnsupportedEncoding::new(what, None::<String>)
        });
    }
    if let Some(unsupported) = page_number(name).and_then(code_page) {
        return Some(unsupported);
    }
    // `ebcdic-cp-us` and dozens like it, `x-mac-turkish`.
    let begins = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
    if begins(&["ebcdic", "csebcdic"]) {
        return Some(UnsupportedEncoding::new("EBCDIC, the code pages of mainframes", None::<String>));
    }
    begins(&["mac", "xmac"]).then(|| UnsupportedEncoding::new("an encoding of the old Mac OS", None::<String>))
}

/// Returns the number of a code page by its name: `cp850`, `IBM00850`, `850`, `windows-850`.
pub(super) fn page_number(name: &str) -> Option<u16> {
    const PREFIXES: [&str; 13] = [
        "cspc8codepage",
        "codepage",
        "windows",
        "xwindows",
        "csibm",
        "ccsid",
        "xibm",
        "ibm",
        "dos",
        "oem",
        "cp",
        "ms",
        "cspc",
    ];
    let rest = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    // `csPC850Multilingual`, `PC-Multilingual-850+euro`
    let rest = rest.strip_suffix("multilingual").unwrap_or(rest);
    let rest = if rest == "pcmultilingual850+euro" { "858" } else { rest };
    (rest.len() >= 3 && rest.bytes().all(|byte| byte.is_ascii_digit())).then(|| rest.parse().ok()).flatten()
}

fn code_page(number: u16) -> Option<UnsupportedEncoding> {
    if let Some((_, language, windows)) = DOS.iter().find(|(page, ..)| *page == number) {
        let iconv = (!matches!(number, 720 | 1131)).then(|| format!("CP{number}"));
        let what = format!("code page {number} of DOS, {language}");
        return Some(UnsupportedEncoding { instead: Some(windows), ..UnsupportedEncoding::new(what, iconv) });
    }
    let ibm = if WINDOWS_EBCDIC.contains(&number) { number - 20_000 } else { number };
    let iconv = EBCDIC.contains(&ibm).then(|| format!("IBM{ibm:03}"));
    (iconv.is_some() || OTHER_EBCDIC.contains(&number))
        .then(|| UnsupportedEncoding::new(format!("code page {ibm} of mainframes, EBCDIC"), iconv))
}
