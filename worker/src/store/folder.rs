//! A store in a folder of the local file system.
//!
//! A key is the path below the root, of at most 1,024 bytes as in S3. The entity tag is made of size, time of modification in
//! nanoseconds, inode and time of change in nanoseconds. The time of change is the kernel's own and cannot be set: a file that is
//! written again, replaced, or changed in place with its time of modification put back has another tag. So has one whose permissions or
//! hard links were changed: it is checked once more, which changes nothing. A file that is changed in place to the same size within one
//! tick of the file system's clock (about 4 ms) has the same tag.
//!
//! Nothing outside the root is read or written: `..` is refused, and no symbolic link below the root is followed, whenever it came there
//! (it is listed as ignored; see [`super::root`]). The root itself may be reached through links.
//!
//! A write goes to a file in `_sluice/staging/`, which no listing shows; it is synced, then renamed to its place, and the folder is
//! synced, as is every folder that has got a new folder in it. What a killed process left there is removed by the next one. Of a record
//! ([`Store::put_record`]) the bytes are synced before it has its place, the names of many records at once.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, Stat};
use rustix::io::Errno;

use super::gate::{Gate, PATIENCE};
use super::root::{self, Root, Use, is_file, is_folder, look_in, split};
use super::staging::{StagedFile, Staging};
use super::unsynced::Unsynced;
use super::walk::Walk;
use super::{Answer, Condition, Listing, Object, Scope, Staged, Stamp, Store, StoreError, blocking};
use crate::key::KEY_BYTES;

/// Where writes are prepared: on the same file system as the root.
pub(super) const STAGING: &str = "_sluice/staging/";

/// A store in a folder.
#[derive(Clone, Debug)]
pub struct FolderStore {
    pub(super) folder: Arc<Folder>,
}

/// What the store, its walks and its writes share.
#[derive(Debug)]
pub(super) struct Folder {
    /// As it was given, for messages.
    shown: PathBuf,
    /// From which all ways go.
    pub(super) root: Root,
    staging: Mutex<Option<Arc<Staging>>>,
    /// Folders with names that are not durable yet.
    pub(super) unsynced: Unsynced,
    /// Held during a conditional replacement, together with the lock of the file system that keeps other processes out.
    gate: Mutex<Gate>,
}

impl FolderStore {
    /// The store in an existing folder.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        Self::waiting(root, PATIENCE)
    }

    /// As [`FolderStore::open`]; waits so long for the lock of another process.
    fn waiting(root: &Path, patience: Duration) -> Result<Self, StoreError> {
        let opened = match Root::open(root) {
            Err(Errno::NOTDIR) if root.exists() => {
                let at = root.display().to_string();
                return Err(StoreError::Invalid { at, reason: "this is a file; name a folder".to_owned() });
            }
            opened => opened.map_err(|error| StoreError::from_io(root.display().to_string(), error.into()))?,
        };
        let folder = Folder {
            shown: root.to_owned(),
            root: opened,
            staging: Mutex::default(),
            unsynced: Unsynced::default(),
            gate: Mutex::new(Gate::new(patience)),
        };
        Ok(Self { folder: Arc::new(folder) })
    }

    /// The store in a folder that is made if need be, durably.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(root: &Path) -> Result<Self, StoreError> {
        make_durably(root).map_err(|error| not_a_folder(root.display().to_string(), error))?;
        Self::open(root)
    }
}

/// Makes a folder and those above it, and syncs each one that has got a new name in it.
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
        // Who may make a folder in it may still not read it, and then it cannot be opened to be synced.
        Ok(()) => match File::open(above) {
            Ok(above) => Ok(root::sync(above)?),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
            Err(error) => Err(error),
        },
    }
}

/// Making a folder where a file is fails as "exists already", which is the wrong thing to say.
fn not_a_folder(at: String, error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::AlreadyExists => StoreError::from_io(at, io::ErrorKind::NotADirectory.into()),
        _ => StoreError::from_io(at, error),
    }
}

/// The entity tag of a file version.
pub(super) fn etag_of(found: &Stat) -> String {
    let nanos = |seconds: i128, nanos: i128| seconds * 1_000_000_000 + nanos;
    let modified = nanos(found.st_mtime.into(), found.st_mtime_nsec.into());
    let changed = nanos(found.st_ctime.into(), found.st_ctime_nsec.into());
    format!("{:x}-{modified:x}-{:x}-{changed:x}", found.st_size, found.st_ino)
}

/// The same of the file at a path.
pub(crate) fn version_of(path: &Path) -> io::Result<String> {
    Ok(etag_of(&rustix::fs::stat(path)?))
}

/// An object as a file is one.
pub(super) fn object_of(key: String, found: &Stat) -> Object {
    let (seconds, nanos) = (i128::from(found.st_mtime), i128::from(found.st_mtime_nsec));
    let since = Duration::from_secs(u64::try_from(seconds.unsigned_abs()).unwrap_or(u64::MAX));
    let second = if seconds < 0 { UNIX_EPOCH.checked_sub(since) } else { UNIX_EPOCH.checked_add(since) };
    let nanos = Duration::from_nanos(u64::try_from(nanos).unwrap_or(0));
    let last_modified: Option<SystemTime> = second.and_then(|second| second.checked_add(nanos));
    Object {
        key,
        bytes: u64::try_from(found.st_size).unwrap_or(0),
        etag: etag_of(found),
        // A time that is no time is as old as can be.
        last_modified: last_modified.unwrap_or(UNIX_EPOCH),
    }
}

