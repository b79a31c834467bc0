//! The pipeline of one file: threads take chunks in turn, check them, and hand the results on in order.
//!
//! There is no thread for reading and none for writing: a thread that needs a chunk tokenizes it under the reader's lock, and the
//! thread that finishes the next chunk in order writes it, with all finished ones behind it, under the writer's lock.
//!
//! # Memory
//! Finished chunks that wait for an earlier one are bounded in bytes, for all threads together: while they hold
//! [`WAITING_BYTES`](crate::pipeline::state), no thread takes another chunk. A thread whose reject lines have grown
//! large waits for its turn, and then writes them early. The thread whose turn it is waits for no other thread, so one
//! thread always goes on.
//!
//! # Keys
//! Where the schema has keys, a thread that has checked a chunk waits until the chunks before it are resolved
//! ([`crate::resolve`]). It waits before it makes outputs, so a thread that waits for the writer has already passed the
//! turn of the keys on.
//!
//! # Statistics
//! Statistics do not depend on the order of their cells, so threads may share them: each thread has a set of its own
//! where memory allows it ([`sets`]), and in files of many columns several threads share a set.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Mutex;

use sluice_csv::{Chunk, Dialect, Prologue};

use crate::check::frame::FrameChecks;
use crate::compression::Compression;
use crate::descriptor::{FeedbackSettings, Settings};
use crate::emit::chunk_checker::{CheckedChunk, ChunkChecker, Tally};
use crate::emit::clean_file::CleanWriter;
use crate::emit::feedback::held::HeldRows;
use crate::emit::outlet::ChunkError;
use crate::emit::outputs::{Outputs, ParquetTarget};
use crate::emit::parquet::ParquetOutput;
use crate::emit::reject_file::RejectFile;
use crate::encoding::recognise::FileEncoding;
use crate::locked::locked;
use crate::pipeline::chunk_outlet::{ChunkOutlet, PanicGuard};
use crate::pipeline::sink::{Counts, PipelineError, Sink};
use crate::pipeline::source::Source;
use crate::pipeline::state::PipelineState;
use crate::pipeline::statistics_sets::{merged, sets};
use crate::resolve::foreign::file_keys::FileForeignKey;
use crate::resolve::keys::FileKeys;
use crate::resolve::turn::Turns;
use crate::typing::column::Column;

/// Finished chunks that may wait for an earlier one, per thread.
const WAITING: usize = 3;

/// What a pipeline needs to know once the header of its file is read.
pub(crate) struct FileSetup<'w, 'a> {
    pub(crate) columns: &'w [Column],
    pub(crate) keys: &'w FileKeys,
    pub(crate) foreign_keys: &'w [FileForeignKey<'w>],
    /// The beginning of the clean file.
    pub(crate) head: &'w [u8],
    /// Where the Parquet file is written, if one is asked for.
    pub(crate) target: Option<ParquetTarget<'a>>,
}

pub(crate) struct Pipeline<'a> {
    dialect: &'a Dialect,
    settings: &'a Settings,
    source: Mutex<Source<'a>>,
    encoding: &'a FileEncoding,
    state: PipelineState<'a>,
    /// The settings of the feedback for the sender, if it is asked for.
    feedback: Option<FeedbackSettings>,
    /// Counts of the records that were checked before the number of columns was known.
    prologue: Tally,
}

impl<'a> Pipeline<'a> {
    pub(crate) fn new(
        dialect: &'a Dialect,
        settings: &'a Settings,
        source: Source<'a>,
        outputs: Outputs<'a>,
        compression: Option<Compression>,
    ) -> io::Result<Self> {
        let clean = outputs.clean.map(|writer| CleanWriter::new(writer, compression)).transpose()?;
        let rejects = outputs.rejects.map(|writer| RejectFile::new(writer, settings.limits.reject_bytes));
        Ok(Self {
            dialect,
            settings,
            encoding: source.encoding,
            state: PipelineState::new(Sink {
                writes_utf8: source.writes_utf8,
                feedback_rows: outputs.feedback.as_ref().map(HeldRows::new),
                ..Sink::new(clean, rejects)
            }),
            feedback: outputs.feedback,
            source: Mutex::new(source),
            prologue: Tally::default(),
        })
    }

