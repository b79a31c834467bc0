//! Writes of a folder store: prepared in the staging folder, then renamed to their place.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::file_version::{etag_of, object_of};
use super::leftovers;
use super::open_folder::Folder;
use super::root::{self, MadeFolder, Use, is_folder, is_same, look_in, split};
use super::staging::Staging;
use super::{Condition, Staged, Stamp, StoreError, StoreFuture, blocking};

/// Size of the write buffer, in bytes.
const BUFFER: usize = 64 << 10;

/// Maximum number of attempts to place a file whose folder is removed at the same moment: the folder was empty, and another process
/// removed it to place a file with the folder's name.
const ATTEMPTS: usize = 4;

/// Maximum depth of nested empty folders that are removed.
const EMPTY_LEVELS: usize = 32;

/// The flags with which staged files are made: always a new file, never an existing one.
const CREATE: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A file in the staging folder, and the key that it is written for.
struct Prepared {
    folder: Arc<Folder>,
    staging: Arc<Staging>,
    key: String,
    stamp: Option<Stamp>,
    writer: BufWriter<File>,
    /// Whether the file is a ledger record, whose name need not be durable at once.
    is_record: bool,
    /// The file's name in the staging folder; `None` once the file is in its place.
    name: Option<String>,
}

impl Drop for Prepared {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // A file that cannot be removed now is removed with the staging folder.
            let _ = rustix::fs::unlinkat(&self.staging.own, name, AtFlags::empty());
        }
    }
}

impl Prepared {
    fn new(folder: Arc<Folder>, key: String, stamp: Option<Stamp>, buffer: usize) -> Result<Self, StoreError> {
        folder.check(&key)?;
        let staging = folder.staging()?;
        let name = staging.next.fetch_add(1, Ordering::Relaxed).to_string();
        // The umask is subtracted, as for any other file.
        let file = rustix::fs::openat(&staging.own, &name, CREATE, Mode::from_raw_mode(0o666))
            .map_err(|error| folder.failed(&key, error))?;
        let writer = BufWriter::with_capacity(buffer, File::from(file));
        Ok(Self { folder, staging, key, stamp, writer, is_record: false, name: Some(name) })
    }

    fn failed(&self, error: Errno) -> StoreError {
        self.folder.failed(&self.key, error)
    }

    fn commit(&mut self, condition: &Condition) -> Result<String, StoreError> {
        let at = |error| StoreError::from_io(self.folder.at(&self.key), error);
        self.writer.flush().map_err(at)?;
        if let Some(stamp) = &self.stamp {
            self.writer.get_ref().set_modified(stamp.modified).map_err(at)?;
        }
        self.writer.get_ref().sync_all().map_err(at)?;
        for attempt in 1.. {
            let MadeFolder { folder: into, existed } = self.make_folder()?;
            if self.is_record && existed {
                self.date_last(&into)?;
            }
            match self.put(&into, condition) {
                // The folder was empty, and was removed for another object.
                Err(StoreError::NotFound { .. }) if attempt < ATTEMPTS => {}
                Err(error) => return Err(error),
                Ok(()) => {
                    self.keep_name(&into)?;
                    break;
                }
            }
        }
        let placed = rustix::fs::fstat(self.writer.get_ref()).map_err(|error| self.failed(error))?;
        Ok(etag_of(&placed))
    }

    /// Makes the folder of the file if it does not exist.
    fn make_folder(&self) -> Result<MadeFolder, StoreError> {
        let folder = &self.folder;
        let made = &mut |key: &str, upper: &OwnedFd| match self.is_record {
            true => folder.unsynced.add(&folder.root, &self.staging.folder, key),
            false => root::sync(upper),
        };
        let wanted = if self.is_record { Use::Contents } else { Use::Path };
        folder.root.make_folder(split(&self.key).0, wanted, made).map_err(|error| self.failed(error))
    }

