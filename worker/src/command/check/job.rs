//! The check of one file outside any layout.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::ProgressBar;
use sluice_engine::pipeline::file::{Options, Outcome, Outputs, ParquetTarget, StoredFile};
use sluice_engine::report::{FileReport, OutputLocations, Verdict};

use super::outputs::{OutputPaths, keep};
use crate::clock::Clock;
use crate::command::files::{Input, OpenInput, Output};
use crate::command::first_pass::{FirstPass, FirstPassError};
use crate::command::terminal::printable;
use crate::context::FileOutcome;
use crate::file_report::{Began, FileVersion, Locations, parquet_metadata, report};
use crate::interrupt::Interrupt;
use crate::jobs::{Jobs, Share};
use crate::prefix::Checks;
use crate::store::{StoreError, blocking};
use crate::task::{FailureCode, FileFailure};

/// A file to check, with its descriptor and the paths of its outputs.
pub(super) struct Job {
    pub(super) input: Input,
    pub(super) checks: Result<Checks, String>,
    pub(super) paths: OutputPaths,
    pub(super) interrupt: Interrupt,
    pub(super) bar: ProgressBar,
}

/// Outputs that are being written.
struct StagedOutputs {
    clean: Option<Output>,
    rejects: Option<Output>,
    parquet: Option<Output>,
}

impl Job {
    pub(super) async fn run(self, jobs: Jobs, clock: Clock) -> FileOutcome {
        let key = self.input.shown();
        let bytes = match &self.input {
            Input::Stdin => None,
            Input::Path(path) => fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.len()),
        };
        let share = jobs.share(bytes).await;
        let interrupt = self.interrupt.clone();
        match blocking(move || self.check(&share, clock)).await {
            Ok(report) => FileOutcome::Checked(Box::new(report)),
            Err(_) if interrupt.raised() => {
                let message = format!("{}: not checked, interrupted", printable(&key));
                FileOutcome::Failed(FileFailure { key, code: FailureCode::Interrupted, message })
            }
            Err(failure) => FileOutcome::Failed(failure),
        }
    }

    fn check(self, share: &Share, clock: Clock) -> Result<FileReport, FileFailure> {
        let key = self.input.shown();
        let of_store = |error: StoreError| FileFailure::of_store(&key, &error);
        let of_check = |error| self.locations().failure(&key, error);
        let checks = self.checks.as_ref().map_err(|message| FileFailure {
            key: key.clone(),
            code: FailureCode::Descriptor,
            message: message.clone(),
        })?;
        let began = Began::now(clock);
        let options = Options { threads: share.threads, ..Options::default() };
        let mut check = checks.of(self.input.suffix().delimiter).of_file(&key);
        let first_pass = FirstPass::of(&self.input, &check, &options, &self.interrupt);
        let first_pass = first_pass.map_err(|error| match error {
            FirstPassError::Store(error) => of_store(error),
            FirstPassError::Check(error) => of_check(error),
        })?;
        let OpenInput { body, metadata } = self.input.open(&self.interrupt).map_err(of_store)?;
        let (body, compression) = self.input.compression(body).map_err(of_store)?;
        if let Some(first_pass) = first_pass {
            check = Arc::new(check.with_own_keys(first_pass.keys().map_err(of_store)?));
        }
        let mut staged = self.stage().map_err(of_store)?;
        let bytes = metadata.as_ref().map(fs::Metadata::len);
        let asked = self.paths.feedback.asked(checks);
        let file = StoredFile { body: self.interrupt.watch(body), bytes, compression };
        let read = AtomicU64::new(0);
        let progress = |bytes| {
            read.fetch_add(bytes, Ordering::Relaxed);
            self.bar.inc(bytes);
        };
        let outputs = Outputs { feedback: asked.clone(), ..staged.outputs(checks) };
        let outcome = check.run(file, outputs, &options, &progress).map_err(of_check)?;
        // The size of standard input, or of a pipe, is what was read of it.
        let bytes = bytes.unwrap_or(read.into_inner());
        let mut outputs = self.keep(staged, &outcome).map_err(of_store)?;
        let last_modified = metadata.and_then(|metadata| metadata.modified().ok());
        if let Some(asked) = &asked {
            let facts = (&self.input, last_modified);
            outputs.feedback =
                self.paths.feedback.write(asked, facts, (&outcome, options.threads)).map_err(of_store)?;
        }
        let version = FileVersion { key, etag: None, bytes: Some(bytes), last_modified };
        Ok(report(version, checks, outcome, outputs, began))
    }

    fn stage(&self) -> Result<StagedOutputs, StoreError> {
        let stage = |path: &Option<PathBuf>| path.as_deref().map(Output::stage).transpose();
        let OutputPaths { clean, rejects, parquet, .. } = &self.paths;
        Ok(StagedOutputs { clean: stage(clean)?, rejects: stage(rejects)?, parquet: stage(parquet)? })
    }

    /// Moves the outputs that the file has into their places, and returns these places.
    fn keep(&self, staged: StagedOutputs, outcome: &Outcome) -> Result<OutputLocations, StoreError> {
        let StagedOutputs { clean, rejects, parquet } = staged;
        let is_refused = outcome.verdict == Verdict::Refused;
        // An output that the file does not have must not be at its place either.
        let keep_unless = |is_empty, output: Option<Output>, path| match output {
            Some(output) if is_empty => output.clear().map(|()| None),
            output => keep(output, path),
        };
        Ok(OutputLocations {
            rejects: keep_unless(outcome.rows.rejected == 0, rejects, &self.paths.rejects)?,
            clean: keep_unless(is_refused, clean, &self.paths.clean)?,
            parquet: keep_unless(is_refused, parquet, &self.paths.parquet)?,
            feedback: BTreeMap::new(),
        })
    }

    fn locations(&self) -> Locations {
        Locations { input: self.input.shown(), outputs: self.paths.locations(), parquet_wish: "--parquet" }
    }
}

impl StagedOutputs {
    fn outputs(&mut self, checks: &Checks) -> Outputs<'_> {
        fn writer(output: &mut Output) -> Box<dyn Write + Send + '_> {
            Box::new(output)
        }
        let metadata = |writer| ParquetTarget { writer, metadata: parquet_metadata(checks, []) };
        Outputs {
            clean: self.clean.as_mut().map(writer),
            rejects: self.rejects.as_mut().map(writer),
            parquet: self.parquet.as_mut().map(writer).map(metadata),
            feedback: None,
        }
    }
}
