//! A store in a folder of the local file system.
//!
//! A key is the path below the root. The entity tag is made of size, time of modification in nanoseconds and inode: a file
//! that is written again or replaced has another one; a file that is changed in place to the same size within one tick of
//! the file system's clock (about 4 ms) has not.
//!
//! Nothing outside the root is read or written: `..` is refused, and a symbolic link below the root is not followed (it is
//! listed as ignored). The root itself may be one.
//!
//! A write goes to a file in `_sluice/staging/`, which no listing shows; it is synced, then linked (if absent) or renamed
//! to its place, and the folder is synced. What a killed process left there is removed by the next one. Of a record
//! ([`Store::put_record`]) the bytes are synced before it has its place, the names of many records at once.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::staging::{StagedFile, Staging};
use super::unsynced::{Unsynced, sync_folder};
use super::walk::Walk;
use super::{Answer, Condition, Listing, Object, Scope, Staged, Stamp, Store, StoreError, blocking};

/// Where writes are prepared: on the same file system as the root.
pub(super) const STAGING: &str = "_sluice/staging/";

/// A store in a folder.
#[derive(Clone, Debug)]
pub struct FolderStore {
    folder: Arc<Folder>,
}

/// What the store, its walks and its writes share.
#[derive(Debug)]
pub(super) struct Folder {
    /// As it was given, for messages.
    shown: PathBuf,
    /// Absolute, without symbolic links.
    pub(super) root: PathBuf,
    /// The root, from which the ways to its folders are walked.
    opened: File,
    staging: Mutex<Option<Arc<Staging>>>,
    /// Folders with names that are not durable yet.
    pub(super) unsynced: Unsynced,
    /// Held during a conditional replacement, together with the lock of the file system that keeps other processes out.
    replacing: Mutex<()>,
}

impl FolderStore {
    /// The store in an existing folder.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let at = || root.display().to_string();
        let absolute = fs::canonicalize(root).map_err(|error| StoreError::from_io(at(), error))?;
        if !absolute.is_dir() {
            return Err(StoreError::Invalid { at: at(), reason: "this is a file; name a folder".to_owned() });
        }
        let opened = File::open(&absolute).map_err(|error| StoreError::from_io(at(), error))?;
        let folder = Folder {
            shown: root.to_owned(),
            root: absolute,
            opened,
            staging: Mutex::default(),
            unsynced: Unsynced::default(),
            replacing: Mutex::default(),
        };
        Ok(Self { folder: Arc::new(folder) })
    }

    /// The store in a folder that is made if need be.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(root: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(root).map_err(|error| not_a_folder(root.display().to_string(), error))?;
        Self::open(root)
    }
}

/// Making a folder where a file is fails as "exists already", which is the wrong thing to say.
pub(super) fn not_a_folder(at: String, error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::AlreadyExists => StoreError::from_io(at, io::ErrorKind::NotADirectory.into()),
        _ => StoreError::from_io(at, error),
    }
}

/// The entity tag of a file version.
pub(super) fn etag_of(metadata: &Metadata) -> String {
    let nanos = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
    format!("{:x}-{nanos:x}-{:x}", metadata.size(), metadata.ino())
}

impl Folder {
    pub(super) fn at(&self, key: &str) -> String {
        self.shown.join(key).display().to_string()
    }

    /// The path of a key, which stays below the root.
    pub(super) fn path(&self, key: &str) -> Result<PathBuf, StoreError> {
        let odd = key.split('/').any(|segment| matches!(segment, "" | "." | "..")) || key.contains('\0');
        if odd || key.starts_with(STAGING) {
            let reason =
                "not a key of a folder; no segment may be empty, . or .., nor lie in _sluice/staging".to_owned();
            return Err(StoreError::Invalid { at: self.at(key), reason });
        }
        Ok(self.root.join(key))
    }

    /// Refuses a path that leads through a symbolic link.
    pub(super) fn check_inside(&self, key: &str, path: &Path) -> Result<(), StoreError> {
        let parent = path.parent().unwrap_or(&self.root);
        let inside = match self.walk_without_links(parent) {
            Some(walked) => walked,
            None => fs::canonicalize(parent).map(|found| found == parent),
        };
        match inside.map_err(|error| StoreError::from_io(self.at(key), error))? {
            true => Ok(()),
            false => {
                let reason = "a folder on the way is a symbolic link, which is not followed; use a real folder";
                Err(StoreError::Invalid { at: self.at(key), reason: reason.to_owned() })
            }
        }
    }