impl Folder {
    pub(super) fn at(&self, key: &str) -> String {
        self.shown.join(key).display().to_string()
    }

    /// Why an operation on a key failed, and what to do.
    pub(super) fn failed(&self, key: &str, error: Errno) -> StoreError {
        let invalid = |reason: &str| StoreError::Invalid { at: self.at(key), reason: reason.to_owned() };
        match error {
            Errno::LOOP => invalid(
                "a symbolic link is here or on the way, and none is followed; use a real folder and a real file",
            ),
            Errno::XDEV => invalid(
                "this is on another file system than _sluice/staging, where writes are prepared, so nothing can be moved here; \
                 mount the other file system at the top of the folder of outputs, or name a folder in it with --clean",
            ),
            Errno::NXIO | Errno::NODEV => invalid(NO_FILE),
            error => StoreError::from_io(self.at(key), error.into()),
        }
    }

    /// Refuses what cannot be a key here: one that could leave the root, and one that S3 would not take.
    pub(super) fn check(&self, key: &str) -> Result<(), StoreError> {
        let invalid = |reason: String| Err(StoreError::Invalid { at: self.at(key), reason });
        if key.len() > KEY_BYTES {
            return invalid(format!("the key has {} bytes, and at most {KEY_BYTES} are taken; shorten it", key.len()));
        }
        let odd = key.split('/').any(|segment| matches!(segment, "" | "." | "..")) || key.contains('\0');
        if odd || key.starts_with(STAGING) {
            return invalid(
                "not a key of a folder; no segment may be empty, . or .., nor lie in _sluice/staging".to_owned(),
            );
        }
        Ok(())
    }

    /// Refuses what is no regular file.
    fn regular(&self, key: &str, found: &Stat) -> Result<(), StoreError> {
        if is_file(found) {
            return Ok(());
        }
        if is_folder(found) {
            return Err(self.failed(key, Errno::ISDIR));
        }
        Err(StoreError::Invalid { at: self.at(key), reason: NO_FILE.to_owned() })
    }

    fn head(&self, key: &str) -> Result<Object, StoreError> {
        self.check(key)?;
        match self.root.look(key) {
            // There is something else, and no object.
            Ok(found) if is_folder(&found) => Err(self.failed(key, Errno::NOENT)),
            Err(Errno::NOTDIR) => Err(self.failed(key, Errno::NOENT)),
            Ok(found) => self.regular(key, &found).map(|()| object_of(key.to_owned(), &found)),
            Err(error) => Err(self.failed(key, error)),
        }
    }

    fn open(
        &self,
        key: &str,
        version: Option<&str>,
        range: Option<Range<u64>>,
    ) -> Result<(Object, Box<dyn Read + Send>), StoreError> {
        self.check(key)?;
        let failed = |error| self.failed(key, error);
        let mut file = self.root.file(key).map_err(failed)?;
        let found = rustix::fs::fstat(&file).map_err(failed)?;
        self.regular(key, &found)?;
        let object = object_of(key.to_owned(), &found);
        if version.is_some_and(|version| version != object.etag) {
            return Err(StoreError::Changed { at: self.at(key) });
        }
        let body: Box<dyn Read + Send> = match range {
            Some(range) => {
                let sought = file.seek(SeekFrom::Start(range.start));
                sought.map_err(|error| StoreError::from_io(self.at(key), error))?;
                Box::new(file.take(range.end.saturating_sub(range.start)))
            }
            None => Box::new(Pinned { file, etag: object.etag.clone(), at: self.at(key) }),
        };
        Ok((object, body))
    }

    pub(super) fn staging(&self) -> Result<Arc<Staging>, StoreError> {
        let mut staging = self.staging.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(staging) = &*staging {
            return Ok(Arc::clone(staging));
        }
        let synced = &mut |_: &str, upper: &OwnedFd| root::sync(upper);
        let made = self.root.make_folder(STAGING, Use::Contents, synced).and_then(|(folder, _)| Staging::new(folder));
        let made = Arc::new(made.map_err(|error| self.failed(STAGING, error))?);
        Ok(Arc::clone(staging.insert(made)))
    }

