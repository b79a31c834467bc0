//! How many files and bytes go into a task, and how large its container is.
//!
//! # Why these limits
//!
//! A container on Fargate is billed for one minute at least, takes 45 to 60 seconds until it runs, and no more than 20 are launched
//! in a second. Sluice checks about 150 MB per second on each vCPU, and a small file costs about 10 ms of waiting for S3 when many
//! files are checked at once. So a task that is cheap has minutes of work:
//!
//! * 32 GiB take 230 seconds of one vCPU: four times the minimum, and still little to do again when Spot takes the container away.
//! * 10,000 files take 100 seconds or so: 100,000 clients with one small file each are ten tasks for a few cents, where a task for
//!   each client would be 100,000 minutes.
//!
//! A large file cannot be cut, so it gets a larger container: the smallest one that checks it within ten minutes, or the largest
//! available. The cost is the same (four vCPUs for a quarter of the time), but the check takes less time.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use statemachine::fargate::{MemorySizes, cpu_units_in_words};

use crate::task::Task;

/// Bytes that one vCPU checks in a second.
const BYTES_PER_SECOND: u64 = 150_000_000;

/// Seconds that a file may take before it gets a larger container.
const SECONDS: u64 = 600;

/// CPU units of one vCPU.
const VCPU: u64 = 1024;

/// Maximum size of the lines of a task in the run's list of files, in bytes: the worker of the task holds the lines in memory, and
/// about as much again. That is 16,000 files with the longest names, and some 100,000 with usual names.
pub(super) const LINES_BYTES: u64 = 16 << 20;

/// The limits on what goes into a task; a single file may be larger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskLimits {
    /// Maximum size of the files as stored, in bytes.
    pub bytes: u64,
    /// Maximum number of files.
    pub files: u64,
    /// Sizes of containers to choose from, the smallest first; at least one.
    pub sizes: Vec<TaskSize>,
}

impl Default for TaskLimits {
    fn default() -> Self {
        let sizes = [(1024, 2048), (4096, 8192), (16_384, 32_768)];
        Self {
            bytes: 32 << 30,
            files: 10_000,
            sizes: sizes.into_iter().map(|(cpu, memory)| TaskSize { cpu, memory }).collect(),
        }
    }
}

impl TaskLimits {
    /// Writes into `task` the size of the container for its largest file, and the next larger size.
    pub(super) fn fit(&self, task: &mut Task, largest_file: u64) {
        let last = self.sizes.len().saturating_sub(1);
        let fits = |size: &TaskSize| {
            u128::from(largest_file) * u128::from(VCPU) <= u128::from(BYTES_PER_SECOND * SECONDS) * u128::from(size.cpu)
        };
        let index = self.sizes.iter().position(fits).unwrap_or(last);
        if let Some(size) = self.sizes.get(index) {
            (task.cpu, task.memory) = (size.cpu.to_string(), size.memory.to_string());
        }
        if let Some(larger) = self.sizes.get((index + 1).min(last)) {
            (task.larger_cpu, task.larger_memory) = (larger.cpu.to_string(), larger.memory.to_string());
        }
    }
}

/// The size of a container on Fargate; in JSON a string, `"1024:2048"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TaskSize {
    /// CPU units; 1024 are one vCPU.
    pub cpu: u32,
    /// Memory in MiB.
    pub memory: u32,
}

/// Why a text is not a list of container sizes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// The text is not of the form `CPU:MEMORY,…`.
    #[error(
        "{0:?} is not a task size; write CPU units and MiB of memory, the smallest size first: 1024:2048,4096:8192"
    )]
    Form(String),
    /// Fargate has no such number of CPU units.
    #[error("Fargate has no tasks of {0} CPU units; it has {cpus}", cpus = cpu_units_in_words())]
    Cpu(u32),
    /// Fargate does not offer this much memory with this many CPU units.
    #[error("a task of {cpu} CPU units cannot have {memory} MiB of memory on Fargate; {valid}")]
    Memory {
        /// CPU units.
        cpu: u32,
        /// Memory in MiB.
        memory: u32,
        /// The memory that a task with these CPU units can have.
        valid: String,
    },
    /// The sizes are not in ascending order.
    #[error("the size {cpu}:{memory} does not follow a smaller one; write the smallest size first")]
    Order {
        /// CPU units.
        cpu: u32,
        /// Memory in MiB.
        memory: u32,
    },
}

