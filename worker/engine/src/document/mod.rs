//! Documents of a descriptor: JSON or YAML → values with their places, and what is wrong with them.

pub(crate) mod file;
mod json;
pub(crate) mod mistake;
mod name_comparisons;
pub(crate) mod near_names;
pub(crate) mod object_kinds;
pub(crate) mod path;
pub(crate) mod place;
pub(crate) mod read;
pub(crate) mod spelling;
mod yaml;
