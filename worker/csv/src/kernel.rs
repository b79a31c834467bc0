//! Which instructions read a chunk: the SIMD tokenizer compiled for each instruction set, and the choice among them.

use crate::index::Index;
use crate::masks::Portable;
#[cfg(target_arch = "aarch64")]
use crate::masks::neon;
#[cfg(target_arch = "x86_64")]
use crate::masks::{avx2, avx512};
use crate::scalar::{Progress, TokenizerInput};
use crate::simd;

/// The instructions that find the structure of well-formed records. All kernels find the same structure.
///
/// The tests compare AVX-512, AVX2 and the portable path with each other and with an oracle; the same tests cover NEON
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
    /// The scalar state machine that settles records at fault, used for every record; everywhere, and slowest.
    Scalar,
}

impl Kernel {
    /// Returns the fastest kernel that this processor has.
    pub fn detect() -> Self {
        [Self::Avx512, Self::Avx2, Self::Neon]
            .into_iter()
            .find(|kernel| kernel.is_available())
            .unwrap_or(Self::Portable)
    }

    /// Returns true if this processor has the kernel.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => avx512::is_available(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2::is_available(),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => neon::is_available(),
            Self::Portable | Self::Scalar => true,
            #[allow(unreachable_patterns, reason = "which ones are left depends on the architecture")]
            Self::Avx512 | Self::Avx2 | Self::Neon => false,
        }
    }

    /// Tokenizes whole records. A kernel that is not available is replaced by the portable one.
    pub(crate) fn tokenize(self, input: &TokenizerInput<'_>, index: &mut Index) -> Progress {
        if !input.dialect.is_plain() {
            return input.run(index);
        }
        match self {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the processor has the instructions.
            Self::Avx512 if avx512::is_available() => unsafe { with_avx512(input, index) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the processor has the instructions.
            Self::Avx2 if avx2::is_available() => unsafe { with_avx2(input, index) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: the processor has the instructions.
            Self::Neon if neon::is_available() => unsafe { with_neon(input, index) },
            Self::Scalar => input.run(index),
            _ => simd::tokenize(Portable::new(input.dialect), input, index),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,pclmulqdq,bmi1,bmi2,lzcnt,popcnt")]
fn with_avx512(input: &TokenizerInput<'_>, index: &mut Index) -> Progress {
    simd::tokenize(avx512::Avx512::new(input.dialect), input, index)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,pclmulqdq,bmi1,bmi2,lzcnt,popcnt")]
fn with_avx2(input: &TokenizerInput<'_>, index: &mut Index) -> Progress {
    simd::tokenize(avx2::Avx2::new(input.dialect), input, index)
}

#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon,aes")]
fn with_neon(input: &TokenizerInput<'_>, index: &mut Index) -> Progress {
    simd::tokenize(neon::Neon::new(input.dialect), input, index)
}
