//! Reads the Parquet file with DuckDB and Polars.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::program;
use crate::python::Python;

/// Checks that types and values of the Parquet file are those of the clean file.
pub(super) fn check(sluice: &Path, python: &Python, file: &Path, resource: &Path) -> Result<()> {
    let outputs = tempfile::tempdir().context("cannot make a folder for outputs")?;
    // The clean file is compressed like the input.
    let suffix = file.extension().filter(|suffix| *suffix == "gz").map_or("csv", |_| "csv.gz");
    let (clean, parquet) = (outputs.path().join(format!("clean.{suffix}")), outputs.path().join("clean.parquet"));
    program::output(
        Command::new(sluice)
            .args(["check", "--format", "json", "--resource"])
            .arg(resource)
            .arg("--clean")
            .arg(&clean)
            .arg("--parquet")
            .arg(&parquet)
            .arg(file),
    )?;
    let said = program::output(python.script("xtask/oracles/parquet.py").arg(resource).arg(&clean).arg(&parquet))?;
    print!("{said}");
    Ok(())
}
