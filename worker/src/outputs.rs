//! How outputs appear: the newest upload wins, whatever order runs finish in.
//!
//! A publisher looks at the output first, then at the source: if the source is still the version that was checked, nothing newer
//! was uploaded, and the output is replaced on the condition that it is still the one that was looked at. If the source has
//! changed, a newer version has been uploaded, and the run of that version publishes. No times are compared, except when the source
//! is deleted: then the stamp of the output tells whether it was made from a newer upload.
//!
//! **Small files.** Checking a file of a few KB takes less time than one request, so the cost of a small file is the number of its
//! requests. The source is looked at once for all outputs, after looking at the outputs and before the first write. If the planner
//! has seen no record of any version of the file, its outputs are assumed not to exist: instead of looking at them, the write
//! itself has the condition that there is no such output. If a write is refused, the output is published in the order above. An
//! output that is not written is looked at in any case, as an older version may have left one to be deleted.
//!
//! Why the newest still wins: if the outputs are looked at, "there is no output" is seen before the look at the source, and is the
//! condition of the write after it. If they are not looked at, it is only the condition, and the condition is what counts: whatever
//! a newer version publishes before this write makes this write fail. Either way one case is left: a newer version that leaves no
//! such output (it is refused, or has no rejects) and whose run begins and ends between this run's look at the source and its
//! write. Then the record of this run is younger than the record of that version, which tells the planner that the newer version
//! has to be published again (`ledger`). The clean rows are written before the rejects so that this holds for all outputs: if the
//! newer version has clean rows, those of this run are refused, and nothing else is written.
//!
//! **The same version in two runs.** Outputs that exist may be those of another run for the same version: of a run that was told to check
//! it once more, with a descriptor that was corrected since. So before an output with the time of this upload is replaced, the record of the
//! version is looked for: if there is one, the outputs stay. A run that reaches its outputs before the other run has written its record finds the record when it
//! writes its own, and checks the file once more if that record is of another check (`process::file`).
//!
//! **Forms of the clean rows.** A form that the descriptor does not ask for is looked at only if a version of the file was done
//! before: that version may have been done with another descriptor, and its output in this form is deleted. Looking in every case
//! would cost each file one more request for a form that few descriptors ask for.

use std::io::{self, Write};
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::store::{Condition, Object, Staged, Stamp, Store, StoreError, StoreFuture};

/// Maximum number of attempts at a conditional write. Each failed attempt means that another writer has succeeded.
const ATTEMPTS: usize = 32;

/// Largest size of a small file, in bytes. A refused write of a small file costs no more than a look; a larger file may have to be
/// sent in parts.
pub(crate) const SMALL: u64 = 1 << 20;

/// The file version that outputs are made of.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) source: Arc<dyn Store>,
    pub(crate) file: Object,
    /// Whether the planner has seen that a version of the file was done before, so that outputs are likely to exist.
    pub(crate) replaces: bool,
    /// The key of the version's ledger record, if outputs of a version that has one stay; `None` if the version is checked once more.
    pub(crate) record: Option<String>,
}

impl Origin {
    pub(crate) fn stamp(&self) -> Stamp {
        let Object { etag, bytes, last_modified, .. } = &self.file;
        Stamp { version: etag.clone(), bytes: *bytes, modified: *last_modified }
    }

    /// Returns [`StoreError::Changed`] if a newer version was uploaded, and [`StoreError::AlreadyExists`] if another run has done this
    /// version; `outputs` are the existing outputs that were looked at.
    async fn check_newest(&self, mut outputs: impl Iterator<Item = &Object> + Clone) -> Result<(), StoreError> {
        let uploaded = self.file.last_modified;
        if let Some(record) = &self.record
            && outputs.clone().any(|output| output.last_modified == uploaded)
            && look(&*self.source, record).await?.is_some()
        {
            return Err(StoreError::AlreadyExists { at: self.source.locate(record) });
        }
        let newest = match self.source.head(&self.file.key).await {
            Ok(now) => now.etag == self.file.etag,
            Err(StoreError::NotFound { .. }) => outputs.all(|output| output.last_modified <= uploaded),
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
    /// The content to publish; `None` if there must be no output, so that the output of an older version is deleted.
    pub(crate) staged: Option<&'a mut (dyn Staged + 'static)>,
}

/// Publishes the outputs of a file, in this order.
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

/// Publishes an output that may exist: looks at it and at the source, then writes, and does so again if another writer was faster.
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

/// Writes or deletes an output, on the condition that it is still as it was looked at: `there`, or absent.
async fn write(output: &mut Output<'_>, there: Option<Object>) -> Result<(), StoreError> {
    match (&mut output.staged, there) {
        (None, None) => Ok(()),
        (None, Some(old)) => output.store.delete(output.key, &old.etag).await,
        (Some(staged), None) => staged.commit(Condition::IfAbsent).await.map(drop),
        (Some(staged), Some(old)) => staged.commit(Condition::IfMatch(old.etag)).await.map(drop),
    }
}

/// Returns true if another writer has changed the output since it was looked at.
fn is_overtaken(error: &StoreError) -> bool {
    matches!(error, StoreError::AlreadyExists { .. } | StoreError::Replaced { .. })
}

/// A write that is staged when its first byte is written: most files have no rejects.
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

    /// Returns the staged write, if a byte was written.
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
                let staged: StoreFuture<'_, Box<dyn Staged>> = self.store.stage(&self.key, Some(self.stamp.clone()));
                let staged = self.runtime.block_on(staged).map_err(StoreError::into_io)?;
                self.staged.insert(staged).write(bytes)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.staged.as_mut().map_or(Ok(()), |staged| staged.flush())
    }
}
