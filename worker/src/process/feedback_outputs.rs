//! The feedback for the sender as an output of its file: staged first, written when the file has been checked, and published with the
//! other outputs.

use std::collections::BTreeMap;
use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::SystemTime;

use sluice_engine::FeedbackTable;
use sluice_engine::descriptor::{FeedbackFormat, FeedbackSettings};
use sluice_engine::pipeline::file::{CheckError, Outcome};
use sluice_engine::pipeline::hashed::Hashed;

use crate::feedback::{FeedbackDocument, FileFacts, WriteError};
use crate::key::feedback_key;
use crate::outputs::{OnFirstByte, Origin, Output};
use crate::store::{Staged, Store, StoreError};

/// Why a file has no outcome, or no feedback.
#[derive(Debug)]
pub(super) enum WorkError {
    /// The file could not be checked.
    Check(CheckError),
    /// The rest of the file could not be read, or its feedback could not be written.
    Feedback(StoreError),
}

impl From<CheckError> for WorkError {
    fn from(error: CheckError) -> Self {
        Self::Check(error)
    }
}

/// Where the feedback for a file goes in each format.
pub(super) struct FeedbackPlaces {
    store: Arc<dyn Store>,
    /// A place for every format.
    places: Vec<FeedbackPlace>,
}

/// Where the feedback in one format goes.
struct FeedbackPlace {
    format: FeedbackFormat,
    key: String,
    /// Whether the descriptor asks for the format.
    is_wanted: bool,
}

impl FeedbackPlaces {
    pub(super) fn new(store: Arc<dyn Store>, asked: &FeedbackSettings, prefix: &str, name: &str) -> Self {
        let place = |format: FeedbackFormat| FeedbackPlace {
            format,
            key: feedback_key(prefix, name, format.name()),
            is_wanted: asked.formats.contains(&format),
        };
        Self { store, places: FeedbackFormat::ALL.map(place).into() }
    }

    fn wanted(&self) -> impl Iterator<Item = &FeedbackPlace> {
        self.places.iter().filter(|place| place.is_wanted)
    }

    /// Stages the feedback in each format that the descriptor asks for; nothing is written to the store before its first byte.
    pub(super) fn stage(&self, origin: &Origin) -> Vec<StagedFeedback> {
        let stage = |place: &FeedbackPlace| StagedFeedback {
            format: place.format,
            at: self.store.locate(&place.key),
            staged: OnFirstByte::new(Arc::clone(&self.store), place.key.clone(), origin.stamp()),
        };
        self.wanted().map(stage).collect()
    }

    /// Returns the locations by the name of their format.
    pub(super) fn locations(&self) -> BTreeMap<String, String> {
        self.wanted().map(|place| (place.format.name().to_owned(), self.store.locate(&place.key))).collect()
    }

    /// Returns the feedback as outputs: in the formats that were written, and, if the file replaces an earlier version, empty outputs for
    /// the formats that are no longer asked for, which the earlier version may have left.
    pub(super) fn outputs<'a>(&'a self, written: &'a mut [WrittenFeedback], origin: &Origin) -> Vec<Output<'a>> {
        let mut outputs: Vec<Output<'a>> = Vec::new();
        let mut written: BTreeMap<FeedbackFormat, &'a mut WrittenFeedback> =
            written.iter_mut().map(|feedback| (feedback.format, feedback)).collect();
        for FeedbackPlace { format, key, is_wanted } in &self.places {
            let staged = written.remove(format).and_then(|feedback| feedback.staged.as_deref_mut());
            if *is_wanted || origin.replaces {
                outputs.push(Output { store: &*self.store, key, staged });
            }
        }
        outputs
    }
}

/// Feedback in one format that is not written yet.
pub(super) struct StagedFeedback {
    format: FeedbackFormat,
    at: String,
    staged: OnFirstByte,
}

/// Feedback in one format that is written and not published yet.
pub(super) struct WrittenFeedback {
    format: FeedbackFormat,
    staged: Option<Box<dyn Staged>>,
}

impl StagedFeedback {
    pub(super) fn into_written(self) -> WrittenFeedback {
        WrittenFeedback { format: self.format, staged: self.staged.into_staged() }
    }
}

/// What the feedback says about the upload of a file.
pub(super) struct Upload {
    /// The sender's name for the file.
    pub(super) name: String,
    /// When the file was uploaded.
    pub(super) received: SystemTime,
}

/// Writes the feedback for a file whose check has ended. `body` is the stored file: the bytes that were read so far, and the rest.
///
/// # Errors
/// When the rest of the file cannot be read, or the feedback cannot be written.
pub(super) fn write<R: Read>(
    asked: &FeedbackSettings,
    body: Hashed<R>,
    upload: Upload,
    (outcome, threads): (&Outcome, NonZeroUsize),
    outputs: &mut [StagedFeedback],
) -> Result<(), WorkError> {
    let digest = body.finish().map_err(|error| WorkError::Check(CheckError::Read(error)))?;
    let Upload { name, received } = upload;
    let facts =
        FileFacts { name, sha256: digest.hash.unwrap_or_default(), bytes: digest.bytes, received: Some(received) };
    let nothing = FeedbackTable::default();
    let document = FeedbackDocument::new(asked, &facts, outcome, &nothing);
    let places: Vec<(FeedbackFormat, String)> =
        outputs.iter().map(|staged| (staged.format, staged.at.clone())).collect();
    let forms = outputs.iter_mut().map(|staged| (staged.format, &mut staged.staged)).collect();
    document.write_all(forms, threads).map(drop).map_err(|WriteError { format: failed, error }| {
        let place = places.into_iter().find(|(format, _)| *format == failed);
        WorkError::Feedback(StoreError::from_io(place.map_or_else(String::new, |(_, at)| at), error))
    })
}
