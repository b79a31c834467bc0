//! Faults → verdicts: which rows of a chunk are clean, the runs of clean bytes, the reject lines, the statistics.

mod warning;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use sluice_csv::{Chunk, Dialect, NonRow, NonRowKind};

use crate::check::frame::FrameChecks;
use crate::check::rules::evaluate::Findings;
use crate::codes::Code;
use crate::descriptor::{FeedbackSettings, Settings};
use crate::emit::chunk_rejects::{ChunkRejects, FeedbackOutput, PIECE};
use crate::emit::clean_rows::{CleanRows, StatisticsBuffers};
use crate::emit::fault_summary::FaultCounts;
use crate::emit::feedback::FeedbackRows;
use crate::emit::feedback::writer::FeedbackWriter;
use crate::emit::file_bytes::{FileBytes, FilePositions};
use crate::emit::outlet::{ChunkError, Outlet};
use crate::emit::parquet::columns::CleanColumns;
use crate::emit::reject_file::{LineEnd, Lines};
use crate::emit::reject_line::{RejectWriter, Rejected};
use crate::emit::statistics::ColumnStatistics;
use crate::emit::walk::{FaultyRow, Stop, Walk};
use crate::emit::warning_counts::WarningCounts;
use crate::encoding::recognise::FileEncoding;
use crate::encoding::source_map::ChunkSourceMap;
use crate::fault::{FaultSorter, PlacedFault};
use crate::locked::locked;
use crate::report::{Reject, Rows};
use crate::resolve::candidates::{Candidates, Duplicate, KeyReader};
use crate::resolve::column_faults::ColumnFaults;
use crate::resolve::foreign::file_keys::FileForeignKey;
use crate::resolve::foreign::reader::ForeignKeyReader;
use crate::resolve::key_values::TypedChunk;
use crate::resolve::keys::{FileKey, FileKeys};
use crate::resolve::trailer::{TrailerFindings, TrailerReader};
use crate::types::ColumnCells;
use crate::typing::cells::Typing;
use crate::typing::column::Column;
use crate::typing::not_utf8::NotUtf8;
use crate::typing::valid_cache::ValidCache;
use crate::typing::values::TypedColumn;

/// A checked chunk on its way to the outputs. Its buffers are used again.
#[derive(Default)]
pub(crate) struct CheckedChunk {
    pub(crate) sequence: u64,
    pub(crate) chunk: Option<Chunk>,
    /// The way from the text of the chunk back to the bytes of a file in another encoding than UTF-8.
    pub(crate) source_map: Option<Arc<ChunkSourceMap>>,
    /// Runs of clean bytes in the chunk's data, ascending.
    pub(crate) clean_runs: Vec<Range<usize>>,
    /// The values of clean rows, if a Parquet file is written.
    pub(crate) values: CleanColumns,
    /// Reject lines that were not passed on early.
    pub(crate) lines: Lines,
    /// The first rejects of the chunk, as samples.
    pub(crate) samples: Vec<Reject>,
    /// The first clean rows of the chunk that have warnings, as samples.
    pub(crate) warning_samples: Vec<Reject>,
    /// Rows for the feedback to the sender.
    pub(crate) feedback_rows: FeedbackRows,
}

impl CheckedChunk {
    /// Returns about how many bytes of memory the chunk holds.
    pub(crate) fn bytes(&self) -> usize {
        self.chunk.as_ref().map_or(0, Chunk::held_bytes)
            + self.source_map.as_ref().map_or(0, |source_map| source_map.held_bytes())
            + self.clean_runs.capacity() * size_of::<Range<usize>>()
            + self.values.held_bytes()
            + self.lines.text.capacity()
            + self.lines.line_ends.capacity() * size_of::<LineEnd>()
            + self.feedback_rows.held_bytes()
    }
}

