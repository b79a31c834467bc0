//! NEON and PMULL.

use std::arch::aarch64::{
    uint8x16_t, vandq_u8, vceqq_u8, vdupq_n_u8, vgetq_lane_u64, vld1q_u8, vmull_p64, vpaddq_u8, vreinterpretq_u64_u8,
};
use std::arch::is_aarch64_feature_detected;

use super::{InstructionSet, Masks};
use crate::dialect::Dialect;

/// The weight of each byte within its group of eight.
const WEIGHTS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

pub(crate) fn is_available() -> bool {
    // PMULL on 64-bit polynomials belongs to the feature "aes".
    is_aarch64_feature_detected!("neon") && is_aarch64_feature_detected!("aes")
}

#[derive(Clone, Copy)]
pub(crate) struct Neon {
    delimiter: uint8x16_t,
    quote: uint8x16_t,
    line_end: uint8x16_t,
    weights: uint8x16_t,
    /// All ones, or zero in a dialect without quotes.
    has_quotes: u64,
}

impl Neon {
    #[target_feature(enable = "neon")]
    #[inline]
    pub(crate) fn new(dialect: &Dialect) -> Self {
        Self {
            delimiter: vdupq_n_u8(dialect.delimiter.first()),
            quote: vdupq_n_u8(dialect.quote.unwrap_or_default()),
            line_end: vdupq_n_u8(dialect.line_end()),
            // SAFETY: 16 bytes are there to be read.
            weights: unsafe { vld1q_u8(WEIGHTS.as_ptr()) },
            has_quotes: if dialect.quote.is_some() { !0 } else { 0 },
        }
    }

    #[inline(always)]
    fn load(block: &[u8; 64]) -> [uint8x16_t; 4] {
        // SAFETY: four times 16 bytes are within the block, and NEON is there (see `InstructionSet`).
        unsafe {
            [
                vld1q_u8(block.as_ptr()),
                vld1q_u8(block[16..].as_ptr()),
                vld1q_u8(block[32..].as_ptr()),
                vld1q_u8(block[48..].as_ptr()),
            ]
        }
    }

    #[inline(always)]
    fn compare(self, [a, b, c, d]: [uint8x16_t; 4], byte: uint8x16_t) -> u64 {
        // SAFETY: NEON is there (see `InstructionSet`).
        unsafe {
            let bits = |part| vandq_u8(vceqq_u8(part, byte), self.weights);
            // Three times the sums of neighbours: each group of eight bytes becomes one byte.
            let (low, high) = (vpaddq_u8(bits(a), bits(b)), vpaddq_u8(bits(c), bits(d)));
            let sums = vpaddq_u8(low, high);
            vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(sums, sums)))
        }
    }
}

// SAFETY: `Kernel` makes a value only after it has asked the processor; `write_offsets` is the default one.
unsafe impl InstructionSet for Neon {
    #[inline(always)]
    fn masks(self, block: &[u8; 64]) -> Masks {
        let bytes = Self::load(block);
        Masks {
            delimiters: self.compare(bytes, self.delimiter),
            quotes: self.compare(bytes, self.quote) & self.has_quotes,
            line_ends: self.compare(bytes, self.line_end),
        }
    }

    #[inline(always)]
    fn equal(self, block: &[u8; 64], byte: u8) -> u64 {
        // SAFETY: NEON is there (see `InstructionSet`).
        let byte = unsafe { vdupq_n_u8(byte) };
        self.compare(Self::load(block), byte)
    }

    #[inline(always)]
    fn parity(self, bits: u64) -> u64 {
        // SAFETY: PMULL is there (see `InstructionSet`).
        unsafe { parity(bits) }
    }
}

/// Returns the low half of the carry-less product with all ones. It is a function of its own, which may use PMULL: the
/// intrinsic is not inlined into a function that may not use it.
#[target_feature(enable = "neon,aes")]
#[inline]
fn parity(bits: u64) -> u64 {
    vmull_p64(bits, !0) as u64
}
