//! How many requests to S3 an object takes, and how fast one of them is.

use super::{PART, part_of};

/// Keys in a page.
pub const PAGE_KEYS: u64 = 1000;

/// Bytes that one request to S3 carries in a second
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-guidelines.html>: 85 to 90 MB/s).
pub const BYTES_PER_CONNECTION: f64 = 85e6;

/// Requests that read `bytes` bytes of an object.
pub fn read_requests(bytes: u64) -> u64 {
    bytes.div_ceil(PART).max(1)
}

/// Requests that write an object of `bytes` bytes: one, or the beginning, each part and the end.
pub fn requests_of_write(bytes: u64) -> u64 {
    match bytes.div_ceil(part_of(bytes)) {
        0..=1 => 1,
        parts => parts + 2,
    }
}
