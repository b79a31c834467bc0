//! Reads the ledger records of the files that a page shows.

use std::sync::Arc;
use std::time::SystemTime;

use sluice_engine::report::FileReport;

use crate::key::ledger_key;
use crate::ledger::{RecordError, StoredRecord, read_record};
use crate::number_format::counted;
use crate::page::{Contents, DETAILS};
use crate::read_ahead::ReadAhead;
use crate::store::{Store, StoreError};
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
    let (mut records, mut used) = (ReadRecords::default(), 0);
    let (mut unreadable, mut left_out) = (0, 0);
    let mut waiting = wanted(files);
    let mut reading = ReadAhead::new(AHEAD);
    loop {
        while reading.has_room()
            && let Some(file) = waiting.next()
        {
            let key = ledger_key(&file.key, file.etag.as_deref().unwrap_or_default());
            let source = Arc::clone(source);
            reading.start(async move { read_record::<Box<FileReport>>(&*source, &key, RECORD_BYTES).await });
        }
        let Some(read) = reading.next().await else { break };
        match read? {
            None => unreadable += 1,
            Some(StoredRecord { content: Err(RecordError::Damaged(_)), .. }) => unreadable += 1,
            Some(StoredRecord { content: Err(RecordError::TooLarge(_)), .. }) => left_out += 1,
            // Where the page is full depends only on the order of the files, not on how far was read ahead.
            Some(StoredRecord { bytes, .. }) if used + bytes > PAGE_BYTES => {
                left_out += 1 + reading.len() as u64 + waiting.count() as u64;
                break;
            }
            Some(StoredRecord { written, bytes, content: Ok(report) }) => {
                used += bytes;
                records.youngest = records.youngest.max(Some(written));
                contents.add_detail(*report);
            }
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
