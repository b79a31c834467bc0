//! `cargo xtask bench`: Sluice and its peers on the same data, interleaved, with the bars it has to reach.

mod bars;
mod child;
mod correctness;
mod dialects;
mod encodings;
mod keys;
mod machine;
mod memory;
mod pages;
mod pairs;
mod pipeline;
mod random;
pub(crate) mod shapes;
mod table;
pub(crate) mod tokenizer;
mod tools;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::json;

use crate::python::Python;
use crate::{cache, program};
use child::Usage;
pub(crate) use correctness::{Agreement, compare};
use shapes::{Data, Faults, Shape};
use tools::Tool;

/// The arguments of `cargo xtask bench`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Small data, one round, 1 GB where the bars ask for 10: to see that everything works, not for numbers.
    #[arg(long)]
    quick: bool,
    /// Megabytes of data of each shape [default: 200, or 20 with --quick].
    #[arg(long, value_name = "MB")]
    size: Option<u64>,
    /// Rounds; every tool runs once in each [default: 5, or 1 with --quick].
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// Writes the numbers to FILE too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Runs only the tools whose name contains TEXT (may be given several times), and no bars.
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
    /// Measures only what keys cost.
    #[arg(long, conflicts_with = "only")]
    keys: bool,
    /// Measures only checks with one thing changed (answers for the sender, other encodings, `infer`), and the page of a large run.
    #[arg(long, conflicts_with_all = ["only", "keys"])]
    pairs: bool,
    /// Measures only how often `sluice infer` finds the dialect: on the annotated files of a checkout of
    /// <https://github.com/ws-garcia/CSVsniffer>, beside DuckDB's sniffer.
    #[arg(long, value_name = "CHECKOUT", conflicts_with_all = ["only", "keys", "pairs"])]
    dialects: Option<PathBuf>,
    /// Rows with a key each [default: 4,000,000, or 400,000 with --quick]; 50,000,000 is what the bar is about, 1.4 GB for each order.
    #[arg(long, value_name = "N")]
    key_rows: Option<u64>,
}

/// Programs and folders that the measurements need.
struct Bench {
    /// None when no tool needs it: it takes Polars to build.
    sluice: Option<PathBuf>,
    xtask: PathBuf,
    python: Python,
    /// An environment of its own, where that peer runs.
    floe: Option<Python>,
    data: PathBuf,
    /// In memory where that can be had: the disk is not what is measured.
    outputs: tempfile::TempDir,
    /// On the disk, for the outputs of many gigabytes.
    large_outputs: tempfile::TempDir,
}

/// A file system in memory.
const MEMORY: &str = "/dev/shm";

fn folder_for_outputs(parent: &Path) -> Result<tempfile::TempDir> {
    tempfile::tempdir_in(parent).with_context(|| format!("cannot make a folder in {}", parent.display()))
}

/// A folder in memory where that can be had, else in `data`.
fn folder_in_memory(data: &Path) -> Result<tempfile::TempDir> {
    let memory = Path::new(MEMORY);
    folder_for_outputs(if memory.is_dir() { memory } else { data })
}

/// All runs of one tool on one shape.
#[derive(Debug, Default)]
struct Measured {
    bytes: u64,
    usages: Vec<Usage>,
    /// Rows that the tool reported as faulty.
    faulty: Option<u64>,
    /// Rows with a seeded fault.
    seeded: u64,
    /// Row by row, for the tools whose output allows it.
    agreement: Option<Agreement>,
}

impl Measured {
    /// Megabytes per CPU second of each run.
    fn speeds(&self) -> Vec<f64> {
        self.usages.iter().map(|usage| self.bytes as f64 / 1e6 / usage.cpu.max(1e-9)).collect()
    }

    /// The part of the CPU time of each run that is system time, in percent.
    fn system_shares(&self) -> Vec<f64> {
        self.usages.iter().map(|usage| 100.0 * usage.system / usage.cpu.max(1e-9)).collect()
    }

    fn walls(&self) -> Vec<f64> {
        self.usages.iter().map(|usage| usage.wall).collect()
    }

    fn peak(&self) -> u64 {
        self.usages.iter().map(|usage| usage.peak).max().unwrap_or(0)
    }
}

/// The middle one, or the mean of the two in the middle; NaN of nothing.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[odd / 2],
        even => f64::midpoint(values[even / 2 - 1], values[even / 2]),
    }
}

type Results = BTreeMap<(Shape, Tool), Measured>;

/// What every peer prints.
#[derive(Deserialize)]
struct Counts {
    faulty: u64,
}

