//! The states and fields of the language, in JSONata, with the field names of the JSON.
//!
//! The standard: <https://states-language.net/spec.html>; what AWS adds:
//! <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html>.
//! A field that is absent from the JSON is `None` or empty. The types hold invalid definitions too, so that
//! [`StateMachine::validate`] can return all faults at once.

mod map;
mod policy;
mod states;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::name::StateName;
use crate::resource::{AnyPattern, Resource};
use crate::value::Value;
pub use crate::variable::Assign;

pub use map::{
    ExecutionType, ItemBatcher, ItemProcessor, ItemReader, Map, Mode, OutputType, ProcessorConfig, ReaderConfig,
    ReaderInput, ResultWriter, Transformation, WriterConfig,
};
pub use policy::{Catch, ErrorOutput, ErrorOutputTemplate, JitterStrategy, Retry};
pub use states::States;

/// Returns true if a field has its default value, which is left out of the JSON.
fn unset<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Declares structs whose empty fields are left out of the JSON, and which refuse unknown fields.
macro_rules! object {
    ($(
        $(#[$attribute:meta])*
        pub struct $name:ident { $( $(#[$field_attribute:meta])* pub $field:ident: $type:ty, )* }
    )*) => { $(
        $(#[$attribute])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "PascalCase", deny_unknown_fields)]
        pub struct $name {
            $( $(#[$field_attribute])* #[serde(default, skip_serializing_if = "crate::model::unset")] pub $field: $type, )*
        }
    )* };
}
use object;

/// The query language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueryLanguage {
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html>
    JSONata,
}

/// The most characters that the result of an expression can have, by the text of the expression.
pub type Bounds = std::collections::BTreeMap<String, usize>;

object! {
    /// A state machine.
    pub struct StateMachine {
        /// The purpose of the state machine.
        pub comment: Option<String>,
        /// The query language of expressions; this crate supports JSONata only.
        pub query_language: Option<QueryLanguage>,
        /// Version of the language, `1.0`.
        pub version: Option<String>,
        /// Seconds after which the execution ends with `States.Timeout`, which nothing can catch.
        pub timeout_seconds: Option<u64>,
        /// The first state.
        pub start_at: StateName,
        /// The states, in the order in which they are read.
        pub states: States,
    }

    /// The Task state: calls a service.
    pub struct Task {
        /// The purpose of the state.
        pub comment: Option<String>,
        /// The service and the action that is called.
        pub resource: Resource<AnyPattern>,
        /// The arguments of the call.
        pub arguments: Option<Json>,
        /// The most characters that each expression in the arguments can return, according to its type. Not part of the
        /// JSON.
        #[serde(skip)]
        pub bounds: Bounds,
        /// Longest duration of an attempt in seconds, 1 to 99,999,999.
        pub timeout_seconds: Option<Value<u64>>,
        /// Longest time without a heartbeat in an attempt, in seconds; less than the timeout.
        pub heartbeat_seconds: Option<Value<u64>>,
        /// When to try again; the first match wins.
        pub retry: Vec<Retry>,
        /// Where to go on after an error; the first match wins.
        pub catch: Vec<Catch>,
        /// Variables set from the result.
        pub assign: Assign,
        /// The input of the next state; the result if absent.
        pub output: Option<Json>,
        /// The next state.
        pub next: Option<StateName>,
        /// Whether the state is the last of its flow.
        pub end: Option<bool>,
    }

    /// The Choice state: goes on with the first rule whose condition holds.
    pub struct Choice {
        /// The purpose of the state.
        pub comment: Option<String>,
        /// The rules.
        pub choices: Vec<Rule>,
        /// The next state when no rule holds; if absent, that case is the error `States.NoChoiceMatched`.
        pub default: Option<StateName>,
        /// Variables set when no rule holds.
        pub assign: Assign,
        /// The input of the default state; the input of the Choice if absent.
        pub output: Option<Json>,
    }

    /// A rule of a [`Choice`].
    pub struct Rule {
        /// The purpose of the rule.
        pub comment: Option<String>,
        /// The condition under which the rule holds.
        pub condition: Option<Value<bool>>,
        /// Variables set by the rule.
        pub assign: Assign,
        /// The input of the next state.
        pub output: Option<Json>,
        /// The next state.
        pub next: StateName,
    }

    /// The Parallel state: runs several branches at the same time; the result is an array with the output of each
    /// branch.
    pub struct Parallel {
        /// The purpose of the state.
        pub comment: Option<String>,
        /// The branches.
        pub branches: Vec<Branch>,
        /// The input of the branches; the input of the state if absent.
        pub arguments: Option<Json>,
        /// When to try again.
        pub retry: Vec<Retry>,
        /// Where to go on after an error.
        pub catch: Vec<Catch>,
        /// Variables set from the result.
        pub assign: Assign,
        /// The input of the next state.
        pub output: Option<Json>,
        /// The next state.
        pub next: Option<StateName>,
        /// Whether the state is the last of its flow.
        pub end: Option<bool>,
    }

    /// A branch of a [`Parallel`].
    pub struct Branch {
        /// The purpose of the branch.
        pub comment: Option<String>,
        /// The first state.
        pub start_at: StateName,
        /// The states.
        pub states: States,
    }

    /// The Pass state: builds a value from the input.
    pub struct Pass {
        /// The purpose of the state.
        pub comment: Option<String>,
        /// Variables set by the state.
        pub assign: Assign,
        /// The input of the next state; the input of this state if absent.
        pub output: Option<Json>,
        /// The next state.
        pub next: Option<StateName>,
        /// Whether the state is the last of its flow.
        pub end: Option<bool>,
    }

    /// The Wait state: waits for a number of seconds, or until a time.
    pub struct Wait {
        /// The purpose of the state.
        pub comment: Option<String>,
        /// How many seconds to wait, 0 to 99,999,999.
        pub seconds: Option<Value<u64>>,
        /// The time until which to wait, RFC 3339.
        pub timestamp: Option<Value<String>>,
        /// Variables set by the state.
        pub assign: Assign,
        /// The input of the next state.
        pub output: Option<Json>,
        /// The next state.
        pub next: Option<StateName>,
        /// Whether the state is the last of its flow.
        pub end: Option<bool>,
    }

    /// The Succeed state: ends the flow with success.
    pub struct Succeed {
        /// The purpose of the state.
        pub comment: Option<String>,
        /// The output of the flow.
        pub output: Option<Json>,
    }

    /// The Fail state: ends the flow with an error.
    pub struct Fail {
        /// The purpose of the state.
        pub comment: Option<String>,
        /// Name of the error.
        pub error: Option<Value<String>>,
        /// Explanation of the error.
        pub cause: Option<Value<String>>,
    }
}

/// A state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "Type")]
#[expect(missing_docs, reason = "each is what its struct says")]
pub enum State {
    Task(Task),
    Choice(Choice),
    Map(Box<Map>),
    Parallel(Parallel),
    Pass(Pass),
    Wait(Wait),
    Succeed(Succeed),
    Fail(Fail),
}

impl State {
    /// The `Type` of the state in the language.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Task(_) => "Task",
            Self::Choice(_) => "Choice",
            Self::Map(_) => "Map",
            Self::Parallel(_) => "Parallel",
            Self::Pass(_) => "Pass",
            Self::Wait(_) => "Wait",
            Self::Succeed(_) => "Succeed",
            Self::Fail(_) => "Fail",
        }
    }

    /// Returns `Next` and `End`; `None` for a type of state that has neither.
    pub(crate) fn transition(&self) -> Option<(&Option<StateName>, Option<bool>)> {
        match self {
            Self::Task(s) => Some((&s.next, s.end)),
            Self::Map(s) => Some((&s.next, s.end)),
            Self::Parallel(s) => Some((&s.next, s.end)),
            Self::Pass(s) => Some((&s.next, s.end)),
            Self::Wait(s) => Some((&s.next, s.end)),
            Self::Choice(_) | Self::Succeed(_) | Self::Fail(_) => None,
        }
    }

    /// Returns `Next` and `End` so that they can be set; for a Choice its default, as a Choice has neither. `None` for
    /// a type of state without a next one.
    pub(crate) fn transition_mut(&mut self) -> Option<(&mut Option<StateName>, Option<&mut Option<bool>>)> {
        match self {
            Self::Task(s) => Some((&mut s.next, Some(&mut s.end))),
            Self::Map(s) => Some((&mut s.next, Some(&mut s.end))),
            Self::Parallel(s) => Some((&mut s.next, Some(&mut s.end))),
            Self::Pass(s) => Some((&mut s.next, Some(&mut s.end))),
            Self::Wait(s) => Some((&mut s.next, Some(&mut s.end))),
            Self::Choice(s) => Some((&mut s.default, None)),
            Self::Succeed(_) | Self::Fail(_) => None,
        }
    }

    /// The retry policies of the state; empty for a type of state that has none.
    pub(crate) fn retry(&self) -> &[Retry] {
        match self {
            Self::Task(s) => &s.retry,
            Self::Map(s) => &s.retry,
            Self::Parallel(s) => &s.retry,
            _ => &[],
        }
    }

    /// The catches of the state; empty for a type of state that has none.
    pub(crate) fn catch(&self) -> &[Catch] {
        match self {
            Self::Task(s) => &s.catch,
            Self::Map(s) => &s.catch,
            Self::Parallel(s) => &s.catch,
            _ => &[],
        }
    }

    /// Returns the states to which this state can go: by its rules, its default or its `Next`, then by its catches.
    pub(crate) fn targets(&self) -> Vec<&StateName> {
        let mut targets: Vec<&StateName> = match self {
            Self::Choice(choice) => choice.choices.iter().map(|rule| &rule.next).chain(&choice.default).collect(),
            _ => self.transition().and_then(|(next, _)| next.as_ref()).into_iter().collect(),
        };
        targets.extend(self.catch().iter().map(|catch| &catch.next));
        targets
    }
}

impl StateMachine {
    /// Sets the number of seconds after which an execution ends, whatever it is doing.
    pub fn timing_out_after(mut self, seconds: u64) -> Self {
        self.timeout_seconds = Some(seconds);
        self
    }

    /// The definition as JSON, indented, with a line end.
    pub fn to_json(&self) -> String {
        // cannot fail: strings, numbers and JSON are JSON
        let mut json = serde_json::to_string_pretty(self).expect("a definition is JSON");
        json.push('\n');
        json
    }
}
