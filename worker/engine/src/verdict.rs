//! Faults → verdicts: which rows of a chunk are clean, the runs of clean bytes, the reject lines, the statistics.

use std::collections::BTreeMap;
use std::ops::Range;

use sluice_csv::{Chunk, Dialect, OddKind};

use crate::clean::{CleanRows, Gathering};
use crate::column::Column;
use crate::columns::Typing;
use crate::descriptor::Settings;
use crate::fault::{PlacedFault, Sorter};
use crate::frame::{FrameChecks, FrameError};
use crate::known::Known;
use crate::rejects::{Place, RejectWriter};
use crate::report::{Code, Rows};
use crate::statistics::ColumnStatistics;
use crate::typed::TypedColumn;
use crate::utf8::NotUtf8;

/// Reject lines that are gathered before they are passed on: a chunk of bad rows makes several times its size of them, and what
/// is written while it is in the cache costs half.
const PIECE: usize = 128 << 10;

/// Takes reject lines over while their chunk is still being walked, or leaves them.
pub(crate) type PassOn<'p> = dyn FnMut(&mut Vec<u8>) + 'p;

/// A checked chunk on its way to the outputs. Its buffers are used again.
#[derive(Default)]
pub(crate) struct CheckedChunk {
    pub(crate) sequence: u64,
    pub(crate) chunk: Option<Chunk>,
    /// Runs of clean bytes in the chunk's data, ascending.
    pub(crate) clean_runs: Vec<Range<usize>>,
    /// Reject lines in order, those that were not passed on early.
    pub(crate) rejects: Vec<u8>,
}

/// What one thread counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rows: Rows,
    pub(crate) errors: BTreeMap<Code, u64>,
    pub(crate) statistics: Vec<ColumnStatistics>,
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
        for (mine, theirs) in self.statistics.iter_mut().zip(&other.statistics) {
            mine.merge(theirs);
        }
    }
}

