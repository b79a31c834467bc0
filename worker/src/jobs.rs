//! How many threads check at once, over all files.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Files smaller than this are checked by one thread; a larger one gets a thread for each.
const BYTES_PER_THREAD: u64 = 8 << 20;

/// Threads to give out. Clones share them.
#[derive(Clone, Debug)]
pub struct Jobs {
    free: Arc<Semaphore>,
    count: NonZeroUsize,
}

/// Threads that a file has got, given back when dropped.
pub(crate) struct Share {
    pub(crate) threads: NonZeroUsize,
    _permits: Option<OwnedSemaphorePermit>,
}

impl Jobs {
    /// `count` threads, at most 1,024.
    pub fn new(count: NonZeroUsize) -> Self {
        let count = count.min(NonZeroUsize::MIN.saturating_add(1023));
        Self { free: Arc::new(Semaphore::new(count.get())), count }
    }

    /// One thread for each core.
    pub fn all_cores() -> Self {
        Self::new(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }

    /// All threads, given out or not.
    pub fn count(&self) -> NonZeroUsize {
        self.count
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

    fn worth(&self, bytes: Option<u64>) -> NonZeroUsize {
        let Some(bytes) = bytes else {
            return self.count;
        };
        let most = usize::try_from(bytes / BYTES_PER_THREAD).unwrap_or(usize::MAX).saturating_add(1);
        NonZeroUsize::new(most).unwrap_or(NonZeroUsize::MIN).min(self.count)
    }
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

    #[tokio::test]
    async fn no_more_threads_are_given_out_than_there_are() {
        let jobs = Jobs::new(NonZeroUsize::new(2).unwrap());
        let one = jobs.share(Some(1)).await;
        assert_eq!(jobs.free.available_permits(), 1);
        drop(one);
        let _all = jobs.share(None).await;
        assert_eq!(jobs.free.available_permits(), 0);
    }
}
