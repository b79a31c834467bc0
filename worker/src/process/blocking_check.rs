//! The check of a file, on a thread that may block.

use std::io::{Read, Write};
use std::sync::Arc;

use sluice_engine::descriptor::ComparisonWithEarlier;
use sluice_engine::pipeline::file::{Options, Outcome, Outputs, ParquetTarget, StoredFile};
use sluice_engine::{EarlierFile, OwnKeys};

use super::destination::StagedOutputs;
use super::feedback_outputs::{self, Upload, WorkError};
use crate::context::Observer;
use crate::jobs::Share;
use crate::key::Suffix;
use crate::prefix::Checks;

/// The blocking part of a file.
pub(super) struct BlockingCheck<R> {
    pub(super) checks: Checks,
    pub(super) body: R,
    pub(super) bytes: u64,
    pub(super) suffix: Suffix,
    /// The keys of the file, if its rows refer to rows of the same file.
    pub(super) own_keys: Option<OwnKeys>,
    pub(super) staged: Option<StagedOutputs>,
    pub(super) upload: Upload,
    pub(super) metadata: Vec<(&'static str, String)>,
    pub(super) share: Share,
    pub(super) earlier: Option<EarlierFilesLimit>,
    pub(super) observer: Arc<dyn Observer>,
}

/// The limit on how much a file may differ from earlier files.
pub(super) struct EarlierFilesLimit {
    pub(super) limit: ComparisonWithEarlier,
    pub(super) files: Vec<EarlierFile>,
}

/// A file that was checked, and its outputs, which are not published yet.
pub(super) struct CheckedFile {
    pub(super) outcome: Outcome,
    pub(super) staged: Option<StagedOutputs>,
}

impl<R: Read + Send> BlockingCheck<R> {
    pub(super) fn run(mut self) -> Result<CheckedFile, WorkError> {
        let feedback = self.checks.feedback().filter(|_| self.staged.is_some()).cloned();
        let outputs = match &mut self.staged {
            Some(StagedOutputs { clean, parquet, rejects, .. }) => Outputs {
                feedback: feedback.clone(),
                clean: clean.as_mut().map(|clean| Box::new(clean) as Box<dyn Write + Send>),
                rejects: Some(Box::new(rejects)),
                parquet: parquet
                    .as_mut()
                    .map(|parquet| ParquetTarget { writer: Box::new(parquet), metadata: self.metadata }),
            },
            None => Outputs::default(),
        };
        // The patterns are compiled here and not earlier, as that takes a while.
        let mut check = self.checks.of(self.suffix.delimiter).of_file(&self.upload.name);
        if let Some(keys) = self.own_keys {
            check = Arc::new(check.with_own_keys(keys));
        }
        let options = Options { threads: self.share.threads, ..Options::default() };
        let observer = &self.observer;
        let progress = |bytes| observer.read(bytes);
        let file = StoredFile { body: self.body, bytes: Some(self.bytes), compression: self.suffix.compression };
        let mut outcome = check.run(file, outputs, &options, &progress)?;
        if let Some(EarlierFilesLimit { limit, files }) = &self.earlier {
            outcome.compare(limit, self.bytes, files);
        }
        if let (Some(asked), Some(staged)) = (&feedback, &mut self.staged) {
            feedback_outputs::write(asked, self.upload, (&outcome, options.threads), &mut staged.feedback)?;
        }
        Ok(CheckedFile { outcome, staged: self.staged })
    }
}
