//! How outputs appear: the newest upload wins, whatever order runs finish in.
//!
//! Whoever publishes looks at the output first, then at the source: if the source still is the version that was checked,
//! nothing newer was uploaded, and the output that was looked at is replaced on the condition that it still is the same.
//! If not, a newer version has been uploaded, and its own run publishes. No clock is compared, except when the source is
//! gone: then the stamp of the output says whether it was made of a newer upload.

use std::io::{self, Write};
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::store::{Answer, Condition, Object, Staged, Stamp, Store, StoreError};

/// Attempts at a conditional write. Each one that fails means that somebody else succeeded.
const ATTEMPTS: usize = 32;

/// The file version that outputs are made of.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) source: Arc<dyn Store>,
    pub(crate) file: Object,
}

impl Origin {
    pub(crate) fn stamp(&self) -> Stamp {
        let Object { etag, bytes, last_modified, .. } = &self.file;
        Stamp { version: etag.clone(), bytes: *bytes, modified: *last_modified }
    }

    /// [`StoreError::Changed`] if a newer version was uploaded.
    async fn check_newest(&self, output: Option<&Object>) -> Result<(), StoreError> {
        let newest = match self.source.head(&self.file.key).await {
            Ok(now) => now.etag == self.file.etag,
            Err(StoreError::NotFound { .. }) => {
                output.is_none_or(|output| output.last_modified <= self.file.last_modified)
            }
            Err(error) => return Err(error),
        };
        match newest {
            true => Ok(()),
            false => Err(StoreError::Changed { at: self.source.locate(&self.file.key) }),
        }
    }
}

/// Puts `staged` in the place of the output `key`, or nothing: then what an older version left there is deleted.
pub(crate) async fn publish(
    clean: &dyn Store,
    key: &str,
    mut staged: Option<&mut (dyn Staged + 'static)>,
    origin: &Origin,
) -> Result<(), StoreError> {
    let mut attempt = 0;
    loop {
        let there = match clean.head(key).await {
            Ok(object) => Some(object),
            Err(StoreError::NotFound { .. }) => None,
            Err(error) => return Err(error),
        };
        origin.check_newest(there.as_ref()).await?;
        let done = match (&mut staged, there) {
            (None, None) => Ok(()),
            (None, Some(old)) => clean.delete(key, &old.etag).await,
            (Some(staged), None) => staged.commit(Condition::IfAbsent).await.map(drop),
            (Some(staged), Some(old)) => staged.commit(Condition::IfMatch(old.etag)).await.map(drop),
        };
        attempt += 1;
        match done {
            Err(StoreError::AlreadyExists { .. } | StoreError::Replaced { .. }) if attempt < ATTEMPTS => {}
            done => return done,
        }
    }
}

/// A write that is staged with its first byte: most files have no rejects.
pub(crate) struct OnFirstByte {
    store: Arc<dyn Store>,
    key: String,
    stamp: Stamp,
    runtime: Handle,
    staged: Option<Box<dyn Staged>>,
}

impl OnFirstByte {
    pub(crate) fn new(store: Arc<dyn Store>, key: String, stamp: Stamp) -> Self {
        Self { store, key, stamp, runtime: Handle::current(), staged: None }
    }

    /// What was staged, if there was a byte.
    pub(crate) fn into_staged(self) -> Option<Box<dyn Staged>> {
        self.staged
    }
}

impl Write for OnFirstByte {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        match &mut self.staged {
            Some(staged) => staged.write(bytes),
            None => {
                let staged: Answer<'_, Box<dyn Staged>> = self.store.stage(&self.key, Some(self.stamp.clone()));
                let staged = self.runtime.block_on(staged).map_err(StoreError::into_io)?;
                self.staged.insert(staged).write(bytes)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.staged.as_mut().map_or(Ok(()), |staged| staged.flush())
    }
}
