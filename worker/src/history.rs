//! The history of a prefix: its newest files in the ledger, in the order in which they were uploaded.
//!
//! The newest files are those whose records were written last. The records of one run are written as its workers finish, in an order that
//! means nothing: a history is sorted by the times of upload, and by keys where these are equal.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::SystemTime;

use serde::Deserialize;
use sluice_engine::report::{Rows, Verdict};

use crate::clock::rfc3339;
use crate::key::{INCOMING, LEDGER};
use crate::ledger::{LEAST_RECORD, RECORD_BYTES, read_record, records};
use crate::page::{History, HistoryFile};
use crate::read_ahead::ReadAhead;
use crate::store::{Scope, Store, StoreError};

/// Maximum number of records that are read at once.
const AHEAD: usize = 16;

/// A ledger record that was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordKey {
    /// When the record was written.
    pub(crate) written: SystemTime,
    pub(crate) key: String,
}

/// The newest records of a prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Newest {
    /// The records, the newest first.
    pub(crate) records: Vec<RecordKey>,
    /// Number of all records, without those that are smaller than any complete record.
    pub(crate) total: u64,
    /// Number of records that are smaller than any complete record.
    pub(crate) damaged: u64,
    /// Number of the newest records that are left out because they exceed [`HistoryLimits::bytes`].
    pub(crate) without_room: u64,
}

/// Limits on how far back the history of a prefix reaches.
#[derive(Clone, Debug)]
pub(crate) struct HistoryLimits {
    /// Maximum number of records, the newest ones.
    pub(crate) most: usize,
    /// Maximum number of records that are listed; a prefix with more has no history. A page of a listing has 1,000.
    pub(crate) listed: u64,
    /// Maximum size of all records together, in bytes: the newest are taken first, up to the first record that does not fit.
    pub(crate) bytes: u64,
    /// RFC 3339, UTC: records that were written later are passed over.
    pub(crate) until: Option<String>,
}

impl HistoryLimits {
    /// Reaches back to the newest `most` records, however many there are.
    pub(crate) fn newest(most: usize) -> Self {
        Self { most, listed: u64::MAX, bytes: u64::MAX, until: None }
    }

    fn includes(&self, written: SystemTime) -> bool {
        // Times of this form sort as texts.
        self.until.as_ref().is_none_or(|until| rfc3339(written) <= *until)
    }
}

/// Lists the records of a prefix and returns the newest ones, at most `most`.
///
/// # Errors
/// When the store fails, or some records cannot be read.
pub(crate) async fn newest(source: &dyn Store, prefix: &str, most: usize) -> Result<Newest, StoreError> {
    // cannot be `None`: there is no limit on the number of records listed.
    Ok(newest_within(source, prefix, &HistoryLimits::newest(most)).await?.unwrap_or_default())
}

/// Lists the newest records of a prefix; `None` if the prefix has more records than may be listed.
async fn newest_within(source: &dyn Store, prefix: &str, limits: &HistoryLimits) -> Result<Option<Newest>, StoreError> {
    let most = limits.most;
    let mut listing = source.list(Scope { prefix: format!("{LEDGER}{prefix}{INCOMING}"), ..Scope::default() });
    let mut newest = BinaryHeap::with_capacity(most + 1);
    let (mut total, mut damaged, mut listed) = (0, 0, 0);
    loop {
        let page = listing.page().await?;
        if page.is_empty() {
            break;
        }
        listed += page.len() as u64;
        if listed > limits.listed {
            return Ok(None);
        }
        for record in records(page)?.into_iter().filter(|record| limits.includes(record.last_modified)) {
            // The planner reports damaged records.
            if record.bytes < LEAST_RECORD {
                damaged += 1;
                continue;
            }
            total += 1;
            newest.push(Reverse((record.last_modified, record.key, record.bytes)));
            if newest.len() > most {
                newest.pop();
            }
        }
    }
    let mut left = limits.bytes;
    let with_room = newest.into_sorted_vec().into_iter().map_while(|Reverse((written, key, bytes))| {
        left = left.checked_sub(bytes)?;
        Some(RecordKey { written, key })
    });
    let wanted = (total as usize).min(most);
    let records: Vec<_> = with_room.collect();
    let without_room = (wanted - records.len()) as u64;
    Ok(Some(Newest { records, total, damaged, without_room }))
}

