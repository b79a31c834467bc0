//! Windows: how many parts may be in transit to and from S3 at once.
//!
//! One connection to S3 carries some 85 MB/s, whatever the machine
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-guidelines.html>), and a core checks 150 MB/s. So
//! a machine with many cores needs many connections, or its cores wait for the network; it has the memory for them, 2 GiB per core
//! and more.

use std::thread::available_parallelism;

/// Number of cores from which the windows grow with the number of cores: a smaller machine is a personal computer, or the smallest
/// task with 512 MiB.
const GROWING: usize = 4;

/// Number of cores above which the windows no longer grow: the windows for 64 cores are enough for 100 Gbit/s.
const MOST: usize = 64;

/// The limits of one store on parts in transit, over all its reads and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Windows {
    /// Parts that are read ahead, over all readers.
    pub(crate) ahead: usize,
    /// Parts that one reader reads ahead.
    pub(crate) ahead_of_one: usize,
    /// MiB in transit to S3. A part that is larger than this is sent alone.
    pub(crate) sending: u32,
}

impl Windows {
    /// Returns the windows for a machine of `cores` cores.
    pub(crate) const fn of_cores(cores: usize) -> Self {
        let times = if cores < GROWING {
            1
        } else if cores > MOST {
            MOST
        } else {
            cores
        };
        Self { ahead: 6 * times, ahead_of_one: 3 * times, sending: 48 * times as u32 }
    }

    /// Returns the windows for this machine. In tests the number of cores is always 1, as tests count requests, and the counts must
    /// be the same on every machine.
    pub(super) fn of_this_machine() -> Self {
        let cores = if cfg!(test) { 1 } else { available_parallelism().map_or(1, usize::from) };
        Self::of_cores(cores)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_grow_from_four_cores_on() {
        let small = Windows { ahead: 6, ahead_of_one: 3, sending: 48 };
        assert_eq!([1, 2, 3].map(Windows::of_cores), [small; 3]);
        assert_eq!(Windows::of_cores(16), Windows { ahead: 96, ahead_of_one: 48, sending: 768 });
        assert_eq!(Windows::of_cores(1000), Windows::of_cores(MOST));
    }
}
