//! `cargo xtask simulate`: the pipeline over a slow store and a model of AWS, in simulated time.
//!
//! The simulation links the product, so it is an example of the product's crate; this task, which knows the product only by its
//! command line, runs it.

use std::process::Command;

use anyhow::{Context as _, Result};

use crate::program;

/// What `cargo xtask simulate` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these scenarios [default: all].
    scenarios: Vec<String>,
    /// A hundredth of everything, without bars: to see that it works.
    #[arg(long)]
    quick: bool,
    /// One line of JSON for each scenario instead of the table.
    #[arg(long)]
    json: bool,
}

/// Runs the simulation; a missed bar is an error.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let built = program::build(&["--package", "sluice", "--example", "simulate"], &[])?;
    let path = built.get("simulate").context("the package sluice has no example simulate")?;
    let mut command = Command::new(path);
    command.args(&arguments.scenarios);
    command.args(arguments.quick.then_some("--quick")).args(arguments.json.then_some("--json"));
    program::run(&mut command)
}
