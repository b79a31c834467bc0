//! Names in folders that are not durable yet.
//!
//! Syncing a folder costs as much as syncing a file, and every ledger record has a folder of its own. The bytes of a record are
//! synced before it gets its name, so the record is complete or absent; if the machine fails before the name is durable, the record
//! is absent, and its file is checked once more. So the names of many records are made durable at once, before their files are
//! reported as done.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};

use rustix::io::{Errno, Result};

use super::root::{self, Root, Use};

/// Maximum number of folders that wait to be synced.
const WAITING: usize = 1024;

/// Number of waiting folders from which the whole file system is synced in one call: for fewer folders, writing out what other
/// programs have not synced yet would take longer.
const MANY: usize = 8;

/// Folders with names that are not durable yet.
#[derive(Debug, Default)]
pub(super) struct Unsynced {
    /// The keys of the folders.
    folders: Mutex<BTreeSet<String>>,
}

impl Unsynced {
    /// Adds a folder with a name that is not durable yet; syncs all folders if too many wait. `root` and `staging` are as for
    /// [`Unsynced::sync`].
    pub(super) fn add(&self, root: &Root, staging: &OwnedFd, folder: &str) -> Result<()> {
        let full = {
            let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
            if !folders.contains(folder) {
                folders.insert(folder.to_owned());
            }
            folders.len() >= WAITING
        };
        if full { self.sync(root, staging) } else { Ok(()) }
    }

    /// Makes the names in all waiting folders durable. All folders are below `root`, and in the file system of `staging`, where the
    /// records were written before they were renamed.
    pub(super) fn sync(&self, root: &Root, staging: &OwnedFd) -> Result<()> {
        let mut waiting = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.is_empty() {
            return Ok(());
        }
        // Folders that could not be synced remain in the set.
        if waiting.len() < MANY || !sync_file_system(staging)? {
            let mut moved = false;
            for folder in &*waiting {
                match root.folder(folder, Use::Contents) {
                    Ok(folder) => root::sync(folder)?,
                    // The folder was moved away, with its names.
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

/// Syncs the file system of `folder`. Returns false if there is no such call.
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
                unsynced.add(&root, &staging, &number.to_string()).unwrap();
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
            unsynced.add(&root, &staging, key).unwrap();
        }
        unsynced.sync(&root, &staging).unwrap();
        assert!(unsynced.folders.lock().unwrap().is_empty());
    }

    #[test]
    fn a_folder_that_cannot_be_synced_goes_on_waiting() {
        let (_folder, root, staging) = opened();
        let unsynced = Unsynced::default();
        let too_long = "x".repeat(300);
        unsynced.add(&root, &staging, &too_long).unwrap();
        for _ in 0..2 {
            assert_eq!(unsynced.sync(&root, &staging), Err(Errno::NAMETOOLONG));
        }
    }
}
