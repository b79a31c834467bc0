//! A worker: how long the files of a task take in a container.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use sluice::cost::rules::{
    BYTES_PER_VCPU, CPU_SECONDS_PER_FILE, FILES_WAITING_ON_IO, Outputs, bytes_per_second, cores, serial_requests,
};
use sluice::plan::TaskSize;

use crate::random::Random;

/// Files from this size on are checked by all cores together, as in `worker/src/jobs.rs`.
const ALL_CORES: u64 = 8 << 20;

/// Seconds of a small request to S3.
const REQUEST: Range<f64> = 0.020..0.060;

/// Seconds until a program that was started begins: its name servers, its credentials, its lines.
pub(crate) const BEGINNING: f64 = 1.0;

/// A file for a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) bytes: u64,
    /// It is the first of its prefix, whose descriptor has to be read.
    pub(crate) first: bool,
}

/// Seconds as a number that has an order.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct Moment(pub(crate) f64);

impl Eq for Moment {}

#[expect(clippy::derive_ord_xor_partial_ord, reason = "the same order, for numbers that are never NaN")]
impl Ord for Moment {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Times at which something is free, the earliest first.
struct Free(BinaryHeap<Reverse<Moment>>);

impl Free {
    fn new(count: u64, from: f64) -> Self {
        Self((0..count).map(|_| Reverse(Moment(from))).collect())
    }

    fn take(&mut self) -> f64 {
        self.0.pop().map_or(0.0, |Reverse(Moment(moment))| moment)
    }

    fn give_back(&mut self, moment: f64) {
        self.0.push(Reverse(Moment(moment)));
    }

    fn latest(&self) -> f64 {
        self.0.iter().map(|Reverse(Moment(moment))| *moment).fold(0.0, f64::max)
    }
}

/// Seconds that the program of a task runs. As many files as the worker has on their way wait for S3 side by side; a small one
/// is checked by one core, a large one by all.
pub(crate) fn seconds(files: &[File], size: TaskSize, outputs: Outputs, random: &mut Random) -> f64 {
    let cores = cores(size);
    let speed = size.vcpus().min(1.0);
    let mut slots = Free::new(cores + FILES_WAITING_ON_IO, BEGINNING);
    let mut free = Free::new(cores, BEGINNING);
    let mut ended = BEGINNING;
    for file in files {
        let begun = slots.take();
        let [before, after] = serial_requests(file.bytes, outputs);
        let ready = begun + waiting(before + u64::from(file.first), random);
        let checked = if file.bytes >= ALL_CORES {
            let checked = ready.max(free.latest()) + file.bytes as f64 / bytes_per_second(size, file.bytes, outputs);
            free = Free::new(cores, checked);
            checked
        } else {
            let work = (file.bytes as f64 / BYTES_PER_VCPU + CPU_SECONDS_PER_FILE) / speed;
            let checked = ready.max(free.take()) + work;
            free.give_back(checked);
            checked
        };
        let end = checked + waiting(after, random);
        slots.give_back(end);
        ended = ended.max(end);
    }
    ended
}

fn waiting(requests: u64, random: &mut Random) -> f64 {
    (0..requests).map(|_| random.between(&REQUEST)).sum()
}

#[cfg(test)]
mod tests {
    use sluice::cost::rules::task_seconds;

    use super::*;

    const BASE: TaskSize = TaskSize { cpu: 1024, memory: 2048 };

    fn both(size: TaskSize, files: u64, bytes: u64) -> (f64, f64) {
        let list: Vec<File> = (0..files).map(|nth| File { bytes, first: nth == 0 }).collect();
        (
            seconds(&list, size, Outputs::Written, &mut Random::new(1)),
            task_seconds(size, files, 1, files * bytes, Outputs::Written),
        )
    }

    #[test]
    fn the_rules_say_what_the_model_says() {
        let sizes = [BASE, TaskSize { cpu: 256, memory: 512 }, TaskSize { cpu: 16_384, memory: 32_768 }];
        for size in sizes {
            for (files, bytes) in
                [(10_000, 1_000), (10_000, 100_000), (1000, 5_000_000), (34, 1_000_000_000), (1, 500_000_000_000)]
            {
                let (model, rule) = both(size, files, bytes);
                assert!((0.75..1.33).contains(&(rule / model)), "{size:?} {files} x {bytes}: {model} and {rule}");
            }
        }
    }

    #[test]
    fn descriptors_of_many_prefixes_take_time() {
        let of = |first| {
            let files = vec![File { bytes: 1000, first }; 1000];
            seconds(&files, BASE, Outputs::Written, &mut Random::new(1))
        };
        assert!(of(true) > 1.05 * of(false), "{} {}", of(true), of(false));
    }
}
