//! The outputs of a file, written chunk by chunk in order.

use std::collections::BTreeMap;
use std::io;

use crate::codes::Code;
use crate::emit::chunk_checker::{CheckedChunk, Tally};
use crate::emit::clean_file::CleanWriter;
use crate::emit::fault_summary::FaultCounts;
use crate::emit::feedback::held::HeldRows;
use crate::emit::reject_file::RejectFile;
use crate::emit::statistics::ColumnStatistics;
use crate::emit::warning_counts::WarningTally;
use crate::pipeline::source::without_mark;
use crate::report::{Reject, RejectsOmitted, Rows, SAMPLES};
use crate::resolve::trailer::TrailerFindings;

/// Most bytes of a chunk whose buffers are used again; the memory of a larger one is freed.
const KEPT_BYTES: usize = 12 << 20;

/// What ended the pipeline early.
pub(crate) enum PipelineError {
    Read(io::Error),
    WriteClean(io::Error),
    WriteRejects(io::Error),
    /// The keys of the file take more memory than they may.
    TooManyKeys,
    /// Keys that do not fit in memory could not be written or read.
    Keys(io::Error),
    WriteParquet(io::Error),
    Internal(String),
}

/// Everything that was counted in a file, with its statistics and samples.
pub(crate) struct Counts {
    pub(crate) rows: Rows,
    pub(crate) errors: BTreeMap<Code, u64>,
    pub(crate) fault_counts: FaultCounts,
    pub(crate) rejects_omitted: Option<RejectsOmitted>,
    pub(crate) statistics: Vec<ColumnStatistics>,
    pub(crate) samples: Vec<Reject>,
    pub(crate) warnings: WarningTally,
    pub(crate) warning_samples: Vec<Reject>,
    pub(crate) column_faults: Vec<u64>,
    pub(crate) trailer: TrailerFindings,
    pub(crate) feedback_rows: Option<HeldRows>,
}

/// The outputs of a file, and the finished chunks that wait for an earlier one.
pub(crate) struct Sink<'a> {
    pub(crate) clean: Option<CleanWriter<'a>>,
    /// Whether clean rows are written as UTF-8 if the file has another encoding.
    pub(crate) writes_utf8: bool,
    pub(crate) rejects: Option<RejectFile<'a>>,
    /// The number of the chunk whose turn it is.
    pub(crate) next: u64,
    pub(crate) waiting: BTreeMap<u64, CheckedChunk>,
    pub(crate) waiting_bytes: usize,
    pub(crate) free: Vec<CheckedChunk>,
    /// Most chunks in `free`, whose buffers are used again.
    pub(crate) most_free: usize,
    pub(crate) samples: Vec<Reject>,
    pub(crate) warning_samples: Vec<Reject>,
    /// Rows for the sender; `None` if no feedback is asked for.
    pub(crate) feedback_rows: Option<HeldRows>,
    pub(crate) failure: Option<PipelineError>,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(clean: Option<CleanWriter<'a>>, rejects: Option<RejectFile<'a>>) -> Self {
        Self {
            clean,
            writes_utf8: false,
            rejects,
            next: 0,
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
            free: Vec::new(),
            most_free: 1,
            samples: Vec::new(),
            warning_samples: Vec::new(),
            feedback_rows: None,
            failure: None,
        }
    }

    /// Writes the chunk whose turn it is, and keeps its buffers to use them again.
    pub(crate) fn write(&mut self, mut checked: CheckedChunk) -> Result<(), PipelineError> {
        let CheckedChunk {
            chunk: Some(chunk),
            source_map,
            clean_runs,
            lines,
            samples,
            warning_samples,
            feedback_rows: chunk_rows,
            ..
        } = &mut checked
        else {
            return Ok(());
        };
        if let Some(clean) = &mut self.clean {
            let written = match source_map {
                Some(source_map) if !self.writes_utf8 => clean.write_source_bytes(source_map, &chunk.data, clean_runs),
                _ => clean_runs.iter().try_for_each(|run| {
                    let text = &chunk.data[run.clone()];
                    let is_first = source_map.is_some() && chunk.start.byte == 0 && run.start == 0;
                    clean.write(if is_first { without_mark(text) } else { text })
                }),
            };
            written.map_err(PipelineError::WriteClean)?;
        }
        if let Some(rejects) = &mut self.rejects {
            rejects.write(lines, chunk.start).map_err(PipelineError::WriteRejects)?;
        }
        let wanted = samples.len().min(SAMPLES - self.samples.len());
        self.samples.extend(samples.drain(..wanted));
        let wanted = warning_samples.len().min(SAMPLES - self.warning_samples.len());
        self.warning_samples.extend(warning_samples.drain(..wanted));
        if let Some(rows) = &mut self.feedback_rows {
            rows.take(chunk_rows);
        }
        if self.free.len() < self.most_free && checked.bytes() <= KEPT_BYTES {
            self.free.push(checked);
        }
        Ok(())
    }

    /// Completes the outputs, and returns what was counted.
    pub(crate) fn finish(mut self, tally: Tally, statistics: Vec<ColumnStatistics>) -> Result<Counts, PipelineError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if let Some(clean) = self.clean.take() {
            clean.finish().map_err(PipelineError::WriteClean)?;
        }
        let Tally { rows, errors, fault_counts, warnings, column_faults, trailer } = tally;
        let rejects_omitted = match self.rejects.take() {
            Some(rejects) => rejects.finish(rows.rejected).map_err(PipelineError::WriteRejects)?,
            None => None,
        };
        let Self { samples, warning_samples, feedback_rows, .. } = self;
        Ok(Counts {
            rows,
            errors,
            fault_counts,
            rejects_omitted,
            statistics,
            samples,
            warnings,
            warning_samples,
            column_faults,
            trailer,
            feedback_rows,
        })
    }
}
