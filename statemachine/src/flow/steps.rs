//! States that call no service: Pass and Wait.

use super::{Open, Step};
use crate::model::{self, State};
use crate::name::StateName;
use crate::shape::Template;
use crate::value::Value;
use crate::variable::Assignment;

/// Builds a value from the input.
pub struct Pass {
    name: StateName,
    state: model::Pass,
}

impl Pass {
    /// Passes the input on unchanged.
    pub fn new(name: StateName) -> Self {
        Self { name, state: model::Pass::default() }
    }

    /// Says what the state is for.
    pub fn comment(mut self, comment: &str) -> Self {
        self.state.comment = Some(comment.into());
        self
    }

    /// Sets variables.
    pub fn assign<const N: usize>(mut self, assignments: [Assignment; N]) -> Self {
        self.state.assign = Assignment::all(assignments);
        self
    }

    /// Sends `output` to the next state in place of the whole input.
    pub fn replace_input<T>(mut self, output: impl Into<Template<T>>) -> Self {
        self.state.output = Some(output.into().into_json());
        self
    }
}

impl Step for Pass {
    type Ending = Open;
    fn into_state(self) -> (StateName, State) {
        (self.name, State::Pass(self.state))
    }
}

/// Waits for a number of seconds, or until a time.
pub struct Wait {
    name: StateName,
    state: model::Wait,
}

impl Wait {
    /// Waits for this number of seconds.
    pub fn seconds(name: StateName, seconds: impl Into<Value<u64>>) -> Self {
        Self { name, state: model::Wait { seconds: Some(seconds.into()), ..model::Wait::default() } }
    }

    /// Waits until a time, RFC 3339.
    pub fn until(name: StateName, time: impl Into<Value<String>>) -> Self {
        Self { name, state: model::Wait { timestamp: Some(time.into()), ..model::Wait::default() } }
    }
}

impl Step for Wait {
    type Ending = Open;
    fn into_state(self) -> (StateName, State) {
        (self.name, State::Wait(self.state))
    }
}
