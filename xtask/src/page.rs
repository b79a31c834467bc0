//! `cargo xtask page`: tests the pages that `sluice` writes, in headless Chromium.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::python::Python;
use crate::{cache, debian, program};

/// Where Debian's package installs the browser.
const CHROMIUM: &str = "/usr/bin/chromium";
/// The browser, and a font for it.
const PACKAGES: [&str; 2] = ["chromium", "fonts-dejavu-core"];
/// The folder of the tests.
pub(crate) const TESTS: &str = "tests/page";

/// Files and columns of the largest run whose page has to open at once.
pub(crate) const FILES: usize = 500;
pub(crate) const COLUMNS: usize = 200;

/// Writes a source with one prefix to `folder`: [`FILES`] files of [`COLUMNS`] columns of numbers, 20 rows and one of a single cell in each.
pub(crate) fn write_largest(folder: &Path) -> Result<()> {
    let prefix = folder.join("wide");
    let incoming = prefix.join("incoming");
    let context = || format!("cannot write below {}", folder.display());
    fs::create_dir_all(&incoming).with_context(context)?;
    let name = |column: usize| format!("column_{column}");
    let fields: Vec<Value> = (0..COLUMNS).map(|column| json!({"name": name(column), "type": "integer"})).collect();
    let resource = json!({"schema": {"fields": fields}});
    fs::write(prefix.join("resource.json"), resource.to_string()).with_context(context)?;
    let header = (0..COLUMNS).map(name).collect::<Vec<_>>().join(",");
    for file in 0..FILES {
        let mut text = format!("{header}\n");
        for row in 0..20 {
            let cells: Vec<String> = (0..COLUMNS).map(|cell| (file + row * cell % 1013).to_string()).collect();
            // cannot fail: a `String` takes every write
            writeln!(text, "{}", cells.join(",")).expect("a write to memory");
        }
        text.push_str("7\n");
        fs::write(incoming.join(format!("{file:03}.csv")), text).with_context(context)?;
    }
    Ok(())
}

/// Runs the tests. Installs the browser if it is missing.
pub(crate) fn run() -> Result<()> {
    let sluice = program::sluice()?;
    debian::provide(&[CHROMIUM], &PACKAGES)?;
    let python = Python::with(&Path::new(TESTS).join("requirements.txt"))?;
    let mut tests = Command::new(python.interpreter());
    // No byte code beside the tests, so that the checkout is not changed.
    tests.args(["-B", "-m", "pytest", "-q", TESTS]).current_dir(cache::checkout());
    let largest = tempfile::tempdir().context("a folder for the largest run")?;
    write_largest(largest.path())?;
    program::run(tests.env("SLUICE", sluice).env("CHROMIUM", CHROMIUM).env("LARGEST", largest.path()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_largest_run_has_as_many_files_and_columns_as_it_says() {
        let folder = tempfile::tempdir().unwrap();
        write_largest(folder.path()).unwrap();
        let files: Vec<_> = fs::read_dir(folder.path().join("wide/incoming")).unwrap().collect();
        assert_eq!(files.len(), FILES);
        let text = fs::read_to_string(files[0].as_ref().unwrap().path()).unwrap();
        let widths: Vec<usize> = text.lines().map(|line| line.split(',').count()).collect();
        assert!(widths.len() == 22 && widths[..21] == [COLUMNS; 21] && widths[21] == 1, "{widths:?}");
    }
}
