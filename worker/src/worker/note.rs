//! The note of a worker: which container it is, and whether it ended by itself.
//!
//! The state machine stops a container that is silent by the ARN in the note. The next attempt at the task sees from the note whether
//! the worker before it has died.

use serde::{Deserialize, Serialize};

use crate::process::Attempt;
use crate::store::{Condition, Store, StoreError, put_json};
use crate::task::RunId;

/// Largest note that is read.
const NOTE_BYTES: usize = 1 << 16;

/// The content of `_sluice/runs/<run>/workers/<task>.json`. The state machine reads `taskArn` in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    /// Number of the attempt.
    attempt: u64,
    /// The container; empty outside ECS.
    task_arn: String,
    /// The worker has ended by itself, so no file has killed it.
    ended: bool,
}

/// The note of this worker.
#[derive(Debug)]
pub(super) struct Note {
    key: String,
    kept: Kept,
    etag: String,
}

impl Note {
    /// Writes the note of this worker. Returns it, and whether the worker of the attempt before has died.
    pub(super) async fn leave(
        source: &dyn Store,
        run: &RunId,
        task: u64,
        attempt: u64,
        task_arn: String,
    ) -> Result<(Self, Attempt), StoreError> {
        let key = run.worker_key(task);
        // Without a note no worker has ever begun.
        let mut after_death = false;
        if attempt > 0 {
            match source.get(&key, NOTE_BYTES).await {
                Ok((_, bytes)) => {
                    after_death = serde_json::from_slice::<Kept>(&bytes).is_ok_and(|before| !before.ended)
                }
                Err(StoreError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let kept = Kept { attempt, task_arn, ended: false };
        let etag = put_json(source, &key, &kept, Condition::Always).await?;
        Ok((Self { key, kept, etag }, Attempt { number: attempt, after_death }))
    }

    /// Says that this worker ends by itself, unless another one has left its note by now.
    pub(super) async fn end(&self, source: &dyn Store) {
        let kept = Kept { ended: true, ..self.kept.clone() };
        match put_json(source, &self.key, &kept, Condition::IfMatch(self.etag.clone())).await {
            Ok(_) | Err(StoreError::Replaced { .. }) => {}
            // The next attempt takes this worker for dead, and does what is left file by file.
            Err(error) => tracing::warn!(%error, "the end of this worker is not written down"),
        }
    }
}
