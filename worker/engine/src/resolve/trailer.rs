//! The trailer of a file (`sluice.file.trailer`): it is found in the chunks, and compared with the file when the file has ended.
//!
//! A record that begins with the tag is never a data record, so nothing depends on which record is the last one. The tagged records of a
//! chunk are taken out of its rows ([`TrailerReader::take`]), so that they are in no output, no count and no statistic. Whether there is
//! exactly one, with no data behind it, is decided at the end ([`decide`]); otherwise the file is refused, and its outputs do not matter. So
//! chunks need not wait for each other.

mod outcome;

use sluice_csv::{Chunk, Dialect, NonRow, NonRowKind, Position, Positions, Row, raw_cells, unquote};

pub(crate) use self::outcome::decide;
use crate::descriptor::Trailer;
use crate::resolve::control_total::ControlTotal;
use crate::typing::column::{Column, by_name};
use crate::typing::values::TypedColumn;

/// Most bytes that are kept of a cell of a trailer: no count and no total has more digits.
const CELL_BYTES: usize = 1000;

/// A record that begins with the tag.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tagged {
    /// The number of the record, from 1.
    record: u64,
    /// The line on which the record starts, from 1.
    line: u64,
    /// The number of cells of the record.
    cells: usize,
    /// The cells with the count and the control totals, in this order; `None` for a cell that the record does not have.
    values: Vec<Option<Vec<u8>>>,
}

/// What was found of the trailer in some chunks.
#[derive(Debug, Default)]
pub(crate) struct TrailerFindings {
    /// The first record that begins with the tag.
    first: Option<Tagged>,
    /// The position of the first record that begins with the tag, but is a data record because of a quote fault.
    with_quote_fault: Option<Position>,
    /// The number of records that begin with the tag.
    count: u64,
    /// The number of the last data record, 0 if there is none.
    last_data: u64,
    /// The sums of the fields that have a control total.
    totals: Vec<ControlTotal>,
}

impl TrailerFindings {
    /// Adds what was found in other chunks of the file.
    pub(crate) fn merge(&mut self, other: &Self) {
        if let Some(tagged) = &other.first
            && self.first.as_ref().is_none_or(|mine| tagged.record < mine.record)
        {
            self.first = Some(tagged.clone());
        }
        self.with_quote_fault =
            self.with_quote_fault.into_iter().chain(other.with_quote_fault).min_by_key(|position| position.record);
        self.count += other.count;
        self.last_data = self.last_data.max(other.last_data);
        self.totals.resize(self.totals.len().max(other.totals.len()), ControlTotal::default());
        for (mine, theirs) in self.totals.iter_mut().zip(&other.totals) {
            mine.merge(theirs);
        }
    }
}

/// Looks for the trailer in chunks; one for each thread.
pub(crate) struct TrailerReader<'a> {
    trailer: &'a Trailer,
    dialect: &'a Dialect,
    /// The indices of the cells of a trailer that are kept: the cell of the count, and the cells of the control totals.
    kept: Vec<usize>,
    /// The greatest index in `kept`.
    last_kept: usize,
    /// The indices of the columns that are summed; `None` for a field that the file does not have.
    summed: Vec<Option<usize>>,
    findings: TrailerFindings,
    scratch: Vec<u8>,
}

impl<'a> TrailerReader<'a> {
    pub(crate) fn new(trailer: &'a Trailer, columns: &[Column], dialect: &'a Dialect) -> Self {
        let indices = by_name(columns);
        let summed: Vec<_> = trailer.sums.iter().map(|sum| indices.get(&*sum.field).copied()).collect();
        let of_sums = trailer.sums.iter().map(|sum| sum.column);
        let kept: Vec<usize> = trailer.count.into_iter().chain(of_sums).map(|column| column - 1).collect();
        let last_kept = kept.iter().copied().max().unwrap_or_default();
        let totals = vec![ControlTotal::default(); summed.len()];
        let findings = TrailerFindings { totals, ..TrailerFindings::default() };
        Self { trailer, dialect, kept, last_kept, summed, findings, scratch: Vec::new() }
    }

    pub(crate) fn into_findings(self) -> TrailerFindings {
        self.findings
    }

    /// Turns the records of a chunk that begin with the tag into comments, which are in no output.
    pub(crate) fn take(&mut self, chunk: &mut Chunk) {
        let mut rows = std::mem::take(&mut chunk.index.rows);
        if let Some(first) = rows.iter().position(|&row| self.is_tagged_row(chunk, row)) {
            let mut ordinals = ordinals(&rows, &chunk.index.non_rows, first).into_iter();
            let mut kept = rows.split_off(first);
            let mut taken = Vec::new();
            kept.retain(|&row| {
                // cannot fail: there is one ordinal for each row.
                let ordinal = ordinals.next().unwrap_or_default();
                let is_tagged = self.is_tagged_row(chunk, row);
                if is_tagged {
                    let (end, next) = (chunk.row_end(row), chunk.row_next(row));
                    let non_row = NonRow { ordinal, start: row.start, end, next, kind: NonRowKind::Comment };
                    self.note(chunk, non_row, Some(row));
                    taken.push(non_row);
                }
                !is_tagged
            });
            rows.append(&mut kept);
            // The sort merges two ascending runs.
            chunk.index.non_rows.append(&mut taken);
            chunk.index.non_rows.sort_by_key(|non_row| non_row.ordinal);
        }
        chunk.index.rows = rows;
        for nth in 0..chunk.index.non_rows.len() {
            let non_row = chunk.index.non_rows[nth];
            if matches!(non_row.kind, NonRowKind::Cells(_))
                && self.is_tagged(raw_texts(chunk, non_row, self.dialect).next().unwrap_or_default())
            {
                self.note(chunk, non_row, None);
                chunk.index.non_rows[nth].kind = NonRowKind::Comment;
            }
            if matches!(non_row.kind, NonRowKind::Quote(..))
                && self.findings.with_quote_fault.is_none()
                && self.begins_with_tag(chunk, non_row)
            {
                self.findings.with_quote_fault = Some(Positions::new(chunk).of(non_row.start, non_row.ordinal.into()));
            }
        }
        self.note_last_data(chunk);
    }

