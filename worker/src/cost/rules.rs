//! Rules of thumb: how long a task takes, and which requests it sends to S3. `docs/scale.md` has the source of each.

use crate::outputs::SMALL;
use crate::page::{DETAILS, HISTORY_FILES};
use crate::plan::TaskSize;
use crate::resource_usage::Requests;
pub use crate::store::s3::{BYTES_PER_CONNECTION, PAGE_KEYS, read_requests, requests_of_write};
use crate::store::s3::{PART, Windows, part_of};

/// Bytes of files, as stored, that a vCPU checks in a second: the figure in `docs/benchmarks.md`, rounded down.
pub const BYTES_PER_VCPU: f64 = 150e6;

/// CPU seconds for each byte of a file, for its Parquet file beside the clean rows: `docs/benchmarks.md`, narrow shape, 71 MB/s instead
/// of 237.
pub const PARQUET_SECONDS_PER_BYTE: f64 = 10e-9;

/// CPU seconds for each byte of a file, for each key or foreign key: 120 ns for a row (`docs/benchmarks.md`, keys in random order that
/// fit in memory), and 40 bytes in a row, as in the narrow shape.
pub const KEY_SECONDS_PER_BYTE: f64 = 3e-9;

/// CPU seconds for each file, however small it is: for its requests over TLS, its report and its log lines.
pub const CPU_SECONDS_PER_FILE: f64 = 0.005;

/// Seconds of a small request to S3, which takes between 20 and 60 ms.
pub const REQUEST_SECONDS: f64 = 0.040;

/// Seconds of a request for a page of a listing, which takes between 50 and 200 ms.
pub const PAGE_SECONDS: f64 = 0.125;

/// Bytes that a task can move in a second in one direction, whatever its size: 10 Gbit/s. AWS publishes no figure.
pub const BYTES_PER_TASK: f64 = 1.25e9;

/// Seconds from the request to run a task until its program starts: 45 to 60.
pub const LAUNCH_SECONDS: f64 = 52.5;

/// Requests to run a task that an account may send in a second
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/throttling.html>).
pub const LAUNCHES_PER_SECOND: f64 = 20.0;

/// Files on which a worker works at the same time, besides those that its cores check.
pub const FILES_WAITING_ON_IO: u64 = 16;

/// Bytes of log lines of a file: its counts and metrics.
pub const LOG_BYTES_PER_FILE: u64 = 1_500;

/// Bytes of log lines of a column: its statistics. A line with those of 2,000 columns of integers has 252 bytes a column.
pub const LOG_BYTES_PER_COLUMN: u64 = 250;

/// Columns of a file whose schema is not known.
pub const COLUMNS: u64 = 10;

/// Number of metrics for each prefix or for the stack.
pub const METRICS: u64 = 7;

/// State transitions of a run beside its tasks: start, plan, choice, Map, publish, choice, done, end
/// (<https://aws.amazon.com/step-functions/pricing/>: the start and the end count in its examples).
pub const TRANSITIONS_OF_RUN: u64 = 8;

/// State transitions of a task that succeeds at once. A child of a Distributed Map is an execution of its own: start, two states, end.
pub const TRANSITIONS_OF_TASK: u64 = 4;

/// State transitions of each further attempt at a task: two choices, a pause, the attempt.
pub const TRANSITIONS_OF_ATTEMPT: u64 = 4;

/// Bytes of a line of `files.jsonl`.
pub const LINE_BYTES: u64 = 160;

/// Number of prefixes of a run that have a page of their own, unless the stack sets another.
pub const PAGES: u64 = 1000;

/// Most prefixes of a run that can have a page of their own: `reportPages` of the stack has the same bound.
pub const MOST_PAGES: u64 = 5000;

/// Pages that a publisher makes at the same time.
pub const PAGES_AT_ONCE: u64 = 8;

/// Factor by which these pages take longer than if they were independent: a finished page waits for the pages before it. Found by
/// simulation.
pub const PAGES_IN_ORDER: f64 = 1.2;

/// Most events in one request.
pub const EVENTS_IN_REQUEST: u64 = 10;

/// Returns the bytes a second of `connections` that each transfer parts of `part` bytes.
fn rate(connections: u64, part: u64) -> f64 {
    let seconds = REQUEST_SECONDS + part as f64 / BYTES_PER_CONNECTION;
    connections as f64 * part as f64 / seconds
}

/// What a run writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outputs {
    /// Clean rows, rejects and reports.
    Written,
    /// Reports only: the stack has no clean bucket.
    ReportsOnly,
}

/// Returns the bytes of one file of `bytes` bytes that a task checks in a second: the least that its cores, its network, the parts that
/// are read ahead and the parts that are being uploaded allow.
pub fn bytes_per_second(size: TaskSize, bytes: u64, outputs: Outputs) -> f64 {
    let mut slowest = (BYTES_PER_VCPU * size.vcpus()).min(BYTES_PER_TASK);
    if bytes > PART {
        let windows = Windows::of_cores(cores(size) as usize);
        slowest = slowest.min(rate(windows.ahead_of_one as u64 + 1, PART));
        if outputs == Outputs::Written {
            let part = part_of(bytes);
            let sending = u64::from(windows.sending) << 20;
            slowest = slowest.min(rate((sending / part).max(1), part));
        }
    }
    slowest
}

