//! The generated files in other encodings. The text stays the same on both sides of a comparison: letters that the
//! narrower encoding does not have are replaced before either file is written.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The characters of a text, named by the encoding that has just these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Letters {
    Ascii,
    Latin1,
}

impl Letters {
    fn last(self) -> char {
        match self {
            Self::Ascii => '\u{7f}',
            Self::Latin1 => '\u{ff}',
        }
    }

    /// The character, or a letter in its place.
    fn kept(self, character: char) -> char {
        if character <= self.last() { character } else { 'o' }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Ascii => "ascii",
            Self::Latin1 => "latin",
        }
    }
}

/// How the characters are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    /// A byte for each of the first 256 characters.
    Latin1,
    /// Low byte first, with a byte order mark.
    Utf16,
}

impl Encoding {
    fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Latin1 => "latin-1",
            Self::Utf16 => "utf-16",
        }
    }

    /// Appends the character; [`Letters::kept`] leaves none that two bytes of UTF-16 or one byte of Latin-1 cannot hold.
    fn put(self, character: char, bytes: &mut Vec<u8>) {
        let unit = u32::from(character) as u16;
        match self {
            Self::Utf8 => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Self::Latin1 => bytes.push(unit as u8),
            Self::Utf16 => bytes.extend_from_slice(&unit.to_le_bytes()),
        }
    }
}

/// Finds the text of `file`, which is UTF-8, in these letters and this encoding beside it, or makes it.
pub(crate) fn prepare(file: &Path, letters: Letters, encoding: Encoding) -> Result<PathBuf> {
    let target = file.with_extension(format!("{}.{}.csv", letters.name(), encoding.name()));
    if !target.exists() {
        eprintln!("making {}", target.display());
        let partial = target.with_extension("partial");
        let write = || -> io::Result<()> {
            let mut into = BufWriter::with_capacity(1 << 20, File::create(&partial)?);
            encode(BufReader::with_capacity(1 << 20, File::open(file)?), letters, encoding, &mut into)?;
            into.flush()?;
            fs::rename(&partial, &target)
        };
        write().with_context(|| format!("cannot write {} from {}", target.display(), file.display()))?;
    }
    Ok(target)
}

fn encode(mut reader: impl BufRead, letters: Letters, encoding: Encoding, into: &mut impl Write) -> io::Result<()> {
    if encoding == Encoding::Utf16 {
        into.write_all(&[0xff, 0xfe])?;
    }
    let (mut line, mut bytes) = (String::new(), Vec::new());
    while reader.read_line(&mut line)? > 0 {
        bytes.clear();
        for character in line.chars() {
            encoding.put(letters.kept(character), &mut bytes);
        }
        into.write_all(&bytes)?;
        line.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const TEXT: &str = "id,name\n1,José Łukasz\n2,Zoë";

    fn encoded(letters: Letters, encoding: Encoding) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(TEXT.as_bytes(), letters, encoding, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn the_same_text_is_in_every_encoding() {
        let text = "id,name\n1,José oukasz\n2,Zoë";
        assert_eq!(encoded(Letters::Latin1, Encoding::Utf8), text.as_bytes());
        let latin: String = encoded(Letters::Latin1, Encoding::Latin1).into_iter().map(char::from).collect();
        assert_eq!(latin, text);
        let wide = encoded(Letters::Latin1, Encoding::Utf16);
        let units: Vec<u16> = wide.chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
        assert_eq!(units[0], 0xfeff, "a byte order mark comes first");
        assert_eq!(String::from_utf16(&units[1..]).unwrap(), text);
    }

    #[test]
    fn ascii_letters_are_the_same_bytes_in_utf_8_and_latin_1() {
        let text = encoded(Letters::Ascii, Encoding::Utf8);
        assert!(text.is_ascii());
        assert_eq!(text, encoded(Letters::Ascii, Encoding::Latin1));
    }

    #[test]
    fn a_file_is_written_beside_its_text_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clean.csv");
        fs::write(&file, TEXT).unwrap();
        let made = prepare(&file, Letters::Latin1, Encoding::Latin1).unwrap();
        assert_eq!(made.file_name().unwrap(), "clean.latin.latin-1.csv");
        assert_eq!(fs::read(&made).unwrap(), encoded(Letters::Latin1, Encoding::Latin1));
        fs::write(&file, "id\n").unwrap();
        assert_eq!(prepare(&file, Letters::Latin1, Encoding::Latin1).unwrap(), made);
        assert_eq!(fs::read(&made).unwrap(), encoded(Letters::Latin1, Encoding::Latin1));
    }
}
