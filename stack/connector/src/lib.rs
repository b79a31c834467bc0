//! The connection from a program written with `pulumi_gestalt_rust` to the Pulumi engine.
//!
//! Replaces, through `[patch.crates-io]`, the published crate of the same name. The published crate registers resources
//! without their dependencies, so that `pulumi destroy` deletes everything at once; without a parent; with an explicit null
//! for every input that was left out, which providers take for a value; and it panics when a resource fails. This crate
//!
//! * names the resources behind every input, and the stack as parent,
//! * leaves out what was left out, keeps secrets secret and passes on what is unknown in a preview,
//! * ends the program when a resource fails, with at most one line: type, name and what the engine said,
//! * takes the options for which the framework has no field: [`set_options`].

mod connector;
mod options;
mod value;

pub use connector::RealPulumiConnector;
pub use options::{Options, set_options, unused_options};
