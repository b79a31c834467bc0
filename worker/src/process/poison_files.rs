//! Poison files: files that kill their worker.
//!
//! A worker that dies (out of memory, a defect, a lost machine) does not tell which file it was checking last. The next attempt at
//! the task therefore checks the remaining files one at a time, and writes down each file before it begins: if that worker dies
//! too, the file that is written down is the culprit. The attempt after it records that file as failed and goes on with the others,
//! so a file that kills its worker costs two attempts, and no other file is lost.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::key::ledger_key;
use crate::store::{Condition, Store, StoreError, put_json};
use crate::task::{FailureCode, FileFailure, FileLine, RunId};

/// Largest list of poison files that is read, in bytes. Each culprit takes two attempts, and there are a few dozen attempts at most.
const LIST_BYTES: usize = 1 << 20;

/// Which attempt at a task this is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempt {
    /// Number, from 0.
    pub number: u64,
    /// Whether the attempt before ended without a word because its worker died.
    pub after_death: bool,
}

/// A file version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Version {
    key: String,
    etag: String,
    /// Whether the version is checked even if it has a record; then a record does not prove that this run has checked the version.
    force: bool,
}

impl Version {
    fn of(line: &FileLine) -> Self {
        Self { key: line.key.clone(), etag: line.etag.clone(), force: line.force }
    }
}

/// The content of `_sluice/runs/<run>/marks/<task>.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct StoredPoisonFiles {
    /// Files that have killed a worker that was checking no other file.
    culprits: Vec<Version>,
    /// The file that is being checked alone, if any.
    current: Option<Version>,
}

/// The poison files of a task.
pub(super) struct PoisonFiles {
    source: Arc<dyn Store>,
    key: String,
    stored: StoredPoisonFiles,
}

impl PoisonFiles {
    /// Reads what earlier attempts have written down. If the last attempt died, the file that it was checking alone is a culprit, unless the
    /// file has a record: then the worker died after the file was done.
    pub(super) async fn of(
        source: &Arc<dyn Store>,
        run: &RunId,
        task: u64,
        attempt: Attempt,
    ) -> Result<Self, StoreError> {
        let mut poison =
            Self { source: Arc::clone(source), key: run.poison_files_key(task), stored: StoredPoisonFiles::default() };
        if attempt.number == 0 {
            return Ok(poison);
        }
        match source.get(&poison.key, LIST_BYTES).await {
            Ok((_, bytes)) => {
                poison.stored = serde_json::from_slice(&bytes).map_err(|error| StoreError::Invalid {
                    at: source.locate(&poison.key),
                    reason: format!("these are not the marks of a task ({error}); start the run again"),
                })?;
            }
            Err(StoreError::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
        if let Some(current) = poison.stored.current.take() {
            if attempt.after_death && !poison.is_done(&current).await? {
                tracing::error!(key = current.key, "this file has killed its worker");
                poison.stored.culprits.push(current);
            }
            poison.write().await?;
        }
        Ok(poison)
    }

    async fn is_done(&self, version: &Version) -> Result<bool, StoreError> {
        if version.force {
            return Ok(false);
        }
        match self.source.head(&ledger_key(&version.key, &version.etag)).await {
            Ok(_) => Ok(true),
            Err(StoreError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Returns the failure of a file that has killed its worker; `None` if the file has not.
    pub(super) fn failure(&self, line: &FileLine) -> Option<FileFailure> {
        self.stored.culprits.contains(&Version::of(line)).then(|| FileFailure {
            key: line.key.clone(),
            code: FailureCode::KillsWorker,
            message: format!(
                "{}: not checked: two workers died while they checked it, the second one alone with it; look at their logs, give the \
                 task more memory if it ran out of it, or upload a smaller file",
                line.key
            ),
        })
    }

    /// Writes down that this file is being checked alone.
    pub(super) async fn begin(&mut self, line: &FileLine) -> Result<(), StoreError> {
        self.stored.current = Some(Version::of(line));
        self.write().await
    }

    /// Writes down that no file is being checked alone.
    pub(super) async fn end(&mut self) -> Result<(), StoreError> {
        match self.stored.current.take() {
            Some(_) => self.write().await,
            None => Ok(()),
        }
    }

    async fn write(&self) -> Result<(), StoreError> {
        put_json(&*self.source, &self.key, &self.stored, Condition::Always).await.map(drop)
    }
}
