//! Texts of up to sixteen bytes, packed into an integer: comparing and copying them needs neither a call nor a loop.

use std::ops::Range;

use crate::direct_mapped::CacheKey;

/// Most bytes of a text that is one number.
pub(crate) const LONGEST: usize = 16;

/// Returns the bytes of `text` as a number, the first one in the lowest byte, with zeros behind; `None` for more than
/// sixteen bytes.
#[inline(always)]
pub(crate) fn short(text: &[u8]) -> Option<u128> {
    let length = text.len();
    // Two reads that overlap: in the overlap both have the same bytes.
    Some(match length {
        0 => 0,
        1..4 => {
            let at = |nth: usize| u128::from(text[nth]) << (8 * nth);
            at(0) | at(length / 2) | at(length - 1)
        }
        4..8 => ends::<4>(text, |bytes| u32::from_le_bytes(bytes).into())?,
        8..=LONGEST => ends::<8>(text, |bytes| u64::from_le_bytes(bytes).into())?,
        _ => return None,
    })
}

#[inline(always)]
fn ends<const N: usize>(text: &[u8], number: impl Fn([u8; N]) -> u128) -> Option<u128> {
    let (first, last) = (text.first_chunk()?, text.last_chunk()?);
    Some(number(*first) | number(*last) << (8 * (text.len() - N)))
}

/// For each length up to [`LONGEST`], a mask of as many lowest bytes of sixteen.
const MASKS: [u128; LONGEST + 1] = {
    let mut masks = [0; LONGEST + 1];
    let mut length = 1;
    while length <= LONGEST {
        masks[length] = masks[length - 1] << 8 | 0xff;
        length += 1;
    }
    masks
};

/// Returns a mask of the lowest `length` bytes of sixteen; of all bytes if `length` is greater.
#[inline(always)]
pub(crate) fn mask(length: usize) -> u128 {
    MASKS[length.min(LONGEST)]
}

/// Appends the first `length` bytes of `bytes`: appends all and takes the others away again, as a copy of fixed size
/// needs no call.
#[inline(always)]
pub(crate) fn push_first<const N: usize>(bytes: &[u8; N], length: usize, out: &mut Vec<u8>) {
    let end = out.len() + length;
    out.extend_from_slice(bytes);
    out.truncate(end);
}

/// A text of up to sixteen bytes in the middle of some data. It is read with the bytes behind it, which are masked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    text: u128,
    length: usize,
}

impl Window {
    /// Returns the text in this range of the data; `None` if it has more than sixteen bytes, or if the data end less
    /// than sixteen bytes behind its start.
    #[inline]
    pub(crate) fn of(data: &[u8], range: &Range<usize>) -> Option<Self> {
        let (window, length) = (data[range.start..].first_chunk()?, range.len());
        let text = u128::from_le_bytes(*window) & mask(length);
        (length <= LONGEST).then_some(Self { text, length })
    }
}

/// A text of up to seven bytes with its length in the highest byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed(u64);

impl Packed {
    /// Most bytes of a text that is packed.
    pub(crate) const LONGEST: usize = 7;

    /// Returns a packed text; `None` for more than seven bytes.
    #[inline]
    pub(crate) fn of(text: &[u8]) -> Option<Self> {
        let length = text.len();
        let bytes = short(text).filter(|_| length <= Self::LONGEST)?;
        Some(Self(bytes as u64 | (length as u64) << 56))
    }

    /// Returns the first bytes of a window as a packed text, at most seven. Lengths vary from text to text: the bytes
    /// behind are masked out, which needs no branch.
    #[inline(always)]
    pub(crate) fn of_window(window: [u8; 8], length: usize) -> Self {
        let text = u64::from_le_bytes(window) & ((1 << (8 * length)) - 1);
        Self(text | (length as u64) << 56)
    }
}

impl CacheKey for Packed {
    const EMPTY: Self = Self(0);
    const OTHER: Self = Self(u64::MAX);

    /// Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4).
    #[inline(always)]
    fn slot(self, shift: u32) -> usize {
        (self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> shift) as usize
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bytes_stand_in_their_places() {
        let text: Vec<u8> = (1..=20).collect();
        for length in 0..=20 {
            let mut bytes = [0; LONGEST];
            let expected = text.get(..length).filter(|_| length <= LONGEST).map(|text| {
                bytes[..length].copy_from_slice(text);
                u128::from_le_bytes(bytes)
            });
            assert_eq!(short(&text[..length]), expected);
        }
    }

    proptest! {
        #[test]
        fn windows_are_told_apart(one in prop::collection::vec(0..3u8, 0..19), other in prop::collection::vec(0..3u8, 0..19)) {
            let of = |text: &[u8]| Window::of(&[text, &[7; LONGEST]].concat(), &(0..text.len()));
            prop_assert_eq!(of(&one).is_some(), one.len() <= LONGEST);
            if of(&one).is_some() && of(&other).is_some() {
                prop_assert_eq!(of(&one) == of(&other), one == other);
            }
            // At the end of the data.
            prop_assert_eq!(Window::of(&one, &(0..one.len())).is_some(), one.len() == LONGEST);
        }

        #[test]
        fn packed_texts_are_told_apart(one in prop::collection::vec(0..3u8, 0..9), other in prop::collection::vec(0..3u8, 0..9)) {
            let (packed, another) = (Packed::of(&one), Packed::of(&other));
            prop_assert_eq!(packed.is_some(), one.len() <= Packed::LONGEST);
            if packed.is_some() && another.is_some() {
                prop_assert_eq!(packed == another, one == other);
            }
            let mut window = [7; 8];
            if one.len() <= Packed::LONGEST {
                window[..one.len()].copy_from_slice(&one);
                prop_assert_eq!(packed, Some(Packed::of_window(window, one.len())));
            }
        }
    }
}
