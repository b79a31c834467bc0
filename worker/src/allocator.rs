//! The memory allocator, and what happens when memory runs out.

use std::alloc::{GlobalAlloc, Layout};

use mimalloc::MiMalloc;

/// The exit code of a process that runs out of memory, or of any other resource of the machine: see `sluice --help`.
const EXIT_CODE: i32 = 74;

/// mimalloc. The system's allocator returns freed chunks to the kernel and faults them in again, which takes a quarter to a third
/// of the time.
///
/// A process that runs out of memory ends with a message in one line, and not by a signal. Everything that it has begun is
/// unpublished, as for any process that is killed.
pub(crate) struct Allocator;

// SAFETY: every block is one of mimalloc's, for the same layout, or the process ends.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the layout is what the caller vouches for.
        let block = or_end(unsafe { MiMalloc.alloc(layout) });
        prefer_huge_pages(block, layout.size());
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the layout is what the caller vouches for.
        let block = or_end(unsafe { MiMalloc.alloc_zeroed(layout) });
        prefer_huge_pages(block, layout.size());
        block
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the block is mimalloc's, as all are; the rest is what the caller vouches for.
        or_end(unsafe { MiMalloc.realloc(block, layout, size) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is mimalloc's, as all are.
        unsafe { MiMalloc.dealloc(block, layout) }
    }
}

/// The number of the option `purge_delay` in mimalloc 3 (`mi_option_e` in mimalloc.h), for which the bindings have no name.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Milliseconds after which unused memory is returned to the system.
const SOON: std::ffi::c_long = 10;

/// Makes mimalloc return unused memory to the system soon. By default mimalloc keeps it for a second: records of 8 MB, each in a
/// buffer of its own, then hold twice the memory that is in use.
pub(crate) fn give_back_soon() {
    // SAFETY: an option of mimalloc is a number of its own, and may be set at any time.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, SOON) }
}

/// Smallest block for which huge pages are requested, in bytes. Huge pages for smaller blocks would take more memory than the
/// blocks themselves.
const LARGE: usize = 16 << 20;

/// Bytes of a huge page of x86-64 and of aarch64 with pages of 4 KiB; where pages are larger, nothing is aligned to less.
const HUGE_PAGE: usize = 2 << 20;

/// Requests huge pages from the kernel (`madvise(2)`, `MADV_HUGEPAGE`) for a large block: the index of the keys, and the filter
/// over the keys in the file, are read at random places, and with pages of 4 KiB looking up the page takes longer than the read.
#[inline]
fn prefer_huge_pages(block: *mut u8, size: usize) {
    if size >= LARGE {
        ask_for_huge_pages(block, size);
    }
}

#[cold]
fn ask_for_huge_pages(block: *mut u8, size: usize) {
    #[cfg(target_os = "linux")]
    {
        let skipped = block.align_offset(HUGE_PAGE);
        let size = (size - skipped) / HUGE_PAGE * HUGE_PAGE;
        // A kernel without huge pages refuses, which leaves the block as it was.
        // SAFETY: the range is inside of the block, and the advice changes no byte of it.
        let _ = unsafe { rustix::mm::madvise(block.add(skipped).cast(), size, rustix::mm::Advice::LinuxHugepage) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (block, size);
}

#[inline]
fn or_end(block: *mut u8) -> *mut u8 {
    if block.is_null() {
        end();
    }
    block
}

/// Without memory, no text can be formatted: the line is fixed, and goes to standard error as it is.
#[cold]
fn end() -> ! {
    let line = b"sluice: no memory is left; give the process more (ulimit -v, the memory of the container), or ask for fewer jobs\n";
    // Without standard error there is no place for a message.
    let _ = rustix::io::write(rustix::stdio::stderr(), line);
    std::process::exit(EXIT_CODE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_has_the_number_of_the_purge_delay() {
        // The value that mimalloc 3 has for this option and for no neighbour of it. SAFETY: options may be read at any time.
        assert_eq!(unsafe { libmimalloc_sys::mi_option_get(PURGE_DELAY) }, 1000);
        give_back_soon();
        // SAFETY: as above.
        assert_eq!(unsafe { libmimalloc_sys::mi_option_get(PURGE_DELAY) }, SOON);
    }
}
