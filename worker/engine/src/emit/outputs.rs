//! Where the outputs of a file go.

use std::io::Write;

use crate::descriptor::FeedbackSettings;

/// The destinations of the outputs of a file. `None` for outputs that are not wanted.
#[derive(Default)]
pub struct Outputs<'a> {
    /// Receives the clean rows, compressed like the input. To be thrown away when the verdict is
    /// [`Verdict::Refused`](crate::report::Verdict::Refused).
    pub clean: Option<Box<dyn Write + Send + 'a>>,
    /// Receives one JSON line per rejected record; nothing is written if no record is rejected.
    pub rejects: Option<Box<dyn Write + Send + 'a>>,
    /// Receives the clean rows as a Parquet file. To be thrown away when the verdict is
    /// [`Verdict::Refused`](crate::report::Verdict::Refused).
    pub parquet: Option<ParquetTarget<'a>>,
    /// The settings of the feedback for the sender, if it is asked for; its rows become part of the [`Outcome`](crate::pipeline::file::Outcome).
    pub feedback: Option<FeedbackSettings>,
}

/// The destination of a Parquet file.
pub struct ParquetTarget<'a> {
    /// Receives the bytes of the file.
    pub writer: Box<dyn Write + Send + 'a>,
    /// The metadata of the file: pairs of key and value.
    pub metadata: Vec<(&'static str, String)>,
}
