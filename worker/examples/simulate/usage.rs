//! Memory and CPU of this process.

use std::fs;

use anyhow::{Context as _, Result};

/// Begins to measure anew: the highest memory so far becomes that of now.
pub(crate) fn forget_peak() -> Result<()> {
    fs::write("/proc/self/clear_refs", "5").context("/proc/self/clear_refs")
}

/// The most memory since, in bytes.
pub(crate) fn peak() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().context(line.to_owned())?;
    Ok(kilobytes * 1024)
}

/// CPU seconds so far.
pub(crate) fn cpu_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").context("/proc/self/stat")?;
    // Behind the name, which may have spaces: the 12th and 13th number are ticks of a hundredth of a second.
    let numbers = stat.rsplit_once(')').map_or("", |(_, numbers)| numbers).split_whitespace().skip(11).take(2);
    let ticks: u64 = numbers.map(|number| number.parse::<u64>().context(number.to_owned())).sum::<Result<u64>>()?;
    Ok(ticks as f64 / 100.0)
}
