//! Ends of a check before the last record of its file: refusals, and errors.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::codes::{Code, Refusal, RefusalCode};
use crate::descriptor::Limits;
use crate::emit::parquet::TooManyChunks;
use crate::pipeline::sink::PipelineError;
use crate::read::refusal::refusal_of;

/// Why a check could not be done. A file that is bad is no error but an [`Outcome`](crate::pipeline::file::Outcome).
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
    /// The file is good, but a limit prevents its Parquet file: the text says which limit, and what to do.
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

/// An end of a check before the last record of its file.
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
    /// Returns a refusal with the number of faults of the header by code.
    pub(crate) fn of_header(refusal: Refusal, errors: BTreeMap<Code, u64>) -> Self {
        Self::Refused(Box::new(Refused { refusal, errors, hints: Vec::new() }))
    }

    /// Converts an error of the reader to the refusal inside it, or to a failure if there is none.
    pub(crate) fn of_reading(error: io::Error) -> Self {
        match refusal_of(error) {
            Ok(refusal) => refusal.into(),
            Err(error) => Self::Failed(CheckError::Read(error)),
        }
    }

    /// Converts an error of the pipeline to a refusal or a failure.
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
}

/// The refusal of a file whose keys take more memory than they may.
pub(crate) fn too_many_keys(limits: &Limits) -> Refusal {
    let limit = limits.key_bytes;
    Refusal {
        code: RefusalCode::KeyLimit,
        message: format!(
            "the keys of all rows need more than {limit} bytes of memory (sluice.limits.keyBytes); raise the limit if \
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

/// Runs `work`, and converts a panic to [`CheckError::Internal`].
pub(crate) fn unless_panic<T>(work: impl FnOnce() -> Result<T, CheckError>) -> Result<T, CheckError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(CheckError::Internal(panic_text(&*panic))))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("panic").chars().take(200).collect()
}
