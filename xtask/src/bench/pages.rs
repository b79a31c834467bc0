//! What the page of a large run costs: `sluice report` over 500 files of 200 columns.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::bars::{Bar, Good};
use super::child::{self, Usage};
use super::median;
use crate::page::{self, COLUMNS, FILES};

/// The measurement of the page.
pub(crate) struct Page {
    bytes: u64,
    /// Round by round.
    usages: Vec<Usage>,
}

/// Makes a run in `folder`, and its page in each round.
pub(crate) fn measure(sluice: &Path, folder: &Path, rounds: usize) -> Result<Page> {
    let folder = tempfile::tempdir_in(folder).context("a folder for the run")?;
    let source = folder.path().join("source");
    page::write_largest(&source)?;
    child::run_to_success(Command::new(sluice).args(["run", "--quiet"]).arg(&source), None)?;
    let file = folder.path().join("page.html");
    let mut usages = Vec::new();
    // A round that does not count comes first.
    for round in 0..=rounds {
        let mut command = Command::new(sluice);
        command.args(["report", "--quiet", "--output"]).arg(&file).arg(&source);
        let ended = child::run_to_success(&mut command, None)?;
        if round > 0 {
            usages.push(ended.usage);
        }
    }
    let bytes = fs::metadata(&file).with_context(|| format!("cannot read {}", file.display()))?.len();
    Ok(Page { bytes, usages })
}

impl Page {
    fn seconds(&self) -> f64 {
        median(self.usages.iter().map(|usage| usage.cpu).collect())
    }

    /// Its size, and the time that it takes.
    pub(crate) fn bars(&self) -> [Bar; 2] {
        let bar = |what: &str, unit, measured, must| Bar {
            name: format!("page of a run of {FILES} files of {COLUMNS} columns: {what}"),
            unit,
            good: Good::AtMost,
            measured,
            must,
            aim: must,
        };
        [bar("size", " kB", self.bytes as f64 / 1e3, 1000.0), bar("CPU", " s", self.seconds(), 1.0)]
    }

    /// The measurement as Markdown.
    pub(crate) fn table(&self) -> String {
        let worst = self.usages.iter().map(|usage| usage.cpu).fold(0.0, f64::max);
        format!(
            "### The page of a run\n\n| files | columns | kB of the page | CPU s: median (max) |\n|---:|---:|---:|---:|\n\
             | {FILES} | {COLUMNS} | {:.0} | {:.2} ({worst:.2}) |\n",
            self.bytes as f64 / 1e3,
            self.seconds(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_too_large_or_too_slow_misses_its_bar() {
        let usage = |cpu| Usage { cpu, system: 0.0, wall: cpu, peak: 0 };
        let page = Page { bytes: 1_200_000, usages: vec![usage(0.4), usage(0.5), usage(1.5)] };
        let [size, time] = page.bars();
        assert!(!size.reaches(size.must) && time.reaches(time.must));
        assert!(page.table().ends_with("| 500 | 200 | 1200 | 0.50 (1.50) |\n"), "{}", page.table());
        assert!(!Page { usages: Vec::new(), ..page }.bars()[1].reaches(1.0));
    }
}
