//! A file of a run in one line: what the result of a task keeps of the worst files of each prefix, and what a page has in its table of
//! files.

use std::cmp::{Ordering, Reverse};

use serde::{Deserialize, Serialize};
use sluice_engine::report::{FileReport, Verdict, cut};

use super::{FailureCode, FileFailure};

/// Files of a prefix that the result of a task lists, the worst; a page has room for as many.
pub(crate) const SUMMARIES: usize = 500;

/// Characters of what is said of a file.
const REASON: usize = 300;

/// How a file ended; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ended {
    /// It could not be checked.
    Failed,
    /// Refused as a whole.
    Refused,
    /// Some rows were rejected.
    Accepted,
    /// Nothing was rejected.
    Clean,
}

impl Ended {
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
        }
    }
}

/// A file in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileSummary {
    /// Its key in the source; in the result of a task its name, without `<prefix>/incoming/`.
    pub key: String,
    /// The version that was checked: with the key it names the ledger record. None when it was not checked, or comes from no store.
    pub etag: Option<String>,
    /// How it ended.
    pub ended: Ended,
    /// Data records.
    pub read: u64,
    /// Those that were rejected.
    pub rejected: u64,
    /// Size as stored.
    pub bytes: u64,
    /// The most frequent cause by its code, or why it was not checked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What kind of reason, if it was not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureCode>,
    /// Some of its rows break a rule that only warns.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warned: bool,
}

impl FileSummary {
    /// A file that was checked.
    pub(crate) fn of_report(report: &FileReport) -> Self {
        let refusal = report.refusal.as_ref().map(|refusal| refusal.code.explained().name.to_owned());
        let most = report.errors.iter().max_by_key(|(_, count)| **count);
        let reason = refusal.or_else(|| most.map(|(code, _)| code.name().to_owned()));
        Self {
            key: report.file.key.clone(),
            etag: report.file.etag.clone(),
            ended: Ended::of(report.verdict),
            read: report.rows.read,
            rejected: report.rows.rejected,
            bytes: report.file.bytes.unwrap_or(0),
            reason: reason.unwrap_or_default(),
            failure: None,
            warned: !report.warnings.is_empty(),
        }
    }

    /// A file that could not be checked.
    pub(crate) fn of_failure(failure: &FileFailure) -> Self {
        let mut reason = failure.message.clone();
        cut(&mut reason, REASON);
        Self {
            key: failure.key.clone(),
            etag: None,
            ended: Ended::Failed,
            read: 0,
            rejected: 0,
            bytes: 0,
            reason,
            failure: Some(failure.code),
            warned: false,
        }
    }

    /// The failure that it tells of, its message cut.
    pub(crate) fn as_failure(&self) -> Option<FileFailure> {
        let code = self.failure?;
        Some(FileFailure { key: self.key.clone(), code, message: self.reason.clone() })
    }

    /// Its report has something to say of it beside statistics.
    pub(crate) fn has_faults(&self) -> bool {
        self.warned || self.ended != Ended::Clean
    }

    /// The worst first: by the end, then by rejected rows, then by key.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let by = |file: &Self| (file.ended, Reverse(file.rejected));
        by(self).cmp(&by(other)).then_with(|| self.key.cmp(&other.key))
    }
}
