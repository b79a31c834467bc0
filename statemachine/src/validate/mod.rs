//! Finds all faults of a definition at once, without AWS.
//!
//! The checks are rules of the language and rules of the services, each with a link to its page. `tests/faults.rs` has a
//! definition for each fault; npm's asl-validator 4.0.0 finds 28 of those 65 definitions wrong. It also finds a fault that
//! is not looked for here: an expression whose brackets and quotes are in order, but that is no JSONata all the same.

mod expressions;
mod fault;
mod graph;
mod limits;
mod overrides;
mod policies;
mod variables;

use std::collections::BTreeSet;

use crate::model::{Mode, QueryLanguage, State, StateMachine, States};
use crate::name::StateName;

pub use fault::{Fault, FaultKind};

/// Collects faults of one place.
struct Faults<'a> {
    place: String,
    all: &'a mut Vec<Fault>,
}

impl Faults<'_> {
    fn add(&mut self, kind: FaultKind) {
        self.all.push(Fault { place: self.place.clone(), kind });
    }
}

/// A flow of states with its own start: the machine itself, a branch, an item processor.
#[derive(Clone, Copy)]
struct Scope<'a> {
    start: &'a StateName,
    states: &'a States,
}

impl StateMachine {
    /// Returns all faults of the definition, in the order of its states; empty if the definition is valid.
    ///
    /// Faults that only the service sees are not found: whether functions, roles and objects exist, and what expressions return.
    pub fn validate(&self) -> Vec<Fault> {
        let mut all = Vec::new();
        let mut faults = Faults { place: String::new(), all: &mut all };
        if self.query_language != Some(QueryLanguage::JSONata) {
            faults.add(FaultKind::QueryLanguage);
        }
        if let Some(seconds) = self.timeout_seconds {
            limits::range(&mut faults, "TimeoutSeconds", seconds, limits::TIMEOUT);
        }
        // cannot fail: strings, numbers and JSON are JSON
        let bytes = serde_json::to_string(self).expect("a definition is JSON").len();
        if bytes > fault::DEFINITION_BYTES {
            faults.add(FaultKind::DefinitionTooLong(bytes));
        }
        let mut names = BTreeSet::new();
        let scope = Scope { start: &self.start_at, states: &self.states };
        check(scope, "", &BTreeSet::new(), &mut names, &mut all);
        all
    }
}

fn check<'a>(
    scope: Scope<'a>,
    place: &str,
    outer: &BTreeSet<&'a str>,
    names: &mut BTreeSet<&'a StateName>,
    all: &mut Vec<Fault>,
) {
    graph::check(scope, &mut Faults { place: place.to_owned(), all });
    let set = variables::at_entry(scope, outer);
    for (name, state) in scope.states.iter() {
        let place = if place.is_empty() { name.to_string() } else { format!("{place} / {name}") };
        let mut faults = Faults { place: place.clone(), all };
        if !names.insert(name) {
            faults.add(FaultKind::DuplicateName);
        }
        graph::check_state(name, state, scope, &mut faults);
        policies::check(state, &mut faults);
        limits::check(state, &mut faults);
        // The variables of a state that is never entered are unknown; the fault `Unreachable` has been added already.
        expressions::check(state, set.get(name), &mut faults);
        if let State::Task(task) = state {
            overrides::check(task, &mut faults);
        }
        let here = set.get(name).unwrap_or(outer);
        match state {
            State::Map(map) => {
                let inner = Scope { start: &map.item_processor.start_at, states: &map.item_processor.states };
                // Child executions do not see the variables of the execution that started them.
                // <https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html>
                let none = BTreeSet::new();
                let distributed = map.item_processor.processor_config.mode == Mode::Distributed;
                check(inner, &place, if distributed { &none } else { here }, names, all);
            }
            State::Parallel(parallel) => {
                for branch in &parallel.branches {
                    let inner = Scope { start: &branch.start_at, states: &branch.states };
                    check(inner, &place, here, names, all);
                }
            }
            _ => {}
        }
    }
}
