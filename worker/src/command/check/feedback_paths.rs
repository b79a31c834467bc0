//! `sluice check --feedback`: feedback for senders of files outside any layout.

use std::collections::BTreeMap;
use std::io::Read;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sluice_engine::FeedbackTable;
use sluice_engine::descriptor::{FeedbackFormat, FeedbackSettings};
use sluice_engine::pipeline::file::Outcome;
use sluice_engine::pipeline::hashed::Hashed;

use crate::command::files::{Input, Output};
use crate::command::terminal::printable;
use crate::feedback::{FeedbackDocument, FileFacts};
use crate::prefix::Checks;
use crate::store::StoreError;

/// The paths of the feedback for a file, by format.
#[derive(Clone, Debug, Default)]
pub(super) struct FeedbackPaths(Vec<(FeedbackFormat, PathBuf)>);

impl FeedbackPaths {
    /// The path of feedback in one format, whose suffix says the format.
    ///
    /// # Errors
    /// When the suffix is not that of a format.
    pub(super) fn file(path: PathBuf) -> Result<Self, String> {
        let suffix = path.extension().map(|suffix| suffix.to_string_lossy().to_lowercase());
        match FeedbackFormat::ALL.into_iter().find(|format| suffix.as_deref() == Some(format.name())) {
            Some(format) => Ok(Self(vec![(format, path)])),
            None => Err(format!(
                "{}: feedback is written as .csv, .xlsx or .html; name a file with one of these endings, or a folder for all \
                 of them (an existing one, or a path that ends with /)",
                printable(&path.display().to_string())
            )),
        }
    }

    /// The paths of the feedback in all formats in a folder, named like the input.
    pub(super) fn folder(folder: &Path, input: &Input) -> Self {
        let place = |format: FeedbackFormat| (format, folder.join(format!("{}.{}", input.name(), format.name())));
        Self(FeedbackFormat::ALL.map(place).into())
    }

    /// All paths.
    pub(super) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.0.iter().map(|(_, path)| path)
    }

    /// Returns the feedback settings of the descriptor, or the defaults if it has none; `None` if no feedback is wanted.
    pub(super) fn asked(&self, checks: &Checks) -> Option<FeedbackSettings> {
        (!self.0.is_empty()).then(|| checks.feedback().cloned().unwrap_or_default())
    }

    /// Writes the feedback for a file whose check has ended, and returns their paths by format.
    ///
    /// # Errors
    /// When the rest of the file cannot be read, or the feedback cannot be written.
    pub(super) fn write<R: Read>(
        &self,
        asked: &FeedbackSettings,
        body: Hashed<R>,
        (input, received): (&Input, Option<SystemTime>),
        (outcome, threads): (&Outcome, NonZeroUsize),
    ) -> Result<BTreeMap<String, String>, StoreError> {
        let digest = body.finish().map_err(|error| StoreError::from_io(input.shown(), error))?;
        let facts =
            FileFacts { name: input.name(), sha256: digest.hash.unwrap_or_default(), bytes: digest.bytes, received };
        let nothing = FeedbackTable::default();
        let document = FeedbackDocument::new(asked, &facts, outcome, &nothing);
        // If the user has named a single file, it is written whatever formats the descriptor names.
        let is_wanted = |format: &FeedbackFormat| self.0.len() == 1 || asked.formats.contains(format);
        let wanted: Vec<_> = self.0.iter().filter(|(format, _)| is_wanted(format)).collect();
        let at = |wanted: FeedbackFormat| {
            let path = self.0.iter().find(|(format, _)| *format == wanted);
            path.map_or_else(String::new, |(_, path)| path.display().to_string())
        };
        let staged = wanted.iter().map(|(format, path)| Ok((*format, Output::stage(path)?)));
        let staged = staged.collect::<Result<Vec<_>, StoreError>>()?;
        let outputs = document
            .write_all(staged, threads)
            .map_err(|failed| StoreError::from_io(at(failed.format), failed.error))?;
        outputs.into_iter().try_for_each(Output::keep)?;
        Ok(wanted.iter().map(|(format, _)| (format.name().to_owned(), at(*format))).collect())
    }
}
