//! Faults → verdicts: which rows of a chunk are clean, the runs of clean bytes, the reject lines, the statistics.

use std::collections::BTreeMap;
use std::ops::Range;

use sluice_csv::{Chunk, Dialect, OddKind, unquote};

use crate::column::Column;
use crate::columns::{NotUtf8, Typing};
use crate::descriptor::Settings;
use crate::fault::{CellFault, PlacedFault, Sorter};
use crate::frame::{FrameChecks, FrameError};
use crate::rejects::{Place, RejectWriter};
use crate::report::{Code, Rows};
use crate::statistics::{self, ColumnStatistics};
use crate::typed::{Span, State, TypedColumn, Values};

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
    not_utf8: NotUtf8,
    faults: Vec<PlacedFault>,
    sorter: Sorter,
    /// The regular rows that are clean, ascending: one by one with the sampling level of each, and in runs.
    clean: Vec<u32>,
    levels: Vec<u8>,
    runs: Vec<Range<usize>>,
    picked: Picked,
    scratch: Vec<u8>,
}

/// The values of clean rows, gathered for the statistics.
#[derive(Default)]
struct Picked {
    levels: Vec<u8>,
    spans: Vec<Span>,
    integers: Vec<i64>,
    numbers: Vec<f64>,
    mantissas: Vec<i64>,
    scales: Vec<u8>,
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
            not_utf8: NotUtf8::default(),
            faults: Vec::new(),
            sorter: Sorter::default(),
            clean: Vec::new(),
            levels: Vec::new(),
            runs: Vec::new(),
            picked: Picked::default(),
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
            for (place, (column, typed)) in self.columns.iter().zip(&mut self.typed).enumerate() {
                typing.read(column, place, typed);
            }
        }
        self.checks.evaluate(chunk.index.rows.len(), &mut self.typed, &mut self.faults)?;
        self.sorter.sort(&mut self.faults, chunk.index.rows.len());
        self.sort_out(&chunk, checked, pass_on);
        self.count(&chunk);
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
        self.levels.clear();
        self.runs.clear();
        let rows = &chunk.index.rows;
        let mut cursor = Cursor::new(chunk, self.dialect);
        // Lent, and given back in the end.
        let lent = std::mem::take(&mut self.not_utf8);
        let (is_utf8, mut not_utf8) = (lent.is_empty(), lent.ascending(0));
        // Counted by kind, and put in the map once.
        let mut counted = [0; CellFault::KINDS];
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
                self.pass(row..before, chunk.first_record + odd_seen as u64);
                row = before;
                push_run(clean_runs, clean_from, odd.start as usize);
                clean_from = odd.next as usize;
                odd_seen += 1;
                let raw = &chunk.data[odd.start as usize..odd.end as usize];
                let place = |cursor: &mut Cursor<'_>| cursor.place(odd.start, u64::from(odd.ordinal));
                match odd.kind {
                    OddKind::Comment => {}
                    OddKind::Blank if !self.settings.blank_rows_are_faults => self.tally.rows.blank += 1,
                    kind => {
                        self.writer.begin(place(&mut cursor), rejects);
                        let code = self.odd_fault(kind, odd.start, rejects);
                        self.writer.end(raw, is_utf8, rejects);
                        *self.tally.errors.entry(code).or_default() += 1;
                        self.tally.rows.rejected += 1;
                    }
                }
            } else if let Some(bad) = bad_row {
                let record = chunk.first_record + odd_seen as u64;
                self.pass(row..bad, record);
                row = bad + 1;
                let is_utf8 = is_utf8 || !not_utf8.holds(bad);
                let place = rows[bad];
                push_run(clean_runs, clean_from, place.start as usize);
                clean_from = chunk.row_next(place) as usize;
                self.writer.begin(cursor.place(place.start, bad as u64 + odd_seen as u64), rejects);
                while let Some(placed) = self.faults.get(fault).filter(|fault| fault.row as usize == bad) {
                    let column = placed.column as usize;
                    self.writer.cell_fault(column, placed.fault, chunk.cell(place, column), is_utf8, rejects);
                    counted[placed.fault.kind()] += 1;
                    fault += 1;
                }
                self.writer.end(&chunk.data[place.start as usize..chunk.row_end(place) as usize], is_utf8, rejects);
                self.tally.rows.rejected += 1;
            }
        }
        self.pass(row..rows.len(), chunk.first_record + odd_seen as u64);
        push_run(clean_runs, clean_from, chunk.bytes().len());
        for (kind, count) in counted.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            *self.tally.errors.entry(code_of(kind)).or_default() += count;
        }
        self.not_utf8 = lent;
        self.tally.rows.clean += self.clean.len() as u64;
        self.tally.rows.read = self.tally.rows.clean + self.tally.rows.rejected;
    }

    /// Notes regular rows as clean; row number n is record `record + n`.
    fn pass(&mut self, rows: Range<usize>, record: u64) {
        self.levels.extend(rows.clone().map(|row| statistics::level(record + row as u64)));
        push_run(&mut self.runs, rows.start, rows.end);
        self.clean.extend(rows.map(|row| row as u32));
    }

    fn odd_fault(&self, kind: OddKind, start: u32, out: &mut Vec<u8>) -> Code {
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

    /// Statistics over the cells of the clean rows.
    fn count(&mut self, chunk: &Chunk) {
        let Self { dialect, clean, levels, runs, picked, scratch, typed, tally, .. } = self;
        for (place, (typed, statistics)) in typed.iter().zip(&mut tally.statistics).enumerate() {
            picked.clear();
            let mut missing = 0;
            // Gathers the values of the clean rows; a failed cell stands in no clean row. Without gaps, whole runs of values are
            // taken, and their levels are those of all clean rows.
            macro_rules! gather {
                (|$rows:ident| $run:expr, |$row:ident| $one:expr) => {
                    if typed.gaps {
                        for (&row, &level) in clean.iter().zip(levels.iter()) {
                            let $row = row as usize;
                            if typed.states[$row] == State::Missing {
                                missing += 1;
                            } else {
                                $one;
                                picked.levels.push(level);
                            }
                        }
                    } else {
                        for $rows in runs.iter().cloned() {
                            $run;
                        }
                    }
                };
            }
            match &typed.values {
                Values::Texts(spans) if typed.gaps => {
                    for (&row, &level) in clean.iter().zip(levels.iter()) {
                        match spans[row as usize] {
                            Span::MISSING => missing += 1,
                            Span::ESCAPED => {
                                let raw = chunk.cell(chunk.index.rows[row as usize], place);
                                statistics.text(unquote(raw, dialect, scratch), level);
                            }
                            span => {
                                picked.spans.push(span);
                                picked.levels.push(level);
                            }
                        }
                    }
                    statistics.texts(&chunk.data, &picked.spans, &picked.levels);
                }
                Values::Texts(spans) => {
                    runs.iter().for_each(|rows| picked.spans.extend_from_slice(&spans[rows.clone()]));
                    statistics.texts(&chunk.data, &picked.spans, levels);
                }
                Values::Integers(values) | Values::Datetimes(values) | Values::Times(values) => {
                    let integers = &mut picked.integers;
                    gather!(|rows| integers.extend_from_slice(&values[rows]), |row| integers.push(values[row]));
                    statistics.integers(integers, if typed.gaps { &picked.levels } else { levels });
                }
                Values::Dates(values) | Values::YearMonths(values) => {
                    let integers = &mut picked.integers;
                    gather!(|rows| integers.extend(values[rows].iter().map(|&value| i64::from(value))), |row| integers
                        .push(i64::from(values[row])));
                    statistics.integers(integers, if typed.gaps { &picked.levels } else { levels });
                }
                Values::Numbers { values, mantissas, scales } => {
                    gather!(
                        |rows| {
                            picked.numbers.extend_from_slice(&values[rows.clone()]);
                            picked.mantissas.extend_from_slice(&mantissas[rows.clone()]);
                            picked.scales.extend_from_slice(&scales[rows]);
                        },
                        |row| {
                            picked.numbers.push(values[row]);
                            picked.mantissas.push(mantissas[row]);
                            picked.scales.push(scales[row]);
                        }
                    );
                    let levels = if typed.gaps { &picked.levels } else { &*levels };
                    statistics.numbers(&picked.numbers, &picked.mantissas, &picked.scales, levels);
                }
                Values::Booleans(values) => {
                    let (mut trues, mut falses) = (0, 0);
                    let mut one = |value| if value { trues += 1 } else { falses += 1 };
                    gather!(|rows| values[rows].iter().copied().for_each(&mut one), |row| one(values[row]));
                    statistics.booleans(trues, falses);
                }
            }
            statistics.missing(missing);
        }
    }
}

