//! What is measured: Sluice in its ways, its peers, the tokenizers.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use clap::ValueEnum as _;

use super::tokenizer::{self, Tokenizer};
use super::{Bench, Data, Faults};

/// frictionless needs seconds for a megabyte.
const SLICE: u64 = 2_000_000;

/// One tool in one way of running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tool {
    /// Checks, statistics, rejects and clean file, with `n` threads.
    Sluice(u8),
    /// The same with one thread on a file without faults.
    SluiceClean,
    /// The same with one thread on a file of bad rows only.
    SluiceAllBad,
    /// The same with one thread and three rules.
    SluiceRules,
    /// The same with one thread and a Parquet file.
    SluiceParquet,
    DuckDb,
    /// Writes the typed rows as a Parquet file.
    DuckDbParquet,
    Polars,
    /// Types and required cells; accepted rows as a Parquet file, rejected ones as CSV.
    Floe,
    LengthLoop,
    Frictionless,
    Tokenizer(Tokenizer),
}

impl Tool {
    pub(crate) const ALL: [Self; 15] = [
        Self::Sluice(1),
        Self::Sluice(2),
        Self::DuckDb,
        Self::Polars,
        Self::Floe,
        Self::LengthLoop,
        Self::Frictionless,
        Self::SluiceClean,
        Self::SluiceAllBad,
        Self::SluiceRules,
        Self::SluiceParquet,
        Self::DuckDbParquet,
        Self::Tokenizer(Tokenizer::Sluice),
        Self::Tokenizer(Tokenizer::SimdCsv),
        Self::Tokenizer(Tokenizer::Csv),
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sluice(1) => "Sluice, 1 thread",
            Self::Sluice(_) => "Sluice, 2 threads",
            Self::SluiceClean => "Sluice, every row clean",
            Self::SluiceAllBad => "Sluice, every row bad",
            Self::SluiceRules => "Sluice, three rules",
            Self::SluiceParquet => "Sluice, Parquet too",
            Self::DuckDb => "DuckDB",
            Self::DuckDbParquet => "DuckDB, COPY to Parquet",
            Self::Polars => "polars-python",
            Self::Floe => "floe",
            Self::LengthLoop => "Python length loop",
            Self::Frictionless => "frictionless",
            Self::Tokenizer(Tokenizer::Sluice) => "tokenizer: sluice-csv",
            Self::Tokenizer(Tokenizer::SimdCsv) => "tokenizer: simd-csv",
            Self::Tokenizer(Tokenizer::Csv) => "tokenizer: csv crate's parser",
        }
    }

    /// What it does with the file.
    pub(crate) fn work(self) -> &'static str {
        match self {
            Self::Sluice(_) | Self::SluiceClean | Self::SluiceAllBad => "all checks, statistics, rejects, clean file",
            Self::SluiceRules => "the same, and three rules",
            Self::SluiceParquet => "the same, and a Parquet file",
            Self::DuckDb => "typed read and checks",
            Self::DuckDbParquet => "typed read, Parquet file; no checks",
            Self::Polars => "checks; file without quote faults",
            Self::Floe => "types, required cells; Parquet file, rejects; file of broken constraints alone",
            Self::LengthLoop => "number of cells; two files out",
            Self::Frictionless => "checks, on 2 MB without quote and encoding faults",
            Self::Tokenizer(_) => "records and number of cells, five times",
        }
    }

    /// What it cannot do, of what the first row does.
    pub(crate) fn cannot(self) -> &'static str {
        match self {
            Self::Sluice(_) | Self::SluiceClean | Self::SluiceAllBad | Self::SluiceRules | Self::SluiceParquet => "",
            Self::DuckDb | Self::DuckDbParquet => "clean file byte for byte; one list of faults by row",
            Self::Polars => "read a file with a stray quote; see short or long rows; name the row",
            Self::Floe => {
                "take a file with a stray quote, a bad byte, a long row or (with one thread) a cell of another type; see short rows; \
                 constraints but `required`; formats of dates; clean file byte for byte; statistics"
            }
            Self::LengthLoop => "types, constraints, encoding; quotes are repaired silently; rewrites the clean rows",
            Self::Frictionless => "read on after a bad byte; see quote faults; clean file; statistics",
            Self::Tokenizer(Tokenizer::Sluice) => "",
            Self::Tokenizer(_) => "see quote faults; the rows after one can be swallowed",
        }
    }

    pub(crate) fn is_sluice(self) -> bool {
        match self {
            Self::Sluice(_) | Self::SluiceClean | Self::SluiceAllBad | Self::SluiceRules | Self::SluiceParquet => true,
            Self::DuckDb | Self::DuckDbParquet | Self::Polars | Self::Floe => false,
            Self::LengthLoop | Self::Frictionless | Self::Tokenizer(_) => false,
        }
    }

    pub(crate) fn runs_once(self) -> bool {
        self == Self::Frictionless
    }

    pub(crate) fn faults(self) -> Faults {
        match self {
            Self::SluiceClean => Faults::None,
            Self::SluiceAllBad => Faults::All,
            Self::Polars => Faults::WithoutQuotes,
            Self::Floe => Faults::Constraints,
            Self::Frictionless => Faults::Plain,
            Self::Sluice(_) | Self::SluiceRules | Self::SluiceParquet | Self::DuckDb | Self::DuckDbParquet => {
                Faults::Thousandth
            }
            Self::LengthLoop | Self::Tokenizer(_) => Faults::Thousandth,
        }
    }

    /// How much of `bytes` it gets.
    pub(crate) fn slice(self, bytes: u64) -> u64 {
        match self {
            Self::Frictionless => bytes.min(SLICE),
            _ => bytes,
        }
    }

    /// How often the tool reads its file.
    pub(crate) fn passes(self) -> u64 {
        match self {
            Self::Tokenizer(_) => tokenizer::PASSES,
            _ => 1,
        }
    }

    pub(crate) fn command(self, bench: &Bench, data: &Data, outputs: &Outputs) -> Result<Command> {
        Ok(match self {
            Self::Sluice(threads) => sluice(bench, data, outputs, threads)?,
            Self::SluiceClean | Self::SluiceAllBad => sluice(bench, data, outputs, 1)?,
            Self::SluiceRules => {
                let data = Data { resource: data.with_rules.clone(), ..data.clone() };
                sluice(bench, &data, outputs, 1)?
            }
            Self::SluiceParquet => {
                let mut command = sluice(bench, data, outputs, 1)?;
                command.arg("--parquet").arg(&outputs.parquet);
                command
            }
            Self::DuckDb => {
                let mut command = bench.python.script("xtask/peers/duckdb_checks.py");
                command.arg(&data.resource).arg(&data.path).arg("1");
                command
            }
            Self::DuckDbParquet => {
                let mut command = bench.python.script("xtask/peers/duckdb_checks.py");
                command.arg(&data.resource).arg(&data.path).arg("1").arg(&outputs.parquet);
                command
            }
            Self::Polars => {
                let mut command = bench.python.script("xtask/peers/polars_checks.py");
                command.arg(&data.resource).arg(&data.path).env("POLARS_MAX_THREADS", "1");
                command
            }
            Self::Floe => {
                let floe = bench.floe.as_ref().context("the environment of floe was not made")?;
                fs::create_dir(&outputs.floe).with_context(|| format!("cannot make {}", outputs.floe.display()))?;
                let mut command = floe.script("xtask/peers/floe_checks.py");
                command.arg(&data.resource).arg(&data.path).arg(&outputs.floe).env("POLARS_MAX_THREADS", "1");
                command
            }
            Self::LengthLoop => {
                let mut command = bench.python.script("xtask/peers/length_loop.py");
                command.arg(&data.path).arg(&outputs.clean).arg(&outputs.rejects);
                command
            }
            Self::Frictionless => {
                let mut command = bench.python.script("xtask/peers/frictionless_checks.py");
                command.arg(&data.resource).arg(&data.path);
                command
            }
            Self::Tokenizer(tokenizer) => {
                let mut command = Command::new(&bench.xtask);
                let name = tokenizer.to_possible_value().map(|value| value.get_name().to_owned());
                command
                    .arg("bench-tokenizer")
                    .arg(name.unwrap_or_default())
                    .arg(&data.path)
                    .arg(data.shape.columns().to_string());
                command
            }
        })
    }
}

