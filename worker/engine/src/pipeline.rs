//! The pipeline of one file: threads take chunks in turn, check them, and hand the results on in order.
//!
//! There is no thread for reading and none for writing: whoever needs a chunk tokenizes it under the reader's lock, and
//! whoever finishes the next chunk in order writes it, with all finished ones behind it, under the writer's lock.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use sluice_csv::{Dialect, Records};

use crate::check::{Outputs, SAMPLE_CHARACTERS};
use crate::column::Column;
use crate::descriptor::Settings;
use crate::frame::FrameChecks;
use crate::output::CleanWriter;
use crate::report::{Code, Compression, Reject, Rows, SAMPLES};
use crate::statistics::ColumnStatistics;
use crate::verdict::{CheckedChunk, ChunkChecker, Tally};

/// Finished chunks that may wait for an earlier one, per thread.
const WAITING: usize = 3;

/// What ended the pipeline early.
pub(crate) enum PipelineError {
    Read(io::Error),
    WriteClean(io::Error),
    WriteRejects(io::Error),
    Internal(String),
}

/// Everything that was counted.
pub(crate) struct Counts {
    pub(crate) rows: Rows,
    pub(crate) errors: BTreeMap<Code, u64>,
    pub(crate) statistics: Vec<ColumnStatistics>,
    pub(crate) samples: Vec<Reject>,
}

pub(crate) struct Pipeline<'a, R> {
    columns: &'a [Column],
    dialect: &'a Dialect,
    settings: &'a Settings,
    checks: FrameChecks,
    records: Mutex<Records<R>>,
    sink: Mutex<Sink<'a>>,
    room: Condvar,
    stopped: AtomicBool,
}

