//! Infers a descriptor from files: dialect, header, types, missing values and constraints.
//!
//! The form of a file (delimiter, quotes, header) is decided from its first bytes (`sniff.rs`). Then each cell is tested once with every type
//! that fits the cells before it (`column.rs`). The result is a Data Resource (`resource.rs`) with a reason for each decision.

mod accepted_texts;
mod candidate;
mod candidate_set;
mod candidates;
mod column;
mod column_name;
mod column_pairs;
mod compare;
mod constraints;
mod decision;
mod delimiter_counts;
mod described;
mod digits;
mod file_part;
mod head;
mod head_record;
mod header;
mod hints;
mod items;
mod line_ends;
mod local_time;
mod missing_words;
mod notations;
mod oddities;
mod one_column;
mod outline;
mod packed_cell;
mod properties;
mod quotes;
mod refuted;
mod rejection;
mod resource;
mod sample_reader;
mod scan;
mod score;
mod sniff;
mod total_row;
mod uniqueness;

pub use compare::{Difference, Drift, Faults};
pub use constraints::{Tightness, widen_exceeded};
pub use header::InferredHeader;
pub use refuted::Refuted;
pub use resource::{Explained, Inferred, Wanted};
pub use scan::{InferError, Inference, Source};
pub use sniff::FileForm;
