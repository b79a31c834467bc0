//! Faults → reject lines: one JSON object per rejected record, written without a detour over values.

use std::ops::Range;

use sluice_csv::{Dialect, QuoteFault, unquote};

use crate::column::Column;
use crate::descriptor::{Bound, FieldType, TemporalFormat};
use crate::fault::{CellFault, Constraint};
use crate::json::{Constant, Few, LastDigits, push_base64, push_number, push_part, push_text};
use crate::report::Code;
use crate::short::Window;

/// Longest text of a cell that a message quotes, in characters.
const SHOWN: usize = 80;

/// Values of an enumeration that a message names.
const NAMED: usize = 8;

/// Where a record stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) record: u64,
    pub(crate) line: u64,
    pub(crate) byte: u64,
}

/// The constant parts of a fault's JSON: all but the cell's text.
struct Template {
    /// What is wrong is often wrong in the same way: the latest cell, and the whole fault when it came twice.
    latest: Option<Window>,
    whole: Constant<192>,
    /// Up to the text in the message; ends with a quote where the message quotes the cell.
    head: Constant<128>,
    quotes_cell: bool,
    /// From there to the text as the value.
    value: Constant<64>,
    /// The whole fault where the text is not shown.
    hidden: Vec<u8>,
}

/// What a line begins with, kept for the next one, in which mostly no more than the last digits of its three numbers are others.
#[derive(Default)]
struct Beginning {
    text: Constant<96>,
    record: LastDigits,
    line: LastDigits,
    byte: LastDigits,
}

impl Beginning {
    #[inline]
    fn push(&mut self, place: Place, out: &mut Vec<u8>) {
        let Place { record, line, byte } = place;
        if !(self.record.are_others_of(record) & self.line.are_others_of(line) & self.byte.are_others_of(byte)) {
            return self.push_anew(place, out);
        }
        let line_start = out.len();
        self.text.push(out);
        let text = &mut out[line_start..];
        self.record.put(record, text);
        self.line.put(line, text);
        self.byte.put(byte, text);
    }

    #[cold]
    fn push_anew(&mut self, Place { record, line, byte }: Place, out: &mut Vec<u8>) {
        let mut text = b"{\"record\":".to_vec();
        self.record = LastDigits::push(record, &mut text);
        text.extend_from_slice(b",\"line\":");
        self.line = LastDigits::push(line, &mut text);
        text.extend_from_slice(b",\"byte\":");
        self.byte = LastDigits::push(byte, &mut text);
        text.extend_from_slice(b",\"errors\":[");
        self.text = Constant::new(&text);
        out.extend_from_slice(&text);
    }
}

/// Writes reject lines. One per thread: it remembers the constant parts.
pub(crate) struct RejectWriter<'a> {
    columns: &'a [Column],
    dialect: &'a Dialect,
    /// Rows of a file with redacted columns are never written whole.
    redacts: bool,
    templates: Vec<Option<Box<Template>>>,
    beginning: Beginning,
    /// Faults of records of so many cells.
    of_cells: Vec<Option<Box<Constant<192>>>>,
    /// What a fault of quotes begins with, by its kind.
    of_quotes: [Constant<96>; 3],
    scratch: Vec<u8>,
}

impl<'a> RejectWriter<'a> {
    pub(crate) fn new(columns: &'a [Column], dialect: &'a Dialect) -> Self {
        let of_quotes = |fault: QuoteFault| {
            let (code, words) = (Code::QuoteError.name(), fault.words());
            Constant::new(format!("{{\"code\":\"{code}\",\"message\":\"{words}, ").as_bytes())
        };
        Self {
            columns,
            dialect,
            redacts: columns.iter().any(|column| column.redacted),
            templates: none(columns.len() * CellFault::KINDS),
            beginning: Beginning::default(),
            of_cells: none(columns.len() + 2),
            of_quotes: [QuoteFault::Stray, QuoteFault::TextAfter, QuoteFault::Unclosed].map(of_quotes),
            scratch: Vec::new(),
        }
    }

    /// Begins the line of a record.
    #[inline]
    pub(crate) fn begin(&mut self, place: Place, out: &mut Vec<u8>) {
        self.beginning.push(place, out);
    }

