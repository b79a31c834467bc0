//! Which variables are set when a state is entered, whatever way led there.

use std::collections::{BTreeMap, BTreeSet};

use super::Scope;
use crate::model::{Assign, State};
use crate::name::StateName;

/// Returns the variables that are set on every path to each state that can be entered.
pub(super) fn at_entry<'a>(scope: Scope<'a>, outer: &BTreeSet<&'a str>) -> BTreeMap<&'a StateName, BTreeSet<&'a str>> {
    let mut entry = BTreeMap::from([(scope.start, outer.clone())]);
    let mut open = vec![scope.start];
    while let Some(name) = open.pop() {
        let (Some(state), Some(here)) = (scope.states.get(name), entry.get(name).cloned()) else { continue };
        for (target, assign) in ways(state) {
            let arriving: BTreeSet<&str> = here.iter().copied().chain(assign.keys().map(String::as_str)).collect();
            let known = entry.get(target);
            let set = known.map_or_else(|| arriving.clone(), |known| known & &arriving);
            // Sets only shrink, so this ends.
            if known != Some(&set) {
                entry.insert(target, set);
                open.push(target);
            }
        }
    }
    entry
}

/// Returns the states to which a state can go, each with the variables that are set on the way.
fn ways(state: &State) -> Vec<(&StateName, &Assign)> {
    let next = state.transition().and_then(|(next, _)| next.as_ref());
    let mut ways: Vec<(&StateName, &Assign)> = match state {
        State::Choice(choice) => {
            let rules = choice.choices.iter().map(|rule| (&rule.next, &rule.assign));
            rules.chain(choice.default.iter().map(|next| (next, &choice.assign))).collect()
        }
        State::Task(state) => next.map(|next| (next, &state.assign)).into_iter().collect(),
        State::Map(state) => next.map(|next| (next, &state.assign)).into_iter().collect(),
        State::Parallel(state) => next.map(|next| (next, &state.assign)).into_iter().collect(),
        State::Pass(state) => next.map(|next| (next, &state.assign)).into_iter().collect(),
        State::Wait(state) => next.map(|next| (next, &state.assign)).into_iter().collect(),
        State::Succeed(_) | State::Fail(_) => Vec::new(),
    };
    ways.extend(state.catch().iter().map(|catch| (&catch.next, &catch.assign)));
    ways
}
