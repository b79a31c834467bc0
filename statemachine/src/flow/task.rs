//! Builds Task states. A task that waits for a token is no [`Step`] before it has a timeout and a heartbeat.

use std::marker::PhantomData;

use super::{Open, Step, state_with_result};
use crate::integration::Integration;
use crate::model::{self, State};
use crate::name::StateName;
use crate::resource::{RequestResponse, WaitForToken};
use crate::value::Value;

/// The task is complete.
pub enum Ready {}
/// The task waits for a token, and has no timeout yet.
pub enum NeedsTimeout {}
/// The task waits for a token, and has no heartbeat yet.
pub enum NeedsHeartbeat {}

/// A task whose result is an `R`; `W` says what it still lacks.
pub struct Task<R, W = Ready> {
    name: StateName,
    state: model::Task,
    gives: PhantomData<fn() -> (R, W)>,
}

impl<R> Task<R> {
    fn of<P, I: Integration<P>, W>(name: StateName, integration: &I) -> Task<R, W> {
        let state = model::Task {
            resource: integration.resource().any(),
            arguments: Some(integration.arguments()),
            bounds: integration.bounds(),
            ..model::Task::default()
        };
        Task { name, state, gives: PhantomData }
    }

    /// Calls a service and waits for its answer.
    pub fn call<I: Integration<RequestResponse, Result = R>>(name: StateName, integration: I) -> Self {
        Self::of(name, &integration)
    }

    /// Calls a service and waits until the token comes back, with an `R`.
    pub fn wait_for_token<I: Integration<WaitForToken>>(name: StateName, integration: I) -> Task<R, NeedsTimeout> {
        Self::of(name, &integration)
    }

    /// Sets the longest duration of an attempt, in seconds.
    pub fn timeout(mut self, seconds: impl Into<Value<u64>>) -> Self {
        self.state.timeout_seconds = Some(seconds.into());
        self
    }
}

impl<R> Task<R, NeedsTimeout> {
    /// Sets the longest duration of an attempt, in seconds.
    pub fn timeout(mut self, seconds: impl Into<Value<u64>>) -> Task<R, NeedsHeartbeat> {
        self.state.timeout_seconds = Some(seconds.into());
        Task { name: self.name, state: self.state, gives: PhantomData }
    }
}

impl<R> Task<R, NeedsHeartbeat> {
    /// Sets the longest time without a heartbeat in an attempt, in seconds.
    pub fn heartbeat(mut self, seconds: impl Into<Value<u64>>) -> Task<R> {
        self.state.heartbeat_seconds = Some(seconds.into());
        Task { name: self.name, state: self.state, gives: PhantomData }
    }
}

state_with_result!([R, W] Task<R, W>, R);

impl<R> Step for Task<R> {
    type Ending = Open;
    fn into_state(self) -> (StateName, State) {
        (self.name, State::Task(self.state))
    }
}
