//! Stores of objects: one small trait, implemented by S3, a folder and memory.
//!
//! A store is no file system: keys are texts, there are no folders, a listing is in the order of the keys' bytes, and an object
//! appears whole or not at all. Conditional writes are the only coordination that concurrent runs need.

mod error;
mod file_version;
mod folder;
mod gate;
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
mod conformance;
#[cfg(test)]
pub(crate) mod fault;
#[cfg(test)]
pub(crate) mod hooked;

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
use crate::resource_usage::Requests;
use crate::simulated_time::SimulatedTime;

/// The future result of an operation of a store.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// An object as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The key of the object.
    pub key: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Entity tag without quotes: it differs for every content. Whether the tag also differs when the same bytes are written again
    /// depends on the store.
    pub etag: String,
    /// When the object was written. For an object that was written with a [`Stamp`], [`Store::head`] returns [`Stamp::modified`];
    /// an opened or listed object may have either time.
    pub last_modified: SystemTime,
}

/// An item of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// An object.
    Object(Object),
    /// Stands for all keys that begin with this text, which ends with the delimiter.
    Prefix(String),
    /// Something that is no object and never can be, with a printable name.
    Ignored(Ignored, String),
}

/// The scope of a listing.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Only keys that begin with this text are listed.
    pub prefix: String,
    /// Only keys after this key, in the order of their bytes, are listed. To continue after an [`Entry::Prefix`], pass the prefix
    /// with its last character replaced by the next character.
    pub after: Option<String>,
    /// Only keys up to and including this key are listed.
    pub until: Option<String>,
    /// Keys that have this behind `prefix` are folded into one [`Entry::Prefix`] that ends with its first occurrence.
    pub delimiter: Option<&'static str>,
}

/// A listing under way: a cursor that holds one page at a time.
pub trait Listing: Send {
    /// Returns the next entries in the order of their bytes; no entries at the end. After [`StoreError::Busy`] the same page can be
    /// requested again.
    fn page(&mut self) -> StoreFuture<'_, Vec<Entry>>;

    /// Returns true if it is known that no entries follow.
    fn ended(&self) -> bool {
        false
    }
}

/// The condition of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// No condition: an existing object is replaced.
    Always,
    /// There is no object with this key.
    IfAbsent,
    /// The object still has this entity tag.
    IfMatch(String),
}

/// The metadata of a published object: the source object from which it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Entity tag of the source. A store that cannot keep the tag drops it.
    pub version: String,
    /// Size of the source in bytes, which is also an estimate of the size of the published object: a store need not keep the size,
    /// and may choose the size of its requests by it.
    pub bytes: u64,
    /// When the source was written. A folder keeps this time as the file's time of modification, as `cp -p` does: there the time is
    /// in the file itself, is set before the file appears, and needs no second file that could be lost or out of step.
    pub modified: SystemTime,
}

/// A store of objects. Every operation is safe to repeat.
pub trait Store: Send + Sync + fmt::Debug {
    /// Returns where an object is, for a person or another program: a URL or a path.
    fn locate(&self, key: &str) -> String;

    /// Starts a listing; memory is bounded, however many keys there are.
    fn list(&self, scope: Scope) -> Box<dyn Listing>;

    /// The number of listings that are worth running at once; if it is 1, a range of keys is never cut to list its parts in
    /// parallel.
    fn parallel_listings(&self) -> usize {
        1
    }

    /// Returns true if requests cost money.
    fn is_billed(&self) -> bool;

    /// Requests sent so far, as they are billed; all 0 for a store that is not billed.
    fn requests(&self) -> Requests {
        Requests::default()
    }

    /// Returns the size, the entity tag and the time of an object.
    fn head<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Object>;

    /// Opens an object, or a range of its bytes, for blocking reads. The reads belong on threads beside the event loop.
    ///
    /// With `version`, only bytes of that version are returned. If the object is of another version, [`StoreError::Changed`] is
    /// returned, either at once or, through [`std::io::Error`], by a later read.
    fn open<'a>(
        &'a self,
        key: &'a str,
        version: Option<&'a str>,
        range: Option<Range<u64>>,
    ) -> StoreFuture<'a, (Object, Box<dyn Read + Send>)>;

    /// Starts a write. The object does not appear before [`Staged::commit`]; a write that is dropped before leaves nothing behind.
    fn stage<'a>(&'a self, key: &'a str, stamp: Option<Stamp>) -> StoreFuture<'a, Box<dyn Staged>>;

    /// Refuses a key under which nothing could be written, whatever the object is: all outputs of a file are asked for before the first one
    /// appears. No request is sent.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if the key, or a name in it, is too long.
    fn check_key(&self, _key: &str) -> Result<(), StoreError> {
        Ok(())
    }

    /// Deletes the object if it still has this entity tag; it is no error if there is no such object.
    fn delete<'a>(&'a self, key: &'a str, etag: &'a str) -> StoreFuture<'a, ()>;

    /// Waits until every write that was dropped before its commit is cleaned up. A process calls this before it ends.
    fn settle(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {})
    }

    /// Removes what killed processes have left in this store; what cannot be removed stays.
    fn tidy(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {})
    }

    /// Writes a small object and returns its entity tag.
    fn put<'a>(&'a self, key: &'a str, bytes: Vec<u8>, condition: Condition) -> StoreFuture<'a, String> {
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

    /// Like [`Store::put`], but if the machine fails before [`Store::keep_records`], the object may be lost; it is never there in
    /// part. For objects whose work is done again when they are lost. A store that dates objects by a clock other than its own
    /// dates the object after all others whose keys are the same up to the last slash.
    fn put_record<'a>(&'a self, key: &'a str, bytes: Vec<u8>, condition: Condition) -> StoreFuture<'a, String> {
        self.put(key, bytes, condition)
    }

    /// Makes everything that [`Store::put_record`] has written durable before it returns.
    fn keep_records(&self) -> StoreFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Reads a small object: at most `limit` + 1 bytes; the additional byte tells the caller that the object is larger than
    /// `limit`.
    fn get<'a>(&'a self, key: &'a str, limit: usize) -> StoreFuture<'a, (Object, Vec<u8>)> {
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

/// Serializes a value as JSON; `key`, to which it is to be written, is for the message of an error.
///
/// # Errors
/// When the value cannot be serialized.
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
    /// Makes the object appear, whole and durable, if the condition holds. Returns its entity tag.
    ///
    /// After [`StoreError::AlreadyExists`] or [`StoreError::Replaced`] the write is still staged: the caller decides again and
    /// commits once more, or drops the write.
    fn commit(&mut self, condition: Condition) -> StoreFuture<'_, String>;
}

thread_local! {
    /// Whether this thread drives a future of [`on_one_thread`].
    static BESIDE: Cell<bool> = const { Cell::new(false) };
}

/// Runs blocking work on a thread beside the event loop; a panic of the work is resumed in the caller.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    if BESIDE.get() {
        // This is not a thread of the event loop: the call only tells the runtime that the work may block.
        return tokio::task::block_in_place(work);
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Drives a future, with all its [`blocking`] work, on one thread beside the event loop: a dozen operations on a folder take less
/// time than a dozen switches between threads. If the returned future is dropped, `future` is dropped at its next pause.
pub(crate) async fn on_one_thread<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    // In simulated time, a thread beside the event loop must not wait for time that the event loop has to advance.
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
        // The caller has dropped its side, so no one waits for the value any more.
        None => std::future::pending().await,
    }
}

/// Restores the mark of the thread, also after a panic.
struct Restore(bool);

impl Drop for Restore {
    fn drop(&mut self) {
        BESIDE.set(self.0);
    }
}
