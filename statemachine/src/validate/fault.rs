//! Faults of a definition.

use std::fmt;

use crate::error_name::ErrorName;
use crate::name::StateName;

/// Longest definition, in bytes. <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>
pub(super) const DEFINITION_BYTES: usize = 1_048_576;

/// Most characters of all container overrides of a task, JSON included.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html#ECS-RunTask-request-overrides>
pub(super) const OVERRIDE_CHARS: usize = 8192;

/// A fault of a definition, and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The states from the outside in, joined by ` / `; empty for the state machine itself.
    pub place: String,
    /// What is wrong.
    pub kind: FaultKind,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => write!(f, "state machine: {}", self.kind),
            place => write!(f, "{place}: {}", self.kind),
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "each is what its message says")]
pub enum FaultKind {
    #[error("the query language must be JSONata")]
    QueryLanguage,
    #[error("the definition has {0} bytes, {most} are allowed", most = DEFINITION_BYTES)]
    DefinitionTooLong(usize),

    #[error("it has no states")]
    NoStates,
    #[error("it starts at \"{0}\", which is not there")]
    StartMissing(StateName),
    #[error("it goes to \"{0}\", which is not there")]
    Dangling(StateName),
    #[error("nothing goes there")]
    Unreachable,
    #[error("no state ends it")]
    NoEnd,
    #[error("it is entered and never left: no end can be reached from here")]
    Endless,
    #[error("it has both Next and End")]
    NextAndEnd,
    #[error("it has neither Next nor End")]
    NeitherNextNorEnd,
    #[error("its name has {0} characters, 1 to {most} are allowed", most = StateName::MOST)]
    NameLength(usize),
    #[error("its name is used more than once")]
    DuplicateName,

    #[error("it has no Resource")]
    NoResource,
    #[error("{0:?} is no ARN of a resource")]
    ResourceNotArn(String),
    #[error("{field} is {value}, {least} to {most} are allowed")]
    Range { field: &'static str, value: u64, least: u64, most: u64 },
    #[error("the heartbeat of {heartbeat} s is not shorter than the timeout of {timeout} s")]
    HeartbeatNotShorter { heartbeat: u64, timeout: u64 },
    #[error("it waits for a token without TimeoutSeconds")]
    TokenWithoutTimeout,
    #[error("it waits for a token without HeartbeatSeconds: a task that died would be waited for until the timeout")]
    TokenWithoutHeartbeat,
    #[error("it waits for a token that its arguments do not pass on")]
    TokenNotPassed,
    #[error("it waits, and the child executions are EXPRESS, which cannot")]
    WaitsInExpress,
    #[error("its container overrides can have {0} characters, {most} are allowed", most = OVERRIDE_CHARS)]
    OverridesTooLong(usize),
    #[error("nothing bounds the override {0:?}")]
    OverrideUnbounded(String),

    #[error("a {policy} names no error")]
    NoErrors { policy: &'static str },
    #[error("a {policy} names States.ALL together with others")]
    AllNotAlone { policy: &'static str },
    #[error("a {policy} with States.ALL is not the last")]
    AllNotLast { policy: &'static str },
    #[error("a {policy} names {error}, which the one before has taken ({by})")]
    Shadowed { policy: &'static str, error: ErrorName, by: ErrorName },
    #[error("a {policy} names {error}, which nothing raises")]
    UnknownError { policy: &'static str, error: ErrorName },
    #[error("a {policy} names {error}, which cannot be handled")]
    Unhandled { policy: &'static str, error: ErrorName },
    #[error("BackoffRate is {0}, 1 or more is allowed")]
    BackoffRate(f64),
    #[error("MaxDelaySeconds of {delay} is not more than IntervalSeconds of {interval}")]
    DelayNotLonger { delay: u64, interval: u64 },

    #[error("it has no rules")]
    NoRules,
    #[error("rule {0} has no condition")]
    NoCondition(usize),
    #[error("it has no default, and no rule holds always")]
    FallsThrough,
    #[error("it has no branches")]
    NoBranches,
    #[error("it waits for neither Seconds nor a Timestamp")]
    WaitsForNothing,
    #[error("it waits for both Seconds and a Timestamp")]
    WaitsForBoth,
    #[error("Timestamp {0:?} is not of the form 2026-01-31T12:00:00Z")]
    Timestamp(String),

    #[error("{0} is for a Distributed Map only")]
    DistributedOnly(&'static str),
    #[error("a Distributed Map must name its ExecutionType")]
    NoExecutionType,
    #[error("it has both Items and ItemReader")]
    ItemsAndReader,
    #[error("an ItemReader of an object must say its InputType")]
    NoInputType,
    #[error("an ItemBatcher must have a limit")]
    BatchesWithoutLimit,
    #[error("its label has {0} characters, 1 to {most} are allowed", most = crate::name::Label::MOST)]
    LabelLength(usize),
    #[error("its label has {0:?}, which is not allowed")]
    LabelCharacter(char),

    #[error("{field}: {text:?} is not between {{% and %}}")]
    NotWrapped { field: String, text: String },
    #[error("{field}: {text:?} has a bracket or quote without its other half")]
    Unbalanced { field: String, text: String },
    #[error("{0}: there is nothing between {{% and %}}")]
    EmptyExpression(String),
    #[error("{0} is of JSONPath, and the query language is JSONata")]
    JsonPath(String),
    #[error("{field}: {reference} has nothing in it here")]
    OutOfPlace { field: String, reference: &'static str },
    #[error("{field}: ${variable} is not set on every way here")]
    Unset { field: String, variable: String },
    #[error("${0} is no name for a variable")]
    VariableName(String),
}
