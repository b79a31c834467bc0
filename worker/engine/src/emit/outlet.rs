//! What a chunk asks of the pipeline while it is checked.

use std::io;

use crate::check::evaluation::FrameError;
use crate::emit::reject_file::{LineEnd, Lines};
use crate::resolve::candidates::{Candidates, Duplicate};

/// What is wanted of a chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wants {
    /// Reject lines.
    pub(crate) lines: bool,
    /// Samples of rejects.
    pub(crate) samples: bool,
    /// Samples of clean rows with warnings.
    pub(crate) warning_samples: bool,
    /// Rejected rows for the feedback to the sender.
    pub(crate) rejected_rows: bool,
    /// Rows with warnings for the feedback to the sender.
    pub(crate) warned_rows: bool,
    /// The values of clean rows.
    pub(crate) values: bool,
}

/// The pipeline, as a chunk sees it while it is checked: what is wanted of the chunk, and where its reject lines go.
pub(crate) trait Outlet {
    /// Returns what may still be wanted of this chunk.
    fn wants(&self) -> Wants;

    /// Takes `lines`, and clears them, if it is the turn of the chunk or if they are no longer wanted; otherwise leaves
    /// them.
    fn offer(&mut self, lines: &mut Lines);

    /// Waits for the turn of the chunk, unless `lines` are no longer wanted, and takes and clears them.
    fn hand_over(&mut self, lines: &mut Lines);

    /// Waits for the turn of the chunk, and returns true if its next line, of `length` bytes, is to be written. All
    /// lines before it must have been taken.
    fn begin_line(&mut self, length: u64, line_end: LineEnd) -> bool;

    /// Waits until the chunks before this one are resolved, and finds the candidates whose keys are known. The turn is
    /// passed on behind the last candidates of the chunk. Returns false if the pipeline has stopped.
    fn resolve(&mut self, candidates: &mut Candidates, duplicates: &mut Vec<Duplicate>) -> io::Result<bool>;

    /// Takes a piece of the line that was begun last, and clears `piece`.
    fn take_piece(&mut self, piece: &mut Vec<u8>);
}

/// Why a chunk could not be checked: a defect of this program, no room for keys, or an end of the pipeline.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChunkError {
    #[error("the pipeline has stopped")]
    Stopped,
    #[error("keys: {0}")]
    Keys(#[source] io::Error),
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("a reject line does not read back: {0}")]
    Sample(#[from] serde_json::Error),
}
