//! 64-bit arithmetic: eight bytes at a time.

use super::{InstructionSet, Masks};
use crate::dialect::Dialect;
use crate::swar::{equal, splat};

/// Multiplication by this number gathers the lowest bits of eight bytes in the highest byte.
const GATHER: u64 = 0x0102_0408_1020_4080;

#[derive(Clone, Copy)]
pub(crate) struct Portable {
    delimiter: u64,
    quote: u64,
    line_end: u64,
    /// All ones, or zero in a dialect without quotes.
    has_quotes: u64,
}

impl Portable {
    pub(crate) fn new(dialect: &Dialect) -> Self {
        Self {
            delimiter: splat(dialect.delimiter.first()),
            quote: splat(dialect.quote.unwrap_or_default()),
            line_end: splat(dialect.line_end()),
            has_quotes: if dialect.quote.is_some() { !0 } else { 0 },
        }
    }
}

/// Returns a byte whose bit n is set if byte n of the word equals byte n of `pattern`.
#[inline(always)]
fn compare(word: u64, pattern: u64) -> u64 {
    (equal(word, pattern) >> 7).wrapping_mul(GATHER) >> 56
}

#[inline(always)]
fn words(block: &[u8; 64]) -> impl Iterator<Item = (u32, u64)> {
    let (words, _) = block.as_chunks::<8>();
    words.iter().enumerate().map(|(number, word)| (number as u32 * 8, u64::from_le_bytes(*word)))
}

// SAFETY: needs no instruction of its own; `write_offsets` is the default one.
unsafe impl InstructionSet for Portable {
    #[inline(always)]
    fn masks(self, block: &[u8; 64]) -> Masks {
        let mut masks = Masks { delimiters: 0, quotes: 0, line_ends: 0 };
        for (shift, word) in words(block) {
            masks.delimiters |= compare(word, self.delimiter) << shift;
            masks.quotes |= compare(word, self.quote) << shift;
            masks.line_ends |= compare(word, self.line_end) << shift;
        }
        masks.quotes &= self.has_quotes;
        masks
    }

    #[inline(always)]
    fn equal(self, block: &[u8; 64], byte: u8) -> u64 {
        words(block).fold(0, |mask, (shift, word)| mask | compare(word, splat(byte)) << shift)
    }

    #[inline(always)]
    fn parity(self, bits: u64) -> u64 {
        let mut parity = bits;
        for shift in [1, 2, 4, 8, 16, 32] {
            parity ^= parity << shift;
        }
        parity
    }
}
