//! Pieces of JSON, appended to a line: what is short or constant without a call, and without a loop.

use crate::short;

/// Constant text that is appended often. What fits the room is copied with all of it: a copy of fixed size needs no call.
pub(crate) struct Constant<const ROOM: usize> {
    room: [u8; ROOM],
    used: usize,
    rest: Vec<u8>,
}

impl<const ROOM: usize> Constant<ROOM> {
    pub(crate) fn new(text: &[u8]) -> Self {
        let (first, rest) = text.split_at(text.len().min(ROOM));
        let mut room = [0; ROOM];
        room[..first.len()].copy_from_slice(first);
        Self { room, used: first.len(), rest: rest.to_vec() }
    }

    #[inline]
    pub(crate) fn push(&self, out: &mut Vec<u8>) {
        push_some(&self.room, self.used, out);
        if !self.rest.is_empty() {
            out.extend_from_slice(&self.rest);
        }
    }
}

/// Appends the first bytes of some: all of them, and then fewer.
#[inline(always)]
fn push_some<const N: usize>(bytes: &[u8; N], length: usize, out: &mut Vec<u8>) {
    let end = out.len() + length;
    out.extend_from_slice(bytes);
    out.truncate(end);
}

/// Appends the decimal digits of `number`.
#[inline]
pub(crate) fn push_number(number: u64, out: &mut Vec<u8>) {
    match Digits::of(number) {
        Some(digits) => digits.push(out),
        None => out.extend_from_slice(number.to_string().as_bytes()),
    }
}

/// The decimal digits of a number, the first one in the lowest byte.
#[derive(Clone, Copy)]
pub(crate) struct Digits {
    number: u64,
    bytes: u128,
    length: u32,
}

impl Digits {
    /// Of a number below 10^16.
    #[inline]
    pub(crate) fn of(number: u64) -> Option<Self> {
        const EIGHT: u64 = 100_000_000;
        // Zeros in front are left out; the last digit stays.
        let zeros = |digits: u64| ((digits ^ u64::from_le_bytes(*b"00000000")).trailing_zeros() / 8).min(7);
        if number < EIGHT {
            let digits = eight_digits(number);
            let zeros = zeros(digits);
            return Some(Self { number, bytes: (digits >> (8 * zeros)).into(), length: 8 - zeros });
        }
        let (high, low) = (number / EIGHT, number % EIGHT);
        if high >= EIGHT {
            return None;
        }
        let digits = eight_digits(high);
        let zeros = zeros(digits);
        let bytes = u128::from(digits >> (8 * zeros)) | u128::from(eight_digits(low)) << (8 * (8 - zeros));
        Some(Self { number, bytes, length: 16 - zeros })
    }

    /// Of a number that differs in its last digit, and is greater.
    #[inline]
    pub(crate) fn followed_by(self, number: u64) -> Option<Self> {
        let last = 8 * (self.length - 1);
        let more = number.checked_sub(self.number)?;
        let fits = more < 10 && (self.bytes >> last) as u8 + more as u8 <= b'9';
        fits.then(|| Self { number, bytes: self.bytes + (u128::from(more) << last), length: self.length })
    }

    #[inline]
    pub(crate) fn push(self, out: &mut Vec<u8>) {
        push_some(&self.bytes.to_le_bytes(), self.length as usize, out);
    }
}

/// The eight digits of a number below 10^8, the first one in the lowest byte.
#[inline]
fn eight_digits(number: u64) -> u64 {
    /// `00` to `99`.
    const PAIRS: [u16; 100] = {
        let mut pairs = [0; 100];
        let mut at = 0;
        while at < 100 {
            pairs[at] = u16::from_le_bytes([b'0' + (at / 10) as u8, b'0' + (at % 10) as u8]);
            at += 1;
        }
        pairs
    };
    let pair = |number: u64| u64::from(PAIRS[number as usize]);
    // Both halves at once, where one after the other would wait.
    let (high, low) = (number / 10_000, number % 10_000);
    pair(high / 100) | pair(high % 100) << 16 | pair(low / 100) << 32 | pair(low % 100) << 48
}

