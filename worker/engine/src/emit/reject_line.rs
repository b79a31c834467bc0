//! Faults → reject lines: one JSON object per rejected record, written directly and without building JSON values.

mod non_row;
mod sample;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::ops::Range;

use sluice_csv::{Chunk, Dialect, NonRow, Position, QuoteFault, Row, unquote};

use crate::codes::Code;
use crate::descriptor::{Rule, Settings};
use crate::emit::file_bytes::{FileBytes, ShownBytes};
use crate::emit::foreign_fault::{ChunkRow, ForeignKeyRow, push_foreign_fault};
use crate::emit::key_fault::{KeyFault, push_key_fault};
use crate::emit::line_limit::{LineLimit, LineOutput, PIECE};
use crate::emit::line_prefix::LinePrefix;
use crate::emit::template::{ShownCell, Template, shows, template};
use crate::fault::{CellFault, FaultLocation, PlacedFault};
use crate::json_text::{Constant, ShortPlainText, push_part, push_text};
use crate::packed_text::Window;
use crate::resolve::candidates::Duplicate;
use crate::resolve::foreign::file_keys::FileForeignKey;
use crate::resolve::keys::FileKey;
use crate::rules::message::Shown;
use crate::typing::column::{Column, by_name};

/// A record that is rejected.
#[derive(Clone, Copy)]
pub(crate) enum Rejected<'f> {
    /// A row with these faults.
    Row(Row, &'f [PlacedFault]),
    /// A record that is no row.
    NonRow(NonRow),
}

impl Rejected<'_> {
    /// Returns where the record stands in the data of its chunk, without its line end.
    #[inline]
    pub(crate) fn raw(&self, chunk: &Chunk) -> Range<usize> {
        match self {
            Self::Row(row, _) => row.start as usize..chunk.row_end(*row) as usize,
            Self::NonRow(non_row) => non_row.start as usize..non_row.end as usize,
        }
    }
}

/// A cell with a fault: where it stands in the data of its chunk.
struct FaultyCell<'d> {
    column: usize,
    data: &'d [u8],
    span: Range<usize>,
}

/// A record that is rejected, and where it stands.
#[derive(Clone)]
pub(crate) struct Record<'f> {
    pub(crate) rejected: Rejected<'f>,
    /// Where the record stands in the data of its chunk, without its line end.
    pub(crate) raw: Range<usize>,
    pub(crate) position: Position,
    pub(crate) is_utf8: bool,
}

