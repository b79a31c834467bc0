//! Descriptors: a Data Resource (Data Package v2) with its Table Schema, its Table Dialect and our `sluice` object.
//!
//! Reading finds all mistakes at once, each with file, line, column and remedy. Parts of the standard that are not supported are refused by
//! name; properties that the standard does not know are allowed everywhere but in `sluice`.

mod categories;
mod compression;
mod constraint;
mod decimals;
mod dialect;
mod encoding;
mod explain;
mod expression;
mod feedback;
mod feedback_settings;
mod field;
mod field_names;
mod file_assertions;
mod foreign_keys;
mod given;
mod header_rows;
mod headers;
mod inline;
mod integrity;
mod json_schema;
mod keys;
mod last;
mod layout;
mod missing_values;
mod model;
mod neighbours;
mod package;
mod path_pattern;
mod reading;
mod reference_tables;
mod resource;
mod rules;
mod schema;
mod settings;
mod source;
#[cfg(test)]
mod tests;
mod trailer;
mod value;
mod warnings;
mod whole_file;

pub use crate::document::mistake::{Mistake, Mistakes};
pub use crate::document::read::DESCRIPTOR_BYTES;
pub use crate::document::spelling::{did_you_mean, nearest};
pub use feedback_settings::{FeedbackFormat, FeedbackSettings};
pub use given::Given;
pub use model::*;
pub use neighbours::{NeighbourError, Neighbours};
pub use package::{Choice, PACKAGE_BYTES, Package, PackageResource};
pub use source::{DescriptorSource, Expected, read, read_schema};
