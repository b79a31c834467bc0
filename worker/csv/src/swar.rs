//! Eight bytes at a time in a word of 64 bits.

const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
const ONES: u64 = 0x0101_0101_0101_0101;

/// Returns a word of eight times this byte.
#[inline(always)]
pub(crate) const fn splat(byte: u8) -> u64 {
    byte as u64 * ONES
}

/// Returns the high bit of each byte that is the same in both words; all other bits are 0. Exact: no carry crosses a byte.
#[inline(always)]
pub(crate) const fn equal(word: u64, other: u64) -> u64 {
    let differs = word ^ other;
    !(((differs & LOW) + LOW) | differs | LOW)
}

#[cfg(test)]
mod tests {
    use super::{equal, splat};

    #[test]
    fn equal_bytes_have_their_high_bit_set_whatever_stands_beside_them() {
        // Miri is some hundred times slower.
        let stride = if cfg!(miri) { 17 } else { 1 };
        for byte in (0..=u8::MAX).step_by(stride) {
            for other in (0..=u8::MAX).step_by(stride) {
                let word = u64::from_le_bytes([other, byte, other, other, byte, 0, 0xff, byte]);
                let expected: [u8; 8] = word.to_le_bytes().map(|found| if found == byte { 0x80 } else { 0 });
                assert_eq!(equal(word, splat(byte)), u64::from_le_bytes(expected));
            }
        }
    }
}
