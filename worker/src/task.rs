//! The data between plan, process and publish: runs, tasks, the files of a task, and results.

mod file_summary;
mod run_id;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sluice_engine::codes::Code;
use sluice_engine::report::{FileReport, Verdict, cut, is_zero};

use crate::resource_usage::ResourceUsage;
use crate::store::StoreError;
pub(crate) use file_summary::SUMMARIES;
pub use file_summary::{FileStatus, FileSummary};
pub use run_id::{OPEN, RunId};

/// Maximum number of failed files that the result of a task lists; any others are only counted.
pub const FAILURES: usize = 100;

/// Maximum number of characters of a failure's message in results, reports and events. A descriptor with a thousand mistakes fails
/// every file of its prefix, each with the same long message.
pub const MESSAGE_CHARS: usize = 2000;

/// Largest result of a task that is read back, in bytes. A result has at most as many prefixes as a task has files, 10,000. Each
/// prefix has a name of at most 1,024 bytes, counts, and a cause: some 50 MiB at most.
pub(crate) const RESULT_BYTES: usize = 64 << 20;

/// Maximum size in bytes of the causes of all prefixes together in the result of a task, as JSON.
const CAUSES_BYTES: usize = 16 << 20;

/// A line of `tasks.jsonl`: consecutive files in the order of the run, as a range of bytes of `files.jsonl`. A task may hold files
/// of many prefixes. The files of one prefix may be spread over several tasks, which are then neighbours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// Number, from 0.
    pub task: u64,
    /// Offset of the task's first line in `files.jsonl`, in bytes.
    pub offset: u64,
    /// Length of the task's lines in `files.jsonl`, in bytes.
    pub length: u64,
    /// Number of files.
    pub files: u64,
    /// Total size of the files as stored, in bytes.
    pub bytes: u64,
    /// CPU units of the container, as RunTask takes them: 1024 are one vCPU.
    pub cpu: String,
    /// Memory of the container in MiB, as RunTask takes it.
    pub memory: String,
    /// CPU units of the next larger container, for an attempt after one that ran out of memory; `cpu` if there is no larger
    /// container.
    pub larger_cpu: String,
    /// Memory of the next larger container in MiB; `memory` if there is no larger container.
    pub larger_memory: String,
}

/// A line of `files.jsonl`: a file version to be checked. The lines are in the order of the keys of the ledger records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileLine {
    /// Key in the source.
    pub key: String,
    /// Entity tag without quotes.
    pub etag: String,
    /// Size as stored, in bytes.
    pub bytes: u64,
    /// Time of the last modification, RFC 3339, UTC.
    pub last_modified: String,
    /// Whether the file is checked even if the ledger has a record of this version.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    /// Whether a version of the file was done before, so that its outputs are likely to exist. Only the number of requests depends
    /// on it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaces: bool,
}

/// Numbers of files by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// All files.
    pub total: u64,
    /// Files without a rejected row.
    pub clean: u64,
    /// Files of which some rows were rejected.
    pub accepted: u64,
    /// Refused as a whole.
    pub refused: u64,
    /// Files that could not be checked, for a technical reason.
    pub failed: u64,
    /// How many of the failed files were replaced or deleted after the run was planned: the next run checks what is there then. Absent if
    /// there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub superseded: u64,
    /// Files that were not checked, as the run was interrupted; the next run checks them. Absent if there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub interrupted: u64,
}

/// Numbers of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowCounts {
    /// Data records that were read.
    pub read: u64,
    /// Rows in the clean files; of a refused file, the rows that would have been in its clean file.
    pub clean: u64,
    /// Rows in the rejects.
    pub rejected: u64,
    /// The clean rows of refused files, which are in no clean file; absent when there is none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub withheld: u64,
}

/// Totals that add up over files, tasks and prefixes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Files by outcome.
    pub files: Files,
    /// Rows by outcome.
    pub rows: RowCounts,
    /// Total size of the files as stored, in bytes.
    pub bytes: u64,
    /// Faults by code.
    pub errors: BTreeMap<Code, u64>,
}

