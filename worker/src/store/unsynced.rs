//! Names in folders that are not durable yet.
//!
//! To sync a folder costs as much as to sync a file, and every ledger record has a folder of its own. The bytes of a record are synced
//! before it has its name, so it is there whole or not at all; if the machine fails before the name is durable, the record is not
//! there, and its file is checked once more. So the names of many records are made durable at once, before their files are reported as
//! done.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};

use rustix::io::{Errno, Result};

use super::root::{self, Root, Use};

/// Folders that wait at most.
const WAITING: usize = 1024;

/// Folders from which the whole file system is synced in one call: for fewer, what other programs have not written yet would
/// take longer.
const MANY: usize = 8;

/// Folders whose names wait.
#[derive(Debug, Default)]
pub(super) struct Unsynced {
    /// Their keys.
    folders: Mutex<BTreeSet<String>>,
}

impl Unsynced {
    /// A name in this folder waits; `root` and `staging` are as for [`Unsynced::sync`].
    pub(super) fn wait(&self, root: &Root, staging: &OwnedFd, folder: &str) -> Result<()> {
        let full = {
            let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
            if !folders.contains(folder) {
                folders.insert(folder.to_owned());
            }
            folders.len() >= WAITING
        };
        if full { self.sync(root, staging) } else { Ok(()) }
    }

    /// Makes all names durable that wait. All folders are below `root`, and in the file system of `staging`, where the records were
    /// written before they were renamed.
    pub(super) fn sync(&self, root: &Root, staging: &OwnedFd) -> Result<()> {
        let mut waiting = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.is_empty() {
            return Ok(());
        }
        // Folders that could not be synced go on waiting.
        if waiting.len() < MANY || !sync_file_system(staging)? {
            let mut moved = false;
            for folder in &*waiting {
                match root.folder(folder, Use::Contents) {
                    Ok(folder) => root::sync(folder)?,
                    // It was moved away, with its names.
                    Err(Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => moved = true,
                    Err(error) => return Err(error),
                }
            }
            if moved {
                sync_file_system(staging)?;
            }
        }
        waiting.clear();
        Ok(())
    }
}

/// `false` where there is no such call.
#[cfg(target_os = "linux")]
fn sync_file_system(folder: &OwnedFd) -> Result<bool> {
    match rustix::fs::syncfs(folder) {
        Ok(()) => Ok(true),
        Err(Errno::NOSYS | Errno::PERM) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(target_os = "linux"))]
fn sync_file_system(_folder: &OwnedFd) -> Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn opened() -> (tempfile::TempDir, Root, OwnedFd) {
        let folder = tempfile::tempdir().unwrap();
        let root = Root::open(folder.path()).unwrap();
        let staging = root.folder("", Use::Contents).unwrap();
        (folder, root, staging)
    }

    #[test]
    fn names_that_wait_are_synced_few_or_many_and_before_they_are_too_many() {
        let (folder, root, staging) = opened();
        for count in [1, MANY, WAITING - 1, WAITING] {
            let unsynced = Unsynced::default();
            for number in 0..count {
                std::fs::create_dir_all(folder.path().join(number.to_string())).unwrap();
                unsynced.wait(&root, &staging, &number.to_string()).unwrap();
            }
            assert_eq!(unsynced.folders.lock().unwrap().len(), count % WAITING);
            unsynced.sync(&root, &staging).unwrap();
            assert!(unsynced.folders.lock().unwrap().is_empty());
        }
    }

    #[test]
    fn a_folder_that_was_moved_away_or_replaced_by_a_link_does_not_keep_the_others() {
        let (folder, root, staging) = opened();
        std::os::unix::fs::symlink("/", folder.path().join("link")).unwrap();
        let unsynced = Unsynced::default();
        for key in ["gone", "link", ""] {
            unsynced.wait(&root, &staging, key).unwrap();
        }
        unsynced.sync(&root, &staging).unwrap();
        assert!(unsynced.folders.lock().unwrap().is_empty());
    }

    #[test]
    fn a_folder_that_cannot_be_synced_goes_on_waiting() {
        let (_folder, root, staging) = opened();
        let unsynced = Unsynced::default();
        let too_long = "x".repeat(300);
        unsynced.wait(&root, &staging, &too_long).unwrap();
        for _ in 0..2 {
            assert_eq!(unsynced.sync(&root, &staging), Err(Errno::NAMETOOLONG));
        }
    }
}