/// Writes reject lines. There is one for each thread, as it remembers the constant parts of lines.
pub(crate) struct RejectWriter<'a> {
    columns: &'a [Column],
    dialect: &'a Dialect,
    /// The limit that a record which is too large exceeds.
    record_bytes: u32,
    rules: &'a [Rule],
    /// Columns by name, for the messages of rules.
    numbers: HashMap<&'a str, usize>,
    /// Rows of a file with redacted columns are never written whole.
    redacts: bool,
    keys: &'a [FileKey],
    foreign_keys: &'a [FileForeignKey<'a>],
    /// Rows of the chunk whose keys stand in earlier rows, by row and key.
    pub(crate) duplicates: Vec<Duplicate>,
    /// The bytes of the file that the text of the chunk comes from.
    pub(crate) file_bytes: FileBytes<'a>,
    templates: Vec<Option<Box<Template>>>,
    prefix: LinePrefix,
    /// The fault of records that have as many cells as the index says, for each number of cells.
    of_cells: Vec<Option<Box<Constant<192>>>>,
    /// The beginning of a fault of quotes, for each kind.
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
            redacts: !settings.redact.is_empty() || columns.iter().any(|column| column.redacted),
            keys: &[],
            foreign_keys: &[],
            duplicates: Vec::new(),
            file_bytes: FileBytes::default(),
            templates: none(columns.len() * CellFault::KINDS),
            prefix: LinePrefix::default(),
            of_cells: none(columns.len() + 2),
            of_quotes: [QuoteFault::Stray, QuoteFault::TextAfter, QuoteFault::Unclosed].map(of_quotes),
            scratch: Vec::new(),
        }
    }

    /// Returns the writer with the keys of the file.
    pub(crate) fn with_keys(mut self, keys: &'a [FileKey], foreign_keys: &'a [FileForeignKey<'a>]) -> Self {
        self.keys = keys;
        self.foreign_keys = foreign_keys;
        self
    }

    /// Writes the line of a record. Returns false if there was no room for the whole line; then only a part of it is written.
    // Inlined into the loop over rows: a call would take a tenth of the time.
    #[inline(always)]
    pub(crate) fn line(
        &mut self,
        chunk: &Chunk,
        record: Record<'_>,
        out: &mut Vec<u8>,
        limit: &mut LineLimit<'_>,
    ) -> bool {
        let Record { rejected, raw, position, is_utf8 } = record;
        self.begin(position, out);
        match rejected {
            Rejected::Row(row, faults) => {
                for placed in faults {
                    if !limit.has_room(out) {
                        return false;
                    }
                    match placed.location() {
                        FaultLocation::Cell(column) => {
                            let cell = FaultyCell { column, data: &chunk.data, span: chunk.span(row, column) };
                            self.cell_fault(cell, placed.fault, out, limit);
                        }
                        _ => {
                            let output = LineOutput { text: out, limit };
                            self.row_fault(ChunkRow { chunk, row }, placed, |text| text, output);
                        }
                    }
                }
            }
            Rejected::NonRow(non_row) => self.non_row_fault(&chunk.data, non_row, out),
        }
        self.end(&chunk.data, raw, is_utf8, LineOutput { text: out, limit });
        // The end of the line may be the part that does not fit.
        limit.is_open && limit.has_room(out)
    }

    /// Does the same as [`RejectWriter::line`], as a function of its own, for lines that are rare.
    #[inline(never)]
    pub(crate) fn long_line(
        &mut self,
        chunk: &Chunk,
        record: &Record<'_>,
        out: &mut Vec<u8>,
        limit: &mut LineLimit<'_>,
    ) -> bool {
        self.line(chunk, record.clone(), out, limit)
    }

    /// Frees the memory of long texts.
    pub(crate) fn shrink(&mut self) {
        self.scratch.shrink_to(PIECE);
    }

    /// Begins the line of a record.
    #[inline(always)]
    fn begin(&mut self, position: Position, out: &mut Vec<u8>) {
        self.prefix.push(position, out);
    }

    /// Adds a fault of a cell. The cell is valid UTF-8 unless the fault says otherwise.
    #[inline(always)]
    fn cell_fault(&mut self, cell: FaultyCell<'_>, fault: CellFault, out: &mut Vec<u8>, limit: &mut LineLimit<'_>) {
        if fault == CellFault::Encoding {
            return self.encoding_fault(cell, out);
        }
        let FaultyCell { column: number, data, span } = cell;
        separate(out);
        let column = &self.columns[number];
        let template = template(&mut self.templates, column, number, fault);
        if !shows(column, fault) {
            return template.push_hidden(column, out);
        }
        let window = Window::of(data, &span);
        let is_again = window.is_some() && window == template.latest;
        if is_again && !template.whole.is_empty() {
            return template.whole.push(out);
        }
        let from = out.len();
        let text = unquote(&data[span], self.dialect, &mut self.scratch);
        // The text is written twice, and is mostly short and needs no escapes.
        if let Some(short) = ShortPlainText::of(text) {
            template.push_head(column, out);
            if template.quotes_cell {
                short.push(out);
            }
            template.value.push(out);
            short.push(out);
            out.extend_from_slice(b"\"}");
        } else {
            template.push(column, ShownCell { text, value: text }, out, limit);
        }
        template.latest = window;
        template.whole.clear();
        // A cell that has a window is so short that the line was not passed on in the middle of it.
        if is_again {
            template.whole = Constant::new(&out[from..]);
        }
    }

    /// Adds the fault of a cell whose bytes are not valid in the encoding of the file.
    #[inline(never)]
    fn encoding_fault(&mut self, cell: FaultyCell<'_>, out: &mut Vec<u8>) {
        separate(out);
        let column = &self.columns[cell.column];
        template(&mut self.templates, column, cell.column, CellFault::Encoding).push_head(column, out);
        let shown = if column.redacted { ShownBytes::None } else { ShownBytes::First };
        self.file_bytes.push_fault(cell.data, cell.span, shown, out);
        out.extend_from_slice(b"\"}");
    }

    /// Adds a fault of a whole row; `value` returns how much of the text of a cell is shown as its value.
    #[inline(never)]
    fn row_fault(
        &mut self,
        row: ChunkRow<'_>,
        placed: &PlacedFault,
        value: impl Fn(&[u8]) -> &[u8],
        output: LineOutput<'_, '_>,
    ) {
        let number = match placed.location() {
            FaultLocation::Rule(number) => return self.rule_fault(number, row, output.text),
            FaultLocation::ForeignKey(number) => {
                separate(output.text);
                let row = ForeignKeyRow { columns: self.columns, dialect: self.dialect, row };
                return push_foreign_fault(&self.foreign_keys[number], &row, value, output, &mut self.scratch);
            }
            FaultLocation::Key(number) => number,
            // Faults of cells have a function of their own.
            FaultLocation::Cell(_) => return,
        };
        let at = |duplicate: &Duplicate| (duplicate.row, duplicate.key as usize);
        let Ok(found) = self.duplicates.binary_search_by_key(&(placed.row, number), at) else { return };
        let (key, first) = (&self.keys[number], self.duplicates[found].first);
        let LineOutput { text: out, limit } = output;
        separate(out);
        let fault = KeyFault { code: placed.fault.code(), key, columns: self.columns, first };
        let cell = key.cell().filter(|&column| !self.columns[column].redacted);
        let text = cell.map(|column| unquote(row.cell(column), self.dialect, &mut self.scratch));
        push_key_fault(&fault, text.map(|text| ShownCell { text, value: value(text) }), out, limit);
    }

    /// Adds the fault of a row that breaks rule number `number`.
    #[inline(never)]
    fn rule_fault(&mut self, number: usize, row: ChunkRow<'_>, out: &mut Vec<u8>) {
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
            let text = unquote(row.cell(number), dialect, scratch);
            show(if str::from_utf8(text).is_ok() { Shown::Text(text) } else { Shown::Words("(not UTF-8)") });
        };
        rule.message.push(cell, out);
        out.extend_from_slice(b"\"}");
    }

    /// Ends the line. `raw` is where the record stands in `data`, without its line end; `is_utf8` tells whether the
    /// record is valid UTF-8.
    #[inline]
    fn end(&mut self, data: &[u8], raw: Range<usize>, is_utf8: bool, output: LineOutput<'_, '_>) {
        let LineOutput { text: out, limit } = output;
        if self.redacts {
            return out.extend_from_slice(b"]}\n");
        }
        if is_utf8 {
            out.extend_from_slice(b"],\"raw\":\"");
            if raw.len() <= PIECE {
                push_part(data, raw, out);
            } else {
                limit.push_text(&data[raw], out);
            }
        } else {
            out.extend_from_slice(b"],\"rawBase64\":\"");
            limit.push_base64(&self.file_bytes.bytes(data, raw), out);
        }
        out.extend_from_slice(b"\"}\n");
    }
}

/// Returns a vector of `n` times `None`.
fn none<T>(n: usize) -> Vec<Option<T>> {
    std::iter::repeat_with(|| None).take(n).collect()
}

/// Appends a comma, except before the first fault of a line.
fn separate(out: &mut Vec<u8>) {
    if out.last() != Some(&b'[') {
        out.push(b',');
    }
}