fn sluice(bench: &Bench, data: &Data, outputs: &Outputs, threads: u8) -> Result<Command> {
    let mut command = check(bench, data, outputs, threads)?;
    command.arg(&data.path);
    Ok(command)
}

/// `sluice check` with everything but the file.
pub(crate) fn check(bench: &Bench, data: &Data, outputs: &Outputs, threads: u8) -> Result<Command> {
    let sluice = bench.sluice.as_ref().context("sluice was not built")?;
    let mut command = Command::new(sluice);
    command
        .args(["check", "--quiet", "--threads"])
        .arg(threads.to_string())
        .arg("--resource")
        .arg(&data.resource)
        .arg("--clean")
        .arg(&outputs.clean)
        .arg("--rejects")
        .arg(&outputs.rejects);
    Ok(command)
}

/// Where a tool writes.
pub(crate) struct Outputs {
    pub(crate) clean: PathBuf,
    pub(crate) rejects: PathBuf,
    pub(crate) parquet: PathBuf,
    /// A folder.
    pub(crate) floe: PathBuf,
}

impl Outputs {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self {
            clean: folder.join("clean.csv"),
            rejects: folder.join("rejects.jsonl"),
            parquet: folder.join("clean.parquet"),
            floe: folder.join("floe"),
        }
    }

    pub(crate) fn remove(&self) -> Result<()> {
        for file in [&self.clean, &self.rejects, &self.parquet] {
            gone(fs::remove_file(file)).with_context(|| format!("cannot remove {}", file.display()))?;
        }
        gone(fs::remove_dir_all(&self.floe)).with_context(|| format!("cannot remove {}", self.floe.display()))
    }
}

/// Treats a file or folder that does not exist as removed.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
