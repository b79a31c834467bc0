//! Builds Parallel states, which run several flows at the same time.

use serde_json::Value as Json;

use super::{Closed, Flow, Open, Step, state_with_result};
use crate::model::{self, State};
use crate::name::StateName;

/// Runs several branches at the same time; the result is an array with the output of each branch.
pub struct Parallel {
    name: StateName,
    state: model::Parallel,
}

impl Parallel {
    /// A Parallel with its first branch.
    pub fn new(name: StateName, branch: Flow<Closed>) -> Self {
        Self { name, state: model::Parallel::default() }.and(branch)
    }

    /// Adds a branch, which runs at the same time as the others.
    pub fn and(mut self, branch: Flow<Closed>) -> Self {
        self.state.branches.push(branch.into_branch());
        self
    }
}

state_with_result!([] Parallel, Vec<Json>);

impl Step for Parallel {
    type Ending = Open;
    fn into_state(self) -> (StateName, State) {
        (self.name, State::Parallel(self.state))
    }
}