    /// Adds a fault of a cell, which stands at `cell` of the data, valid UTF-8 unless that is the fault.
    pub(crate) fn cell_fault(
        &mut self,
        place: usize,
        fault: CellFault,
        (data, cell): (&[u8], Range<usize>),
        out: &mut Vec<u8>,
    ) {
        separate(out);
        let column = &self.columns[place];
        let template = self.templates[place * CellFault::KINDS + fault.kind()]
            .get_or_insert_with(|| Box::new(Template::new(column, place, fault)));
        if column.redacted || fault == CellFault::Encoding {
            return out.extend_from_slice(&template.hidden);
        }
        let window = Window::of(data, &cell);
        let is_again = window.is_some() && window == template.latest;
        if is_again && !template.whole.is_empty() {
            return template.whole.push(out);
        }
        let from = out.len();
        let text = unquote(&data[cell], self.dialect, &mut self.scratch);
        template.head.push(out);
        // The text goes in twice, and is mostly short and as it is.
        if let Some(few) = Few::of(text) {
            if template.quotes_cell {
                few.push(out);
            }
            template.value.push(out);
            few.push(out);
        } else {
            if template.quotes_cell {
                push_shown(text, out);
            }
            template.value.push(out);
            push_text(text, out);
        }
        out.extend_from_slice(b"\"}");
        template.latest = window;
        template.whole.clear();
        if is_again {
            template.whole = Constant::new(&out[from..]);
        }
    }

    /// Adds a fault of the record's shape: too few cells, or too many.
    pub(crate) fn cells(&mut self, found: u32, out: &mut Vec<u8>) {
        separate(out);
        let columns = self.columns;
        match self.of_cells.get_mut(found as usize) {
            Some(text) => text.get_or_insert_with(|| Box::new(Constant::new(&of_cells(columns, found)))).push(out),
            None => out.extend_from_slice(&of_cells(columns, found)),
        }
    }

    /// Adds a fault of the record's quotes, which stands so many bytes into it.
    pub(crate) fn quotes(&self, fault: QuoteFault, bytes: u32, out: &mut Vec<u8>) {
        separate(out);
        self.of_quotes[fault as usize].push(out);
        push_number(u64::from(bytes), out);
        out.extend_from_slice(b" bytes into the record\"}");
    }

    /// Adds a fault of the whole record.
    pub(crate) fn record_fault(&self, code: Code, message: &str, out: &mut Vec<u8>) {
        separate(out);
        out.extend_from_slice(b"{\"code\":\"");
        out.extend_from_slice(code.name().as_bytes());
        out.extend_from_slice(b"\",\"message\":\"");
        push_text(message.as_bytes(), out);
        out.extend_from_slice(b"\"}");
    }

