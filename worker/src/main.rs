//! The binary `sluice`: a thin main over the library.

mod allocator;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::Allocator;

fn main() -> ExitCode {
    // Sluice's own threads check chunks in parallel; a thread pool of Polars in each of them would only compete with them.
    for threads in ["POLARS_MAX_THREADS", "POLARS_ASYNC_THREAD_COUNT"] {
        // SAFETY: this is the first thing the process does; there is no other thread that could read the environment.
        unsafe { std::env::set_var(threads, "1") };
    }
    allocator::give_back_soon();
    sluice::command::main()
}
