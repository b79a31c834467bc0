//! The blocks of Unicode that a pattern of XML Schema names: `\p{IsBasicLatin}`.

/// Blocks by their names in lower case without `-`, `_` and spaces, each with its first and last character in hexadecimal: those of XML Schema
/// (part 2, appendix F.1.1), and some newer ones. Surrogates are left out, as no text has them.
const BLOCKS: &[(&str, &str, &str)] = &[
    ("basiclatin", "0", "7F"),
    ("latin1supplement", "80", "FF"),
    ("latinextendeda", "100", "17F"),
    ("latinextendedb", "180", "24F"),
    ("ipaextensions", "250", "2AF"),
    ("spacingmodifierletters", "2B0", "2FF"),
    ("combiningdiacriticalmarks", "300", "36F"),
    ("greek", "370", "3FF"),
    ("greekandcoptic", "370", "3FF"),
    ("cyrillic", "400", "4FF"),
    ("cyrillicsupplement", "500", "52F"),
    ("armenian", "530", "58F"),
    ("hebrew", "590", "5FF"),
    ("arabic", "600", "6FF"),
    ("syriac", "700", "74F"),
    ("thaana", "780", "7BF"),
    ("devanagari", "900", "97F"),
    ("bengali", "980", "9FF"),
    ("gurmukhi", "A00", "A7F"),
    ("gujarati", "A80", "AFF"),
    ("oriya", "B00", "B7F"),
    ("tamil", "B80", "BFF"),
    ("telugu", "C00", "C7F"),
    ("kannada", "C80", "CFF"),
    ("malayalam", "D00", "D7F"),
    ("sinhala", "D80", "DFF"),
    ("thai", "E00", "E7F"),
    ("lao", "E80", "EFF"),
    ("tibetan", "F00", "FFF"),
    ("myanmar", "1000", "109F"),
    ("georgian", "10A0", "10FF"),
    ("hanguljamo", "1100", "11FF"),
    ("ethiopic", "1200", "137F"),
    ("cherokee", "13A0", "13FF"),
    ("unifiedcanadianaboriginalsyllabics", "1400", "167F"),
    ("ogham", "1680", "169F"),
    ("runic", "16A0", "16FF"),
    ("khmer", "1780", "17FF"),
    ("mongolian", "1800", "18AF"),
    ("latinextendedadditional", "1E00", "1EFF"),
    ("greekextended", "1F00", "1FFF"),
    ("generalpunctuation", "2000", "206F"),
    ("superscriptsandsubscripts", "2070", "209F"),
    ("currencysymbols", "20A0", "20CF"),
    ("combiningdiacriticalmarksforsymbols", "20D0", "20FF"),
    ("combiningmarksforsymbols", "20D0", "20FF"),
    ("letterlikesymbols", "2100", "214F"),
    ("numberforms", "2150", "218F"),
    ("arrows", "2190", "21FF"),
    ("mathematicaloperators", "2200", "22FF"),
    ("miscellaneoustechnical", "2300", "23FF"),
    ("controlpictures", "2400", "243F"),
    ("opticalcharacterrecognition", "2440", "245F"),
    ("enclosedalphanumerics", "2460", "24FF"),
    ("boxdrawing", "2500", "257F"),
    ("blockelements", "2580", "259F"),
    ("geometricshapes", "25A0", "25FF"),
    ("miscellaneoussymbols", "2600", "26FF"),
    ("dingbats", "2700", "27BF"),
    ("braillepatterns", "2800", "28FF"),
    ("latinextendedc", "2C60", "2C7F"),
    ("georgiansupplement", "2D00", "2D2F"),
    ("cjkradicalssupplement", "2E80", "2EFF"),
    ("kangxiradicals", "2F00", "2FDF"),
    ("ideographicdescriptioncharacters", "2FF0", "2FFF"),
    ("cjksymbolsandpunctuation", "3000", "303F"),
    ("hiragana", "3040", "309F"),
    ("katakana", "30A0", "30FF"),
    ("bopomofo", "3100", "312F"),
    ("hangulcompatibilityjamo", "3130", "318F"),
    ("kanbun", "3190", "319F"),
    ("bopomofoextended", "31A0", "31BF"),
    ("enclosedcjklettersandmonths", "3200", "32FF"),
    ("cjkcompatibility", "3300", "33FF"),
    ("cjkunifiedideographsextensiona", "3400", "4DBF"),
    ("cjkunifiedideographs", "4E00", "9FFF"),
    ("yisyllables", "A000", "A48F"),
    ("yiradicals", "A490", "A4CF"),
    ("latinextendedd", "A720", "A7FF"),
    ("latinextendede", "AB30", "AB6F"),
    ("hangulsyllables", "AC00", "D7AF"),
    ("privateuse", "E000", "F8FF"),
    ("privateusearea", "E000", "F8FF"),
    ("cjkcompatibilityideographs", "F900", "FAFF"),
    ("alphabeticpresentationforms", "FB00", "FB4F"),
    ("arabicpresentationformsa", "FB50", "FDFF"),
    ("combininghalfmarks", "FE20", "FE2F"),
    ("cjkcompatibilityforms", "FE30", "FE4F"),
    ("smallformvariants", "FE50", "FE6F"),
    ("arabicpresentationformsb", "FE70", "FEFF"),
    ("halfwidthandfullwidthforms", "FF00", "FFEF"),
    ("specials", "FFF0", "FFFF"),
    ("olditalic", "10300", "1032F"),
    ("gothic", "10330", "1034F"),
    ("deseret", "10400", "1044F"),
    ("byzantinemusicalsymbols", "1D000", "1D0FF"),
    ("musicalsymbols", "1D100", "1D1FF"),
    ("mathematicalalphanumericsymbols", "1D400", "1D7FF"),
    ("miscellaneoussymbolsandpictographs", "1F300", "1F5FF"),
    ("emoticons", "1F600", "1F64F"),
    ("transportandmapsymbols", "1F680", "1F6FF"),
    ("supplementalsymbolsandpictographs", "1F900", "1F9FF"),
    ("cjkunifiedideographsextensionb", "20000", "2A6DF"),
    ("cjkcompatibilityideographssupplement", "2F800", "2FA1F"),
    ("tags", "E0000", "E007F"),
];

