//! All tasks of a developer, run with `cargo xtask TASK`.

mod arm64;
mod asl;
mod background;
mod bench;
mod cache;
mod debian;
mod deny;
mod dist;
mod fuzz;
mod image;
mod links;
mod oracles;
mod page;
mod picture;
mod pipeline;
mod program;
mod pulumi_cli;
mod python;
mod signals;
mod simulate;
mod site;
mod stack;
mod stopwatch;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of a developer of Sluice.
///
/// What a task needs beyond Rust, Python 3, Go and Node.js (cargo-deny, Python and npm packages, the Pulumi CLI, benchmark
/// data) it fetches or makes itself and keeps in $SLUICE_CACHE, $XDG_CACHE_HOME/sluice or ~/.cache/sluice.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything that must hold: format, lints, docs, licences, tests, oracles, the deployment, a minute of each
    /// fuzz target.
    Test(test::Arguments),
    /// The deployment: format, lints, docs, tests, and the program under the genuine Pulumi CLI.
    Stack,
    /// The pipeline: npm's asl-validator over the state machine, the emulator of AWS, the store over its S3, and the stack
    /// deployed into it, used as a user does.
    Pipeline,
    /// Deploys the pipeline into an emulator of AWS, says what to type next, and waits for Ctrl-C.
    Playground,
    /// The image: built, pushed, pulled and run by a container engine, alone and as what the deployed pipeline runs. Starts
    /// an engine when none runs (root, on Debian or Ubuntu).
    Image,
    /// The tokenizer's tests, built for 64-bit ARM and run under qemu; not part of `test`. Installs a cross-linker, qemu and Rust's
    /// standard library for the target when they are missing (root, on Debian or Ubuntu, and rustup).
    Arm64,
    /// Compares Sluice with frictionless and DuckDB on the same files.
    Oracles,
    /// The pages that `sluice report` writes, in headless Chromium. Installs it when it is missing (root, on Debian).
    Page,
    /// Runs the fuzz targets, built for coverage with the stable compiler.
    Fuzz(fuzz::Arguments),
    /// Simulates runs on AWS: the real planner and publisher over a store with S3's latencies, and a model of what AWS does with
    /// tasks. Prints time, requests and USD, and fails when a bar is missed.
    Simulate(simulate::Arguments),
    /// Builds the packages for users who do not build (a wheel, its source distribution, an archive with manual pages and shell
    /// completions), and tries each in an empty folder. Needs GNU tar.
    Dist(dist::Arguments),
    /// Builds the documentation as a site in target/site, with mdBook, which it installs.
    Site,
    /// Draws docs/architecture.md from the code.
    Picture,
    /// Measures Sluice against its peers and against the bars.
    Bench(bench::Arguments),
    /// Tokenizes FILE with one tokenizer; the child process of `bench`.
    #[command(hide = true)]
    BenchTokenizer(bench::tokenizer::Arguments),
}

fn main() -> ExitCode {
    if let Some(code) = fuzz::compiler_wrapper() {
        return code;
    }
    let result = match Arguments::parse().task {
        Task::Test(arguments) => test::run(&arguments),
        Task::Stack => stack::run(),
        Task::Pipeline => pipeline::Tools::prepare().and_then(|tools| pipeline::run(&tools)),
        Task::Playground => pipeline::playground(),
        Task::Image => image::run(),
        Task::Arm64 => arm64::run(),
        Task::Oracles => oracles::run(),
        Task::Page => page::run(),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
        Task::Simulate(arguments) => simulate::run(&arguments),
        Task::Dist(arguments) => dist::run(&arguments),
        Task::Site => site::run(),
        Task::Picture => picture::run(),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::BenchTokenizer(arguments) => bench::tokenizer::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
