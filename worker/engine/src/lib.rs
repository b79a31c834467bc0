//! Checks CSV records against a Table Schema through Polars lazy frames.
//!
//! One way through, left to right: bytes (`source`) → records (`sluice-csv`) → typed columns (`columns`) → frame
//! (`frame`) → verdicts (`verdict`) → outputs (`output`, `rejects`) → [`report`].

pub mod check;
mod clean;
mod column;
mod columns;
pub mod descriptor;
mod fault;
mod frame;
mod header;
mod json;
mod known;
mod lists;
mod message;
mod output;
pub mod parse;
mod pattern;
mod pipeline;
mod reject_file;
mod rejects;
pub mod report;
mod room;
mod short;
mod shown;
mod source;
mod stack;
mod statistics;
mod template;
mod typed;
mod utf8;
mod verdict;
mod window;

pub use frame::FrameError;
pub use header::LABEL_CHARACTERS;
pub use reject_file::{BYTES_PER_BYTE as REJECT_BYTES_PER_BYTE, FREE_BYTES as REJECT_FREE_BYTES};