impl Totals {
    /// Adds a file that was checked.
    pub fn add_report(&mut self, report: &FileReport) {
        self.files.total += 1;
        *match report.verdict {
            Verdict::Clean => &mut self.files.clean,
            Verdict::Accepted => &mut self.files.accepted,
            Verdict::Refused => &mut self.files.refused,
        } += 1;
        self.rows.read += report.rows.read;
        self.rows.clean += report.rows.clean;
        self.rows.rejected += report.rows.rejected;
        if report.verdict == Verdict::Refused {
            self.rows.withheld += report.rows.clean;
        }
        self.bytes += report.file.bytes.unwrap_or(0);
        for (code, count) in &report.errors {
            *self.errors.entry(*code).or_default() += count;
        }
    }

    /// Adds files that were not checked for this reason.
    pub fn add_failed(&mut self, files: u64, code: FailureCode) {
        self.files.total += files;
        *match code {
            FailureCode::Interrupted => &mut self.files.interrupted,
            _ => &mut self.files.failed,
        } += files;
        if code.is_superseded() {
            self.files.superseded += files;
        }
    }

    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Self) {
        self.files.total += other.files.total;
        self.files.clean += other.files.clean;
        self.files.accepted += other.files.accepted;
        self.files.refused += other.files.refused;
        self.files.failed += other.files.failed;
        self.files.superseded += other.files.superseded;
        self.files.interrupted += other.files.interrupted;
        self.rows.read += other.rows.read;
        self.rows.clean += other.rows.clean;
        self.rows.rejected += other.rows.rejected;
        self.rows.withheld += other.rows.withheld;
        self.bytes += other.bytes;
        for (code, count) in &other.errors {
            *self.errors.entry(*code).or_default() += count;
        }
    }
}

/// Why a file could not be checked, grouped by what to do next; ordered from the mildest to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureCode {
    /// The descriptor has mistakes.
    Descriptor,
    /// A table that foreign keys refer to is missing or invalid.
    Reference,
    /// The file no longer exists.
    NotFound,
    /// Another version of the file was uploaded in the meantime; the next run checks it.
    Changed,
    /// Permission to read or write was denied.
    Denied,
    /// There is no space left for the outputs.
    Full,
    /// The storage failed; run again.
    Unreachable,
    /// A file, or the place of an output, is of the wrong kind: a folder, a link, or an impossible name.
    Invalid,
    /// The worker died each time it checked this file; the other files of the task were checked without it.
    KillsWorker,
    /// The run was interrupted.
    Interrupted,
    /// A defect of this program.
    Internal,
}

impl FailureCode {
    /// Returns true if the file was replaced or deleted after the run was planned. Of many senders somebody always does so, and nothing is
    /// wrong: the next run checks what is there then.
    pub fn is_superseded(self) -> bool {
        matches!(self, Self::NotFound | Self::Changed)
    }
}

/// A file that could not be checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFailure {
    /// Key in the source.
    pub key: String,
    /// The kind of failure.
    pub code: FailureCode,
    /// What failed, where, and what to do; several lines for the mistakes of a descriptor.
    pub message: String,
}

impl FileFailure {
    /// The failure of the file at `key` because a store failed.
    pub fn of_store(key: &str, error: &StoreError) -> Self {
        let code = match error {
            StoreError::NotFound { .. } => FailureCode::NotFound,
            StoreError::Changed { .. } | StoreError::Replaced { .. } | StoreError::AlreadyExists { .. } => {
                FailureCode::Changed
            }
            StoreError::Denied { .. } | StoreError::NotSignedIn { .. } => FailureCode::Denied,
            StoreError::Full { .. } => FailureCode::Full,
            StoreError::Unreachable { .. } | StoreError::Busy { .. } => FailureCode::Unreachable,
            StoreError::Invalid { .. } => FailureCode::Invalid,
        };
        Self { key: key.to_owned(), code, message: error.to_string() }
    }

    /// Returns the failure with its message cut to at most [`MESSAGE_CHARS`] characters.
    pub(crate) fn cut(mut self) -> Self {
        cut(&mut self.message, MESSAGE_CHARS);
        self
    }
}

/// Maximum size in bytes of the reasons of all failed files together in the result of a task, as JSON.
const REASONS_BYTES: usize = 4 << 20;

