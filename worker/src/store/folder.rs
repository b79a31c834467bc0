//! A store in a folder of the local file system.
//!
//! A key is the path below the root, of at most 1,024 bytes as in S3. The entity tag is made of size, time of modification in
//! nanoseconds, inode and time of change in nanoseconds. The time of change is set by the kernel only: a file has another tag if it
//! is written again, if it is replaced, or if it is changed in place and its time of modification is put back. A file whose
//! permissions or hard links were changed has another tag, too: it is checked once more, with the same result. A file that is
//! changed in place to the same size within one tick of the file system's clock (about 4 ms) has the same tag.
//!
//! Nothing outside the root is read or written: `..` is refused, and no symbolic link below the root is followed, no matter when it
//! was created (a link is listed as ignored; see [`super::root`]). The root itself may be reached through links.
//!
//! A write goes to a file in `_sluice/staging/`, which no listing shows; the file is synced, then renamed to its place, and then
//! its folder is synced, as is every folder in which a new folder was made. What a killed process left in `_sluice/staging/` is
//! removed by the next process. The bytes of a record ([`Store::put_record`]) are synced before the record has its place; the names
//! of many records are synced at once.

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;

use super::gate::PATIENCE;
use super::open_folder::Folder;
use super::root::{self, Root};
use super::staged_file::StagedFile;
use super::walk::Walk;
use super::{Condition, Listing, Object, Scope, Staged, Stamp, Store, StoreError, StoreFuture, blocking};

/// A store in a folder of the local file system.
#[derive(Clone, Debug)]
pub struct FolderStore {
    pub(super) folder: Arc<Folder>,
}

impl FolderStore {
    /// Opens the store in an existing folder.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        Self::waiting(root, PATIENCE)
    }

    /// Like [`FolderStore::open`], but waits at most `patience` for the lock of another process.
    fn waiting(root: &Path, patience: Duration) -> Result<Self, StoreError> {
        let opened = match Root::open(root) {
            Err(Errno::NOTDIR) if root.exists() => {
                let at = root.display().to_string();
                return Err(StoreError::Invalid { at, reason: "this is a file; name a folder".to_owned() });
            }
            opened => opened.map_err(|error| StoreError::from_io(root.display().to_string(), error.into()))?,
        };
        Ok(Self { folder: Arc::new(Folder::new(root.to_owned(), opened, patience)) })
    }

    /// Opens the store in a folder, which is made durably if it does not exist.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn create(root: &Path) -> Result<Self, StoreError> {
        make_durably(root).map_err(|error| not_a_folder(root.display().to_string(), error))?;
        Self::open(root)
    }
}

/// Makes a folder and its missing parents, and syncs each folder in which a new folder was made.
fn make_durably(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = match folder.parent() {
        Some(above) if above != Path::new("") => above,
        _ => Path::new("."),
    };
    make_durably(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
        // A user who may make a folder in `above` may still not be allowed to read it, and then it cannot be opened to be synced.
        Ok(()) => match File::open(above) {
            Ok(above) => Ok(root::sync(above)?),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
            Err(error) => Err(error),
        },
    }
}

/// Describes why a folder cannot be made. The system says "exists already" where a file is in the way, which would mislead.
fn not_a_folder(at: String, error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::AlreadyExists => StoreError::from_io(at, io::ErrorKind::NotADirectory.into()),
        _ => StoreError::from_io(at, error),
    }
}

impl Store for FolderStore {
    fn locate(&self, key: &str) -> String {
        self.folder.at(key)
    }

    fn check_key(&self, key: &str) -> Result<(), StoreError> {
        self.folder.check_names(key)
    }

    fn list(&self, scope: Scope) -> Box<dyn Listing> {
        Box::new(Walk::new(Arc::clone(&self.folder), scope))
    }

    fn is_billed(&self) -> bool {
        false
    }

    fn head<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Object> {
        let (folder, key) = (Arc::clone(&self.folder), key.to_owned());
        Box::pin(blocking(move || folder.head(&key)))
    }

    fn open<'a>(
        &'a self,
        key: &'a str,
        version: Option<&'a str>,
        range: Option<Range<u64>>,
    ) -> StoreFuture<'a, (Object, Box<dyn Read + Send>)> {
        let (folder, key, version) = (Arc::clone(&self.folder), key.to_owned(), version.map(str::to_owned));
        Box::pin(blocking(move || folder.open(&key, version.as_deref(), range)))
    }

    fn stage<'a>(&'a self, key: &'a str, stamp: Option<Stamp>) -> StoreFuture<'a, Box<dyn Staged>> {
        let (folder, key) = (Arc::clone(&self.folder), key.to_owned());
        Box::pin(blocking(move || Ok(Box::new(StagedFile::begin(folder, key, stamp)?) as Box<dyn Staged>)))
    }

    fn delete<'a>(&'a self, key: &'a str, etag: &'a str) -> StoreFuture<'a, ()> {
        let (folder, key, etag) = (Arc::clone(&self.folder), key.to_owned(), etag.to_owned());
        Box::pin(blocking(move || folder.delete(&key, &etag)))
    }

    fn put_record<'a>(&'a self, key: &'a str, bytes: Vec<u8>, condition: Condition) -> StoreFuture<'a, String> {
        let (folder, key) = (Arc::clone(&self.folder), key.to_owned());
        Box::pin(blocking(move || StagedFile::put_record(folder, key, &bytes, &condition)))
    }

    fn keep_records(&self) -> StoreFuture<'_, ()> {
        let folder = Arc::clone(&self.folder);
        Box::pin(blocking(move || folder.keep_records()))
    }

    fn tidy(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let folder = Arc::clone(&self.folder);
        Box::pin(blocking(move || folder.tidy()))
    }
}

#[cfg(test)]
mod tests;