impl TaskSize {
    /// Makes a size, if Fargate offers it.
    ///
    /// # Errors
    /// When Fargate does not offer the size.
    pub fn new(cpu: u32, memory: u32) -> Result<Self, SizeError> {
        let sizes = MemorySizes::with_cpu(cpu).ok_or(SizeError::Cpu(cpu))?;
        if !sizes.iter().any(|size| size == memory) {
            let valid = format!("it can have {}", sizes.in_words());
            return Err(SizeError::Memory { cpu, memory, valid });
        }
        Ok(Self { cpu, memory })
    }

    /// Parses a list of sizes, such as `1024:2048,4096:8192`, the smallest first.
    ///
    /// # Errors
    /// When the text has another form, or a size that Fargate does not offer, or the sizes are not in ascending order.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, SizeError> {
        let mut sizes: Vec<Self> = Vec::new();
        for part in text.split(',') {
            let size: Self = part.parse()?;
            if sizes.last().is_some_and(|last| (last.cpu, last.memory) >= (size.cpu, size.memory)) {
                return Err(SizeError::Order { cpu: size.cpu, memory: size.memory });
            }
            sizes.push(size);
        }
        Ok(sizes)
    }
}

impl FromStr for TaskSize {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let form = || SizeError::Form(text.trim().to_owned());
        let (cpu, memory) = text.split_once(':').ok_or_else(form)?;
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| form());
        Self::new(number(cpu)?, number(memory)?)
    }
}

impl TryFrom<String> for TaskSize {
    type Error = SizeError;

    fn try_from(text: String) -> Result<Self, SizeError> {
        text.parse()
    }
}

impl From<TaskSize> for String {
    fn from(size: TaskSize) -> Self {
        format!("{}:{}", size.cpu, size.memory)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_list_of_sizes_is_read() {
        let sizes = TaskSize::parse_list("1024:2048,4096:8192, 16384:32768").unwrap();
        assert_eq!(sizes, TaskLimits::default().sizes);
        assert_eq!(TaskSize::parse_list("256:512").unwrap(), [TaskSize { cpu: 256, memory: 512 }]);
    }

    #[test]
    fn a_list_that_cannot_be_says_what_can() {
        for (text, word) in [
            ("", "1024:2048,4096:8192"),
            ("1024", "1024:2048,4096:8192"),
            ("1024:2 GB", "1024:2048,4096:8192"),
            ("1000:2048", "it has 256, 512, 1024"),
            ("256:1536", "512, 1024 or 2048"),
            ("4096:31744", "8192 to 30720 in steps of 1024"),
            ("8192:17408", "in steps of 4096"),
            ("4096:8192,1024:2048", "smallest size first"),
            ("1024:2048,1024:2048", "smallest size first"),
        ] {
            let error = TaskSize::parse_list(text).unwrap_err().to_string();
            assert!(error.contains(word), "{text:?}: {error}");
        }
    }

    #[test]
    fn a_file_that_takes_longer_than_ten_minutes_gets_the_next_size() {
        let sizes = |bytes| {
            let mut task = Task::default();
            TaskLimits::default().fit(&mut task, bytes);
            [task.cpu, task.memory, task.larger_cpu, task.larger_memory]
        };
        let minutes = 10 * 60 * 150_000_000;
        assert_eq!(sizes(0), ["1024", "2048", "4096", "8192"]);
        assert_eq!(sizes(minutes), ["1024", "2048", "4096", "8192"]);
        assert_eq!(sizes(minutes + 1), ["4096", "8192", "16384", "32768"]);
        assert_eq!(sizes(500_000_000_000), ["16384", "32768", "16384", "32768"]);
        assert_eq!(sizes(u64::MAX), ["16384", "32768", "16384", "32768"]);
    }
}
