//! Faults → reject lines: one JSON object per rejected record, written without a detour over values.

use std::collections::HashMap;
use std::ops::Range;

use sluice_csv::{Chunk, Dialect, Odd, OddKind, Position, QuoteFault, Row, cell_number, unquote};

use crate::check::fault::{CellFault, FOREIGN, KEYS, PlacedFault, RULES, WHOLE_ROW};
use crate::check::rules::message::Shown;
use crate::descriptor::{Rule, Settings};
use crate::emit::beginning::Beginning;
use crate::emit::encoded::Encoded;
use crate::emit::foreign_fault::{KeyCells, push_foreign_fault};
use crate::emit::json::{Constant, Few, push_number, push_part, push_text};
use crate::emit::key_fault::{KeyFault, push_key_fault};
use crate::emit::room::{PIECE, Room};
use crate::emit::shown::cut;
use crate::emit::template::{Template, shows, start_of_character, template};
use crate::report::{Code, Reject, SAMPLE_CHARACTERS, SAMPLE_FAULTS};
use crate::resolve::candidates::Duplicate;
use crate::resolve::foreign::file_keys::FileForeignKey;
use crate::resolve::keys::FileKey;
use crate::typing::column::{Column, by_name};
use crate::typing::packed_text::Window;

/// A record that is rejected.
#[derive(Clone, Copy)]
pub(crate) enum Rejected<'f> {
    /// A row with these faults.
    Row(Row, &'f [PlacedFault]),
    /// A record that is no row.
    Odd(Odd),
}

impl Rejected<'_> {
    /// Where in the data of its chunk the record stands, without its line end.
    #[inline]
    pub(crate) fn raw(&self, chunk: &Chunk) -> Range<usize> {
        match self {
            Self::Row(row, _) => row.start as usize..chunk.row_end(*row) as usize,
            Self::Odd(odd) => odd.start as usize..odd.end as usize,
        }
    }
}

/// Writes reject lines. One per thread: it remembers the constant parts.
pub(crate) struct RejectWriter<'a> {
    columns: &'a [Column],
    dialect: &'a Dialect,
    /// The limit that a record broke which is too large.
    record_bytes: u32,
    rules: &'a [Rule],
    /// Columns by name, for the messages of rules.
    numbers: HashMap<&'a str, usize>,
    /// Rows of a file with redacted columns are never written whole.
    redacts: bool,
    keys: &'a [FileKey],
    foreign_keys: &'a [FileForeignKey<'a>],
    /// Rows of the chunk whose keys stand in earlier ones, by row and key.
    pub(crate) duplicates: Vec<Duplicate>,
    /// The bytes of the file behind the text of the chunk.
    pub(crate) encoded: Encoded<'a>,
    templates: Vec<Option<Box<Template>>>,
    beginning: Beginning,
    /// Faults of records of so many cells.
    of_cells: Vec<Option<Box<Constant<192>>>>,
    /// What a fault of quotes begins with, by its kind.
    of_quotes: [Constant<96>; 3],
    scratch: Vec<u8>,
}

impl<'a> RejectWriter<'a> {
    pub(crate) fn new(columns: &'a [Column], dialect: &'a Dialect, settings: &'a Settings) -> Self {
        let of_quotes = |fault: QuoteFault| {
            let (code, words) = (Code::QuoteError.name(), fault.words());
            Constant::new(format!("\"code\":\"{code}\",\"message\":\"{words}, ").as_bytes())
        };
        Self {
            columns,
            dialect,
            record_bytes: settings.limits.record_bytes,
            rules: &settings.rules,
            numbers: if settings.rules.is_empty() { HashMap::new() } else { by_name(columns) },
            redacts: columns.iter().any(|column| column.redacted),
            keys: &[],
            foreign_keys: &[],
            duplicates: Vec::new(),
            encoded: Encoded::default(),
            templates: none(columns.len() * CellFault::KINDS),
            beginning: Beginning::default(),
            of_cells: none(columns.len() + 2),
            of_quotes: [QuoteFault::Stray, QuoteFault::TextAfter, QuoteFault::Unclosed].map(of_quotes),
            scratch: Vec::new(),
        }
    }

