//! A descriptor from nothing but files: dialect, header, types, missing values and constraints.
//!
//! The form of a file (delimiter, quotes, header) is decided from its first bytes (`sniff.rs`); its columns are decided by reading every
//! cell once, with every type that the cells so far allow (`column.rs`). What comes out is a Data Resource (`resource.rs`) with a reason for
//! each decision.

mod candidate;
mod column;
mod compare;
mod decide;
mod delimited;
mod digits;
mod header;
mod items;
mod notations;
mod oddities;
mod pairs;
mod resource;
mod row;
mod scan;
mod score;
mod sniff;
mod uniqueness;

pub use compare::{Difference, Drift, Faults, any_columns};
pub use resource::{Constraining, Explained, Inferred};
pub use row::HeaderForm;
pub use scan::{InferError, Inference, Source};
pub use sniff::Form;
