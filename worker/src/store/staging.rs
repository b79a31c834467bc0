//! The folder in which a process prepares its writes.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::atomic::AtomicU64;

use super::leftovers::{self, OwnFolder};

/// The staging folder of this process.
#[derive(Debug)]
pub(super) struct Staging {
    /// The staging folder that all processes share.
    pub(super) folder: OwnedFd,
    pub(super) own: OwnedFd,
    name: String,
    /// Locked as long as the process lives: other processes see by it that `own` is in use.
    _alive: File,
    /// The number that names the next staged file.
    pub(super) next: AtomicU64,
}

impl Drop for Staging {
    fn drop(&mut self) {
        // A folder that cannot be removed now is removed by the next process.
        leftovers::remove(&self.folder, &self.name, &self.own);
    }
}

impl Staging {
    /// Makes the staging folder of this process in `folder`, and removes the folders that killed processes left.
    pub(super) fn new(folder: OwnedFd) -> rustix::io::Result<Self> {
        let OwnFolder { folder: own, alive, name, is_marked } = leftovers::make_own_folder(&folder)?;
        if is_marked {
            Self::remove_leftovers(&folder, Some(&name));
        }
        Ok(Self { folder, own, name, _alive: alive, next: AtomicU64::new(0) })
    }

    /// Removes the folders that killed processes left in the shared staging folder; what cannot be removed is left alone.
    pub(super) fn remove_leftovers(folder: &OwnedFd, own: Option<&str>) {
        leftovers::sweep(folder, own);
    }
}
