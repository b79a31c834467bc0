//! Rules over the typed columns of a chunk: [`translate`] converts them to Polars expressions when the columns of a
//! file are known, and [`evaluate`] evaluates these over chunks.

pub(crate) mod evaluate;
mod translate;
