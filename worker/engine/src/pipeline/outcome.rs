//! What comes out of the check of a file, and what ends a check before the last record.

use std::collections::BTreeMap;
use std::io;

use crate::descriptor::{Limits, Settings};
use crate::emit::fault_summary::Names;
use crate::emit::feedback::FeedbackTable;
use crate::emit::parquet::TooManyChunks;
use crate::pipeline::head::Head;
use crate::pipeline::published::all_published;
use crate::pipeline::sink::{Counts, PipelineError};
use crate::read::source;
use crate::report::{
    AssertionOutcome, Code, Compression, FaultSummary, FieldStatistics, LabelUse, Refusal, RefusalCode, Reject,
    RejectsOmitted, Rows, Verdict,
};
use crate::resolve::assertions::{self, Ended};
use crate::resolve::tolerance;

/// What a check found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Clean, accepted or refused.
    pub verdict: Verdict,
    /// Record counts.
    pub rows: Rows,
    /// Faults by code.
    pub errors: BTreeMap<Code, u64>,
    /// What is wrong how often, and where in the file.
    pub faults: Option<FaultSummary>,
    /// Why the file was refused as a whole.
    pub refusal: Option<Refusal>,
    /// Rejected rows that the rejects do not have.
    pub rejects_omitted: Option<RejectsOmitted>,
    /// Statistics in column order.
    pub fields: Vec<FieldStatistics>,
    /// Last columns whose statistics are left out: see [`FIELDS_BYTES`](crate::report::FIELDS_BYTES).
    pub fields_omitted: u64,
    /// Labels that are not spelled as the field that they stand for, by column; the first [`LABEL_USES`](crate::report::LABEL_USES).
    pub labels: Vec<LabelUse>,
    /// How many more there are.
    pub labels_omitted: u64,
    /// The first rejects, their texts cut to [`SAMPLE_CHARACTERS`](crate::report::SAMPLE_CHARACTERS).
    pub samples: Vec<Reject>,
    /// How many clean rows break each of the rules and constraints that only warn; those that none breaks are not there.
    pub warnings: BTreeMap<String, u64>,
    /// The first clean rows that break such rules.
    pub warning_samples: Vec<Reject>,
    /// What may be wrong with the file as a whole, a line each.
    pub hints: Vec<String>,
    /// How the file was compressed.
    pub compression: Option<Compression>,
    /// The encoding the file was read in, in lower case: `utf-8`, `windows-1252`.
    pub encoding: String,
    /// What a person should know of the encoding, such as a byte order mark that says another one than the descriptor.
    pub encoding_note: Option<String>,
    /// Outcomes of the assertions over the whole file.
    pub assertions: Vec<AssertionOutcome>,
    /// Rows for the sender; `None` unless they are asked for, and of a file that was refused before its last record.
    pub feedback: Option<FeedbackTable>,
}

