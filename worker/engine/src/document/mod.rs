//! Documents of a descriptor: JSON or YAML → values with their places, and what is wrong with them.

pub(crate) mod json;
pub(crate) mod mistake;
pub(crate) mod near_names;
pub(crate) mod place;
pub(crate) mod spelling;
mod yaml;
