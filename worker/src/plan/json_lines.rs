//! JSON lines that are written to an object while they are made.

use serde::Serialize;

use super::Mode;
use crate::store::{Condition, Staged, Store, StoreError, blocking};

/// Size of the lines that are gathered for one write, in bytes.
const BUFFER: usize = 1 << 20;

/// A writer of JSON lines; if there are no lines, no object is written.
pub(super) struct JsonLines {
    key: String,
    mode: Mode,
    /// Bytes of all lines so far.
    pub(super) length: u64,
    buffer: Vec<u8>,
    staged: Option<Box<dyn Staged>>,
}

impl JsonLines {
    pub(super) fn new(key: String, mode: Mode) -> Self {
        Self { key, mode, length: 0, buffer: Vec::new(), staged: None }
    }

    pub(super) async fn push(&mut self, store: &dyn Store, line: &impl Serialize) -> Result<(), StoreError> {
        let at = || store.locate(&self.key);
        let before = self.buffer.len();
        serde_json::to_writer(&mut self.buffer, line).map_err(|error| StoreError::from_io(at(), error.into()))?;
        self.buffer.push(b'\n');
        self.length += (self.buffer.len() - before) as u64;
        match self.mode {
            Mode::DryRun => self.buffer.clear(),
            Mode::Write => {
                if self.staged.is_none() {
                    self.staged = Some(store.stage(&self.key, None).await?);
                }
                if self.buffer.len() >= BUFFER {
                    self.flush().await.map_err(|error| StoreError::from_io(store.locate(&self.key), error))?;
                }
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> std::io::Result<()> {
        let Some(mut staged) = self.staged.take() else {
            return Ok(());
        };
        let buffer = std::mem::take(&mut self.buffer);
        let staged = blocking(move || staged.write_all(&buffer).map(|()| staged)).await?;
        self.staged = Some(staged);
        Ok(())
    }

    pub(super) async fn commit(&mut self) -> Result<(), StoreError> {
        self.flush().await.map_err(|error| StoreError::from_io(self.key.clone(), error))?;
        match &mut self.staged {
            Some(staged) => staged.commit(Condition::Always).await.map(drop),
            None => Ok(()),
        }
    }
}
