//! Checks CSV records against a Table Schema through Polars lazy frames.
//!
//! A file takes one way, with a folder for each stage: bytes (`read`) → records (`sluice-csv`) → typed columns
//! (`typing`) → faults (`check`) → what depends on other rows (`resolve`) → outputs (`emit`) → [`report`]. The
//! [`pipeline`] carries the chunks of a file through the stages, and [`descriptor`] says what is checked.
//!
//! Below the stages are modules that use none of them: `document` (JSON and YAML with places), `types` (the types of
//! fields), `bound`, `texts`, `pattern`, `json_schema` and `rules` (what a descriptor says, compiled), [`parse`] (cells →
//! values), `encoding` and [`compression`] (of files), `fault`, [`codes`] (of faults and refusals, and what they mean),
//! [`messages`] (texts for senders), and `shown` and `json_text` (texts in messages). [`infer`] writes descriptors. No
//! two modules use each other except `types` and `typing`; a test of `xtask` makes sure of that.

#![forbid(unsafe_code)]

mod bound;
mod check;
pub mod codes;
pub mod compression;
pub mod descriptor;
mod direct_mapped;
mod document;
mod emit;
mod encoding;
mod fault;
pub mod infer;
mod json_schema;
mod json_text;
mod locked;
pub mod messages;
mod packed_text;
pub mod parse;
mod pattern;
pub mod pipeline;
mod read;
pub mod report;
mod resolve;
mod rules;
mod shown;
mod swar;
mod texts;
mod types;
mod typing;
mod varint;

pub use check::evaluation::FrameError;
pub use emit::feedback::held::HELD_BYTES as FEEDBACK_BYTES;
pub use emit::feedback::{FEEDBACK_FAULTS, FeedbackColumn, FeedbackFault, FeedbackRow, FeedbackTable, RowCells};
pub use emit::parquet::{
    CHUNK_BYTES as PARQUET_CHUNK_BYTES, CHUNKS as PARQUET_CHUNKS, GROUP_BYTES as PARQUET_GROUP_BYTES,
    ROWS as PARQUET_GROUP_ROWS,
};
pub use emit::reject_file::{BYTES_PER_BYTE as REJECT_BYTES_PER_BYTE, FREE_BYTES as REJECT_FREE_BYTES};
pub use pipeline::foreign::{OpenTable, OwnKeys, ReferenceError, ReferenceTables, TableFile};
pub use resolve::earlier_files::EarlierFile;
pub use resolve::spill::{KeyFile, KeyFiles};
pub use resolve::table::BYTES as KEY_BYTES;
pub use types::field::LABEL_CHARACTERS;
