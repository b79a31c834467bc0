//! How many files are on their way at once, how many threads check them, and how much they may hold.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::memory::{self, Memory, Shared, Taken};
use crate::store::s3;

/// Files smaller than this are checked by one thread; a larger one gets a thread for each.
const BYTES_PER_THREAD: u64 = 8 << 20;

/// A MiB.
const MIB: u64 = 1 << 20;

/// Memory for the outputs of a file until they are published, in MiB: a part of an upload for the clean rows and one for the rejects.
/// More only for a file so large that its parts are: see `store::s3`.
const HELD: u64 = 16;

/// Memory for the outputs of all files that are checked or being published, in MiB, beyond [`HELD`] for each thread.
const HELD_BY_ALL: usize = 96;

/// Files on their way beyond one for each thread: a file that waits for the disk or the network needs no core. Each has a thread to
/// wait on.
const WAITING: usize = 16;

/// Most files on their way, however many threads there are: half of the threads beside the event loop that tokio has at most.
const MOST_FILES: usize = 256;

/// File descriptors that a file on its way may hold: itself, its two outputs, their folders, or connections to S3.
const DESCRIPTORS_OF_FILE: usize = 8;

/// File descriptors for everything else: standard streams, the event loop, listings, the ledger, libraries.
const OTHER_DESCRIPTORS: usize = 128;

/// Threads to give out, files that may be on their way, room for outputs, and memory for keys and Parquet. Clones share them.
#[derive(Clone, Debug)]
pub struct Jobs {
    free: Arc<Semaphore>,
    files: Arc<Semaphore>,
    room: Arc<Semaphore>,
    memory: Memory,
    count: NonZeroUsize,
    most_files: usize,
}

/// Permission for a file to be on its way, given back when dropped.
pub(crate) struct OnItsWay {
    _permit: Option<OwnedSemaphorePermit>,
}

/// Room for the outputs of a file, given back when dropped.
pub(crate) struct Room {
    _permits: Option<OwnedSemaphorePermit>,
}

/// Threads that a file has got, given back when dropped.
pub(crate) struct Share {
    pub(crate) threads: NonZeroUsize,
    _permits: Option<OwnedSemaphorePermit>,
}

impl Jobs {
    /// `count` threads, at most 1,024; as many files on their way as they have use for and the process may open.
    pub fn new(count: NonZeroUsize) -> Self {
        Self::within(count, open_files_limit(), memory::limit())
    }

    /// The same within this many bytes of memory, or within the limit of the process if that is less.
    #[must_use]
    pub(crate) fn in_memory(self, bytes: u64) -> Self {
        let memory = Memory::within(bytes.min(memory::limit()), self.count);
        Self { memory, ..self }
    }

    /// See [`Jobs::new`]; the process may open `open_files` files and take `memory` bytes.
    fn within(count: NonZeroUsize, open_files: usize, memory: u64) -> Self {
        let count = count.min(NonZeroUsize::MIN.saturating_add(1023));
        let room = Semaphore::new(HELD_BY_ALL + HELD as usize * count.get());
        let openable = open_files.saturating_sub(OTHER_DESCRIPTORS) / DESCRIPTORS_OF_FILE;
        let most_files = (count.get() + WAITING).min(MOST_FILES).min(openable).max(1);
        Self {
            free: Arc::new(Semaphore::new(count.get())),
            files: Arc::new(Semaphore::new(most_files)),
            room: Arc::new(room),
            memory: Memory::within(memory, count),
            count,
            most_files,
        }
    }

