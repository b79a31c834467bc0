//! How outputs appear: the newest upload wins, whatever order runs finish in.
//!
//! A publisher looks at the output first, then at the source: if the source still is the version that was checked,
//! nothing newer was uploaded, and the output that was looked at is replaced on the condition that it still is the same.
//! If not, a newer version has been uploaded, and its own run publishes. No clock is compared, except when the source is
//! gone: then the stamp of the output says whether it was made of a newer upload.
//!
//! **Small files.** A file of a few KB is checked in less time than one request takes, so requests are what it costs. The source is
//! looked at once for both outputs, after them and before the first write. If the planner has seen no record of any version of the
//! file, its outputs are taken not to exist: instead of looking, the write itself asks, with the condition that there is nothing. If it
//! is refused, all is done in the order above. An output that is not written is looked at in any case, as an older version may have
//! left one to be deleted.
//!
//! Why the newest still wins: with a look, "nothing is there" is seen before the look at the source and is the condition of the
//! write after it. Without, it is the condition alone, and it is the condition that counts: whatever a newer version publishes
//! before our write makes that fail. Either way one case is left: a newer version that leaves no such output (it is refused, or has no
//! rejects) and whose run begins and ends between our look at the source and our write. Then our record is younger than the record
//! of that version, which is how the planner tells that it has to be published again (`ledger`). The clean rows are written before
//! the rejects so that this holds for all: if the newer version has clean rows, ours are refused, and nothing follows.
//!
//! **Forms of the clean rows.** A form that the descriptor does not ask for is looked at only if a version of the file was done before:
//! it may have been done with another descriptor, and what is left of it is deleted. Without, each file would cost a request more for
//! what most never ask for.

use std::io::{self, Write};
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::store::{Answer, Condition, Object, Staged, Stamp, Store, StoreError};

/// Attempts at a conditional write. Each failed write means that another writer succeeded.
const ATTEMPTS: usize = 32;

/// Files up to this size are small: a write that is refused costs no more than a look. A larger one may have to be sent in parts.
pub(crate) const SMALL: u64 = 1 << 20;

/// The file version that outputs are made of.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) source: Arc<dyn Store>,
    pub(crate) file: Object,
    /// The planner has seen that a version of the file was done before, so outputs are likely to be there.
    pub(crate) replaces: bool,
}

impl Origin {
    pub(crate) fn stamp(&self) -> Stamp {
        let Object { etag, bytes, last_modified, .. } = &self.file;
        Stamp { version: etag.clone(), bytes: *bytes, modified: *last_modified }
    }

    /// [`StoreError::Changed`] if a newer version was uploaded; `outputs` are those that were looked at and are there.
    async fn check_newest(&self, mut outputs: impl Iterator<Item = &Object>) -> Result<(), StoreError> {
        let newest = match self.source.head(&self.file.key).await {
            Ok(now) => now.etag == self.file.etag,
            Err(StoreError::NotFound { .. }) => outputs.all(|output| output.last_modified <= self.file.last_modified),
            Err(error) => return Err(error),
        };
        match newest {
            true => Ok(()),
            false => Err(StoreError::Changed { at: self.source.locate(&self.file.key) }),
        }
    }
}

/// An output of a file.
pub(crate) struct Output<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) key: &'a str,
    /// What is to be there; `None`: nothing, and what an older version left is deleted.
    pub(crate) staged: Option<&'a mut (dyn Staged + 'static)>,
}

/// Makes the outputs of a file appear, in this order.
pub(crate) async fn publish(outputs: &mut [Output<'_>], origin: &Origin) -> Result<(), StoreError> {
    if origin.file.bytes > SMALL {
        for output in outputs {
            replace(output, origin).await?;
        }
        return Ok(());
    }
    let mut there: Vec<Option<Object>> = outputs.iter().map(|_| None).collect();
    for (output, there) in outputs.iter_mut().zip(&mut there) {
        if output.staged.is_none() || origin.replaces {
            *there = look(output.store, output.key).await?;
        }
    }
    origin.check_newest(there.iter().flatten()).await?;
    for (output, there) in outputs.iter_mut().zip(there) {
        match write(output, there).await {
            Err(error) if is_overtaken(&error) => replace(output, origin).await?,
            written => written?,
        }
    }
    Ok(())
}

/// Replaces a published output.
async fn replace(output: &mut Output<'_>, origin: &Origin) -> Result<(), StoreError> {
    let mut attempt = 0;
    loop {
        let there = look(output.store, output.key).await?;
        origin.check_newest(there.iter()).await?;
        attempt += 1;
        match write(output, there).await {
            Err(error) if is_overtaken(&error) && attempt < ATTEMPTS => {}
            written => return written,
        }
    }
}

async fn look(store: &dyn Store, key: &str) -> Result<Option<Object>, StoreError> {
    match store.head(key).await {
        Ok(object) => Ok(Some(object)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes or deletes an output if what is there still is what it was taken for.
async fn write(output: &mut Output<'_>, there: Option<Object>) -> Result<(), StoreError> {
    match (&mut output.staged, there) {
        (None, None) => Ok(()),
        (None, Some(old)) => output.store.delete(output.key, &old.etag).await,
        (Some(staged), None) => staged.commit(Condition::IfAbsent).await.map(drop),
        (Some(staged), Some(old)) => staged.commit(Condition::IfMatch(old.etag)).await.map(drop),
    }
}

/// Somebody else has written the output since it was looked at.
fn is_overtaken(error: &StoreError) -> bool {
    matches!(error, StoreError::AlreadyExists { .. } | StoreError::Replaced { .. })
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
