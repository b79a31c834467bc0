//! Line ends in bytes: how many, and where a record ends in front of one.

use crate::swar;

/// Returns how many line ends are in `bytes`. Most parts are too short for a call to pay: they are counted in words of
/// eight bytes, without branches.
#[inline]
pub(crate) fn line_ends(line_end: u8, bytes: &[u8]) -> u64 {
    const LONG: usize = 8 * 255;
    if bytes.len() > LONG {
        return memchr::memchr_iter(line_end, bytes).count() as u64;
    }
    let wanted = swar::splat(line_end);
    let (words, rest) = bytes.as_chunks::<8>();
    // Each byte of the sum counts matches in the same byte of at most 255 words.
    let sum: u64 = words.iter().map(|word| swar::equal(u64::from_le_bytes(*word), wanted) >> 7).sum();
    // Pairs of bytes are added first, as eight times 255 does not fit in a byte.
    let pairs = (sum & 0x00ff_00ff_00ff_00ff) + (sum >> 8 & 0x00ff_00ff_00ff_00ff);
    let in_words = pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48;
    in_words + rest.iter().filter(|&&byte| byte == line_end).count() as u64
}

/// Returns the end of a record that starts at `start` and whose line end stands at `end`, moved in front of the CR of a
/// CRLF. A record that ends with the data has no line end, and its last CR is content.
#[inline(always)]
pub(crate) fn without_cr(line_end: u8, data: &[u8], start: usize, end: usize) -> usize {
    let is_crlf = line_end == b'\n' && end < data.len() && end > start && data[end - 1] == b'\r';
    if is_crlf { end - 1 } else { end }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::line_ends;

    proptest! {
        #[test]
        #[cfg_attr(miri, ignore = "takes too long; the test below goes the same ways")]
        fn line_ends_are_counted_as_one_by_one(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(0x8a), Just(0x0b), any::<u8>()], 0..5000), line_end in prop_oneof![Just(b'\n'), Just(b'\r')]) {
            prop_assert_eq!(line_ends(line_end, &bytes), bytes.iter().filter(|&&byte| byte == line_end).count() as u64);
        }
    }

    #[test]
    fn nothing_but_line_ends_is_counted_in_full() {
        for length in (0..3000).step_by(if cfg!(miri) { 293 } else { 1 }) {
            assert_eq!(line_ends(b'\n', &vec![b'\n'; length]), length as u64);
        }
    }
}
