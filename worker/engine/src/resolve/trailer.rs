//! The trailer of a file (`sluice.file.trailer`): found in the chunks, and held against the file when it has ended.
//!
//! The tokenizer does not know which record is the last one, and need not: a record that begins with the tag is never a data record. Each
//! chunk takes those it has out of its rows ([`TrailerReader::take`]), so that they are in no output, no count and no statistic. Whether
//! there is exactly one, and nothing behind it, is decided at the end ([`decide`]); if not, the file is refused, and what its outputs
//! would have been does not matter. So chunks need not wait for each other.

use serde_json::Value;
use sluice_csv::{Chunk, Dialect, Odd, OddKind, Positions, Row, unquote};

use crate::descriptor::{FieldType, Scalar, Trailer};
use crate::emit::shown::{LABEL, TEXT, quoted, shown};
use crate::report::{AssertionOutcome, Rows};
use crate::resolve::control_total::ControlTotal;
use crate::types::{Form, Literal, NotAValue};
use crate::typing::column::{Column, by_name};
use crate::typing::parse::ExactDecimal;
use crate::typing::values::TypedColumn;

/// Bytes kept of a cell of a trailer: no number that counts for anything has more digits.
const CELL_BYTES: usize = 1000;

/// A record that begins with the tag.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tagged {
    /// 1-based number of the record.
    record: u64,
    /// 1-based line on which it starts.
    line: u64,
    /// How many cells it has.
    cells: usize,
    /// Those that hold the count and the control totals, in this order: `None` where the record is too short.
    values: Vec<Option<Vec<u8>>>,
}

/// What was found in some chunks.
#[derive(Debug, Default)]
pub(crate) struct TrailerFindings {
    /// The first record that begins with the tag.
    first: Option<Tagged>,
    /// The number of records that do.
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
    /// The columns of the trailer whose cells are kept, from 0: that of the count, and those of the control totals.
    kept: Vec<usize>,
    /// The last of them.
    last_kept: usize,
    /// The columns of the file that are summed, from 0; `None` where the file does not have the field.
    summed: Vec<Option<usize>>,
    findings: TrailerFindings,
    scratch: Vec<u8>,
}

impl<'a> TrailerReader<'a> {
    pub(crate) fn new(trailer: &'a Trailer, columns: &[Column], dialect: &'a Dialect) -> Self {
        let indices = by_name(columns);
        let summed: Vec<_> = trailer.sums.iter().map(|(field, _)| indices.get(&**field).copied()).collect();
        let of_sums = trailer.sums.iter().map(|&(_, column)| column);
        let kept: Vec<usize> = trailer.count.into_iter().chain(of_sums).map(|column| column - 1).collect();
        let last_kept = kept.iter().copied().max().unwrap_or_default();
        let totals = vec![ControlTotal::default(); summed.len()];
        let findings = TrailerFindings { totals, ..TrailerFindings::default() };
        Self { trailer, dialect, kept, last_kept, summed, findings, scratch: Vec::new() }
    }

    pub(crate) fn into_findings(self) -> TrailerFindings {
        self.findings
    }

