//! The context of a run: its stores, threads and clock, and the observer of its events.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use sluice_engine::report::FileReport;

use crate::clock::Clock;
use crate::interrupt::Interrupt;
use crate::jobs::Jobs;
use crate::store::Store;
use crate::task::FileFailure;
use crate::used::Requests;

/// The context of a run. Clones share everything.
#[derive(Clone, Debug)]
pub struct Context {
    /// Where the files and the ledger are.
    pub source: Arc<dyn Store>,
    /// Where the outputs go; `None` = there are reports only.
    pub clean: Option<Arc<dyn Store>>,
    /// Where answers to senders go; `None` = where the outputs go.
    pub feedback: Option<Arc<dyn Store>>,
    /// Threads.
    pub jobs: Jobs,
    /// Time.
    pub clock: Clock,
    /// Stops the run.
    pub interrupt: Interrupt,
    /// The observer.
    pub observer: Arc<dyn Observer>,
    /// A warning of a descriptor is a mistake: the files of its prefix fail.
    pub strict: bool,
}

impl Context {
    /// A context over these stores: one thread, the time of the system, and an observer that does not look.
    pub fn new(source: Arc<dyn Store>, clean: Option<Arc<dyn Store>>) -> Self {
        Self {
            source,
            clean,
            feedback: None,
            jobs: Jobs::new(NonZeroUsize::MIN),
            clock: Clock::System,
            interrupt: Interrupt::default(),
            observer: Arc::new(Unobserved),
            strict: false,
        }
    }

    /// Requests to S3 that were sent so far.
    pub(crate) fn requests(&self) -> Requests {
        self.stores().fold(Requests::default(), |all, store| all + store.requests())
    }

    /// Waits until all that was dropped before its commit is put away.
    pub(crate) async fn settle(&self) {
        for store in self.stores() {
            store.settle().await;
        }
    }

    /// The stores, each once.
    fn stores(&self) -> impl Iterator<Item = &Arc<dyn Store>> {
        let clean = self.clean.as_ref().filter(|clean| !Arc::ptr_eq(clean, &self.source));
        let is_another = |feedback: &&Arc<dyn Store>| {
            !Arc::ptr_eq(feedback, &self.source)
                && self.clean.as_ref().is_none_or(|clean| !Arc::ptr_eq(feedback, clean))
        };
        std::iter::once(&self.source).chain(clean).chain(self.feedback.as_ref().filter(is_another))
    }
}

/// Hears of the events of a run, from many threads at once.
pub trait Observer: Send + Sync + fmt::Debug {
    /// This many more bytes were read.
    fn read(&self, bytes: u64) {
        let _ = bytes;
    }

    /// There is something to say of the descriptor of a prefix.
    fn notice(&self, prefix: &str, notice: &Notice) {
        match notice {
            Notice::Warning(warning) => tracing::warn!(prefix, warning, "descriptor"),
            Notice::NoDescriptor => tracing::info!(prefix, "no descriptor, only the structure is checked"),
        }
    }

    /// A file is done.
    fn finished(&self, end: &FileEnd) {
        let _ = end;
    }
}

/// An observer that does not look.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {}

/// The outcome of a file.
#[derive(Clone, Debug)]
pub enum FileEnd {
    /// It was checked.
    Checked(Box<FileReport>),
    /// Another run, or an earlier attempt of this one, had checked it.
    Known(Box<FileReport>),
    /// It could not be checked.
    Failed(FileFailure),
}

/// A notice about the descriptor of a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Something is odd, in one line.
    Warning(String),
    /// There is none: only the structure of the files is checked.
    NoDescriptor,
}