/// The part of a record that a history shows.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordSummary {
    file: RecordFile,
    verdict: Verdict,
    rows: Rows,
    started_at: String,
    seconds: f64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordFile {
    key: String,
    bytes: Option<u64>,
    /// When the file was uploaded (RFC 3339, UTC).
    #[serde(default)]
    last_modified: Option<String>,
}

impl RecordSummary {
    /// Returns the file of a record that was written at this time. A file whose record has no time of upload counts as uploaded when the
    /// record was written.
    fn file_written(self, written: SystemTime) -> DatedFile {
        let uploaded = self.file.last_modified.unwrap_or_else(|| rfc3339(written));
        let file = HistoryFile {
            key: self.file.key,
            written,
            started_at: self.started_at,
            verdict: self.verdict,
            read: self.rows.read,
            rejected: self.rows.rejected,
            bytes: self.file.bytes.unwrap_or(0),
            seconds: self.seconds,
        };
        DatedFile { uploaded, file }
    }
}

/// A file with the time of its upload (RFC 3339, UTC).
struct DatedFile {
    uploaded: String,
    file: HistoryFile,
}

/// Reads the history of the newest `most` files of a prefix. An object that is not a ledger record is only counted.
///
/// # Errors
/// When the store fails.
pub(crate) async fn history(source: &Arc<dyn Store>, prefix: &str, most: usize) -> Result<History, StoreError> {
    // cannot be `None`: there is no limit on the number of records listed.
    Ok(history_within(source, prefix, &HistoryLimits::newest(most)).await?.unwrap_or_default())
}

