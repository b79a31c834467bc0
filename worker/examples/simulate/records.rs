//! Ledger records and results of files, as real checks leave them: two files are checked, and all others are said to be like them.

use std::io::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use sluice::Clock;
use sluice::plan::{Mode, Request, plan};
use sluice::process::{Assignment, Context, process};
use sluice::publish::read_tasks;
use sluice::store::{Condition, MemoryStore, Store};
use sluice::task::{FileSummary, Files, RowCounts, Totals};

/// One prefix in this many has files with rejected rows, the first to begin with.
const REJECTED_EVERY: u64 = 20;

/// One row in this many is rejected in them.
const ROWS_PER_REJECT: usize = 100;

/// Cells of a file that is checked, about.
const CELLS: usize = 20_000;

/// The files that are checked.
const CLEAN: &str = "p/incoming/clean.csv";
const REJECTED: &str = "p/incoming/rejected.csv";

/// What a check has left.
#[derive(Clone, Debug)]
struct Checked {
    summary: FileSummary,
    /// The ledger record around the key of the file.
    record: [String; 2],
}

/// What the checks have left, and what is said of other files.
#[derive(Debug)]
pub(crate) struct Records {
    clean: Checked,
    rejected: Checked,
    /// Size of every record.
    pub(crate) bytes: u64,
}

impl Records {
    /// Checks a file without a fault and one with rejected rows, of so many columns.
    pub(crate) fn of_checks(columns: usize) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let records = runtime.block_on(checked(columns))?;
        ensure!(records.clean.summary.rejected == 0 && records.rejected.summary.rejected > 0, "{records:?}");
        Ok(records)
    }

    fn of(&self, prefix: u64) -> &Checked {
        if prefix.is_multiple_of(REJECTED_EVERY) { &self.rejected } else { &self.clean }
    }

    /// The ledger record of a file of the prefix with this number.
    pub(crate) fn record(&self, prefix: u64, key: &str) -> Vec<u8> {
        let [before, after] = &self.of(prefix).record;
        let mut record = Vec::with_capacity(self.bytes as usize);
        for part in [before, key, after] {
            record.extend_from_slice(part.as_bytes());
        }
        record.resize(self.bytes as usize, b' ');
        record
    }

    /// What the result of a task says of such a file of this name and size.
    pub(crate) fn summary(&self, prefix: u64, name: &str, etag: &str, bytes: u64) -> FileSummary {
        let summary = self.of(prefix).summary.clone();
        // Its rows are those of a file of this size.
        let read = bytes / 50;
        let rejected = read * summary.rejected / summary.read.max(1);
        FileSummary { key: name.to_owned(), etag: Some(etag.to_owned()), read, rejected, bytes, ..summary }
    }
}

/// What adds up of such a file.
pub(crate) fn totals_of(summary: &FileSummary) -> Totals {
    let FileSummary { read, rejected, bytes, .. } = *summary;
    let has_rejects = u64::from(rejected > 0);
    Totals {
        files: Files { total: 1, clean: 1 - has_rejects, accepted: has_rejects, ..Files::default() },
        rows: RowCounts { read, clean: read - rejected, rejected, withheld: 0 },
        bytes,
        ..Totals::default()
    }
}

/// The same, inside a runtime.
pub(crate) async fn checked(columns: usize) -> Result<Records> {
    let store = MemoryStore::new();
    store.put("p/resource.json", descriptor(columns), Condition::Always).await?;
    for (key, faulty) in [(CLEAN, false), (REJECTED, true)] {
        store.put(key, rows(columns, faulty)?, Condition::Always).await?;
    }
    let shared: Arc<dyn Store> = Arc::new(store.clone());
    let plan = plan(&shared, &Request::default(), Mode::Write, Clock::System, &mut |_| {}).await?;
    let tasks = read_tasks(&store, &plan.run_id).await?;
    let context = Context::new(Arc::clone(&shared), Some(shared));
    let result = process(&context, &Assignment::first(&plan.run_id, tasks.first().context("no task")?)).await?;
    let summaries = &result.prefixes.first().context("no prefix")?.worst;
    let contents = store.contents();
    let of = |key: &str| {
        let (_, name) = key.rsplit_once('/')?;
        let record = contents.iter().find(|(at, _)| at.starts_with(&format!("_sluice/ledger/{key}/")))?.1;
        let (before, after) = std::str::from_utf8(record).ok()?.split_once(key)?;
        let summary = summaries.iter().find(|summary| summary.key == name)?.clone();
        Some(Checked { summary, record: [before.to_owned(), after.to_owned()] })
    };
    let (clean, rejected) = (of(CLEAN).context("no record")?, of(REJECTED).context("no record")?);
    let length = |checked: &Checked| checked.record.iter().map(String::len).sum::<usize>() as u64;
    // A key that is written into it is longer than the one that was there.
    let bytes = length(&clean).max(length(&rejected)) + 100;
    Ok(Records { clean, rejected, bytes })
}

const TYPES: [&str; 4] = ["integer", "number", "string", "date"];

fn descriptor(columns: usize) -> Vec<u8> {
    let field = |column| serde_json::json!({ "name": format!("column_{column}"), "type": TYPES[column % TYPES.len()] });
    let fields: Vec<serde_json::Value> = (0..columns).map(field).collect();
    serde_json::json!({ "schema": { "fields": fields } }).to_string().into_bytes()
}

fn rows(columns: usize, faulty: bool) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    let header: Vec<String> = (0..columns).map(|column| format!("column_{column}")).collect();
    writeln!(file, "{}", header.join(","))?;
    for row in 0..(CELLS / columns).max(100) {
        for column in 0..columns {
            let separator = if column == 0 { "" } else { "," };
            let number = crate::random::mixed((row * columns + column) as u64) % 100_000;
            match column % TYPES.len() {
                0 if faulty && column == 0 && row % ROWS_PER_REJECT == 1 => write!(file, "n/a")?,
                0 => write!(file, "{separator}{number}")?,
                1 => write!(file, "{separator}{}.{:02}", number / 100, number % 100)?,
                2 => write!(file, "{separator}text {}", number % 500)?,
                _ => write!(file, "{separator}2026-{:02}-{:02}", number % 12 + 1, number % 28 + 1)?,
            }
        }
        writeln!(file)?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn records_are_those_of_checks_under_other_keys() {
        let records = Records::of_checks(10).unwrap();
        for (prefix, verdict) in [(0, "accepted"), (1, "clean"), (REJECTED_EVERY, "accepted")] {
            let record = records.record(prefix, "clients/0000007/incoming/0000001.csv");
            assert_eq!(record.len() as u64, records.bytes);
            let json: serde_json::Value = serde_json::from_slice(&record).unwrap();
            assert_eq!(json["file"]["key"], "clients/0000007/incoming/0000001.csv");
            assert_eq!((&json["verdict"], json["fields"].as_array().unwrap().len()), (&verdict.into(), 10));
            let summary = records.summary(prefix, "0000001.csv", "abc", 100_000);
            assert_eq!((summary.read, summary.rejected > 0), (2000, verdict == "accepted"));
        }
    }
}