/// Cuts the causes of the prefixes, and the reasons of their failed files, to equal shares of the space that the result of a task
/// has for them.
pub(crate) fn cut_causes(prefixes: &mut [PrefixTotals]) {
    // A character has up to six bytes in JSON.
    let with_cause = prefixes.iter().filter(|prefix| prefix.cause.is_some()).count();
    let most = (CAUSES_BYTES / 6 / with_cause.max(1)).min(MESSAGE_CHARS);
    prefixes.iter_mut().filter_map(|prefix| prefix.cause.as_mut()).for_each(|cause| cut(cause, most));
    let failed = prefixes.iter().flat_map(|prefix| &prefix.worst).filter(|file| file.failure.is_some()).count();
    let most = REASONS_BYTES / 6 / failed.max(1);
    for file in prefixes.iter_mut().flat_map(|prefix| &mut prefix.worst).filter(|file| file.failure.is_some()) {
        cut(&mut file.reason, most);
    }
}

/// The outcome of the files of one prefix in one task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrefixTotals {
    /// The prefix.
    pub prefix: String,
    /// The totals.
    #[serde(flatten)]
    pub totals: Totals,
    /// When the first file of the prefix was begun, RFC 3339, UTC.
    pub started_at: String,
    /// When the last file of the prefix ended, RFC 3339, UTC.
    pub finished_at: String,
    /// Why files failed: the message of the failed file whose key sorts first.
    pub cause: Option<String>,
    /// The worst files of the prefix, the worst first: the files that a page about the prefix shows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub worst: Vec<FileSummary>,
}

/// The result of a task, `_sluice/runs/<run>/results/<task>.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskResult {
    /// Version of this JSON format: 2.
    pub version: u32,
    /// The run.
    pub run_id: RunId,
    /// Number of the task.
    pub task: u64,
    /// ResultBuilder of the prefixes, in the order of the task's files.
    pub prefixes: Vec<PrefixTotals>,
    /// The first [`FAILURES`] files that could not be checked, by key.
    pub failures: Vec<FileFailure>,
    /// Number of files that could not be checked, by the kind of failure.
    pub failed: BTreeMap<FailureCode, u64>,
    /// Time and requests of the attempt that wrote this result; `None` outside a container. Attempts that died are not included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<ResourceUsage>,
    /// When the attempt started, RFC 3339, UTC.
    pub started_at: String,
    /// When the attempt ended, RFC 3339, UTC.
    pub finished_at: String,
}

impl TaskResult {
    /// Returns the sum over all prefixes.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        self.prefixes.iter().for_each(|prefix| totals.add(&prefix.totals));
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_result_of_a_task_is_read_back() {
        let totals = |number: usize| PrefixTotals {
            prefix: format!("{number:05}{}", "\"".repeat(1019)),
            totals: Totals {
                errors: Code::ALL.into_iter().map(|code| (code, u64::MAX)).collect(),
                ..Totals::default()
            },
            started_at: "2026-11-23T21:14:42.123456789Z".to_owned(),
            finished_at: "2026-11-23T21:14:42.123456789Z".to_owned(),
            cause: Some("\u{1}".repeat(MESSAGE_CHARS + 1)),
            worst: vec![FileSummary {
                // A key has at most 1,024 bytes, including its prefix.
                key: "a.csv".to_owned(),
                etag: Some("0".repeat(40)),
                ended: FileStatus::Failed,
                read: u64::MAX,
                rejected: u64::MAX,
                bytes: u64::MAX,
                reason: "\u{1}".repeat(300),
                failure: Some(FailureCode::Unreachable),
                warned: true,
            }],
        };
        let mut prefixes: Vec<PrefixTotals> = (0..10_000).map(totals).collect();
        cut_causes(&mut prefixes);
        let bytes = serde_json::to_vec(&prefixes).expect("it is JSON").len();
        // Besides the prefixes, the result has a hundred failures.
        let failures = FAILURES * (6 * MESSAGE_CHARS + 4096);
        assert!(bytes + failures < RESULT_BYTES, "{bytes}");
        let mut few = vec![totals(0)];
        cut_causes(&mut few);
        assert_eq!(few[0].cause.as_ref().map(|cause| cause.chars().count()), Some(MESSAGE_CHARS + 1));
    }

    #[test]
    fn runs_of_the_same_moment_have_different_names_that_begin_with_it() {
        let start = std::time::UNIX_EPOCH + std::time::Duration::from_secs(951_827_696);
        let (one, other) = (RunId::new(start), RunId::new(start));
        assert!(one.0.starts_with("20000229T123456Z-"), "{}", one.0);
        assert_ne!(one, other);
    }
}
