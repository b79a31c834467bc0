//! Faults → verdicts: which rows of a chunk are clean, the runs of clean bytes, the reject lines, the statistics.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Mutex;

use sluice_csv::{Chunk, Dialect, OddKind, Position, Positions};

use crate::check::fault::{PlacedFault, RULES, Sorter};
use crate::check::frame::{FrameChecks, FrameError};
use crate::check::rules::evaluate::Findings;
use crate::descriptor::Settings;
use crate::emit::clean_rows::{CleanRows, Gathering};
use crate::emit::parquet::columns::CleanColumns;
use crate::emit::reject_file::{Lines, Mark};
use crate::emit::reject_line::{RejectWriter, Rejected};
use crate::emit::room::Room;
use crate::emit::statistics::ColumnStatistics;
use crate::pipeline::threads::locked;
use crate::report::{Code, Reject, Rows, SAMPLES};
use crate::resolve::candidates::{Candidates, Duplicate, KeyReader, TypedChunk};
use crate::resolve::keys::FileKeys;
use crate::types::ColumnCells;
use crate::typing::cells::Typing;
use crate::typing::column::Column;
use crate::typing::not_utf8::NotUtf8;
use crate::typing::valid_cache::ValidCache;
use crate::typing::values::TypedColumn;

/// Reject lines that are gathered before they are passed on: a chunk of bad rows makes several times its size of them, and what
/// is written while it is in the cache costs half.
const PIECE: usize = 128 << 10;

/// Reject lines that a chunk may hold while it waits for its turn. One of 512 KiB has so many when its lines are eight times as
/// long as its records; if they are longer still, its thread waits.
const HELD: usize = 4 << 20;

/// A longer line is never held: it is measured, and then written in pieces.
const LONG_LINE: usize = 256 << 10;

/// Where the reject lines of a chunk go while it is still being walked.
pub(crate) trait Outlet {
    /// Whether lines of this chunk may still be written.
    fn wants_lines(&self) -> bool;

    /// Whether rejects of this chunk may be among the samples.
    fn wants_samples(&self) -> bool;

    /// Whether rows of this chunk may be among the samples of warnings.
    fn wants_warnings(&self) -> bool;

    /// Whether the values of clean rows are wanted.
    fn wants_values(&self) -> bool;

    /// Takes lines away if it is the turn of the chunk, or if nobody wants them any more; or leaves them. `waits` says whether to
    /// wait for the turn.
    fn offer(&mut self, lines: &mut Lines, waits: bool);

    /// Waits for the turn of the chunk, and returns whether its next line, of so many bytes, is to be written. There are no lines before
    /// it that were not taken.
    fn begin_line(&mut self, length: u64, mark: Mark) -> bool;

    /// Waits until the chunks before it are resolved, and finds the candidates whose keys are known; the last ones pass the turn on. False
    /// when the pipeline has stopped.
    fn resolve(&mut self, candidates: &Candidates, duplicates: &mut Vec<Duplicate>, is_last: bool) -> io::Result<bool>;

    /// Takes a piece of this line away.
    fn take_piece(&mut self, piece: &mut Vec<u8>);
}

/// Why a chunk could not be checked: a defect of this program, no room for keys, or nobody wants it any more.
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

/// A checked chunk on its way to the outputs. Its buffers are used again.
#[derive(Default)]
pub(crate) struct CheckedChunk {
    pub(crate) sequence: u64,
    pub(crate) chunk: Option<Chunk>,
    /// Runs of clean bytes in the chunk's data, ascending.
    pub(crate) clean_runs: Vec<Range<usize>>,
    /// The values of clean rows, if they are wanted.
    pub(crate) values: CleanColumns,
    /// Reject lines, those that were not passed on early.
    pub(crate) lines: Lines,
    /// The first rejects of the chunk, as samples.
    pub(crate) samples: Vec<Reject>,
    /// The first rows of the chunk that are clean and warned of.
    pub(crate) warning_samples: Vec<Reject>,
}

