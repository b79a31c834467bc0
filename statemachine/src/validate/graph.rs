//! Checks the transitions between states: missing targets, states that cannot be entered, flows that cannot
//! end.

use std::collections::BTreeSet;

use super::{FaultKind, Faults, Scope};
use crate::model::State;
use crate::name::StateName;

/// Returns true if the flow can end after this state.
fn is_end(state: &State) -> bool {
    match state {
        State::Succeed(_) | State::Fail(_) => true,
        _ => state.transition().is_some_and(|(_, end)| end == Some(true)),
    }
}

pub(super) fn check(scope: Scope<'_>, faults: &mut Faults<'_>) {
    if scope.states.is_empty() {
        return faults.add(FaultKind::NoStates);
    }
    if scope.states.get(scope.start).is_none() {
        faults.add(FaultKind::StartMissing(scope.start.clone()));
    }
    if !scope.states.iter().any(|(_, state)| is_end(state)) {
        faults.add(FaultKind::NoEnd);
    }
}

pub(super) fn check_state(name: &StateName, state: &State, scope: Scope<'_>, faults: &mut Faults<'_>) {
    let length = name.as_str().chars().count();
    if !(1..=StateName::MOST).contains(&length) {
        faults.add(FaultKind::NameLength(length));
    }
    match state.transition() {
        Some((Some(_), Some(true))) => faults.add(FaultKind::NextAndEnd),
        Some((None, None | Some(false))) => faults.add(FaultKind::NeitherNextNorEnd),
        _ => {}
    }
    for target in state.targets() {
        if scope.states.get(target).is_none() {
            faults.add(FaultKind::Dangling(target.clone()));
        }
    }
    if scope.states.get(scope.start).is_some() && !reached(scope, scope.start).contains(name) {
        faults.add(FaultKind::Unreachable);
    }
    // A flow without any end has the fault `NoEnd` as a whole already.
    let ends = |name: &StateName| scope.states.get(name).is_some_and(is_end);
    if scope.states.iter().any(|(_, state)| is_end(state)) {
        let after = reached(scope, name);
        let leaves = after.iter().any(|name| ends(name) || leads_nowhere(scope, name));
        if !leaves {
            faults.add(FaultKind::Endless);
        }
    }
}

/// Returns true if the state is missing, leads nowhere or leads to a missing state: a fault that is reported
/// by itself.
fn leads_nowhere(scope: Scope<'_>, name: &StateName) -> bool {
    scope.states.get(name).is_none_or(|state| {
        let targets = state.targets();
        targets.is_empty() || targets.iter().any(|target| scope.states.get(target).is_none())
    })
}

/// Returns the states that can be entered from a state, the state itself included.
fn reached<'a>(scope: Scope<'a>, from: &'a StateName) -> BTreeSet<&'a StateName> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        if let Some(state) = scope.states.get(name)
            && reached.insert(name)
        {
            open.extend(state.targets());
        }
    }
    reached
}
