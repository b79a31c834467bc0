//! The answer for the sender as an output of its file: staged first, written when the file has been checked, and published with the
//! other outputs.

use std::collections::BTreeMap;
use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::SystemTime;

use sluice_engine::FeedbackTable;
use sluice_engine::descriptor::{Feedback, FeedbackFormat};
use sluice_engine::pipeline::file::{CheckError, Outcome};
use sluice_engine::pipeline::hashed::Hashed;

use crate::feedback::{Answer, FileFacts};
use crate::key::feedback_key;
use crate::outputs::{OnFirstByte, Origin, Output};
use crate::store::{Staged, Store, StoreError};

/// Why a file has no outcome, or no answer.
#[derive(Debug)]
pub(super) enum WorkError {
    /// The file could not be checked.
    Check(CheckError),
    /// The rest of the file could not be read, or its answer could not be written.
    Answer(StoreError),
}

impl From<CheckError> for WorkError {
    fn from(error: CheckError) -> Self {
        Self::Check(error)
    }
}

/// Where the answer to a file goes in each format.
pub(super) struct AnswerPlaces {
    store: Arc<dyn Store>,
    /// Every format with the key of its answer, and whether the descriptor asks for the format.
    keys: Vec<(FeedbackFormat, String, bool)>,
}

impl AnswerPlaces {
    pub(super) fn new(store: Arc<dyn Store>, asked: &Feedback, prefix: &str, name: &str) -> Self {
        let key = |format: FeedbackFormat| {
            (format, feedback_key(prefix, name, format.name()), asked.formats.contains(&format))
        };
        Self { store, keys: FeedbackFormat::ALL.map(key).into() }
    }

    fn asked(&self) -> impl Iterator<Item = (FeedbackFormat, &String)> {
        self.keys.iter().filter(|(.., is_asked)| *is_asked).map(|(format, key, _)| (*format, key))
    }

    /// Stages an answer in each format that is asked for; nothing is written to the store before the first byte of an answer.
    pub(super) fn stage(&self, origin: &Origin) -> Vec<StagedAnswer> {
        let stage = |(format, key): (FeedbackFormat, &String)| StagedAnswer {
            format,
            at: self.store.locate(key),
            staged: OnFirstByte::new(Arc::clone(&self.store), key.clone(), origin.stamp()),
        };
        self.asked().map(stage).collect()
    }

    /// Returns the locations of the answers by the name of their format.
    pub(super) fn locations(&self) -> BTreeMap<String, String> {
        self.asked().map(|(format, key)| (format.name().to_owned(), self.store.locate(key))).collect()
    }

    /// Returns the answers as outputs: the written answers, and, if the file replaces an earlier version, empty outputs for the
    /// formats that are no longer asked for, which the earlier version may have left.
    pub(super) fn outputs<'a>(&'a self, written: &'a mut [Written], replaces: bool) -> Vec<Output<'a>> {
        let mut outputs: Vec<Output<'a>> = Vec::new();
        let mut written: BTreeMap<FeedbackFormat, &'a mut Written> =
            written.iter_mut().map(|answer| (answer.format, answer)).collect();
        for (format, key, is_asked) in &self.keys {
            let staged = written.remove(format).and_then(|answer| answer.staged.as_deref_mut());
            if *is_asked || replaces {
                outputs.push(Output { store: &*self.store, key, staged });
            }
        }
        outputs
    }
}

/// An answer in one format that is not written yet.
pub(super) struct StagedAnswer {
    format: FeedbackFormat,
    at: String,
    staged: OnFirstByte,
}

/// An answer in one format that is written and not published yet.
pub(super) struct Written {
    format: FeedbackFormat,
    staged: Option<Box<dyn Staged>>,
}

impl StagedAnswer {
    pub(super) fn into_written(self) -> Written {
        Written { format: self.format, staged: self.staged.into_staged() }
    }
}

/// Writes the answer to a file whose check has ended. `body` is the stored file: the bytes that were read so far, and the rest.
///
/// # Errors
/// When the rest of the file cannot be read, or an answer cannot be written.
pub(super) fn write<R: Read>(
    asked: &Feedback,
    body: Hashed<R>,
    (name, received): (String, SystemTime),
    (outcome, threads): (&Outcome, NonZeroUsize),
    answers: &mut [StagedAnswer],
) -> Result<(), WorkError> {
    let digest = body.finish().map_err(|error| WorkError::Check(CheckError::Read(error)))?;
    let facts =
        FileFacts { name, sha256: digest.hash.unwrap_or_default(), bytes: digest.bytes, received: Some(received) };
    let nothing = FeedbackTable::default();
    let answer = Answer::new(asked, &facts, outcome, &nothing);
    let places: Vec<(FeedbackFormat, String)> =
        answers.iter().map(|staged| (staged.format, staged.at.clone())).collect();
    let forms = answers.iter_mut().map(|staged| (staged.format, &mut staged.staged)).collect();
    answer.write_all(forms, threads).map(drop).map_err(|(failed, error)| {
        let place = places.into_iter().find(|(format, _)| *format == failed);
        WorkError::Answer(StoreError::from_io(place.map_or_else(String::new, |(_, at)| at), error))
    })
}
