//! The contents of a page: files are added in any order and number, in bounded memory.

use std::cmp::Ordering;
use std::time::SystemTime;

use sluice_engine::report::{FileReport, Verdict};

use super::causes::Causes;
use crate::context::FileOutcome;
use crate::ranking::Ranking;
use crate::task::{FileStatus, FileSummary, SUMMARIES, Totals};

/// Most files that are shown with their faults and columns.
pub(crate) const DETAILS: usize = 50;

/// Most prefixes whose history is shown.
pub(crate) const HISTORIES: usize = 20;

/// Most earlier files in the history of a prefix.
pub(crate) const HISTORY_FILES: usize = 60;

/// The contents of a page.
#[derive(Debug)]
pub(crate) struct Contents {
    /// The subject: a file, a folder, a bucket.
    pub(crate) title: String,
    /// Names and values of facts about the whole: the run, its times.
    pub(crate) about: Vec<(&'static str, String)>,
    /// Notes about what is not on the page, a sentence each.
    pub(crate) notes: Vec<String>,
    /// The histories of prefixes, in the order of the page.
    pub(crate) histories: Vec<History>,
    pub(super) totals: Totals,
    pub(super) causes: Causes,
    pub(super) rows: Ranking<FileSummary>,
    pub(super) details: Ranking<FileReport>,
}

/// The earlier files of a prefix.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) prefix: String,
    /// At most the latest [`HISTORY_FILES`] files in the order of their upload, the latest one last.
    pub(crate) files: Vec<HistoryFile>,
    /// The number of ledger records of the prefix.
    pub(crate) records: u64,
    /// How many of the records that were read are invalid.
    pub(crate) unreadable: u64,
    /// How many of the latest records were not read, because they are too large together.
    pub(crate) without_room: u64,
}

/// An earlier file.
#[derive(Clone, Debug)]
pub(crate) struct HistoryFile {
    pub(crate) key: String,
    /// When the ledger record of the file was written.
    pub(crate) written: SystemTime,
    /// When its check started (RFC 3339).
    pub(crate) started_at: String,
    pub(crate) verdict: Verdict,
    pub(crate) read: u64,
    pub(crate) rejected: u64,
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
}

fn worse(one: &FileReport, other: &FileReport) -> Ordering {
    let by = |report: &FileReport| (FileStatus::of(report.verdict), std::cmp::Reverse(report.rows.rejected));
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
            rows: Ranking::new(SUMMARIES, FileSummary::order),
            details: Ranking::new(DETAILS, worse),
        }
    }

    /// A page about `title` with these totals and these files in its table, which are the worst of all. Their reports are added
    /// one by one.
    pub(crate) fn of_totals(title: String, totals: Totals, worst: Vec<FileSummary>) -> Self {
        let mut contents = Self::new(title);
        contents.rows.leave_out(totals.files.total.saturating_sub(worst.len() as u64));
        contents.totals = totals;
        for file in worst {
            if let Some(failure) = file.as_failure() {
                contents.causes.add_failure(&failure);
            }
            contents.rows.add(file);
        }
        contents
    }

    /// Adds the report of a file that the totals and the table have already.
    pub(crate) fn add_detail(&mut self, report: FileReport) {
        self.causes.add(&report);
        self.details.add(report);
    }

    /// Adds a file.
    pub(crate) fn add(&mut self, outcome: FileOutcome) {
        match outcome {
            FileOutcome::Checked(report) | FileOutcome::Known(report) => {
                self.totals.add_report(&report);
                self.causes.add(&report);
                self.rows.add(FileSummary::of_report(&report));
                self.details.add(*report);
            }
            FileOutcome::Failed(failure) => {
                self.totals.add_failed(1, failure.code);
                self.causes.add_failure(&failure);
                self.rows.add(FileSummary::of_failure(&failure));
            }
        }
    }
}
