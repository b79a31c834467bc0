//! The note of a worker: the container that the worker runs in, and whether the worker ended by itself.
//!
//! The state machine stops a silent container by the ARN in the note. The next attempt at the task reads in the note whether the
//! worker before it has died.

use serde::{Deserialize, Serialize};

use crate::process::Attempt;
use crate::store::{Condition, Store, StoreError, put_json};
use crate::task::RunId;

/// Largest note that is read, in bytes.
const NOTE_BYTES: usize = 1 << 16;

/// The content of `_sluice/runs/<run>/workers/<task>.json`. The state machine reads its `taskArn`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredNote {
    /// Number of the attempt.
    attempt: u64,
    /// ARN of the ECS task, which is the container; empty outside ECS.
    task_arn: String,
    /// Whether the worker has ended by itself, so that no file has killed it.
    ended: bool,
}

/// The note of this worker, as written to the store.
#[derive(Debug)]
pub(super) struct Note {
    key: String,
    stored: StoredNote,
    etag: String,
}

impl Note {
    /// Writes the note of this worker. Returns the note, and the attempt with whether the worker of the attempt before has died.
    pub(super) async fn leave(
        source: &dyn Store,
        run: &RunId,
        task: u64,
        attempt: u64,
        task_arn: String,
    ) -> Result<(Self, Attempt), StoreError> {
        let key = run.worker_key(task);
        // Every worker writes its note before it begins; without a note, no worker has begun.
        let mut after_death = false;
        if attempt > 0 {
            match source.get(&key, NOTE_BYTES).await {
                Ok((_, bytes)) => {
                    after_death = serde_json::from_slice::<StoredNote>(&bytes).is_ok_and(|before| !before.ended)
                }
                Err(StoreError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let stored = StoredNote { attempt, task_arn, ended: false };
        let etag = put_json(source, &key, &stored, Condition::Always).await?;
        Ok((Self { key, stored, etag }, Attempt { number: attempt, after_death }))
    }

    /// Notes that this worker ends by itself, unless another worker has replaced the note in the meantime.
    pub(super) async fn end(&self, source: &dyn Store) {
        let stored = StoredNote { ended: true, ..self.stored.clone() };
        match put_json(source, &self.key, &stored, Condition::IfMatch(self.etag.clone())).await {
            Ok(_) | Err(StoreError::Replaced { .. }) => {}
            // The next attempt assumes that this worker has died, and checks the remaining files one at a time.
            Err(error) => tracing::warn!(%error, "the end of this worker is not written down"),
        }
    }
}
