//! The files that other open runs have planned, read in step with the plan.
//!
//! The `files.jsonl` of every run is in the order of the ledger, as the plan is, so one pass over all of them is enough, and only a
//! part of each is held in memory.

use std::io::Read;

use crate::key::ledger_key;
use crate::store::{Store, StoreError, blocking};
use crate::task::{FileLine, RunId};

/// Size of the part of a `files.jsonl` that is read at once, in bytes.
const PART: u64 = 1 << 20;

/// The files that other open runs have planned.
#[derive(Debug)]
pub(super) struct OtherPlans {
    runs: Vec<Planned>,
}

impl OtherPlans {
    pub(super) fn new(runs: &[RunId]) -> Self {
        Self { runs: runs.iter().map(|run| Planned::new(run.files_key())).collect() }
    }

    /// Returns true if a run has planned this version. Each call asks for a version that sorts after the last one in the order of
    /// the ledger.
    pub(super) async fn has(&mut self, store: &dyn Store, key: &str, etag: &str) -> Result<bool, StoreError> {
        if self.runs.is_empty() {
            return Ok(false);
        }
        let record = ledger_key(key, etag);
        let mut has = false;
        for run in &mut self.runs {
            while run.next(store).await?.is_some_and(|next| next < record.as_str()) {
                run.next = None;
            }
            has |= run.next.as_deref() == Some(record.as_str());
        }
        Ok(has)
    }
}

/// The planned files of one run.
#[derive(Debug)]
struct Planned {
    key: String,
    /// The version of `files.jsonl`, once known.
    version: Option<Version>,
    /// Number of bytes read.
    offset: u64,
    /// Bytes that were read and not used yet, beginning at `used`.
    part: Vec<u8>,
    used: usize,
    /// Key of the record of the next file.
    next: Option<String>,
    ended: bool,
}

/// A version of an object.
#[derive(Debug)]
struct Version {
    etag: String,
    bytes: u64,
}

impl Planned {
    fn new(key: String) -> Self {
        Self { key, version: None, offset: 0, part: Vec::new(), used: 0, next: None, ended: false }
    }

    /// Returns the key of the record of the next file; `None` at the end.
    async fn next(&mut self, store: &dyn Store) -> Result<Option<&str>, StoreError> {
        while self.next.is_none() && !self.ended {
            let rest = &self.part[self.used..];
            if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line = serde_json::from_slice::<FileLine>(&rest[..end]);
                self.used += end + 1;
                match line {
                    Ok(line) => self.next = Some(ledger_key(&line.key, &line.etag)),
                    // Then the files of the run are planned once more, which costs time and changes nothing.
                    Err(error) => self.give_up(&error.to_string()),
                }
            } else {
                self.read(store).await?;
            }
        }
        Ok(self.next.as_deref())
    }

    fn give_up(&mut self, error: &str) {
        tracing::warn!(key = self.key, error, "the files of a run under way cannot be read; they are planned again");
        self.ended = true;
    }

    async fn read(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        self.part.drain(..self.used);
        self.used = 0;
        let end = self.version.as_ref().map_or(u64::MAX, |version| version.bytes);
        if self.offset >= end {
            self.ended = true;
            return Ok(());
        }
        let etag = self.version.as_ref().map(|version| version.etag.as_str());
        let range = self.offset..end.min(self.offset + PART);
        let (object, mut body) = match store.open(&self.key, etag, Some(range)).await {
            Ok(opened) => opened,
            // The run has planned nothing, is still planning, or was planned again.
            Err(StoreError::NotFound { .. } | StoreError::Changed { .. }) => {
                self.ended = true;
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let part = blocking(move || {
            let mut part = Vec::new();
            body.read_to_end(&mut part).map(|_| part)
        });
        let part = part.await.map_err(|error| StoreError::from_io(store.locate(&self.key), error))?;
        if part.is_empty() {
            self.ended = true;
        }
        self.version = Some(Version { etag: object.etag, bytes: object.bytes });
        self.offset += part.len() as u64;
        self.part.extend(part);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::store::{Condition, MemoryStore};

    fn line(key: &str, etag: &str) -> String {
        format!("{{\"key\":\"{key}\",\"etag\":\"{etag}\",\"bytes\":1,\"lastModified\":\"\"}}\n")
    }

    async fn put(store: &MemoryStore, run: &RunId, text: String) {
        store.put(&run.files_key(), text.into_bytes(), Condition::Always).await.unwrap();
    }

    #[tokio::test]
    async fn versions_of_several_runs_are_found_and_others_are_not() {
        let store = MemoryStore::new();
        let runs = ["one", "two", "none"].map(|name| RunId(name.to_owned()));
        put(&store, &runs[0], line("a/incoming/1.csv", "x") + &line("a/incoming/3.csv", "x")).await;
        put(&store, &runs[1], line("a/incoming/2.csv", "x") + &line("b/incoming/1.csv", "x")).await;
        let mut other_plans = OtherPlans::new(&runs);
        for (key, etag, expected) in [
            ("a/incoming/0.csv", "x", false),
            ("a/incoming/1.csv", "x", true),
            ("a/incoming/2.csv", "w", false),
            ("a/incoming/2.csv", "x", true),
            ("a/incoming/3.csv", "y", false),
            ("b/incoming/1.csv", "x", true),
            ("c/incoming/1.csv", "x", false),
        ] {
            assert_eq!(other_plans.has(&store, key, etag).await.unwrap(), expected, "{key} {etag}");
        }
    }

    #[tokio::test]
    async fn a_list_longer_than_a_part_is_read_in_parts() {
        let store = MemoryStore::new();
        let run = RunId("one".to_owned());
        let key = |number: u32| format!("a/incoming/{number:06}-{}.csv", "k".repeat(200));
        let list: String = (0..12_000).map(|number| line(&key(number), "x")).collect();
        assert!(list.len() as u64 > 2 * PART);
        put(&store, &run, list).await;
        let mut other_plans = OtherPlans::new(&[run]);
        for number in 0..12_001 {
            assert_eq!(other_plans.has(&store, &key(number), "x").await.unwrap(), number < 12_000, "{number}");
            assert!(other_plans.runs[0].part.len() < 2 * PART as usize);
        }
    }

    #[tokio::test]
    async fn a_damaged_list_is_as_none() {
        let store = MemoryStore::new();
        let run = RunId("one".to_owned());
        put(&store, &run, line("a/incoming/1.csv", "x") + "{\n" + &line("a/incoming/2.csv", "x")).await;
        let mut other_plans = OtherPlans::new(&[run]);
        assert!(other_plans.has(&store, "a/incoming/1.csv", "x").await.unwrap());
        assert!(!other_plans.has(&store, "a/incoming/2.csv", "x").await.unwrap());
    }
}