struct Sink<'a> {
    clean: Option<CleanWriter<'a>>,
    rejects: Option<io::BufWriter<Box<dyn Write + Send + 'a>>>,
    next: u64,
    waiting: BTreeMap<u64, CheckedChunk>,
    free: Vec<CheckedChunk>,
    samples: Vec<Reject>,
    rejected: bool,
    failure: Option<PipelineError>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked stops the pipeline; what it left behind is not used.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a, R: Read + Send> Pipeline<'a, R> {
    pub(crate) fn new(
        columns: &'a [Column],
        dialect: &'a Dialect,
        settings: &'a Settings,
        records: Records<R>,
        outputs: Outputs<'a>,
        compression: Option<Compression>,
    ) -> io::Result<Self> {
        let clean = outputs.clean.map(|writer| CleanWriter::new(writer, compression)).transpose()?;
        Ok(Self {
            columns,
            dialect,
            settings,
            checks: FrameChecks::new(columns),
            records: Mutex::new(records),
            sink: Mutex::new(Sink {
                clean,
                rejects: outputs.rejects.map(|writer| io::BufWriter::with_capacity(128 << 10, writer)),
                next: 0,
                waiting: BTreeMap::new(),
                free: Vec::new(),
                samples: Vec::new(),
                rejected: false,
                failure: None,
            }),
            room: Condvar::new(),
            stopped: AtomicBool::new(false),
        })
    }

    /// Runs the pipeline to the end of the file. `head` is what the clean file begins with.
    pub(crate) fn run(self, head: &[u8], threads: NonZeroUsize) -> Result<Counts, PipelineError> {
        if let Some(clean) = &mut locked(&self.sink).clean {
            clean.write(head).map_err(PipelineError::WriteClean)?;
        }
        let most_waiting = threads.get() * WAITING;
        let mut tally = if threads.get() == 1 {
            self.work(most_waiting)
        } else {
            std::thread::scope(|scope| {
                let others: Vec<_> = (1..threads.get()).map(|_| scope.spawn(|| self.work(most_waiting))).collect();
                let mut tally = self.work(most_waiting);
                for other in others {
                    match other.join() {
                        Ok(theirs) => tally.merge(&theirs),
                        Err(panic) => std::panic::resume_unwind(panic),
                    }
                }
                tally
            })
        };
        let mut sink = self.sink.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(failure) = sink.failure.take() {
            return Err(failure);
        }
        if let Some(clean) = sink.clean.take() {
            clean.finish().map_err(PipelineError::WriteClean)?;
        }
        if let Some(mut rejects) = sink.rejects.take()
            && sink.rejected
        {
            rejects.flush().map_err(PipelineError::WriteRejects)?;
        }
        let errors = std::mem::take(&mut tally.errors).into_iter().collect();
        Ok(Counts { rows: tally.rows, errors, statistics: tally.statistics, samples: sink.samples })
    }

    /// The work of one thread: chunks until there are none.
    fn work(&self, most_waiting: usize) -> Tally {
        let alarm = Alarm(self);
        let mut checker = ChunkChecker::new(self.columns, self.dialect, self.settings, &self.checks);
        while let Some(mut checked) = self.wait_for_room(most_waiting) {
            let chunk = match locked(&self.records).next_chunk(checked.chunk.take()) {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                Err(error) => {
                    self.stop(PipelineError::Read(error));
                    break;
                }
            };
            let sequence = chunk.sequence;
            let mut pass_on = |rejects: &mut Vec<u8>| self.write_early(sequence, rejects);
            if let Err(error) = checker.check(chunk, &mut checked, &mut pass_on) {
                self.stop(PipelineError::Internal(error.to_string()));
                break;
            }
            self.deliver(checked);
        }
        drop(alarm);
        checker.into_tally()
    }

    /// Waits until not too many finished chunks wait for an earlier one; `None` when the pipeline has stopped.
    fn wait_for_room(&self, most_waiting: usize) -> Option<CheckedChunk> {
        let mut sink = locked(&self.sink);
        while sink.waiting.len() >= most_waiting && !self.stopped.load(Ordering::Relaxed) {
            sink = self.room.wait(sink).unwrap_or_else(PoisonError::into_inner);
        }
        if self.stopped.load(Ordering::Relaxed) {
            return None;
        }
        Some(sink.free.pop().unwrap_or_default())
    }

    /// Writes the first rejects of a chunk, and takes them away, if it is the turn of this chunk.
    fn write_early(&self, sequence: u64, rejects: &mut Vec<u8>) {
        let mut sink = locked(&self.sink);
        if sink.next != sequence {
            return;
        }
        let written = sink.write_rejects(rejects);
        drop(sink);
        rejects.clear();
        if let Err(failure) = written {
            self.stop(failure);
        }
    }

    fn deliver(&self, checked: CheckedChunk) {
        let mut sink = locked(&self.sink);
        let sequence = checked.sequence;
        sink.waiting.insert(sequence, checked);
        loop {
            let next = sink.next;
            let Some(checked) = sink.waiting.remove(&next) else { break };
            if let Err(failure) = sink.write(&checked) {
                drop(sink);
                self.stop(failure);
                return;
            }
            sink.next += 1;
            sink.free.push(checked);
        }
        drop(sink);
        self.room.notify_all();
    }

    fn stop(&self, failure: PipelineError) {
        self.stopped.store(true, Ordering::Relaxed);
        locked(&self.sink).failure.get_or_insert(failure);
        self.room.notify_all();
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
    fn write(&mut self, checked: &CheckedChunk) -> Result<(), PipelineError> {
        if let (Some(clean), Some(chunk)) = (&mut self.clean, &checked.chunk) {
            for run in &checked.clean_runs {
                clean.write(&chunk.data[run.clone()]).map_err(PipelineError::WriteClean)?;
            }
        }
        self.write_rejects(&checked.rejects)
    }

    /// Writes whole lines, of which the first are the samples.
    fn write_rejects(&mut self, rejects: &[u8]) -> Result<(), PipelineError> {
        if rejects.is_empty() {
            return Ok(());
        }
        self.rejected = true;
        let wanted = SAMPLES - self.samples.len();
        for line in rejects.split_inclusive(|&byte| byte == b'\n').take(wanted) {
            let reject = serde_json::from_slice(line)
                .map_err(|error| PipelineError::Internal(format!("a reject line does not read back: {error}")))?;
            self.samples.push(cut(reject));
        }
        match &mut self.rejects {
            Some(writer) => writer.write_all(rejects).map_err(PipelineError::WriteRejects),
            None => Ok(()),
        }
    }
}

/// A sample for the report: long texts are cut, the rejects keep the whole.
fn cut(mut reject: Reject) -> Reject {
    let shorten = |text: &mut Option<String>| {
        if let Some(text) = text
            && let Some((end, _)) = text.char_indices().nth(SAMPLE_CHARACTERS)
        {
            text.truncate(end);
            text.push('…');
        }
    };
    shorten(&mut reject.raw);
    shorten(&mut reject.raw_base64);
    for fault in &mut reject.errors {
        shorten(&mut fault.value);
    }
    reject
}
