//! Policies for errors: `Retry` and `Catch`.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Assign, object};
use crate::error_name::ErrorName;
use crate::expression::Path;
use crate::name::StateName;
use crate::shape::{Template, shape};
use crate::variable::Assignment;

object! {
    /// A policy for retries: after which errors, how often, and with which pauses.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-retrying-after-an-error>
    pub struct Retry {
        /// The purpose of the policy.
        pub comment: Option<String>,
        /// The errors to which the policy applies.
        pub error_equals: Vec<ErrorName>,
        /// Seconds before the first retry, 1 to 99,999,999; 1 if absent.
        pub interval_seconds: Option<u64>,
        /// Number of retries, 0 to 99,999,999; 3 if absent.
        pub max_attempts: Option<u64>,
        /// The factor by which each pause is longer than the one before, 1 or more; 2 if absent.
        pub backoff_rate: Option<f64>,
        /// Longest pause in seconds, 1 to 31,622,400, more than the first.
        pub max_delay_seconds: Option<u64>,
        /// Whether pauses are shortened at random, so that attempts that failed together do not return together.
        pub jitter_strategy: Option<JitterStrategy>,
    }

    /// A policy for errors that are not retried, or not any more: the state at which the execution goes on.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-fallback-states>
    pub struct Catch {
        /// The purpose of the policy.
        pub comment: Option<String>,
        /// The errors to which the policy applies.
        pub error_equals: Vec<ErrorName>,
        /// Variables set from the error.
        pub assign: Assign,
        /// The input of the next state; the error if absent.
        pub output: Option<Json>,
        /// The next state.
        pub next: StateName,
    }
}

/// Whether pauses are shortened at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum JitterStrategy {
    /// A pause is a random time between none and the whole pause.
    Full,
    /// A pause is always the whole pause.
    None,
}

shape! {
    /// The error output that a `Catch` receives.
    pub struct ErrorOutput, ErrorOutputTemplate {
        /// Name of the error.
        pub error: String as "Error",
        /// The explanation, of any length; it may be left out of a report.
        pub cause: Option<String> as "Cause",
    }
}

impl Catch {
    /// Goes on at `next` after these errors.
    pub fn of(errors: impl IntoIterator<Item = ErrorName>, next: &StateName) -> Self {
        Self { error_equals: errors.into_iter().collect(), next: next.clone(), ..Self::default() }
    }

    /// Sets variables from the error.
    pub fn assign<const N: usize>(mut self, assignments: impl FnOnce(Path<ErrorOutput>) -> [Assignment; N]) -> Self {
        self.assign = Assignment::all(assignments(Path::root("$states.errorOutput")));
        self
    }

    /// Sets the input of the next state.
    pub fn output<T>(mut self, output: impl FnOnce(Path<ErrorOutput>) -> Template<T>) -> Self {
        self.output = Some(output(Path::root("$states.errorOutput")).into_json());
        self
    }
}

impl Retry {
    /// A retry of these errors.
    pub fn of(errors: impl IntoIterator<Item = ErrorName>) -> Self {
        Self { error_equals: errors.into_iter().collect(), ..Self::default() }
    }

    /// Sets the seconds before the first retry, and the factor by which each pause is longer than the one
    /// before.
    pub fn after(mut self, seconds: u64, rate: f64) -> Self {
        self.interval_seconds = Some(seconds);
        self.backoff_rate = Some(rate);
        self
    }

    /// Sets the longest pause, in seconds.
    pub fn pausing_at_most(mut self, seconds: u64) -> Self {
        self.max_delay_seconds = Some(seconds);
        self
    }

    /// Sets the number of retries.
    pub fn times(mut self, times: u64) -> Self {
        self.max_attempts = Some(times);
        self
    }

    /// Shortens pauses at random.
    pub fn with_full_jitter(mut self) -> Self {
        self.jitter_strategy = Some(JitterStrategy::Full);
        self
    }
}
