//! Letters of the code pages of DOS that were decoded as an encoding of Windows: `Schr”der`, `Gr„fin`.

/// What to do about a file in a code page of DOS.
pub(crate) const REMEDY: &str = "convert it (iconv -f CP850 -t UTF-8)";

/// ü, é, ä, ö and ñ of a code page of DOS, as windows-1252 reads their bytes.
const READ_AS: [char; 5] = ['\u{81}', '‚', '„', '”', '¤'];

/// ç and ê, the bytes of which are á and à in the encoding of the old Mac OS: they count only beside the others.
const ALSO_READ_AS: [char; 2] = ['‡', 'ˆ'];

/// Returns the number of letters of DOS in a text that was decoded as an encoding of Windows, which has quotes and control characters in
/// their places; `None` if the text does not look like a code page of DOS.
pub(crate) fn count(text: &[u8]) -> Option<usize> {
    let (mut inside, mut also_inside, mut all) = (0_usize, 0_usize, 0_usize);
    for chunk in text.utf8_chunks() {
        let characters: Vec<char> = chunk.valid().chars().collect();
        all += characters.iter().filter(|character| !character.is_ascii()).count();
        for [before, character, next] in characters.windows(3).filter_map(|three| <[char; 3]>::try_from(three).ok()) {
            let is_inside = before.is_alphabetic() && next.is_alphabetic();
            inside += usize::from(is_inside && READ_AS.contains(&character));
            also_inside += usize::from(is_inside && ALSO_READ_AS.contains(&character));
        }
    }
    let letters = inside + also_inside;
    // Some letters end a word, and others have the bytes of signs, so not all of them are counted.
    (inside > 0 && letters * 3 >= all).then_some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_dos_are_told_from_quotes() {
        for (text, expected) in [
            ("M\u{81}ller\nSchr”der\nGr”áe\n", true),
            ("Andr‚s\nCaf‚\n", true),
            ("„quoted”\n“Müller”\n", false),
            ("it’s\nfive…six\nMüller\n", false),
            ("a„b\nMüller, Jürgen, Köln\n", false),
            ("M‡laga, C‡diz\n", false),
            ("Fran‡ois, Ren‚e\n", true),
            ("plain\n", false),
        ] {
            assert_eq!(count(text.as_bytes()).is_some(), expected, "{text}");
        }
    }
}
