//! The ledger record of a file version: the commit point.

use std::sync::Arc;

use sluice_engine::report::FileReport;

use crate::context::{Context, FileOutcome};
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

/// Writes the ledger record on this condition. If another run has written the record first, returns the report of that run.
pub(super) async fn write(
    context: &Context,
    key: &str,
    condition: Condition,
    report: FileReport,
) -> Result<FileOutcome, StoreError> {
    let source: &Arc<dyn Store> = &context.source;
    let mut bytes = to_json(&**source, key, &report)?;
    bytes.push(b'\n');
    match source.put_record(key, bytes, condition).await {
        Ok(_) => Ok(FileOutcome::Checked(Box::new(report))),
        Err(StoreError::AlreadyExists { .. }) => {
            let known = read(&**source, key).await?;
            Ok(FileOutcome::Known(Box::new(known.unwrap_or(report))))
        }
        Err(error) => Err(error),
    }
}
