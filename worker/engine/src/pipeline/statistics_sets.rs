//! How many sets of statistics the threads of a file share.

use std::sync::{Mutex, PoisonError};

use crate::emit::statistics::{self, ColumnStatistics};
use crate::typing::column::Column;

/// Bytes of memory for all sets of statistics, and the bytes added for each thread. There is always one set, of about
/// 150 MB at most, for 16,384 columns.
const STATISTICS_BYTES: usize = 128 << 20;
const STATISTICS_BYTES_PER_THREAD: usize = 8 << 20;

/// Returns the sets of statistics for `threads` threads: at least one set, at most one for each thread.
pub(crate) fn sets(columns: &[Column], threads: usize) -> Vec<Vec<Mutex<ColumnStatistics>>> {
    let bytes = STATISTICS_BYTES + threads * STATISTICS_BYTES_PER_THREAD;
    let count = (bytes / statistics::most_bytes(columns.len()).max(1)).clamp(1, threads);
    let of_column = |column: &Column| Mutex::new(ColumnStatistics::new(&column.kind, columns.len()));
    (0..count).map(|_| columns.iter().map(of_column).collect()).collect()
}

/// Merges all sets, and returns the statistics of each column.
pub(crate) fn merged(sets: Vec<Vec<Mutex<ColumnStatistics>>>) -> Vec<ColumnStatistics> {
    let own = |statistics: Mutex<ColumnStatistics>| statistics.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut sets = sets.into_iter();
    let mut all: Vec<_> = sets.next().unwrap_or_default().into_iter().map(own).collect();
    for set in sets {
        all.iter_mut().zip(set).for_each(|(mine, theirs)| mine.merge(&own(theirs)));
    }
    all
}
