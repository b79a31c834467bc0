//! The lock that keeps processes from replacing the same object at once.
//!
//! A conditional replacement compares the published object and then renames the new file over it. Between the two steps no other
//! process may rename, or the newer of two uploads could be lost: no call of the file system does both steps at once. So a
//! replacement that does not get the lock fails, and is made by the next run; it is never made without the lock. Writes of new
//! objects need no lock.
//!
//! Any process that can open the lock file can hold the lock. So the file can be opened only by those who may write here, and every
//! wait for the lock has a limit.

use std::fmt::Write as _;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::fs::{FlockOperation, Mode, OFlags, Stat, flock};
use rustix::io::Errno;

use super::StoreError;
use super::root::is_file;

/// How long a replacement waits for the lock.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The first and the longest pause between two attempts.
const PAUSES: [Duration; 2] = [Duration::from_micros(200), Duration::from_millis(50)];

/// This process's side of the lock: one thread at a time holds it.
#[derive(Debug)]
pub(super) struct Gate {
    patience: Duration,
    file: Option<File>,
    /// Whether another process held the lock for longer than `patience`. From then on each write tries only once, as otherwise all
    /// writes would wait one after the other.
    is_stuck: bool,
}

/// Why the lock could not be taken.
#[derive(Debug)]
pub(super) enum Refused {
    /// Another process holds the lock; its description, if known.
    Held(String),
    /// The name of the lock file belongs to something that is not a file.
    NoFile,
    /// The file system failed.
    Failed(Errno),
}

impl Refused {
    /// Converts the refusal to an error of the store.
    pub(super) fn told(self, at: String) -> StoreError {
        match self {
            Self::Held(by) => {
                let reason = format!(
                    "{by} has held this lock for too long, and nothing can be replaced safely without it; end that process"
                );
                StoreError::Unreachable { at, reason }
            }
            Self::NoFile => {
                let reason =
                    "this has to be a regular file, and is a link, pipe, device or folder; remove it".to_owned();
                StoreError::Invalid { at, reason }
            }
            Self::Failed(error) => StoreError::from_io(at, error.into()),
        }
    }
}

/// Holds the lock, and releases it when dropped.
pub(super) struct Locked<'a>(Option<&'a File>);

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        if let Some(file) = self.0 {
            // An error does no harm: the lock is released with the file at the latest.
            let _ = flock(file, FlockOperation::Unlock);
        }
    }
}

impl Gate {
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, file: None, is_stuck: false }
    }

    /// Waits for the lock, which is a file in the opened staging folder.
    pub(super) fn lock(&mut self, staging: &OwnedFd) -> Result<Locked<'_>, Refused> {
        if self.file.is_none() {
            self.file = Some(open(staging)?);
        }
        let patience = if self.is_stuck { Duration::ZERO } else { self.patience };
        let file = match &self.file {
            Some(file) => file,
            None => return Err(Refused::NoFile),
        };
        let (mut waited, mut pause) = (Duration::ZERO, PAUSES[0]);
        loop {
            match flock(file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {
                    self.is_stuck = false;
                    return Ok(Locked(Some(file)));
                }
                // If the file system has no locks, only the threads of this process are kept apart.
                Err(Errno::OPNOTSUPP | Errno::NOLCK | Errno::NOSYS | Errno::INVAL) => return Ok(Locked(None)),
                Err(Errno::INTR) => {}
                Err(Errno::WOULDBLOCK) if waited < patience => {
                    std::thread::sleep(pause);
                    waited += pause;
                    pause = (2 * pause).min(PAUSES[1]);
                }
                Err(Errno::WOULDBLOCK) => {
                    self.is_stuck = true;
                    return Err(Refused::Held(holder(file)));
                }
                Err(error) => return Err(Refused::Failed(error)),
            }
        }
    }
}

/// Opens the lock file, which is made if it does not exist; anything else with its name is neither waited for nor followed.
fn open(staging: &OwnedFd) -> Result<File, Refused> {
    let flags =
        OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    // The umask is subtracted. The file is not readable, as otherwise a user who may only read here could hold the lock.
    let mode = Mode::from_raw_mode(0o622);
    let file = match rustix::fs::openat(staging.as_fd(), "gate", flags, mode) {
        Ok(file) => File::from(file),
        Err(Errno::LOOP | Errno::MLINK | Errno::NXIO | Errno::NODEV | Errno::ISDIR) => return Err(Refused::NoFile),
        Err(error) => return Err(Refused::Failed(error)),
    };
    match rustix::fs::fstat(&file) {
        Ok(found) if is_file(&found) => Ok(file),
        Ok(_) => Err(Refused::NoFile),
        Err(error) => Err(Refused::Failed(error)),
    }
}

