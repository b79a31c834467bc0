//! The files of a prefix that were accepted earlier (`sluice.file.last`), found in the ledger.
//!
//! Which files count as earlier must not depend on when a run was killed, or on the order of tasks. So a file is compared only with
//! files whose **record was written before the file was uploaded**: that set no longer changes once the file exists. Files that
//! were uploaded together and are checked in one run are never compared with each other. Only a record that is written again, with
//! `force`, drops out of the set. If a prefix has a Data Package, files of other resources do not count as earlier.
//!
//! The records of a prefix are listed once for each task, and only if the descriptor of the prefix asks for it. The listing has as
//! many pages as the planner's listing of this prefix; only the newest [`NEWEST`] records are kept, and only the records that are
//! needed are read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use serde::Deserialize;
use sluice_engine::EarlierFile;
use sluice_engine::report::{Rows, Verdict};
use tokio::sync::{Mutex, OnceCell};

use crate::history::{self, RecordKey};
use crate::ledger::{RECORD_BYTES, read_record};
use crate::store::{Store, StoreError};

/// Maximum number of records of a prefix that are kept, the newest ones; an accepted file older than these is not found.
const NEWEST: usize = 1000;

/// The part of a ledger record that is compared.
#[derive(Debug, Deserialize)]
struct RecordSummary {
    verdict: Verdict,
    rows: Rows,
    file: RecordFile,
    descriptor: Option<RecordDescriptor>,
}

#[derive(Debug, Deserialize)]
struct RecordDescriptor {
    resource: Option<String>,
}

/// A file that is compared with earlier ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compared<'a> {
    /// The key of the file's own record.
    pub(crate) own: &'a str,
    /// When the file was uploaded.
    pub(crate) uploaded: SystemTime,
    /// The resource of a Data Package to which the file belongs.
    pub(crate) resource: Option<&'a str>,
}

/// An accepted file, and the resource of a Data Package that it belongs to.
#[derive(Clone, Debug)]
struct Accepted {
    file: EarlierFile,
    resource: Option<String>,
}

#[derive(Debug, Deserialize)]
struct RecordFile {
    bytes: Option<u64>,
}

/// The records of a prefix, listed when the first file asks for them.
#[derive(Debug, Default)]
pub(crate) struct EarlierFiles {
    /// The records, the newest first.
    records: OnceCell<Vec<RecordKey>>,
    /// Records that were read, by key; `None` unless the file was accepted.
    read: Mutex<BTreeMap<String, Option<Accepted>>>,
}

impl EarlierFiles {
    /// Returns at most this many accepted files of the same resource whose records were written before the file was uploaded, the
    /// newest first.
    ///
    /// # Errors
    /// When the store fails, or an object is not a ledger record.
    pub(crate) async fn before(
        &self,
        source: &Arc<dyn Store>,
        prefix: &str,
        compared: Compared<'_>,
        most: usize,
    ) -> Result<Vec<EarlierFile>, StoreError> {
        let records = self.records.get_or_try_init(|| newest(&**source, prefix)).await?;
        let mut read = self.read.lock().await;
        let mut files = Vec::with_capacity(most);
        let is_earlier = |record: &&RecordKey| record.written < compared.uploaded && record.key != compared.own;
        for RecordKey { key, .. } in records.iter().filter(is_earlier) {
            if files.len() == most {
                break;
            }
            if !read.contains_key(key) {
                read.insert(key.clone(), accepted(&**source, key).await?);
            }
            let found = read.get(key).and_then(Option::as_ref);
            let same = found.filter(|found| found.resource.as_deref() == compared.resource);
            files.extend(same.map(|found| found.file));
        }
        Ok(files)
    }
}

/// Lists the newest records of a prefix, the newest first.
async fn newest(source: &dyn Store, prefix: &str) -> Result<Vec<RecordKey>, StoreError> {
    Ok(history::newest(source, prefix, NEWEST).await?.records)
}