    /// Takes the records that begin with the tag out of the rows of a chunk: as comments, which are in no output.
    pub(crate) fn take(&mut self, chunk: &mut Chunk) {
        let mut rows = std::mem::take(&mut chunk.index.rows);
        if let Some(first) = rows.iter().position(|&row| self.is_tagged_row(chunk, row)) {
            let mut ordinals = ordinals(&rows, &chunk.index.odd, first).into_iter();
            let mut kept = rows.split_off(first);
            let mut taken = Vec::new();
            kept.retain(|&row| {
                // cannot fail: there is one for each row.
                let ordinal = ordinals.next().unwrap_or_default();
                let is_tagged = self.is_tagged_row(chunk, row);
                if is_tagged {
                    let (end, next) = (chunk.row_end(row), chunk.row_next(row));
                    let odd = Odd { ordinal, start: row.start, end, next, kind: OddKind::Comment };
                    self.note(chunk, odd, Some(row));
                    taken.push(odd);
                }
                !is_tagged
            });
            rows.append(&mut kept);
            // Two runs that ascend, which this sort merges.
            chunk.index.odd.append(&mut taken);
            chunk.index.odd.sort_by_key(|odd| odd.ordinal);
        }
        chunk.index.rows = rows;
        for nth in 0..chunk.index.odd.len() {
            let odd = chunk.index.odd[nth];
            if matches!(odd.kind, OddKind::Cells(_)) && self.is_tagged(first_cell(record(chunk, odd), self.dialect)) {
                self.note(chunk, odd, None);
                chunk.index.odd[nth].kind = OddKind::Comment;
            }
        }
        self.note_last_data(chunk);
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
        // Mostly the length says no.
        cell.len() >= self.trailer.tag.len()
            && unquote(cell, self.dialect, &mut self.scratch) == self.trailer.tag.as_bytes()
    }

    /// Notes a record that begins with the tag; `row` is the row that it was.
    fn note(&mut self, chunk: &Chunk, odd: Odd, row: Option<Row>) {
        self.findings.count += 1;
        let number = chunk.start.record + u64::from(odd.ordinal);
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
                let cells = Cells { rest: Some(record(chunk, odd)), dialect: self.dialect };
                cells.enumerate().map(|(column, cell)| keep(column, cell)).count()
            }
        };
        let place = Positions::new(chunk).of(odd.start, odd.ordinal.into());
        self.findings.first = Some(Tagged { record: place.record, line: place.line, cells, values });
    }

    /// Notes the last data record of a chunk whose tagged records are comments.
    fn note_last_data(&mut self, chunk: &Chunk) {
        let is_data = |odd: &&Odd| !matches!(odd.kind, OddKind::Blank | OddKind::Comment);
        let odd = chunk.index.odd.iter().rev().find(is_data).map(|odd| odd.ordinal);
        let row = chunk.index.rows.len().checked_sub(1).map(|row| {
            let start = chunk.index.rows[row].start;
            let before = chunk.index.odd.partition_point(|odd| odd.start < start);
            (row + before) as u32
        });
        if let Some(ordinal) = odd.max(row) {
            self.findings.last_data = self.findings.last_data.max(chunk.start.record + u64::from(ordinal));
        }
    }
}

/// The numbers within the chunk of its rows from row number `first` on.
fn ordinals(rows: &[Row], odd: &[Odd], first: usize) -> Vec<u32> {
    let mut before = odd.partition_point(|odd| odd.start < rows[first].start);
    let ordinal = |(nth, row): (usize, &Row)| {
        while odd.get(before).is_some_and(|odd| odd.start < row.start) {
            before += 1;
        }
        (first + nth + before) as u32
    };
    rows[first..].iter().enumerate().map(ordinal).collect()
}

/// The bytes of a record that is no row, without its line end.
fn record(chunk: &Chunk, odd: Odd) -> &[u8] {
    &chunk.data[odd.start as usize..odd.end as usize]
}

/// The raw cells of a record whose quotes are sound.
struct Cells<'r> {
    rest: Option<&'r [u8]>,
    dialect: &'r Dialect,
}

impl<'r> Iterator for Cells<'r> {
    type Item = &'r [u8];

    fn next(&mut self) -> Option<&'r [u8]> {
        let mut rest = self.rest?;
        if self.dialect.skip_initial_space {
            rest = &rest[rest.iter().take_while(|byte| **byte == b' ').count()..];
        }
        let end = cell_end(rest, self.dialect);
        let next = rest.get(end + self.dialect.delimiter.as_bytes().len()..).filter(|_| end < rest.len());
        // A delimiter that only ends the record begins no cell.
        self.rest = next.filter(|next| !(self.dialect.trailing_delimiter && next.is_empty()));
        Some(&rest[..end])
    }
}

fn first_cell<'r>(record: &'r [u8], dialect: &'r Dialect) -> &'r [u8] {
    Cells { rest: Some(record), dialect }.next().unwrap_or_default()
}