/// Cores that a worker of this size has.
pub fn cores(size: TaskSize) -> u64 {
    u64::from(size.cpu.div_ceil(1024)).max(1)
}

/// Requests for a file that wait for each other, without those for its parts: before its check and after its check.
pub fn serial_requests(bytes: u64, outputs: Outputs) -> [u64; 2] {
    let before = if bytes > SMALL { 2 } else { 1 };
    [before, requests_of_file(bytes.min(SMALL + 1), outputs).total() - before]
}

/// Seconds for which the program of a task runs: what the cores need, or what the requests of small files take while only a limited
/// number of files is worked on, whichever is longer. The first file of a prefix also waits for its descriptor.
pub fn task_seconds(size: TaskSize, files: u64, prefixes: u64, bytes: u64, outputs: Outputs) -> f64 {
    let mean = bytes.checked_div(files).unwrap_or(0);
    let checked = bytes as f64 / bytes_per_second(size, mean, outputs);
    let on_cores = checked + files as f64 * CPU_SECONDS_PER_FILE / size.vcpus();
    let at_once = (cores(size) + FILES_WAITING_ON_IO).min(files.max(1));
    let serial: u64 = serial_requests(mean, outputs).iter().sum();
    let waited = (files * serial + prefixes) as f64 * REQUEST_SECONDS / at_once as f64;
    REQUEST_SECONDS * 4.0 + on_cores.max(waited)
}

/// Requests for a file whose rows are all clean: the file is read, the place of the rejects and the source are looked up (HEAD), the
/// clean rows and the ledger record are written. For a larger file the ledger is looked up too, and each output together with
/// the source each time. A test compares this with the requests of a real worker.
pub fn requests_of_file(bytes: u64, outputs: Outputs) -> Requests {
    let looked_up = u64::from(bytes > SMALL);
    let mut requests = Requests { get: looked_up + read_requests(bytes), put: 1, ..Requests::default() };
    if outputs == Outputs::Written {
        requests.head += if bytes > SMALL { 4 } else { 2 };
        requests.put += requests_of_write(bytes);
    }
    requests
}

/// Requests for a task besides its files: its lines, its descriptors, its result.
pub fn requests_of_task(prefixes: u64) -> Requests {
    Requests { get: 1 + prefixes, put: 2, ..Requests::default() }
}

/// Requests for a page about `files` clean files of a prefix that has `records` records in the ledger: for the records of the files, the
/// history and the page.
pub fn requests_of_page(files: u64, records: u64) -> Requests {
    let (shown, past) = (files.min(DETAILS as u64), records.min(HISTORY_FILES as u64));
    Requests { list: records.div_ceil(PAGE_KEYS).max(1), get: shown + past, put: 1, ..Requests::default() }
}

/// Seconds for the requests of a page, sent one after the other, except for reads, of which sixteen are sent at the same time.
pub fn page_seconds(requests: &Requests) -> f64 {
    requests.list as f64 * PAGE_SECONDS + (requests.get.div_ceil(16) + 1 + requests.put) as f64 * REQUEST_SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: TaskSize = TaskSize { cpu: 1024, memory: 2048 };

    #[test]
    fn a_task_of_large_files_is_as_fast_as_its_cores() {
        let seconds = task_seconds(BASE, 32, 1, 32_000_000_000, Outputs::Written);
        assert!((213.0..220.0).contains(&seconds), "{seconds}");
    }

    #[test]
    fn a_task_of_small_files_waits_for_its_requests() {
        let seconds = task_seconds(BASE, 10_000, 1, 1_000_000_000, Outputs::Written);
        assert!((110.0..130.0).contains(&seconds), "{seconds}");
        // Four times the cores bring nearly nothing.
        let larger = task_seconds(TaskSize { cpu: 4096, memory: 8192 }, 10_000, 1, 1_000_000_000, Outputs::Written);
        assert!(larger > 0.8 * seconds, "{larger}");
    }

    #[test]
    fn a_file_in_parts_asks_for_each_part() {
        let small = requests_of_file(100_000, Outputs::Written);
        assert_eq!(small.total(), 5);
        let large = requests_of_file(1_000_000_000, Outputs::Written);
        assert_eq!((large.get, large.put), (121, 123));
        assert_eq!(requests_of_file(100_000, Outputs::ReportsOnly).total(), 2);
    }

    #[test]
    fn no_object_has_more_parts_than_s3_takes() {
        let requests = requests_of_file(5_000_000_000_000, Outputs::Written);
        assert!(requests.put < 10_000, "{requests:?}");
    }
}
