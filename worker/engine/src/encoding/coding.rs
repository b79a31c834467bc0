//! One step of decoding: bytes of an encoding → UTF-8, as much as fits into a buffer.

use std::ops::Range;

use encoding_rs::{Decoder, DecoderResult, Encoding, ISO_2022_JP, UTF_16BE, UTF_16LE};

/// Stands in the decoded text for a sequence that the encoding does not have. No UTF-8 text has this byte.
pub(crate) const MALFORMED: u8 = 0xff;

/// An encoding that is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// UTF-8: nothing is transcoded.
    Utf8,
    /// US-ASCII. The WHATWG reads it as windows-1252; here a byte over 0x7F is at fault.
    Ascii,
    /// Another encoding of the [WHATWG Encoding Standard](https://encoding.spec.whatwg.org/).
    Other(&'static Encoding),
}

/// The result of one step of decoding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Number of bytes read: whole characters only.
    pub(super) read: usize,
    /// Number of bytes of text written.
    pub(super) written: usize,
}

/// Bytes to decode.
#[derive(Clone, Copy)]
pub(super) struct Undecoded<'b> {
    pub(super) bytes: &'b [u8],
    /// Whether the file ends with the bytes. Otherwise an incomplete character at their end stays unread.
    pub(super) is_last: bool,
}

/// The state of the decoder at the start of a piece: the escape sequence in force, and a character after it, so that the decoder
/// treats the next escape sequence as one after text. Empty in the initial state, and in all encodings but ISO-2022-JP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct DecoderState(&'static [u8]);

impl DecoderState {
    /// Returns the state at the end of a part of `bytes`, if this is the state at the start of the part.
    pub(super) fn behind(self, bytes: &[u8], part: Range<usize>, coding: Coding) -> Self {
        if coding != Coding::Other(ISO_2022_JP) {
            return self;
        }
        // An escape sequence of three bytes may begin in front of the part.
        let bytes = &bytes[part.start.saturating_sub(2)..part.end];
        let state = |at: usize| {
            Some(Self(match bytes.get(at + 1..at + 3)? {
                b"(B" => b"",
                b"(J" => b"\x1b(Ja",
                b"(I" => b"\x1b(I1",
                b"$@" | b"$B" => b"\x1b$B\x24\x22",
                _ => return None,
            }))
        };
        memchr::memrchr_iter(b'\x1b', bytes).find_map(state).unwrap_or(self)
    }

    fn decoder(self, encoding: &'static Encoding) -> Decoder {
        let mut decoder = encoding.new_decoder_without_bom_handling();
        if !self.0.is_empty() {
            // The output, which is dropped, is the character behind the escape sequence.
            let _ = decoder.decode_to_utf8_without_replacement(self.0, &mut [0; 16], false);
        }
        decoder
    }
}

impl Coding {
    /// Returns the name in lower case, as it stands in reports: `utf-8`, `windows-1252`, `utf-16le`.
    pub fn name(self) -> String {
        match self {
            Self::Utf8 => "utf-8".to_owned(),
            Self::Ascii => "us-ascii".to_owned(),
            Self::Other(encoding) => encoding.name().to_ascii_lowercase(),
        }
    }

    /// Returns true if bytes up to 0x7F are characters of ASCII wherever a character begins.
    pub(super) fn has_ascii(self) -> bool {
        match self {
            Self::Utf8 | Self::Ascii => true,
            Self::Other(encoding) => encoding.is_ascii_compatible(),
        }
    }

    /// Returns the size of the smallest unit in bytes: 2 for UTF-16, otherwise 1.
    pub(crate) fn unit(self) -> usize {
        if self == Self::Other(UTF_16LE) || self == Self::Other(UTF_16BE) { 2 } else { 1 }
    }

    /// Decodes bytes that begin with a character until they end, `text` is full, or a sequence is malformed, which becomes one
    /// [`MALFORMED`].
    ///
    /// The text does not depend on where the steps end: each step begins with a decoder that has read nothing, and behind a malformed sequence
    /// every encoding goes on as from the start (the standard puts bytes that are not part of the sequence back).
    pub(super) fn decode(self, state: DecoderState, undecoded: Undecoded<'_>, text: &mut [u8]) -> Step {
        let Undecoded { bytes, is_last } = undecoded;
        match self {
            _ if text.is_empty() => Step { read: 0, written: 0 },
            Self::Utf8 => copy(bytes, bytes.len(), text),
            Self::Ascii => match ascii_prefix(bytes) {
                0 if !bytes.is_empty() => fault(text, 0, 1),
                valid => copy(bytes, valid, text),
            },
            Self::Other(encoding) if self.unit() == 2 => match ascii_of_utf16(bytes, encoding, text) {
                Step { read: 0, .. } => {
                    let few = &bytes[..bytes.len().min(BETWEEN_ASCII)];
                    let few = Undecoded { bytes: few, is_last: is_last && few.len() == bytes.len() };
                    decode_other(encoding, state, few, text)
                }
                step => step,
            },
            Self::Other(encoding) => decode_other(encoding, state, undecoded, text),
        }
    }
}

