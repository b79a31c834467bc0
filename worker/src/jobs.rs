//! Limits on parallel work: how many files are checked at once, by how many threads, and with how much memory.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::memory_budget::{self, MemoryBudget, MemoryPermit, SharedMemory};
use crate::store::s3;

/// Files smaller than this many bytes are checked by one thread; a larger file gets one more thread for each multiple of this size.
const BYTES_PER_THREAD: u64 = 8 << 20;

/// A MiB.
const MIB: u64 = 1 << 20;

/// Memory for the outputs of a file until they are published, in MiB: a part of an upload for the clean rows, and one for the
/// rejects. Only a file so large that its parts are larger takes more: see `store::s3`.
const HELD: u64 = 16;

/// Memory for the outputs of all files that are checked or being published, in MiB, in addition to [`HELD`] for each thread.
const HELD_BY_ALL: usize = 96;

/// Number of files in progress in addition to one for each thread: a file that waits for the disk or the network needs no core.
/// Each has a thread on which it waits.
const WAITING: usize = 16;

/// Maximum number of files in progress, however many threads there are: half of tokio's maximum number of threads beside the event
/// loop.
const MOST_FILES: usize = 256;

/// Number of file descriptors that a file in progress may hold: the file itself, its two outputs, their folders, or connections to
/// S3.
const DESCRIPTORS_OF_FILE: usize = 8;

/// File descriptors for everything else: standard streams, the event loop, listings, the ledger, libraries.
const OTHER_DESCRIPTORS: usize = 128;

/// The limits of a process: threads that check files, files in progress, room for outputs, and memory for keys and Parquet. Clones
/// share them.
#[derive(Clone, Debug)]
pub struct Jobs {
    free: Arc<Semaphore>,
    files: Arc<Semaphore>,
    room: Arc<Semaphore>,
    memory: MemoryBudget,
    count: NonZeroUsize,
    most_files: usize,
}

/// Permission for a file to be in progress, returned when dropped.
pub(crate) struct FilePermit {
    _permit: Option<OwnedSemaphorePermit>,
}

/// Room for the outputs of a file, given back when dropped.
pub(crate) struct Room {
    _permits: Option<OwnedSemaphorePermit>,
}

/// The threads that check a file, returned when dropped.
pub(crate) struct Share {
    pub(crate) threads: NonZeroUsize,
    _permits: Option<OwnedSemaphorePermit>,
}

impl Jobs {
    /// Limits for `count` threads, at most 1,024; as many files in progress as these threads can use and the process may open.
    pub fn new(count: NonZeroUsize) -> Self {
        Self::within(count, open_files_limit(), memory_budget::limit())
    }

    /// Limits the memory to this many bytes, or to the limit of the process if that is less.
    #[must_use]
    pub(crate) fn in_memory(self, bytes: u64) -> Self {
        let memory = MemoryBudget::within(bytes.min(memory_budget::limit()), self.count);
        Self { memory, ..self }
    }

    /// Like [`Jobs::new`], for a process that may open `open_files` files and take `memory` bytes.
    fn within(count: NonZeroUsize, open_files: usize, memory: u64) -> Self {
        let count = count.min(NonZeroUsize::MIN.saturating_add(1023));
        let room = Semaphore::new(HELD_BY_ALL + HELD as usize * count.get());
        let openable = open_files.saturating_sub(OTHER_DESCRIPTORS) / DESCRIPTORS_OF_FILE;
        let most_files = (count.get() + WAITING).min(MOST_FILES).min(openable).max(1);
        Self {
            free: Arc::new(Semaphore::new(count.get())),
            files: Arc::new(Semaphore::new(most_files)),
            room: Arc::new(room),
            memory: MemoryBudget::within(memory, count),
            count,
            most_files,
        }
    }

