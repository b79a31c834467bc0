//! Versions of files: the entity tag that tells them apart.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::Stat;

use super::{Object, StoreError};

/// Returns the entity tag of a file version.
pub(super) fn etag_of(found: &Stat) -> String {
    let nanos = |seconds: i128, nanos: i128| seconds * 1_000_000_000 + nanos;
    let modified = nanos(found.st_mtime.into(), found.st_mtime_nsec.into());
    let changed = nanos(found.st_ctime.into(), found.st_ctime_nsec.into());
    format!("{:x}-{modified:x}-{:x}-{changed:x}", found.st_size, found.st_ino)
}

/// Returns the entity tag of the file at a path.
pub(crate) fn version_of(path: &Path) -> io::Result<String> {
    Ok(etag_of(&rustix::fs::stat(path)?))
}

/// Describes a file as an object of a store.
pub(super) fn object_of(key: String, found: &Stat) -> Object {
    let (seconds, nanos) = (i128::from(found.st_mtime), i128::from(found.st_mtime_nsec));
    let since = Duration::from_secs(u64::try_from(seconds.unsigned_abs()).unwrap_or(u64::MAX));
    let second = if seconds < 0 { UNIX_EPOCH.checked_sub(since) } else { UNIX_EPOCH.checked_add(since) };
    let nanos = Duration::from_nanos(u64::try_from(nanos).unwrap_or(0));
    let last_modified: Option<SystemTime> = second.and_then(|second| second.checked_add(nanos));
    Object {
        key,
        bytes: u64::try_from(found.st_size).unwrap_or(0),
        etag: etag_of(found),
        // A time that cannot be represented counts as the oldest.
        last_modified: last_modified.unwrap_or(UNIX_EPOCH),
    }
}

/// A file whose version is checked again when its end is reached.
pub(crate) struct Pinned {
    file: File,
    etag: String,
    at: String,
}

impl Pinned {
    /// Pins a file to the version with this entity tag; `at` is for messages.
    pub(super) fn of_version(file: File, etag: String, at: String) -> Self {
        Self { file, etag, at }
    }

    /// Pins a file to its current version; `at` is for messages.
    pub(crate) fn new(file: File, at: String) -> io::Result<Self> {
        let etag = etag_of(&rustix::fs::fstat(&file)?);
        Ok(Self { file, etag, at })
    }

    /// Returns the entity tag of the pinned version.
    pub(crate) fn etag(&self) -> &str {
        &self.etag
    }

    /// Returns true if the content of the file is unchanged. A file without a name was replaced or deleted: the kernel counts this
    /// as a change of the file although the content is the same, so the time of change is then left out of the comparison.
    fn is_unchanged(&self, now: &Stat) -> bool {
        let without_change = |etag: &str| etag.rsplit_once('-').map(|(rest, _)| rest.to_owned());
        let now_is = etag_of(now);
        now_is == self.etag || now.st_nlink == 0 && without_change(&now_is) == without_change(&self.etag)
    }
}

impl Read for Pinned {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        if count == 0 && !buffer.is_empty() && !self.is_unchanged(&rustix::fs::fstat(&self.file)?) {
            return Err(StoreError::Changed { at: self.at.clone() }.into_io());
        }
        Ok(count)
    }
}
