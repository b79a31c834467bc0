//! How many requests to S3 an object takes, and how fast one of them is.

use super::{PART, part_of};

/// Number of keys in a page of a listing.
pub const PAGE_KEYS: u64 = 1000;

/// Bytes per second that one request to S3 carries
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-guidelines.html>: 85 to 90 MB/s).
pub const BYTES_PER_CONNECTION: f64 = 85e6;

/// Returns the number of requests that read `bytes` bytes of an object.
pub fn read_requests(bytes: u64) -> u64 {
    bytes.div_ceil(PART).max(1)
}

/// Returns the number of requests that write an object of `bytes` bytes: one, or for an upload in parts one to begin, one per part,
/// and one to end.
pub fn requests_of_write(bytes: u64) -> u64 {
    match bytes.div_ceil(part_of(bytes)) {
        0..=1 => 1,
        parts => parts + 2,
    }
}