/// Appends base64 (RFC 4648, section 4).
pub(crate) fn push_base64(bytes: &[u8], out: &mut Vec<u8>) {
    use base64::Engine as _;
    let (start, length) = (out.len(), bytes.len().div_ceil(3) * 4);
    out.resize(start + length, 0);
    // Cannot fail: the room is as large as the text.
    let written = base64::engine::general_purpose::STANDARD.encode_slice(bytes, &mut out[start..]);
    debug_assert_eq!(written, Ok(length));
}

/// Bit 7 of every byte of `word` that a JSON string escapes: below 0x20, `"` or `\`.
#[inline]
fn escaped_in(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // Exact for a word whose other bytes need no escape; a carry can only add bytes above one that does.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
    control | zero(word ^ (ONES * u64::from(b'"'))) | zero(word ^ (ONES * u64::from(b'\\')))
}

/// Whether a JSON string has to escape some byte of `text`.
#[inline]
fn needs_escape(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let found = words.iter().fold(0, |found, word| found | escaped_in(u64::from_le_bytes(*word)));
    // The rest as the last eight bytes, where there are as many.
    match text.last_chunk::<8>() {
        Some(last) => found | escaped_in(u64::from_le_bytes(*last)) != 0,
        None => rest.iter().any(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\'),
    }
}

/// Up to sixteen bytes none of which a JSON string escapes.
#[derive(Clone, Copy)]
pub(crate) struct Few {
    bytes: u128,
    length: usize,
}

impl Few {
    #[inline]
    pub(crate) fn of(text: &[u8]) -> Option<Self> {
        const SPACES: u128 = u128::from_le_bytes([b' '; short::LONGEST]);
        let (bytes, length) = (short::short(text)?, text.len());
        // The zeros behind the text are control characters.
        let filled = bytes | SPACES.checked_shl(8 * length as u32).unwrap_or(0);
        (escaped_in(filled as u64) | escaped_in((filled >> 64) as u64) == 0).then_some(Self { bytes, length })
    }

    #[inline]
    pub(crate) fn push(self, out: &mut Vec<u8>) {
        push_some(&self.bytes.to_le_bytes(), self.length, out);
    }
}

/// `text`, valid UTF-8, as the inside of a JSON string (RFC 8259, section 7).
pub(crate) fn push_text(text: &[u8], out: &mut Vec<u8>) {
    if needs_escape(text) {
        push_escaped(text, out);
    } else {
        out.extend_from_slice(text);
    }
}

#[cold]
fn push_escaped(bytes: &[u8], out: &mut Vec<u8>) {
    let mut from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[from..at]);
        from = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        }
    }
    out.extend_from_slice(&bytes[from..]);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_is_escaped_as_json_wants(text in any::<String>()) {
            let mut out = vec![b'"'];
            push_text(text.as_bytes(), &mut out);
            out.push(b'"');
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }

        #[test]
        fn numbers_are_written_in_full(number: u64, digits in 0..20u32) {
            let power = 10u64.pow(digits);
            for number in [number, number % power, power, power - 1] {
                let mut out = Vec::new();
                push_number(number, &mut out);
                prop_assert_eq!(out, number.to_string().into_bytes());
            }
        }

        #[test]
        fn the_next_number_is_written_in_full(number in 0..10u64.pow(16) - 20, more in 0..20u64) {
            for number in [number, number % 1000] {
                let next = Digits::of(number).and_then(|digits| digits.followed_by(number + more));
                prop_assert_eq!(next.is_some(), number % 10 + more < 10);
                if let Some(next) = next {
                    let mut out = Vec::new();
                    next.push(&mut out);
                    prop_assert_eq!(out, (number + more).to_string().into_bytes());
                }
            }
        }

        #[test]
        fn few_characters_are_those_that_need_no_escape(text in "[a-z]{0,20}|[ -~é\t]{0,17}") {
            let few = Few::of(text.as_bytes());
            let mut out = b"\"".to_vec();
            push_text(text.as_bytes(), &mut out);
            prop_assert_eq!(few.is_some(), text.len() <= 16 && out[1..] == *text.as_bytes());
            let mut out = b"x".to_vec();
            if let Some(few) = few {
                few.push(&mut out);
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
