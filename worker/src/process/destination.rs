//! The places of the outputs of a file: staged while they are written, visible once they are published.

use std::sync::Arc;

use sluice_engine::descriptor::Formats;
use sluice_engine::report::{OutputLocations, Verdict};

use super::feedback_outputs::{FeedbackPlaces, StagedFeedback};
use crate::outputs::{OnFirstByte, Origin, Output, publish};
use crate::store::{Staged, Store, StoreError};

/// The places of the outputs of a file.
pub(super) struct Destination {
    pub(super) store: Arc<dyn Store>,
    pub(super) formats: Formats,
    /// The places of the feedback for the sender, if the descriptor asks for it.
    pub(super) feedback: Option<FeedbackPlaces>,
    pub(super) clean: String,
    pub(super) parquet: String,
    pub(super) rejects: String,
}

/// Outputs that are written and not published yet.
pub(super) struct StagedOutputs {
    pub(super) clean: Option<Box<dyn Staged>>,
    pub(super) parquet: Option<Box<dyn Staged>>,
    pub(super) rejects: OnFirstByte,
    pub(super) feedback: Vec<StagedFeedback>,
}

impl Destination {
    /// Refuses outputs that could not all appear: a clean file whose rejects have too long a name must not appear without them.
    fn check_keys(&self) -> Result<(), StoreError> {
        let forms = [(&self.clean, self.formats.csv), (&self.parquet, self.formats.parquet), (&self.rejects, true)];
        forms.into_iter().filter(|(_, is_wanted)| *is_wanted).try_for_each(|(key, _)| self.store.check_key(key))?;
        self.feedback.as_ref().map_or(Ok(()), FeedbackPlaces::check_keys)
    }

    pub(super) async fn stage(&self, origin: &Origin) -> Result<StagedOutputs, StoreError> {
        self.check_keys()?;
        let wanted = async |key, is_wanted| match is_wanted {
            true => self.store.stage(key, Some(origin.stamp())).await.map(Some),
            false => Ok(None),
        };
        Ok(StagedOutputs {
            clean: wanted(&self.clean, self.formats.csv).await?,
            parquet: wanted(&self.parquet, self.formats.parquet).await?,
            rejects: OnFirstByte::new(Arc::clone(&self.store), self.rejects.clone(), origin.stamp()),
            feedback: self.feedback.iter().flat_map(|places| places.stage(origin)).collect(),
        })
    }

    /// Returns the location of each output.
    pub(super) fn locations(&self) -> OutputLocations {
        let [clean, rejects, parquet] =
            [&self.clean, &self.rejects, &self.parquet].map(|key| Some(self.store.locate(key)));
        let feedback = self.feedback.as_ref().map(FeedbackPlaces::locations).unwrap_or_default();
        OutputLocations { clean, rejects, parquet, feedback }
    }

    /// Publishes the outputs and returns the locations of those that exist.
    pub(super) async fn publish(
        &self,
        staged: StagedOutputs,
        verdict: Verdict,
        origin: &Origin,
    ) -> Result<OutputLocations, StoreError> {
        let StagedOutputs { mut clean, mut parquet, rejects, feedback } = staged;
        let mut written: Vec<_> = feedback.into_iter().map(StagedFeedback::into_written).collect();
        let mut rejects = rejects.into_staged();
        if verdict == Verdict::Refused {
            (clean, parquet) = (None, None);
        }
        let OutputLocations { clean: clean_at, rejects: rejects_at, parquet: parquet_at, feedback } = self.locations();
        let locations = OutputLocations {
            clean: clean_at.filter(|_| clean.is_some()),
            rejects: rejects_at.filter(|_| rejects.is_some()),
            parquet: parquet_at.filter(|_| parquet.is_some()),
            feedback,
        };
        let forms = [(&self.clean, &mut clean, self.formats.csv), (&self.parquet, &mut parquet, self.formats.parquet)];
        let store = &*self.store;
        // An earlier version of the file may have left an output in a form that is no longer wanted; publishing nothing removes it.
        let mut outputs: Vec<Output<'_>> = forms
            .into_iter()
            .filter(|(.., is_wanted)| *is_wanted || origin.replaces)
            .map(|(key, staged, _)| Output { store, key, staged: staged.as_deref_mut() })
            .collect();
        outputs.push(Output { store, key: &self.rejects, staged: rejects.as_deref_mut() });
        if let Some(places) = &self.feedback {
            outputs.extend(places.outputs(&mut written, origin));
        }
        publish(&mut outputs, origin).await?;
        Ok(locations)
    }
}
