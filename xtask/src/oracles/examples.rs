//! Compares the tables of `examples/README.md` with the results of Sluice.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::{cache, program};

/// What a row of the tables promises about a file.
#[derive(Debug, PartialEq, Eq)]
struct Promise {
    /// The name of the file, as the table has it.
    file: String,
    verdict: String,
    codes: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Report {
    verdict: String,
    errors: BTreeMap<String, u64>,
    refusal: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    code: String,
}

/// Checks that every file is in a table, and that every promise holds.
pub(super) fn check(sluice: &Path) -> Result<()> {
    let examples = cache::checkout().join("examples");
    let readme = examples.join("README.md");
    let text = fs::read_to_string(&readme).with_context(|| format!("cannot read {}", readme.display()))?;
    let promises = promises(&text);
    let mut promised = BTreeSet::new();
    for promise in &promises {
        let file = ["", "broken/incoming", "broken"]
            .iter()
            .map(|folder| examples.join(folder).join(&promise.file))
            .find(|file| file.is_file())
            .with_context(|| format!("{}: there is no file {}", readme.display(), promise.file))?;
        if promise.verdict != "ignored" {
            hold(sluice, promise, &file)?;
        }
        promised.insert(file);
    }
    let listed = program::output(Command::new("git").args(["ls-files", "-z"]).current_dir(&examples))?;
    // Only tracked files: a run in the examples leaves outputs and a ledger beside the data.
    let inputs =
        listed.split_terminator('\0').filter(|name| name.contains("incoming/")).map(|name| examples.join(name));
    let inputs: Vec<PathBuf> = inputs.collect();
    if let Some(unnamed) = inputs.iter().find(|file| !promised.contains(*file)) {
        bail!("{} is in no table of {}", unnamed.display(), readme.display());
    }
    println!("{}: {} files as promised", readme.display(), promises.len());
    Ok(())
}

/// Returns the promises of all rows that have a verdict in a cell; names of files and codes are in back quotes.
fn promises(text: &str) -> Vec<Promise> {
    let mut promises = Vec::new();
    for row in text.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let verdict = cells.iter().position(|cell| ["clean", "accepted", "refused", "ignored"].contains(cell));
        let Some(verdict) = verdict else { continue };
        let codes: BTreeSet<String> = cells[verdict + 1..].iter().flat_map(|cell| quoted(cell)).collect();
        promises.extend(quoted(cells[0]).map(|file| Promise {
            file,
            verdict: cells[verdict].to_owned(),
            codes: codes.clone(),
        }));
    }
    promises
}

fn quoted(cell: &str) -> impl Iterator<Item = String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned)
}

fn hold(sluice: &Path, promise: &Promise, file: &Path) -> Result<()> {
    let mut command = Command::new(sluice);
    command.args(["check", "--quiet", "--format", "json"]).arg(file);
    let output = command.output().with_context(|| format!("cannot start `{}`", program::line(&command)))?;
    let report: Report = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("`{}` ({}) printed no report", program::line(&command), output.status))?;
    let mut codes: BTreeSet<String> = report.errors.into_keys().collect();
    match report.refusal {
        // For a refused file the table names the refusal. Rows of a file over the tolerance, and labels, have codes of
        // their own.
        Some(refusal) if codes.is_empty() || promise.codes.contains(&refusal.code) => codes = [refusal.code].into(),
        _ => {}
    }
    if (&report.verdict, &codes) != (&promise.verdict, &promise.codes) {
        bail!(
            "{}: examples/README.md says {} {:?}, Sluice says {} {codes:?}",
            file.display(),
            promise.verdict,
            promise.codes,
            report.verdict
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_a_table_promises_for_each_file_it_names() {
        let text = "# Title\n\n| file | what | verdict | codes |\n|---|---|---|---|\n| `a.csv`, `b.csv` | `5\" x` | accepted | `x-error` (y) |\n";
        let promise = |file: &str| Promise {
            file: file.to_owned(),
            verdict: "accepted".to_owned(),
            codes: ["x-error".to_owned()].into(),
        };
        assert_eq!(promises(text), [promise("a.csv"), promise("b.csv")]);
    }
}
