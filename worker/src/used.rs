//! What the workers of a run have used: time of their tasks, and requests to S3.

use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// Requests to S3 by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Requests {
    /// Pages of listings.
    pub list: u64,
    /// Reads of objects or parts of them.
    pub get: u64,
    /// Looks at an object's size, tag and time.
    pub head: u64,
    /// Writes; of an object in parts the beginning, each part and the end.
    pub put: u64,
    /// Deletions, which cost nothing.
    pub delete: u64,
}

impl Requests {
    /// Of all kinds.
    pub fn total(&self) -> u64 {
        self.list + self.get + self.head + self.put + self.delete
    }

    /// Those since a count before.
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

/// Time of tasks as Fargate bills it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TaskTime {
    /// Attempts that were started.
    pub tasks: u64,
    /// Seconds of all of them, from the pull of the image on, at least a minute each.
    pub seconds: f64,
    /// The same times the vCPUs of each.
    pub vcpu_seconds: f64,
    /// The same times the GB of memory of each.
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

/// What the workers of a run have used, as the run report and the run's event carry it.
///
/// ```json
/// {"tasks": 10, "seconds": 2100.5, "vcpuSeconds": 2100.5, "gbSeconds": 4201.0,
///  "requests": {"list": 0, "get": 200000, "head": 400000, "put": 200000, "delete": 0}}
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Used {
    /// Time of the tasks.
    #[serde(flatten)]
    pub time: TaskTime,
    /// Requests to S3.
    pub requests: Requests,
}

impl Used {
    /// Adds what another task has used.
    pub fn add(&mut self, other: &Self) {
        self.time += other.time;
        self.requests += other.requests;
    }
}
