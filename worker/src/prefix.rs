//! What the files of a prefix are checked against: its descriptor, made ready once.

use std::sync::{Arc, OnceLock};

use sluice_engine::check::Check;
use sluice_engine::descriptor::{self, DESCRIPTOR_BYTES, Descriptor, NeighbourError, Neighbours};
use sluice_engine::report::DescriptorIdentity;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use crate::key::descriptor_key;
use crate::printable::printable;
use crate::store::{Store, StoreError, blocking};
use crate::task::{FailureCode, FileFailure};

/// A descriptor made ready for files of every suffix; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Checks(Arc<Ready>);

#[derive(Debug)]
struct Ready {
    source: Descriptor,
    /// Made when the first file of its suffix comes.
    by_delimiter: [OnceLock<Arc<Check>>; 3],
    /// `None` without a descriptor.
    identity: Option<DescriptorIdentity>,
}

impl Checks {
    pub(crate) fn new(descriptor: Descriptor, identity: Option<DescriptorIdentity>) -> Self {
        Self(Arc::new(Ready { source: descriptor, by_delimiter: Default::default(), identity }))
    }

    /// The check for files whose suffix stands for `delimiter`.
    pub(crate) fn of(&self, delimiter: u8) -> Arc<Check> {
        let index = match delimiter {
            b'\t' => 1,
            b'|' => 2,
            _ => 0,
        };
        let check = self.0.by_delimiter[index].get_or_init(|| Arc::new(Check::new(&self.0.source, Some(delimiter))));
        Arc::clone(check)
    }

    /// The descriptor as reports name it; `None` when there is none.
    pub(crate) fn descriptor(&self) -> Option<&DescriptorIdentity> {
        self.0.identity.as_ref()
    }
}

/// What the files of a prefix are checked against, read when the first of them comes.
#[derive(Debug)]
pub(crate) struct PrefixChecks {
    prefix: String,
    read: OnceCell<Result<Checks, NoChecks>>,
}

impl PrefixChecks {
    pub(crate) fn new(prefix: String) -> Self {
        Self { prefix, read: OnceCell::new() }
    }

    /// The prefix.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What its files are checked against, or why there is nothing.
    pub(crate) async fn checks(&self, source: &Arc<dyn Store>) -> Result<Checks, NoChecks> {
        self.read.get_or_init(|| load(source, &self.prefix)).await.clone()
    }
}

/// Why a prefix has no checks: the failure of each of its files.
#[derive(Clone, Debug)]
pub(crate) struct NoChecks {
    code: FailureCode,
    message: String,
}

impl NoChecks {
    pub(crate) fn failure(&self, key: &str) -> FileFailure {
        FileFailure { key: key.to_owned(), code: self.code, message: self.message.clone() }
    }
}

impl From<StoreError> for NoChecks {
    fn from(error: StoreError) -> Self {
        let FileFailure { code, message, .. } = FileFailure::of_store("", &error);
        Self { code, message }
    }
}

/// Reads `<prefix>/resource.json` and the files it refers to, which are below the prefix.
async fn load(source: &Arc<dyn Store>, prefix: &str) -> Result<Checks, NoChecks> {
    let key = descriptor_key(prefix);
    let bytes = match source.get(&key, DESCRIPTOR_BYTES).await {
        Ok((_, bytes)) => bytes,
        Err(StoreError::NotFound { .. }) => {
            return Ok(Checks::new(Descriptor::structural(), None));
        }
        Err(error) => return Err(error.into()),
    };
    let beside = Beside { source: Arc::clone(source), prefix: prefix.to_owned(), runtime: Handle::current() };
    let name = printable(&source.locate(&key));
    let read = blocking(move || {
        let descriptor = descriptor::read(&name, &bytes, &beside)?;
        let identity = DescriptorIdentity { key, sha256: descriptor.sha256.clone() };
        Ok(Checks::new(descriptor, Some(identity)))
    });
    read.await.map_err(|mistakes: descriptor::Mistakes| NoChecks {
        code: FailureCode::Descriptor,
        message: mistakes.to_string(),
    })
}

/// The files beside a descriptor.
struct Beside {
    source: Arc<dyn Store>,
    prefix: String,
    runtime: Handle,
}

impl Neighbours for Beside {
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
