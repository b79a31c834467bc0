//! Arithmetic of words of 64 and 128 bits: eight or sixteen bytes at a time, and hashes.

/// The number 1 in each byte.
pub(crate) const ONES: u64 = 0x0101_0101_0101_0101;

/// Bit 7 of each byte.
pub(crate) const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// Returns a word of eight times this byte.
#[inline(always)]
pub(crate) const fn splat(byte: u8) -> u64 {
    ONES * byte as u64
}

/// Returns bit 7 of the zero bytes of `word`. The lowest bit that is set is exact; bytes of value 1 above a zero byte
/// may be marked too, because the subtraction borrows from them.
#[inline(always)]
pub(crate) const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGH_BITS
}

/// [`ONES`] of sixteen bytes.
pub(crate) const WIDE_ONES: u128 = u128::from_le_bytes([1; 16]);

/// [`HIGH_BITS`] of sixteen bytes.
pub(crate) const WIDE_HIGH_BITS: u128 = WIDE_ONES << 7;

/// [`zeros`] of sixteen bytes.
#[inline(always)]
pub(crate) const fn wide_zeros(word: u128) -> u128 {
    word.wrapping_sub(WIDE_ONES) & !word & WIDE_HIGH_BITS
}

/// Returns both halves of a product, combined by exclusive or: every bit of the factors affects every bit of the
/// result, as hashes need it.
#[inline(always)]
pub(crate) const fn folded_product(one: u64, other: u64) -> u64 {
    let product = one as u128 * other as u128;
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_zero_byte_is_found(bytes in prop::array::uniform8(0..3u8)) {
            let first = bytes.iter().position(|byte| *byte == 0);
            let found = zeros(u64::from_le_bytes(bytes));
            prop_assert_eq!((found != 0).then(|| found.trailing_zeros() as usize / 8), first);
            // Behind eight other bytes.
            let found = wide_zeros(u128::from(u64::from_le_bytes(bytes)) << 64 | u128::from(ONES));
            prop_assert_eq!((found != 0).then(|| found.trailing_zeros() as usize / 8), first.map(|first| first + 8));
        }
    }
}
