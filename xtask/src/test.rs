//! `cargo xtask test`: checks everything that must hold, step by step, and stops at the first step that fails.

use std::cell::RefCell;

use anyhow::{Context as _, Result};

use crate::background::BackgroundTask;
use crate::pipeline::Tools;
use crate::stopwatch::Stopwatch;
use crate::{deny, dist, fuzz, oracles, page, pipeline, program, stack};

/// What `cargo xtask test` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Seconds for each fuzz target; 0 leaves fuzzing out.
    #[arg(long, default_value_t = 60, value_name = "N")]
    fuzz_seconds: u32,
}

type Step<'a> = (&'a str, Box<dyn FnMut() -> Result<()> + 'a>);

/// Returns a step that is one command of cargo.
fn cargo(line: &'static str) -> Step<'static> {
    let words: Vec<&str> = line.split(' ').collect();
    (
        line,
        Box::new(move || {
            let mut command = program::cargo(&words);
            if words[0] == "doc" {
                command.env("RUSTDOCFLAGS", "-D warnings");
            }
            program::run(&mut command)
        }),
    )
}

/// Runs all steps, and prints the time of each.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    // The tests of the deployed pipeline mostly wait: for heartbeats, schedules, leases. Meanwhile the image is tested, and the fuzz
    // targets use the remaining time.
    let background = RefCell::new((None, None));
    let finish = |begun: Option<BackgroundTask>| begun.map_or(Ok(()), BackgroundTask::finish);
    let mut steps: Vec<Step<'_>> = vec![
        cargo("fmt --all --check"),
        cargo("clippy --release --workspace --all-targets -- -D warnings"),
        cargo("doc --release --workspace --no-deps"),
        ("licences, bans, sources, advisories", Box::new(deny::check)),
        // Not `--workspace`: the features that the other packages turn on in shared crates would build Polars a second time.
        cargo("test --release"),
        cargo("test --release --package statemachine"),
        cargo("test --release --package xtask"),
        ("oracles: frictionless and DuckDB", Box::new(oracles::run)),
        ("packages: wheel and archive, built and tried", Box::new(dist::check)),
        ("pages in headless Chromium", Box::new(page::run)),
        ("stack: the deployment under the Pulumi CLI", Box::new(stack::run)),
        (
            "pipeline: deployed into the emulator, and used; image and fuzz targets begin",
            Box::new(|| {
                let tools = Tools::prepare()?;
                let mut background = background.borrow_mut();
                if arguments.fuzz_seconds > 0 {
                    fuzz::prepare()?;
                    background.1 =
                        Some(BackgroundTask::start(&["fuzz", "--seconds", &arguments.fuzz_seconds.to_string()], 19)?);
                }
                background.0 = Some(BackgroundTask::start(&["image"], 10)?);
                pipeline::run(&tools)
            }),
        ),
        (
            "image: built, pushed, pulled and run by a container engine",
            Box::new(|| finish(background.borrow_mut().0.take())),
        ),
        ("fuzz targets: what they found", Box::new(|| finish(background.borrow_mut().1.take()))),
    ];

    let whole = Stopwatch::start();
    let count = steps.len();
    let mut times = Vec::with_capacity(count);
    for (number, (name, step)) in (1..).zip(&mut steps) {
        eprintln!("\n==> {number}/{count} {name}");
        let watch = Stopwatch::start();
        step().with_context(|| format!("step {number} of {count}, {name}, FAILED after {:.1} s", watch.seconds()))?;
        times.push((*name, watch.seconds()));
    }
    eprintln!();
    for (name, seconds) in times {
        eprintln!("{seconds:8.1} s  {name}");
    }
    eprintln!("{:8.1} s  all passed", whole.seconds());
    Ok(())
}
