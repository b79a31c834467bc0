//! The report of a file that was checked, and the failure of a file that could not be checked: the same for a run and for `sluice
//! check`.

use std::time::SystemTime;

use sluice_engine::pipeline::file::{CheckError, Outcome};
use sluice_engine::report::{FileIdentity, FileReport, OutputLocations, REPORT_VERSION};

use crate::clock::{Clock, rfc3339};
use crate::key_files;
use crate::prefix::Checks;
use crate::printable::printable;
use crate::store::StoreError;
use crate::task::{FailureCode, FileFailure};
use crate::version::ENGINE;

/// When a check began, and the clock that was asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Began {
    clock: Clock,
    moment: SystemTime,
}

impl Began {
    /// Notes that a check begins now.
    pub(crate) fn now(clock: Clock) -> Self {
        Self { clock, moment: clock.now() }
    }
}

/// The version of a file that was read.
#[derive(Debug)]
pub(crate) struct FileVersion {
    /// Key, or for a file outside a store the path as given.
    pub(crate) key: String,
    /// Entity tag without quotes.
    pub(crate) etag: Option<String>,
    /// Size as stored, in bytes, if known; of a pipe the bytes that were read.
    pub(crate) bytes: Option<u64>,
    /// When the file was uploaded or written.
    pub(crate) last_modified: Option<SystemTime>,
}

/// Builds the report of a checked file.
pub(crate) fn report(
    version: FileVersion,
    checks: &Checks,
    outcome: Outcome,
    outputs: OutputLocations,
    began: Began,
) -> FileReport {
    let FileVersion { key, etag, bytes, last_modified } = version;
    FileReport {
        version: REPORT_VERSION,
        file: FileIdentity {
            key,
            etag,
            bytes,
            last_modified: last_modified.map(rfc3339),
            compression: outcome.compression,
            encoding: outcome.encoding,
            encoding_note: outcome.encoding_note,
            assertions: outcome.assertions,
        },
        descriptor: checks.descriptor().cloned(),
        engine: ENGINE.to_owned(),
        verdict: outcome.verdict,
        rows: outcome.rows,
        errors: outcome.errors,
        faults: outcome.faults,
        refusal: outcome.refusal,
        rejects_omitted: outcome.rejects_omitted,
        fields: outcome.fields,
        fields_omitted: outcome.fields_omitted,
        labels: outcome.labels,
        labels_omitted: outcome.labels_omitted,
        outputs,
        samples: outcome.samples,
        warnings: outcome.warnings,
        warning_samples: outcome.warning_samples,
        hints: outcome.hints,
        started_at: rfc3339(began.moment),
        seconds: began.clock.seconds_since(began.moment),
    }
}

/// Returns the metadata of a Parquet file: the program, the descriptor, and the origin of the rows.
pub(crate) fn parquet_metadata<'t>(
    checks: &'t Checks,
    origin: impl IntoIterator<Item = (&'static str, &'t String)>,
) -> Vec<(&'static str, String)> {
    let descriptor = checks.descriptor().map(|identity| ("sluice.descriptor.sha256", &identity.sha256));
    let all = descriptor.into_iter().chain(origin).map(|(key, value)| (key, value.clone()));
    std::iter::once(("sluice.engine", ENGINE.to_owned())).chain(all).collect()
}

/// The locations that a check reads and writes, for messages.
#[derive(Debug)]
pub(crate) struct Locations {
    pub(crate) input: String,
    /// The locations of the outputs; `None` for outputs that are not written.
    pub(crate) outputs: OutputLocations,
    /// The setting that asks for a Parquet file: an option, or a member of the descriptor.
    pub(crate) parquet_wish: &'static str,
}

impl Locations {
    /// Returns the failure of the file `key`, which could not be checked.
    pub(crate) fn failure(self, key: &str, error: CheckError) -> FileFailure {
        let Self { input, outputs, parquet_wish } = self;
        let at = |location: Option<String>, error| {
            let location = location.unwrap_or_else(|| key.to_owned());
            FileFailure::of_store(key, &StoreError::from_io(location, error))
        };
        let of_code = |code, text: String| FileFailure {
            key: key.to_owned(),
            code,
            message: format!("{}: {text}", printable(key)),
        };
        match error {
            CheckError::Read(error) => at(Some(input), error),
            CheckError::WriteClean(error) => at(outputs.clean, error),
            CheckError::WriteRejects(error) => at(outputs.rejects, error),
            CheckError::WriteParquet(error) => at(outputs.parquet, error),
            CheckError::Keys(error) => key_files::failure_of(key, error),
            CheckError::NoParquet(reason) => of_code(FailureCode::Invalid, format!("{reason} ({parquet_wish})")),
            CheckError::Internal(reason) => {
                of_code(FailureCode::Internal, format!("internal error ({reason}); please report it"))
            }
        }
    }
}
