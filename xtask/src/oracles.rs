//! `cargo xtask oracles`: compares results of Sluice with those of other programs on the same files:
//!
//! * rejects with those of frictionless and with the counts of DuckDB, with the same descriptors, as far as these define the same;
//! * Parquet files as DuckDB, Polars and pyarrow read them, and answers for senders as DuckDB, openpyxl and LibreOffice read them;
//! * encodings as the codecs of Python read them, and patterns as Python matches them.
//!
//! It also compares the output with the JSON Schemas, and the results with the manifests of seeded faults and the tables of the examples.

mod examples;
mod feedback;
mod parquet;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::bench::shapes::{self, Faults, Shape};
use crate::bench::{Agreement, compare};
use crate::python::Python;
use crate::{cache, program};

/// Size of the files: frictionless needs a second for a megabyte.
const BYTES: u64 = 1_000_000;

/// Prefixes of the examples with real data, and their files.
const EXAMPLES: [(&str, &str); 3] =
    [("faa", "birdstrikes.csv"), ("noaa", "seattle-weather.csv"), ("geonames", "world-cities.csv.gz")];

/// Compares Sluice with the oracles on both shapes and on the examples.
pub(crate) fn run() -> Result<()> {
    let sluice = program::sluice()?;
    let python = Python::prepare()?;
    let folder = cache::folder("oracles")?;
    let outputs = tempfile::tempdir().context("cannot make a folder for outputs")?;
    let rejects = outputs.path().join("rejects.jsonl");

    examples::check(&sluice)?;

    for shape in Shape::ALL {
        for faults in [Faults::Thousandth, Faults::All, Faults::Dense] {
            let data = shapes::prepare(&folder, shape, faults, BYTES)?;
            check(&sluice, &data.path, &data.resource, &rejects)?;
            parquet::check(&sluice, &python, &data.path, &data.resource)?;
            let agreement: Agreement = compare(&data.manifest, &rejects)?;
            println!("{} against its manifest: {agreement:?}", data.path.display());
            if !agreement.is_exact() {
                bail!("Sluice and the manifest of {} disagree", data.path.display());
            }
            if faults == Faults::Dense {
                feedback::check(&sluice, &python, &data.path, &data.resource)?;
                against(&python, &data.resource, &data.path, &rejects)?;
            }
        }
    }
    for script in ["encodings.py", "patterns.py", "parquet_random.py"] {
        let script = Path::new("xtask/oracles").join(script);
        print!("{}", program::output(python.script(script).arg(&sluice))?);
    }
    for (prefix, name) in EXAMPLES {
        let prefix = cache::checkout().join("examples").join(prefix);
        let (file, resource) = (prefix.join("incoming").join(name), prefix.join("resource.json"));
        let report = check(&sluice, &file, &resource, &rejects)?;
        parquet::check(&sluice, &python, &file, &resource)?;
        against(&python, &resource, &file, &rejects)?;
        let kept = outputs.path().join("report.json");
        fs::write(&kept, report).with_context(|| format!("cannot write {}", kept.display()))?;
        let schemas = cache::checkout().join("docs/schemas");
        let mut script = python.script("xtask/oracles/schemas.py");
        let said = program::output(script.args([&schemas, &resource, &kept, &rejects]))?;
        print!("{said}");
    }
    Ok(())
}

/// Checks a file with Sluice, and returns its report.
fn check(sluice: &Path, file: &Path, resource: &Path, rejects: &Path) -> Result<String> {
    match fs::remove_file(rejects) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot remove {}", rejects.display()));
        }
        _ => {}
    }
    program::output(
        Command::new(sluice)
            .args(["check", "--format", "json", "--resource"])
            .arg(resource)
            .arg("--rejects")
            .arg(rejects)
            .arg(file),
    )
}

fn against(python: &Python, resource: &Path, file: &Path, rejects: &Path) -> Result<()> {
    let said = program::output(python.script("xtask/oracles/compare.py").arg(resource).arg(file).arg(rejects))?;
    print!("{said}");
    Ok(())
}
