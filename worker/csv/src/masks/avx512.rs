//! AVX-512 with byte-wise compression, and PCLMULQDQ.

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::{
    __m128i, __m512i, _mm_clmulepi64_si128, _mm_cvtsi64_si128, _mm_cvtsi128_si64, _mm_set1_epi8, _mm512_add_epi32,
    _mm512_castsi512_si128, _mm512_cmpeq_epi8_mask, _mm512_cvtepu8_epi32, _mm512_extracti32x4_epi32,
    _mm512_loadu_si512, _mm512_maskz_compress_epi8, _mm512_set1_epi8, _mm512_set1_epi32, _mm512_storeu_si512,
};

use super::{Blocks, Masks};
use crate::chunk::Index;
use crate::dialect::Dialect;
use crate::fast;
use crate::scalar::{Job, Progress};

/// The number of each byte of a block.
const PLACES: [u8; 64] = {
    let mut places = [0; 64];
    let mut place = 0;
    while place < 64 {
        places[place] = place as u8;
        place += 1;
    }
    places
};

pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vbmi2")
        && is_x86_feature_detected!("pclmulqdq")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,pclmulqdq,bmi1,bmi2,lzcnt,popcnt")]
pub(super) fn tokenize(job: &Job<'_>, index: &mut Index) -> Progress {
    fast::tokenize(Avx512::new(job.dialect), job, index)
}

#[derive(Clone, Copy)]
struct Avx512 {
    delimiter: __m512i,
    quote: __m512i,
    line_end: __m512i,
    places: __m512i,
    /// All ones, or zero in a dialect without quotes.
    has_quotes: u64,
}

impl Avx512 {
    #[target_feature(enable = "avx512f,avx512bw")]
    #[inline]
    fn new(dialect: &Dialect) -> Self {
        let splat = |byte: u8| _mm512_set1_epi8(byte.cast_signed());
        Self {
            delimiter: splat(dialect.delimiter),
            quote: splat(dialect.quote.unwrap_or_default()),
            line_end: splat(dialect.line_end()),
            // SAFETY: 64 bytes are there to be read.
            places: unsafe { _mm512_loadu_si512(PLACES.as_ptr().cast()) },
            has_quotes: if dialect.quote.is_some() { !0 } else { 0 },
        }
    }

    #[inline(always)]
    fn load(block: &[u8; 64]) -> __m512i {
        // SAFETY: a block has 64 bytes, the load needs no alignment, and AVX-512 is there (see `Blocks`).
        unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
    }

    #[inline(always)]
    fn compare(bytes: __m512i, byte: __m512i) -> u64 {
        // SAFETY: AVX-512BW is there (see `Blocks`).
        unsafe { _mm512_cmpeq_epi8_mask(bytes, byte) }
    }
}

// SAFETY: `Kernel` makes a value only after it has asked the processor; `write_places` compresses the places of the bits that are set.
unsafe impl Blocks for Avx512 {
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
        // SAFETY: AVX-512 is there (see `Blocks`).
        let byte = unsafe { _mm512_set1_epi8(byte.cast_signed()) };
        Self::compare(Self::load(block), byte)
    }

    #[inline(always)]
    fn parity(self, bits: u64) -> u64 {
        // SAFETY: PCLMULQDQ is there (see `Blocks`); SSE2 is part of x86-64.
        let product = unsafe {
            let product = _mm_clmulepi64_si128::<0>(_mm_cvtsi64_si128(bits.cast_signed()), _mm_set1_epi8(-1));
            _mm_cvtsi128_si64(product)
        };
        product.cast_unsigned()
    }

    #[inline(always)]
    unsafe fn write_places(self, bits: u64, base: u32, out: *mut u32) {
        let count = bits.count_ones();
        // SAFETY: AVX-512 with VBMI2 is there (see `Blocks`). There is room for 64 places, and four times 16 are written at
        // most.
        unsafe {
            let base = _mm512_set1_epi32(base.cast_signed());
            let places = _mm512_maskz_compress_epi8(bits, self.places);
            let write = |part: usize, places: __m128i| {
                let places = _mm512_add_epi32(_mm512_cvtepu8_epi32(places), base);
                _mm512_storeu_si512(out.add(part * 16).cast(), places);
            };
            write(0, _mm512_castsi512_si128(places));
            if count > 16 {
                write(1, _mm512_extracti32x4_epi32::<1>(places));
                if count > 32 {
                    write(2, _mm512_extracti32x4_epi32::<2>(places));
                    write(3, _mm512_extracti32x4_epi32::<3>(places));
                }
            }
        }
    }
}
