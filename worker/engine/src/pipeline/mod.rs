//! One file through all stages: `file` puts them together, `threads` carries chunks through them.

pub(crate) mod check;
pub(crate) mod chunk_outlet;
pub(crate) mod ended_early;
pub mod file;
pub(crate) mod foreign;
pub mod hashed;
pub(crate) mod head;
mod integrity;
pub(crate) mod outcome;
pub(crate) mod published_statistics;
pub(crate) mod sink;
pub(crate) mod source;
pub(crate) mod state;
pub(crate) mod statistics_sets;
pub(crate) mod threads;
