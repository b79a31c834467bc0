//! Bytes of the file in rejects: their positions, and the bytes themselves, whatever the encoding of the file is.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use sluice_csv::{Chunk, Position, Positions};

use crate::digits::push_number;
use crate::encoding::originals::{ChunkOriginals, Spot};
use crate::encoding::recognise::FileEncoding;
use crate::json_text::push_text;

/// The encoding of the file, and the way from the text of the current chunk back to the bytes of the file.
#[derive(Default)]
pub(crate) struct FileBytes<'a> {
    encoding: Option<&'a FileEncoding>,
    /// `None` if the bytes of the chunk are the bytes of the file.
    originals: Option<Arc<ChunkOriginals>>,
    offset: u64,
    /// The latest spots found, from which the next search begins: a beginning of a record, and any other spot.
    start: Spot,
    spot: Spot,
}

impl<'a> FileBytes<'a> {
    pub(crate) fn new(encoding: &'a FileEncoding) -> Self {
        Self { encoding: Some(encoding), ..Self::default() }
    }

    /// Begins a chunk whose text stands at byte `offset` of the whole text.
    pub(crate) fn begin(&mut self, offset: u64, originals: Option<Arc<ChunkOriginals>>) {
        *self = Self { encoding: self.encoding, originals, offset, ..Self::default() };
    }

    /// Returns the bytes of the file that a part of the chunk's text comes from.
    pub(crate) fn bytes<'t>(&mut self, text: &'t [u8], part: Range<usize>) -> Cow<'t, [u8]> {
        let Some(originals) = &self.originals else { return Cow::Borrowed(&text[part]) };
        self.start = originals.find(self.start, part.start);
        self.spot = originals.find(self.spot, part.end);
        Cow::Owned(originals.bytes((self.start, self.spot), text))
    }

    /// Appends the message for a cell with bytes that are not valid in the encoding, as the inside of a JSON string.
    #[cold]
    pub(crate) fn push_fault(&mut self, text: &[u8], cell: Range<usize>, is_redacted: bool, out: &mut Vec<u8>) {
        let name = self.encoding.map_or("UTF-8", FileEncoding::shown);
        out.extend_from_slice(b"the cell is not valid ");
        push_text(name.as_bytes(), out);
        if let Err(error) = simdutf8::compat::from_utf8(&text[cell.clone()]) {
            let at = cell.start + error.valid_up_to();
            let unit = self.encoding.map_or(1, |encoding| encoding.coding().unit());
            let (offset, bytes) = match &self.originals {
                None => (self.offset + at as u64, Cow::Borrowed(&text[at..at + 1])),
                Some(originals) => {
                    self.spot = originals.find(self.spot, at);
                    let end = originals.find(self.spot, at + 1);
                    (self.spot.original, Cow::Owned(originals.bytes((self.spot, end), text)))
                }
            };
            let words: &[u8] = match (is_redacted, unit > 1 && bytes.len() > 1) {
                (true, _) => b": a byte",
                (false, true) => b": bytes",
                (false, false) => b": byte",
            };
            out.extend_from_slice(words);
            // The bytes of a redacted cell are not shown.
            for &byte in bytes.iter().take(if is_redacted { 0 } else { unit }) {
                out.extend_from_slice(&hexadecimal(byte));
            }
            out.extend_from_slice(b" at byte ");
            push_number(offset, out);
            out.extend_from_slice(b" of the file");
        }
        push_text(self.encoding.map_or("", FileEncoding::advice).as_bytes(), out);
    }
}

/// Returns a byte as messages show it, with a space in front: ` 0xFF`.
fn hexadecimal(byte: u8) -> [u8; 5] {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    [b' ', b'0', b'x', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

/// Positions of the records of a chunk in the file, asked for in ascending order.
pub(crate) struct FilePositions<'c> {
    positions: Positions<'c>,
    /// The way back to the bytes of a file in another encoding, and the latest spot that was found.
    originals: Option<(&'c ChunkOriginals, Spot)>,
}

impl<'c> FilePositions<'c> {
    pub(crate) fn new(chunk: &'c Chunk, originals: Option<&'c ChunkOriginals>) -> Self {
        Self { positions: Positions::new(chunk), originals: originals.map(|originals| (originals, Spot::default())) }
    }

    /// See [`Positions::of`].
    #[inline]
    pub(crate) fn of(&mut self, start: u32, ordinal: u64) -> Position {
        let mut position = self.positions.of(start, ordinal);
        if let Some((originals, spot)) = &mut self.originals {
            *spot = originals.find(*spot, start as usize);
            position.byte = spot.original;
        }
        position
    }
}