impl CheckedChunk {
    /// About as many bytes of memory as it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.chunk.as_ref().map_or(0, Chunk::held_bytes)
            + self.clean_runs.capacity() * size_of::<Range<usize>>()
            + self.values.held_bytes()
            + self.lines.text.capacity()
            + self.lines.marks.capacity() * size_of::<Mark>()
    }
}

/// What one thread counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rows: Rows,
    pub(crate) errors: BTreeMap<Code, u64>,
    /// Clean rows that break rules which only warn, by rule.
    pub(crate) warnings: BTreeMap<String, u64>,
}

impl Tally {
    pub(crate) fn merge(&mut self, other: &Self) {
        self.rows.read += other.rows.read;
        self.rows.clean += other.rows.clean;
        self.rows.rejected += other.rows.rejected;
        self.rows.blank += other.rows.blank;
        for (code, count) in &other.errors {
            *self.errors.entry(*code).or_default() += count;
        }
        for (rule, count) in &other.warnings {
            *self.warnings.entry(rule.clone()).or_default() += count;
        }
    }
}

/// Checks chunks; one per thread.
pub(crate) struct ChunkChecker<'a> {
    columns: &'a [Column],
    dialect: &'a Dialect,
    settings: &'a Settings,
    checks: &'a FrameChecks,
    /// Of each column; perhaps shared with other threads.
    statistics: &'a [Mutex<ColumnStatistics>],
    writer: RejectWriter<'a>,
    tally: Tally,
    typed: Vec<TypedColumn>,
    valid_caches: Vec<Option<ValidCache>>,
    not_utf8: NotUtf8,
    faults: Vec<PlacedFault>,
    /// Rows that break rules which only warn.
    warnings: Vec<PlacedFault>,
    sorter: Sorter,
    /// Where there are keys.
    keys: Option<KeyReader<'a>>,
    clean: CleanRows,
    gathering: Gathering,
    scratch: Vec<u8>,
}

impl<'a> ChunkChecker<'a> {
    pub(crate) fn new(
        columns: &'a [Column],
        dialect: &'a Dialect,
        settings: &'a Settings,
        checks: &'a FrameChecks,
        statistics: &'a [Mutex<ColumnStatistics>],
    ) -> Self {
        let mut typed = Vec::new();
        typed.resize_with(columns.len(), TypedColumn::default);
        Self {
            columns,
            dialect,
            settings,
            checks,
            statistics,
            writer: RejectWriter::new(columns, dialect, settings),
            tally: Tally::default(),
            typed,
            valid_caches: columns.iter().map(|_| None).collect(),
            not_utf8: NotUtf8::default(),
            faults: Vec::new(),
            warnings: Vec::new(),
            sorter: Sorter::default(),
            keys: None,
            clean: CleanRows::default(),
            gathering: Gathering::default(),
            scratch: Vec::new(),
        }
    }

    /// The same with the keys of the file.
    pub(crate) fn with_keys(mut self, keys: &'a FileKeys) -> Self {
        self.keys = (!keys.keys.is_empty()).then(|| KeyReader::new(keys));
        self.writer = self.writer.with_keys(&keys.keys);
        self
    }

    pub(crate) fn into_tally(self) -> Tally {
        self.tally
    }

