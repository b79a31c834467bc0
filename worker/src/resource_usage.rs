//! The resources that the workers of a run have used: time of their tasks, and requests to S3.

use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// Requests to S3 by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Requests {
    /// Requests for pages of listings.
    pub list: u64,
    /// Reads of objects or of parts of objects.
    pub get: u64,
    /// Requests for size, entity tag and time of an object.
    pub head: u64,
    /// Writes; for an object that is written in parts one request to begin, one per part, and one to end.
    pub put: u64,
    /// Deletions, which are free.
    pub delete: u64,
}

impl Requests {
    /// Returns the number of requests of all kinds.
    pub fn total(&self) -> u64 {
        self.list + self.get + self.head + self.put + self.delete
    }

    /// Returns the requests since an earlier count.
    pub fn since(&self, before: &Self) -> Self {
        Self {
            list: self.list - before.list,
            get: self.get - before.get,
            head: self.head - before.head,
            put: self.put - before.put,
            delete: self.delete - before.delete,
        }
    }
}

impl AddAssign for Requests {
    fn add_assign(&mut self, other: Self) {
        self.list += other.list;
        self.get += other.get;
        self.head += other.head;
        self.put += other.put;
        self.delete += other.delete;
    }
}

impl Add for Requests {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

/// Time of tasks, as Fargate bills it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TaskTime {
    /// Number of attempts at tasks that were started.
    pub tasks: u64,
    /// Seconds of all attempts, each from the pull of its image on, and at least a minute.
    pub seconds: f64,
    /// The seconds of each attempt times its vCPUs, summed up.
    pub vcpu_seconds: f64,
    /// The seconds of each attempt times its GB of memory, summed up.
    pub gb_seconds: f64,
}

impl AddAssign for TaskTime {
    fn add_assign(&mut self, other: Self) {
        self.tasks += other.tasks;
        self.seconds += other.seconds;
        self.vcpu_seconds += other.vcpu_seconds;
        self.gb_seconds += other.gb_seconds;
    }
}

/// The resources that the workers of a run have used, as they are in the run report and in the run's event.
///
/// ```json
/// {"tasks": 10, "seconds": 2100.5, "vcpuSeconds": 2100.5, "gbSeconds": 4201.0,
///  "requests": {"list": 0, "get": 200000, "head": 400000, "put": 200000, "delete": 0}}
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceUsage {
    /// Time of the tasks.
    #[serde(flatten)]
    pub time: TaskTime,
    /// Requests to S3.
    pub requests: Requests,
}

impl ResourceUsage {
    /// Adds the resources that another task has used.
    pub fn add(&mut self, other: &Self) {
        self.time += other.time;
        self.requests += other.requests;
    }
}