    /// Returns true if the bytes in front of the first delimiter of a record are the tag, in quotes or not.
    fn begins_with_tag(&mut self, chunk: &Chunk, non_row: NonRow) -> bool {
        let record = &chunk.data[non_row.start as usize..non_row.end as usize];
        let end = memchr::memmem::find(record, self.dialect.delimiter.as_bytes()).unwrap_or(record.len());
        self.is_tagged(&record[..end])
    }

    /// Adds the cells of a typed chunk to the control totals.
    pub(crate) fn sum(&mut self, typed: &[TypedColumn]) {
        for (total, column) in self.findings.totals.iter_mut().zip(&self.summed) {
            if let Some(column) = *column {
                total.add(&typed[column]);
            }
        }
    }

    fn is_tagged_row(&mut self, chunk: &Chunk, row: Row) -> bool {
        self.is_tagged(chunk.cell(row, 0))
    }

    /// Returns true if the text of a raw cell is the tag.
    fn is_tagged(&mut self, cell: &[u8]) -> bool {
        // The length rules out most cells.
        cell.len() >= self.trailer.tag.len()
            && unquote(cell, self.dialect, &mut self.scratch) == self.trailer.tag.as_bytes()
    }

    /// Notes a record that begins with the tag; `row` is its row, if it was a regular row.
    fn note(&mut self, chunk: &Chunk, non_row: NonRow, row: Option<Row>) {
        self.findings.count += 1;
        let number = chunk.start.record + u64::from(non_row.ordinal);
        if self.findings.first.as_ref().is_some_and(|first| first.record < number) {
            return;
        }
        let mut values = vec![None; self.kept.len()];
        let mut keep = |column: usize, cell: &[u8]| {
            if column > self.last_kept {
                return;
            }
            for (value, _) in values.iter_mut().zip(&self.kept).filter(|(_, kept)| **kept == column) {
                let text = unquote(cell, self.dialect, &mut self.scratch);
                *value = Some(text[..text.len().min(CELL_BYTES)].to_vec());
            }
        };
        let cells = match row {
            Some(row) => {
                (0..chunk.columns()).for_each(|column| keep(column, chunk.cell(row, column)));
                chunk.columns()
            }
            None => {
                let cells = raw_texts(chunk, non_row, self.dialect);
                cells.enumerate().map(|(column, cell)| keep(column, cell)).count()
            }
        };
        let position = Positions::new(chunk).of(non_row.start, non_row.ordinal.into());
        self.findings.first = Some(Tagged { record: position.record, line: position.line, cells, values });
    }

    /// Notes the last data record of a chunk whose tagged records are comments.
    fn note_last_data(&mut self, chunk: &Chunk) {
        let is_data = |non_row: &&NonRow| !matches!(non_row.kind, NonRowKind::Blank | NonRowKind::Comment);
        let non_row = chunk.index.non_rows.iter().rev().find(is_data).map(|non_row| non_row.ordinal);
        let row = chunk.index.rows.len().checked_sub(1).map(|row| {
            let start = chunk.index.rows[row].start;
            let before = chunk.index.non_rows.partition_point(|non_row| non_row.start < start);
            (row + before) as u32
        });
        if let Some(ordinal) = non_row.max(row) {
            self.findings.last_data = self.findings.last_data.max(chunk.start.record + u64::from(ordinal));
        }
    }
}

/// Returns the ordinals of the rows of a chunk among all its records, from row number `first` on.
fn ordinals(rows: &[Row], non_rows: &[NonRow], first: usize) -> Vec<u32> {
    let mut before = non_rows.partition_point(|non_row| non_row.start < rows[first].start);
    let ordinal = |(nth, row): (usize, &Row)| {
        while non_rows.get(before).is_some_and(|non_row| non_row.start < row.start) {
            before += 1;
        }
        (first + nth + before) as u32
    };
    rows[first..].iter().enumerate().map(ordinal).collect()
}

/// Returns the raw cells of a record that is no regular row, and whose quotes are sound.
fn raw_texts<'c>(chunk: &'c Chunk, non_row: NonRow, dialect: &'c Dialect) -> impl Iterator<Item = &'c [u8]> {
    let record = &chunk.data[non_row.start as usize..non_row.end as usize];
    raw_cells(record, dialect).map(|cell| &record[cell])
}
