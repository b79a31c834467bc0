//! What a page is made of: files as they come, as many as there are, in bounded memory.

use std::cmp::Ordering;
use std::time::SystemTime;

use sluice_engine::report::{FileReport, Verdict};

use super::causes::Causes;
use super::worst::Worst;
use crate::context::FileEnd;
use crate::task::{FileFailure, Totals};

/// Files in the table of files: the worst of all.
pub(crate) const FILES: usize = 500;

/// Files that are shown with their faults and columns.
pub(crate) const DETAILS: usize = 50;

/// Prefixes whose history is shown.
pub(crate) const HISTORIES: usize = 20;

/// Earlier files in the history of a prefix.
pub(crate) const PAST: usize = 60;

/// What the page is about, and what it says.
#[derive(Debug)]
pub(crate) struct Contents {
    /// What is reported on: a file, a folder, a bucket.
    pub(crate) title: String,
    /// Name and value of what is to be known of the whole: the run, when it was.
    pub(crate) about: Vec<(&'static str, String)>,
    /// What the reader has to know of what is not on the page, a sentence each.
    pub(crate) notes: Vec<String>,
    /// Of prefixes, in their order.
    pub(crate) histories: Vec<History>,
    pub(super) totals: Totals,
    pub(super) causes: Causes,
    pub(super) rows: Worst<FileRow>,
    pub(super) details: Worst<FileReport>,
}

/// How the files of a prefix were, one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) prefix: String,
    /// The latest [`PAST`] at most, the latest last.
    pub(crate) files: Vec<Past>,
    /// Records that the ledger has of the prefix.
    pub(crate) records: u64,
    /// How many of those that were read are none.
    pub(crate) unreadable: u64,
}

/// An earlier file.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    pub(crate) key: String,
    /// When its record was written.
    pub(crate) written: SystemTime,
    /// RFC 3339.
    pub(crate) started_at: String,
    pub(crate) verdict: Verdict,
    pub(crate) read: u64,
    pub(crate) rejected: u64,
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
}

/// How a file ended; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ended {
    Failed,
    Refused,
    Accepted,
    Clean,
}

impl Ended {
    pub(super) fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Refused => Self::Refused,
            Verdict::Accepted => Self::Accepted,
            Verdict::Clean => Self::Clean,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Accepted => "accepted",
            Self::Clean => "clean",
        }
    }
}

/// A file in the table of files.
#[derive(Clone, Debug)]
pub(super) struct FileRow {
    pub(super) key: String,
    pub(super) ended: Ended,
    pub(super) read: u64,
    pub(super) rejected: u64,
    pub(super) bytes: u64,
    /// The most frequent cause, or why it was not checked.
    pub(super) reason: String,
}

impl FileRow {
    fn of_report(report: &FileReport) -> Self {
        let refusal = report.refusal.as_ref().map(|refusal| refusal.code.explained().name.to_owned());
        let most = report.errors.iter().max_by_key(|(_, count)| **count);
        let reason = refusal.or_else(|| most.map(|(code, _)| code.name().to_owned()));
        Self {
            key: report.file.key.clone(),
            ended: Ended::of(report.verdict),
            read: report.rows.read,
            rejected: report.rows.rejected,
            bytes: report.file.bytes.unwrap_or(0),
            reason: reason.unwrap_or_default(),
        }
    }

    fn of_failure(failure: &FileFailure) -> Self {
        let reason = failure.message.lines().next().unwrap_or_default().to_owned();
        Self { key: failure.key.clone(), ended: Ended::Failed, read: 0, rejected: 0, bytes: 0, reason }
    }

    fn order(&self, other: &Self) -> Ordering {
        let by = |row: &Self| (row.ended, std::cmp::Reverse(row.rejected));
        by(self).cmp(&by(other)).then_with(|| self.key.cmp(&other.key))
    }
}

fn worse(one: &FileReport, other: &FileReport) -> Ordering {
    let by = |report: &FileReport| (Ended::of(report.verdict), std::cmp::Reverse(report.rows.rejected));
    by(one).cmp(&by(other)).then_with(|| one.file.key.cmp(&other.file.key))
}

impl Contents {
    /// A page about `title` that has no files yet.
    pub(crate) fn new(title: String) -> Self {
        Self {
            title,
            about: Vec::new(),
            notes: Vec::new(),
            histories: Vec::new(),
            totals: Totals::default(),
            causes: Causes::default(),
            rows: Worst::new(FILES, FileRow::order),
            details: Worst::new(DETAILS, worse),
        }
    }

    /// Adds a file.
    pub(crate) fn add(&mut self, end: FileEnd) {
        match end {
            FileEnd::Checked(report) | FileEnd::Known(report) => {
                self.totals.add_report(&report);
                self.causes.add(&report);
                self.rows.add(FileRow::of_report(&report));
                self.details.add(*report);
            }
            FileEnd::Failed(failure) => {
                self.totals.add_failed(1);
                self.causes.add_failure(&failure);
                self.rows.add(FileRow::of_failure(&failure));
            }
        }
    }
}
