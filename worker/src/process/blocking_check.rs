//! The check of a file, on a thread that may block.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::SystemTime;

use sluice_engine::descriptor::ComparisonWithEarlier;
use sluice_engine::pipeline::file::{Options, Outcome, Outputs, ParquetTarget, StoredFile};
use sluice_engine::pipeline::hashed::Hashed;
use sluice_engine::{EarlierFile, OwnKeys};

use super::answer::{self, WorkError};
use super::destination::StagedOutputs;
use crate::context::Observer;
use crate::jobs::Share;
use crate::key::Suffix;
use crate::prefix::Checks;

/// The blocking part of a file.
pub(super) struct BlockingCheck<R> {
    pub(super) checks: Checks,
    pub(super) body: Hashed<R>,
    pub(super) bytes: u64,
    pub(super) suffix: Suffix,
    /// The keys of the file, if its rows refer to rows of the same file.
    pub(super) own_keys: Option<OwnKeys>,
    pub(super) staged: Option<StagedOutputs>,
    /// The sender's name for the file, and when the file was uploaded.
    pub(super) facts: (String, SystemTime),
    pub(super) metadata: Vec<(&'static str, String)>,
    pub(super) share: Share,
    /// The limit on how much the file may differ from earlier files, and these files.
    pub(super) earlier: Option<(ComparisonWithEarlier, Vec<EarlierFile>)>,
    pub(super) observer: Arc<dyn Observer>,
}

impl<R: Read + Send> BlockingCheck<R> {
    pub(super) fn run(mut self) -> Result<(Outcome, Option<StagedOutputs>), WorkError> {
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
        let mut check = self.checks.of(self.suffix.delimiter).of_file(&self.facts.0);
        if let Some(keys) = self.own_keys {
            check = Arc::new(check.with_own_keys(keys));
        }
        let options = Options { threads: self.share.threads, ..Options::default() };
        let observer = &self.observer;
        let progress = |bytes| observer.read(bytes);
        let file = StoredFile { body: &mut self.body, bytes: Some(self.bytes), compression: self.suffix.compression };
        let mut outcome = check.run(file, outputs, &options, &progress)?;
        if let Some((last, earlier)) = &self.earlier {
            outcome.compare(last, self.bytes, earlier);
        }
        if let (Some(asked), Some(staged)) = (&feedback, &mut self.staged) {
            answer::write(asked, self.body, self.facts, (&outcome, options.threads), &mut staged.answers)?;
        }
        Ok((outcome, self.staged))
    }
}
