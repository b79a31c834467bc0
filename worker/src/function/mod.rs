//! The functions on AWS: plan a run, publish its results, handle containers that stopped, start a run when files arrive.

pub mod arrival;
mod plan;
mod publish;
pub mod stopped;

use std::sync::Arc;

use statemachine::TextError;

pub use plan::{Planned, Planner};
pub use publish::Publisher;
pub use statemachine::sluice::{BAD_REQUEST, FUNCTION_FAILED, PLAN_TOO_LONG, UNFINISHED};

use crate::callback::TRANSIENT;
use crate::events::{NotSent, SendError};
use crate::plan::PlanError;
use crate::store::{Store, StoreError};

/// Why a function failed: the error name that the state machine sees, and the explanation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {cause}")]
pub struct FunctionError {
    /// Error name, as the state machine sees it.
    pub name: &'static str,
    /// What failed, where, and what to do.
    pub cause: String,
}

impl FunctionError {
    fn bad_request(cause: impl Into<String>) -> Self {
        Self { name: BAD_REQUEST, cause: cause.into() }
    }

    fn failed(cause: impl Into<String>) -> Self {
        Self { name: FUNCTION_FAILED, cause: cause.into() }
    }

    fn transient(cause: impl Into<String>) -> Self {
        Self { name: TRANSIENT, cause: cause.into() }
    }

    /// The error for another service that does not answer as it should.
    pub(crate) fn unreachable(error: &impl std::error::Error) -> Self {
        Self::transient(error.to_string())
    }
}

impl From<StoreError> for FunctionError {
    fn from(error: StoreError) -> Self {
        let name = if error.is_transient() { TRANSIENT } else { FUNCTION_FAILED };
        Self { name, cause: error.to_string() }
    }
}

impl From<PlanError> for FunctionError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Store(error) => error.into(),
            error @ PlanError::TooLong { .. } => Self { name: PLAN_TOO_LONG, cause: error.to_string() },
            error => Self::bad_request(error.to_string()),
        }
    }
}

impl From<NotSent> for FunctionError {
    fn from(error: NotSent) -> Self {
        Self::transient(error.to_string())
    }
}

impl From<SendError> for FunctionError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::NotSent(error) => error.into(),
            SendError::Store(error) => error.into(),
        }
    }
}

impl From<TextError> for FunctionError {
    fn from(error: TextError) -> Self {
        Self::failed(error.to_string())
    }
}

/// The stores that a function works on.
#[derive(Clone, Debug)]
pub struct Stores {
    /// The store of files, ledger and runs.
    pub source: Arc<dyn Store>,
    /// The store of the outputs; `None` if only reports are written.
    pub outputs: Option<Arc<dyn Store>>,
}

#[cfg(test)]
mod tests;