/// The counts of one thread.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rows: Rows,
    pub(crate) errors: BTreeMap<Code, u64>,
    /// Faults by cause and by place.
    pub(crate) fault_counts: FaultCounts,
    /// Clean rows that break rules and constraints which only warn, by name.
    pub(crate) warnings: BTreeMap<String, u64>,
    /// Rows with a fault in each column; empty when no assertion asks for them.
    pub(crate) column_faults: Vec<u64>,
    /// What was found of the trailer, if files have one.
    pub(crate) trailer: TrailerFindings,
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
        let columns = self.column_faults.len().max(other.column_faults.len());
        self.column_faults.resize(columns, 0);
        for (mine, theirs) in self.column_faults.iter_mut().zip(&other.column_faults) {
            *mine += theirs;
        }
        self.fault_counts.merge(&other.fault_counts);
        self.trailer.merge(&other.trailer);
    }
}

/// Checks chunks; one per thread.
pub(crate) struct ChunkChecker<'a> {
    columns: &'a [Column],
    dialect: &'a Dialect,
    settings: &'a Settings,
    checks: &'a FrameChecks,
    /// The statistics of each column; other threads may share them.
    statistics: &'a [Mutex<ColumnStatistics>],
    writer: RejectWriter<'a>,
    /// Writes the rows for the sender, if feedback is asked for.
    feedback: Option<FeedbackWriter<'a>>,
    tally: Tally,
    typed: Vec<TypedColumn>,
    valid_caches: Vec<Option<ValidCache>>,
    not_utf8: NotUtf8,
    faults: Vec<PlacedFault>,
    /// Rows that break rules and constraints which only warn.
    warnings: Vec<PlacedFault>,
    warning_counts: WarningCounts<'a>,
    /// Counts rows with faults by column, if an assertion asks for them.
    column_faults: Option<ColumnFaults<'a>>,
    /// Takes the records of the trailer out of the rows, if files have a trailer.
    trailer: Option<TrailerReader<'a>>,
    sorter: FaultSorter,
    /// Resolves keys, if the file has any.
    keys: Option<KeyReader<'a>>,
    /// Looks up foreign keys, if the file has any.
    foreign_keys: Option<ForeignKeyReader<'a>>,
    clean: CleanRows,
    statistics_buffers: StatisticsBuffers,
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
            feedback: None,
            tally: Tally::default(),
            typed,
            valid_caches: columns.iter().map(|_| None).collect(),
            not_utf8: NotUtf8::default(),
            faults: Vec::new(),
            warnings: Vec::new(),
            warning_counts: WarningCounts::new(columns, settings),
            column_faults: ColumnFaults::new(&settings.assertions, columns),
            trailer: settings.trailer.as_ref().map(|trailer| TrailerReader::new(trailer, columns, dialect)),
            sorter: FaultSorter::default(),
            keys: None,
            foreign_keys: None,
            clean: CleanRows::default(),
            statistics_buffers: StatisticsBuffers::default(),
            scratch: Vec::new(),
        }
    }

    /// Returns the checker with the keys of the file.
    pub(crate) fn with_keys(mut self, keys: &'a FileKeys, foreign_keys: &'a [FileForeignKey<'a>]) -> Self {
        self.keys = (!keys.keys.is_empty()).then(|| KeyReader::new(keys));
        self.foreign_keys = (!foreign_keys.is_empty()).then(|| ForeignKeyReader::new(foreign_keys));
        self.writer = self.writer.with_keys(&keys.keys, foreign_keys);
        self.column_faults = self.column_faults.map(|faults| faults.with_keys(&keys.keys, foreign_keys));
        self
    }

    /// Returns the checker for a file in this encoding.
    pub(crate) fn with_encoding(mut self, encoding: &'a FileEncoding) -> Self {
        self.writer.file_bytes = FileBytes::new(encoding);
        self
    }

    /// Returns the checker for a file whose rows are reported to its sender; unchanged if `asked` is `None`.
    pub(crate) fn with_feedback(
        mut self,
        asked: Option<&'a FeedbackSettings>,
        keys: &'a [FileKey],
        foreign_keys: &'a [FileForeignKey<'a>],
    ) -> Self {
        let writer = |asked| FeedbackWriter::new(asked, self.columns, self.dialect, self.settings);
        self.feedback = asked.map(|asked| writer(asked).with_keys(keys, foreign_keys));
        self
    }

    pub(crate) fn into_tally(self) -> Tally {
        Tally {
            warnings: self.warning_counts.into_counts(),
            column_faults: self.column_faults.map(ColumnFaults::into_counts).unwrap_or_default(),
            trailer: self.trailer.map(TrailerReader::into_findings).unwrap_or_default(),
            ..self.tally
        }
    }

    /// Checks `chunk` and fills `checked`; reject lines are offered to `outlet` piece by piece.
    ///
    /// # Errors
    /// When there is a defect in this program, keys cannot be kept, or the pipeline has stopped.
    pub(crate) fn check(
        &mut self,
        mut chunk: Chunk,
        checked: &mut CheckedChunk,
        outlet: &mut dyn Outlet,
    ) -> Result<(), ChunkError> {
        self.writer.file_bytes.begin(chunk.start.byte, checked.source_map.clone());
        if let Some(feedback) = &mut self.feedback {
            feedback.begin(&mut checked.feedback_rows);
        }
        if let Some(trailer) = &mut self.trailer {
            trailer.take(&mut chunk);
        }
        self.type_cells(&chunk);
        if let Some(trailer) = &mut self.trailer {
            trailer.sum(&self.typed);
        }
        self.checks.evaluate(chunk.index.rows.len(), &mut self.typed, &mut self.faults)?;
        self.warnings.clear();
        self.warning_counts.separate(&mut self.faults, &mut self.warnings);
        let mut findings = Findings { faults: &mut self.faults, warnings: &mut self.warnings };
        self.checks.rules.evaluate(&chunk, self.dialect, &self.typed, &mut findings)?;
        self.sorter.sort(&mut self.faults, chunk.index.rows.len());
        self.resolve(&chunk, outlet)?;
        self.tally.fault_counts.count(&self.faults, self.columns.len());
        if let Some(faults) = &mut self.column_faults {
            faults.count(&self.faults, &chunk.index.non_rows);
        }
        self.warn(&chunk, checked, outlet.wants())?;
        self.separate_rejects(&chunk, checked, outlet)?;
        let typed = TypedChunk { chunk: &chunk, columns: self.columns, typed: &self.typed, dialect: self.dialect };
        if self.clean.len() > 0 {
            for (column, statistics) in self.statistics.iter().enumerate() {
                self.statistics_buffers.count(typed, &self.clean, column, &mut locked(statistics));
            }
        }
        if outlet.wants().values {
            checked.values.gather(typed, &self.clean);
        }
        self.writer.shrink();
        checked.sequence = chunk.sequence;
        checked.chunk = Some(chunk);
        Ok(())
    }

    /// Types the cells of a chunk, and finds the faults of each cell.
    fn type_cells(&mut self, chunk: &Chunk) {
        self.faults.clear();
        self.not_utf8.find(chunk);
        self.typed.iter_mut().for_each(TypedColumn::clear);
        let mut typing = Typing {
            chunk,
            rows: 0..0,
            dialect: self.dialect,
            not_utf8: &self.not_utf8,
            scratch: &mut self.scratch,
            faults: &mut self.faults,
        };
        let rows = chunk.index.rows.len();
        let step = rows_at_once(chunk);
        for first in (0..rows).step_by(step) {
            typing.rows = first..rows.min(first + step);
            for (index, ((column, typed), cache)) in
                self.columns.iter().zip(&mut self.typed).zip(&mut self.valid_caches).enumerate()
            {
                typing.read(ColumnCells { column, index, typed, cache });
            }
        }
        // A cell of megabytes does not keep its buffer.
        self.scratch.shrink_to(PIECE);
    }

    /// Adds the faults of foreign keys, and then those of keys, which are resolved when it is the turn of the chunk.
    fn resolve(&mut self, chunk: &Chunk, outlet: &mut dyn Outlet) -> Result<(), ChunkError> {
        let typed = TypedChunk { chunk, columns: self.columns, typed: &self.typed, dialect: self.dialect };
        if let Some(foreign_keys) = &mut self.foreign_keys {
            foreign_keys.find(typed, &mut self.faults).map_err(ChunkError::Keys)?;
        }
        let Some(keys) = &mut self.keys else { return Ok(()) };
        let mut resolve =
            |candidates: &mut Candidates, duplicates: &mut Vec<Duplicate>| outlet.resolve(candidates, duplicates);
        if !keys.resolve(typed, &mut self.faults, &mut resolve).map_err(ChunkError::Keys)? {
            return Err(ChunkError::Stopped);
        }
        // Swapped and not copied, so that both buffers are used again.
        std::mem::swap(&mut keys.duplicates, &mut self.writer.duplicates);
        Ok(())
    }

    /// Walks rows and non-rows in the order of the file, and makes the clean runs, the reject lines and the counts.
    fn separate_rejects(
        &mut self,
        chunk: &Chunk,
        checked: &mut CheckedChunk,
        outlet: &mut dyn Outlet,
    ) -> Result<(), ChunkError> {
        let CheckedChunk { clean_runs, lines, samples, source_map, feedback_rows, .. } = checked;
        clean_runs.clear();
        lines.clear();
        samples.clear();
        self.clean.clear();
        let first_record = chunk.start.record;
        let mut not_utf8 = self.not_utf8.records();
        let writer = self.feedback.as_mut().filter(|_| outlet.wants().rejected_rows);
        let mut rejects = ChunkRejects::new(chunk, &mut self.writer, lines, samples, outlet);
        rejects.feedback = writer.map(|writer| FeedbackOutput { writer, rows: feedback_rows });
        rejects.positions = FilePositions::new(chunk, source_map.as_deref());
        let mut walk = Walk::new(chunk, &self.faults, &mut self.clean, clean_runs);
        while let Some(next) = walk.next_stop() {
            match next {
                Stop::Row(bad) => {
                    let FaultyRow { row, faults, ordinal } = walk.pass_row(bad);
                    self.tally.fault_counts.reject(first_record + u64::from(ordinal));
                    if rejects.is_wanted() {
                        let is_utf8 = !not_utf8.holds_row(bad);
                        rejects.reject(Rejected::Row(row, faults), ordinal, is_utf8)?;
                    }
                }
                Stop::NonRow(non_row) => {
                    walk.pass_non_row(non_row);
                    match non_row.kind {
                        NonRowKind::Comment => {}
                        NonRowKind::Blank if !self.settings.blank_rows_are_faults => self.tally.rows.blank += 1,
                        kind => {
                            let code = non_row_code(kind, self.columns.len());
                            walk.count_non_row(code);
                            self.tally.fault_counts.count_non_row(code);
                            self.tally.fault_counts.reject(first_record + u64::from(non_row.ordinal));
                            if rejects.is_wanted() {
                                let is_utf8 =
                                    !not_utf8.holds_other(non_row.start..non_row.end) && !is_cut(chunk, non_row);
                                rejects.reject(Rejected::NonRow(non_row), non_row.ordinal, is_utf8)?;
                            }
                        }
                    }
                }
            }
        }
        let counted = walk.finish();
        for (code, count) in Code::ALL.into_iter().zip(counted.errors).filter(|(_, count)| *count > 0) {
            *self.tally.errors.entry(code).or_default() += count;
        }
        self.tally.rows.rejected += counted.rejected;
        self.tally.rows.clean += self.clean.len() as u64;
        self.tally.rows.read = self.tally.rows.clean + self.tally.rows.rejected;
        Ok(())
    }
}

/// Returns true if a record that is too large is cut within a character: only its beginning is kept.
fn is_cut(chunk: &Chunk, non_row: NonRow) -> bool {
    non_row.kind == NonRowKind::TooLarge
        && simdutf8::basic::from_utf8(&chunk.data[non_row.start as usize..non_row.end as usize]).is_err()
}

/// Returns the code of the fault of a record that is no row.
fn non_row_code(kind: NonRowKind, columns: usize) -> Code {
    match kind {
        NonRowKind::Cells(found) if (found as usize) < columns => Code::MissingCell,
        NonRowKind::Cells(_) => Code::ExtraCell,
        NonRowKind::Quote(..) => Code::QuoteError,
        NonRowKind::TooLarge => Code::RecordTooLarge,
        NonRowKind::Blank | NonRowKind::Comment => Code::BlankRow,
    }
}

/// Returns how many rows are typed, column by column, before the next rows: their part of the chunk stays in the
/// second-level cache.
fn rows_at_once(chunk: &Chunk) -> usize {
    const BYTES: usize = 128 << 10;
    let of_row = chunk.bytes().len() / chunk.index.rows.len().max(1) + chunk.columns() * size_of::<u32>();
    (BYTES / of_row.max(1)).max(64)
}