/// Reads the history of the newest files of a prefix within `limits`; `None` if the prefix has more records than may be listed.
///
/// # Errors
/// When the store fails.
pub(crate) async fn history_within(
    source: &Arc<dyn Store>,
    prefix: &str,
    limits: &HistoryLimits,
) -> Result<Option<History>, StoreError> {
    let Some(found) = newest_within(&**source, prefix, limits).await? else {
        return Ok(None);
    };
    let Newest { records, total, damaged, without_room } = found;
    let mut files = Vec::with_capacity(records.len());
    let (prefix, records_listed) = (prefix.to_owned(), total + damaged);
    let mut history = History { prefix, files: Vec::new(), records: records_listed, unreadable: damaged, without_room };
    let mut waiting = records.into_iter();
    let mut reading = ReadAhead::new(AHEAD);
    loop {
        while reading.has_room()
            && let Some(record) = waiting.next()
        {
            let source = Arc::clone(source);
            reading.start(async move {
                (record.written, read_record::<RecordSummary>(&*source, &record.key, RECORD_BYTES).await)
            });
        }
        let Some((written, read)) = reading.next().await else { break };
        match read?.map(|stored| stored.content) {
            Some(Ok(summary)) => files.push(summary.file_written(written)),
            Some(Err(_)) => history.unreadable += 1,
            // The record was deleted after it was listed.
            None => {}
        }
    }
    files.sort_by(|one, other| one.uploaded.cmp(&other.uploaded).then_with(|| one.file.key.cmp(&other.file.key)));
    history.files = files.into_iter().map(|dated| dated.file).collect();
    Ok(Some(history))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::store::{Condition, MemoryStore};

    fn record(key: &str, rows: u64) -> Vec<u8> {
        let text = format!(
            r#"{{"version": 1, "file": {{"key": "{key}", "bytes": 7}}, "verdict": "clean", "rows": {{"read": {rows}, "clean": {rows}, "rejected": 0, "blank": 0}}, "startedAt": "2026-01-01T00:00:00Z", "seconds": 0.5}}"#
        );
        format!("{text:300}").into_bytes()
    }

    #[tokio::test]
    async fn records_that_are_none_are_counted_and_left_out() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        for number in 0..10u64 {
            let key = format!("p/incoming/{number}.csv");
            let bytes = match number {
                // Half of the objects are not records; one of these is smaller than any record.
                0 => b"{".to_vec(),
                2 | 4 | 6 | 8 => vec![b'x'; 300],
                _ => record(&key, number),
            };
            store.put(&format!("{LEDGER}{key}/1.json"), bytes, Condition::Always).await.unwrap();
            // The resolution of the clock may be as coarse as this.
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let found = history(&store, "p", 60).await.unwrap();
        assert_eq!(found.files.iter().map(|past| past.read).collect::<Vec<_>>(), [1, 3, 5, 7, 9]);
        assert_eq!((found.records, found.unreadable), (10, 5));
        assert_eq!(history(&store, "p", 2).await.unwrap().files.len(), 1);
        assert!(history(&store, "other", 60).await.unwrap().files.is_empty());
        // A prefix with more records than may be listed has no history, and records written after `until` are left out.
        let limits = HistoryLimits { listed: 9, ..HistoryLimits::newest(60) };
        assert!(history_within(&store, "p", &limits).await.unwrap().is_none());
        let until = Some(rfc3339(found.files[2].written));
        let before =
            history_within(&store, "p", &HistoryLimits { until, ..HistoryLimits::newest(60) }).await.unwrap().unwrap();
        assert_eq!(before.files.iter().map(|past| past.read).collect::<Vec<_>>(), [1, 3, 5]);
        assert_eq!((before.records, before.unreadable), (6, 3));
    }

    #[tokio::test]
    async fn files_are_in_the_order_of_their_upload() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        // One run writes its records as its workers finish. "b" and "c" were uploaded at the same time.
        for (key, uploaded) in [("c", "02"), ("d", "01"), ("b", "02"), ("a", "03")] {
            let key = format!("p/incoming/{key}.csv");
            let uploaded = format!(r#""bytes": 7, "lastModified": "2026-01-01T00:00:{uploaded}.000Z""#);
            let text = String::from_utf8(record(&key, 1)).unwrap();
            let bytes = text.replace(r#""bytes": 7"#, &uploaded).into_bytes();
            store.put(&format!("{LEDGER}{key}/1.json"), bytes, Condition::Always).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let found = history(&store, "p", 60).await.unwrap();
        let keys: Vec<_> = found.files.iter().map(|past| past.key.as_str()).collect();
        assert_eq!(keys, ["d", "b", "c", "a"].map(|name| format!("p/incoming/{name}.csv")));
    }

    #[tokio::test]
    async fn a_history_ends_where_its_records_have_no_room() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        for number in 1..=4u64 {
            let key = format!("p/incoming/{number}.csv");
            let mut bytes = record(&key, number);
            // The second record is large.
            bytes.resize(if number == 2 { 5000 } else { 500 }, b' ');
            store.put(&format!("{LEDGER}{key}/1.json"), bytes, Condition::Always).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        for (bytes, expected) in [(499, vec![]), (999, vec![4]), (5999, vec![3, 4]), (6000, vec![2, 3, 4])] {
            let limits = HistoryLimits { bytes, ..HistoryLimits::newest(60) };
            let history = history_within(&store, "p", &limits).await.unwrap().unwrap();
            assert_eq!(history.files.iter().map(|past| past.read).collect::<Vec<_>>(), expected, "{bytes}");
            assert_eq!(history.without_room, 4 - history.files.len() as u64);
            assert_eq!((history.records, history.unreadable), (4, 0));
        }
    }
}