    /// Checks `chunk` and fills `checked`; reject lines are offered to `outlet` piece by piece.
    ///
    /// # Errors
    /// When there is a defect in this program, or the pipeline has stopped.
    pub(crate) fn check(
        &mut self,
        chunk: Chunk,
        checked: &mut CheckedChunk,
        outlet: &mut dyn Outlet,
    ) -> Result<(), ChunkError> {
        self.faults.clear();
        self.not_utf8.find(&chunk);
        self.typed.iter_mut().for_each(TypedColumn::clear);
        let mut typing = Typing {
            chunk: &chunk,
            rows: 0..0,
            dialect: self.dialect,
            not_utf8: &self.not_utf8,
            scratch: &mut self.scratch,
            faults: &mut self.faults,
        };
        let rows = chunk.index.rows.len();
        let step = rows_at_once(&chunk);
        for first in (0..rows).step_by(step) {
            typing.rows = first..rows.min(first + step);
            for (index, ((column, typed), cache)) in
                self.columns.iter().zip(&mut self.typed).zip(&mut self.valid_caches).enumerate()
            {
                typing.read(ColumnCells { column, index, typed, cache });
            }
        }
        // A cell of megabytes is not for ever.
        self.scratch.shrink_to(PIECE);
        self.checks.evaluate(chunk.index.rows.len(), &mut self.typed, &mut self.faults)?;
        self.warnings.clear();
        let mut findings = Findings { faults: &mut self.faults, warnings: &mut self.warnings };
        self.checks.rules.evaluate(&chunk, self.dialect, &self.typed, &mut findings)?;
        self.sorter.sort(&mut self.faults, chunk.index.rows.len());
        self.resolve(&chunk, outlet)?;
        self.warn(&chunk, checked, outlet)?;
        self.sort_out(&chunk, checked, outlet)?;
        if self.clean.len() > 0 {
            for (column, statistics) in self.typed.iter().enumerate().zip(self.statistics) {
                self.gathering.count(&chunk, self.dialect, &self.clean, column, &mut locked(statistics));
            }
        }
        if outlet.wants_values() {
            checked.values.gather(&chunk, self.dialect, &self.clean, &self.typed);
        }
        self.writer.shrink();
        checked.sequence = chunk.sequence;
        checked.chunk = Some(chunk);
        Ok(())
    }

    /// Adds the faults of keys, when it is the turn of the chunk.
    fn resolve(&mut self, chunk: &Chunk, outlet: &mut dyn Outlet) -> Result<(), ChunkError> {
        let Some(keys) = &mut self.keys else { return Ok(()) };
        let typed = TypedChunk { chunk, columns: self.columns, typed: &self.typed, dialect: self.dialect };
        let mut resolve = |candidates: &Candidates, duplicates: &mut Vec<Duplicate>, is_last| {
            outlet.resolve(candidates, duplicates, is_last)
        };
        if !keys.resolve(typed, &mut self.faults, &mut resolve).map_err(ChunkError::Keys)? {
            return Err(ChunkError::Stopped);
        }
        // Both have memory that is used again.
        std::mem::swap(&mut keys.duplicates, &mut self.writer.duplicates);
        Ok(())
    }

    /// Counts the warnings of the rows that have no fault, and keeps the first as samples.
    fn warn(&mut self, chunk: &Chunk, checked: &mut CheckedChunk, outlet: &dyn Outlet) -> Result<(), ChunkError> {
        let samples = &mut checked.warning_samples;
        samples.clear();
        let faults = &self.faults;
        self.warnings.retain(|warned| faults.binary_search_by_key(&warned.row, |fault| fault.row).is_err());
        if self.warnings.is_empty() {
            return Ok(());
        }
        for warned in &self.warnings {
            let name = &self.settings.rules[(warned.column - RULES) as usize].name;
            match self.tally.warnings.get_mut(name) {
                Some(count) => *count += 1,
                None => {
                    self.tally.warnings.insert(name.clone(), 1);
                }
            }
        }
        if !outlet.wants_warnings() {
            return Ok(());
        }
        self.sorter.sort(&mut self.warnings, chunk.index.rows.len());
        let mut positions = Positions::new(chunk);
        for of_row in self.warnings.chunk_by(|one, other| one.row == other.row).take(SAMPLES) {
            let row = chunk.index.rows[of_row[0].row as usize];
            let odd_before = chunk.index.odd.partition_point(|odd| odd.start < row.start);
            let position = positions.of(row.start, u64::from(of_row[0].row) + odd_before as u64);
            samples.push(self.writer.sample(chunk, &Rejected::Row(row, of_row), (position, true))?);
        }
        Ok(())
    }