    /// Ends the line; `raw` is where in the data the record stands, without its line end, `is_utf8` whether it is that.
    pub(crate) fn end(&self, data: &[u8], raw: Range<usize>, is_utf8: bool, out: &mut Vec<u8>) {
        if self.redacts {
            return out.extend_from_slice(b"]}\n");
        }
        if is_utf8 {
            out.extend_from_slice(b"],\"raw\":\"");
            push_part(data, raw, out);
        } else {
            out.extend_from_slice(b"],\"rawBase64\":\"");
            push_base64(&data[raw], out);
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

/// So many places with nothing.
fn none<T>(places: usize) -> Vec<Option<T>> {
    std::iter::repeat_with(|| None).take(places).collect()
}

/// A comma before every fault but the first.
fn separate(out: &mut Vec<u8>) {
    if out.last() != Some(&b'[') {
        out.push(b',');
    }
}

impl Template {
    fn new(column: &Column, place: usize, fault: CellFault) -> Self {
        let mut head = Vec::new();
        head.extend_from_slice(b"{\"column\":");
        push_number(place as u64 + 1, &mut head);
        head.extend_from_slice(b",\"field\":\"");
        push_text(column.name.as_bytes(), &mut head);
        head.extend_from_slice(b"\",\"code\":\"");
        head.extend_from_slice(fault.code().name().as_bytes());
        if let CellFault::Constraint(constraint) = fault {
            head.extend_from_slice(b"\",\"constraint\":\"");
            head.extend_from_slice(constraint.name().as_bytes());
        }
        head.extend_from_slice(b"\",\"message\":\"");
        let (quotes_cell, words) = words(column, fault);
        let mut hidden = head.clone();
        if quotes_cell {
            head.extend_from_slice(b"\\\"");
            hidden.extend_from_slice(b"the cell");
        }
        let mut value = if quotes_cell { b"\\\"".to_vec() } else { Vec::new() };
        push_text(words.as_bytes(), &mut value);
        push_text(words.as_bytes(), &mut hidden);
        value.extend_from_slice(b"\",\"value\":\"");
        hidden.extend_from_slice(b"\"}");
        Self {
            latest: None,
            whole: Constant::default(),
            head: Constant::new(&head),
            quotes_cell,
            value: Constant::new(&value),
            hidden,
        }
    }
}

/// What the message says, and whether it begins with the cell's text.
fn words(column: &Column, fault: CellFault) -> (bool, String) {
    let constraints = &column.constraints;
    let bound = |bound: &Option<Bound>| bound.as_ref().map_or_else(String::new, |bound| bound.text.clone());
    match fault {
        CellFault::Encoding => (false, "the cell is not valid UTF-8".to_owned()),
        CellFault::Range => (true, format!(" is an integer outside {}..{}", i64::MIN, i64::MAX)),
        CellFault::Type => (true, format!(" is not {}", type_words(&column.kind))),
        CellFault::Constraint(constraint) => match constraint {
            Constraint::Required => (false, "a value is required".to_owned()),
            Constraint::Minimum => (true, format!(" is less than the minimum {}", bound(&constraints.minimum))),
            Constraint::Maximum => (true, format!(" is greater than the maximum {}", bound(&constraints.maximum))),
            Constraint::ExclusiveMinimum => {
                (true, format!(" is not greater than {}", bound(&constraints.exclusive_minimum)))
            }
            Constraint::ExclusiveMaximum => {
                (true, format!(" is not less than {}", bound(&constraints.exclusive_maximum)))
            }
            Constraint::MinLength => (true, format!(" is shorter than {}", characters(constraints.min_length))),
            Constraint::MaxLength => (true, format!(" is longer than {}", characters(constraints.max_length))),
            Constraint::Pattern => {
                let pattern = constraints.pattern.as_ref().map_or("", |pattern| pattern.source.as_str());
                (true, format!(" does not match the pattern {pattern}"))
            }
            Constraint::Enum => {
                let values = constraints.enumeration.as_deref().unwrap_or_default();
                let named: Vec<&str> = values.iter().take(NAMED).map(|value| value.text.as_str()).collect();
                let more = if values.len() > NAMED { ", …" } else { "" };
                (true, format!(" is not one of {}{more}", named.join(", ")))
            }
        },
    }
}

fn characters(number: Option<u64>) -> String {
    match number.unwrap_or(0) {
        1 => "1 character".to_owned(),
        number => format!("{number} characters"),
    }
}

fn type_words(kind: &FieldType) -> String {
    let of_format = |format: &TemporalFormat, iso: &str| match format {
        TemporalFormat::Default => format!(" ({iso})"),
        TemporalFormat::Any => String::new(),
        TemporalFormat::Pattern(_) => " in the field's format".to_owned(),
    };
    match kind {
        FieldType::String(format) => match format {
            crate::descriptor::StringFormat::Default => "a string".to_owned(),
            crate::descriptor::StringFormat::Email => "an e-mail address".to_owned(),
            crate::descriptor::StringFormat::Uri => "a URI".to_owned(),
            crate::descriptor::StringFormat::Binary => "base 64".to_owned(),
            crate::descriptor::StringFormat::Uuid => "a UUID".to_owned(),
        },
        FieldType::Integer { .. } => "an integer".to_owned(),
        FieldType::Number { .. } => "a number".to_owned(),
        FieldType::Boolean { true_values, false_values } => {
            format!("a boolean ({} / {})", true_values.join(", "), false_values.join(", "))
        }
        FieldType::Date(format) => format!("a date{}", of_format(format, "YYYY-MM-DD")),
        FieldType::Datetime(format) => format!("a date and time{}", of_format(format, "YYYY-MM-DDThh:mm:ss")),
        FieldType::Time(format) => format!("a time{}", of_format(format, "hh:mm:ss")),
        FieldType::Year => "a year (YYYY)".to_owned(),
        FieldType::YearMonth => "a year and month (YYYY-MM)".to_owned(),
        FieldType::Any => "a value".to_owned(),
    }
}

/// The first characters of `text`, valid UTF-8, escaped.
fn push_shown(text: &[u8], out: &mut Vec<u8>) {
    // A character is at least one byte: most texts are short enough without counting.
    let starts = || text.iter().enumerate().filter(|(_, byte)| *byte & 0xc0 != 0x80).map(|(at, _)| at);
    match if text.len() <= SHOWN { None } else { starts().nth(SHOWN) } {
        None => push_text(text, out),
        Some(end) => {
            push_text(&text[..end], out);
            out.extend_from_slice("…".as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use proptest::prelude::*;

    use super::*;
    use crate::descriptor::Descriptor;
    use crate::report::Reject;

    proptest! {
        #[test]
        fn a_line_reads_back_as_a_reject(cell in any::<Vec<u8>>(), name in any::<String>(), found in 0u32..4) {
            let columns = [
                Column::unchecked(name, FieldType::Year),
                Column::unchecked("b".to_owned(), FieldType::Any),
            ];
            let dialect = Descriptor::structural().dialect;
            let mut writer = RejectWriter::new(&columns, &dialect);
            let mut line = Vec::new();
            writer.begin(Place { record: 2, line: 3, byte: 4 }, &mut line);
            let is_utf8 = str::from_utf8(&cell).is_ok();
            let fault = if is_utf8 { CellFault::Type } else { CellFault::Encoding };
            writer.cell_fault(0, fault, (&cell, 0..cell.len()), &mut line);
            writer.cells(found, &mut line);
            writer.record_fault(Code::QuoteError, "a \"quote\"", &mut line);
            writer.end(&cell, 0..cell.len(), is_utf8, &mut line);
            let reject: Reject = serde_json::from_slice(&line).unwrap();
            prop_assert_eq!((reject.record, reject.line, reject.byte, reject.errors.len()), (2, 3, 4, 3));
            let raw = reject.raw.map(String::into_bytes).or_else(|| {
                use base64::Engine as _;
                base64::engine::general_purpose::STANDARD.decode(reject.raw_base64?).ok()
            });
            prop_assert_eq!(raw, Some(cell));
        }

        /// What a writer remembers of the lines before changes nothing.
        #[test]
        fn a_line_is_the_same_whatever_was_written_before(
            lines in prop::collection::vec(("[a-b\"é]{0,2}|[a-z]{15,18}", 0..3usize, 0..5u32, 0..30_000u64), 1..50),
        ) {
            let columns = [
                Column::unchecked("a".to_owned(), FieldType::Year),
                Column::unchecked("b".repeat(200), FieldType::Any),
            ];
            let dialect = Descriptor::structural().dialect;
            let faults = [CellFault::Type, CellFault::Encoding, CellFault::Constraint(Constraint::Required)];
            let quotes = [QuoteFault::Stray, QuoteFault::TextAfter, QuoteFault::Unclosed];
            let mut writer = RejectWriter::new(&columns, &dialect);
            for (cell, kind, found, number) in &lines {
                // With something behind it, as in a chunk, and at the end of one.
                for data in [format!("{cell}{}", "|behind".repeat(20)), cell.clone()] {
                    let write = |writer: &mut RejectWriter<'_>| {
                        let mut line = Vec::new();
                        let place = Place { record: *number, line: number + u64::from(*found), byte: 7 * number };
                        writer.begin(place, &mut line);
                        for place in 0..2 {
                            writer.cell_fault(place, faults[*kind], (data.as_bytes(), 0..cell.len()), &mut line);
                        }
                        writer.cells(*found, &mut line);
                        writer.quotes(quotes[*kind], *found, &mut line);
                        writer.end(data.as_bytes(), 0..cell.len(), *kind != 1, &mut line);
                        line
                    };
                    let (line, alone) = (write(&mut writer), write(&mut RejectWriter::new(&columns, &dialect)));
                    prop_assert_eq!(String::from_utf8(line).unwrap(), String::from_utf8(alone).unwrap());
                }
            }
        }
    }
}