    /// Whether no symbolic link is on the way from the root to this folder, asked of the kernel in one call instead of one for each
    /// folder on the way. `None` where it cannot be asked so.
    #[cfg(target_os = "linux")]
    fn walk_without_links(&self, folder: &Path) -> Option<io::Result<bool>> {
        use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
        use rustix::io::Errno;

        let way = folder.strip_prefix(&self.root).ok()?;
        if way.as_os_str().is_empty() {
            return Some(Ok(true));
        }
        let (flags, no_links) =
            (OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS);
        match openat2(&self.opened, way, flags, Mode::empty(), no_links) {
            Ok(_) => Some(Ok(true)),
            Err(Errno::LOOP) => Some(Ok(false)),
            Err(error @ (Errno::NOENT | Errno::NOTDIR | Errno::ACCESS)) => Some(Err(error.into())),
            // A kernel before 5.6, or a sandbox that does not know the call.
            Err(_) => None,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn walk_without_links(&self, _folder: &Path) -> Option<io::Result<bool>> {
        None
    }

    fn stat(&self, key: &str) -> Result<(PathBuf, Metadata), StoreError> {
        let path = self.path(key)?;
        let metadata = fs::symlink_metadata(&path).map_err(|error| StoreError::from_io(self.at(key), error))?;
        self.check_inside(key, &path)?;
        if metadata.is_dir() {
            return Err(StoreError::from_io(self.at(key), io::ErrorKind::IsADirectory.into()));
        }
        if !metadata.is_file() {
            let reason = "not a regular file; symbolic links are not followed, copy the file".to_owned();
            return Err(StoreError::Invalid { at: self.at(key), reason });
        }
        Ok((path, metadata))
    }

    fn object(&self, key: &str, metadata: &Metadata) -> Result<Object, StoreError> {
        Ok(Object {
            key: key.to_owned(),
            bytes: metadata.len(),
            etag: etag_of(metadata),
            last_modified: metadata.modified().map_err(|error| StoreError::from_io(self.at(key), error))?,
        })
    }

    fn open(
        &self,
        key: &str,
        version: Option<&str>,
        range: Option<Range<u64>>,
    ) -> Result<(Object, Box<dyn Read + Send>), StoreError> {
        let failed = |error| StoreError::from_io(self.at(key), error);
        let (path, seen) = self.stat(key)?;
        let mut file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        // Something else than what was looked at: a link slipped in between.
        let same = (metadata.dev(), metadata.ino()) == (seen.dev(), seen.ino());
        let object = self.object(key, &metadata)?;
        if !same || version.is_some_and(|version| version != object.etag) {
            return Err(StoreError::Changed { at: self.at(key) });
        }
        let body: Box<dyn Read + Send> = match range {
            Some(range) => {
                file.seek(SeekFrom::Start(range.start)).map_err(failed)?;
                Box::new(file.take(range.end.saturating_sub(range.start)))
            }
            None => Box::new(Pinned::new(file, &metadata, self.at(key))),
        };
        Ok((object, body))
    }

    pub(super) fn staging(&self) -> Result<Arc<Staging>, StoreError> {
        let mut staging = self.staging.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(staging) = &*staging {
            return Ok(Arc::clone(staging));
        }
        let folder = self.root.join(STAGING);
        let made = self.check_made(&folder).and_then(|()| Staging::new(&folder));
        let made = Arc::new(made.map_err(|error| not_a_folder(self.at(STAGING), error))?);
        Ok(Arc::clone(staging.insert(made)))
    }

    fn check_made(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        if fs::canonicalize(folder)? == folder.components().collect::<PathBuf>() {
            Ok(())
        } else {
            Err(io::Error::other("a folder on the way is a symbolic link, which is not followed"))
        }
    }

    /// Does `work` while nobody else replaces or deletes an object of this folder.
    pub(super) fn alone<T>(&self, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let _here = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        let staging = self.staging()?;
        let locked = match staging.gate.lock() {
            Ok(()) => true,
            // Without locks in the file system only this process is kept in order.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => false,
            Err(error) => return Err(StoreError::from_io(self.at(STAGING), error)),
        };
        let done = work();
        if locked {
            // Cannot do harm: the lock goes with the file at the latest.
            let _ = staging.gate.unlock();
        }
        done
    }

    pub(super) fn etag(&self, key: &str, path: &Path) -> Result<Option<String>, StoreError> {
        match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                Err(StoreError::from_io(self.at(key), io::ErrorKind::IsADirectory.into()))
            }
            Ok(metadata) => Ok(Some(etag_of(&metadata))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::from_io(self.at(key), error)),
        }
    }

    fn delete(&self, key: &str, etag: &str) -> Result<(), StoreError> {
        let path = self.path(key)?;
        self.alone(|| match self.etag(key, &path)? {
            None => Ok(()),
            Some(found) if found != etag => Err(StoreError::Replaced { at: self.at(key) }),
            Some(_) => {
                self.check_inside(key, &path)?;
                fs::remove_file(&path)
                    .and_then(|()| sync_folder(path.parent().unwrap_or(&self.root)))
                    .map_err(|error| StoreError::from_io(self.at(key), error))
            }
        })
    }
}

/// A file whose version is looked at again when its end is reached.
pub(crate) struct Pinned {
    file: File,
    etag: String,
    at: String,
}

impl Pinned {
    /// `metadata` is what the version was when it was opened; `at` is for messages.
    pub(crate) fn new(file: File, metadata: &Metadata, at: String) -> Self {
        Self { file, etag: etag_of(metadata), at }
    }
}

impl Read for Pinned {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        if count == 0 && !buffer.is_empty() && etag_of(&self.file.metadata()?) != self.etag {
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
        Box::new(Walk::new(self.folder.root.clone(), scope))
    }

    fn head<'a>(&'a self, key: &'a str) -> Answer<'a, Object> {
        let (folder, key) = (Arc::clone(&self.folder), key.to_owned());
        Box::pin(blocking(move || {
            let (_, metadata) = folder.stat(&key)?;
            folder.object(&key, &metadata)
        }))
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
        Box::pin(blocking(move || {
            folder.unsynced.sync(&folder.root).map_err(|error| StoreError::from_io(folder.at(""), error))
        }))
    }
}

#[cfg(test)]
mod tests;
