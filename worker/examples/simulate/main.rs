//! Runs the pipeline over a store with S3's latencies and a model of what AWS does with tasks, in simulated time:
//!
//! ```sh
//! cargo run --release --package sluice --example simulate            # all scenarios; `cargo xtask simulate` does the same
//! cargo run --release --package sluice --example simulate -- clients # one
//! ```
//!
//! Planner and publisher are the real ones. The tasks are a model: containers by [`account`], workers by [`container`]. It prints a table
//! and exits with 1 when a bar is missed. Every scenario runs in a process of its own, so that its memory is its own.

mod account;
mod bus;
mod container;
mod latency;
mod listing;
mod pace;
mod random;
mod records;
mod run;
mod scenario;
mod source;
mod table;
mod usage;
#[cfg(test)]
mod worker;

use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::Parser;

use run::Outcome;
use scenario::Scenario;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Simulates runs on AWS.
#[derive(Parser)]
#[command(name = "simulate")]
struct Arguments {
    /// Only these scenarios; none = all.
    scenarios: Vec<String>,
    /// A hundredth of everything, without bars: to see that it works.
    #[arg(long)]
    quick: bool,
    /// One line of JSON for each scenario instead of the table.
    #[arg(long)]
    json: bool,
    /// Memory of the functions, in MiB; 1,769 bring a whole vCPU.
    #[arg(long, value_name = "MIB")]
    memory: Option<u32>,
    /// Runs the one scenario in this process and prints its line of JSON.
    #[arg(long, hide = true)]
    here: bool,
}

fn main() -> ExitCode {
    match simulate(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("simulate: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all bars were reached.
fn simulate(arguments: &Arguments) -> Result<bool> {
    let mut all = scenario::all(arguments.quick);
    for scenario in &mut all {
        scenario.settings.function_memory = arguments.memory.unwrap_or(scenario.settings.function_memory);
    }
    if let Some(unknown) = arguments.scenarios.iter().find(|name| all.iter().all(|scenario| scenario.name != **name)) {
        let names: Vec<&str> = all.iter().map(|scenario| scenario.name).collect();
        bail!("there is no scenario {unknown}; there are {}", names.join(", "));
    }
    let mut outcomes = Vec::new();
    for scenario in &all {
        if !arguments.scenarios.is_empty() && !arguments.scenarios.iter().any(|name| name == scenario.name) {
            continue;
        }
        let outcome = if arguments.here { run::run(scenario)? } else { elsewhere(scenario, arguments)? };
        if arguments.here || arguments.json {
            println!("{}", serde_json::to_string(&outcome)?);
        }
        outcomes.push(outcome);
    }
    if !arguments.here && !arguments.json {
        table::print(&outcomes);
    }
    Ok(outcomes.iter().flat_map(|outcome| &outcome.bars).all(|(_, measured, bar)| measured <= bar))
}

/// Runs a scenario in a process of its own.
fn elsewhere(scenario: &Scenario, arguments: &Arguments) -> Result<Outcome> {
    eprintln!("{}: {}", scenario.name, scenario.title);
    let mut command = Command::new(std::env::current_exe()?);
    command.args([scenario.name, "--here", "--memory"]).arg(scenario.settings.function_memory.to_string());
    command.args(arguments.quick.then_some("--quick"));
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("cannot start a process")?;
    serde_json::from_slice(&output.stdout).with_context(|| format!("{} failed ({})", scenario.name, output.status))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use sluice::cost::{Estimate, ExtraWork, Figures, TasksOfSize};

    use super::*;

    #[test]
    fn every_scenario_comes_to_an_end_with_an_event_for_each_prefix() {
        for scenario in scenario::all(true) {
            let outcome = run::run(&scenario).unwrap();
            assert!(scenario.name != "done" || outcome.plan.at_once > 4.0, "listed one after the other: {outcome:?}");
            assert!(outcome.tasks > 0 && outcome.wall() > 0.0, "{outcome:?}");
            assert_eq!(outcome.quantities.events, outcome.prefixes + 1, "{}", scenario.name);
            assert_eq!(outcome.pages, outcome.prefixes.min(scenario.settings.pages), "{}", scenario.name);
            assert!(outcome.publish.written > 30_000 * outcome.pages, "pages are not of records: {outcome:?}");
        }
    }

    #[test]
    fn the_estimate_says_what_the_simulation_says() {
        for scenario in scenario::all(true) {
            let outcome = run::run(&scenario).unwrap();
            let (shape, tasks) = (scenario.shape, outcome.tasks);
            let sizes = outcome.sizes.iter().map(|(size, count)| TasksOfSize {
                size: *size,
                tasks: *count,
                prefixes: outcome.prefixes * count / tasks,
                files: outcome.files * count / tasks,
                bytes: outcome.bytes * count / tasks,
            });
            let figures = Figures {
                prefixes: outcome.prefixes,
                keys: shape.all() + shape.prefixes,
                records: shape.all() - outcome.files,
                groups: sizes.collect(),
                extra_work: ExtraWork::default(),
            };
            let estimate = Estimate::of(&figures, &scenario.settings);
            let usd = estimate.total_usd / outcome.usd.total();
            assert!((0.7..1.4).contains(&usd), "{}: {:?} {:?}", scenario.name, estimate.usd, outcome.usd);
            // A guess knows nothing of a day without Spot.
            if !scenario.name.contains("spot") {
                let seconds = estimate.seconds.total / outcome.wall();
                assert!((0.5..2.0).contains(&seconds), "{}: {:?} {outcome:?}", scenario.name, estimate.seconds);
            }
        }
    }
}
