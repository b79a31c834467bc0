//! The words of the language, in JSONata, with the field names of the JSON.
//!
//! The standard: <https://states-language.net/spec.html>; what AWS adds:
//! <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html>.
//! A field that is not there is `None` or empty. The types hold wrong definitions too, so that all that is wrong can be
//! said at once.

mod map;
mod policy;
mod states;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::name::StateName;
use crate::resource::{AnyPattern, Resource};
use crate::value::Value;

pub use map::{
    ExecutionType, ItemBatcher, ItemProcessor, ItemReader, Map, Mode, OutputType, ProcessorConfig, ReaderConfig,
    ReaderInput, ResultWriter, Transformation, WriterConfig,
};
pub use policy::{Catch, ErrorOutput, ErrorOutputTemplate, JitterStrategy, Retry};
pub use states::States;

/// Returns true if a field is left out.
fn unset<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Structs whose fields are left out while they have nothing in them, and which refuse fields they do not know.
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

/// Variables and what they are set to.
pub type Assign = serde_json::Map<String, Json>;

/// Most characters of the result of an expression, by its text.
pub type Bounds = std::collections::BTreeMap<String, usize>;

object! {
    /// A state machine.
    pub struct StateMachine {
        /// What it is for.
        pub comment: Option<String>,
        /// What expressions are written in; this crate knows JSONata only.
        pub query_language: Option<QueryLanguage>,
        /// Version of the language, `1.0`.
        pub version: Option<String>,
        /// After how long the execution ends with `States.Timeout`, which nothing can catch.
        pub timeout_seconds: Option<u64>,
        /// The first state.
        pub start_at: StateName,
        /// The states, in the order in which they are read.
        pub states: States,
    }

    /// Does work elsewhere.
    pub struct Task {
        /// What it is for.
        pub comment: Option<String>,
        /// What is done.
        pub resource: Resource<AnyPattern>,
        /// What it is done with.
        pub arguments: Option<Json>,
        /// Most characters that expressions in the arguments give, as their types say. Not part of the JSON.
        #[serde(skip)]
        pub bounds: Bounds,
        /// Longest duration of an attempt, 1 to 99,999,999.
        pub timeout_seconds: Option<Value<u64>>,
        /// Longest silence of an attempt, less than the timeout.
        pub heartbeat_seconds: Option<Value<u64>>,
        /// When to try again; the first match wins.
        pub retry: Vec<Retry>,
        /// Where to go on after an error; the first match wins.
        pub catch: Vec<Catch>,
        /// Variables set from the result.
        pub assign: Assign,
        /// What the next state gets; the result if it is not there.
        pub output: Option<Json>,
        /// The next state.
        pub next: Option<StateName>,
        /// Whether it is the last.
        pub end: Option<bool>,
    }

    /// Goes on with the first rule whose condition holds.
    pub struct Choice {
        /// What it is for.
        pub comment: Option<String>,
        /// The rules.
        pub choices: Vec<Rule>,
        /// Where to go on when no rule holds; without it that is `States.NoChoiceMatched`.
        pub default: Option<StateName>,
        /// Variables set when no rule holds.
        pub assign: Assign,
        /// What the default gets; the input if it is not there.
        pub output: Option<Json>,
    }

    /// A rule of a [`Choice`].
    pub struct Rule {
        /// What it is for.
        pub comment: Option<String>,
        /// When it holds.
        pub condition: Option<Value<bool>>,
        /// Variables it sets.
        pub assign: Assign,
        /// What the next state gets.
        pub output: Option<Json>,
        /// The next state.
        pub next: StateName,
    }

    /// Does several things at once; the result is an array.
    pub struct Parallel {
        /// What it is for.
        pub comment: Option<String>,
        /// What is done.
        pub branches: Vec<Branch>,
        /// What the branches get; the input if it is not there.
        pub arguments: Option<Json>,
        /// When to try again.
        pub retry: Vec<Retry>,
        /// Where to go on after an error.
        pub catch: Vec<Catch>,
        /// Variables set from the result.
        pub assign: Assign,
        /// What the next state gets.
        pub output: Option<Json>,
        /// The next state.
        pub next: Option<StateName>,
        /// Whether it is the last.
        pub end: Option<bool>,
    }

    /// A branch of a [`Parallel`].
    pub struct Branch {
        /// What it is for.
        pub comment: Option<String>,
        /// The first state.
        pub start_at: StateName,
        /// The states.
        pub states: States,
    }

    /// Builds a value from the input.
    pub struct Pass {
        /// What it is for.
        pub comment: Option<String>,
        /// Variables it sets.
        pub assign: Assign,
        /// What the next state gets; the input if it is not there.
        pub output: Option<Json>,
        /// The next state.
        pub next: Option<StateName>,
        /// Whether it is the last.
        pub end: Option<bool>,
    }

    /// Waits for a while, or until a time.
    pub struct Wait {
        /// What it is for.
        pub comment: Option<String>,
        /// For how long, 0 to 99,999,999.
        pub seconds: Option<Value<u64>>,
        /// Until when, RFC 3339.
        pub timestamp: Option<Value<String>>,
        /// Variables it sets.
        pub assign: Assign,
        /// What the next state gets.
        pub output: Option<Json>,
        /// The next state.
        pub next: Option<StateName>,
        /// Whether it is the last.
        pub end: Option<bool>,
    }

    /// Ends well.
    pub struct Succeed {
        /// What it is for.
        pub comment: Option<String>,
        /// What comes out.
        pub output: Option<Json>,
    }

    /// Ends badly.
    pub struct Fail {
        /// What it is for.
        pub comment: Option<String>,
        /// Name of the error.
        pub error: Option<Value<String>>,
        /// Explanation.
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
    /// Its word in the language.
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

    /// `Next` and `End`, where the state can have them.
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

    /// The same, to be set. A Choice goes on by its default.
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

    /// Its retries.
    pub(crate) fn retry(&self) -> &[Retry] {
        match self {
            Self::Task(s) => &s.retry,
            Self::Map(s) => &s.retry,
            Self::Parallel(s) => &s.retry,
            _ => &[],
        }
    }

    /// Its catches.
    pub(crate) fn catch(&self) -> &[Catch] {
        match self {
            Self::Task(s) => &s.catch,
            Self::Map(s) => &s.catch,
            Self::Parallel(s) => &s.catch,
            _ => &[],
        }
    }

    /// Where it can go, in the order in which it is looked at.
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
    /// The execution ends after this long, whatever it is doing.
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

    /// Reads a definition. The upper bounds of overrides are not in the JSON: those by expressions count as unbounded.
    ///
    /// # Errors
    /// When it is no JSON, or has a state or a field that the language lacks.
    pub fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }
}
