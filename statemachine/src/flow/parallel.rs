//! Several things at once.

use serde_json::Value as Json;

use super::{Closed, Flow, Open, Step, makes_something};
use crate::model::{self, State};
use crate::name::StateName;

/// Does several things at once; the result is an array.
pub struct Parallel {
    name: StateName,
    state: model::Parallel,
}

impl Parallel {
    /// Begins with one branch.
    pub fn new(name: StateName, branch: Flow<Closed>) -> Self {
        Self { name, state: model::Parallel::default() }.and(branch)
    }

    /// Does this at the same time.
    pub fn and(mut self, branch: Flow<Closed>) -> Self {
        self.state.branches.push(branch.into_branch());
        self
    }
}

makes_something!([] Parallel, Vec<Json>);

impl Step for Parallel {
    type Ending = Open;
    fn into_state(self) -> (StateName, State) {
        (self.name, State::Parallel(self.state))
    }
}
