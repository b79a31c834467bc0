//! The name of a run, and the keys of the objects that belong to it.

use std::hash::{BuildHasher, Hasher};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::clock::rfc3339;

/// Key prefix of the markers of open runs: see [`RunId::open_key`].
pub const OPEN: &str = "_sluice/open/";

/// The name of a run: its start and a random part, `20261123T211442Z-9f86d081884c7d65`. Names sort by start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunId(pub String);

impl RunId {
    /// Makes a new, unique name for a run that starts at `start`.
    pub fn new(start: SystemTime) -> Self {
        // Seeded by the operating system: two runs that start in the same second have different names.
        let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
        let second: String = rfc3339(start).chars().take(19).filter(|c| !matches!(c, '-' | ':')).collect();
        Self(format!("{second}Z-{random:016x}"))
    }

    /// The second in which the run began, as it stands in the name.
    pub(crate) fn second(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// The key of the files of all tasks, one [`FileLine`](super::FileLine) per line.
    pub fn files_key(&self) -> String {
        format!("_sluice/runs/{}/files.jsonl", self.0)
    }

    /// The key of the tasks, one [`Task`](super::Task) per line.
    pub fn tasks_key(&self) -> String {
        format!("_sluice/runs/{}/tasks.jsonl", self.0)
    }

    /// The key of the result of a task.
    pub fn result_key(&self, task: u64) -> String {
        format!("_sluice/runs/{}/results/{task:08}.json", self.0)
    }

    /// The key of the note of a task's worker: which container the worker runs in, and whether the worker ended by itself. The
    /// state machine makes the same key, and cannot pad numbers.
    pub fn worker_key(&self, task: u64) -> String {
        format!("_sluice/runs/{}/workers/{task}.json", self.0)
    }

    /// The key of the poison files of a task: the file that is being checked alone, and the files that have killed their worker.
    pub fn poison_files_key(&self, task: u64) -> String {
        format!("_sluice/runs/{}/marks/{task:08}.json", self.0)
    }

    /// The key of the marker that exists from before the first task of the run until after its last event.
    pub fn open_key(&self) -> String {
        format!("{OPEN}{}", self.0)
    }

    /// The key of the page about the run.
    pub fn page_key(&self) -> String {
        format!("_sluice/runs/{}/report.html", self.0)
    }

    /// The key of the page about one prefix of the run.
    pub fn prefix_page_key(&self, prefix: &str) -> String {
        format!("_sluice/runs/{}/prefixes/{prefix}/report.html", self.0)
    }

    /// The key of the run report.
    pub fn report_key(&self) -> String {
        format!("_sluice/runs/{}/report.json", self.0)
    }
}
