//! States that end a flow: Succeed and Fail.

use super::{Closed, Step};
use crate::error_name::ErrorName;
use crate::model::{self, State};
use crate::name::StateName;
use crate::shape::Template;
use crate::value::Value;

/// Ends the flow with success.
pub struct Succeed {
    name: StateName,
    state: model::Succeed,
}

impl Succeed {
    /// Ends with the input of the state as output.
    pub fn new(name: StateName) -> Self {
        Self { name, state: model::Succeed::default() }
    }

    /// Ends with `output` instead of the input.
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

/// Ends the flow with an error.
pub struct Fail {
    name: StateName,
    state: model::Fail,
}

impl Fail {
    /// Fails with an error whose name is fixed in the source.
    pub fn new(name: StateName, error: ErrorName, cause: impl Into<Value<String>>) -> Self {
        Self::with(name, error.as_str(), cause)
    }

    /// Fails with an error whose name is a value or an expression.
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
