//! The cost of a primary key: the same rows without a key, with one in ascending order, and with one in random order.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::bars::{Bar, Good};
use super::child::{self, Usage};
use super::median;
use crate::program;

/// Rows where nothing else is asked for: their keys fit into the memory that there is for them.
pub(crate) const ROWS: u64 = 4_000_000;

/// The order in which keys come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Ascending,
    Random,
}

impl Order {
    const ALL: [Self; 2] = [Self::Ascending, Self::Random];

    fn name(self) -> &'static str {
        match self {
            Self::Ascending => "ascending",
            Self::Random => "random",
        }
    }

    /// The key of a row; all are different.
    fn key(self, row: u64) -> u64 {
        match self {
            Self::Ascending => row,
            Self::Random => scattered(row),
        }
    }
}

/// Four rounds of a Feistel network over 30 bits: a permutation, so that no two rows have one key.
fn scattered(row: u64) -> u64 {
    const HALF: u32 = 15;
    let mask = (1 << HALF) - 1;
    let (mut left, mut right) = (row >> HALF & mask, row & mask);
    for round in 1..=4u64 {
        let mixed = (right + round).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40 & mask;
        (left, right) = (right, left ^ mixed);
    }
    left << HALF | right
}

/// Most rows that have keys of their own.
const MOST_ROWS: u64 = 1 << 30;

/// The measurement of one order.
pub(crate) struct Keyed {
    order: Order,
    rows: u64,
    /// Round by round.
    without: Vec<Usage>,
    with: Vec<Usage>,
}

impl Keyed {
    /// Nanoseconds of CPU that a row costs with a key, less those without.
    fn nanoseconds(&self) -> f64 {
        let pairs = self.with.iter().zip(&self.without);
        median(pairs.map(|(with, without)| (with.cpu - without.cpu) * 1e9 / self.rows as f64).collect())
    }

    fn megabytes(usages: &[Usage]) -> f64 {
        usages.iter().map(|usage| usage.peak).max().unwrap_or(0) as f64 / 1e6
    }

    /// The bars of this order.
    pub(crate) fn bars(&self) -> [Bar; 2] {
        let (must, aim) = match self.order {
            Order::Ascending => (5.0, 3.0),
            Order::Random => (200.0, 120.0),
        };
        let name = |what: &str| format!("primary key of {} rows, {}: {what}", self.rows, self.order.name());
        let bar = |name, unit, measured, must, aim| Bar { name, unit, good: Good::AtMost, measured, must, aim };
        [
            bar(name("CPU a row more than without"), " ns", self.nanoseconds(), must, aim),
            bar(name("peak memory"), " MB", Self::megabytes(&self.with), 512.0, 512.0),
        ]
    }
}

/// Checks `rows` rows of each order with a key and without, in turn, with one thread.
pub(crate) fn measure(sluice: &Path, folder: &Path, rows: u64, rounds: usize) -> Result<Vec<Keyed>> {
    if !(1..=MOST_ROWS).contains(&rows) {
        bail!("{rows} rows with a key each; there can be 1 to {MOST_ROWS}");
    }
    let mut all = Vec::new();
    for order in Order::ALL {
        let data = folder.join(format!("keys-{}-{rows}.csv", order.name()));
        if !data.exists() {
            let partial = data.with_extension("partial");
            write(&partial, order, rows).with_context(|| format!("cannot write {}", partial.display()))?;
            fs::rename(&partial, &data).with_context(|| format!("cannot rename {}", partial.display()))?;
        }
        let [without, with] = [false, true].map(|has_key| descriptor(folder, has_key));
        let (without, with) = (without?, with?);
        let mut keyed = Keyed { order, rows, without: Vec::new(), with: Vec::new() };
        // A round that does not count comes first.
        for round in 0..=rounds {
            let pair = (check(sluice, &data, &without)?, check(sluice, &data, &with)?);
            if round > 0 {
                keyed.without.push(pair.0);
                keyed.with.push(pair.1);
            }
        }
        eprintln!("keys, {}: {:.0} ns a row", order.name(), keyed.nanoseconds());
        all.push(keyed);
    }
    Ok(all)
}

