//! The outcome of the check of a file.

use std::collections::BTreeMap;

use crate::codes::{Code, Refusal, RefusalCode};
use crate::compression::Compression;
use crate::descriptor::{ComparisonWithEarlier, Settings};
use crate::emit::fault_summary::Names;
use crate::emit::feedback::FeedbackTable;
use crate::pipeline::ended_early::{CheckError, EndedEarly, Refused};
use crate::pipeline::hashed::Digest;
use crate::pipeline::head::Head;
use crate::pipeline::published_statistics::all_published;
use crate::pipeline::sink::Counts;
use crate::report::{AssertionOutcome, FaultSummary, FieldStatistics, LabelUse, Reject, RejectsOmitted, Rows, Verdict};
use crate::resolve::assertions::{self, Ended};
use crate::resolve::earlier_files::{self, EarlierFile, FileSize};
use crate::resolve::tolerance;

/// The outcome of a check.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Clean, accepted or refused.
    pub verdict: Verdict,
    /// Record counts.
    pub rows: Rows,
    /// Faults by code.
    pub errors: BTreeMap<Code, u64>,
    /// The causes of rejects with their counts, and their spread over the file.
    pub faults: Option<FaultSummary>,
    /// Why the file was refused as a whole.
    pub refusal: Option<Refusal>,
    /// Rejected rows that the rejects leave out because they would exceed their limit.
    pub rejects_omitted: Option<RejectsOmitted>,
    /// Statistics in column order.
    pub fields: Vec<FieldStatistics>,
    /// Number of columns, the last ones, whose statistics are left out: see
    /// [`FIELDS_BYTES`](crate::report::FIELDS_BYTES).
    pub fields_omitted: u64,
    /// Labels that are not spelled as the field that they stand for, by column; the first [`LABEL_USES`](crate::report::LABEL_USES).
    pub labels: Vec<LabelUse>,
    /// Number of such labels that are not in `labels`.
    pub labels_omitted: u64,
    /// The first rejects, their texts cut to [`SAMPLE_CHARACTERS`](crate::report::SAMPLE_CHARACTERS).
    pub samples: Vec<Reject>,
    /// How many clean rows break each rule or constraint that only warns; those that no row breaks are left out.
    pub warnings: BTreeMap<String, u64>,
    /// The first clean rows that break a rule or constraint that only warns.
    pub warning_samples: Vec<Reject>,
    /// Hints about what may be wrong with the file as a whole, one line each.
    pub hints: Vec<String>,
    /// How the file was compressed.
    pub compression: Option<Compression>,
    /// The encoding the file was read in, in lower case: `utf-8`, `windows-1252`.
    pub encoding: String,
    /// What a person should know of the encoding, such as a byte order mark that says another one than the descriptor.
    pub encoding_note: Option<String>,
    /// Outcomes of the assertions over the whole file.
    pub assertions: Vec<AssertionOutcome>,
    /// Rows for the sender; `None` if they are not asked for, or if the file was refused before its last record.
    pub feedback: Option<FeedbackTable>,
    /// The size of the stored file and its SHA-256; `None` if feedback is not asked for.
    pub digest: Option<Digest>,
}

impl Outcome {
    /// Returns the outcome of a file that was read to its end, without its compression and encoding, which only its reader knows.
    pub(crate) fn of_counts(settings: &Settings, names: &Names<'_>, head: Head, counts: Counts) -> Self {
        let columns = names.columns;
        let mut rows = counts.rows;
        rows.blank += head.blank;
        let ended = Ended {
            rows: &rows,
            columns,
            statistics: &|index| counts.statistics[index].finish(&columns[index].name),
            column_faults: &counts.column_faults,
            trailer: &counts.trailer,
        };
        let assertions = assertions::decide(settings, &ended);
        let refusal = tolerance::exceeded(&settings.tolerance, &rows).or_else(|| assertions::refusal(&assertions));
        let verdict = match (&refusal, rows.rejected) {
            (Some(_), _) => Verdict::Refused,
            (None, 0) => Verdict::Clean,
            (None, _) => Verdict::Accepted,
        };
        let published = all_published(columns, &counts.statistics);
        Self {
            verdict,
            rows,
            errors: counts.errors,
            faults: counts.fault_counts.summary(names),
            refusal,
            rejects_omitted: counts.rejects_omitted,
            fields: published.fields,
            fields_omitted: published.omitted,
            labels: head.labels,
            labels_omitted: head.labels_omitted,
            samples: counts.samples,
            warnings: counts.warnings.by_name,
            warning_samples: counts.warning_samples,
            hints: head.hints,
            compression: None,
            encoding: String::new(),
            encoding_note: None,
            assertions,
            feedback: counts.feedback_rows.map(|rows| FeedbackTable::new(columns, rows.finish(), counts.warnings.rows)),
            digest: None,
        }
    }

    /// Returns the outcome of a file whose check ended before its last record.
    ///
    /// # Errors
    /// When the check could not be done.
    pub(crate) fn of_ended(ended: EndedEarly) -> Result<Self, CheckError> {
        match ended {
            EndedEarly::Refused(refused) => Ok(Self::of_refused(*refused)),
            EndedEarly::Failed(error) => Err(error),
        }
    }

    /// Returns the outcome of a file that was refused before its last record: none of its rows counts.
    fn of_refused(Refused { refusal, errors, hints }: Refused) -> Self {
        Self {
            verdict: Verdict::Refused,
            rows: Rows::default(),
            errors,
            faults: None,
            refusal: Some(refusal),
            rejects_omitted: None,
            fields: Vec::new(),
            fields_omitted: 0,
            labels: Vec::new(),
            labels_omitted: 0,
            samples: Vec::new(),
            warnings: BTreeMap::new(),
            warning_samples: Vec::new(),
            hints,
            compression: None,
            encoding: "utf-8".to_owned(),
            encoding_note: None,
            assertions: Vec::new(),
            feedback: None,
            digest: None,
        }
    }

    /// Adds outcomes of assertions, and refuses the file if one of them does not hold.
    pub(crate) fn add_assertions(&mut self, outcomes: Vec<AssertionOutcome>) {
        if outcomes.is_empty() {
            return;
        }
        self.assertions.extend(outcomes);
        self.refuse_by_assertions();
    }

    /// Compares a file of `bytes` stored bytes with the files accepted before it, and refuses it if it is beyond the bounds.
    ///
    /// If there are fewer files than `last` asks for, nothing is compared. A file that was not read to its end is left unchanged.
    pub fn compare(&mut self, last: &ComparisonWithEarlier, bytes: u64, earlier: &[EarlierFile]) {
        if earlier_files::decide(&mut self.assertions, last, FileSize { rows: self.rows.read, bytes }, earlier) {
            self.refuse_by_assertions();
        }
    }

    /// Refuses the file by its assertions, unless it is refused for another reason.
    fn refuse_by_assertions(&mut self) {
        let is_refused_otherwise =
            self.refusal.as_ref().is_some_and(|refusal| refusal.code != RefusalCode::FileConstraint);
        if is_refused_otherwise {
            return;
        }
        self.refusal = assertions::refusal(&self.assertions);
        if self.refusal.is_some() {
            self.verdict = Verdict::Refused;
        }
    }
}
