//! An opened folder: the state that a folder store, its walks and its writes share.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::fs::{AtFlags, Stat};
use rustix::io::Errno;

use super::file_version::{Pinned, etag_of, object_of};
use super::gate::Gate;
use super::root::{self, Root, Use, is_file, is_folder, look_in, split};
use super::staging::Staging;
use super::unsynced::Unsynced;
use super::{Object, StoreError};
use crate::key::KEY_BYTES;

/// Where writes are prepared: on the same file system as the root, so that a finished file can be renamed to its place.
pub(super) const STAGING: &str = "_sluice/staging/";

/// Names of this many bytes are taken by every file system in use: the shortest limit is that of eCryptfs, 143 bytes; most have 255.
const SHORT_NAME: usize = 140;

/// The message about an entry that is neither a file nor a folder.
const NO_FILE: &str = "not a regular file; links are not followed, pipes and devices not read: copy the file here";

/// The state that the store, its walks and its writes share.
#[derive(Debug)]
pub(super) struct Folder {
    /// The path of the folder as the user gave it, for messages.
    shown: PathBuf,
    /// The opened root, relative to which everything is opened.
    pub(super) root: Root,
    staging: Mutex<Option<Arc<Staging>>>,
    /// Folders with names that are not durable yet.
    pub(super) unsynced: Unsynced,
    /// Held during a conditional replacement, together with the lock of the file system that keeps other processes out.
    gate: Mutex<Gate>,
}

impl Folder {
    /// Makes the state of an opened folder; `shown` is its path for messages. A write waits at most `patience` for the lock of
    /// another process.
    pub(super) fn new(shown: PathBuf, root: Root, patience: Duration) -> Self {
        let gate = Mutex::new(Gate::new(patience));
        Self { shown, root, staging: Mutex::default(), unsynced: Unsynced::default(), gate }
    }

    /// Returns where an object is, for messages.
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

    /// Refuses a text that cannot be a key here: one that could lead out of the root, or one that S3 would not accept.
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

    /// Refuses a key that [`Folder::check`] refuses, or that has a name too long for the file system. Only the file system knows its limit, so
    /// it is asked about long names.
    pub(super) fn check_names(&self, key: &str) -> Result<(), StoreError> {
        self.check(key)?;
        let mut long = key.split('/').filter(|name| name.len() > SHORT_NAME);
        match long.any(|name| matches!(self.root.look(name), Err(Errno::NAMETOOLONG))) {
            true => Err(self.failed(key, Errno::NAMETOOLONG)),
            false => Ok(()),
        }
    }

    /// Refuses an entry that is not a regular file.
    fn regular(&self, key: &str, found: &Stat) -> Result<(), StoreError> {
        if is_file(found) {
            return Ok(());
        }
        if is_folder(found) {
            return Err(self.failed(key, Errno::ISDIR));
        }
        Err(StoreError::Invalid { at: self.at(key), reason: NO_FILE.to_owned() })
    }

    pub(super) fn head(&self, key: &str) -> Result<Object, StoreError> {
        self.check(key)?;
        match self.root.look(key) {
            // Something else has this name, so there is no object.
            Ok(found) if is_folder(&found) => Err(self.failed(key, Errno::NOENT)),
            // Nothing can have this name, or something else has it on the way.
            Err(Errno::NOTDIR | Errno::NAMETOOLONG) => Err(self.failed(key, Errno::NOENT)),
            Ok(found) => self.regular(key, &found).map(|()| object_of(key.to_owned(), &found)),
            Err(error) => Err(self.failed(key, error)),
        }
    }

    pub(super) fn open(
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
            None => Box::new(Pinned::of_version(file, object.etag.clone(), self.at(key))),
        };
        Ok((object, body))
    }

    pub(super) fn staging(&self) -> Result<Arc<Staging>, StoreError> {
        let mut staging = self.staging.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(staging) = &*staging {
            return Ok(Arc::clone(staging));
        }
        let synced = &mut |_: &str, upper: &OwnedFd| root::sync(upper);
        let made = self.root.make_folder(STAGING, Use::Contents, synced).and_then(|made| Staging::new(made.folder));
        let made = Arc::new(made.map_err(|error| self.failed(STAGING, error))?);
        Ok(Arc::clone(staging.insert(made)))
    }

    /// Removes what killed processes have left, if anything; what cannot be removed is left alone.
    pub(super) fn tidy(&self) {
        if self.staging.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            // The leftovers were removed when this process made its own staging folder.
            return;
        }
        if let Ok(folder) = self.root.folder(STAGING, Use::Contents) {
            Staging::remove_leftovers(&folder, None);
        }
    }

    /// Does `work` while no other process replaces or deletes an object of this folder.
    pub(super) fn alone<T>(&self, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let staging = self.staging()?;
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let _locked = gate.lock(&staging.folder).map_err(|refused| refused.told(self.at(&format!("{STAGING}gate"))))?;
        work()
    }

    /// Returns the entity tag of the entry of this key in its opened folder; `None` if there is no entry. A folder is no object,
    /// and fails as [`Errno::ISDIR`].
    pub(super) fn etag_in(&self, key: &str, folder: &OwnedFd) -> Result<Option<String>, StoreError> {
        match look_in(folder, split(key).1) {
            Ok(found) if is_folder(&found) => Err(self.failed(key, Errno::ISDIR)),
            Ok(found) => Ok(Some(etag_of(&found))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(self.failed(key, error)),
        }
    }

    pub(super) fn delete(&self, key: &str, etag: &str) -> Result<(), StoreError> {
        self.check(key)?;
        let (above, name) = split(key);
        let folder = match self.root.folder(above, Use::Contents) {
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

    pub(super) fn keep_records(&self) -> Result<(), StoreError> {
        let staging = self.staging.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // Without a staging folder this process has written nothing.
        let Some(staging) = staging else { return Ok(()) };
        self.unsynced.sync(&self.root, &staging.folder).map_err(|error| self.failed("_sluice/ledger", error))
    }
}
