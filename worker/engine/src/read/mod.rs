//! Stored bytes → decoded bytes, and the header that says what the columns are.

pub(crate) mod blocks;
pub(crate) mod file_labels;
mod filled;
pub(crate) mod header;
pub(crate) mod hint;
pub(crate) mod labels;
mod members;
pub(crate) mod refusal;
mod signature;
pub(crate) mod source;
pub(crate) mod window;
mod zip;
