//! 64 bytes → bit masks, per instruction set; bit 0 is the first byte.

use crate::chunk::Index;
use crate::fast;
use crate::scalar::{Job, Progress};

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;

/// A block of bytes as masks.
#[derive(Clone, Copy)]
pub(crate) struct Masks {
    pub(crate) delimiters: u64,
    pub(crate) quotes: u64,
    pub(crate) line_ends: u64,
}

/// What an instruction set must offer.
///
/// # Safety
/// A value exists only where the processor has the instructions. `write_places` writes one place for each bit of its argument, in ascending
/// order, and no more than 64 behind `out`: the caller sets the length of a vector by the number of bits.
pub(crate) unsafe trait Blocks: Copy {
    /// Where three given bytes stand.
    fn masks(self, block: &[u8; 64]) -> Masks;
    /// Where one byte stands.
    fn equal(self, block: &[u8; 64], byte: u8) -> u64;
    /// Bit n of the result is the parity of the bits 0 to n.
    fn parity(self, bits: u64) -> u64;

    /// Writes `base` plus the place of every bit, ascending. Behind them it may write anything.
    ///
    /// # Safety
    /// 64 places may be written at `out`.
    #[inline(always)]
    unsafe fn write_places(self, mut bits: u64, base: u32, mut out: *mut u32) {
        // Eight at a time, so that the number of turns is easy to predict.
        while bits != 0 {
            for _ in 0..8 {
                // SAFETY: eight times eight are written at most. Volatile keeps the compiler from gathering the eight in a
                // vector first, which takes longer.
                unsafe {
                    out.write_volatile(base + bits.trailing_zeros());
                    out = out.add(1);
                }
                bits &= bits.wrapping_sub(1);
            }
        }
    }
}

/// The instructions that find the structure of well-formed records. All give the same answers.
///
/// AVX-512, AVX2 and the portable path are held against each other and against an oracle in the tests; the same tests cover NEON
/// on aarch64, and `cargo xtask arm64` runs them under emulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// AVX-512 with BW and VBMI2, PCLMULQDQ, BMI1, BMI2, LZCNT and POPCNT; x86-64.
    Avx512,
    /// AVX2, PCLMULQDQ, BMI1, BMI2, LZCNT and POPCNT; x86-64.
    Avx2,
    /// NEON and PMULL; aarch64.
    Neon,
    /// 64-bit arithmetic; everywhere.
    Portable,
    /// The plain state machine that settles records at fault, for every record; everywhere, and slowest.
    Plain,
}

impl Kernel {
    /// The fastest one that this processor has.
    pub fn detect() -> Self {
        [Self::Avx512, Self::Avx2, Self::Neon]
            .into_iter()
            .find(|kernel| kernel.is_available())
            .unwrap_or(Self::Portable)
    }

    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => avx512::is_available(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2::is_available(),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => neon::is_available(),
            Self::Portable | Self::Plain => true,
            #[allow(unreachable_patterns, reason = "which ones are left depends on the architecture")]
            Self::Avx512 | Self::Avx2 | Self::Neon => false,
        }
    }

    /// Tokenizes whole records. One that is not available is replaced by the portable one.
    pub(crate) fn tokenize(self, job: &Job<'_>, index: &mut Index) -> Progress {
        if !job.dialect.is_plain() {
            return job.run(index);
        }
        match self {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the processor has the instructions.
            Self::Avx512 if avx512::is_available() => unsafe { avx512::tokenize(job, index) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the processor has the instructions.
            Self::Avx2 if avx2::is_available() => unsafe { avx2::tokenize(job, index) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: the processor has the instructions.
            Self::Neon if neon::is_available() => unsafe { neon::tokenize(job, index) },
            Self::Plain => job.run(index),
            _ => fast::tokenize(portable::Portable::new(job.dialect), job, index),
        }
    }
}