    /// Removes what killed processes have left, if there is anything; whatever stands in the way is left alone.
    fn tidy(&self) {
        if self.staging.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            // It was done when the own one was made.
            return;
        }
        if let Ok(folder) = self.root.folder(STAGING, Use::Contents) {
            Staging::remove_leftovers(&folder, None);
        }
    }

    /// Does `work` while nobody else replaces or deletes an object of this folder.
    pub(super) fn alone<T>(&self, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let staging = self.staging()?;
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let _locked = gate.lock(&staging.folder).map_err(|refused| refused.told(self.at(&format!("{STAGING}gate"))))?;
        work()
    }

    /// The entity tag of what has this name in an opened folder; a folder is no object, and is [`Errno::ISDIR`].
    pub(super) fn etag_in(&self, key: &str, folder: &OwnedFd) -> Result<Option<String>, StoreError> {
        match look_in(folder, split(key).1) {
            Ok(found) if is_folder(&found) => Err(self.failed(key, Errno::ISDIR)),
            Ok(found) => Ok(Some(etag_of(&found))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(self.failed(key, error)),
        }
    }

    fn delete(&self, key: &str, etag: &str) -> Result<(), StoreError> {
        self.check(key)?;
        let (way, name) = split(key);
        let folder = match self.root.folder(way, Use::Contents) {
            Ok(folder) => folder,
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(()),
            Err(error) => return Err(self.failed(key, error)),
        };
        self.alone(|| match look_in(&folder, name) {
            Err(Errno::NOENT) => Ok(()),
            Ok(found) if is_folder(&found) => Ok(()),
            Ok(found) if etag_of(&found) != etag => Err(StoreError::Replaced { at: self.at(key) }),
            found => found
                .and_then(|_| rustix::fs::unlinkat(&folder, name, AtFlags::empty()))
                .and_then(|()| root::sync(&folder))
                .map_err(|error| self.failed(key, error)),
        })
    }

    fn keep_records(&self) -> Result<(), StoreError> {
        let staging = self.staging.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // Without it nothing was written.
        let Some(staging) = staging else { return Ok(()) };
        self.unsynced.sync(&self.root, &staging.folder).map_err(|error| self.failed("_sluice/ledger", error))
    }
}

/// What is said of anything that is neither a file nor a folder.
const NO_FILE: &str = "not a regular file; links are not followed, pipes and devices not read: copy the file here";

/// A file whose version is looked at again when its end is reached.
pub(crate) struct Pinned {
    file: File,
    etag: String,
    at: String,
}

impl Pinned {
    /// The version is the one at hand; `at` is for messages.
    pub(crate) fn new(file: File, at: String) -> io::Result<Self> {
        let etag = etag_of(&rustix::fs::fstat(&file)?);
        Ok(Self { file, etag, at })
    }

    /// The version at hand.
    pub(crate) fn etag(&self) -> &str {
        &self.etag
    }

    /// A file that has no name any more was replaced or deleted, which is a change of the file to the kernel and none of its content: then
    /// all but the time of change counts.
    fn is_unchanged(&self, now: &Stat) -> bool {
        let without_change = |etag: &str| etag.rsplit_once('-').map(|(rest, _)| rest.to_owned());
        let now_is = etag_of(now);
        now_is == self.etag || now.st_nlink == 0 && without_change(&now_is) == without_change(&self.etag)
    }
}

impl Read for Pinned {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        if count == 0 && !buffer.is_empty() && !self.is_unchanged(&rustix::fs::fstat(&self.file)?) {
            return Err(StoreError::Changed { at: self.at.clone() }.into_io());
        }
        Ok(count)
    }
}

impl Store for FolderStore {
    fn locate(&self, key: &str) -> String {
        self.folder.at(key)
    }

    fn list(&self, scope: Scope) -> Box<dyn Listing> {
        Box::new(Walk::new(Arc::clone(&self.folder), scope))
    }

    fn head<'a>(&'a self, key: &'a str) -> Answer<'a, Object> {
        let (folder, key) = (Arc::clone(&self.folder), key.to_owned());
        Box::pin(blocking(move || folder.head(&key)))
    }

    fn open<'a>(
        &'a self,
        key: &'a str,
        version: Option<&'a str>,
        range: Option<Range<u64>>,
    ) -> Answer<'a, (Object, Box<dyn Read + Send>)> {
        let (folder, key, version) = (Arc::clone(&self.folder), key.to_owned(), version.map(str::to_owned));
        Box::pin(blocking(move || folder.open(&key, version.as_deref(), range)))
    }

    fn stage<'a>(&'a self, key: &'a str, stamp: Option<Stamp>) -> Answer<'a, Box<dyn Staged>> {
        let (folder, key) = (Arc::clone(&self.folder), key.to_owned());
        Box::pin(blocking(move || Ok(Box::new(StagedFile::begin(folder, key, stamp)?) as Box<dyn Staged>)))
    }

    fn delete<'a>(&'a self, key: &'a str, etag: &'a str) -> Answer<'a, ()> {
        let (folder, key, etag) = (Arc::clone(&self.folder), key.to_owned(), etag.to_owned());
        Box::pin(blocking(move || folder.delete(&key, &etag)))
    }

    fn put_record<'a>(&'a self, key: &'a str, bytes: Vec<u8>, condition: Condition) -> Answer<'a, String> {
        let (folder, key) = (Arc::clone(&self.folder), key.to_owned());
        Box::pin(blocking(move || StagedFile::put_record(folder, key, &bytes, &condition)))
    }

    fn keep_records(&self) -> Answer<'_, ()> {
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