/// Returns the number of bytes before the first that is not ASCII.
///
/// The test of the standard library takes an eighth of the instructions of [`Encoding::ascii_valid_up_to`] (callgrind, x86-64).
pub(super) fn ascii_prefix(bytes: &[u8]) -> usize {
    const BLOCK: usize = 4 << 10;
    let blocks = bytes.chunks(BLOCK).take_while(|block| block.is_ascii()).count();
    let ascii = bytes.len().min(blocks * BLOCK);
    ascii + Encoding::ascii_valid_up_to(&bytes[ascii..bytes.len().min(ascii + BLOCK)])
}

/// Units of UTF-16 that are looked at together.
const UNITS: usize = 16;

/// Bytes of UTF-16 that are decoded in one step when they do not begin with ASCII.
const BETWEEN_ASCII: usize = 512;

/// Decodes the ASCII with which UTF-16 begins, in blocks of [`UNITS`]: without a branch for each unit, it takes a fraction of the decoder's time.
fn ascii_of_utf16(bytes: &[u8], encoding: &'static Encoding, text: &mut [u8]) -> Step {
    if encoding == UTF_16BE {
        ascii_of_units(bytes, text, u16::from_be_bytes)
    } else {
        ascii_of_units(bytes, text, u16::from_le_bytes)
    }
}

/// Decodes blocks of [`UNITS`] until one has a unit that is not ASCII. Units are numbers here, not pairs of bytes, so that the compiler
/// takes a vector of them at a time.
fn ascii_of_units(bytes: &[u8], text: &mut [u8], unit: impl Fn([u8; 2]) -> u16) -> Step {
    let blocks = bytes.as_chunks::<{ 2 * UNITS }>().0.iter().zip(text.as_chunks_mut::<UNITS>().0);
    let mut count = 0;
    for (block, text) in blocks {
        let units: [u16; UNITS] = std::array::from_fn(|at| unit([block[2 * at], block[2 * at + 1]]));
        if units.iter().fold(0, |bits, unit| bits | unit) > 0x7f {
            break;
        }
        *text = units.map(|unit| unit as u8);
        count += 1;
    }
    Step { read: 2 * UNITS * count, written: UNITS * count }
}

fn copy(bytes: &[u8], most: usize, text: &mut [u8]) -> Step {
    let count = most.min(text.len());
    text[..count].copy_from_slice(&bytes[..count]);
    Step { read: count, written: count }
}

fn fault(text: &mut [u8], written: usize, read: usize) -> Step {
    text[written] = MALFORMED;
    Step { read, written: written + 1 }
}

fn decode_other(encoding: &'static Encoding, state: DecoderState, undecoded: Undecoded<'_>, text: &mut [u8]) -> Step {
    let Undecoded { bytes, is_last } = undecoded;
    // One byte of the buffer stays free for a malformed sequence.
    let room = text.len() - 1;
    let mut decoder = state.decoder(encoding);
    let (result, read, written) = decoder.decode_to_utf8_without_replacement(bytes, &mut text[..room], is_last);
    match result {
        DecoderResult::Malformed(_, behind) => fault(text, written, read - usize::from(behind)),
        DecoderResult::InputEmpty if is_last => Step { read, written },
        DecoderResult::InputEmpty | DecoderResult::OutputFull => {
            let mut read = read - unfinished(decoder);
            // An escape sequence stays with the character behind it, so that the next decoder knows whether there was one before it.
            if encoding == ISO_2022_JP && ends_with_escape(&bytes[..read]) {
                read -= 3;
            }
            Step { read, written }
        }
    }
}

/// Returns how many bytes the decoder has read of a character whose end it has not seen.
fn unfinished(mut decoder: Decoder) -> usize {
    match decoder.decode_to_utf8_without_replacement(&[], &mut [0; 16], true) {
        (DecoderResult::Malformed(bytes, behind), ..) => usize::from(bytes) + usize::from(behind),
        _ => 0,
    }
}

fn ends_with_escape(bytes: &[u8]) -> bool {
    [b"\x1b(B", b"\x1b(J", b"\x1b(I", b"\x1b$@", b"\x1b$B"].iter().any(|escape| bytes.ends_with(*escape))
}
