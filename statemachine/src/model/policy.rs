//! Retries and catches.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Assign, object};
use crate::error_name::ErrorName;
use crate::expression::{Assignment, Path};
use crate::name::StateName;
use crate::shape::{Template, shape};

object! {
    /// When and how often to try again.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-retrying-after-an-error>
    pub struct Retry {
        /// What it is for.
        pub comment: Option<String>,
        /// Which errors.
        pub error_equals: Vec<ErrorName>,
        /// Pause before the first retry, 1 to 99,999,999; 1 if it is not there.
        pub interval_seconds: Option<u64>,
        /// How many retries, 0 to 99,999,999; 3 if it is not there.
        pub max_attempts: Option<u64>,
        /// By what each pause is longer than the one before, 1 or more; 2 if it is not there.
        pub backoff_rate: Option<f64>,
        /// Longest pause, 1 to 31,622,400, more than the first.
        pub max_delay_seconds: Option<u64>,
        /// Whether pauses are shortened at random, so that attempts that failed together do not return together.
        pub jitter_strategy: Option<JitterStrategy>,
    }

    /// Where to go on after an error.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-fallback-states>
    pub struct Catch {
        /// What it is for.
        pub comment: Option<String>,
        /// Which errors.
        pub error_equals: Vec<ErrorName>,
        /// Variables set from the error.
        pub assign: Assign,
        /// What the next state gets; the error if it is not there.
        pub output: Option<Json>,
        /// The next state.
        pub next: StateName,
    }
}

/// Whether pauses are shortened by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum JitterStrategy {
    /// Anything from nothing to the pause.
    Full,
    /// The pause.
    None,
}

shape! {
    /// The error as a `Catch` sees it.
    pub struct ErrorOutput, ErrorOutputTemplate {
        /// Its name.
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

    /// Variables set from the error.
    pub fn assign<const N: usize>(mut self, assignments: impl FnOnce(Path<ErrorOutput>) -> [Assignment; N]) -> Self {
        self.assign = Assignment::all(assignments(Path::root("$states.errorOutput")));
        self
    }

    /// What the next state gets.
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

    /// Pauses: the first one, and the factor by which each is longer than the one before.
    pub fn after(mut self, seconds: u64, rate: f64) -> Self {
        self.interval_seconds = Some(seconds);
        self.backoff_rate = Some(rate);
        self
    }

    /// No pause is longer.
    pub fn pausing_at_most(mut self, seconds: u64) -> Self {
        self.max_delay_seconds = Some(seconds);
        self
    }

    /// The number of retries.
    pub fn times(mut self, times: u64) -> Self {
        self.max_attempts = Some(times);
        self
    }

    /// Shortens pauses by chance.
    pub fn with_full_jitter(mut self) -> Self {
        self.jitter_strategy = Some(JitterStrategy::Full);
        self
    }
}
