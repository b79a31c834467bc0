//! AVX-512 with byte-wise compression, and PCLMULQDQ.

use std::arch::x86_64::{
    __m128i, __m512i, _mm_clmulepi64_si128, _mm_cvtsi64_si128, _mm_cvtsi128_si64, _mm_set1_epi8, _mm512_add_epi32,
    _mm512_castsi512_si128, _mm512_cmpeq_epi8_mask, _mm512_cvtepu8_epi32, _mm512_extracti32x4_epi32,
    _mm512_loadu_si512, _mm512_maskz_compress_epi8, _mm512_set1_epi8, _mm512_set1_epi32, _mm512_storeu_si512,
};

use super::{InstructionSet, Masks, has};
use crate::dialect::Dialect;

/// The offset of each byte of a block.
const OFFSETS: [u8; 64] = {
    let mut offsets = [0; 64];
    let mut offset = 0;
    while offset < 64 {
        offsets[offset] = offset as u8;
        offset += 1;
    }
    offsets
};

pub(crate) fn is_available() -> bool {
    has!("avx512f", "avx512bw", "avx512vbmi2", "pclmulqdq", "bmi1", "bmi2", "lzcnt", "popcnt")
}

#[derive(Clone, Copy)]
pub(crate) struct Avx512 {
    delimiter: __m512i,
    quote: __m512i,
    line_end: __m512i,
    offsets: __m512i,
    /// All ones, or zero in a dialect without quotes.
    has_quotes: u64,
}

impl Avx512 {
    #[target_feature(enable = "avx512f,avx512bw")]
    #[inline]
    pub(crate) fn new(dialect: &Dialect) -> Self {
        let splat = |byte: u8| _mm512_set1_epi8(byte.cast_signed());
        Self {
            delimiter: splat(dialect.delimiter.first()),
            quote: splat(dialect.quote.unwrap_or_default()),
            line_end: splat(dialect.line_end()),
            // SAFETY: 64 bytes are there to be read.
            offsets: unsafe { _mm512_loadu_si512(OFFSETS.as_ptr().cast()) },
            has_quotes: if dialect.quote.is_some() { !0 } else { 0 },
        }
    }

    #[inline(always)]
    fn load(block: &[u8; 64]) -> __m512i {
        // SAFETY: a block has 64 bytes, the load needs no alignment, and AVX-512 is there (see `InstructionSet`).
        unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
    }

    #[inline(always)]
    fn compare(bytes: __m512i, byte: __m512i) -> u64 {
        // SAFETY: AVX-512BW is there (see `InstructionSet`).
        unsafe { _mm512_cmpeq_epi8_mask(bytes, byte) }
    }
}

// SAFETY: `Kernel` makes a value only after it has asked the processor; `write_offsets` compresses the offsets of the bits that are set.
unsafe impl InstructionSet for Avx512 {
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
        // SAFETY: AVX-512 is there (see `InstructionSet`).
        let byte = unsafe { _mm512_set1_epi8(byte.cast_signed()) };
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

    #[inline(always)]
    unsafe fn write_offsets(self, bits: u64, base: u32, out: *mut u32) {
        let count = bits.count_ones();
        // SAFETY: AVX-512 with VBMI2 is there (see `InstructionSet`). There is room for 64 offsets, and four times 16 are written at
        // most.
        unsafe {
            let base = _mm512_set1_epi32(base.cast_signed());
            let offsets = _mm512_maskz_compress_epi8(bits, self.offsets);
            let write = |part: usize, offsets: __m128i| {
                let offsets = _mm512_add_epi32(_mm512_cvtepu8_epi32(offsets), base);
                _mm512_storeu_si512(out.add(part * 16).cast(), offsets);
            };
            write(0, _mm512_castsi512_si128(offsets));
            if count > 16 {
                write(1, _mm512_extracti32x4_epi32::<1>(offsets));
                if count > 32 {
                    write(2, _mm512_extracti32x4_epi32::<2>(offsets));
                    write(3, _mm512_extracti32x4_epi32::<3>(offsets));
                }
            }
        }
    }
}