/// Where the first cell of some bytes ends: at a delimiter, or with the bytes.
fn cell_end(bytes: &[u8], dialect: &Dialect) -> usize {
    let is_quoted = dialect.quote.is_some() && bytes.first() == dialect.quote.as_ref();
    let mut at = usize::from(is_quoted);
    let mut is_open = is_quoted;
    while let Some(&byte) = bytes.get(at) {
        if Some(byte) == dialect.escape {
            at += 1;
        } else if is_open {
            let is_doubled = dialect.double_quote && bytes.get(at + 1) == dialect.quote.as_ref();
            if Some(byte) == dialect.quote {
                is_open = is_doubled;
                at += usize::from(is_doubled);
            }
        } else if byte == dialect.delimiter.first() && bytes[at..].starts_with(dialect.delimiter.as_bytes()) {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// Holds the trailer against the file that has ended.
pub(crate) fn decide(
    trailer: &Trailer,
    findings: &TrailerFindings,
    rows: &Rows,
    columns: &[Column],
) -> Vec<AssertionOutcome> {
    let tag = quoted(&trailer.tag, TEXT);
    let failed = |message: String| {
        vec![AssertionOutcome::decided("trailer".to_owned(), (false, None), format!("trailer: {message}"))]
    };
    let Some(first) = &findings.first else {
        return failed(format!("no record begins with {tag}; the last record of the file has to"));
    };
    let &Tagged { record, line, cells, .. } = first;
    let found = format!("record {record} (line {line}) begins with {tag}");
    if findings.last_data > record {
        let last = findings.last_data;
        return failed(format!("{found}, but it is not the last record: data follow up to record {last}"));
    }
    if findings.count > 1 {
        return failed(format!(
            "{} records begin with {tag}, the first is record {record} (line {line})",
            findings.count
        ));
    }
    let needed = trailer.count.into_iter().chain(trailer.sums.iter().map(|(_, column)| *column)).max().unwrap_or(1);
    if needed > cells {
        return failed(format!("{found} and has {cells} cells, at least {needed} are expected"));
    }
    let mut outcomes = vec![AssertionOutcome::decided("trailer".to_owned(), (true, None), format!("trailer: {found}"))];
    let mut values = first.values.iter().map(|value| value.as_deref().unwrap_or_default());
    if trailer.count.is_some() {
        outcomes.push(count(values.next().unwrap_or_default(), rows.read));
    }
    let indices = by_name(columns);
    for (((field, _), text), total) in trailer.sums.iter().zip(values).zip(&findings.totals) {
        let column = indices.get(&**field).map(|&index| &columns[index]);
        outcomes.push(control_total(field, column, text, total));
    }
    outcomes
}

/// Compares the count of a trailer with the rows read.
fn count(text: &[u8], rows: u64) -> AssertionOutcome {
    let is_digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let told = str::from_utf8(text).ok().filter(|_| is_digits).and_then(|digits| digits.parse::<u64>().ok());
    let message = match told {
        Some(told) => format!("trailer.count: the trailer says {told} rows, the file has {rows}"),
        None => format!(
            "trailer.count: the count of the trailer, {}, is not a number of rows; the file has {rows}",
            shown_cell(text)
        ),
    };
    AssertionOutcome::decided("trailer.count".to_owned(), (told == Some(rows), Some(rows.into())), message)
}

/// Compares a control total with the sum of its column.
fn control_total(field: &str, column: Option<&Column>, text: &[u8], total: &ControlTotal) -> AssertionOutcome {
    let name = format!("trailer.sum.{field}");
    let shown_name = shown(&name, TEXT).into_owned();
    let Some(column) = column else {
        let message = format!("{shown_name}: the file has no column {}", shown(field, TEXT));
        return AssertionOutcome::decided(name, (false, None), message);
    };
    let field = quoted(field, LABEL);
    let Some(sum) = total.text() else {
        let message = format!(
            "{shown_name}: the sum of {field} is not known exactly: it has cells that are not finite, or of more than 18 digits"
        );
        return AssertionOutcome::decided(name, (false, None), message);
    };
    let told = told(&column.kind, text);
    let holds = told.as_ref() == Some(&ExactDecimal::of(sum.as_bytes()));
    if column.redacted {
        let words = if holds { "is that" } else { "is not that" };
        let message = format!("{shown_name}: the sum of the redacted column {field} {words} of the trailer");
        return AssertionOutcome::decided(name, (holds, None), message);
    }
    let message = match told {
        Some(_) => format!("{shown_name}: the trailer says {}, the sum of {field} is {sum}", shown_cell(text)),
        None => format!(
            "{shown_name}: the control total of the trailer, {}, is not a number; the sum of {field} is {sum}",
            shown_cell(text)
        ),
    };
    // Beyond 64 bits, and behind the point, a number of JSON may lose digits where it is read.
    let found = sum.parse::<i64>().map_or_else(|_| Value::from(sum), Value::from);
    AssertionOutcome::decided(name, (holds, Some(found)), message)
}

/// The control total in a cell, which is written like the cells of its field.
fn told(kind: &FieldType, text: &[u8]) -> Option<ExactDecimal> {
    let text = str::from_utf8(text).ok()?;
    match kind.as_type().value(&Literal { text, form: Form::String }) {
        Ok(value) => match value.scalar {
            Scalar::Integer(integer) => Some(ExactDecimal::of(integer.to_string().as_bytes())),
            Scalar::Number(number) if number.is_finite() => {
                Some(ExactDecimal::of(value.decimal.as_deref().unwrap_or(text).as_bytes()))
            }
            Scalar::Number(_)
            | Scalar::String(_)
            | Scalar::Boolean(_)
            | Scalar::Date(_)
            | Scalar::Datetime(_)
            | Scalar::Time(_)
            | Scalar::YearMonth(_)
            | Scalar::Duration(_) => None,
        },
        // A total of many integers may be larger than each of them can be.
        Err(NotAValue::Range) => {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| ExactDecimal::of(text.as_bytes()))
        }
        Err(NotAValue::Type) => None,
    }
}

fn shown_cell(text: &[u8]) -> String {
    match str::from_utf8(text) {
        Ok(text) => quoted(text, TEXT),
        Err(_) => "(not UTF-8)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells<'r>(record: &'r str, dialect: &'r Dialect) -> Vec<&'r str> {
        let cells = Cells { rest: Some(record.as_bytes()), dialect };
        cells.map(|cell| str::from_utf8(cell).unwrap_or("?")).collect()
    }

    #[test]
    fn the_cells_of_a_record() {
        let plain = Dialect::default();
        assert_eq!(cells("T,1,2", &plain), ["T", "1", "2"]);
        assert_eq!(cells("", &plain), [""]);
        assert_eq!(cells("T,", &plain), ["T", ""]);
        assert_eq!(cells(r#""T","a,""b",c"#, &plain), [r#""T""#, r#""a,""b""#, "c"]);
        assert_eq!(cells("\"\",\"\n\"", &plain), ["\"\"", "\"\n\""]);
        let spaces = Dialect { skip_initial_space: true, ..plain.clone() };
        assert_eq!(cells(r#" "T",  "a,b" "#, &spaces)[..1], [r#""T""#]);
        let escapes = Dialect { escape: Some(b'\\'), double_quote: false, ..plain };
        assert_eq!(cells(r#"T,a\,b,"c\",d",e\"#, &escapes), ["T", r"a\,b", r#""c\",d""#, r"e\"]);
        // cannot fail: two bytes are a delimiter.
        let delimiter = sluice_csv::Sequence::new(b"||").unwrap_or_else(|| b'|'.into());
        let long = Dialect { delimiter, trailing_delimiter: true, ..Dialect::default() };
        assert_eq!(cells("T||1|2||", &long), ["T", "1|2"]);
    }
}
