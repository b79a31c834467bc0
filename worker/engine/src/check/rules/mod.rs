//! Rules over the typed columns of a chunk: [`translate`] makes Polars expressions of them when the columns of a file are known, and
//! [`evaluate`] holds them against chunks.

pub(crate) mod evaluate;
mod translate;