/// Reads the file of a record; `None` if it was not accepted.
async fn accepted(source: &dyn Store, key: &str) -> Result<Option<Accepted>, StoreError> {
    let Some(stored) = read_record(source, key, RECORD_BYTES).await? else { return Ok(None) };
    let summary: RecordSummary = stored.content.map_err(|error| StoreError::Invalid {
        at: source.locate(key),
        reason: format!(
            "this is not a ledger record ({error}), and later files are compared with it (sluice.file.last); check its file again with \
             --force, or \"force\": true"
        ),
    })?;
    let bytes = summary.file.bytes.filter(|_| summary.verdict != Verdict::Refused);
    let resource = summary.descriptor.and_then(|descriptor| descriptor.resource);
    Ok(bytes.map(|bytes| Accepted { file: EarlierFile { rows: summary.rows.read, bytes }, resource }))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::time::Duration;

    use super::*;
    use crate::clock::Clock;
    use crate::key::LEDGER;
    use crate::store::{Condition, MemoryStore};

    async fn put(store: &dyn Store, key: &str, verdict: &str, rows: u64) {
        let text = format!(
            r#"{{"verdict": "{verdict}", "rows": {{"read": {rows}, "clean": {rows}, "rejected": 0, "blank": 0}}, "file": {{"bytes": {}}}}}"#,
            10 * rows
        );
        let text = format!("{text:300}");
        store.put(&format!("{LEDGER}{key}"), text.into_bytes(), Condition::Always).await.unwrap();
    }

    fn at(own: &str, uploaded: SystemTime) -> Compared<'_> {
        Compared { own, uploaded, resource: None }
    }

    fn rows(files: &[EarlierFile]) -> Vec<u64> {
        assert!(files.iter().all(|file| file.bytes == 10 * file.rows));
        files.iter().map(|file| file.rows).collect()
    }

    #[tokio::test]
    async fn accepted_files_whose_records_are_older_come_newest_first() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        for (key, verdict, rows) in [
            ("p/incoming/c.csv/1.json", "clean", 1),
            ("p/incoming/b.csv/1.json", "refused", 2),
            ("p/incoming/a.csv/1.json", "accepted", 3),
            ("p/incoming/a.csv/2.json", "clean", 4),
            ("p/q/incoming/a.csv/2.json", "clean", 5),
            ("p/incoming/new.csv/9.json", "clean", 6),
        ] {
            put(&*store, key, verdict, rows).await;
            // The resolution of the clock may be as coarse as this.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        store.put(&format!("{LEDGER}p/incoming/z.csv/1.json"), b"{".to_vec(), Condition::Always).await.unwrap();
        let own = format!("{LEDGER}p/incoming/new.csv/9.json");
        let earlier = EarlierFiles::default();
        let late = Clock::System.now() + Duration::from_secs(60);
        assert_eq!(rows(&earlier.before(&store, "p", at(&own, late), 9).await.unwrap()), [4, 3, 1]);
        assert_eq!(rows(&earlier.before(&store, "p", at(&own, late), 2).await.unwrap()), [4, 3]);
        assert_eq!(rows(&earlier.before(&store, "p", at("", late), 2).await.unwrap()), [6, 4]);
        let other = Compared { resource: Some("other"), ..at(&own, late) };
        assert_eq!(rows(&earlier.before(&store, "p", other, 9).await.unwrap()), [0; 0]);
        // The file was uploaded when the third record was written, so the third record is not older.
        let (third, _) = store.get(&format!("{LEDGER}p/incoming/a.csv/1.json"), 1).await.unwrap();
        let files = earlier.before(&store, "p", at(&own, third.last_modified), 9).await.unwrap();
        assert_eq!(rows(&files), [1]);
    }

    #[tokio::test]
    async fn a_record_that_is_none_is_told_with_its_place() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        store.put(&format!("{LEDGER}p/incoming/a.csv/1.json"), vec![b'x'; 300], Condition::Always).await.unwrap();
        let late = Clock::System.now() + Duration::from_secs(60);
        let error = EarlierFiles::default().before(&store, "p", at("", late), 1).await.unwrap_err().to_string();
        assert!(error.contains("a.csv/1.json") && error.contains("sluice.file.last"), "{error}");
    }

    #[tokio::test]
    async fn only_the_newest_records_are_kept() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        for number in 0..NEWEST as u64 + 3 {
            put(&*store, &format!("p/incoming/{number:05}.csv/1.json"), "clean", number).await;
        }
        assert_eq!(newest(&*store, "p").await.unwrap().len(), NEWEST);
    }
}
