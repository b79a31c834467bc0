//! Typed [Amazon States Language](https://states-language.net/), and in it the pipeline of Sluice.
//!
//! * [`model`] has the states and fields of the language, with the field names of the JSON. It reads and writes any
//!   definition in JSONata, also an invalid one.
//! * [`flow`] builds a definition in the order of execution. What may not be, does not compile: a state after `Fail`, a
//!   task that waits for a token without a heartbeat and a timeout, a reference to a field that its payload lacks.
//! * [`StateMachine::validate`] finds all faults that types cannot rule out, and returns them together.
//! * [`pipeline`] is the one definition that is deployed, with what its deployment and its workers share: the names of environment
//!   variables, and in [`fargate`] the sizes of tasks.
#![forbid(unsafe_code)]

mod error_name;
mod expression;
pub mod fargate;
pub mod flow;
pub mod integration;
pub mod model;
mod name;
mod parameters;
pub mod payload;
mod picture;
pub mod pipeline;
mod resource;
mod shape;
mod text;
mod validate;
mod value;
mod variable;

pub use error_name::{ErrorName, sluice};
pub use expression::{Expr, Part, Path, Word};
pub use model::StateMachine;
pub use name::{Label, StateName};
pub use parameters::{Parameters, Percent, PercentOver100, Planner, PublicIp};
pub use resource::{RequestResponse, Resource, WaitForToken};
pub use shape::{Template, TemplateOf};
pub use text::{Bounded, Text, TextError};
pub use validate::{Fault, FaultKind};
pub use value::{BoundedText, Value};
pub use variable::{Assignment, Var};
