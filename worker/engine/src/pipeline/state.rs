//! The state that the threads of a file share: the outputs, what is still wanted, and whose turn it is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::emit::chunk_checker::{CheckedChunk, Tally};
use crate::emit::feedback::held::WantedRows;
use crate::emit::parquet::{Group, ParquetOutput};
use crate::emit::reject_file::RejectFile;
use crate::emit::statistics::ColumnStatistics;
use crate::locked::locked;
use crate::pipeline::sink::{Counts, PipelineError, Sink};
use crate::report::SAMPLES;
use crate::resolve::turn::Turns;

/// Most bytes of memory that finished chunks hold while they wait for an earlier one, whatever the number of threads:
/// no thread takes a chunk beyond it. Chunks that are being checked by then may come on top, one for each thread.
const WAITING_BYTES: usize = 64 << 20;

pub(crate) struct PipelineState<'a> {
    pub(crate) sink: Mutex<Sink<'a>>,
    pub(crate) parquet: Option<ParquetOutput<'a>>,
    /// Notified when a thread may go on: it is the turn of another chunk, there is room, or nothing more is wanted.
    pub(crate) changed: Condvar,
    stopped: AtomicBool,
    pub(crate) wants_lines: AtomicBool,
    pub(crate) wants_samples: AtomicBool,
    pub(crate) wants_warnings: AtomicBool,
    /// Which rows the feedback for the sender still has room for.
    pub(crate) wanted_rows: WantedRows,
    /// Whose turn it is to resolve keys; `None` if the file has no keys.
    pub(crate) turns: Option<Turns>,
}

impl<'a> PipelineState<'a> {
    pub(crate) fn new(sink: Sink<'a>) -> Self {
        let wanted_rows = WantedRows::default();
        wanted_rows.note(sink.feedback_rows.as_ref());
        Self {
            parquet: None,
            changed: Condvar::new(),
            stopped: AtomicBool::new(false),
            wants_lines: AtomicBool::new(sink.rejects.is_some()),
            wants_samples: AtomicBool::new(true),
            wants_warnings: AtomicBool::new(true),
            wanted_rows,
            turns: None,
            sink: Mutex::new(sink),
        }
    }

    /// Completes the outputs after all threads have ended, and returns what was counted.
    pub(crate) fn finish(self, tally: Tally, statistics: Vec<ColumnStatistics>) -> Result<Counts, PipelineError> {
        let sink = self.sink.into_inner().unwrap_or_else(PoisonError::into_inner);
        let counts = sink.finish(tally, statistics)?;
        if self.turns.is_some_and(Turns::are_too_many) {
            return Err(PipelineError::TooManyKeys);
        }
        self.parquet.map_or(Ok(()), ParquetOutput::finish).map_err(PipelineError::WriteParquet)?;
        Ok(counts)
    }

    /// Waits until there is room for another chunk: few finished chunks wait for an earlier one, and the Parquet file
    /// is not behind. Returns the buffers for the chunk, or `None` if the pipeline has stopped.
    pub(crate) fn wait_for_room(&self, most_waiting: usize) -> Option<CheckedChunk> {
        let mut sink = locked(&self.sink);
        let has_room = |sink: &Sink<'_>| {
            sink.waiting.len() < most_waiting
                && sink.waiting_bytes < WAITING_BYTES
                && !self.parquet.as_ref().is_some_and(ParquetOutput::is_full)
        };
        while !has_room(&sink) && !self.has_stopped() {
            sink = self.wait(sink);
        }
        if self.has_stopped() {
            return None;
        }
        Some(sink.free.pop().unwrap_or_default())
    }

    pub(crate) fn wait<'s>(&self, sink: MutexGuard<'s, Sink<'a>>) -> MutexGuard<'s, Sink<'a>> {
        self.changed.wait(sink).unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn has_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Takes a finished chunk, and writes all finished chunks whose turn it is.
    pub(crate) fn deliver(&self, checked: CheckedChunk) {
        let mut full = Vec::new();
        let mut sink = locked(&self.sink);
        sink.waiting_bytes += checked.bytes();
        sink.waiting.insert(checked.sequence, checked);
        loop {
            let next = sink.next;
            let Some(checked) = sink.waiting.remove(&next) else { break };
            sink.waiting_bytes -= checked.bytes();
            if let Some(parquet) = &self.parquet {
                parquet.push(&checked.values, &mut full);
            }
            if let Err(failure) = sink.write(checked) {
                drop(sink);
                self.stop(failure);
                return;
            }
            sink.next += 1;
        }
        self.note_what_is_wanted(&sink);
        drop(sink);
        self.changed.notify_all();
        self.write_groups(full);
    }

    /// Writes row groups, without holding the lock of the sink.
    fn write_groups(&self, full: Vec<Group>) {
        for group in full {
            let Some(parquet) = self.parquet.as_ref().filter(|_| !self.has_stopped()) else { return };
            if let Err(error) = parquet.write(group) {
                return self.stop(PipelineError::WriteParquet(error));
            }
            // The lock is taken once, so that a thread that found no room is already waiting for the notification.
            drop(locked(&self.sink));
            self.changed.notify_all();
        }
    }

    /// Notes which outputs are full, so that the threads stop making them.
    pub(crate) fn note_what_is_wanted(&self, sink: &Sink<'_>) {
        if sink.samples.len() == SAMPLES {
            self.wants_samples.store(false, Ordering::Relaxed);
        }
        if sink.warning_samples.len() == SAMPLES {
            self.wants_warnings.store(false, Ordering::Relaxed);
        }
        self.wanted_rows.note(sink.feedback_rows.as_ref());
        if sink.rejects.as_ref().is_some_and(RejectFile::has_ended) {
            self.wants_lines.store(false, Ordering::Relaxed);
        }
    }

    pub(crate) fn stop(&self, failure: PipelineError) {
        self.stopped.store(true, Ordering::Relaxed);
        locked(&self.sink).failure.get_or_insert(failure);
        self.changed.notify_all();
        if let Some(turns) = &self.turns {
            turns.wake();
        }
    }
}