    /// Walks rows and odd records in the order of the file: clean runs, reject lines, counts.
    fn sort_out(
        &mut self,
        chunk: &Chunk,
        checked: &mut CheckedChunk,
        outlet: &mut dyn Outlet,
    ) -> Result<(), ChunkError> {
        let CheckedChunk { clean_runs, lines, samples, .. } = checked;
        clean_runs.clear();
        lines.clear();
        samples.clear();
        self.clean.clear();
        let rows = &chunk.index.rows;
        let mut not_utf8 = self.not_utf8.records();
        let mut rejecting = Rejecting::new(chunk, &mut self.writer, lines, samples, outlet);
        // Counted here, and put in the map once.
        let mut counted = [0; Code::ALL.len()];
        let (mut row, mut fault) = (0, 0);
        let mut clean_from = 0;
        let mut odd_seen = 0;
        let mut rejected = 0;
        loop {
            // The next regular row at fault, the next odd record, and which of them stands first.
            let bad_row = self.faults.get(fault).map(|fault| fault.row as usize);
            let odd = chunk.index.odd.get(odd_seen);
            let bad_start = bad_row.map(|row| rows[row].start);
            let odd_first = match (bad_start, odd) {
                (None, None) => break,
                (Some(start), Some(odd)) => odd.start < start,
                (None, Some(_)) => true,
                (Some(_), None) => false,
            };
            if let (true, Some(&odd)) = (odd_first, odd) {
                // Of the records before it, those that are not odd.
                let before = odd.ordinal as usize - odd_seen;
                self.clean.push(row..before, chunk.start.record + odd_seen as u64);
                row = before;
                push_run(clean_runs, clean_from, odd.start as usize);
                clean_from = odd.next as usize;
                odd_seen += 1;
                match odd.kind {
                    OddKind::Comment => {}
                    OddKind::Blank if !self.settings.blank_rows_are_faults => self.tally.rows.blank += 1,
                    kind => {
                        counted[odd_code(kind, self.columns.len()) as usize] += 1;
                        rejected += 1;
                        if rejecting.is_wanted() {
                            let is_utf8 = !not_utf8.holds_other(odd.start..odd.end);
                            rejecting.reject(&Rejected::Odd(odd), odd.ordinal, is_utf8)?;
                        }
                    }
                }
            } else if let Some(bad) = bad_row {
                let record = chunk.start.record + odd_seen as u64;
                self.clean.push(row..bad, record);
                row = bad + 1;
                let bad_row = rows[bad];
                push_run(clean_runs, clean_from, bad_row.start as usize);
                clean_from = chunk.row_next(bad_row) as usize;
                let first = fault;
                while let Some(placed) = self.faults.get(fault).filter(|fault| fault.row as usize == bad) {
                    counted[placed.fault.code() as usize] += 1;
                    fault += 1;
                }
                rejected += 1;
                if rejecting.is_wanted() {
                    let rejected = Rejected::Row(bad_row, &self.faults[first..fault]);
                    rejecting.reject(&rejected, (bad + odd_seen) as u32, !not_utf8.holds_row(bad))?;
                }
            }
        }
        self.clean.push(row..rows.len(), chunk.start.record + odd_seen as u64);
        push_run(clean_runs, clean_from, chunk.bytes().len());
        for (code, count) in Code::ALL.into_iter().zip(counted).filter(|(_, count)| *count > 0) {
            *self.tally.errors.entry(code).or_default() += count;
        }
        self.tally.rows.rejected += rejected;
        self.tally.rows.clean += self.clean.len() as u64;
        self.tally.rows.read = self.tally.rows.clean + self.tally.rows.rejected;
        Ok(())
    }
}

/// The fault of a record that is no row.
fn odd_code(kind: OddKind, columns: usize) -> Code {
    match kind {
        OddKind::Cells(found) if (found as usize) < columns => Code::MissingCell,
        OddKind::Cells(_) => Code::ExtraCell,
        OddKind::Quote(..) => Code::QuoteError,
        OddKind::TooLarge => Code::RecordTooLarge,
        OddKind::Blank | OddKind::Comment => Code::BlankRow,
    }
}

/// Writes the rejects of a chunk, as long as somebody wants them.
struct Rejecting<'r, 'a> {
    chunk: &'r Chunk,
    positions: Positions<'r>,
    writer: &'r mut RejectWriter<'a>,
    lines: &'r mut Lines,
    samples: &'r mut Vec<Reject>,
    outlet: &'r mut dyn Outlet,
    /// Length of the lines at which they are offered next.
    offered: usize,
    wants_lines: bool,
    wants_samples: bool,
}

