//! `cargo xtask fuzz`: fuzz targets on the stable compiler, without building Polars again.
//!
//! `cargo fuzz` builds every dependency with a sanitizer, which takes half an hour here. This task is its own
//! `RUSTC_WORKSPACE_WRAPPER` instead: it adds coverage instrumentation to the members of the workspace alone, whose builds
//! Cargo keeps apart by wrapper, and uses the dependencies of every other build. `cargo fuzz run TARGET` works too, for runs
//! with ASan.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};

use crate::{cache, program};

/// Variable that is set for the compiler calls of a fuzz build.
const WRAPPER: &str = "SLUICE_FUZZ_COVERAGE";

/// The flags that `cargo fuzz` passes, without the sanitizer.
const COVERAGE: [&str; 8] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
    "-Cdebug-assertions",
    "-Coverflow-checks",
];

/// What `cargo xtask fuzz` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Seconds for each target.
    #[arg(long, default_value_t = 60, value_name = "N")]
    seconds: u32,
    /// Targets [default: all].
    targets: Vec<String>,
}

/// Replaces this process by the compiler, if Cargo has called it as the wrapper of a fuzz build. `None` in every other call.
pub(crate) fn compiler_wrapper() -> Option<ExitCode> {
    env::var_os(WRAPPER)?;
    let mut arguments = env::args_os().skip(1);
    let mut compiler = Command::new(arguments.next()?);
    let arguments: Vec<_> = arguments.collect();
    compiler.args(&arguments);
    // Not for the call in which Cargo asks for the compiler's version, and not for build scripts, which are not fuzzed.
    let crate_name = arguments.iter().skip_while(|argument| *argument != "--crate-name").nth(1);
    if crate_name.is_some_and(|name| name != "___" && name != "build_script_build") {
        compiler.args(COVERAGE);
    }
    eprintln!("xtask: cannot start the compiler: {}", compiler.exec());
    Some(ExitCode::FAILURE)
}

/// Builds the targets, and runs each for the given time.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let all = targets()?;
    let targets = if arguments.targets.is_empty() { &all } else { &arguments.targets };
    if let Some(unknown) = targets.iter().find(|target| !all.contains(target)) {
        bail!("there is no fuzz target {unknown}; there are {}", all.join(", "));
    }
    let executables = build(targets)?;
    for target in targets {
        let executable = executables.get(target).with_context(|| format!("fuzz/Cargo.toml has no binary {target}"))?;
        fuzz(target, executable, arguments.seconds)
            .with_context(|| format!("fuzz target {target}; what it failed on is in fuzz/artifacts/{target}"))?;
    }
    Ok(())
}

/// Builds all targets, so that a later run has nothing to build.
pub(crate) fn prepare() -> Result<()> {
    build(&targets()?).map(drop)
}

/// Builds these targets, and returns their executables by name.
fn build(targets: &[String]) -> Result<BTreeMap<String, PathBuf>> {
    let wrapper = env::current_exe().context("own path")?;
    // The product is named as well, so that its features are those of every other build.
    let mut arguments_of_build = vec!["--package", "sluice", "--package", "sluice-fuzz"];
    for target in targets {
        arguments_of_build.extend(["--bin", target]);
    }
    let environment = [("RUSTC_WORKSPACE_WRAPPER", wrapper.as_os_str()), (WRAPPER, OsStr::new("1"))];
    program::build(&arguments_of_build, &environment)
}

fn targets() -> Result<Vec<String>> {
    let folder = cache::checkout().join("fuzz/fuzz_targets");
    let context = || format!("cannot read {}", folder.display());
    let mut targets = Vec::new();
    for entry in fs::read_dir(&folder).with_context(context)? {
        let path = entry.with_context(context)?.path();
        if path.extension() == Some(OsStr::new("rs")) {
            targets.extend(path.file_stem().and_then(OsStr::to_str).map(str::to_owned));
        }
    }
    targets.sort();
    Ok(targets)
}

fn fuzz(target: &str, executable: &Path, seconds: u32) -> Result<()> {
    eprintln!("fuzzing {target} for {seconds} s");
    let fuzz = cache::checkout().join("fuzz");
    let (corpus, artifacts) = (fuzz.join("corpus").join(target), fuzz.join("artifacts").join(target));
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let log = artifacts.join("log");
    let file = fs::File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let status = Command::new(executable)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .args(["-max_len=4096", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"])
        .arg(&corpus)
        // Seeds: small files with every kind of fault, and descriptors.
        .arg(cache::checkout().join("examples/broken"))
        .stderr(file)
        .status()
        .with_context(|| format!("cannot start {}", executable.display()))?;
    let said = fs::read(&log).map(|said| said.escape_ascii().to_string().replace("\\n", "\n"));
    let said = said.with_context(|| format!("cannot read {}", log.display()))?;
    if !status.success() {
        let tail: Vec<&str> = said.lines().rev().take(40).collect();
        for line in tail.into_iter().rev() {
            eprintln!("{line}");
        }
        bail!("failed ({status})");
    }
    for line in said.lines().filter(|line| {
        line.contains("number_of_executed_units") || line.contains("average_exec_per_sec") || line.contains("DONE")
    }) {
        eprintln!("  {line}");
    }
    // The slowest input that was found.
    if let Some(line) = said.lines().rfind(|line| line.contains("slowest yet")) {
        eprintln!("  {line}");
    }
    Ok(())
}
