//! Bytes of the file in rejects: their positions, and the bytes themselves, whatever the encoding of the file is.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use sluice_csv::{Chunk, Position, Positions};

use crate::emit::digits::push_number;
use crate::encoding::recognise::FileEncoding;
use crate::encoding::source_map::{ChunkSourceMap, MappedOffset};
use crate::json_text::push_text;

/// The encoding of the file, and the way from the text of the current chunk back to the bytes of the file.
#[derive(Default)]
pub(crate) struct FileBytes<'a> {
    encoding: Option<&'a FileEncoding>,
    /// `None` if the bytes of the chunk are the bytes of the file.
    source_map: Option<Arc<ChunkSourceMap>>,
    offset: u64,
    /// The latest offsets found, from which the next search begins: of a beginning of a record, and any other one.
    start: MappedOffset,
    mapped: MappedOffset,
}

/// Which bytes of a cell that is not valid in its encoding a message shows.
#[derive(Clone, Copy)]
pub(crate) enum ShownBytes {
    /// The first invalid one.
    First,
    /// None, for a redacted cell.
    None,
}

impl<'a> FileBytes<'a> {
    pub(crate) fn new(encoding: &'a FileEncoding) -> Self {
        Self { encoding: Some(encoding), ..Self::default() }
    }

    /// Begins a chunk whose text stands at byte `offset` of the whole text.
    pub(crate) fn begin(&mut self, offset: u64, source_map: Option<Arc<ChunkSourceMap>>) {
        *self = Self { encoding: self.encoding, source_map, offset, ..Self::default() };
    }

    /// Returns the bytes of the file that a part of the chunk's text comes from.
    pub(crate) fn bytes<'t>(&mut self, text: &'t [u8], part: Range<usize>) -> Cow<'t, [u8]> {
        let Some(source_map) = &self.source_map else { return Cow::Borrowed(&text[part]) };
        self.start = source_map.find(self.start, part.start);
        self.mapped = source_map.find(self.mapped, part.end);
        Cow::Owned(source_map.bytes(self.start..self.mapped, text))
    }

    /// Appends the message for a cell with bytes that are not valid in the encoding, as the inside of a JSON string.
    #[cold]
    pub(crate) fn push_fault(&mut self, text: &[u8], cell: Range<usize>, shown: ShownBytes, out: &mut Vec<u8>) {
        let name = self.encoding.map_or("UTF-8", FileEncoding::shown);
        out.extend_from_slice(b"the cell is not valid ");
        push_text(name.as_bytes(), out);
        if let Err(error) = simdutf8::compat::from_utf8(&text[cell.clone()]) {
            let at = cell.start + error.valid_up_to();
            let unit = self.encoding.map_or(1, |encoding| encoding.coding().unit());
            let (offset, bytes) = match &self.source_map {
                None => (self.offset + at as u64, Cow::Borrowed(&text[at..at + 1])),
                Some(source_map) => {
                    self.mapped = source_map.find(self.mapped, at);
                    let end = source_map.find(self.mapped, at + 1);
                    (self.mapped.source, Cow::Owned(source_map.bytes(self.mapped..end, text)))
                }
            };
            match shown {
                ShownBytes::None => out.extend_from_slice(b": a byte"),
                ShownBytes::First => {
                    out.extend_from_slice(if unit > 1 && bytes.len() > 1 { b": bytes" } else { b": byte" });
                    bytes.iter().take(unit).for_each(|&byte| out.extend_from_slice(&hexadecimal(byte)));
                }
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
    /// `None` if the bytes of the chunk are the bytes of the file.
    mapping: Option<Mapping<'c>>,
}

/// The way back to the bytes of a file in another encoding.
struct Mapping<'c> {
    source_map: &'c ChunkSourceMap,
    /// The latest offset that was found, from which the next search begins.
    latest: MappedOffset,
}

impl<'c> FilePositions<'c> {
    pub(crate) fn new(chunk: &'c Chunk, source_map: Option<&'c ChunkSourceMap>) -> Self {
        let mapping = source_map.map(|source_map| Mapping { source_map, latest: MappedOffset::default() });
        Self { positions: Positions::new(chunk), mapping }
    }

    /// See [`Positions::of`].
    #[inline]
    pub(crate) fn of(&mut self, start: u32, ordinal: u64) -> Position {
        let mut position = self.positions.of(start, ordinal);
        if let Some(Mapping { source_map, latest }) = &mut self.mapping {
            *latest = source_map.find(*latest, start as usize);
            position.byte = latest.source;
        }
        position
    }
}
