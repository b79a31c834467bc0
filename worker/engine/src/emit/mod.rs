//! Faults → outputs: clean bytes, Parquet, reject lines and statistics.

mod cell_members;
pub(crate) mod chunk_checker;
pub(crate) mod chunk_rejects;
pub(crate) mod clean_file;
pub(crate) mod clean_rows;
mod digits;
pub(crate) mod fault_summary;
pub(crate) mod feedback;
pub(crate) mod file_bytes;
pub(crate) mod foreign_fault;
pub(crate) mod key_fault;
pub(crate) mod line_limit;
pub(crate) mod line_prefix;
pub(crate) mod message;
pub(crate) mod outlet;
pub(crate) mod outputs;
pub(crate) mod parquet;
pub(crate) mod reject_file;
pub(crate) mod reject_line;
pub(crate) mod statistics;
pub(crate) mod template;
pub(crate) mod walk;
pub(crate) mod warning_counts;
pub(crate) mod zip_file;