    /// Checks the records in front of the first one that has cells and no fault, and returns the number of cells of
    /// that record; 0 if there is no such record.
    pub(crate) fn pass_prologue(&mut self) -> Result<usize, PipelineError> {
        let checks = FrameChecks::default();
        let mut checker = ChunkChecker::new(&[], self.dialect, self.settings, &checks, &[])
            .with_encoding(self.encoding)
            .with_feedback(self.feedback.as_ref(), &[], &[]);
        let mut checked = CheckedChunk::default();
        let columns = loop {
            let next = locked(&self.source).next_prologue(&mut checked).map_err(PipelineError::Read)?;
            let chunk = match next {
                Prologue::Records(chunk) => chunk,
                Prologue::Columns(columns) => break columns,
                Prologue::End => break 0,
            };
            self.check(&mut checker, chunk, &mut checked);
            self.state.deliver(std::mem::take(&mut checked));
            let mut sink = locked(&self.state.sink);
            if let Some(failure) = sink.failure.take() {
                return Err(failure);
            }
            checked = sink.free.pop().unwrap_or_default();
        };
        self.prologue = checker.into_tally();
        Ok(columns)
    }

    /// Runs the pipeline to the end of the file.
    pub(crate) fn run(mut self, setup: FileSetup<'_, 'a>, threads: NonZeroUsize) -> Result<Counts, PipelineError> {
        let FileSetup { columns, keys, foreign_keys, head, target } = setup;
        self.state.turns = Turns::new(keys, locked(&self.state.sink).next);
        let begun = target.map(|target| ParquetOutput::new(target, columns, threads)).transpose();
        self.state.parquet = begun.map_err(PipelineError::WriteParquet)?;
        if let Some(clean) = &mut locked(&self.state.sink).clean {
            clean.write(head).map_err(PipelineError::WriteClean)?;
        }
        locked(&self.source).records.set_columns(columns.len());
        locked(&self.state.sink).most_free = threads.get();
        let checks = FrameChecks::new(columns, &self.settings.rules);
        let sets = sets(columns, threads.get());
        let work = |thread: usize| {
            let checker = ChunkChecker::new(columns, self.dialect, self.settings, &checks, &sets[thread % sets.len()]);
            let checker = checker.with_keys(keys, foreign_keys).with_encoding(self.encoding);
            let checker = checker.with_feedback(self.feedback.as_ref(), &keys.keys, foreign_keys);
            self.work(checker, threads.get() * WAITING)
        };
        let mut tally = if threads.get() == 1 {
            work(0)
        } else {
            std::thread::scope(|scope| {
                let work = &work;
                let spawn = |thread| std::thread::Builder::new().spawn_scoped(scope, move || work(thread)).ok();
                // If the system has no thread left, the threads that were started do the work.
                let others: Vec<_> = (1..threads.get()).map_while(spawn).collect();
                let mut tally = work(0);
                for other in others {
                    match other.join() {
                        Ok(theirs) => tally.merge(&theirs),
                        Err(panic) => std::panic::resume_unwind(panic),
                    }
                }
                tally
            })
        };
        tally.merge(&self.prologue);
        self.state.finish(tally, merged(sets))
    }

    /// Checks chunks in one thread until the file ends or the pipeline stops, and returns what the thread has counted.
    fn work(&self, mut checker: ChunkChecker<'_>, most_waiting: usize) -> Tally {
        let guard = PanicGuard(&self.state);
        while let Some(mut checked) = self.state.wait_for_room(most_waiting) {
            let chunk = match locked(&self.source).next_chunk(&mut checked) {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                Err(error) => {
                    self.state.stop(PipelineError::Read(error));
                    break;
                }
            };
            if !self.check(&mut checker, chunk, &mut checked) {
                break;
            }
            self.state.deliver(checked);
        }
        drop(guard);
        checker.into_tally()
    }

    /// Checks a chunk. Returns false if that stopped the pipeline.
    fn check(&self, checker: &mut ChunkChecker<'_>, chunk: Chunk, checked: &mut CheckedChunk) -> bool {
        let mut outlet = ChunkOutlet { state: &self.state, sequence: chunk.sequence, start: chunk.start };
        match checker.check(chunk, checked, &mut outlet) {
            Ok(()) => true,
            Err(ChunkError::Stopped) => false,
            Err(ChunkError::Keys(error)) => {
                self.state.stop(PipelineError::Keys(error));
                false
            }
            Err(error) => {
                self.state.stop(PipelineError::Internal(error.to_string()));
                false
            }
        }
    }
}