    /// One thread for each core.
    pub fn all_cores() -> Self {
        Self::new(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }

    /// All threads, given out or not.
    pub fn count(&self) -> NonZeroUsize {
        self.count
    }

    /// Most files on their way at once.
    pub(crate) fn most_files(&self) -> usize {
        self.most_files
    }

    /// Waits until one more file may be on its way. Between [`Jobs::room`] and [`Jobs::share`]: all files acquire in the same order, so
    /// they cannot deadlock.
    pub(crate) async fn on_its_way(&self) -> OnItsWay {
        // Never closed, as in `share`.
        OnItsWay { _permit: Arc::clone(&self.files).acquire_owned().await.ok() }
    }

    /// Starts the threads beside the event loop that `files` files on their way need, one for each and two for the names of servers
    /// and the like. They stay.
    ///
    /// tokio queues work until a thread is free, so a thread that cannot be started would be waited for without end.
    ///
    /// # Errors
    /// When the system does not give that many threads.
    pub(crate) async fn start_threads(files: usize) -> Result<(), NoThreads> {
        let wanted = files + 2;
        match crate::threads::start(wanted).await {
            Ok(()) => Ok(()),
            Err(started) => Err(NoThreads { wanted, started }),
        }
    }

    /// Waits for the threads that a file of this size is worth. First come, first served: a large file is not overtaken
    /// for ever by small ones, and has all cores rather than what was free by chance when it began.
    pub(crate) async fn share(&self, bytes: Option<u64>) -> Share {
        let threads = self.worth(bytes);
        let permits = u32::try_from(threads.get()).unwrap_or(1);
        // Only a closed semaphore refuses, and this one is never closed; without a permit the file would still be checked.
        let permits = Arc::clone(&self.free).acquire_many_owned(permits).await.ok();
        Share { threads, _permits: permits }
    }

    /// Waits for room for the outputs of a file of this size, to be kept until they are published. Acquire room before [`Jobs::share`],
    /// or two files deadlock: one with threads that waits for room, one with room that waits for threads.
    ///
    /// Files that are checked go on holding the end of their outputs while they are published; without this, many files of
    /// middling size at once would take more memory than a small machine has.
    pub(crate) async fn room(&self, bytes: u64, compressed: bool) -> Room {
        // Rejects say more than the rows they are about; what a compressed file holds is not known yet.
        let held = if compressed { HELD } else { (bytes.saturating_mul(8) / MIB + 1).min(HELD) };
        let parts = 2 * s3::part_of(bytes) / MIB;
        // A file that wants more than there is gets all of it, and is alone.
        let most = HELD_BY_ALL + HELD as usize * self.count.get();
        let held = held.max(if parts > HELD { parts } else { 0 }).min(most as u64);
        // cannot fail: at most `most`, which is less than 2^32.
        let held = u32::try_from(held).unwrap_or(1);
        // Never closed, as in `share`.
        Room { _permits: Arc::clone(&self.room).acquire_many_owned(held).await.ok() }
    }

    /// Waits for this many MiB of memory, and for the reference tables of the file, to be kept while the file is checked. Acquired after
    /// [`Jobs::on_its_way`] and before [`Jobs::share`].
    pub(crate) async fn memory(&self, mib: u64, tables: &Shared) -> Taken {
        self.memory.take_with(mib, tables).await
    }

    /// MiB of memory that no file has.
    #[cfg(test)]
    pub(crate) fn memory_left(&self) -> usize {
        self.memory.free()
    }

    /// How many threads a file of this size gets.
    pub(crate) fn worth(&self, bytes: Option<u64>) -> NonZeroUsize {
        let Some(bytes) = bytes else {
            return self.count;
        };
        let most = usize::try_from(bytes / BYTES_PER_THREAD).unwrap_or(usize::MAX).saturating_add(1);
        NonZeroUsize::new(most).unwrap_or(NonZeroUsize::MIN).min(self.count)
    }
}

/// There are too few threads to work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the system gave {started} of {wanted} threads; raise the limit of processes and threads (ulimit -u, or the pids limit of the container) or of memory (ulimit -v), or ask for fewer jobs"
)]
pub(crate) struct NoThreads {
    wanted: usize,
    started: usize,
}

/// The number of files that the process may have open. The soft limit is raised to the hard one, which is what it is for.
pub(crate) fn open_files_limit() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // Where it cannot be raised, the old one holds.
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
    fn files_on_their_way_are_what_threads_and_descriptors_allow() {
        let files =
            |count, open_files| Jobs::within(NonZeroUsize::new(count).unwrap(), open_files, 1 << 30).most_files();
        assert_eq!([files(2, 1 << 20), files(64, 1024), files(64, 1 << 20), files(1024, 1 << 20)], [18, 80, 80, 256]);
        // Of 256 descriptors, 128 are for other things; with fewer than those there is still one file.
        assert_eq!([files(64, 256), files(64, 128), files(2, 0)], [16, 1, 1]);
    }

    #[tokio::test]
    async fn as_many_files_are_on_their_way_as_may_be() {
        let jobs = Jobs::within(NonZeroUsize::MIN, 128 + 2 * 8, 1 << 30);
        let one = jobs.on_its_way().await;
        let _two = jobs.on_its_way().await;
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
            (1 << 35, false, 16),
            (10, true, 16),
            (1 << 38, false, 66),
            (1 << 40, false, 128),
        ] {
            let room = jobs.room(bytes, compressed).await;
            assert_eq!(all - jobs.room.available_permits(), held, "{bytes}");
            drop(room);
            assert_eq!(jobs.room.available_permits(), all);
        }
    }
}
