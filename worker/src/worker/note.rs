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

/// A note that was written.
#[derive(Debug)]
pub(super) struct LeftNote {
    pub(super) note: Note,
    /// The attempt, and whether the worker of the attempt before has died.
    pub(super) attempt: Attempt,
}

/// The note that is there before this worker writes its own.
struct FoundNote {
    note: Option<StoredNote>,
    /// The condition under which it is still the same.
    condition: Condition,
}

impl FoundNote {
    fn none() -> Self {
        Self { note: None, condition: Condition::IfAbsent }
    }

    async fn find(source: &dyn Store, key: &str) -> Result<Self, StoreError> {
        match source.get(key, NOTE_BYTES).await {
            Ok((object, bytes)) => {
                Ok(Self { note: serde_json::from_slice(&bytes).ok(), condition: Condition::IfMatch(object.etag) })
            }
            Err(StoreError::NotFound { .. }) => Ok(Self::none()),
            Err(error) => Err(error),
        }
    }
}

impl Note {
    /// Writes the note of this worker.
    ///
    /// A container can start after its attempt was given up, and beside the next one: it leaves the note of a later attempt as it is.
    ///
    /// # Errors
    /// [`StoreError::Replaced`] if a later attempt has begun; other errors of the store.
    pub(super) async fn leave(
        source: &dyn Store,
        run: &RunId,
        task: u64,
        attempt: u64,
        task_arn: String,
    ) -> Result<LeftNote, StoreError> {
        let key = run.worker_key(task);
        let stored = StoredNote { attempt, task_arn, ended: false };
        // The first attempt finds no note as a rule, so it does not look before it writes.
        let mut found = if attempt > 0 { FoundNote::find(source, &key).await? } else { FoundNote::none() };
        loop {
            let FoundNote { note: before, condition } = found;
            if before.as_ref().is_some_and(|before| before.attempt > attempt) {
                return Err(StoreError::Replaced { at: source.locate(&key) });
            }
            match put_json(source, &key, &stored, condition).await {
                Ok(etag) => {
                    // Every worker writes its note before it begins; without a note, no worker has begun.
                    let after_death = attempt > 0 && before.is_some_and(|before| !before.ended);
                    let attempt = Attempt { number: attempt, after_death };
                    return Ok(LeftNote { note: Self { key, stored, etag }, attempt });
                }
                Err(StoreError::AlreadyExists { .. } | StoreError::Replaced { .. } | StoreError::NotFound { .. }) => {
                    found = FoundNote::find(source, &key).await?;
                }
                Err(error) => return Err(error),
            }
        }
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::store::MemoryStore;

    async fn leave(store: &MemoryStore, attempt: u64) -> Result<LeftNote, StoreError> {
        Note::leave(store, &RunId("r".to_owned()), 7, attempt, format!("arn:{attempt}")).await
    }

    async fn noted(store: &MemoryStore) -> (u64, String) {
        let (_, bytes) = store.get(&RunId("r".to_owned()).worker_key(7), NOTE_BYTES).await.unwrap();
        let stored: StoredNote = serde_json::from_slice(&bytes).unwrap();
        (stored.attempt, stored.task_arn)
    }

    #[tokio::test]
    async fn the_next_attempt_reads_how_the_one_before_has_ended() {
        let store = MemoryStore::new();
        let LeftNote { note, attempt: first } = leave(&store, 0).await.unwrap();
        assert!(!first.after_death);
        assert!(leave(&store, 1).await.unwrap().attempt.after_death);
        // The note of the first attempt is replaced, so its end is not noted.
        note.end(&store).await;
        let LeftNote { note, attempt: third } = leave(&store, 2).await.unwrap();
        assert!(third.after_death);
        note.end(&store).await;
        assert!(!leave(&store, 3).await.unwrap().attempt.after_death);
    }

    #[tokio::test]
    async fn a_late_container_leaves_the_note_of_a_later_attempt_alone() {
        let store = MemoryStore::new();
        leave(&store, 1).await.unwrap();
        for late in [0, 1] {
            let left = leave(&store, late).await;
            assert_eq!(left.is_err(), late == 0, "{left:?}");
            assert_eq!(noted(&store).await, (1, "arn:1".to_owned()));
        }
    }
}
