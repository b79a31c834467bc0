//! Where objects are kept: one small trait; S3, a folder and a memory behind it.
//!
//! A store is no file system: keys are texts, there are no folders, a listing is in the order of the keys' bytes, and an
//! object appears whole or not at all. Conditional writes are all the coordination that two runs at once need.

mod error;
mod file_version;
mod folder;
mod gate;
pub mod latency;
mod leftovers;
mod memory;
mod open_folder;
mod root;
pub(crate) mod s3;
mod staged_file;
mod staging;
mod unsynced;
mod walk;

#[cfg(test)]
pub(crate) mod around;
#[cfg(test)]
mod conformance;
#[cfg(test)]
pub(crate) mod fault;

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::io::{Read, Write};
use std::ops::Range;
use std::pin::Pin;
use std::time::SystemTime;

pub use error::StoreError;
pub(crate) use file_version::{Pinned, version_of};
pub use folder::FolderStore;
pub(crate) use leftovers::remove_unlocked;
pub use memory::MemoryStore;
pub use s3::S3Store;
use serde::Serialize;
use tokio::runtime::Handle;

use crate::key::Ignored;
use crate::simulated_time::SimulatedTime;
use crate::used::Requests;

/// The result of a store's operation, later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// An object as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its key.
    pub key: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Entity tag without quotes: another one for every content. Whether the same bytes written again have another one is
    /// up to the store.
    pub etag: String,
    /// When it was written; for an object that was written with a [`Stamp`], see there.
    pub last_modified: SystemTime,
}

/// One step of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// An object.
    Object(Object),
    /// All keys that begin with this, which ends with the delimiter.
    Prefix(String),
    /// Something that is no object and never can be, with a printable name.
    Ignored(Ignored, String),
}

/// The scope of a listing.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Only keys that begin with this.
    pub prefix: String,
    /// Only keys behind this one, in the order of their bytes. Behind a [`Entry::Prefix`], continue from the prefix with
    /// its last character replaced by the next one.
    pub after: Option<String>,
    /// Only keys up to this one, itself included.
    pub until: Option<String>,
    /// Keys that have this behind `prefix` are folded into one [`Entry::Prefix`] that ends with its first occurrence.
    pub delimiter: Option<&'static str>,
}

/// A listing under way: a cursor that holds one page at a time.
pub trait Listing: Send {
    /// The next entries in the order of their bytes; none at the end. After [`StoreError::Busy`] the same ones can be asked for
    /// again.
    fn page(&mut self) -> Answer<'_, Vec<Entry>>;

    /// True if it is known that no entries follow.
    fn ended(&self) -> bool {
        false
    }
}

/// The condition of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing: replace what is there.
    Always,
    /// No object has this key.
    IfAbsent,
    /// The object still has this entity tag.
    IfMatch(String),
}

/// The metadata of a published object: which object it was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Entity tag of the source. A store that cannot keep it drops it.
    pub version: String,
    /// Size of the source, about which the object may have as well: a store need not keep it, and may cut its requests by it.
    pub bytes: u64,
    /// When the source was written. A folder keeps it as the file's time of modification, as `cp -p` does: there it is in
    /// the file itself, set before the file appears, and needs no second file that could be lost or out of step.
    pub modified: SystemTime,
}

/// A store of objects. Every operation is safe to repeat.
pub trait Store: Send + Sync + fmt::Debug {
    /// Where an object is, for a person or another program: an URL or a path.
    fn locate(&self, key: &str) -> String;

    /// Starts a listing; memory is bounded, however many keys there are.
    fn list(&self, scope: Scope) -> Box<dyn Listing>;

    /// Listings that gain from being on their way at once; with 1, a range of keys is never cut to list its parts together.
    fn parallel_listings(&self) -> usize {
        1
    }

    /// Requests that were sent so far, as they are billed; of a store that nobody bills, none.
    fn requests(&self) -> Requests {
        Requests::default()
    }

    /// The object's size, entity tag and time.
    fn head<'a>(&'a self, key: &'a str) -> Answer<'a, Object>;