fn check(sluice: &Path, data: &Path, resource: &Path) -> Result<Usage> {
    let mut command = Command::new(sluice);
    command.args(["check", "--quiet", "--threads", "1", "--format", "json", "--resource"]).arg(resource).arg(data);
    let ended = child::run(&mut command, None)?;
    let report: serde_json::Value = serde_json::from_slice(&ended.stdout)
        .with_context(|| format!("output of `{}` (exit code {})", program::line(&command), ended.code))?;
    if report["verdict"] != "clean" {
        bail!("`{}`: every key is there once, and the verdict is {}", program::line(&command), report["verdict"]);
    }
    Ok(ended.usage)
}

/// Rows of 28 bytes: the key, three digits, and a text.
fn write(path: &Path, order: Order, rows: u64) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    file.write_all(b"id,part,text\n")?;
    for row in 0..rows {
        writeln!(file, "{:010},{:03},abcdefghijkl", order.key(row), row % 1000)?;
    }
    file.flush()
}

fn descriptor(folder: &Path, has_key: bool) -> Result<PathBuf> {
    // The key makes its field required; without one it is, too, so that nothing else differs.
    let fields = json!([{"name": "id", "type": "integer", "constraints": {"required": true}}, {"name": "part"}, {"name": "text"}]);
    let mut schema = json!({ "fields": fields });
    if has_key {
        schema["primaryKey"] = json!(["id"]);
    }
    let path = folder.join(if has_key { "keys-with.json" } else { "keys-without.json" });
    fs::write(&path, json!({ "schema": schema }).to_string())
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// The measurements as Markdown.
pub(crate) fn table(all: &[Keyed]) -> String {
    let mut text = String::from(
        "### Keys, 1 thread\n\n| primary key | rows | ns of CPU a row, without | more with the key | peak MB without | with |\n\
         |---|---:|---:|---:|---:|---:|\n",
    );
    for keyed in all {
        let without = median(keyed.without.iter().map(|usage| usage.cpu * 1e9 / keyed.rows as f64).collect());
        let _ = writeln!(
            text,
            "| {} | {} | {without:.0} | {:.0} | {:.0} | {:.0} |",
            keyed.order.name(),
            keyed.rows,
            keyed.nanoseconds(),
            Keyed::megabytes(&keyed.without),
            Keyed::megabytes(&keyed.with),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn scattered_keys_are_different_and_in_no_order() {
        let keys: Vec<u64> = (0..100_000).map(scattered).collect();
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
        assert!(keys.iter().all(|&key| key < MOST_ROWS));
        let ascents = keys.windows(2).filter(|pair| pair[0] < pair[1]).count();
        assert!((45_000..55_000).contains(&ascents), "{ascents}");
        // Few are greater than all before them, as of random numbers.
        let (mut most, mut records) = (0, 0);
        for key in keys {
            if key > most {
                (most, records) = (key, records + 1);
            }
        }
        assert!(records < 40, "{records}");
    }

    #[test]
    fn what_a_key_costs_is_the_difference() {
        let usage = |cpu, peak| Usage { cpu, system: 0.0, wall: cpu, peak };
        let keyed = Keyed {
            order: Order::Random,
            rows: 1_000_000,
            without: vec![usage(1.0, 5_000_000); 3],
            with: vec![usage(1.1, 6_000_000), usage(1.3, 600_000_000), usage(1.15, 6_000_000)],
        };
        let [cost, memory] = keyed.bars();
        assert!((cost.measured - 150.0).abs() < 1e-6 && cost.reaches(cost.must) && !cost.reaches(cost.aim));
        assert!(!memory.reaches(memory.must), "{memory:?}");
    }
}
