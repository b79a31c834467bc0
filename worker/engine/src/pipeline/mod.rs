//! One file through all stages: `file` puts them together, `threads` carries chunks through them.

pub mod file;
pub(crate) mod threads;