    /// Opens an object for blocking reads, whole or a range of its bytes. They are for threads beside the event loop.
    ///
    /// With `version`, the bytes are those of that version: [`StoreError::Changed`] when the object is another one, at
    /// once or, through [`std::io::Error`], while it is read.
    fn open<'a>(
        &'a self,
        key: &'a str,
        version: Option<&'a str>,
        range: Option<Range<u64>>,
    ) -> Answer<'a, (Object, Box<dyn Read + Send>)>;

    /// Starts a write. Nothing is seen before [`Staged::commit`]; dropped before, it leaves nothing.
    fn stage<'a>(&'a self, key: &'a str, stamp: Option<Stamp>) -> Answer<'a, Box<dyn Staged>>;

    /// Deletes the object if it still has this entity tag; an object that is not there is no error.
    fn delete<'a>(&'a self, key: &'a str, etag: &'a str) -> Answer<'a, ()>;

    /// Waits until all that was dropped before its commit is put away. A process does this before it ends.
    fn settle(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {})
    }

    /// Removes what processes that were killed have left here; what cannot be removed stays.
    fn tidy(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {})
    }

    /// Writes a small object.
    fn put<'a>(&'a self, key: &'a str, bytes: Vec<u8>, condition: Condition) -> Answer<'a, String> {
        Box::pin(async move {
            let mut staged = self.stage(key, None).await?;
            let mut staged = blocking(move || match staged.write_all(&bytes) {
                Ok(()) => Ok(staged),
                Err(error) => Err(error),
            })
            .await
            .map_err(|error| StoreError::from_io(self.locate(key), error))?;
            staged.commit(condition).await
        })
    }

    /// As [`Store::put`], but a machine that fails before [`Store::keep_records`] may lose the object; it is never there in part.
    /// For what is done again when it is lost. A store that dates objects by another clock than its own dates it after all others
    /// with the same beginning up to the last slash.
    fn put_record<'a>(&'a self, key: &'a str, bytes: Vec<u8>, condition: Condition) -> Answer<'a, String> {
        self.put(key, bytes, condition)
    }

    /// Makes all that [`Store::put_record`] has written durable. Before the result is returned.
    fn keep_records(&self) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Reads a small object: at most `limit` bytes and one more, by which the caller sees that there are more.
    fn get<'a>(&'a self, key: &'a str, limit: usize) -> Answer<'a, (Object, Vec<u8>)> {
        Box::pin(async move {
            let (object, body) = self.open(key, None, None).await?;
            let bytes = blocking(move || {
                let mut bytes = Vec::new();
                body.take(limit as u64 + 1).read_to_end(&mut bytes).map(|_| bytes)
            })
            .await
            .map_err(|error| StoreError::from_io(self.locate(key), error))?;
            Ok((object, bytes))
        })
    }
}

/// A value as JSON, to be written to `key`.
///
/// # Errors
/// When it cannot be written as JSON.
pub(crate) fn to_json(store: &dyn Store, key: &str, value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|error| StoreError::from_io(store.locate(key), error.into()))
}

/// Writes a small object as JSON and returns its entity tag.
///
/// # Errors
/// As [`Store::put`].
pub(crate) async fn put_json(
    store: &dyn Store,
    key: &str,
    value: &impl Serialize,
    condition: Condition,
) -> Result<String, StoreError> {
    let bytes = to_json(store, key, value)?;
    store.put(key, bytes, condition).await
}

/// A write under way: blocking writes, on threads beside the event loop, then the commit.
pub trait Staged: Write + Send {
    /// Makes the object appear, whole and durable, under the condition, and returns its entity tag.
    ///
    /// After [`StoreError::AlreadyExists`] or [`StoreError::Replaced`] the write is still staged: decide anew and commit
    /// again, or drop it.
    fn commit(&mut self, condition: Condition) -> Answer<'_, String>;
}

thread_local! {
    /// This thread drives a future of [`on_one_thread`].
    static BESIDE: Cell<bool> = const { Cell::new(false) };
}

/// Runs blocking work beside the event loop; a panic goes on in the caller.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    if BESIDE.get() {
        // Not a thread of the event loop: this only says that the work may block.
        return tokio::task::block_in_place(work);
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Drives a future on one thread beside the event loop, with all [`blocking`] work in it: a dozen operations on a folder take less
/// time than a dozen changes of threads. Dropped, it drops the future at its next pause.
pub(crate) async fn on_one_thread<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    // A thread beside the event loop must not wait for time that the event loop lets pass.
    if SimulatedTime::current().is_some() {
        return future.await;
    }
    let runtime = Handle::current();
    let (_wanted, dropped) = tokio::sync::oneshot::channel::<()>();
    let driven = blocking(move || {
        let before = BESIDE.replace(true);
        // The thread is used again for other work.
        let _after = Restore(before);
        runtime.block_on(async move {
            tokio::select! {
                biased;
                value = future => Some(value),
                _ = dropped => None,
            }
        })
    });
    match driven.await {
        Some(value) => value,
        // No caller waits for it any more.
        None => std::future::pending().await,
    }
}

/// Puts the mark of the thread back, after a panic too.
struct Restore(bool);

impl Drop for Restore {
    fn drop(&mut self) {
        BESIDE.set(self.0);
    }
}
