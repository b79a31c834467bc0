//! AVX2 and PCLMULQDQ.

use std::arch::x86_64::{
    __m256i, _mm_clmulepi64_si128, _mm_cvtsi64_si128, _mm_cvtsi128_si64, _mm_set1_epi8, _mm256_cmpeq_epi8,
    _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi8,
};

use super::{InstructionSet, Masks, has};
use crate::dialect::Dialect;

pub(crate) fn is_available() -> bool {
    has!("avx2", "pclmulqdq", "bmi1", "bmi2", "lzcnt", "popcnt")
}

#[derive(Clone, Copy)]
pub(crate) struct Avx2 {
    delimiter: __m256i,
    quote: __m256i,
    line_end: __m256i,
    /// All ones, or zero in a dialect without quotes.
    has_quotes: u64,
}

impl Avx2 {
    #[target_feature(enable = "avx2")]
    #[inline]
    pub(crate) fn new(dialect: &Dialect) -> Self {
        let splat = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
        Self {
            delimiter: splat(dialect.delimiter.first()),
            quote: splat(dialect.quote.unwrap_or_default()),
            line_end: splat(dialect.line_end()),
            has_quotes: if dialect.quote.is_some() { !0 } else { 0 },
        }
    }

    #[inline(always)]
    fn load(block: &[u8; 64]) -> (__m256i, __m256i) {
        let (low, high) = (block.as_ptr().cast::<__m256i>(), block[32..].as_ptr().cast::<__m256i>());
        // SAFETY: both halves of 32 bytes are within the block, the load needs no alignment, and AVX2 is there (see `InstructionSet`).
        unsafe { (_mm256_loadu_si256(low), _mm256_loadu_si256(high)) }
    }

    #[inline(always)]
    fn compare((low, high): (__m256i, __m256i), byte: __m256i) -> u64 {
        // SAFETY: AVX2 is there (see `InstructionSet`).
        let (low, high) = unsafe {
            (_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, byte)), _mm256_movemask_epi8(_mm256_cmpeq_epi8(high, byte)))
        };
        u64::from(low.cast_unsigned()) | u64::from(high.cast_unsigned()) << 32
    }
}

// SAFETY: `Kernel` makes a value only after it has asked the processor; `write_offsets` is the default one.
unsafe impl InstructionSet for Avx2 {
    #[inline(always)]
    fn masks(self, block: &[u8; 64]) -> Masks {
        let bytes = Self::load(block);
        Masks {
            delimiters: Self::compare(bytes, self.delimiter),
            quotes: Self::compare(bytes, self.quote) & self.has_quotes,
            line_ends: Self::compare(bytes, self.line_end),
        }
    }

    #[inline(always)]
    fn equal(self, block: &[u8; 64], byte: u8) -> u64 {
        // SAFETY: AVX2 is there (see `InstructionSet`).
        let byte = unsafe { _mm256_set1_epi8(byte.cast_signed()) };
        Self::compare(Self::load(block), byte)
    }

    #[inline(always)]
    fn parity(self, bits: u64) -> u64 {
        // SAFETY: PCLMULQDQ is there (see `InstructionSet`); SSE2 is part of x86-64.
        let product = unsafe {
            let product = _mm_clmulepi64_si128::<0>(_mm_cvtsi64_si128(bits.cast_signed()), _mm_set1_epi8(-1));
            _mm_cvtsi128_si64(product)
        };
        product.cast_unsigned()
    }
}
