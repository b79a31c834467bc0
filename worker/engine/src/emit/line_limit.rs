//! Long texts of reject lines, written in pieces.

use crate::json_text::{push_base64, push_text, text_bytes};

/// Longer texts are written in pieces of this many bytes, each up to six times as long in JSON. A multiple of three, for base64.
pub(crate) const PIECE: usize = 48 << 10;

/// Takes the written part of a line away and returns true, or returns false if the rest of the line is not wanted.
pub(crate) type Flush<'f> = dyn FnMut(&mut Vec<u8>) -> bool + 'f;

/// How much of a line its writer may hold. A longer part is handed over, or the line is given up.
pub(crate) struct LineLimit<'r> {
    most: usize,
    /// Called when more is written than `most`; `None` if the line is given up then.
    flush: Option<&'r mut Flush<'r>>,
    /// Whether the rest of the line is wanted.
    pub(crate) is_open: bool,
    /// Bytes of the long texts of a line that is only measured: these texts are not written.
    measured: Option<u64>,
}

/// Where the rest of a line is written.
pub(crate) struct LineOutput<'o, 'r> {
    pub(crate) text: &'o mut Vec<u8>,
    pub(crate) limit: &'o mut LineLimit<'r>,
}

impl<'r> LineLimit<'r> {
    /// A limit of `most` bytes of the text; `flush` takes them away.
    pub(crate) fn new(most: usize, flush: &'r mut Flush<'r>) -> Self {
        Self { most, flush: Some(flush), is_open: true, measured: None }
    }

    /// A limit for a line that is only measured: long texts are left out.
    pub(crate) fn measuring(most: usize, flush: &'r mut Flush<'r>) -> Self {
        Self { measured: Some(0), ..Self::new(most, flush) }
    }

    /// Returns the bytes of the long texts that were left out.
    pub(crate) fn measured(&self) -> u64 {
        self.measured.unwrap_or(0)
    }

    /// No limit, for lines that are short in any case.
    pub(crate) fn unlimited() -> Self {
        Self::up_to(usize::MAX)
    }

    /// A limit of `most` bytes of the text; a line that is longer is given up.
    pub(crate) fn up_to(most: usize) -> Self {
        Self { most, flush: None, is_open: true, measured: None }
    }

    /// Returns true if the rest of the line is to be written, after handing over `out` if it is too long.
    #[inline]
    pub(crate) fn has_room(&mut self, out: &mut Vec<u8>) -> bool {
        out.len() <= self.most || self.flush(out)
    }

    #[cold]
    fn flush(&mut self, out: &mut Vec<u8>) -> bool {
        self.is_open = self.is_open && self.flush.as_mut().is_some_and(|flush| flush(out));
        self.is_open
    }

    /// Appends a text of any length as the inside of a JSON string. The text must be valid UTF-8.
    pub(crate) fn push_text(&mut self, text: &[u8], out: &mut Vec<u8>) {
        if let Some(measured) = &mut self.measured {
            *measured += text_bytes(text);
            return;
        }
        for piece in text.chunks(PIECE) {
            if self.has_room(out) {
                push_text(piece, out);
            }
        }
    }

    /// Appends bytes in base64.
    pub(crate) fn push_base64(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if let Some(measured) = &mut self.measured {
            *measured += 4 * bytes.len().div_ceil(3) as u64;
            return;
        }
        for piece in bytes.chunks(PIECE) {
            if self.has_room(out) {
                push_base64(piece, out);
            }
        }
    }
}
