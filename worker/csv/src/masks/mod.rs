//! 64 bytes → bit masks, one file for each instruction set; bit 0 is the first byte. The documentation of `simd.rs` shows how they are used.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
mod portable;

pub(crate) use portable::Portable;

/// The masks of a block of 64 bytes: bit n of a mask is set if byte n is a delimiter, a quote or a line end.
#[derive(Clone, Copy)]
pub(crate) struct Masks {
    pub(crate) delimiters: u64,
    pub(crate) quotes: u64,
    pub(crate) line_ends: u64,
}

/// Evaluates to true if this processor has all of these features of x86-64.
#[cfg(target_arch = "x86_64")]
macro_rules! has {
    ($($feature:tt),*) => { $(std::arch::is_x86_feature_detected!($feature))&&* };
}
#[cfg(target_arch = "x86_64")]
use has;

/// The operations of an instruction set on 64 bytes at a time.
///
/// # Safety
/// An implementation promises three things.
/// 1. A value of the type is made only where the processor has the instructions: the methods are safe to call, and use them without asking.
///    So the constructor has the `target_feature`s or asks itself.
/// 2. `write_offsets` writes at least as many offsets as `bits` has ones, at `out[0]`, `out[1]`, …: the caller sets the length of a vector
///    by that number, and what lies below has to be initialized.
/// 3. It writes nothing before `out` and nothing at or behind `out[64]`.
///
/// All implementations return the same bits. Safety does not depend on that; the tests compare them.
pub(crate) unsafe trait InstructionSet: Copy {
    /// Returns where the three bytes stand that give a record its structure.
    fn masks(self, block: &[u8; 64]) -> Masks;
    /// Returns where one byte stands.
    fn equal(self, block: &[u8; 64], byte: u8) -> u64;
    /// Returns a word whose bit n is the parity of the bits 0 to n.
    fn parity(self, bits: u64) -> u64;

    /// Writes `base` plus the number of every bit that is set, ascending. Behind these offsets it may write anything.
    ///
    /// # Safety
    /// 64 offsets may be written at `out`.
    #[inline(always)]
    unsafe fn write_offsets(self, mut bits: u64, base: u32, mut out: *mut u32) {
        // Eight offsets at a time, so that the number of iterations is easy to predict.
        while bits != 0 {
            for _ in 0..8 {
                // SAFETY: there are at most 64 bits, so eight times eight are written at most. Volatile keeps the compiler from gathering the eight in a
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
