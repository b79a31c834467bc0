//! The folder of a store, opened once: every path begins there and follows no symbolic link.
//!
//! # For readers who change this file
//!
//! A path that is checked and then used is resolved twice: a process that swaps a folder for a link in between decides where the
//! second resolution leads. So nothing below the root is ever opened by a path that is resolved from elsewhere. A folder is opened
//! relative to the root, by one `openat2` that stays beneath it and refuses links; every call in a folder (`statat`, `renameat`,
//! `unlinkat`, …) names one segment relative to the opened folder. An opened folder remains the same folder, wherever its name
//! leads by now.
//!
//! Folders are opened for each operation and not kept open: a folder that is kept open would go on receiving files after it was
//! moved away and another folder was made in its place, and the kernel resolves the few segments of a key in a microsecond.
//!
//! Where `openat2` is missing (before Linux 5.6, in some sandboxes, on other systems), the path is walked segment by segment; each
//! segment is opened relative to the one above with `O_NOFOLLOW`. That is as safe, and takes two calls per segment. A key has no
//! `..`, so no segment leads up.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawMode, Stat};
use rustix::io::{Errno, Result};

/// An opened folder from which all other folders are reached.
#[derive(Debug)]
pub(super) struct Root {
    folder: OwnedFd,
    /// Whether paths are walked segment by segment, because `openat2` is missing here.
    by_segments: AtomicBool,
}

/// The purpose for which a folder is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// To reach entries in the folder.
    Path,
    /// To list or to sync the folder.
    Contents,
}

impl Use {
    fn flags(self) -> OFlags {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        match self {
            #[cfg(target_os = "linux")]
            Self::Path => OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            _ => flags | OFlags::RDONLY,
        }
    }
}

/// The flags with which files are opened for reading: a pipe in the place of a file must not block its reader.
const READ: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

impl Root {
    /// Opens the root itself, which may be reached through links.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let folder = rustix::fs::open(path, Use::Contents.flags(), Mode::empty())?;
        Ok(Self { folder, by_segments: AtomicBool::new(false) })
    }

    /// Walks all paths segment by segment, as on a system without `openat2`.
    #[cfg(test)]
    pub(super) fn walk_by_segments(&self) {
        self.by_segments.store(true, Ordering::Relaxed);
    }

    /// Opens a folder: `""` is the root, `"a/b/"` or `"a/b"` a folder below it. [`Errno::LOOP`] if the path contains a link.
    pub(super) fn folder(&self, key: &str, wanted: Use) -> Result<OwnedFd> {
        let path = key.strip_suffix('/').unwrap_or(key);
        self.reach(if path.is_empty() { "." } else { path }, wanted.flags())
    }

    /// Opens a file for reading; the caller checks that it is a regular file. [`Errno::LOOP`] if the file is a link or the path
    /// contains one.
    pub(super) fn file(&self, key: &str) -> Result<File> {
        self.reach(key, READ).map(File::from)
    }

    /// Returns the kind of the entry at a key, without opening it.
    pub(super) fn look(&self, key: &str) -> Result<Stat> {
        let (folder, name) = split(key);
        look_in(self.folder(folder, Use::Path)?, name)
    }

    /// Opens a folder, which is made with its parents if it does not exist. `made` is
    /// called with each folder in which a new folder was made.
    pub(super) fn make_folder(
        &self,
        key: &str,
        wanted: Use,
        made: &mut dyn FnMut(&str, &OwnedFd) -> Result<()>,
    ) -> Result<MadeFolder> {
        match self.folder(key, wanted) {
            Err(Errno::NOENT) if !key.is_empty() => {}
            found => return found.map(|folder| MadeFolder { folder, existed: true }),
        }
        let (above, name) = split(key.strip_suffix('/').unwrap_or(key));
        let upper = self.make_folder(above, Use::Contents, made)?.folder;
        let is_new = match rustix::fs::mkdirat(&upper, name, Mode::from_raw_mode(0o777)) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(error),
        };
        if is_new {
            made(above, &upper)?;
        }
        Ok(MadeFolder { folder: open_in(&upper, name, wanted.flags())?, existed: !is_new })
    }

    fn reach(&self, path: &str, flags: OFlags) -> Result<OwnedFd> {
        #[cfg(target_os = "linux")]
        if !self.by_segments.load(Ordering::Relaxed) {
            use rustix::fs::{ResolveFlags, openat2};
            let no_links = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
            match openat2(&self.folder, path, flags, Mode::empty(), no_links) {
                // The kernel does not know the call, or a sandbox that does not know it refuses it; if the folder itself refuses,
                // walking by segments is refused, too.
                Err(Errno::NOSYS | Errno::PERM) => self.by_segments.store(true, Ordering::Relaxed),
                reached => return reached,
            }
        }
        let (folders, last) = split(path);
        let mut above = None;
        for segment in folders.split_terminator('/') {
            above = Some(open_in(above.as_ref().unwrap_or(&self.folder), segment, Use::Path.flags())?);
        }
        open_in(above.as_ref().unwrap_or(&self.folder), last, flags)
    }
}

/// A folder that was made if it did not exist.
pub(super) struct MadeFolder {
    pub(super) folder: OwnedFd,
    pub(super) existed: bool,
}

/// Splits a key into its folder, with the slash, and its name in the folder.
pub(super) fn split(key: &str) -> (&str, &str) {
    key.split_at(key.rfind('/').map_or(0, |slash| slash + 1))
}

/// Returns the status of the entry with this name in an opened folder; a link is not followed.
pub(super) fn look_in(folder: impl AsFd, name: &str) -> Result<Stat> {
    rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
}

/// Opens the entry with this name in an opened folder; [`Errno::LOOP`] if the entry is a link.
fn open_in(folder: impl AsFd, name: &str, flags: OFlags) -> Result<OwnedFd> {
    let folder = folder.as_fd();
    match rustix::fs::openat(folder, name, flags | OFlags::NOFOLLOW, Mode::empty()) {
        // The system reports a link as "not a folder"; the error has to say that it is a link.
        Err(Errno::NOTDIR | Errno::MLINK) if look_in(folder, name).is_ok_and(|found| is_link(&found)) => {
            Err(Errno::LOOP)
        }
        opened => opened,
    }
}

/// Opens a subfolder of an opened folder.
pub(super) fn folder_in(folder: impl AsFd, name: &str, wanted: Use) -> Result<OwnedFd> {
    open_in(folder, name, wanted.flags())
}

/// Opens a file of an opened folder to read it, as [`Root::file`].
pub(super) fn file_in(folder: impl AsFd, name: &str) -> Result<File> {
    open_in(folder, name, READ).map(File::from)
}

fn kind(found: &Stat) -> FileType {
    FileType::from_raw_mode(found.st_mode as RawMode)
}

/// Returns true for a regular file.
pub(super) fn is_file(found: &Stat) -> bool {
    kind(found) == FileType::RegularFile
}

/// Returns true for a folder.
pub(super) fn is_folder(found: &Stat) -> bool {
    kind(found) == FileType::Directory
}

/// Returns true for a symbolic link.
pub(super) fn is_link(found: &Stat) -> bool {
    kind(found) == FileType::Symlink
}

/// Returns true if both are the same file or folder.
pub(super) fn is_same(one: &Stat, other: &Stat) -> bool {
    (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
}

/// Makes the names in an opened folder durable; the folder was opened for its [`Use::Contents`].
pub(super) fn sync(folder: impl AsFd) -> Result<()> {
    match rustix::fs::fsync(folder) {
        // Some network file systems cannot sync a folder.
        Err(Errno::INVAL) => Ok(()),
        done => done,
    }
}