    /// The same with the keys of the file.
    pub(crate) fn with_keys(mut self, keys: &'a [FileKey], foreign_keys: &'a [FileForeignKey<'a>]) -> Self {
        self.keys = keys;
        self.foreign_keys = foreign_keys;
        self
    }

    /// Writes the line of a record. Returns false when there was no room for it; then only a part of it is written.
    // Part of the loop over rows: as a function of its own, a tenth of the time goes into handing over.
    #[inline(always)]
    pub(crate) fn line(
        &mut self,
        chunk: &Chunk,
        (rejected, raw): (&Rejected<'_>, Range<usize>),
        (position, is_utf8): (Position, bool),
        out: &mut Vec<u8>,
        room: &mut Room<'_>,
    ) -> bool {
        self.begin(position, out);
        match *rejected {
            Rejected::Row(row, faults) => {
                for placed in faults {
                    if !room.has_some(out) {
                        return false;
                    }
                    if placed.column >= WHOLE_ROW {
                        self.row_fault(chunk, (row, placed), |text| text, out, room);
                        continue;
                    }
                    let column = placed.column as usize;
                    self.cell_fault(column, placed.fault, (&chunk.data, chunk.span(row, column)), out, room);
                }
            }
            Rejected::Odd(odd) => self.odd_fault(&chunk.data, odd, out),
        }
        self.end(&chunk.data, raw, is_utf8, out, room);
        // What does not fit any more may also be the end.
        room.is_open && room.has_some(out)
    }

    /// See [`RejectWriter::line`]; for lines that are seldom.
    #[inline(never)]
    pub(crate) fn long_line(
        &mut self,
        chunk: &Chunk,
        rejected: (&Rejected<'_>, Range<usize>),
        position: (Position, bool),
        out: &mut Vec<u8>,
        room: &mut Room<'_>,
    ) -> bool {
        self.line(chunk, rejected, position, out, room)
    }

    /// The reject of a record as a sample: with its first faults, and its texts cut.
    ///
    /// # Errors
    /// When the line does not read back, which is a defect of this program.
    pub(crate) fn sample(
        &mut self,
        chunk: &Chunk,
        rejected: &Rejected<'_>,
        (position, is_utf8): (Position, bool),
    ) -> serde_json::Result<Reject> {
        let mut line = Vec::new();
        let mut more = 0;
        self.begin(position, &mut line);
        match *rejected {
            Rejected::Row(row, faults) => {
                more = faults.len().saturating_sub(SAMPLE_FAULTS) as u64;
                for placed in faults.iter().take(SAMPLE_FAULTS) {
                    if placed.column >= WHOLE_ROW {
                        self.row_fault(chunk, (row, placed), sampled, &mut line, &mut Room::unlimited());
                        continue;
                    }
                    let (number, fault) = (placed.column as usize, placed.fault);
                    if fault == CellFault::Encoding {
                        self.encoding_fault(number, (&chunk.data, chunk.span(row, number)), &mut line);
                        continue;
                    }
                    separate(&mut line);
                    let column = &self.columns[number];
                    let template = template(&mut self.templates, column, number, fault);
                    if shows(column, fault) {
                        let cell = &chunk.data[chunk.span(row, number)];
                        let text = unquote(cell, self.dialect, &mut self.scratch);
                        template.push(column, (text, beginning_of(text, true)), &mut line, &mut Room::unlimited());
                    } else {
                        template.push_hidden(column, &mut line);
                    }
                }
            }
            Rejected::Odd(odd) => self.odd_fault(&chunk.data, odd, &mut line),
        }
        let raw = rejected.raw(chunk);
        let kept = beginning_of(&chunk.data[raw.clone()], is_utf8).len();
        self.end(&chunk.data, raw.start..raw.start + kept, is_utf8, &mut line, &mut Room::unlimited());
        let mut reject: Reject = serde_json::from_slice(&line)?;
        reject.errors_omitted = more;
        reject.errors.iter_mut().for_each(|fault| cut(&mut fault.message, SAMPLE_CHARACTERS));
        let values = reject.errors.iter_mut().filter_map(|fault| fault.value.as_mut());
        values.chain(&mut reject.raw).chain(&mut reject.raw_base64).for_each(|text| cut(text, SAMPLE_CHARACTERS));
        Ok(reject)
    }

    /// Gives back what long texts took.
    pub(crate) fn shrink(&mut self) {
        self.scratch.shrink_to(PIECE);
    }

    /// Begins the line of a record.
    #[inline(always)]
    fn begin(&mut self, position: Position, out: &mut Vec<u8>) {
        self.beginning.push(position, out);
    }

    /// Adds a fault of a cell, which stands at `cell` of the data, valid UTF-8 unless that is the fault.
    #[inline(always)]
    fn cell_fault(
        &mut self,
        number: usize,
        fault: CellFault,
        (data, cell): (&[u8], Range<usize>),
        out: &mut Vec<u8>,
        room: &mut Room<'_>,
    ) {
        if fault == CellFault::Encoding {
            return self.encoding_fault(number, (data, cell), out);
        }
        separate(out);
        let column = &self.columns[number];
        let template = template(&mut self.templates, column, number, fault);
        if !shows(column, fault) {
            return template.push_hidden(column, out);
        }
        let window = Window::of(data, &cell);
        let is_again = window.is_some() && window == template.latest;
        if is_again && !template.whole.is_empty() {
            return template.whole.push(out);
        }
        let from = out.len();
        let text = unquote(&data[cell], self.dialect, &mut self.scratch);
        // The text goes in twice, and is mostly short and as it is.
        if let Some(few) = Few::of(text) {
            template.push_head(column, out);
            if template.quotes_cell {
                few.push(out);
            }
            template.value.push(out);
            few.push(out);
            out.extend_from_slice(b"\"}");
        } else {
            template.push(column, (text, text), out, room);
        }
        template.latest = window;
        template.whole.clear();
        // A cell that has a window is too short to be handed over in the middle.
        if is_again {
            template.whole = Constant::new(&out[from..]);
        }
    }

    /// Adds the fault of a cell whose bytes are none of the encoding.
    #[inline(never)]
    fn encoding_fault(&mut self, place: usize, (data, cell): (&[u8], Range<usize>), out: &mut Vec<u8>) {
        separate(out);
        let column = &self.columns[place];
        template(&mut self.templates, column, place, CellFault::Encoding).push_head(column, out);
        self.encoded.push_fault(data, cell, column.redacted, out);
        out.extend_from_slice(b"\"}");
    }

    /// Adds a fault of a whole row; `value` says how much of a cell is given as its value.
    #[inline(never)]
    fn row_fault(
        &mut self,
        chunk: &Chunk,
        (row, placed): (Row, &PlacedFault),
        value: impl Fn(&[u8]) -> &[u8],
        out: &mut Vec<u8>,
        room: &mut Room<'_>,
    ) {
        if placed.fault == CellFault::Rule {
            return self.rule_fault((placed.column - RULES) as usize, (chunk, row), out);
        }
        if placed.fault == CellFault::ForeignKey {
            let key = &self.foreign_keys[(placed.column - FOREIGN) as usize];
            separate(out);
            let cells = KeyCells { columns: self.columns, dialect: self.dialect, chunk, row };
            return push_foreign_fault(key, &cells, value, (out, &mut self.scratch), room);
        }
        let number = placed.column.wrapping_sub(KEYS);
        let at = |duplicate: &Duplicate| (duplicate.row, duplicate.key);
        let Ok(found) = self.duplicates.binary_search_by_key(&(placed.row, number), at) else { return };
        let (key, first) = (&self.keys[number as usize], self.duplicates[found].first);
        separate(out);
        let fault = KeyFault { code: placed.fault.code(), key, columns: self.columns, first };
        let cell = key.cell().filter(|&column| !self.columns[column].redacted);
        let text = cell.map(|column| unquote(&chunk.data[chunk.span(row, column)], self.dialect, &mut self.scratch));
        push_key_fault(&fault, text.map(|text| (text, value(text))), out, room);
    }

    /// Adds the fault of a row that breaks the rule of this number.
    #[inline(never)]
    fn rule_fault(&mut self, number: usize, (chunk, row): (&Chunk, Row), out: &mut Vec<u8>) {
        separate(out);
        let rule = &self.rules[number];
        out.extend_from_slice(b"{\"code\":\"row-constraint\",\"rule\":\"");
        push_text(rule.name.as_bytes(), out);
        out.extend_from_slice(b"\",\"message\":\"");
        let Self { columns, numbers, dialect, scratch, .. } = self;
        let cell = |name: &str, show: &mut dyn FnMut(Shown<'_>)| {
            let Some(&number) = numbers.get(name) else {
                return show(Shown::Words("(not in the file)"));
            };
            if columns[number].redacted {
                return show(Shown::Words("(redacted)"));
            }
            let text = unquote(&chunk.data[chunk.span(row, number)], dialect, scratch);
            show(if str::from_utf8(text).is_ok() { Shown::Text(text) } else { Shown::Words("(not UTF-8)") });
        };
        rule.message.push(cell, out);
        out.extend_from_slice(b"\"}");
    }

    /// Adds the fault of a record that is no row.
    #[inline(never)]
    fn odd_fault(&mut self, data: &[u8], odd: Odd, out: &mut Vec<u8>) {
        match odd.kind {
            OddKind::Cells(found) => self.cells(found, out),
            OddKind::Quote(fault, at) => self.quotes(fault, &data[odd.start as usize..at as usize], out),
            OddKind::TooLarge => {
                let message = format!(
                    "the record is larger than {} bytes (sluice.limits.recordBytes); what is kept of it is cut",
                    self.record_bytes
                );
                self.record_fault(Code::RecordTooLarge, &message, out);
            }
            OddKind::Blank | OddKind::Comment => self.record_fault(Code::BlankRow, "the record is blank", out),
        }
    }

    /// Adds a fault of the record's shape: too few cells, or too many.
    fn cells(&mut self, found: u32, out: &mut Vec<u8>) {
        separate(out);
        let columns = self.columns;
        match self.of_cells.get_mut(found as usize) {
            Some(text) => text.get_or_insert_with(|| Box::new(Constant::new(&of_cells(columns, found)))).push(out),
            None => out.extend_from_slice(&of_cells(columns, found)),
        }
    }

    /// Adds a fault of the record's quotes, which stands behind these bytes of it.
    fn quotes(&self, fault: QuoteFault, before: &[u8], out: &mut Vec<u8>) {
        separate(out);
        let number = cell_number(before, before.len(), self.dialect);
        out.extend_from_slice(b"{\"column\":");
        push_number(number as u64 + 1, out);
        if let Some(column) = self.columns.get(number) {
            out.extend_from_slice(b",\"field\":\"");
            push_text(column.name.as_bytes(), out);
            out.push(b'"');
        }
        out.push(b',');
        self.of_quotes[fault as usize].push(out);
        push_number(before.len() as u64, out);
        out.extend_from_slice(b" bytes into the record\"}");
    }

    /// Adds a fault of the whole record.
    fn record_fault(&self, code: Code, message: &str, out: &mut Vec<u8>) {
        separate(out);
        out.extend_from_slice(b"{\"code\":\"");
        out.extend_from_slice(code.name().as_bytes());
        out.extend_from_slice(b"\",\"message\":\"");
        push_text(message.as_bytes(), out);
        out.extend_from_slice(b"\"}");
    }

    /// Ends the line; `raw` is where in the data the record stands, without its line end, `is_utf8` whether it is that.
    #[inline]
    fn end(&mut self, data: &[u8], raw: Range<usize>, is_utf8: bool, out: &mut Vec<u8>, room: &mut Room<'_>) {
        if self.redacts {
            return out.extend_from_slice(b"]}\n");
        }
        if is_utf8 {
            out.extend_from_slice(b"],\"raw\":\"");
            if raw.len() <= PIECE {
                push_part(data, raw, out);
            } else {
                room.push_text(&data[raw], out);
            }
        } else {
            out.extend_from_slice(b"],\"rawBase64\":\"");
            room.push_base64(&self.encoded.bytes(data, raw), out);
        }
        out.extend_from_slice(b"\"}\n");
    }
}

/// The fault of a record with another number of cells than there are columns.
fn of_cells(columns: &[Column], found: u32) -> Vec<u8> {
    let mut out = b"{\"column\":".to_vec();
    let expected = columns.len();
    let column = (found as usize).min(expected) + 1;
    push_number(column as u64, &mut out);
    if let Some(column) = columns.get(found as usize) {
        out.extend_from_slice(b",\"field\":\"");
        push_text(column.name.as_bytes(), &mut out);
        out.push(b'"');
    }
    let code = if (found as usize) < expected { Code::MissingCell } else { Code::ExtraCell };
    out.extend_from_slice(b",\"code\":\"");
    out.extend_from_slice(code.name().as_bytes());
    out.extend_from_slice(b"\",\"message\":\"the record has ");
    push_number(u64::from(found), &mut out);
    out.extend_from_slice(if found == 1 { b" cell, " } else { b" cells, " });
    push_number(expected as u64, &mut out);
    out.extend_from_slice(b" are expected\"}");
    out
}

/// As much of a text as a sample needs to show its first characters, and that there are more.
fn beginning_of(text: &[u8], is_utf8: bool) -> &[u8] {
    if !is_utf8 {
        // In base64, these are more characters.
        return &text[..text.len().min(SAMPLE_CHARACTERS.next_multiple_of(3))];
    }
    match start_of_character(text, SAMPLE_CHARACTERS + 1) {
        Some(end) => &text[..end],
        None => text,
    }
}

/// The same of a text that is UTF-8.
fn sampled(text: &[u8]) -> &[u8] {
    beginning_of(text, true)
}

/// `n` times `None`.
fn none<T>(n: usize) -> Vec<Option<T>> {
    std::iter::repeat_with(|| None).take(n).collect()
}

/// A comma before every fault but the first.
fn separate(out: &mut Vec<u8>) {
    if out.last() != Some(&b'[') {
        out.push(b',');
    }
}

#[cfg(test)]
mod tests;
