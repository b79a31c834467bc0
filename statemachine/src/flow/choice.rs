//! Builds Choice states.

use std::marker::PhantomData;

use super::{Closed, Open, Step};
use crate::expression::Expr;
use crate::model::{self, Rule, State};
use crate::name::StateName;
use crate::variable::Assignment;

/// The Choice has no default: the execution fails with `States.NoChoiceMatched` if none of the rules holds.
pub enum WithoutDefault {}

/// A Choice, which goes on with the first rule that holds. `D` says where it goes on if none holds: [`Open`], at
/// the next state of the flow; [`Closed`], at a state named by [`Choice::otherwise`]; [`WithoutDefault`],
/// nowhere.
pub struct Choice<D = WithoutDefault> {
    name: StateName,
    state: model::Choice,
    rest: PhantomData<D>,
}

impl Choice {
    /// A choice without rules.
    pub fn new(name: StateName) -> Self {
        Self { name, state: model::Choice::default(), rest: PhantomData }
    }

    /// Sets the state at which the execution goes on when no rule holds.
    pub fn otherwise(mut self, next: &StateName) -> Choice<Closed> {
        self.state.default = Some(next.clone());
        Choice { name: self.name, state: self.state, rest: PhantomData }
    }
}

impl Choice<Open> {
    pub(super) fn going_on(name: StateName) -> Self {
        Self { name, state: model::Choice::default(), rest: PhantomData }
    }
}

impl<D> Choice<D> {
    /// Says what the state is for.
    pub fn comment(mut self, comment: &str) -> Self {
        self.state.comment = Some(comment.into());
        self
    }

    /// Goes on at `next` when the condition holds and no earlier one did, and sets variables on this transition.
    pub fn when_setting<const N: usize>(
        mut self,
        condition: Expr<bool>,
        assignments: [Assignment; N],
        next: &StateName,
    ) -> Self {
        let assign = Assignment::all(assignments);
        self.state.choices.push(Rule {
            condition: Some(condition.into()),
            assign,
            next: next.clone(),
            ..Rule::default()
        });
        self
    }

    /// Goes on at `next` when the condition holds and no earlier one did.
    pub fn when(mut self, condition: Expr<bool>, next: &StateName) -> Self {
        self.state.choices.push(Rule { condition: Some(condition.into()), next: next.clone(), ..Rule::default() });
        self
    }
}

impl Step for Choice<Open> {
    type Ending = Open;
    fn into_state(self) -> (StateName, State) {
        (self.name, State::Choice(self.state))
    }
}

impl Step for Choice<Closed> {
    type Ending = Closed;
    fn into_state(self) -> (StateName, State) {
        (self.name, State::Choice(self.state))
    }
}

impl Step for Choice<WithoutDefault> {
    type Ending = Closed;
    fn into_state(self) -> (StateName, State) {
        (self.name, State::Choice(self.state))
    }
}
