//! The context of a run: its stores, threads and clock, and the observer of its events.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use sluice_engine::report::FileReport;

use crate::clock::Clock;
use crate::interrupt::Interrupt;
use crate::jobs::Jobs;
use crate::resource_usage::Requests;
use crate::store::Store;
use crate::task::FileFailure;

/// The context of a run. Clones share everything.
#[derive(Clone, Debug)]
pub struct Context {
    /// The store of the files and the ledger.
    pub source: Arc<dyn Store>,
    /// The store of the outputs; `None` if only reports are written.
    pub outputs: Option<Arc<dyn Store>>,
    /// The store of the feedback for senders; `None` for the store of the outputs.
    pub feedback: Option<Arc<dyn Store>>,
    /// The threads and the memory for checking files.
    pub jobs: Jobs,
    /// The clock.
    pub clock: Clock,
    /// The flag that stops the run.
    pub interrupt: Interrupt,
    /// The observer of the run's events.
    pub observer: Arc<dyn Observer>,
    /// Whether a warning about a descriptor counts as a mistake, so that the files of its prefix fail.
    pub strict: bool,
}

impl Context {
    /// A context over these stores: one thread, the time of the system, and an observer that ignores all events.
    pub fn new(source: Arc<dyn Store>, outputs: Option<Arc<dyn Store>>) -> Self {
        Self {
            source,
            outputs,
            feedback: None,
            jobs: Jobs::new(NonZeroUsize::MIN),
            clock: Clock::System,
            interrupt: Interrupt::default(),
            observer: Arc::new(Unobserved),
            strict: false,
        }
    }

    /// Returns the requests to S3 that were sent so far, over all stores.
    pub(crate) fn requests(&self) -> Requests {
        self.stores().fold(Requests::default(), |all, store| all + store.requests())
    }

    /// Waits until every write that was dropped before its commit is cleaned up, in all stores.
    pub(crate) async fn settle(&self) {
        for store in self.stores() {
            store.settle().await;
        }
    }

    /// Returns the stores, each once.
    fn stores(&self) -> impl Iterator<Item = &Arc<dyn Store>> {
        let outputs = self.outputs.as_ref().filter(|outputs| !Arc::ptr_eq(outputs, &self.source));
        let is_another = |feedback: &&Arc<dyn Store>| {
            !Arc::ptr_eq(feedback, &self.source)
                && self.outputs.as_ref().is_none_or(|outputs| !Arc::ptr_eq(feedback, outputs))
        };
        std::iter::once(&self.source).chain(outputs).chain(self.feedback.as_ref().filter(is_another))
    }
}

/// An observer of the events of a run. Its methods are called from many threads at once.
pub trait Observer: Send + Sync + fmt::Debug {
    /// Called when `bytes` more bytes of a file were read.
    fn read(&self, bytes: u64) {
        let _ = bytes;
    }

    /// Called for each notice about the descriptor of a prefix.
    fn notice(&self, prefix: &str, notice: &Notice) {
        match notice {
            Notice::Warning(warning) => tracing::warn!(prefix, warning, "descriptor"),
            Notice::NoDescriptor => tracing::info!(prefix, "no descriptor, only the structure is checked"),
        }
    }

    /// Called when a file is done.
    fn finished(&self, outcome: &FileOutcome) {
        let _ = outcome;
    }
}

/// An observer that ignores all events.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {}

/// The outcome of a file.
#[derive(Clone, Debug)]
pub enum FileOutcome {
    /// The file was checked.
    Checked(Box<FileReport>),
    /// Another run, or an earlier attempt of this run, has checked the file.
    Known(Box<FileReport>),
    /// The file could not be checked.
    Failed(FileFailure),
}

/// A notice about the descriptor of a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Something is odd, in one line.
    Warning(String),
    /// There is no descriptor: only the structure of the files is checked.
    NoDescriptor,
}
