//! A file of a run in one line: an entry of the worst files of a prefix in the result of a task, and a row in a page's table of
//! files.

use std::cmp::{Ordering, Reverse};

use serde::{Deserialize, Serialize};
use sluice_engine::report::{FileReport, Verdict, cut};

use super::{FailureCode, FileFailure};

/// Maximum number of files of a prefix that the result of a task lists, the worst ones; a page has room for as many.
pub(crate) const SUMMARIES: usize = 500;

/// Maximum number of characters of the reason of a file.
const REASON: usize = 300;

/// How the check of a file ended, from the worst to the best; then `Interrupted`, which says nothing about the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileStatus {
    /// The file could not be checked.
    Failed,
    /// Refused as a whole.
    Refused,
    /// Some rows were rejected.
    Accepted,
    /// Nothing was rejected.
    Clean,
    /// The run was interrupted before the file was checked.
    Interrupted,
}

impl FileStatus {
    pub(crate) fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Refused => Self::Refused,
            Verdict::Accepted => Self::Accepted,
            Verdict::Clean => Self::Clean,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Accepted => "accepted",
            Self::Clean => "clean",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The outcome of a file in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileSummary {
    /// The key of the file in the source; in the result of a task only its name, without `<prefix>/incoming/`.
    pub key: String,
    /// The entity tag of the version that was checked: with the key it names the ledger record. `None` if the file was not checked,
    /// or does not come from a store.
    pub etag: Option<String>,
    /// How the check ended.
    pub ended: FileStatus,
    /// Number of data records that were read.
    pub read: u64,
    /// Number of data records that were rejected.
    pub rejected: u64,
    /// Size as stored, in bytes.
    pub bytes: u64,
    /// Why the file was refused, or else its most frequent error code; if the file was not checked, why. Empty if nothing is wrong.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The kind of failure, if the file was not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureCode>,
    /// Whether some rows break a rule that only warns.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warned: bool,
}

impl FileSummary {
    /// Summarises the report of a file that was checked.
    pub(crate) fn of_report(report: &FileReport) -> Self {
        let refusal = report.refusal.as_ref().map(|refusal| refusal.code.explained().name.to_owned());
        let most = report.errors.iter().max_by_key(|(_, count)| **count);
        let reason = refusal.or_else(|| most.map(|(code, _)| code.name().to_owned()));
        Self {
            key: report.file.key.clone(),
            etag: report.file.etag.clone(),
            ended: FileStatus::of(report.verdict),
            read: report.rows.read,
            rejected: report.rows.rejected,
            bytes: report.file.bytes.unwrap_or(0),
            reason: reason.unwrap_or_default(),
            failure: None,
            warned: !report.warnings.is_empty(),
        }
    }

    /// Summarises the failure of a file that could not be checked.
    pub(crate) fn of_failure(failure: &FileFailure) -> Self {
        let mut reason = failure.message.clone();
        cut(&mut reason, REASON);
        Self {
            key: failure.key.clone(),
            etag: None,
            ended: match failure.code {
                FailureCode::Interrupted => FileStatus::Interrupted,
                _ => FileStatus::Failed,
            },
            read: 0,
            rejected: 0,
            bytes: 0,
            reason,
            failure: Some(failure.code),
            warned: false,
        }
    }

    /// Returns the failure that this summary was made from, with its message cut; `None` if the file was checked.
    pub(crate) fn as_failure(&self) -> Option<FileFailure> {
        let code = self.failure?;
        Some(FileFailure { key: self.key.clone(), code, message: self.reason.clone() })
    }

    /// Returns true if the report of the file shows anything besides statistics.
    pub(crate) fn has_faults(&self) -> bool {
        self.warned || self.ended != FileStatus::Clean
    }

    /// Orders the worst file first: by how its check ended, then by the number of rejected rows, then by key.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let by = |file: &Self| (file.ended, Reverse(file.rejected));
        by(self).cmp(&by(other)).then_with(|| self.key.cmp(&other.key))
    }
}
