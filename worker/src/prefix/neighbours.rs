//! The files beside a descriptor that it refers to.

use std::sync::Arc;

use sluice_engine::descriptor::{DESCRIPTOR_BYTES, NeighbourError, Neighbours};
use tokio::runtime::Handle;

use crate::store::{Store, StoreError};

/// Reads the files beside the descriptor of a prefix from its store.
#[derive(Debug)]
pub(crate) struct StoreNeighbours {
    pub(super) source: Arc<dyn Store>,
    pub(super) prefix: String,
    pub(super) runtime: Handle,
}

impl Neighbours for StoreNeighbours {
    fn read(&self, name: &str) -> Result<Vec<u8>, NeighbourError> {
        let key = format!("{}/{name}", self.prefix);
        match self.runtime.block_on(self.source.get(&key, DESCRIPTOR_BYTES)) {
            Ok((_, bytes)) if bytes.len() > DESCRIPTOR_BYTES => Err(NeighbourError::TooLarge),
            Ok((_, bytes)) => Ok(bytes),
            Err(StoreError::NotFound { .. }) => Err(NeighbourError::NotFound),
            Err(error) => Err(NeighbourError::Unreadable(error.to_string())),
        }
    }
}
