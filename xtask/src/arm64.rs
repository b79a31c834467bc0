//! `cargo xtask arm64`: the tests of the tokenizer, built for 64-bit ARM and run under an emulator of the processor.
//!
//! The tokenizer is the only crate with SIMD code. Its dependencies are pure Rust and build in seconds; those of the engine are Polars.

use std::env::consts;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::{cache, debian, program};

const TARGET: &str = "aarch64-unknown-linux-gnu";
/// Where Debian's packages for cross-compiling install the C library of the target.
const C_LIBRARY: &str = "/usr/aarch64-linux-gnu";
const LINKER: &str = "/usr/bin/aarch64-linux-gnu-gcc";
const EMULATOR: &str = "/usr/bin/qemu-aarch64";
/// Packages of Debian and Ubuntu that contain these three.
const PACKAGES: [&str; 3] = ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-user"];

/// Builds the tests and runs them in the emulator. Installs what is missing.
pub(crate) fn run() -> Result<()> {
    if consts::ARCH == "aarch64" {
        bail!("this processor needs no emulator: `cargo test --release --package sluice-csv` tests the NEON path");
    }
    debian::provide(&[LINKER, &format!("{C_LIBRARY}/lib/libc.so"), EMULATOR], &PACKAGES)?;
    provide_standard_library()?;
    let version = program::output(Command::new(EMULATOR).arg("--version"))?;
    eprintln!("emulator: {}", version.lines().next().unwrap_or_default());
    program::run(
        program::cargo(&["test", "--release", "--package", "sluice-csv", "--target", TARGET, "--target-dir"])
            .arg(cache::folder("arm64")?)
            .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", LINKER)
            .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", format!("{EMULATOR} -L {C_LIBRARY}"))
            // These flags are for the processor of the other builds.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS"),
    )
}

/// Installs the target's standard library for the toolchain that runs this task, if it is missing.
fn provide_standard_library() -> Result<()> {
    let folder = program::output(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    eprintln!("installing Rust's standard library for {TARGET}");
    program::run(Command::new("rustup").args(["target", "add", TARGET])).with_context(|| {
        format!(
            "this toolchain has no standard library for {TARGET}: with rustup, `rustup target add {TARGET}` gets it from \
             static.rust-lang.org; without rustup, rust-std of exactly this version belongs in `rustc --print sysroot`"
        )
    })
}
