//! Reads bytes of an encoding, returns UTF-8, and notes from which bytes each stretch of the text comes.

use std::io::{self, Read};
use std::sync::Arc;

use crate::encoding::coding::{Coding, DecoderState, Undecoded, ascii_prefix};
use crate::encoding::source_map::{Coded, Piece, SourceMap};

/// Most bytes that are transcoded at once. They become one piece, in which an offset is searched for.
const BLOCK: usize = 64 << 10;

/// Fewest bytes that are decoded, except at the end of the file: more than any character has together with its escape sequences.
const LEAST: usize = 64;

/// Bytes behind a piece that are kept because they can tell what its last bytes are: no sequence has more than four.
const AHEAD: usize = 3;

/// Reads text in another encoding as UTF-8.
pub(crate) struct Transcoder<R> {
    reader: R,
    coding: Coding,
    source_map: Arc<SourceMap>,
    /// Bytes of the reader; those from `start` to `end` are not decoded yet.
    raw: Vec<u8>,
    start: usize,
    end: usize,
    has_ended: bool,
    /// Text for callers that read few bytes at once; `taken` bytes of it were handed out.
    held: Vec<u8>,
    taken: usize,
    state: DecoderState,
    /// The offsets reached in the text (`decoded`) and in the file (`source`).
    decoded: u64,
    source: u64,
    /// Whether the last bytes were ASCII, so that the next bytes are read directly into the buffer of the caller.
    in_place: bool,
}

/// Returns the text of a reader in this encoding as UTF-8, for callers that need no places in the file.
pub(crate) fn text<'a>(reader: Box<dyn Read + Send + 'a>, coding: Coding) -> Box<dyn Read + Send + 'a> {
    match coding {
        Coding::Utf8 => reader,
        // The pieces are not used; with 0 bytes ahead, few of them are kept.
        _ => Box::new(Transcoder::new(reader, coding, Arc::new(SourceMap::new(0)))),
    }
}

impl<R: Read> Transcoder<R> {
    pub(crate) fn new(reader: R, coding: Coding, source_map: Arc<SourceMap>) -> Self {
        Self {
            reader,
            coding,
            source_map,
            raw: Vec::new(),
            start: 0,
            end: 0,
            has_ended: false,
            held: Vec::new(),
            taken: 0,
            state: DecoderState::default(),
            decoded: 0,
            source: 0,
            in_place: coding.has_ascii(),
        }
    }

    /// Adds a piece for the next `decoded` bytes of text. With `None` they equal the bytes of the file.
    fn note(&mut self, decoded: usize, coded: Option<Coded>) {
        let source = coded.as_ref().map_or(decoded, |coded| coded.own);
        let (decoded_end, source_end) = (self.decoded + decoded as u64, self.source + source as u64);
        self.source_map.push(Piece {
            decoded: self.decoded..decoded_end,
            source: self.source..source_end,
            coded: coded.map(Arc::new),
        });
        self.decoded = decoded_end;
        self.source = source_end;
    }

    /// Reads directly into `text`. Returns how many bytes are ASCII; the bytes behind them are kept to be decoded.
    fn read_in_place(&mut self, text: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(text)?;
        self.has_ended = count == 0;
        let ascii = ascii_prefix(&text[..count]);
        if ascii > 0 {
            self.note(ascii, None);
        }
        if ascii < count {
            self.raw.clear();
            self.raw.extend_from_slice(&text[ascii..count]);
            (self.start, self.end) = (0, self.raw.len());
            self.in_place = false;
        }
        Ok(ascii)
    }

    /// Reads until there are enough bytes to decode, or until the reader ends.
    fn fill(&mut self) -> io::Result<()> {
        if self.end - self.start >= LEAST || self.has_ended {
            return Ok(());
        }
        if self.raw.len() < BLOCK {
            self.raw.resize(BLOCK, 0);
        }
        self.raw.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        while self.end < LEAST && !self.has_ended {
            let count = self.reader.read(&mut self.raw[self.end..])?;
            self.end += count;
            self.has_ended = count == 0;
        }
        Ok(())
    }

    /// Decodes into `text`. Returns the number of bytes of text, which is 0 only at the end.
    fn decode(&mut self, text: &mut [u8]) -> io::Result<usize> {
        self.fill()?;
        let bytes = &self.raw[self.start..self.end.min(self.start + BLOCK)];
        if self.coding.has_ascii() && !bytes.is_empty() && bytes.is_ascii() {
            let count = bytes.len().min(text.len());
            text[..count].copy_from_slice(&bytes[..count]);
            self.start += count;
            self.in_place = self.start == self.end;
            self.note(count, None);
            return Ok(count);
        }
        let is_last = self.has_ended && self.start + bytes.len() == self.end;
        let (mut read, mut written, mut state) = (0, 0, self.state);
        loop {
            let left = Undecoded { bytes: &bytes[read..], is_last };
            let step = self.coding.decode(state, left, &mut text[written..]);
            state = state.behind(bytes, read..read + step.read, self.coding);
            read += step.read;
            written += step.written;
            if step.read == 0 || read == bytes.len() {
                break;
            }
        }
        if read == 0 {
            return Ok(0);
        }
        if written == 0 {
            // The bytes are an escape sequence at the end of the file.
            self.source_map.extend_last(&bytes[..read]);
            self.source += read as u64;
            self.start += read;
            return Ok(0);
        }
        let kept = bytes[..bytes.len().min(read + AHEAD)].into();
        let coded = Coded { coding: self.coding, state: self.state, bytes: kept, own: read };
        self.start += read;
        self.note(written, Some(coded));
        self.state = state;
        Ok(written)
    }

    fn read_some(&mut self, text: &mut [u8]) -> io::Result<usize> {
        if self.in_place && self.start == self.end {
            if self.has_ended {
                return Ok(0);
            }
            let count = self.read_in_place(text)?;
            if count > 0 {
                return Ok(count);
            }
        }
        self.decode(text)
    }
}

impl<R: Read> Read for Transcoder<R> {
    fn read(&mut self, text: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.held.len() {
            // All bytes that were handed out have been read.
            self.source_map.prune(self.decoded);
            if text.len() >= LEAST || text.is_empty() {
                return self.read_some(text);
            }
            let mut held = std::mem::take(&mut self.held);
            held.resize(4 * LEAST, 0);
            let count = self.read_some(&mut held);
            held.truncate(count.as_ref().map_or(0, |count| *count));
            (self.held, self.taken) = (held, 0);
            count?;
        }
        let rest = &self.held[self.taken..];
        let count = rest.len().min(text.len());
        text[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        Ok(count)
    }
}
