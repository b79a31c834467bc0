//! `sluice check --feedback`: answers for senders of files outside any layout.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sluice_engine::FeedbackTable;
use sluice_engine::descriptor::{Feedback, FeedbackFormat};
use sluice_engine::pipeline::file::Outcome;

use crate::command::files::{Input, Output};
use crate::command::terminal::printable;
use crate::feedback::{Answer, FileFacts, Hashed};
use crate::prefix::Checks;
use crate::store::StoreError;

/// Where the answer to a file goes, by format.
#[derive(Clone, Debug, Default)]
pub(super) struct AnswerPaths(Vec<(FeedbackFormat, PathBuf)>);

impl AnswerPaths {
    /// One file, whose suffix says the format.
    ///
    /// # Errors
    /// When the suffix is that of no format.
    pub(super) fn file(path: PathBuf) -> Result<Self, String> {
        let suffix = path.extension().map(|suffix| suffix.to_string_lossy().to_lowercase());
        match FeedbackFormat::ALL.into_iter().find(|format| suffix.as_deref() == Some(format.name())) {
            Some(format) => Ok(Self(vec![(format, path)])),
            None => Err(format!(
                "{}: is no form of feedback; name a file that ends in .csv, .xlsx or .html, or a folder",
                printable(&path.display().to_string())
            )),
        }
    }

    /// Files in a folder, named like the input, in all formats.
    pub(super) fn folder(folder: &Path, input: &Input) -> Self {
        let place = |format: FeedbackFormat| (format, folder.join(format!("{}.{}", input.name(), format.name())));
        Self(FeedbackFormat::ALL.map(place).into())
    }

    /// All of them.
    pub(super) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.0.iter().map(|(_, path)| path)
    }

    /// What is asked for: by the descriptor, or what is usual where it says nothing; `None` when no answer is wanted.
    pub(super) fn asked(&self, checks: &Checks) -> Option<Feedback> {
        (!self.0.is_empty()).then(|| checks.feedback().cloned().unwrap_or_default())
    }

    /// Writes the answer to a file whose check has ended, and says where it is.
    ///
    /// # Errors
    /// When the rest of the file cannot be read, or an answer cannot be written.
    pub(super) fn write<R: Read>(
        &self,
        asked: &Feedback,
        body: Hashed<R>,
        (input, received): (&Input, Option<SystemTime>),
        outcome: &Outcome,
    ) -> Result<BTreeMap<String, String>, StoreError> {
        let read = body.finish().map_err(|error| StoreError::from_io(input.shown(), error))?;
        let (sha256, bytes) = read.unwrap_or_default();
        let facts = FileFacts { name: input.name(), sha256, bytes, received };
        let nothing = FeedbackTable::default();
        let answer = Answer::new(asked, &facts, outcome, &nothing);
        let mut written = BTreeMap::new();
        for (format, path) in &self.0 {
            // A file that is named by its suffix is wanted, whatever the descriptor says.
            if self.0.len() > 1 && !asked.formats.contains(format) {
                continue;
            }
            let mut output = Output::stage(path)?;
            let at = path.display().to_string();
            answer.write(*format, &mut output).map_err(|error| StoreError::from_io(at.clone(), error))?;
            output.keep()?;
            written.insert(format.name().to_owned(), at);
        }
        Ok(written)
    }
}
