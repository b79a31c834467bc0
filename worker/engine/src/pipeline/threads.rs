//! The pipeline of one file: threads take chunks in turn, check them, and hand the results on in order.
//!
//! There is no thread for reading and none for writing: whoever needs a chunk tokenizes it under the reader's lock, and
//! whoever finishes the next chunk in order writes it, with all finished ones behind it, under the writer's lock.
//!
//! # Memory
//! What waits is bounded in bytes, for all threads together: no thread takes another chunk while the finished ones that wait for an
//! earlier one hold [`WAITING_BYTES`]. A thread whose reject lines have grown large waits for its turn, and then writes them early. The
//! thread whose turn it is waits for nobody, so there is always one that goes on.
//!
//! # Keys
//! Where the schema has keys, a thread that has checked a chunk waits until the chunks before it are resolved ([`crate::resolve`]). It does
//! so before it makes outputs, so whoever waits for the writer has passed the turn of the keys on.
//!
//! # Statistics
//! Statistics do not depend on the order of their cells, so threads may share them: there is a set for each thread where there is room
//! for as many ([`sets`]), and fewer in files of many columns.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use sluice_csv::{Chunk, Dialect, Position, Prologue, Records};

use crate::check::frame::FrameChecks;
use crate::descriptor::Settings;
use crate::emit::chunk_checker::{CheckedChunk, ChunkChecker, ChunkError, Outlet, Tally};
use crate::emit::clean_file::CleanWriter;
use crate::emit::parquet::{Group, ParquetOutput};
use crate::emit::reject_file::{Lines, Mark, RejectFile};
use crate::emit::statistics::{self, ColumnStatistics};
use crate::pipeline::file::{Outputs, ParquetTarget};
use crate::report::{Code, Compression, Reject, RejectsOmitted, Rows, SAMPLES};
use crate::resolve::candidates::{Candidates, Duplicate};
use crate::resolve::keys::FileKeys;
use crate::resolve::turn::Turns;
use crate::typing::column::Column;

/// Finished chunks that may wait for an earlier one, per thread.
const WAITING: usize = 3;

/// Bytes of memory that finished chunks hold while they wait for an earlier one, whatever the number of threads: no chunk is taken
/// beyond it. Those that are on their way by then may come on top, one for each thread.
const WAITING_BYTES: usize = 64 << 20;

/// Bytes of memory for all sets of statistics, and what is added to it for each thread. One set there always is: about 150 MB at most, for
/// 16,384 columns.
const STATISTICS_BYTES: usize = 128 << 20;
const STATISTICS_BYTES_PER_THREAD: usize = 8 << 20;

/// A chunk that has grown larger than this is not used again: its memory is given back.
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

/// What the pipeline of a file has to know once its header is read.
pub(crate) struct FileSetup<'w, 'a> {
    pub(crate) columns: &'w [Column],
    pub(crate) keys: &'w FileKeys,
    /// What the clean file begins with.
    pub(crate) head: &'w [u8],
    /// Where a Parquet file goes.
    pub(crate) target: Option<ParquetTarget<'a>>,
}

/// Everything that was counted.
pub(crate) struct Counts {
    pub(crate) rows: Rows,
    pub(crate) errors: BTreeMap<Code, u64>,
    pub(crate) rejects_omitted: Option<RejectsOmitted>,
    pub(crate) statistics: Vec<ColumnStatistics>,
    pub(crate) samples: Vec<Reject>,
    pub(crate) warnings: BTreeMap<String, u64>,
    pub(crate) warning_samples: Vec<Reject>,
}

pub(crate) struct Pipeline<'a, R> {
    dialect: &'a Dialect,
    settings: &'a Settings,
    records: Mutex<Records<R>>,
    sink: Mutex<Sink<'a>>,
    parquet: Option<ParquetOutput<'a>>,
    /// Somebody may go on: it is the turn of another chunk, there is room, or nothing more is wanted.
    changed: Condvar,
    stopped: AtomicBool,
    wants_lines: AtomicBool,
    wants_samples: AtomicBool,
    /// Where there are keys: whose turn it is to resolve them.
    turns: Option<Turns>,
    wants_warnings: AtomicBool,
    /// What was counted before the number of columns was known.
    prologue: Tally,
}

