//! The machine of the measurements.

use std::fs;
use std::process::Command;
use std::thread;

use anyhow::Result;

use super::Bench;
use crate::program;

/// Machine and versions, as a Markdown list.
pub(crate) fn describe(bench: &Bench) -> Result<String> {
    let model = value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = value("/proc/meminfo", "MemTotal")
        .and_then(|text| text.trim_end_matches("kB").trim().parse::<f64>().ok())
        .map_or_else(String::new, |kibibytes| format!(", {:.0} GB of memory", kibibytes * 1024.0 / 1e9));
    let processors = thread::available_parallelism()?;
    let sluice = match &bench.sluice {
        Some(sluice) => program::output(Command::new(sluice).arg("--version"))?,
        None => "sluice not run".to_owned(),
    };
    let rustc = program::output(Command::new("rustc").arg("--version"))?;
    let floe = bench.floe.as_ref().map(|floe| format!(", {}", floe.packages())).unwrap_or_default();
    Ok(format!(
        "* Machine: {model}, {processors} processors{memory}, files in the page cache\n* Versions: {}, {}, {}{floe}\n",
        sluice.trim(),
        rustc.trim(),
        bench.python.versions()?
    ))
}

/// The value of the first line `key: value`.
fn value(file: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim() == key)
        .map(|(_, value)| value.trim().to_owned())
}