impl Picked {
    fn clear(&mut self) {
        let Self { levels, spans, integers, numbers, mantissas, scales } = self;
        levels.clear();
        spans.clear();
        integers.clear();
        numbers.clear();
        mantissas.clear();
        scales.clear();
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

/// The code of a fault of a cell, by its kind.
fn code_of(kind: usize) -> Code {
    match kind {
        0 => Code::EncodingError,
        1 | 2 => Code::TypeError,
        _ => Code::ConstraintError,
    }
}

/// Tells lines of ascending places without counting any line end twice.
struct Cursor<'c> {
    chunk: &'c Chunk,
    /// Without quotes and escapes every record is one physical line.
    one_line_each: bool,
    at: usize,
    line: u64,
}

impl<'c> Cursor<'c> {
    fn new(chunk: &'c Chunk, dialect: &Dialect) -> Self {
        let one_line_each = !chunk.has_quotes() && dialect.escape.is_none();
        Self { chunk, one_line_each, at: 0, line: chunk.first_line }
    }

    fn place(&mut self, start: u32, ordinal: u64) -> Place {
        let Self { chunk, one_line_each, .. } = *self;
        let line = if one_line_each {
            chunk.first_line + ordinal
        } else {
            let start = start as usize;
            self.line += count(chunk.line_end(), &chunk.data[self.at..start]);
            self.at = start;
            self.line
        };
        Place { record: chunk.first_record + ordinal, line, byte: chunk.offset + u64::from(start) }
    }
}

/// How often a byte stands in `bytes`. Most stretches are too short for a call to pay: words of eight bytes, without branches.
#[inline]
fn count(byte: u8, bytes: &[u8]) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    const ONES: u64 = 0x0101_0101_0101_0101;
    let wanted = ONES * u64::from(byte);
    // One in each byte of the word that is the wanted one.
    let found = |word: u64| {
        let other = word ^ wanted;
        !(((other & LOW) + LOW) | other | LOW) >> 7
    };
    let (words, rest) = bytes.as_chunks::<8>();
    // Each byte of the sum counts one place of the words: up to 255 of them.
    let in_words: u64 = words
        .chunks(255)
        .map(|words| {
            let sum: u64 = words.iter().map(|word| found(u64::from_le_bytes(*word))).sum();
            // Pairs first: eight times 255 do not fit a byte.
            let pairs = (sum & 0x00ff_00ff_00ff_00ff) + (sum >> 8 & 0x00ff_00ff_00ff_00ff);
            pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48
        })
        .sum();
    in_words + rest.iter().filter(|&&other| other == byte).count() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::count;

    proptest! {
        #[test]
        fn bytes_are_counted_as_one_by_one(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(0x8a), Just(0x0b), any::<u8>()], 0..5000), byte in prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()]) {
            prop_assert_eq!(count(byte, &bytes), bytes.iter().filter(|&&other| other == byte).count() as u64);
        }
    }

    #[test]
    fn nothing_but_the_byte_is_counted_in_full() {
        assert_eq!(count(b'\n', &[b'\n'; 10_007]), 10_007);
    }
}
