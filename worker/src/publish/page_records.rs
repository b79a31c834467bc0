//! Reads the ledger records of the files that a page shows.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::SystemTime;

use sluice_engine::report::FileReport;
use tokio::task::JoinHandle;

use crate::key::ledger_key;
use crate::numerals::counted;
use crate::page::{Contents, DETAILS};
use crate::store::{Store, StoreError, blocking};
use crate::task::FileSummary;

/// Maximum number of records that are read at once.
const AHEAD: usize = 16;

/// Largest ledger record that is read for a page, in bytes: the record of a file with some thousand columns.
pub(super) const RECORD_BYTES: usize = 4 << 20;

/// Maximum size of all records of a page together, in bytes.
pub(super) const PAGE_BYTES: usize = 16 << 20;

/// What was learned from the records that were read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReadRecords {
    /// When the youngest of the records was written.
    pub(super) youngest: Option<SystemTime>,
}

/// The ledger record of a file.
enum Record {
    Report(Box<FileReport>, usize),
    TooLarge,
    /// The record does not exist, or is damaged.
    Unreadable,
}

/// A record that is being read, and when it was written.
type Reading = JoinHandle<Result<(Option<SystemTime>, Record), StoreError>>;

/// Returns the files whose records are read: the first files, as many as a page shows in detail, and all further files with faults.
fn wanted(files: &[FileSummary]) -> impl Iterator<Item = &FileSummary> {
    let checked = files.iter().filter(|file| file.failure.is_none());
    checked.enumerate().filter(|(number, file)| *number < DETAILS || file.has_faults()).map(|(_, file)| file)
}

/// Adds the reports of the worst files to a page, as far as they fit into memory.
///
/// # Errors
/// When the store fails. A record that cannot be read is noted on the page.
pub(super) async fn add_records(
    contents: &mut Contents,
    source: &Arc<dyn Store>,
    files: &[FileSummary],
) -> Result<ReadRecords, StoreError> {
    let (mut records, mut used, mut is_full) = (ReadRecords::default(), 0, false);
    let (mut unreadable, mut left_out) = (0, 0);
    let mut waiting = wanted(files);
    let mut reading: VecDeque<Reading> = VecDeque::new();
    loop {
        while reading.len() < AHEAD
            && !is_full
            && let Some(file) = waiting.next()
        {
            let key = ledger_key(&file.key, file.etag.as_deref().unwrap_or_default());
            reading.push_back(tokio::spawn(read(Arc::clone(source), key)));
        }
        let Some(next) = reading.pop_front() else { break };
        let (written, record) = next.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
        match record {
            Record::Unreadable => unreadable += 1,
            Record::TooLarge => left_out += 1,
            // Where the page is full depends only on the order of the files, not on how far was read ahead.
            Record::Report(_, bytes) if used + bytes > PAGE_BYTES => is_full = true,
            Record::Report(report, bytes) => {
                used += bytes;
                records.youngest = records.youngest.max(written);
                contents.add_detail(*report);
            }
        }
        if is_full {
            reading.iter().for_each(JoinHandle::abort);
            left_out += 1 + reading.len() as u64 + waiting.count() as u64;
            break;
        }
    }
    note(contents, unreadable, left_out);
    Ok(records)
}

fn note(contents: &mut Contents, unreadable: u64, left_out: u64) {
    if unreadable > 0 {
        let records = counted(unreadable, "ledger record");
        contents.notes.push(format!(
            "{records} of this run cannot be read; causes and details of their files are not on this page. sluice run --force checks them again."
        ));
    }
    if left_out > 0 {
        let files = counted(left_out, "more file");
        contents.notes.push(format!(
            "The reports of {files} are too large for this page: causes and details are without them. sluice report reads all."
        ));
    }
}

async fn read(source: Arc<dyn Store>, key: String) -> Result<(Option<SystemTime>, Record), StoreError> {
    let (object, bytes) = match source.get(&key, RECORD_BYTES).await {
        Ok(read) => read,
        Err(StoreError::NotFound { .. }) => return Ok((None, Record::Unreadable)),
        Err(error) => return Err(error),
    };
    let written = Some(object.last_modified);
    if bytes.len() > RECORD_BYTES {
        return Ok((written, Record::TooLarge));
    }
    let parsed = blocking(move || (bytes.len(), serde_json::from_slice(&bytes))).await;
    let record = match parsed {
        (bytes, Ok(report)) => Record::Report(Box::new(report), bytes),
        (_, Err(_)) => Record::Unreadable,
    };
    Ok((written, record))
}