    /// Limits for one thread per core.
    pub fn all_cores() -> Self {
        Self::new(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }

    /// Returns the number of all threads, assigned or not.
    pub fn count(&self) -> NonZeroUsize {
        self.count
    }

    /// Returns the maximum number of files in progress.
    pub(crate) fn most_files(&self) -> usize {
        self.most_files
    }

    /// Waits until one more file may be in progress. Call this between [`Jobs::room`] and [`Jobs::share`]: as all files acquire in
    /// the same order, they cannot deadlock.
    pub(crate) async fn file_permit(&self) -> FilePermit {
        // cannot fail: the semaphore is never closed, as in `share`.
        FilePermit { _permit: Arc::clone(&self.files).acquire_owned().await.ok() }
    }

    /// Starts the threads beside the event loop that `files` files in progress need: one for each file, and two for resolving host
    /// names and the like. The threads stay.
    ///
    /// tokio queues work until a thread is free, so work that needs a thread that cannot be started would wait without end.
    ///
    /// # Errors
    /// When the system does not start that many threads.
    pub(crate) async fn start_threads(files: usize) -> Result<(), NoThreads> {
        let wanted = files + 2;
        match crate::threads::start(wanted).await {
            Ok(()) => Ok(()),
            Err(started) => Err(NoThreads { wanted, started }),
        }
    }

    /// Waits for the threads that a file of this size is worth. First come, first served: a large file is not overtaken for ever by
    /// small ones, and gets all its threads rather than those that happen to be free when it begins.
    pub(crate) async fn share(&self, bytes: Option<u64>) -> Share {
        let threads = self.worth(bytes);
        let permits = u32::try_from(threads.get()).unwrap_or(1);
        // Only a closed semaphore refuses a permit, and this one is never closed; without a permit the file would still be checked.
        let permits = Arc::clone(&self.free).acquire_many_owned(permits).await.ok();
        Share { threads, _permits: permits }
    }

    /// Waits for room for the outputs of a file of this size, which is held until the outputs are published. Acquire room before
    /// [`Jobs::share`], or two files deadlock: one that has threads and waits for room, and one that has room and waits for
    /// threads.
    ///
    /// After its check a file holds the end of its outputs until they are published; without this limit, many files of medium size
    /// at once would take more memory than a small machine has.
    pub(crate) async fn room(&self, bytes: u64, compressed: bool) -> Room {
        // Rejects are longer than the rows that they are about. The size of the content of a compressed file is not known yet.
        let held = if compressed { HELD } else { (bytes.saturating_mul(8) / MIB + 1).min(HELD) };
        let parts = 2 * s3::part_of(bytes) / MIB;
        // A file that needs more room than there is gets all of it, and no other file has room meanwhile.
        let most = HELD_BY_ALL + HELD as usize * self.count.get();
        let held = held.max(if parts > HELD { parts } else { 0 }).min(most as u64);
        // cannot fail: at most `most`, which is less than 2^32.
        let held = u32::try_from(held).unwrap_or(1);
        // cannot fail: the semaphore is never closed, as in `share`.
        Room { _permits: Arc::clone(&self.room).acquire_many_owned(held).await.ok() }
    }

    /// Waits for this many MiB of memory, and for the memory of the file's reference tables, both held while the file is checked.
    /// Call this after [`Jobs::file_permit`] and before [`Jobs::share`].
    pub(crate) async fn memory(&self, mib: u64, tables: &SharedMemory) -> MemoryPermit {
        self.memory.take_with(mib, tables).await
    }

    /// Returns the memory that no file holds, in MiB.
    #[cfg(test)]
    pub(crate) fn memory_left(&self) -> usize {
        self.memory.free()
    }

    /// Returns the number of threads that check a file of this size; all threads if the size is unknown.
    pub(crate) fn worth(&self, bytes: Option<u64>) -> NonZeroUsize {
        let Some(bytes) = bytes else {
            return self.count;
        };
        let most = usize::try_from(bytes / BYTES_PER_THREAD).unwrap_or(usize::MAX).saturating_add(1);
        NonZeroUsize::new(most).unwrap_or(NonZeroUsize::MIN).min(self.count)
    }
}

/// The system starts too few threads to work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the system gave {started} of {wanted} threads; raise the limit of processes and threads (ulimit -u, or the pids limit of the container) or of memory (ulimit -v), or ask for fewer jobs"
)]
pub(crate) struct NoThreads {
    wanted: usize,
    started: usize,
}

/// Returns the number of files that the process may have open. Raises the soft limit to the hard one, which soft limits are made
/// for.
pub(crate) fn open_files_limit() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // If the limit cannot be raised, the old one still applies.
    let limit = if setrlimit(Resource::Nofile, raised).is_ok() { raised } else { limit };
    limit.current.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn small_files_get_one_thread_and_large_ones_all() {
        let jobs = Jobs::new(NonZeroUsize::new(4).unwrap());
        let worth = |bytes| jobs.worth(bytes).get();
        assert_eq!([worth(Some(0)), worth(Some(8 << 20)), worth(Some(1 << 40)), worth(None)], [1, 2, 4, 4]);
    }

    #[test]
    fn files_in_progress_are_what_threads_and_descriptors_allow() {
        let files =
            |count, open_files| Jobs::within(NonZeroUsize::new(count).unwrap(), open_files, 1 << 30).most_files();
        assert_eq!([files(2, 1 << 20), files(64, 1024), files(64, 1 << 20), files(1024, 1 << 20)], [18, 80, 80, 256]);
        // Of 256 descriptors, 128 are for other things; if there are fewer than 128, one file is still allowed.
        assert_eq!([files(64, 256), files(64, 128), files(2, 0)], [16, 1, 1]);
    }

    #[tokio::test]
    async fn as_many_files_are_in_progress_as_may_be() {
        let jobs = Jobs::within(NonZeroUsize::MIN, 128 + 2 * 8, 1 << 30);
        let one = jobs.file_permit().await;
        let _two = jobs.file_permit().await;
        assert_eq!(jobs.files.available_permits(), 0);
        drop(one);
        assert_eq!(jobs.files.available_permits(), 1);
    }

    #[tokio::test]
    async fn no_more_threads_are_given_out_than_there_are() {
        let jobs = Jobs::new(NonZeroUsize::new(2).unwrap());
        let one = jobs.share(Some(1)).await;
        assert_eq!(jobs.free.available_permits(), 1);
        drop(one);
        let _all = jobs.share(None).await;
        assert_eq!(jobs.free.available_permits(), 0);
    }

    #[tokio::test]
    async fn room_for_outputs_is_what_files_can_hold_at_most() {
        let jobs = Jobs::new(NonZeroUsize::new(2).unwrap());
        let all = jobs.room.available_permits();
        assert_eq!(all, 128);
        for (bytes, compressed, held) in [
            (0, false, 1),
            (1 << 20, false, 9),
            (1 << 34, false, 16),
            (1 << 35, false, 18),
            (10, true, 16),
            (1 << 38, false, 128),
            (1 << 40, false, 128),
        ] {
            let room = jobs.room(bytes, compressed).await;
            assert_eq!(all - jobs.room.available_permits(), held, "{bytes}");
            drop(room);
            assert_eq!(jobs.room.available_permits(), all);
        }
    }
}