impl<'r, 'a> Rejecting<'r, 'a> {
    fn new(
        chunk: &'r Chunk,
        writer: &'r mut RejectWriter<'a>,
        lines: &'r mut Lines,
        samples: &'r mut Vec<Reject>,
        outlet: &'r mut dyn Outlet,
    ) -> Self {
        let (wants_lines, wants_samples) = (outlet.wants_lines(), outlet.wants_samples());
        let positions = Positions::new(chunk);
        Self { chunk, positions, writer, lines, samples, outlet, offered: PIECE, wants_lines, wants_samples }
    }

    /// Whether the next reject is to be written, or to be a sample.
    #[inline]
    fn is_wanted(&self) -> bool {
        self.wants_lines | self.wants_samples
    }

    #[cold]
    fn sample(&mut self, rejected: &Rejected<'_>, position: (Position, bool)) -> Result<(), ChunkError> {
        self.samples.push(self.writer.sample(self.chunk, rejected, position)?);
        self.wants_samples = self.samples.len() < SAMPLES;
        Ok(())
    }

    /// Writes the line of record number `ordinal` of the chunk.
    #[inline(always)]
    fn reject(&mut self, rejected: &Rejected<'_>, ordinal: u32, is_utf8: bool) -> Result<(), ChunkError> {
        let raw = rejected.raw(self.chunk);
        let position = (self.positions.of(raw.start as u32, u64::from(ordinal)), is_utf8);
        if self.wants_samples {
            self.sample(rejected, position)?;
        }
        if !self.wants_lines {
            return Ok(());
        }
        let from = self.lines.text.len();
        let mut room = Room::up_to(from + LONG_LINE);
        let whole = self.writer.line(self.chunk, (rejected, raw.clone()), position, &mut self.lines.text, &mut room);
        let mark = Mark { end: self.lines.text.len(), record_end: raw.end as u32, ordinal };
        if whole {
            self.lines.marks.push(mark);
            if self.lines.text.len() >= self.offered {
                self.offer();
            }
        } else {
            self.lines.text.truncate(from);
            self.long_line((rejected, raw), position, mark);
        }
        Ok(())
    }

    #[inline(never)]
    fn offer(&mut self) {
        self.outlet.offer(self.lines, self.lines.text.len() >= HELD);
        self.offered = self.lines.text.len() + PIECE;
        self.wants_lines = self.outlet.wants_lines();
    }

    /// A line that is too long to be held: it is measured first, as it is written whole or not at all.
    #[cold]
    fn long_line(&mut self, (rejected, raw): (&Rejected<'_>, Range<usize>), position: (Position, bool), mark: Mark) {
        self.outlet.offer(self.lines, true);
        self.offered = PIECE;
        let mut piece = Vec::new();
        let mut length = 0;
        let mut measure = |piece: &mut Vec<u8>| {
            length += piece.len() as u64;
            piece.clear();
            true
        };
        let mut room = Room::measuring(PIECE, &mut measure);
        self.writer.long_line(self.chunk, (rejected, raw.clone()), position, &mut piece, &mut room);
        let left_out = room.measured();
        measure(&mut piece);
        length += left_out;
        if self.outlet.begin_line(length, mark) {
            let mut pass_on = |piece: &mut Vec<u8>| {
                self.outlet.take_piece(piece);
                true
            };
            self.writer.long_line(
                self.chunk,
                (rejected, raw),
                position,
                &mut piece,
                &mut Room::new(PIECE, &mut pass_on),
            );
            pass_on(&mut piece);
        }
        self.wants_lines = self.outlet.wants_lines();
    }
}

/// Rows that are typed column by column before the next ones are: what the columns read of them stays in the second-level cache.
fn rows_at_once(chunk: &Chunk) -> usize {
    const BYTES: usize = 128 << 10;
    let of_row = chunk.bytes().len() / chunk.index.rows.len().max(1) + chunk.columns() * size_of::<u32>();
    (BYTES / of_row.max(1)).max(64)
}

fn push_run(runs: &mut Vec<Range<usize>>, from: usize, to: usize) {
    if from < to {
        runs.push(from..to);
    }
}
