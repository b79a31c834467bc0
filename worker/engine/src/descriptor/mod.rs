//! Descriptors: a Data Resource (Data Package v2) with its Table Schema, its Table Dialect and our `sluice` object.
//!
//! Reading finds all mistakes at once, each with file, line, column and remedy. What the standard has and we have not is
//! refused by name; properties the standard does not know are allowed everywhere but in `sluice`.

mod bound;
mod categories;
mod compression;
mod constraint;
mod dialect;
mod encoding;
mod explain;
mod expression;
mod feedback;
mod field;
mod field_names;
mod file_assertions;
mod foreign_keys;
mod header_rows;
mod headers;
pub(crate) mod json;
mod json_schema;
mod keys;
mod last;
mod mistake;
mod model;
mod near_names;
mod package;
mod path_pattern;
pub(crate) mod place;
mod reference_tables;
mod resource;
mod rules;
mod schema;
mod settings;
mod source;
pub(crate) mod spelling;
pub(crate) mod strptime;
#[cfg(test)]
mod tests;
mod trailer;
mod warnings;
mod whole_file;
mod yaml;

pub use explain::Given;
pub use feedback::{Feedback, FeedbackFormat};
pub use mistake::{Mistake, Mistakes};
pub use model::*;
pub use package::{Choice, PACKAGE_BYTES, Package, PackageResource};
pub use resource::{NeighbourError, Neighbours};
pub use source::{Expected, Source, read, read_schema};
pub use spelling::{did_you_mean, nearest};

/// Most bytes of a descriptor, and of a file it refers to.
pub const DESCRIPTOR_BYTES: usize = 1 << 20;
