//! A few bytes that have a role in a dialect together: a delimiter, the beginning of a comment.

use std::fmt;

/// Most bytes of a [`Sequence`].
pub const SEQUENCE_BYTES: usize = 16;

/// One to [`SEQUENCE_BYTES`] bytes that have a role in a dialect together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sequence {
    bytes: [u8; SEQUENCE_BYTES],
    length: u8,
}

/// The outcome of comparing bytes with a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// The bytes begin with the sequence.
    Equal,
    /// The bytes end before the sequence does, and are equal up to there.
    Beginning,
    /// The bytes differ from the sequence.
    Different,
}

impl Sequence {
    /// Returns a sequence of these bytes; `None` for no bytes, and for more than [`SEQUENCE_BYTES`].
    pub fn new(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() || bytes.len() > SEQUENCE_BYTES {
            return None;
        }
        let mut sequence = Self { bytes: [0; SEQUENCE_BYTES], length: bytes.len() as u8 };
        sequence.bytes[..bytes.len()].copy_from_slice(bytes);
        Some(sequence)
    }

    /// Returns the bytes of the sequence.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Returns the first byte.
    #[inline]
    pub fn first(&self) -> u8 {
        self.bytes[0]
    }

    /// Returns the number of bytes.
    #[inline]
    pub(crate) fn length(&self) -> usize {
        usize::from(self.length)
    }

    /// Compares the sequence with the beginning of some bytes.
    #[inline]
    pub(crate) fn compare(&self, bytes: &[u8]) -> Comparison {
        let sequence = self.as_bytes();
        if bytes.starts_with(sequence) {
            Comparison::Equal
        } else if sequence.starts_with(bytes) {
            Comparison::Beginning
        } else {
            Comparison::Different
        }
    }
}

impl From<u8> for Sequence {
    fn from(byte: u8) -> Self {
        let mut bytes = [0; SEQUENCE_BYTES];
        bytes[0] = byte;
        Self { bytes, length: 1 }
    }
}

/// Writes the text of the sequence; bytes that are not UTF-8 as escapes.
impl fmt::Display for Sequence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::str::from_utf8(self.as_bytes()) {
            Ok(text) => out.write_str(text),
            Err(_) => write!(out, "{}", self.as_bytes().escape_ascii()),
        }
    }
}

impl fmt::Debug for Sequence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_has_1_to_16_bytes() {
        assert_eq!(Sequence::new(b""), None);
        assert_eq!(Sequence::new(&[b'x'; SEQUENCE_BYTES + 1]), None);
        let longest = [b'x'; SEQUENCE_BYTES];
        assert_eq!(Sequence::new(&longest).map(|sequence| sequence.as_bytes().to_vec()), Some(longest.to_vec()));
        assert_eq!(Sequence::new(b","), Some(Sequence::from(b',')));
    }

    #[test]
    fn it_is_shown_as_its_text() {
        for (bytes, expected) in [(&b"||"[..], "||"), ("§".as_bytes(), "§"), (b"\xa7", r"\xa7")] {
            assert_eq!(Sequence::new(bytes).map(|sequence| sequence.to_string()).as_deref(), Some(expected));
        }
    }

    #[test]
    fn bytes_begin_with_it_or_not_or_end_too_early_to_tell() {
        let bars = Sequence::new(b"||").expect("two bytes");
        for (bytes, expected) in [
            (&b"||x"[..], Comparison::Equal),
            (b"||", Comparison::Equal),
            (b"|", Comparison::Beginning),
            (b"", Comparison::Beginning),
            (b"|x", Comparison::Different),
            (b"x", Comparison::Different),
        ] {
            assert_eq!(bars.compare(bytes), expected, "{}", bytes.escape_ascii());
        }
    }
}