/// Measures, prints the tables, and fails when a "must" is missed.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if let Some(checkout) = &arguments.dialects {
        return dialects::run(checkout);
    }
    let megabytes = arguments.size.unwrap_or(if arguments.quick { 20 } else { 200 });
    let rounds = arguments.rounds.unwrap_or(if arguments.quick { 1 } else { 5 });
    let bytes = megabytes * 1_000_000;
    let key_rows = arguments.key_rows.unwrap_or(if arguments.quick { keys::ROWS / 10 } else { keys::ROWS });
    if arguments.keys {
        return run_keys(key_rows, rounds);
    }
    if arguments.pairs {
        println!("{megabytes} MB of each file, {rounds} rounds, both sides in turn.\n");
        return run_pairs(bytes, rounds);
    }
    let tools: Vec<Tool> = Tool::ALL
        .into_iter()
        .filter(|tool| arguments.only.is_empty() || arguments.only.iter().any(|text| tool.name().contains(text)))
        .collect();
    if tools.is_empty() {
        bail!("no tool has that in its name; there are: {}", Tool::ALL.map(Tool::name).join(", "));
    }
    let data = cache::folder("bench")?;
    let bench = Bench {
        sluice: if arguments.only.is_empty() || tools.iter().any(|tool| tool.is_sluice()) {
            Some(program::sluice()?)
        } else {
            None
        },
        xtask: std::env::current_exe().context("own path")?,
        python: Python::prepare()?,
        floe: if tools.contains(&Tool::Floe) { Some(Python::with(Path::new("xtask/floe.txt"))?) } else { None },
        outputs: folder_in_memory(&data)?,
        large_outputs: folder_for_outputs(&data)?,
        data,
    };

    let results = measure_all(&bench, &tools, rounds, bytes)?;

    print!("{}", machine::describe(&bench)?);
    println!("* Outputs are written to {}", bench.outputs.path().parent().unwrap_or(Path::new("/")).display());
    println!("\n{megabytes} MB of each shape, {rounds} rounds, tools interleaved in each round.\n");
    print!("{}", table::tools(&tools, &results));
    let bars = if arguments.only.is_empty() {
        measure_bars(&bench, &results, arguments.quick, (bytes, key_rows, rounds))?
    } else {
        Vec::new()
    };
    if let Some(file) = &arguments.json {
        write_json(file, &results, &bars)?;
    }
    all_reached(&bars)
}

/// Runs every tool over every shape, in rounds.
fn measure_all(bench: &Bench, tools: &[Tool], rounds: usize, bytes: u64) -> Result<Results> {
    let mut results = Results::new();
    // The first round does not count: the first program to touch memory pays for it, above all in a virtual machine.
    for round in 0..=rounds {
        let mut order = tools.to_vec();
        // Each tool has another one before it, and stands at another place, in every round.
        order.rotate_left(round % tools.len());
        for shape in Shape::ALL {
            for &tool in &order {
                if round > 1 && tool.runs_once() {
                    continue;
                }
                eprint!("round {round}/{rounds}  {:6}  {:30}", shape.name(), tool.name());
                let measured = results.entry((shape, tool)).or_default();
                measure(bench, shape, tool, tool.slice(bytes), measured)?;
                eprintln!("{:9.1} MB/s per CPU second", measured.speeds().last().copied().unwrap_or(f64::NAN));
                if round == 0 {
                    measured.usages.clear();
                }
            }
        }
    }
    Ok(results)
}

/// Runs and prints the measurements other than the speed of tools, and returns all bars.
fn measure_bars(
    bench: &Bench,
    results: &Results,
    quick: bool,
    (bytes, key_rows, rounds): (u64, u64, usize),
) -> Result<Vec<bars::Bar>> {
    let stream = if quick { 1_000_000_000 } else { 10_000_000_000 };
    let unclosed = if quick { 100_000_000 } else { 1_000_000_000 };
    let files = if quick { 5_000 } else { 50_000 };
    let memory = memory::measure(bench, bytes, stream, unclosed, files)?;
    let examples = memory::examples(bench)?;
    let sluice = bench.sluice.as_ref().context("sluice was not built")?;
    let keyed = keys::measure(sluice, &bench.data, key_rows, rounds)?;
    let place = pairs::Place { sluice, data: &bench.data, outputs: bench.outputs.path() };
    let changed = Changed::measure(&place, bytes, rounds)?;
    let pipeline = pipeline::measure(bench, bytes)?;
    let mut bars = bars::all(results, &memory, examples);
    bars.extend(pipeline.bars());
    bars.extend(keyed.iter().flat_map(keys::Keyed::bars));
    bars.extend(changed.bars());
    let tables = [table::memory(&memory), keys::table(&keyed), changed.tables(), table::bars(&bars)];
    print!("\n{}", tables.join("\n"));
    Ok(bars)
}

fn all_reached(bars: &[bars::Bar]) -> Result<()> {
    let missed: Vec<&str> = bars.iter().filter(|bar| !bar.reaches(bar.must)).map(|bar| &*bar.name).collect();
    if !missed.is_empty() {
        bail!("bars missed: {}", missed.join("; "));
    }
    Ok(())
}