struct Sink<'a> {
    clean: Option<CleanWriter<'a>>,
    rejects: Option<RejectFile<'a>>,
    next: u64,
    waiting: BTreeMap<u64, CheckedChunk>,
    waiting_bytes: usize,
    free: Vec<CheckedChunk>,
    /// Most chunks that are kept to be used again.
    most_free: usize,
    samples: Vec<Reject>,
    warning_samples: Vec<Reject>,
    failure: Option<PipelineError>,
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked stops the pipeline; what it left behind is not used.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a, R: Read + Send> Pipeline<'a, R> {
    pub(crate) fn new(
        dialect: &'a Dialect,
        settings: &'a Settings,
        records: Records<R>,
        outputs: Outputs<'a>,
        compression: Option<Compression>,
    ) -> io::Result<Self> {
        let clean = outputs.clean.map(|writer| CleanWriter::new(writer, compression)).transpose()?;
        let rejects = outputs.rejects.map(|writer| RejectFile::new(writer, settings.limits.reject_bytes));
        Ok(Self {
            dialect,
            settings,
            records: Mutex::new(records),
            parquet: None,
            changed: Condvar::new(),
            stopped: AtomicBool::new(false),
            wants_lines: AtomicBool::new(rejects.is_some()),
            wants_samples: AtomicBool::new(true),
            turns: None,
            wants_warnings: AtomicBool::new(true),
            prologue: Tally::default(),
            sink: Mutex::new(Sink {
                clean,
                rejects,
                next: 0,
                waiting: BTreeMap::new(),
                waiting_bytes: 0,
                free: Vec::new(),
                most_free: 1,
                samples: Vec::new(),
                warning_samples: Vec::new(),
                failure: None,
            }),
        })
    }

    /// Checks the records in front of the first one that has cells and no fault, and returns how many cells that one has; 0 if there is
    /// none.
    pub(crate) fn pass_prologue(&mut self) -> Result<usize, PipelineError> {
        let checks = FrameChecks::default();
        let mut checker = ChunkChecker::new(&[], self.dialect, self.settings, &checks, &[]);
        let mut checked = CheckedChunk::default();
        let columns = loop {
            let next = locked(&self.records).next_prologue(checked.chunk.take()).map_err(PipelineError::Read)?;
            let chunk = match next {
                Prologue::Records(chunk) => chunk,
                Prologue::Columns(columns) => break columns,
                Prologue::End => break 0,
            };
            self.check(&mut checker, chunk, &mut checked);
            self.deliver(std::mem::take(&mut checked));
            let mut sink = locked(&self.sink);
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
        let FileSetup { columns, keys, head, target } = setup;
        self.turns = Turns::new(keys, locked(&self.sink).next);
        let begun = target.map(|target| ParquetOutput::new(target, columns, threads)).transpose();
        self.parquet = begun.map_err(PipelineError::WriteParquet)?;
        if let Some(clean) = &mut locked(&self.sink).clean {
            clean.write(head).map_err(PipelineError::WriteClean)?;
        }
        locked(&self.records).set_columns(columns.len());
        locked(&self.sink).most_free = threads.get();
        let checks = FrameChecks::new(columns, &self.settings.rules);
        let sets = sets(columns, threads.get());
        let work = |thread: usize| {
            let checker = ChunkChecker::new(columns, self.dialect, self.settings, &checks, &sets[thread % sets.len()]);
            self.work(checker.with_keys(keys), threads.get() * WAITING)
        };
        let mut tally = if threads.get() == 1 {
            work(0)
        } else {
            std::thread::scope(|scope| {
                let work = &work;
                let spawn = |thread| std::thread::Builder::new().spawn_scoped(scope, move || work(thread)).ok();
                // Where the system has no thread left, those there are do the work.
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
        let sink = self.sink.into_inner().unwrap_or_else(PoisonError::into_inner);
        let counts = sink.finish(tally, merged(sets))?;
        if self.turns.is_some_and(Turns::are_too_many) {
            return Err(PipelineError::TooManyKeys);
        }
        self.parquet.map_or(Ok(()), ParquetOutput::finish).map_err(PipelineError::WriteParquet)?;
        Ok(counts)
    }

    /// The work of one thread: chunks until there are none.
    fn work(&self, mut checker: ChunkChecker<'_>, most_waiting: usize) -> Tally {
        let alarm = Alarm(self);
        while let Some(mut checked) = self.wait_for_room(most_waiting) {
            let chunk = match locked(&self.records).next_chunk(checked.chunk.take()) {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                Err(error) => {
                    self.stop(PipelineError::Read(error));
                    break;
                }
            };
            if !self.check(&mut checker, chunk, &mut checked) {
                break;
            }
            self.deliver(checked);
        }
        drop(alarm);
        checker.into_tally()
    }

    /// Checks a chunk; false when that stopped the pipeline.
    fn check(&self, checker: &mut ChunkChecker<'_>, chunk: Chunk, checked: &mut CheckedChunk) -> bool {
        let mut turn = Turn { pipeline: self, sequence: chunk.sequence, start: chunk.start };
        match checker.check(chunk, checked, &mut turn) {
            Ok(()) => true,
            Err(ChunkError::Stopped) => false,
            Err(ChunkError::Keys(error)) => {
                self.stop(PipelineError::Keys(error));
                false
            }
            Err(error) => {
                self.stop(PipelineError::Internal(error.to_string()));
                false
            }
        }
    }

    /// Waits until not too many finished chunks wait for an earlier one; `None` when the pipeline has stopped.
    fn wait_for_room(&self, most_waiting: usize) -> Option<CheckedChunk> {
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

    fn wait<'s>(&self, sink: MutexGuard<'s, Sink<'a>>) -> MutexGuard<'s, Sink<'a>> {
        self.changed.wait(sink).unwrap_or_else(PoisonError::into_inner)
    }

    fn has_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Takes a finished chunk, and writes all those whose turn it is.
    fn deliver(&self, checked: CheckedChunk) {
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

    /// Writes row groups, under no lock of others.
    fn write_groups(&self, full: Vec<Group>) {
        for group in full {
            let Some(parquet) = self.parquet.as_ref().filter(|_| !self.has_stopped()) else { return };
            if let Err(error) = parquet.write(group) {
                return self.stop(PipelineError::WriteParquet(error));
            }
            // Whoever is about to wait for room has looked already, or sees it.
            drop(locked(&self.sink));
            self.changed.notify_all();
        }
    }

    /// What is not wanted any more need not be made.
    fn note_what_is_wanted(&self, sink: &Sink<'_>) {
        if sink.samples.len() == SAMPLES {
            self.wants_samples.store(false, Ordering::Relaxed);
        }
        if sink.warning_samples.len() == SAMPLES {
            self.wants_warnings.store(false, Ordering::Relaxed);
        }
        if sink.rejects.as_ref().is_some_and(RejectFile::has_ended) {
            self.wants_lines.store(false, Ordering::Relaxed);
        }
    }

    fn stop(&self, failure: PipelineError) {
        self.stopped.store(true, Ordering::Relaxed);
        locked(&self.sink).failure.get_or_insert(failure);
        self.changed.notify_all();
        if let Some(turns) = &self.turns {
            turns.wake();
        }
    }
}

/// The sets of statistics of so many threads.
fn sets(columns: &[Column], threads: usize) -> Vec<Vec<Mutex<ColumnStatistics>>> {
    let bytes = STATISTICS_BYTES + threads * STATISTICS_BYTES_PER_THREAD;
    let count = (bytes / statistics::most_bytes(columns.len()).max(1)).clamp(1, threads);
    let of_column = |column: &Column| Mutex::new(ColumnStatistics::new(&column.kind, columns.len()));
    (0..count).map(|_| columns.iter().map(of_column).collect()).collect()
}

/// The statistics of all sets together.
fn merged(sets: Vec<Vec<Mutex<ColumnStatistics>>>) -> Vec<ColumnStatistics> {
    let own = |statistics: Mutex<ColumnStatistics>| statistics.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut sets = sets.into_iter();
    let mut all: Vec<_> = sets.next().unwrap_or_default().into_iter().map(own).collect();
    for set in sets {
        all.iter_mut().zip(set).for_each(|(mine, theirs)| mine.merge(&own(theirs)));
    }
    all
}

/// The turn of a chunk, before it is finished.
struct Turn<'t, 'a, R: Read + Send> {
    pipeline: &'t Pipeline<'a, R>,
    sequence: u64,
    /// Where the chunk begins.
    start: Position,
}

impl<'t, 'a, R: Read + Send> Turn<'t, 'a, R> {
    /// The sink, when it is the turn of the chunk or nothing of it is wanted. `None` when it is not its turn yet.
    fn sink(&self, waits: bool) -> Option<MutexGuard<'t, Sink<'a>>> {
        let mut sink = locked(&self.pipeline.sink);
        while sink.next != self.sequence && self.wants_lines() {
            if !waits {
                return None;
            }
            sink = self.pipeline.wait(sink);
        }
        Some(sink)
    }

    /// Lets `write` have the rejects, if there are lines to be written.
    fn write<T>(&self, waits: bool, write: impl FnOnce(&mut RejectFile<'a>) -> io::Result<T>) -> Option<Option<T>> {
        let mut sink = self.sink(waits)?;
        let Some(rejects) = sink.rejects.as_mut().filter(|_| self.wants_lines()) else { return Some(None) };
        let written = write(rejects);
        self.pipeline.note_what_is_wanted(&sink);
        drop(sink);
        if !self.wants_lines() {
            self.pipeline.changed.notify_all();
        }
        match written {
            Ok(written) => Some(Some(written)),
            Err(error) => {
                self.pipeline.stop(PipelineError::WriteRejects(error));
                Some(None)
            }
        }
    }
}

impl<R: Read + Send> Outlet for Turn<'_, '_, R> {
    fn wants_lines(&self) -> bool {
        self.pipeline.wants_lines.load(Ordering::Relaxed) && !self.pipeline.has_stopped()
    }

    fn wants_samples(&self) -> bool {
        self.pipeline.wants_samples.load(Ordering::Relaxed)
    }

    fn wants_warnings(&self) -> bool {
        self.pipeline.wants_warnings.load(Ordering::Relaxed)
    }

    fn wants_values(&self) -> bool {
        self.pipeline.parquet.is_some()
    }

    fn offer(&mut self, lines: &mut Lines, waits: bool) {
        if self.write(waits, |rejects| rejects.write(lines, self.start)).is_some() {
            lines.clear();
        }
    }

    fn resolve(&mut self, candidates: &Candidates, duplicates: &mut Vec<Duplicate>, is_last: bool) -> io::Result<bool> {
        let Some(turns) = &self.pipeline.turns else { return Ok(true) };
        turns.resolve((self.sequence, is_last), candidates, duplicates, || self.pipeline.has_stopped())
    }

    fn begin_line(&mut self, length: u64, mark: Mark) -> bool {
        self.write(true, |rejects| Ok(rejects.begin_line(length, mark, self.start))).flatten().unwrap_or(false)
    }

    fn take_piece(&mut self, piece: &mut Vec<u8>) {
        self.write(true, |rejects| rejects.write_piece(piece));
        piece.clear();
    }
}

/// Stops the pipeline when its thread panics, so that no other thread waits for it for ever.
struct Alarm<'l, 'a, R: Read + Send>(&'l Pipeline<'a, R>);

impl<R: Read + Send> Drop for Alarm<'_, '_, R> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop(PipelineError::Internal("a thread panicked".to_owned()));
        }
    }
}

impl Sink<'_> {
    /// Writes the chunk whose turn it is, and keeps its buffers.
    fn write(&mut self, mut checked: CheckedChunk) -> Result<(), PipelineError> {
        let CheckedChunk { chunk: Some(chunk), clean_runs, lines, samples, warning_samples, .. } = &mut checked else {
            return Ok(());
        };
        if let Some(clean) = &mut self.clean {
            for run in clean_runs {
                clean.write(&chunk.data[run.clone()]).map_err(PipelineError::WriteClean)?;
            }
        }
        if let Some(rejects) = &mut self.rejects {
            rejects.write(lines, chunk.start).map_err(PipelineError::WriteRejects)?;
        }
        let wanted = samples.len().min(SAMPLES - self.samples.len());
        self.samples.extend(samples.drain(..wanted));
        let wanted = warning_samples.len().min(SAMPLES - self.warning_samples.len());
        self.warning_samples.extend(warning_samples.drain(..wanted));
        if self.free.len() < self.most_free && checked.bytes() <= KEPT_BYTES {
            self.free.push(checked);
        }
        Ok(())
    }

    /// Ends the outputs.
    fn finish(mut self, tally: Tally, statistics: Vec<ColumnStatistics>) -> Result<Counts, PipelineError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if let Some(clean) = self.clean.take() {
            clean.finish().map_err(PipelineError::WriteClean)?;
        }
        let Tally { rows, errors, warnings } = tally;
        let rejects_omitted = match self.rejects.take() {
            Some(rejects) => rejects.finish(rows.rejected).map_err(PipelineError::WriteRejects)?,
            None => None,
        };
        let Self { samples, warning_samples, .. } = self;
        Ok(Counts { rows, errors, rejects_omitted, statistics, samples, warnings, warning_samples })
    }
}
