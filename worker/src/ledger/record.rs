//! Reads the record of a file version.

use std::time::SystemTime;

use serde::de::DeserializeOwned;
use sluice_engine::report::REPORT_BYTES;

use crate::store::{Store, StoreError, blocking};

/// Largest ledger record that is read back, in bytes.
pub(crate) const RECORD_BYTES: usize = 64 << 20;
const _: () = assert!(REPORT_BYTES < RECORD_BYTES, "what is written is read back");

/// A ledger record that was read.
#[derive(Debug)]
pub(crate) struct StoredRecord<T> {
    /// When the record was written.
    pub(crate) written: SystemTime,
    /// Number of bytes that were read.
    pub(crate) bytes: usize,
    /// The record, or why it is none.
    pub(crate) content: Result<T, RecordError>,
}

/// Why an object of the ledger is not a record that can be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// The object is larger than the limit.
    #[error("it is larger than {0} bytes")]
    TooLarge(usize),
    /// The object is not the JSON of a record.
    #[error(transparent)]
    Damaged(#[from] serde_json::Error),
}

/// Reads a ledger record of at most `most` bytes; `None` if there is no record. `T` has those members of a file report that the caller
/// needs.
///
/// # Errors
/// When the store fails.
pub(crate) async fn read_record<T: DeserializeOwned + Send + 'static>(
    source: &dyn Store,
    key: &str,
    most: usize,
) -> Result<Option<StoredRecord<T>>, StoreError> {
    let (object, bytes) = match source.get(key, most).await {
        Ok(read) => read,
        Err(StoreError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let (written, size) = (object.last_modified, bytes.len());
    let content = match size > most {
        true => Err(RecordError::TooLarge(most)),
        false => blocking(move || serde_json::from_slice(&bytes)).await.map_err(RecordError::from),
    };
    Ok(Some(StoredRecord { written, bytes: size, content }))
}
