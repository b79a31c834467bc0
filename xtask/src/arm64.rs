//! `cargo xtask arm64`: the tests of the tokenizer, built for 64-bit ARM and run under an emulator of the processor.
//!
//! The tokenizer is the only crate with SIMD code. Its dependencies are pure Rust and build in seconds; those of the engine are Polars.

use std::env::consts;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::{cache, program};

const TARGET: &str = "aarch64-unknown-linux-gnu";
/// Where Debian's packages for cross-compiling have the C library of the target.
const C_LIBRARY: &str = "/usr/aarch64-linux-gnu";
const LINKER: &str = "/usr/bin/aarch64-linux-gnu-gcc";
const EMULATOR: &str = "/usr/bin/qemu-aarch64";
/// Debian's and Ubuntu's packages with the three.
const PACKAGES: [&str; 3] = ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-user"];

/// Builds the tests and runs them. Installs what is missing.
pub(crate) fn run() -> Result<()> {
    if consts::ARCH == "aarch64" {
        bail!("this processor needs no emulator: `cargo test --release --package sluice-csv` tests the NEON path");
    }
    provide_linker_and_emulator()?;
    provide_standard_library()?;
    let version = program::output(Command::new(EMULATOR).arg("--version"))?;
    eprintln!("emulator: {}", version.lines().next().unwrap_or_default());
    program::run(
        program::cargo(&["test", "--release", "--package", "sluice-csv", "--target", TARGET, "--target-dir"])
            .arg(cache::folder("arm64")?)
            .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", LINKER)
            .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", format!("{EMULATOR} -L {C_LIBRARY}"))
            // Meant for the processor of the other builds.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS"),
    )
}

fn provide_linker_and_emulator() -> Result<()> {
    let missing = || {
        let c_library = format!("{C_LIBRARY}/lib/libc.so");
        [LINKER, &c_library, EMULATOR].into_iter().find(|path| !Path::new(path).exists()).map(str::to_owned)
    };
    let Some(first) = missing() else { return Ok(()) };
    let packages = PACKAGES.join(" ");
    eprintln!("{first} is missing: installing {packages}");
    // Without recommended packages: one of them would make the kernel run foreign executables everywhere.
    for arguments in [&["update", "-q"][..], &["install", "-q", "-y", "--no-install-recommends"]] {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        if arguments[0] == "install" {
            command.args(PACKAGES);
        }
        program::output(&mut command).with_context(|| {
            format!(
                "there is no {first}, and it cannot be installed: run this task as root on Debian or Ubuntu, or \
                 `apt-get install {packages}` there before"
            )
        })?;
    }
    missing().map_or(Ok(()), |path| bail!("{packages} are installed, and there still is no {path}"))
}

/// The target's standard library, beside that of the toolchain that called us.
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