/// Describes the process that holds the lock of a file, as the kernel lists it.
fn holder(file: &File) -> String {
    let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    let Some(process) = rustix::fs::fstat(file).ok().and_then(|found| process_of(&locks, &found)) else {
        return "another process".to_owned();
    };
    let mut shown = format!("process {process}");
    if let Ok(name) = std::fs::read_to_string(format!("/proc/{process}/comm")) {
        // cannot fail: a text takes what is written to it.
        let _ = write!(shown, " ({})", name.trim_end());
    }
    shown
}

/// Finds the process with a lock on this inode in `/proc/locks` (proc_locks(5)): `1: FLOCK ADVISORY WRITE 1234 08:01:5678 0 EOF`.
fn process_of(locks: &str, found: &Stat) -> Option<u32> {
    locks.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, _, process, device, ..] = fields[..] else { return None };
        let inode: u64 = device.rsplit(':').next()?.parse().ok()?;
        // The device is not compared: in some file systems (btrfs, overlay) it differs from the device of the file.
        let process: u32 = process.parse().ok()?;
        (inode == found.st_ino && process > 0).then_some(process)
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn staging() -> (tempfile::TempDir, OwnedFd) {
        let folder = tempfile::tempdir().unwrap();
        let opened = File::open(folder.path()).unwrap().into();
        (folder, opened)
    }

    #[test]
    fn whoever_holds_the_lock_is_named_and_not_waited_for_twice() {
        let (folder, staging) = staging();
        let mut gate = Gate::new(Duration::from_millis(20));
        drop(gate.lock(&staging).unwrap());
        let held = File::options().write(true).open(folder.path().join("gate")).unwrap();
        held.lock().unwrap();
        for _ in 0..2 {
            match gate.lock(&staging) {
                Err(Refused::Held(by)) => assert!(by.contains("process"), "{by}"),
                other => panic!("{:?}", other.err()),
            }
            assert!(gate.is_stuck);
        }
        held.unlock().unwrap();
        drop(gate.lock(&staging).unwrap());
        assert!(!gate.is_stuck);
    }

    #[test]
    fn who_may_only_read_cannot_open_the_lock() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, staging) = staging();
        drop(Gate::new(PATIENCE).lock(&staging).unwrap());
        let mode = std::fs::metadata(folder.path().join("gate")).unwrap().permissions().mode();
        assert_eq!(mode & 0o044, 0, "{mode:o}");
    }

    #[test]
    fn what_is_no_file_is_refused_at_once() {
        use rustix::fs::{CWD, FileType, mknodat};
        let outside = tempfile::tempdir().unwrap();
        for made in ["fifo", "folder", "link", "dangling link", "device"] {
            let (folder, staging) = staging();
            let path = folder.path().join("gate");
            match made {
                "fifo" => mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap(),
                "folder" => std::fs::create_dir(&path).unwrap(),
                "link" => std::os::unix::fs::symlink("/dev/null", &path).unwrap(),
                "dangling link" => std::os::unix::fs::symlink(outside.path().join("made"), &path).unwrap(),
                _ if mknodat(CWD, &path, FileType::CharacterDevice, Mode::from_raw_mode(0o600), 0x103).is_err() => {
                    continue;
                }
                _ => {}
            }
            match Gate::new(PATIENCE).lock(&staging) {
                Err(Refused::NoFile) => {}
                // Devices cannot be opened everywhere.
                Err(Refused::Failed(Errno::ACCESS | Errno::PERM)) if made == "device" => {}
                other => panic!("{made}: {:?}", other.err()),
            }
        }
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_holder_is_read_from_the_locks_of_the_kernel() {
        let (_folder, staging) = staging();
        let mut found = rustix::fs::fstat(&staging).unwrap();
        found.st_ino = 5678;
        let locks = "1: POSIX  ADVISORY  WRITE 11 08:01:5678 0 EOF\n2: FLOCK  ADVISORY  WRITE 12 08:01:56 0 EOF\n\
                     3: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF\n";
        assert_eq!(process_of(locks, &found), Some(1234));
        assert_eq!(process_of("", &found), None);
    }
}