/// Returns the range of the block with this name (without `Is`) in the syntax of a class of the `regex` crate.
pub(super) fn range(name: &str) -> Option<String> {
    let is_kept = |character: &char| !matches!(character, '-' | '_' | ' ');
    let name: String = name.chars().filter(is_kept).map(|character| character.to_ascii_lowercase()).collect();
    let (_, first, last) = BLOCKS.iter().find(|(other, ..)| *other == name)?;
    Some(format!(r"\x{{{first}}}-\x{{{last}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_each_character_between_its_ends() {
        assert_eq!(range("BasicLatin").as_deref(), Some(r"\x{0}-\x{7F}"));
        for name in ["Latin-1Supplement", "latin_1_supplement", "Latin-1 Supplement"] {
            assert_eq!(range(name).as_deref(), Some(r"\x{80}-\x{FF}"), "{name}");
        }
        assert_eq!(range("Greek"), range("GreekandCoptic"));
        assert_eq!(range("Elbonian"), None);
    }

    #[test]
    fn the_table_has_characters_and_no_name_twice() {
        let code = |text: &str| u32::from_str_radix(text, 16).ok().filter(|&code| char::from_u32(code).is_some());
        for (nth, (name, first, last)) in BLOCKS.iter().enumerate() {
            assert!(code(first).is_some() && code(first) < code(last), "{name}");
            assert!(BLOCKS[..nth].iter().all(|(other, ..)| other != name), "{name}");
        }
    }
}
