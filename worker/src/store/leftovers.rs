//! Staging folders of processes: made, marked as in use, and removed when their process has ended.
//!
//! A folder is made as `new-…`, gets the file `alive`, which its process keeps locked, and is then renamed to `run-…`. So if the
//! `alive` of a `run-…` folder can be locked, the process of the folder has ended; and a folder that is still being made is never
//! taken for an abandoned one. A folder without `alive` was abandoned while it was being made or removed, and is removed when it is
//! old.

use std::ffi::CStr;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, flock};
use rustix::io::{Errno, Result};

use super::file_version::object_of;
use super::root::{Use, file_in, folder_in, is_file, look_in};
use crate::clock::Clock;

/// From this age on, a folder that is not marked as in use belongs to no process.
const ABANDONED_AGE: Duration = Duration::from_secs(600);

/// Maximum number of folder names that are tried.
const NAMES: u32 = 1000;

/// Maximum number of leftovers that are removed at once; the rest is removed the next time.
const AT_ONCE: usize = 10_000;

/// The folder of this process in the staging folder.
pub(super) struct OwnFolder {
    pub(super) folder: OwnedFd,
    /// The file that is locked as long as the process runs.
    pub(super) alive: File,
    pub(super) name: String,
    /// Whether the folder is marked as in use; false if the file system has no locks.
    pub(super) is_marked: bool,
}

/// Makes the folder of this process in the staging folder that all processes share.
pub(super) fn make_own_folder(staging: &OwnedFd) -> Result<OwnFolder> {
    let now = Clock::System.now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let mut tried = 0;
    let name = loop {
        // Other processes, on other machines too, may begin at the same time: a name that exists belongs to one of them.
        let name = format!("{:x}-{:x}-{tried:x}", std::process::id(), now);
        match rustix::fs::mkdirat(staging, format!("new-{name}"), Mode::from_raw_mode(0o700)) {
            Err(Errno::EXIST) if tried < NAMES => tried += 1,
            made => break made.map(|()| name)?,
        }
    };
    let begun = format!("new-{name}");
    let own = folder_in(staging, &begun, Use::Contents)?;
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let alive = File::from(rustix::fs::openat(&own, "alive", flags, Mode::from_raw_mode(0o600))?);
    let is_marked = flock(&alive, FlockOperation::NonBlockingLockExclusive).is_ok();
    let name = format!("run-{name}");
    rustix::fs::renameat(staging, begun, staging, &name)?;
    Ok(OwnFolder { folder: own, alive, name, is_marked })
}

/// Removes the folders of processes that have ended, except the folder named `own`.
pub(super) fn sweep(staging: &OwnedFd, own: Option<&str>) {
    for name in names(staging, AT_ONCE).unwrap_or_default() {
        let is_ours = name.starts_with("run-") || name.starts_with("new-");
        if is_ours
            && own != Some(&name)
            && let Ok(folder) = folder_in(staging, &name, Use::Contents)
            && is_abandoned(&folder, &name)
        {
            remove(staging, &name, &folder);
        }
    }
}

/// Returns true if the process of the folder with this name has ended. A folder that is being made may not have its mark yet.
fn is_abandoned(folder: &OwnedFd, name: &str) -> bool {
    let is_made = !name.starts_with("new-");
    match file_in(folder, "alive") {
        Ok(alive) if is_made && rustix::fs::fstat(&alive).is_ok_and(|found| is_file(&found)) => {
            flock(&alive, FlockOperation::NonBlockingLockShared).is_ok()
        }
        Ok(_) | Err(Errno::NOENT | Errno::LOOP | Errno::NXIO | Errno::NODEV) => {
            rustix::fs::fstat(folder).is_ok_and(|found| is_old(object_of(String::new(), &found).last_modified))
        }
        // The folder belongs to another user.
        Err(_) => false,
    }
}

/// Removes the regular files of a folder whose names begin with `prefix` and that no process keeps locked. A file is made with a
/// name that begins with `unlocked_prefix`, which itself begins with `prefix`, and is locked before it gets its final name: a
/// file that still has the first name is removed only when it is old.
pub(crate) fn remove_unlocked(folder: &Path, prefix: &str, unlocked_prefix: &str) {
    let Ok(folder) = rustix::fs::open(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
    else {
        return;
    };
    let mut left = Vec::new();
    let listed = each_name(&folder, |name| {
        left.extend(name.to_str().ok().filter(|name| name.starts_with(prefix)).map(str::to_owned));
        left.len() < AT_ONCE
    });
    if listed.is_err() {
        return;
    }
    for name in left {
        let Ok(file) = file_in(&folder, &name) else { continue };
        let is_abandoned = rustix::fs::fstat(&file).is_ok_and(|found| {
            let is_old = !name.starts_with(unlocked_prefix) || is_old(object_of(String::new(), &found).last_modified);
            is_file(&found) && is_old
        });
        if is_abandoned && flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            // Another process may have removed the file.
            let _ = rustix::fs::unlinkat(&folder, &name, AtFlags::empty());
        }
    }
}

/// Returns true for a time that is far from now, in the past or in the future: the clock may have been set back.
fn is_old(modified: SystemTime) -> bool {
    let now = Clock::System.now();
    now.duration_since(modified).or_else(|_| modified.duration_since(now)).is_ok_and(|age| age > ABANDONED_AGE)
}

/// Removes a staging folder: its files, the mark last, then the folder. Anything that is not a file was not made by Sluice, and
/// stays together with the folder.
pub(super) fn remove(staging: &OwnedFd, name: &str, folder: &OwnedFd) {
    for file in names(folder, usize::MAX).unwrap_or_default() {
        if file != "alive" {
            let _ = rustix::fs::unlinkat(folder, file, AtFlags::empty());
        }
    }
    let _ = rustix::fs::unlinkat(folder, "alive", AtFlags::empty());
    let _ = rustix::fs::unlinkat(staging, name, AtFlags::REMOVEDIR);
}

/// Returns at most `most` names in an opened folder. Names that are not UTF-8 are left out: Sluice makes none.
pub(super) fn names(folder: &OwnedFd, most: usize) -> Result<Vec<String>> {
    let mut names = Vec::new();
    each_name(folder, |name| {
        if let Ok(name) = name.to_str()
            && !matches!(name, "." | "..")
        {
            names.push(name.to_owned());
        }
        names.len() < most
    })?;
    Ok(names)
}

/// Returns the latest time of modification of the files in an opened folder; `None` if it has no files.
pub(super) fn latest(folder: &OwnedFd) -> Result<Option<SystemTime>> {
    let mut latest = None;
    for name in names(folder, usize::MAX)? {
        match look_in(folder, &name) {
            Ok(found) if is_file(&found) => latest = latest.max(Some(object_of(String::new(), &found).last_modified)),
            Ok(_) | Err(Errno::NOENT) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(latest)
}

/// Calls `each` with every name in an opened folder until it returns `false`.
fn each_name(folder: impl AsFd, mut each: impl FnMut(&CStr) -> bool) -> Result<()> {
    for entry in rustix::fs::Dir::read_from(folder)? {
        if !each(entry?.file_name()) {
            break;
        }
    }
    Ok(())
}
