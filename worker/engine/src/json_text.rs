//! Appends JSON to a line. Short and constant pieces are copied without a call or a loop.

use std::ops::Range;

use crate::packed_text::{self, push_first};
use crate::parse::characters;
use crate::shown::{Rest, TEXT as SHOWN, is_plain, visible};
use crate::swar::{HIGH_BITS, ONES, splat, zeros};

/// Constant text that is appended often. The part that fits in `room` is appended by copying the whole room: a copy of
/// fixed size needs no call.
pub(crate) struct Constant<const ROOM: usize> {
    room: [u8; ROOM],
    used: usize,
    rest: Vec<u8>,
}

impl<const ROOM: usize> Default for Constant<ROOM> {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl<const ROOM: usize> Constant<ROOM> {
    pub(crate) fn new(text: &[u8]) -> Self {
        let (first, rest) = text.split_at(text.len().min(ROOM));
        let mut room = [0; ROOM];
        room[..first.len()].copy_from_slice(first);
        Self { room, used: first.len(), rest: rest.to_vec() }
    }

    pub(crate) fn clear(&mut self) {
        self.used = 0;
        self.rest.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.used == 0
    }

    #[inline]
    pub(crate) fn push(&self, out: &mut Vec<u8>) {
        push_first(&self.room, self.used, out);
        if !self.rest.is_empty() {
            out.extend_from_slice(&self.rest);
        }
    }
}

/// Appends base64 (RFC 4648, section 4).
pub(crate) fn push_base64(bytes: &[u8], out: &mut Vec<u8>) {
    use base64::Engine as _;
    let (start, length) = (out.len(), bytes.len().div_ceil(3) * 4);
    out.resize(start + length, 0);
    // Cannot fail: the output has exactly the length of the base64 text.
    let written = base64::engine::general_purpose::STANDARD.encode_slice(bytes, &mut out[start..]);
    debug_assert_eq!(written, Ok(length));
}

/// Returns bit 7 of every byte of `word` that a JSON string escapes: below 0x20, `"` or `\`.
#[inline]
fn escaped_in(word: u64) -> u64 {
    // Exact up to the first byte that needs an escape; a borrow can only mark bytes above it.
    let control = word.wrapping_sub(splat(0x20)) & !word & HIGH_BITS;
    control | zeros(word ^ splat(b'"')) | zeros(word ^ splat(b'\\'))
}

/// Returns bit 7 of every byte of `word` that is no ASCII, or DEL. Exact up to the first such byte.
#[inline]
fn unseen_in(word: u64) -> u64 {
    (word | word.wrapping_add(ONES)) & HIGH_BITS
}

/// Returns true if a JSON string escapes this byte.
#[inline]
fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Returns true if a JSON string has to escape some byte of `text`.
#[inline]
fn needs_escape(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let found = words.iter().fold(0, |found, word| found | escaped_in(u64::from_le_bytes(*word)));
    // The rest is tested as the last eight bytes, if the text has as many.
    match text.last_chunk::<8>() {
        Some(last) => found | escaped_in(u64::from_le_bytes(*last)) != 0,
        None => rest.iter().any(|&byte| is_escaped(byte)),
    }
}

/// Up to sixteen visible characters of ASCII that a JSON string does not escape.
#[derive(Clone, Copy)]
pub(crate) struct ShortPlainText {
    bytes: u128,
    length: usize,
}

impl ShortPlainText {
    #[inline]
    pub(crate) fn of(text: &[u8]) -> Option<Self> {
        const SPACES: u128 = u128::from_le_bytes([b' '; packed_text::LONGEST]);
        let (bytes, length) = (packed_text::short(text)?, text.len());
        // The zeros behind the text are control characters.
        let filled = bytes | SPACES.checked_shl(8 * length as u32).unwrap_or(0);
        let (low, high) = (filled as u64, (filled >> 64) as u64);
        (escaped_in(low) | escaped_in(high) | unseen_in(low) | unseen_in(high) == 0).then_some(Self { bytes, length })
    }

    #[inline]
    pub(crate) fn push(self, out: &mut Vec<u8>) {
        push_first(&self.bytes.to_le_bytes(), self.length, out);
    }
}

/// Appends `text` as the inside of a JSON string (RFC 8259, section 7). The text must be valid UTF-8.
pub(crate) fn push_text(text: &[u8], out: &mut Vec<u8>) {
    if needs_escape(text) {
        push_escaped(text, out);
    } else {
        out.extend_from_slice(text);
    }
}

/// Does the same as [`push_text`] for a part of some data. Mostly the part is short and not at the end of the data:
/// then a window of fixed size is tested and copied, and the bytes behind the part are not used.
///
/// # Panics
/// When `data` has no such part.
#[inline]
pub(crate) fn push_part(data: &[u8], part: Range<usize>, out: &mut Vec<u8>) {
    match data[part.start..].first_chunk() {
        Some(window) if part.len() <= WINDOW => {
            if window_needs_escape(window, part.len()) {
                push_escaped(&data[part], out);
            } else {
                push_first(window, part.len(), out);
            }
        }
        _ => push_text(&data[part], out),
    }
}

/// Bytes that are tested and copied at once.
const WINDOW: usize = 64;

/// Returns true if a JSON string has to escape some of the first `length` bytes. The steps are the same for every length.
#[inline]
fn window_needs_escape(window: &[u8; WINDOW], length: usize) -> bool {
    /// The mask of the first n bytes of a window begins n bytes in front of the middle.
    const MASKS: [u8; 2 * WINDOW] = {
        let mut masks = [0; 2 * WINDOW];
        let mut at = 0;
        while at < WINDOW {
            masks[at] = 0xff;
            at += 1;
        }
        masks
    };
    let mask = &MASKS[WINDOW - length..][..WINDOW];
    let words = window.as_chunks().0.iter().zip(mask.as_chunks().0);
    words.fold(0, |found, (word, mask)| found | escaped_in(u64::from_le_bytes(*word)) & u64::from_le_bytes(*mask)) != 0
}

#[cold]
fn push_escaped(mut text: &[u8], out: &mut Vec<u8>) {
    while let Some(at) = first_escaped(text) {
        out.extend_from_slice(&text[..at]);
        text = &text[at..];
        // Bytes to be escaped often follow each other.
        while let [byte, rest @ ..] = text
            && is_escaped(*byte)
        {
            let (escape, length) = escape(*byte);
            push_first(&escape, length, out);
            text = rest;
        }
    }
    out.extend_from_slice(text);
}

/// Returns how a byte is escaped: the bytes, and how many of them count.
#[inline]
fn escape(byte: u8) -> ([u8; 8], usize) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
    match byte {
        b'"' | b'\\' => ([b'\\', byte, 0, 0, 0, 0, 0, 0], 2),
        b'\n' => (*b"\\n\0\0\0\0\0\0", 2),
        b'\r' => (*b"\\r\0\0\0\0\0\0", 2),
        b'\t' => (*b"\\t\0\0\0\0\0\0", 2),
        _ => ([b'\\', b'u', b'0', b'0', high, low, 0, 0], 6),
    }
}

