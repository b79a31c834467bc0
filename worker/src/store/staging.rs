//! Writes of a folder store: prepared aside, then linked or renamed to their place.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempPath;

use super::folder::{Folder, etag_of, not_a_folder};
use super::unsynced::sync_folder;
use super::{Answer, Condition, Staged, Stamp, StoreError, blocking};

/// Bytes gathered for one write.
const BUFFER: usize = 64 << 10;

/// The staging folder of this process.
#[derive(Debug)]
pub(super) struct Staging {
    own: PathBuf,
    /// Locked as long as the process lives: others see by it that `own` is in use.
    _alive: File,
    /// Locked during a conditional replacement.
    pub(super) gate: File,
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What remains is removed by the next process.
        let _ = fs::remove_dir_all(&self.own);
    }
}

impl Staging {
    /// Makes the staging folder of this process in `folder`, and removes those that killed processes left.
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        let gate = File::options().create(true).truncate(false).write(true).open(folder.join("gate"))?;
        // Held until `own` is marked as alive, so that nobody takes it for a leftover.
        let locked = gate.lock().is_ok();
        let own = tempfile::Builder::new().prefix("run-").tempdir_in(folder)?.keep();
        let alive = File::create(own.join("alive"))?;
        if locked && alive.lock().is_ok() {
            for entry in fs::read_dir(folder)?.flatten() {
                let path = entry.path();
                let left = path != own && File::open(path.join("alive")).is_ok_and(|alive| alive.try_lock().is_ok());
                if left {
                    let _ = fs::remove_dir_all(path);
                }
            }
            gate.unlock()?;
        }
        Ok(Self { own, _alive: alive, gate })
    }
}

/// A file in the staging folder with its place to be.
struct Prepared {
    folder: Arc<Folder>,
    key: String,
    target: PathBuf,
    stamp: Option<Stamp>,
    writer: BufWriter<File>,
    /// Its name need not be durable at once.
    is_record: bool,
    /// Removes the file when dropped; taken when the file has got its place.
    path: Option<TempPath>,
}

impl Prepared {
    fn new(folder: Arc<Folder>, key: String, stamp: Option<Stamp>, buffer: usize) -> Result<Self, StoreError> {
        let target = folder.path(&key)?;
        let staging = folder.staging()?;
        let (file, path) = tempfile::Builder::new()
            // Less the umask, as for any other file.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(&staging.own)
            .map_err(|error| StoreError::from_io(folder.at(&key), error))?
            .into_parts();
        let writer = BufWriter::with_capacity(buffer, file);
        Ok(Self { folder, key, target, stamp, writer, is_record: false, path: Some(path) })
    }

    fn commit(&mut self, condition: &Condition) -> Result<String, StoreError> {
        let at = self.folder.at(&self.key);
        let failed = |error| StoreError::from_io(at.clone(), error);
        self.writer.flush().map_err(failed)?;
        let file = self.writer.get_ref();
        if let Some(stamp) = &self.stamp {
            file.set_modified(stamp.modified).map_err(failed)?;
        }
        file.sync_all().map_err(failed)?;
        let etag = etag_of(&file.metadata().map_err(failed)?);
        let parent = self.target.parent().unwrap_or(&self.folder.root).to_owned();
        self.make_folder(&parent).map_err(|error| not_a_folder(at.clone(), error))?;
        self.folder.check_inside(&self.key, &self.target)?;
        if *condition != Condition::IfAbsent || !self.link()? {
            self.rename(condition)?;
        }
        self.sync_names(&parent).map_err(failed)?;
        Ok(etag)
    }

    /// Gives the file its place if nothing is there: one operation of the file system, which needs no lock, as whoever replaces or
    /// deletes an object finds it or does not. `false` in a file system without hard links.
    fn link(&mut self) -> Result<bool, StoreError> {
        let at = || self.folder.at(&self.key);
        let Some(path) = &self.path else { return Err(self.committed_before()) };
        match fs::hard_link(path, &self.target) {
            Ok(()) => {
                self.path = None;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // A folder in its place is another fault.
                self.folder.etag(&self.key, &self.target)?;
                Err(StoreError::AlreadyExists { at: at() })
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) => {
                Ok(false)
            }
            Err(error) => Err(StoreError::from_io(at(), error)),
        }
    }

    /// Gives the file its place, whatever is there, if it is what the condition says.
    fn rename(&mut self, condition: &Condition) -> Result<(), StoreError> {
        let at = self.folder.at(&self.key);
        let folder = Arc::clone(&self.folder);
        folder.alone(|| {
            let there = folder.etag(&self.key, &self.target)?;
            match condition {
                Condition::Always => {}
                Condition::IfAbsent if there.is_none() => {}
                Condition::IfAbsent => return Err(StoreError::AlreadyExists { at: at.clone() }),
                Condition::IfMatch(wanted) if there.as_ref() == Some(wanted) => {}
                Condition::IfMatch(_) => return Err(StoreError::Replaced { at: at.clone() }),
            }
            let path = self.path.take().ok_or_else(|| self.committed_before())?;
            path.persist(&self.target).map_err(|refused| {
                self.path = Some(refused.path);
                StoreError::from_io(at.clone(), refused.error)
            })
        })
    }

    fn committed_before(&self) -> StoreError {
        StoreError::Invalid { at: self.folder.at(&self.key), reason: "the write was committed before".to_owned() }
    }

    /// Makes a change of names in a folder durable, at once or later.
    fn sync_names(&self, folder: &Path) -> io::Result<()> {
        match self.is_record {
            true => self.folder.unsynced.wait(&self.folder.root, folder.to_owned()),
            false => sync_folder(folder),
        }
    }

    /// Makes a folder and those above it, durably.
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        let above = folder.parent().unwrap_or(&self.folder.root);
        self.make_folder(above)?;
        match fs::create_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
            Err(error) => Err(error),
            Ok(()) => self.sync_names(above),
        }
    }
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
        // It is written in one piece, past the buffer.
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
    fn commit(&mut self, condition: Condition) -> Answer<'_, String> {
        let file = Arc::clone(&self.0);
        Box::pin(blocking(move || file.lock().unwrap_or_else(PoisonError::into_inner).commit(&condition)))
    }
}