/// Keys alone.
fn run_keys(rows: u64, rounds: usize) -> Result<()> {
    let keyed = keys::measure(&program::sluice()?, &cache::folder("bench")?, rows, rounds)?;
    let bars: Vec<bars::Bar> = keyed.iter().flat_map(keys::Keyed::bars).collect();
    print!("{}\n{}", keys::table(&keyed), table::bars(&bars));
    all_reached(&bars)
}

/// What is measured by changing one thing, and the page of a run.
struct Changed {
    pairs: Vec<pairs::Pair>,
    page: pages::Page,
}

impl Changed {
    fn measure(place: &pairs::Place<'_>, bytes: u64, rounds: usize) -> Result<Self> {
        let pairs = pairs::measure(place, bytes, rounds)?;
        Ok(Self { pairs, page: pages::measure(place.sluice, place.outputs, rounds)? })
    }

    fn bars(&self) -> impl Iterator<Item = bars::Bar> {
        self.pairs.iter().map(pairs::Pair::bar).chain(self.page.bars())
    }

    fn tables(&self) -> String {
        format!("{}\n{}", pairs::table(&self.pairs), self.page.table())
    }
}

/// Checks with one thing changed alone.
fn run_pairs(bytes: u64, rounds: usize) -> Result<()> {
    let data = cache::folder("bench")?;
    let outputs = folder_in_memory(&data)?;
    let sluice = program::sluice()?;
    let place = pairs::Place { sluice: &sluice, data: &data, outputs: outputs.path() };
    let changed = Changed::measure(&place, bytes, rounds)?;
    let bars: Vec<bars::Bar> = changed.bars().collect();
    print!("{}\n{}", changed.tables(), table::bars(&bars));
    all_reached(&bars)
}

/// The rejects of a file of bad rows, as a multiple of the file; rounded up.
const LARGEST_OUTPUT: u64 = 8;

/// Fills memory, and gives it back, if outputs are written to memory. A virtual machine gets its memory from the host page by page, when it is
/// touched, and gives it back after a while: without this, a program that runs after a long run of others would pay for it.
fn touch_memory(folder: &Path, bytes: u64) -> io::Result<()> {
    if !folder.starts_with(MEMORY) {
        return Ok(());
    }
    let file = folder.join("touched");
    let written = io::copy(&mut io::repeat(0).take(bytes), &mut File::create(&file)?);
    fs::remove_file(&file)?;
    written.map(drop)
}

fn measure(bench: &Bench, shape: Shape, tool: Tool, bytes: u64, measured: &mut Measured) -> Result<()> {
    let data = shapes::prepare(&bench.data, shape, tool.faults(), bytes)?;
    let outputs = tools::Outputs::in_folder(bench.outputs.path());
    outputs.remove()?;
    let mut command = tool.command(bench, &data, &outputs)?;
    touch_memory(bench.outputs.path(), LARGEST_OUTPUT * bytes).context("cannot touch memory")?;
    let ended = child::run_to_success(&mut command, None)?;
    if measured.bytes == 0 {
        measured.bytes = data.bytes * tool.passes();
        measured.seeded = correctness::seeded(&data.manifest)?;
        if tool.is_sluice() {
            measured.agreement = Some(compare(&data.manifest, &outputs.rejects)?);
        } else {
            let counts: Counts = serde_json::from_slice(&ended.stdout)
                .with_context(|| format!("output of `{}`", program::line(&command)))?;
            measured.faulty = Some(counts.faulty);
        }
    }
    measured.usages.push(ended.usage);
    outputs.remove()
}

fn write_json(file: &Path, results: &Results, bars: &[bars::Bar]) -> Result<()> {
    let tools: Vec<_> = results
        .iter()
        .map(|((shape, tool), measured)| {
            let usages: Vec<_> = measured
                .usages
                .iter()
                .map(|usage| json!({"cpuSeconds": usage.cpu, "systemSeconds": usage.system, "wallSeconds": usage.wall, "peakBytes": usage.peak}))
                .collect();
            json!({
                "tool": tool.name(),
                "shape": shape.name(),
                "bytes": measured.bytes,
                "runs": usages,
                "faultyRowsSeeded": measured.seeded,
                "faultyRowsReported": measured.faulty,
                "agreement": measured.agreement.map(|agreement| json!({
                    "seeded": agreement.seeded, "found": agreement.found, "extra": agreement.extra,
                })),
            })
        })
        .collect();
    let bars: Vec<_> = bars
        .iter()
        .map(|bar| json!({"bar": bar.name, "measured": bar.measured, "must": bar.must, "aim": bar.aim}))
        .collect();
    let mut text = serde_json::to_vec_pretty(&json!({"tools": tools, "bars": bars}))?;
    text.push(b'\n');
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_is_between_the_two_in_the_middle() {
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), 2.5);
    }

    #[test]
    fn the_median_of_an_odd_number_is_the_middle_one() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
    }
}
