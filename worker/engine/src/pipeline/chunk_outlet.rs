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

    /// Returns true if the chunk does not have to wait: it is its turn, or no more lines are wanted.
    fn may_write(&self, sink: &Sink<'a>) -> bool {
        sink.next == self.sequence || !self.wants_lines()
    }

    /// Waits until the chunk may write, and returns the locked sink.
    fn wait_for_turn(&self) -> MutexGuard<'t, Sink<'a>> {
        let mut sink = locked(&self.state.sink);
        while !self.may_write(&sink) {
            sink = self.state.wait(sink);
        }
        sink
    }

    /// Calls `write` with the rejects. Returns `None` if no lines are wanted or writing failed, which stops the pipeline.
    fn write<T>(
        &self,
        mut sink: MutexGuard<'t, Sink<'a>>,
        write: impl FnOnce(&mut RejectFile<'a>) -> io::Result<T>,
    ) -> Option<T> {
        let rejects = sink.rejects.as_mut().filter(|_| self.wants_lines())?;
        let written = write(rejects);
        self.state.note_what_is_wanted(&sink);
        drop(sink);
        if !self.wants_lines() {
            self.state.changed.notify_all();
        }
        match written {
            Ok(written) => Some(written),
            Err(error) => {
                self.state.stop(PipelineError::WriteRejects(error));
                None
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

    fn offer(&mut self, lines: &mut Lines) {
        let sink = locked(&self.state.sink);
        if self.may_write(&sink) {
            self.write(sink, |rejects| rejects.write(lines, self.start));
            lines.clear();
        }
    }

    fn hand_over(&mut self, lines: &mut Lines) {
        self.write(self.wait_for_turn(), |rejects| rejects.write(lines, self.start));
        lines.clear();
    }

    fn resolve(&mut self, candidates: &mut Candidates, duplicates: &mut Vec<Duplicate>) -> io::Result<bool> {
        let Some(turns) = &self.state.turns else { return Ok(true) };
        turns.resolve(self.sequence, candidates, duplicates, || self.state.has_stopped())
    }

    fn begin_line(&mut self, length: u64, line_end: LineEnd) -> bool {
        let begin = |rejects: &mut RejectFile<'_>| Ok(rejects.begin_line(length, line_end, self.start));
        self.write(self.wait_for_turn(), begin).unwrap_or(false)
    }

    fn take_piece(&mut self, piece: &mut Vec<u8>) {
        self.write(self.wait_for_turn(), |rejects| rejects.write_piece(piece));
        piece.clear();
    }
}

/// Stops the pipeline when its thread panics, so that no other thread waits for it for ever.
pub(crate) struct PanicGuard<'l, 'a>(pub(crate) &'l PipelineState<'a>);

impl Drop for PanicGuard<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop(PipelineError::Internal("a thread panicked".to_owned()));
        }
    }
}
