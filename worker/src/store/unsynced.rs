//! Names in folders that are not durable yet.
//!
//! To sync a folder costs as much as to sync a file, and every ledger record has a folder of its own. The bytes of a record are
//! synced before it has its name, so it is there whole or not at all; if the machine fails before the name is durable, the record
//! is not there, and its file is checked once more. So the names of many records are made durable at once, before anybody is told
//! that their files are done.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Folders that wait at most.
const WAITING: usize = 1024;

/// Folders from which the whole file system is synced in one call: for fewer, what other programs have not written yet would
/// take longer.
const MANY: usize = 8;

/// Folders whose names wait.
#[derive(Debug, Default)]
pub(super) struct Unsynced {
    folders: Mutex<BTreeSet<PathBuf>>,
}

impl Unsynced {
    /// A name in this folder waits; `root` is as for [`Unsynced::sync`].
    pub(super) fn wait(&self, root: &Path, folder: PathBuf) -> io::Result<()> {
        let full = {
            let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
            folders.insert(folder);
            folders.len() >= WAITING
        };
        if full { self.sync(root) } else { Ok(()) }
    }

    /// Makes all names durable that wait; all folders are in the file system of `root`.
    pub(super) fn sync(&self, root: &Path) -> io::Result<()> {
        let mut waiting = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        // What could not be synced goes on waiting.
        let synced = if waiting.len() >= MANY && sync_file_system(root)? {
            Ok(())
        } else {
            waiting.iter().try_for_each(|folder| sync_folder(folder))
        };
        if synced.is_ok() {
            waiting.clear();
        }
        synced
    }
}

/// `false` where there is no such call.
#[cfg(target_os = "linux")]
fn sync_file_system(root: &Path) -> io::Result<bool> {
    match rustix::fs::syncfs(File::open(root)?) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn sync_file_system(_root: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Makes a change of names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some network file systems cannot sync a folder.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn names_that_wait_are_synced_few_or_many_and_before_they_are_too_many() {
        let root = tempfile::tempdir().unwrap();
        for count in [1, MANY, WAITING - 1, WAITING] {
            let unsynced = Unsynced::default();
            for number in 0..count {
                let folder = root.path().join(number.to_string());
                std::fs::create_dir_all(&folder).unwrap();
                unsynced.wait(root.path(), folder).unwrap();
            }
            assert_eq!(unsynced.folders.lock().unwrap().len(), count % WAITING);
            unsynced.sync(root.path()).unwrap();
            assert!(unsynced.folders.lock().unwrap().is_empty());
        }
    }

    #[test]
    fn a_folder_that_cannot_be_synced_goes_on_waiting() {
        let root = tempfile::tempdir().unwrap();
        let unsynced = Unsynced::default();
        unsynced.wait(root.path(), root.path().join("gone")).unwrap();
        for _ in 0..2 {
            assert_eq!(unsynced.sync(root.path()).unwrap_err().kind(), io::ErrorKind::NotFound);
        }
    }
}
