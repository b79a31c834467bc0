//! Stored bytes → decoded bytes, and the header that says what the columns are.

pub(crate) mod header;
pub(crate) mod source;
pub(crate) mod window;
