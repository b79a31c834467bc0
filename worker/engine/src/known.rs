//! Short texts that were found good, column by column: most columns repeat theirs, and to find one again costs a fraction of
//! checking it again.

use crate::typed::Span;

/// Longest text that is remembered.
const SHORT: usize = 7;

/// A text of up to seven bytes with its length in the highest byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed(u64);

impl Packed {
    /// No text at all.
    const MISSING: Self = Self(0);
    /// A text that is not remembered: too long, empty, or not in the chunk as it is.
    const OTHER: Self = Self(u64::MAX);

    #[inline]
    pub(crate) fn of(data: &[u8], span: Span) -> Self {
        // Lengths vary from cell to cell, and so does whether there is a text: what stands behind it is masked, which costs no
        // branch.
        let (length, start) = (span.len(), if span.is_there() { span.start() } else { 0 });
        match data[start..].first_chunk() {
            Some(window) if length <= SHORT => {
                let text = u64::from_le_bytes(*window) & ((1 << (8 * length)) - 1);
                let packed = Self(text | (length as u64) << 56);
                if length == 0 && span.is_there() { Self::OTHER } else { packed }
            }
            _ if span == Span::MISSING => Self::MISSING,
            _ => Self::OTHER,
        }
    }
}

/// The good texts of one column, each in the one slot that is its own; the latest stays.
#[derive(Debug)]
pub(crate) struct Known {
    /// A power of two. The first one belongs to [`Packed::MISSING`].
    slots: Vec<Packed>,
    shift: u32,
}

impl Known {
    /// Memory for one of so many columns, which share 4 MiB.
    pub(crate) fn new(columns: usize) -> Self {
        let slots = ((4 << 20) / size_of::<Packed>() / columns.max(1)).clamp(64, 1024).next_power_of_two();
        Self { slots: vec![Packed::MISSING; slots], shift: u64::BITS - slots.trailing_zeros() }
    }

    #[inline]
    fn slot(&self, packed: Packed) -> usize {
        // Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4).
        (packed.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    /// Whether the text was found good, or is missing.
    #[inline]
    pub(crate) fn holds(&self, packed: Packed) -> bool {
        self.slots[self.slot(packed)] == packed
    }

    /// Remembers a good text, when it can be; gives whether.
    #[inline]
    pub(crate) fn note(&mut self, packed: Packed) -> bool {
        let slot = self.slot(packed);
        let takes = packed != Packed::OTHER && slot != 0;
        if takes {
            self.slots[slot] = packed;
        }
        takes
    }
}