/// Checks chunks; one per thread.
pub(crate) struct ChunkChecker<'a> {
    columns: &'a [Column],
    dialect: &'a Dialect,
    settings: &'a Settings,
    checks: &'a FrameChecks,
    writer: RejectWriter<'a>,
    tally: Tally,
    typed: Vec<TypedColumn>,
    known: Vec<Option<Known>>,
    not_utf8: NotUtf8,
    faults: Vec<PlacedFault>,
    sorter: Sorter,
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
    ) -> Self {
        let mut typed = Vec::new();
        typed.resize_with(columns.len(), TypedColumn::default);
        let statistics = columns.iter().map(|column| ColumnStatistics::new(&column.kind, columns.len())).collect();
        Self {
            columns,
            dialect,
            settings,
            checks,
            writer: RejectWriter::new(columns, dialect),
            tally: Tally { statistics, ..Tally::default() },
            typed,
            known: columns.iter().map(|_| None).collect(),
            not_utf8: NotUtf8::default(),
            faults: Vec::new(),
            sorter: Sorter::default(),
            clean: CleanRows::default(),
            gathering: Gathering::default(),
            scratch: Vec::new(),
        }
    }

    pub(crate) fn into_tally(self) -> Tally {
        self.tally
    }

    /// Checks `chunk` and fills `checked`; `pass_on` is offered the reject lines piece by piece.
    ///
    /// # Errors
    /// When Polars fails, which is a defect of this program.
    pub(crate) fn check(
        &mut self,
        chunk: Chunk,
        checked: &mut CheckedChunk,
        pass_on: &mut PassOn<'_>,
    ) -> Result<(), FrameError> {
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
            for (place, ((column, typed), known)) in
                self.columns.iter().zip(&mut self.typed).zip(&mut self.known).enumerate()
            {
                typing.read(column, place, typed, known);
            }
        }
        self.checks.evaluate(chunk.index.rows.len(), &mut self.typed, &mut self.faults)?;
        self.sorter.sort(&mut self.faults, chunk.index.rows.len());
        self.sort_out(&chunk, checked, pass_on);
        for (column, statistics) in self.typed.iter().enumerate().zip(&mut self.tally.statistics) {
            self.gathering.count(&chunk, self.dialect, &self.clean, column, statistics);
        }
        checked.sequence = chunk.sequence;
        checked.chunk = Some(chunk);
        Ok(())
    }

    /// Walks rows and odd records in the order of the file: clean runs, reject lines, counts.
    fn sort_out(&mut self, chunk: &Chunk, checked: &mut CheckedChunk, pass_on: &mut PassOn<'_>) {
        let CheckedChunk { clean_runs, rejects, .. } = checked;
        clean_runs.clear();
        rejects.clear();
        self.clean.clear();
        let rows = &chunk.index.rows;
        let mut cursor = Cursor::new(chunk);
        // Lent, and given back in the end.
        let lent = std::mem::take(&mut self.not_utf8);
        let mut not_utf8 = lent.records();
        // Counted here, and put in the map once.
        let mut counted = [0; Code::ALL.len()];
        let (mut row, mut fault) = (0, 0);
        let mut clean_from = 0;
        let mut odd_seen = 0;
        let mut offered = PIECE;
        loop {
            if rejects.len() >= offered {
                pass_on(rejects);
                offered = rejects.len() + PIECE;
            }
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
            if let (true, Some(odd)) = (odd_first, odd) {
                // Of the records before it, those that are not odd.
                let before = odd.ordinal as usize - odd_seen;
                self.clean.push(row..before, chunk.first_record + odd_seen as u64);
                row = before;
                push_run(clean_runs, clean_from, odd.start as usize);
                clean_from = odd.next as usize;
                odd_seen += 1;
                let raw = odd.start as usize..odd.end as usize;
                let place = |cursor: &mut Cursor<'_>| cursor.place(odd.start, u64::from(odd.ordinal));
                match odd.kind {
                    OddKind::Comment => {}
                    OddKind::Blank if !self.settings.blank_rows_are_faults => self.tally.rows.blank += 1,
                    kind => {
                        self.writer.begin(place(&mut cursor), rejects);
                        let code = self.odd_fault(kind, odd.start, rejects);
                        self.writer.end(&chunk.data, raw, !not_utf8.holds_other(odd.start..odd.end), rejects);
                        counted[code as usize] += 1;
                        self.tally.rows.rejected += 1;
                    }
                }
            } else if let Some(bad) = bad_row {
                let record = chunk.first_record + odd_seen as u64;
                self.clean.push(row..bad, record);
                row = bad + 1;
                let place = rows[bad];
                push_run(clean_runs, clean_from, place.start as usize);
                clean_from = chunk.row_next(place) as usize;
                self.writer.begin(cursor.place(place.start, bad as u64 + odd_seen as u64), rejects);
                while let Some(placed) = self.faults.get(fault).filter(|fault| fault.row as usize == bad) {
                    let column = placed.column as usize;
                    let cell = (&chunk.data[..], chunk.place(place, column));
                    self.writer.cell_fault(column, placed.fault, cell, rejects);
                    counted[placed.fault.code() as usize] += 1;
                    fault += 1;
                }
                let raw = place.start as usize..chunk.row_end(place) as usize;
                self.writer.end(&chunk.data, raw, !not_utf8.holds_row(bad), rejects);
                self.tally.rows.rejected += 1;
            }
        }
        self.clean.push(row..rows.len(), chunk.first_record + odd_seen as u64);
        push_run(clean_runs, clean_from, chunk.bytes().len());
        for (code, count) in Code::ALL.into_iter().zip(counted).filter(|(_, count)| *count > 0) {
            *self.tally.errors.entry(code).or_default() += count;
        }
        self.not_utf8 = lent;
        self.tally.rows.clean += self.clean.len() as u64;
        self.tally.rows.read = self.tally.rows.clean + self.tally.rows.rejected;
    }

    fn odd_fault(&mut self, kind: OddKind, start: u32, out: &mut Vec<u8>) -> Code {
        match kind {
            OddKind::Cells(found) => {
                self.writer.cells(found, out);
                if (found as usize) < self.columns.len() { Code::MissingCell } else { Code::ExtraCell }
            }
            OddKind::Quote(fault, at) => {
                self.writer.quotes(fault, at.saturating_sub(start), out);
                Code::QuoteError
            }
            OddKind::TooLarge => {
                let message = format!(
                    "the record is larger than {} bytes (sluice.limits.recordBytes); what is kept of it is cut",
                    self.settings.limits.record_bytes
                );
                self.writer.record_fault(Code::RecordTooLarge, &message, out);
                Code::RecordTooLarge
            }
            OddKind::Blank | OddKind::Comment => {
                self.writer.record_fault(Code::BlankRow, "the record is blank", out);
                Code::BlankRow
            }
        }
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

/// Tells lines of ascending places without counting any line end twice.
struct Cursor<'c> {
    chunk: &'c Chunk,
    one_line_each: bool,
    at: u32,
    line: u64,
}

impl<'c> Cursor<'c> {
    fn new(chunk: &'c Chunk) -> Self {
        Self { chunk, one_line_each: chunk.one_line_each(), at: 0, line: chunk.first_line }
    }

    #[inline]
    fn place(&mut self, start: u32, ordinal: u64) -> Place {
        let Self { chunk, one_line_each, .. } = *self;
        let line = if one_line_each {
            chunk.first_line + ordinal
        } else {
            self.line += chunk.line_ends(self.at..start);
            self.at = start;
            self.line
        };
        Place { record: chunk.first_record + ordinal, line, byte: chunk.offset + u64::from(start) }
    }
}
