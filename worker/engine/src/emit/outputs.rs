//! Where the outputs of a file go.

use std::io::Write;

use crate::descriptor::Feedback;

/// Where the outputs go. What is not wanted is `None`.
#[derive(Default)]
pub struct Outputs<'a> {
    /// Gets the clean rows, compressed like the input. To be thrown away when the verdict is [`Verdict::Refused`](crate::report::Verdict::Refused).
    pub clean: Option<Box<dyn Write + Send + 'a>>,
    /// Gets one JSON line per rejected record; nothing is written when there is none.
    pub rejects: Option<Box<dyn Write + Send + 'a>>,
    /// Gets the clean rows as a Parquet file. To be thrown away when the verdict is [`Verdict::Refused`](crate::report::Verdict::Refused).
    pub parquet: Option<ParquetTarget<'a>>,
    /// The rows for the sender; the rows are part of the [`Outcome`](crate::pipeline::file::Outcome).
    pub feedback: Option<Feedback>,
}

/// Where a Parquet file goes.
pub struct ParquetTarget<'a> {
    /// Gets its bytes.
    pub writer: Box<dyn Write + Send + 'a>,
    /// Its metadata, by key.
    pub metadata: Vec<(&'static str, String)>,
}
