//! The ledger record of a file version: the commit point.

use std::sync::Arc;

use sluice_engine::report::FileReport;

use crate::context::Context;
use crate::ledger::{RECORD_BYTES, read_record};
use crate::store::{Condition, Store, StoreError, to_json};

/// Reads the ledger record of a file version; `None` if there is no record.
pub(super) async fn read(source: &dyn Store, key: &str) -> Result<Option<FileReport>, StoreError> {
    let Some(stored) = read_record(source, key, RECORD_BYTES).await? else { return Ok(None) };
    stored.content.map(Some).map_err(|error| StoreError::Invalid {
        at: source.locate(key),
        reason: format!("this is not a ledger record ({error}); check the file again with --force, or \"force\": true"),
    })
}

/// Returns the condition on which the record of a version is written that is checked once more: that it is still the record that is there
/// now.
pub(super) async fn unchanged(source: &dyn Store, key: &str) -> Result<Condition, StoreError> {
    match source.head(key).await {
        Ok(record) => Ok(Condition::IfMatch(record.etag)),
        Err(StoreError::NotFound { .. }) => Ok(Condition::IfAbsent),
        Err(error) => Err(error),
    }
}

/// Writes the ledger record on this condition. If another run has written the record first, returns the report of that run.
pub(super) async fn write(
    context: &Context,
    key: &str,
    condition: Condition,
    report: &FileReport,
) -> Result<Option<FileReport>, StoreError> {
    let source: &Arc<dyn Store> = &context.source;
    let mut bytes = to_json(&**source, key, report)?;
    bytes.push(b'\n');
    match source.put_record(key, bytes, condition).await {
        Ok(_) => Ok(None),
        Err(error @ (StoreError::AlreadyExists { .. } | StoreError::Replaced { .. })) => {
            match read(&**source, key).await? {
                Some(known) => Ok(Some(known)),
                // It was deleted since; the next run checks the file again.
                None => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

/// Returns true if two reports of a file version are of the same check, so that both runs have published the same bytes.
pub(super) fn is_same_check(one: &FileReport, other: &FileReport) -> bool {
    one.engine == other.engine && one.descriptor == other.descriptor
}
