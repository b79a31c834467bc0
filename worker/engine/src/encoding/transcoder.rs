//! Reads bytes of an encoding, returns UTF-8, and notes which bytes it came from.

use std::io::{self, Read};
use std::sync::Arc;

use encoding_rs::Encoding;

use crate::encoding::coding::{Coding, State};
use crate::encoding::originals::{Coded, Originals, Piece};

/// Bytes that are transcoded at once: the piece in which a spot is looked for.
const BLOCK: usize = 64 << 10;

/// Fewer bytes than this are not decoded, but at the end of the file: more than any character and its escape sequences have.
const LEAST: usize = 64;

/// Bytes behind a piece that can say what its last bytes are: no sequence has more than four.
const AHEAD: usize = 3;

/// UTF-8 of a reader in another encoding.
pub(crate) struct Transcoder<R> {
    reader: R,
    coding: Coding,
    originals: Arc<Originals>,
    /// Bytes read and not decoded: those from `start` to `end`.
    raw: Vec<u8>,
    start: usize,
    end: usize,
    has_ended: bool,
    /// Text for readers that take few bytes at once.
    held: Vec<u8>,
    taken: usize,
    state: State,
    /// The positions that are reached in the text and in the file.
    decoded: u64,
    original: u64,
    /// The last bytes were ASCII, so the next ones are read in place.
    in_place: bool,
}

/// UTF-8 of a reader in this encoding, for those who do not ask where it stands in the file.
pub(crate) fn text<'a>(reader: Box<dyn Read + Send + 'a>, coding: Coding) -> Box<dyn Read + Send + 'a> {
    match coding {
        Coding::Utf8 => reader,
        // Nothing passed is kept.
        _ => Box::new(Transcoder::new(reader, coding, Arc::new(Originals::new(0)))),
    }
}

impl<R: Read> Transcoder<R> {
    pub(crate) fn new(reader: R, coding: Coding, originals: Arc<Originals>) -> Self {
        Self {
            reader,
            coding,
            originals,
            raw: Vec::new(),
            start: 0,
            end: 0,
            has_ended: false,
            held: Vec::new(),
            taken: 0,
            state: State::default(),
            decoded: 0,
            original: 0,
            in_place: coding.has_ascii(),
        }
    }

    /// Notes that the next `decoded` bytes of text are those of the file, or come from the first so many of some bytes.
    fn note(&mut self, decoded: usize, coded: Option<(usize, Box<[u8]>)>) {
        let original = coded.as_ref().map_or(decoded, |(own, _)| *own);
        let (decoded_end, original_end) = (self.decoded + decoded as u64, self.original + original as u64);
        self.originals.push(Piece {
            decoded: self.decoded..decoded_end,
            original: self.original..original_end,
            coded: coded.map(|(own, bytes)| Arc::new(Coded { coding: self.coding, state: self.state, bytes, own })),
        });
        self.decoded = decoded_end;
        self.original = original_end;
    }

    /// Reads into `text` itself. Returns how much of it is ASCII; what is not is kept to be decoded.
    fn read_in_place(&mut self, text: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(text)?;
        self.has_ended = count == 0;
        let ascii = Encoding::ascii_valid_up_to(&text[..count]);
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

    /// Reads until there are enough bytes to decode, or no more.
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

    /// Decodes into `text`. Returns how many bytes: none only at the end.
    fn decode(&mut self, text: &mut [u8]) -> io::Result<usize> {
        self.fill()?;
        let bytes = &self.raw[self.start..self.end.min(self.start + BLOCK)];
        if self.coding.has_ascii() && !bytes.is_empty() && Encoding::ascii_valid_up_to(bytes) == bytes.len() {
            let count = bytes.len().min(text.len());
            text[..count].copy_from_slice(&bytes[..count]);
            self.start += count;
            self.in_place = self.start == self.end;
            self.note(count, None);
            return Ok(count);
        }
        let is_last = self.has_ended && self.start + bytes.len() == self.end;
        let (mut read, mut written) = (0, 0);
        loop {
            let state = self.state.behind(&bytes[..read], self.coding);
            let step = self.coding.decode(state, &bytes[read..], &mut text[written..], is_last);
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
            // An escape sequence at the end of the file.
            self.originals.extend_last(&bytes[..read]);
            self.original += read as u64;
            self.start += read;
            return Ok(0);
        }
        let coded = (read, bytes[..bytes.len().min(read + AHEAD)].into());
        let state = self.state.behind(&bytes[..read], self.coding);
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
            self.originals.prune(self.decoded);
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
