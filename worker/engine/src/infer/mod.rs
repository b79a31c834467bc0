//! Infers a descriptor from files: dialect, header, types, missing values and constraints.
//!
//! The form of a file (delimiter, quotes, header) is decided from its first bytes (`sniff.rs`). Then each cell is tested once with every type
//! that fits the cells before it (`column.rs`). The result is a Data Resource (`resource.rs`) with a reason for each decision.

mod accepted;
mod candidate;
mod candidates;
mod column;
mod compare;
mod constraints;
mod decide;
mod delimited;
mod digits;
mod head;
mod header;
mod items;
mod key;
mod line_ends;
mod notations;
mod oddities;
mod one_column;
mod pairs;
mod part;
mod resource;
mod resource_form;
mod row;
mod sample;
mod scan;
mod score;
mod set;
mod shape;
mod sniff;
mod total;
mod uniqueness;
mod verdict;

pub use compare::{Difference, Drift, Faults};
pub use constraints::{Constraining, widen};
pub use resource::{Explained, Inferred};
pub use row::HeaderForm;
pub use scan::{InferError, Inference, Source};
pub use sniff::Form;