/// Returns how many bytes [`push_text`] appends.
pub(crate) fn text_bytes(text: &[u8]) -> u64 {
    /// How many bytes each byte becomes.
    const BYTES: [u8; 256] = {
        let mut bytes = [1; 256];
        let mut byte = 0;
        while byte < 0x20 {
            bytes[byte] = 6;
            byte += 1;
        }
        bytes[b'\n' as usize] = 2;
        bytes[b'\r' as usize] = 2;
        bytes[b'\t' as usize] = 2;
        bytes[b'"' as usize] = 2;
        bytes[b'\\' as usize] = 2;
        bytes
    };
    text.iter().map(|&byte| u64::from(BYTES[usize::from(byte)])).sum()
}

/// Returns the offset of the first byte of `text` that a JSON string escapes.
fn first_escaped(text: &[u8]) -> Option<usize> {
    let (words, rest) = text.as_chunks::<8>();
    for (word, bytes) in words.iter().enumerate() {
        let found = escaped_in(u64::from_le_bytes(*bytes));
        if found != 0 {
            return Some(8 * word + found.trailing_zeros() as usize / 8);
        }
    }
    let in_rest = rest.iter().position(|&byte| is_escaped(byte))?;
    Some(text.len() - rest.len() + in_rest)
}

/// Appends the first characters of `text`, escaped, and its length if there are more; invisible characters are shown as
/// escapes. The text must be valid UTF-8.
pub(crate) fn push_shown(text: &[u8], out: &mut Vec<u8>) {
    match start_of_character(text, SHOWN) {
        None => push_visible(text, out),
        Some(end) => {
            push_visible(&text[..end], out);
            out.extend_from_slice(Rest(characters(text) as usize).to_string().as_bytes());
        }
    }
}

fn push_visible(text: &[u8], out: &mut Vec<u8>) {
    match str::from_utf8(text) {
        Ok(text) if !is_plain(text.as_bytes()) => push_text(visible(text).as_bytes(), out),
        _ => push_text(text, out),
    }
}

/// Returns the offset at which character number `number`, from 0, of a text begins; `None` if the text has fewer characters.
pub(crate) fn start_of_character(text: &[u8], number: usize) -> Option<usize> {
    // A character is at least one byte, so most texts are found to be short enough without counting.
    let starts = || text.iter().enumerate().filter(|(_, byte)| *byte & 0xc0 != 0x80).map(|(at, _)| at);
    if text.len() <= number { None } else { starts().nth(number) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_is_escaped_as_json_wants(text in "[\\x00-\\x21\\\\a-c\"é]{0,40}|.{0,40}") {
            let mut out = vec![b'"'];
            push_text(text.as_bytes(), &mut out);
            out.push(b'"');
            prop_assert_eq!(out.len() as u64, text_bytes(text.as_bytes()) + 2);
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }

        #[test]
        fn a_part_is_written_as_alone(text in "[a-z]{0,100}|[ -~é\t]{0,70}", behind in "[a-z\"]{0,100}") {
            let (mut alone, mut part) = (Vec::new(), Vec::new());
            push_text(text.as_bytes(), &mut alone);
            let data = format!("\"{text}{behind}");
            push_part(data.as_bytes(), 1..1 + text.len(), &mut part);
            prop_assert_eq!(part, alone);
        }

        #[test]
        fn few_characters_are_those_that_are_seen_and_need_no_escape(text in "[a-z]{0,20}|[ -~é\t\x7f]{0,17}") {
            let short = ShortPlainText::of(text.as_bytes());
            let mut out = b"\"".to_vec();
            push_text(text.as_bytes(), &mut out);
            let is_seen = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
            prop_assert_eq!(short.is_some(), text.len() <= 16 && is_seen && out[1..] == *text.as_bytes());
            let mut out = b"x".to_vec();
            if let Some(short) = short {
                short.push(&mut out);
                prop_assert_eq!(&out[1..], text.as_bytes());
            }
        }

        #[test]
        fn constants_are_whole(text in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut out = b"x".to_vec();
            Constant::<16>::new(&text).push(&mut out);
            prop_assert_eq!(&out[1..], &text);
        }
    }
}
