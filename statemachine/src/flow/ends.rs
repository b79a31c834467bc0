//! States after which nothing comes.

use super::{Closed, Step};
use crate::error_name::ErrorName;
use crate::model::{self, State};
use crate::name::StateName;
use crate::shape::Template;
use crate::value::Value;

/// Ends well.
pub struct Succeed {
    name: StateName,
    state: model::Succeed,
}

impl Succeed {
    /// Ends well, with the input.
    pub fn new(name: StateName) -> Self {
        Self { name, state: model::Succeed::default() }
    }

    /// Ends with this instead of the input.
    pub fn output<T>(mut self, output: impl Into<Template<T>>) -> Self {
        self.state.output = Some(output.into().into_json());
        self
    }
}

impl Step for Succeed {
    type Ending = Closed;
    fn into_state(self) -> (StateName, State) {
        (self.name, State::Succeed(self.state))
    }
}

/// Ends badly.
pub struct Fail {
    name: StateName,
    state: model::Fail,
}

impl Fail {
    /// Fails with an error that is known here.
    pub fn new(name: StateName, error: ErrorName, cause: impl Into<Value<String>>) -> Self {
        Self::with(name, error.as_str(), cause)
    }

    /// Fails with an error that comes from elsewhere.
    pub fn with(name: StateName, error: impl Into<Value<String>>, cause: impl Into<Value<String>>) -> Self {
        Self { name, state: model::Fail { comment: None, error: Some(error.into()), cause: Some(cause.into()) } }
    }
}

impl Step for Fail {
    type Ending = Closed;
    fn into_state(self) -> (StateName, State) {
        (self.name, State::Fail(self.state))
    }
}
