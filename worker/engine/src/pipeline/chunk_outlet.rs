//! The outlet of a chunk: what it may write before it is finished.

use std::io;
use std::sync::MutexGuard;
use std::sync::atomic::Ordering;

use sluice_csv::Position;

use crate::emit::outlet::{Outlet, Wants};
use crate::emit::reject_file::{LineEnd, Lines, RejectFile};
use crate::locked::locked;
use crate::pipeline::sink::{PipelineError, Sink};
use crate::pipeline::state::PipelineState;
use crate::resolve::candidates::{Candidates, Duplicate};

/// The outlet of a chunk that is being checked: writes its reject lines and resolves its keys, in the order of the file.
pub(crate) struct ChunkOutlet<'t, 'a> {
    pub(crate) state: &'t PipelineState<'a>,
    pub(crate) sequence: u64,
    /// Where the chunk begins.
    pub(crate) start: Position,
}

impl<'t, 'a> ChunkOutlet<'t, 'a> {
    /// Returns true if lines of this chunk may still be written.
    fn wants_lines(&self) -> bool {
        self.state.wants_lines.load(Ordering::Relaxed) && !self.state.has_stopped()
    }

    /// Returns the locked sink, when it is the turn of the chunk or no more lines are wanted. Until then it waits, or
    /// returns `None` if `waits` is false.
    fn sink(&self, waits: bool) -> Option<MutexGuard<'t, Sink<'a>>> {
        let mut sink = locked(&self.state.sink);
        while sink.next != self.sequence && self.wants_lines() {
            if !waits {
                return None;
            }
            sink = self.state.wait(sink);
        }
        Some(sink)
    }

    /// Calls `write` with the rejects. Returns `None` if it is not the turn of the chunk yet, and `Some(None)` if no
    /// lines are wanted or writing failed, which stops the pipeline.
    fn write<T>(&self, waits: bool, write: impl FnOnce(&mut RejectFile<'a>) -> io::Result<T>) -> Option<Option<T>> {
        let mut sink = self.sink(waits)?;
        let Some(rejects) = sink.rejects.as_mut().filter(|_| self.wants_lines()) else { return Some(None) };
        let written = write(rejects);
        self.state.note_what_is_wanted(&sink);
        drop(sink);
        if !self.wants_lines() {
            self.state.changed.notify_all();
        }
        match written {
            Ok(written) => Some(Some(written)),
            Err(error) => {
                self.state.stop(PipelineError::WriteRejects(error));
                Some(None)
            }
        }
    }
}

impl Outlet for ChunkOutlet<'_, '_> {
    fn wants(&self) -> Wants {
        let PipelineState { wants_samples, wants_warnings, wanted_rows, parquet, .. } = self.state;
        Wants {
            lines: self.wants_lines(),
            samples: wants_samples.load(Ordering::Relaxed),
            warning_samples: wants_warnings.load(Ordering::Relaxed),
            rejected_rows: wanted_rows.rejected(),
            warned_rows: wanted_rows.warned(),
            values: parquet.is_some(),
        }
    }

    fn offer(&mut self, lines: &mut Lines, waits: bool) {
        if self.write(waits, |rejects| rejects.write(lines, self.start)).is_some() {
            lines.clear();
        }
    }

    fn resolve(
        &mut self,
        candidates: &mut Candidates,
        duplicates: &mut Vec<Duplicate>,
        is_last: bool,
    ) -> io::Result<bool> {
        let Some(turns) = &self.state.turns else { return Ok(true) };
        turns.resolve((self.sequence, is_last), candidates, duplicates, || self.state.has_stopped())
    }

    fn begin_line(&mut self, length: u64, line_end: LineEnd) -> bool {
        self.write(true, |rejects| Ok(rejects.begin_line(length, line_end, self.start))).flatten().unwrap_or(false)
    }

    fn take_piece(&mut self, piece: &mut Vec<u8>) {
        self.write(true, |rejects| rejects.write_piece(piece));
        piece.clear();
    }
}

/// Stops the pipeline when its thread panics, so that no other thread waits for it for ever.
pub(crate) struct Alarm<'l, 'a>(pub(crate) &'l PipelineState<'a>);

impl Drop for Alarm<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop(PipelineError::Internal("a thread panicked".to_owned()));
        }
    }
}
