//! Builds a definition from top to bottom, in the order of execution. Each kind of state of the language has a builder, also those that
//! the pipeline does not need: Parallel and the inline Map.
//!
//! ```
//! use statemachine::flow::{Fail, Flow, Pass, Succeed};
//! use statemachine::{ErrorName, Expr, StateName};
//!
//! const OVER: StateName = StateName::fixed("Over");
//! let machine = Flow::start(Pass::new(StateName::fixed("Begin")))
//!     .choose(StateName::fixed("Too much?"), |choice| choice.when(Expr::unchecked("$states.input.n > 9"), &OVER))
//!     .then(Succeed::new(StateName::fixed("Done")))
//!     .beside(Flow::start(Fail::new(OVER, ErrorName::fixed("Over"), "more than nine")))
//!     .into_machine("Counts to nine.");
//! assert_eq!(machine.validate(), []);
//! ```

mod choice;
mod ends;
mod map;
mod parallel;
mod steps;
mod task;

use std::marker::PhantomData;

use crate::model::{Branch, QueryLanguage, State, StateMachine, States};
use crate::name::StateName;

pub use choice::{Choice, WithoutDefault};
pub use ends::{Fail, Succeed};
pub use map::{Distributed, Inline, Map, MapWithProcessor};
pub use parallel::Parallel;
pub use steps::{Pass, Wait};
pub use task::{NeedsHeartbeat, NeedsTimeout, Ready, Task};

/// The flow goes on: another state must follow, or an end.
pub enum Open {}
/// The flow has ended: no state can follow.
pub enum Closed {}

/// A state that is complete.
#[diagnostic::on_unimplemented(
    message = "this state is not complete",
    note = "a task that waits for a token needs `.timeout(…)`, then `.heartbeat(…)`; a Map needs `.each(…)`"
)]
pub trait Step {
    /// [`Open`] if another state can follow, [`Closed`] if none can.
    type Ending;

    /// Returns the name of the state, and its definition.
    fn into_state(self) -> (StateName, State);
}

/// States in the order of execution.
#[must_use = "it is not part of a machine yet"]
pub struct Flow<E> {
    states: States,
    /// States of the flows beside the main one; in the JSON they follow all states of the main flow.
    beside: States,
    ending: PhantomData<E>,
}

impl Flow<Open> {
    /// Begins with a state.
    pub fn start<S: Step>(step: S) -> Flow<S::Ending> {
        let (name, state) = step.into_state();
        Flow { states: States(vec![(name, state)]), beside: States::default(), ending: PhantomData }
    }

    /// Begins with a Choice whose default is the next state of the flow.
    pub fn start_choosing(name: StateName, rules: impl FnOnce(Choice<Open>) -> Choice<Open>) -> Flow<Open> {
        Self::start(rules(Choice::going_on(name)))
    }

    /// Goes on with a state.
    pub fn then<S: Step>(mut self, step: S) -> Flow<S::Ending> {
        let (name, state) = step.into_state();
        self.point(&name);
        self.states.push(name, state);
        self.ended()
    }

    /// Goes on with a Choice whose default is the next state of the flow.
    pub fn choose(self, name: StateName, rules: impl FnOnce(Choice<Open>) -> Choice<Open>) -> Flow<Open> {
        self.then(rules(Choice::going_on(name)))
    }

    /// Goes on at a state in another place of the definition.
    pub fn go_to(mut self, name: &StateName) -> Flow<Closed> {
        self.point(name);
        self.ended()
    }

    /// Ends here: in a branch or an item processor, the output of the last state is the result.
    pub fn end(mut self) -> Flow<Closed> {
        if let Some((_, State::Choice(_))) = self.states.0.last() {
            // A Choice cannot be an end; its missing default is a fault that `validate` names.
            return self.ended();
        }
        if let Some((_, Some(end))) = self.states.0.last_mut().and_then(|(_, state)| state.transition_mut()) {
            *end = Some(true);
        }
        self.ended()
    }

    fn point(&mut self, to: &StateName) {
        if let Some((next, _)) = self.states.0.last_mut().and_then(|(_, state)| state.transition_mut()) {
            *next = Some(to.clone());
        }
    }
}

impl<E> Flow<E> {
    fn ended<F>(self) -> Flow<F> {
        Flow { states: self.states, beside: self.beside, ending: PhantomData }
    }

    /// Adds another flow beside this one, which a rule of a Choice or a `Catch` enters.
    pub fn beside(mut self, other: Flow<Closed>) -> Self {
        self.beside.0.extend(other.states.0);
        self.beside.0.extend(other.beside.0);
        self
    }
}

impl Flow<Closed> {
    fn parts(mut self) -> (StateName, States) {
        let start = self.states.0.first().map(|(name, _)| name.clone()).unwrap_or_default();
        self.states.0.extend(self.beside.0);
        (start, self.states)
    }

    /// Returns the flow as a branch of a Parallel.
    pub fn into_branch(self) -> Branch {
        let (start_at, states) = self.parts();
        Branch { comment: None, start_at, states }
    }

    /// Returns the flow as a state machine with this comment.
    pub fn into_machine(self, comment: &str) -> StateMachine {
        let (start_at, states) = self.parts();
        StateMachine {
            comment: Some(comment.into()),
            query_language: Some(QueryLanguage::JSONata),
            version: None,
            timeout_seconds: None,
            start_at,
            states,
        }
    }
}

/// Properties of every state with a result: `$type` is the builder of the state, `$result` the type of the result.
macro_rules! state_with_result {
    ([$($generics:tt)*] $type:ty, $result:ty) => {
        impl<$($generics)*> $type {
            /// Says what the state is for.
            pub fn comment(mut self, comment: &str) -> Self {
                self.state.comment = Some(comment.into());
                self
            }

            /// Adds a retry policy; of several the first that matches the error wins.
            pub fn retry(mut self, retry: crate::model::Retry) -> Self {
                self.state.retry.push(retry);
                self
            }

            /// Goes on at another state after an error; of several the first that matches the error wins.
            pub fn catch(mut self, catch: crate::model::Catch) -> Self {
                self.state.catch.push(catch);
                self
            }

            /// Sets variables from the result.
            pub fn assign<const N: usize>(
                mut self,
                assignments: impl FnOnce(crate::Path<$result>) -> [crate::Assignment; N],
            ) -> Self {
                self.state.assign = crate::Assignment::all(assignments(crate::Path::result()));
                self
            }

            /// Sends this to the next state instead of the whole result.
            pub fn output<T>(mut self, output: impl FnOnce(crate::Path<$result>) -> crate::Template<T>) -> Self {
                self.state.output = Some(output(crate::Path::result()).into_json());
                self
            }
        }
    };
}
use state_with_result;
