//! The folder of a store, opened once: every way begins there and follows no symbolic link.
//!
//! # For readers who change this file
//!
//! A path that is checked and then used is two paths: a process that swaps a folder for a link in between decides where the second one leads.
//! So nothing below the root is ever named by a path from elsewhere. A folder is opened relative to the root, by one `openat2` that
//! stays beneath it and refuses links; what is done in it (`statat`, `renameat`, `unlinkat`, …) names one segment relative to the opened
//! folder. An opened folder stays what it is wherever its name leads by now.
//!
//! Folders are opened for each operation and not kept: a kept one would go on taking files after it was moved away and another one made
//! in its place, and the kernel walks the few segments of a key in a microsecond.
//!
//! Where there is no `openat2` (before Linux 5.6, in some sandboxes, on other systems) the way is walked segment by segment, each one
//! opened relative to the one above with `O_NOFOLLOW`. That is as safe, and takes two calls a segment. A key has no `..`, so no segment
//! leads up.

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
    /// There is no `openat2` here.
    by_segments: AtomicBool,
}

/// The purpose for which a folder is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// To reach what is in it.
    Way,
    /// To list or to sync it.
    Contents,
}

impl Use {
    fn flags(self) -> OFlags {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        match self {
            #[cfg(target_os = "linux")]
            Self::Way => OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            _ => flags | OFlags::RDONLY,
        }
    }
}

/// How files are opened that are to be read: a pipe in the place of a file must not keep its reader waiting.
const READ: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

impl Root {
    /// Opens the root itself, which may be reached through links.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let folder = rustix::fs::open(path, Use::Contents.flags(), Mode::empty())?;
        Ok(Self { folder, by_segments: AtomicBool::new(false) })
    }

    /// Walks all ways segment by segment, as where there is no `openat2`.
    #[cfg(test)]
    pub(super) fn walk_by_segments(&self) {
        self.by_segments.store(true, Ordering::Relaxed);
    }

    /// A folder: `""` is the root, `"a/b/"` or `"a/b"` one below it. [`Errno::LOOP`] if a link is on the way.
    pub(super) fn folder(&self, key: &str, wanted: Use) -> Result<OwnedFd> {
        let way = key.strip_suffix('/').unwrap_or(key);
        self.reach(if way.is_empty() { "." } else { way }, wanted.flags())
    }

    /// Opens a file to read it; the caller looks whether it is a regular one. [`Errno::LOOP`] if it is a link or one is on the way.
    pub(super) fn file(&self, key: &str) -> Result<File> {
        self.reach(key, READ).map(File::from)
    }

    /// Returns the kind of the entry at a key, without opening it.
    pub(super) fn look(&self, key: &str) -> Result<Stat> {
        let (folder, name) = split(key);
        look_in(self.folder(folder, Use::Way)?, name)
    }

    /// A folder that is made if need be, and whether it was there; `made` is called with each folder that has a new name in it.
    pub(super) fn make_folder(
        &self,
        key: &str,
        wanted: Use,
        made: &mut dyn FnMut(&str, &OwnedFd) -> Result<()>,
    ) -> Result<(OwnedFd, bool)> {
        match self.folder(key, wanted) {
            Err(Errno::NOENT) if !key.is_empty() => {}
            found => return found.map(|folder| (folder, true)),
        }
        let (above, name) = split(key.strip_suffix('/').unwrap_or(key));
        let (upper, _) = self.make_folder(above, Use::Contents, made)?;
        let is_new = match rustix::fs::mkdirat(&upper, name, Mode::from_raw_mode(0o777)) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(error),
        };
        if is_new {
            made(above, &upper)?;
        }
        Ok((open_in(&upper, name, wanted.flags())?, !is_new))
    }

    fn reach(&self, way: &str, flags: OFlags) -> Result<OwnedFd> {
        #[cfg(target_os = "linux")]
        if !self.by_segments.load(Ordering::Relaxed) {
            use rustix::fs::{ResolveFlags, openat2};
            let no_links = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
            match openat2(&self.folder, way, flags, Mode::empty(), no_links) {
                // Not known to the kernel, or refused by a sandbox that does not know it; were it the folder that refuses, it
                // would refuse the other way too.
                Err(Errno::NOSYS | Errno::PERM) => self.by_segments.store(true, Ordering::Relaxed),
                reached => return reached,
            }
        }
        let (folders, last) = split(way);
        let mut above = None;
        for segment in folders.split_terminator('/') {
            above = Some(open_in(above.as_ref().unwrap_or(&self.folder), segment, Use::Way.flags())?);
        }
        open_in(above.as_ref().unwrap_or(&self.folder), last, flags)
    }
}

/// The folder of a key, with its slash, and the name in it.
pub(super) fn split(key: &str) -> (&str, &str) {
    key.split_at(key.rfind('/').map_or(0, |slash| slash + 1))
}

/// What has this name in an opened folder, a link itself included.
pub(super) fn look_in(folder: impl AsFd, name: &str) -> Result<Stat> {
    rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
}

/// Opens what has this name in an opened folder; [`Errno::LOOP`] if it is a link.
fn open_in(folder: impl AsFd, name: &str, flags: OFlags) -> Result<OwnedFd> {
    let folder = folder.as_fd();
    match rustix::fs::openat(folder, name, flags | OFlags::NOFOLLOW, Mode::empty()) {
        // A link is no folder either, and is to be called what it is.
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

/// True for a regular file.
pub(super) fn is_file(found: &Stat) -> bool {
    kind(found) == FileType::RegularFile
}

/// True for a folder.
pub(super) fn is_folder(found: &Stat) -> bool {
    kind(found) == FileType::Directory
}

/// True for a symbolic link.
pub(super) fn is_link(found: &Stat) -> bool {
    kind(found) == FileType::Symlink
}

/// True if both are the same file or folder.
pub(super) fn is_same(one: &Stat, other: &Stat) -> bool {
    (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
}

/// Makes the names in an opened folder durable; it was opened for its [`Use::Contents`].
pub(super) fn sync(folder: impl AsFd) -> Result<()> {
    match rustix::fs::fsync(folder) {
        // Some network file systems cannot sync a folder.
        Err(Errno::INVAL) => Ok(()),
        done => done,
    }
}
