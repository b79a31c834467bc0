//! How often `sluice infer` finds the dialect of a file, beside DuckDB's sniffer, on files of public corpora that people have
//! annotated.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use crate::program;
use crate::python::Python;

/// The output of the script for a corpus.
#[derive(Deserialize)]
struct Corpus {
    corpus: String,
    files: u32,
    sluice: Right,
    duckdb: Right,
}

/// Files whose delimiter, and whose delimiter and quotes, are right.
#[derive(Deserialize)]
struct Right {
    delimiter: u32,
    quote: u32,
}

/// Prints the shares of right dialects; fails when DuckDB has more on a corpus.
pub(super) fn run(checkout: &Path) -> Result<()> {
    let checkout = std::path::absolute(checkout).context("the checkout of the corpora")?;
    let sluice = program::sluice()?;
    let python = Python::prepare()?;
    let printed = program::output(python.script("xtask/peers/dialects.py").arg(&sluice).arg(&checkout))?;
    println!("{}\n", python.versions()?);
    println!("| corpus | files | Sluice: delimiter | and quotes | DuckDB: delimiter | and quotes |");
    println!("|---|---:|---:|---:|---:|---:|");
    let mut behind = Vec::new();
    for line in printed.lines() {
        let Corpus { corpus, files, sluice, duckdb } = serde_json::from_str(line).context("what the script prints")?;
        ensure!(files > 0, "no file of {corpus} is in {}", checkout.display());
        let share = |count: u32| format!("{:.1} %", 100.0 * f64::from(count) / f64::from(files));
        let [delimiter, quotes] = [sluice.delimiter, sluice.quote].map(share);
        let [peer, peer_quotes] = [duckdb.delimiter, duckdb.quote].map(share);
        println!("| {corpus} | {files} | {delimiter} | {quotes} | {peer} | {peer_quotes} |");
        if sluice.delimiter < duckdb.delimiter {
            behind.push(corpus);
        }
    }
    if !behind.is_empty() {
        bail!("DuckDB's sniffer has more delimiters right: {}", behind.join(", "));
    }
    Ok(())
}