    fn put(&mut self, into: &OwnedFd, condition: &Condition) -> Result<(), StoreError> {
        if *condition == Condition::IfAbsent && self.put_new(into)? {
            return Ok(());
        }
        self.replace(into, condition)
    }

    /// Moves the file to its place if there is nothing: one operation of the file system, which needs no lock, as another process
    /// that replaces or deletes an object sees the file either present or absent. Returns false if the file system has no such
    /// operation.
    fn put_new(&mut self, into: &OwnedFd) -> Result<bool, StoreError> {
        let target = split(&self.key).1;
        let Some(name) = &self.name else { return Err(self.committed_before()) };
        let own = &self.staging.own;
        let mut placed = rename_new(own, name, into, target);
        if placed == Err(Errno::EXIST) && remove_empty_folder(into, target) {
            placed = rename_new(own, name, into, target);
        }
        match placed {
            Ok(true) => {
                self.name = None;
                Ok(true)
            }
            Ok(false) => Ok(false),
            Err(Errno::EXIST) => {
                // A folder in the place of the file is a different error.
                self.folder.etag_in(&self.key, into)?;
                Err(StoreError::AlreadyExists { at: self.folder.at(&self.key) })
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Moves the file to its place if the published object meets the condition.
    fn replace(&mut self, into: &OwnedFd, condition: &Condition) -> Result<(), StoreError> {
        let folder = Arc::clone(&self.folder);
        let at = || folder.at(&self.key);
        let target = split(&self.key).1;
        let name = self.name.as_ref().ok_or_else(|| self.committed_before())?;
        folder.alone(|| {
            remove_empty_folder(into, target);
            let there = folder.etag_in(&self.key, into)?;
            match condition {
                Condition::Always => {}
                Condition::IfAbsent if there.is_none() => {}
                Condition::IfAbsent => return Err(StoreError::AlreadyExists { at: at() }),
                Condition::IfMatch(wanted) if there.as_ref() == Some(wanted) => {}
                Condition::IfMatch(_) => return Err(StoreError::Replaced { at: at() }),
            }
            rustix::fs::renameat(&self.staging.own, name, into, target).map_err(|error| folder.failed(&self.key, error))
        })?;
        self.name = None;
        Ok(())
    }

    fn committed_before(&self) -> StoreError {
        StoreError::Invalid { at: self.folder.at(&self.key), reason: "the write was committed before".to_owned() }
    }

    /// Makes the name of the file durable: at once, or for a record later.
    fn keep_name(&self, into: &OwnedFd) -> Result<(), StoreError> {
        let folder = &self.folder;
        if !self.is_record {
            return name_kept(folder, &self.key, into);
        }
        let added = folder.unsynced.add(&folder.root, &self.staging.folder, split(&self.key).0);
        added.map_err(|error| self.failed(error))
    }

    /// Dates a record after all others in its folder, which belong to other versions of the same file: the planner tells by these
    /// dates which version was published last, and the clock may have been set back since another record was written.
    fn date_last(&self, into: &OwnedFd) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let Some(latest) = leftovers::latest(into).map_err(failed)? else { return Ok(()) };
        let own = rustix::fs::fstat(self.writer.get_ref()).map_err(failed)?;
        let own = object_of(String::new(), &own).last_modified;
        if own <= latest
            && let Some(after) = latest.checked_add(GRAIN)
        {
            let dated = self.writer.get_ref().set_modified(after).and_then(|()| self.writer.get_ref().sync_all());
            dated.map_err(|error| StoreError::from_io(self.folder.at(&self.key), error))?;
        }
        Ok(())
    }
}

/// Makes the name of a key durable whose file was put into the folder `into`. The folder is opened again by its path, and has to be
/// the same folder: a file in a folder that was moved away in the meantime is not where it should be.
pub(super) fn name_kept(folder: &Folder, key: &str, into: &OwnedFd) -> Result<(), StoreError> {
    let moved = || {
        let reason = "its folder was moved away or replaced while it was written".to_owned();
        StoreError::Unreachable { at: folder.at(key), reason }
    };
    let failed = |error| match error {
        Errno::NOENT | Errno::LOOP | Errno::NOTDIR => moved(),
        error => folder.failed(key, error),
    };
    let now = folder.root.folder(split(key).0, Use::Contents).map_err(failed)?;
    let (one, other) = (rustix::fs::fstat(into).map_err(failed)?, rustix::fs::fstat(&now).map_err(failed)?);
    if !is_same(&one, &other) {
        return Err(moved());
    }
    root::sync(&now).map_err(failed)
}

/// The coarsest resolution of times among the file systems in use (FAT).
const GRAIN: std::time::Duration = std::time::Duration::from_secs(2);

/// Renames to a name that does not exist yet. Returns false if the system cannot do that in one operation.
fn rename_new(from: &OwnedFd, name: &str, into: &OwnedFd, target: &str) -> rustix::io::Result<bool> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    match rustix::fs::renameat_with(from, name, into, target, rustix::fs::RenameFlags::NOREPLACE) {
        // Not every file system and not every sandbox has this call.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => {}
        renamed => return renamed.map(|()| true),
    }
    match rustix::fs::linkat(from, name, into, target, AtFlags::empty()) {
        Ok(()) => {
            // A file that cannot be removed now is removed with the staging folder.
            let _ = rustix::fs::unlinkat(from, name, AtFlags::empty());
            Ok(true)
        }
        Err(Errno::OPNOTSUPP | Errno::PERM | Errno::NOSYS | Errno::MLINK | Errno::ACCESS) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes an empty folder that is in the place of an object: such folders remain from objects with longer keys. Returns true if
/// there was one.
fn remove_empty_folder(into: impl AsFd, name: &str) -> bool {
    look_in(into.as_fd(), name).is_ok_and(|found| is_folder(&found)) && remove_empty(into.as_fd(), name, EMPTY_LEVELS)
}

/// Removes a folder that contains only folders without files. Returns true if the folder was removed.
fn remove_empty(above: impl AsFd, name: &str, levels: usize) -> bool {
    let removed = || rustix::fs::unlinkat(above.as_fd(), name, AtFlags::REMOVEDIR);
    match removed() {
        Ok(()) => return true,
        Err(Errno::NOTEMPTY | Errno::EXIST) if levels > 0 => {}
        Err(_) => return false,
    }
    let Ok(folder) = root::folder_in(above.as_fd(), name, Use::Contents) else { return false };
    let Ok(names) = leftovers::names(&folder, 2) else { return false };
    names.iter().all(|inner| remove_empty(&folder, inner, levels - 1)) && removed().is_ok()
}

/// A staged file that a blocking thread can commit while its handle waits.
pub(super) struct StagedFile(Arc<Mutex<Prepared>>);

impl StagedFile {
    /// Begins the write of `key`.
    pub(super) fn begin(folder: Arc<Folder>, key: String, stamp: Option<Stamp>) -> Result<Self, StoreError> {
        let prepared = Prepared::new(folder, key, stamp, BUFFER)?;
        Ok(Self(Arc::new(Mutex::new(prepared))))
    }

    /// Writes a record; see [`super::Store::put_record`].
    pub(super) fn put_record(
        folder: Arc<Folder>,
        key: String,
        bytes: &[u8],
        condition: &Condition,
    ) -> Result<String, StoreError> {
        // The record is written in one piece, so the buffer would only copy it.
        let mut prepared = Prepared::new(folder, key, None, 0)?;
        prepared.is_record = true;
        let written = prepared.writer.write_all(bytes);
        written.map_err(|error| StoreError::from_io(prepared.folder.at(&prepared.key), error))?;
        prepared.commit(condition)
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).writer.flush()
    }
}

impl Staged for StagedFile {
    fn commit(&mut self, condition: Condition) -> StoreFuture<'_, String> {
        let file = Arc::clone(&self.0);
        Box::pin(blocking(move || file.lock().unwrap_or_else(PoisonError::into_inner).commit(&condition)))
    }
}