/// Why a check could not be done. A file that is bad is no error but an [`Outcome`].
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The input could not be read.
    #[error("reading: {0}")]
    Read(#[source] io::Error),
    /// The clean rows could not be written.
    #[error("writing the clean rows: {0}")]
    WriteClean(#[source] io::Error),
    /// The rejects could not be written.
    #[error("writing the rejects: {0}")]
    WriteRejects(#[source] io::Error),
    /// Keys for which there is no room in memory could not be written, or read again.
    #[error(
        "keeping the keys that do not fit in memory: {0}; make room there, name another folder (TMPDIR), or raise sluice.limits.keyBytes"
    )]
    Keys(#[source] io::Error),
    /// The Parquet file could not be written.
    #[error("writing the Parquet file: {0}")]
    WriteParquet(#[source] io::Error),
    /// The file is good, but there is no Parquet file of it: a limit, and what to do.
    #[error("{0}")]
    NoParquet(String),
    /// A defect of this program.
    #[error("internal error: {0}")]
    Internal(String),
}

/// A file that is refused before its last record.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) refusal: Refusal,
    /// Faults of the header by code.
    pub(crate) errors: BTreeMap<Code, u64>,
    pub(crate) hints: Vec<String>,
}

/// What ended a check before the last record of its file.
#[derive(Debug)]
pub(crate) enum EndedEarly {
    /// The file is bad as a whole.
    Refused(Box<Refused>),
    /// The check could not be done.
    Failed(CheckError),
}

impl From<Refusal> for EndedEarly {
    fn from(refusal: Refusal) -> Self {
        Self::of_header(refusal, BTreeMap::new())
    }
}

impl EndedEarly {
    /// A refusal with the faults of the header, by code.
    pub(crate) fn of_header(refusal: Refusal, errors: BTreeMap<Code, u64>) -> Self {
        Self::Refused(Box::new(Refused { refusal, errors, hints: Vec::new() }))
    }

    /// An error of the reader: the refusal in it, or the error itself.
    pub(crate) fn of_reading(error: io::Error) -> Self {
        match source::refusal_of(error) {
            Ok(refusal) => refusal.into(),
            Err(error) => Self::Failed(CheckError::Read(error)),
        }
    }

    /// An error of the pipeline.
    pub(crate) fn of_pipeline(error: PipelineError, limits: &Limits) -> Self {
        Self::Failed(match error {
            PipelineError::Read(error) => return Self::of_reading(error),
            PipelineError::TooManyKeys => return too_many_keys(limits).into(),
            PipelineError::WriteClean(error) => CheckError::WriteClean(error),
            PipelineError::WriteRejects(error) => CheckError::WriteRejects(error),
            PipelineError::Keys(error) => CheckError::Keys(error),
            PipelineError::WriteParquet(error) if error.get_ref().is_some_and(|inner| inner.is::<TooManyChunks>()) => {
                CheckError::NoParquet(error.to_string())
            }
            PipelineError::WriteParquet(error) => CheckError::WriteParquet(error),
            PipelineError::Internal(text) => CheckError::Internal(text),
        })
    }

    /// The outcome of a file that is refused.
    ///
    /// # Errors
    /// When the check could not be done.
    pub(crate) fn into_outcome(self) -> Result<Outcome, CheckError> {
        match self {
            Self::Refused(refused) => Ok(Outcome::of_refused(*refused)),
            Self::Failed(error) => Err(error),
        }
    }
}

/// The refusal of a file whose keys take more memory than they may.
pub(crate) fn too_many_keys(limits: &Limits) -> Refusal {
    let limit = limits.key_bytes;
    Refusal {
        code: RefusalCode::KeyLimit,
        message: format!(
            "to know the keys of all rows takes more than {limit} bytes of memory (sluice.limits.keyBytes); raise the limit if \
             there is as much, or split the file"
        ),
    }
}

/// The refusal of a file with more columns than it may have.
pub(crate) fn too_many_columns(found: usize, limits: &Limits) -> Refusal {
    let limit = limits.columns;
    header_error(format!("the file has more columns ({found}) than the limit of {limit} (sluice.limits.columns)"))
}

/// The refusal of a file for its header.
pub(crate) fn header_error(message: String) -> Refusal {
    Refusal { code: RefusalCode::HeaderError, message }
}

impl Outcome {
    /// The outcome of a file that was read to its end. How it is compressed and encoded, only its reader knows.
    pub(crate) fn of_counts(settings: &Settings, names: &Names<'_>, head: Head, counts: Counts) -> Self {
        let columns = names.columns;
        let mut rows = counts.rows;
        rows.blank += head.blank;
        let ended = Ended {
            rows: &rows,
            columns,
            statistics: &counts.statistics,
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
        let (fields, fields_omitted) = all_published(columns, &counts.statistics);
        Self {
            verdict,
            rows,
            errors: counts.errors,
            faults: counts.fault_counts.summary(names),
            refusal,
            rejects_omitted: counts.rejects_omitted,
            fields,
            fields_omitted,
            labels: head.labels,
            labels_omitted: head.labels_omitted,
            samples: counts.samples,
            warnings: counts.warnings,
            warning_samples: counts.warning_samples,
            hints: head.hints,
            compression: None,
            encoding: String::new(),
            encoding_note: None,
            assertions,
            feedback: counts.told.map(|told| FeedbackTable::new(columns, told.finish())),
        }
    }

    /// The outcome of a file of which no row counts.
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
        }
    }
}
