//! The files beside a descriptor that it refers to.

use std::sync::{Arc, OnceLock};

use sluice_engine::descriptor::{DESCRIPTOR_BYTES, Mistakes, NeighbourError, Neighbours};
use tokio::runtime::Handle;

use super::NoChecks;
use crate::store::{Store, StoreError};

/// Reads the files beside the descriptor of a prefix from its store.
#[derive(Debug)]
pub(crate) struct StoreNeighbours {
    source: Arc<dyn Store>,
    prefix: String,
    runtime: Handle,
    /// The first failure of the store that the descriptor is not to blame for.
    failure: OnceLock<StoreError>,
}

impl StoreNeighbours {
    pub(super) fn new(source: Arc<dyn Store>, prefix: &str, runtime: Handle) -> Self {
        Self { source, prefix: prefix.to_owned(), runtime, failure: OnceLock::new() }
    }

    /// Returns the same neighbours for another reading, which has had no failure yet.
    pub(super) fn again(&self) -> Self {
        Self::new(Arc::clone(&self.source), &self.prefix, self.runtime.clone())
    }

    /// Returns why the checks could not be read: the failure of the store, if there was one, else the mistakes that were found. Mistakes
    /// are for the owner of the descriptor to correct, a failure is gone when the task is tried again.
    pub(super) fn blame(&self, mistakes: &Mistakes, descriptor: &str) -> NoChecks {
        match self.failure.get() {
            Some(failure) => NoChecks::from(failure.clone()),
            None => NoChecks::of_mistakes(mistakes, descriptor),
        }
    }
}

impl Neighbours for StoreNeighbours {
    fn read(&self, name: &str) -> Result<Vec<u8>, NeighbourError> {
        let key = format!("{}/{name}", self.prefix);
        match self.runtime.block_on(self.source.get(&key, DESCRIPTOR_BYTES)) {
            Ok((_, bytes)) if bytes.len() > DESCRIPTOR_BYTES => Err(NeighbourError::TooLarge),
            Ok((_, bytes)) => Ok(bytes),
            Err(StoreError::NotFound { .. }) => Err(NeighbourError::NotFound),
            Err(error) => {
                let text = error.to_string();
                if is_of_the_store(&error) {
                    self.failure.get_or_init(|| error);
                }
                Err(NeighbourError::Unreadable(text))
            }
        }
    }
}

/// Returns true if the failure would be the same for any name.
fn is_of_the_store(error: &StoreError) -> bool {
    match error {
        StoreError::Denied { .. }
        | StoreError::NotSignedIn { .. }
        | StoreError::Full { .. }
        | StoreError::Unreachable { .. }
        | StoreError::Busy { .. } => true,
        StoreError::NotFound { .. }
        | StoreError::AlreadyExists { .. }
        | StoreError::Replaced { .. }
        | StoreError::Changed { .. }
        | StoreError::Invalid { .. } => false,
    }
}
