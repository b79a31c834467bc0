//! Faults → reject lines: one JSON object per rejected record, written without a detour over values.

use sluice_csv::{Dialect, QuoteFault, unquote};

use crate::column::Column;
use crate::descriptor::{Bound, FieldType, TemporalFormat};
use crate::fault::{CellFault, Constraint};
use crate::report::Code;
use crate::short;

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

/// Constant text that is appended often. What fits the room is copied with all of it: a copy of fixed size needs no call.
struct Constant<const ROOM: usize> {
    room: [u8; ROOM],
    used: usize,
    rest: Vec<u8>,
}

impl<const ROOM: usize> Constant<ROOM> {
    fn new(text: &[u8]) -> Self {
        let (first, rest) = text.split_at(text.len().min(ROOM));
        let mut room = [0; ROOM];
        room[..first.len()].copy_from_slice(first);
        Self { room, used: first.len(), rest: rest.to_vec() }
    }

    #[inline]
    fn push(&self, out: &mut Vec<u8>) {
        push_some(&self.room, self.used, out);
        if !self.rest.is_empty() {
            out.extend_from_slice(&self.rest);
        }
    }
}

/// Appends the first bytes of some: all of them, and then fewer.
#[inline(always)]
fn push_some<const N: usize>(bytes: &[u8; N], length: usize, out: &mut Vec<u8>) {
    let end = out.len() + length;
    out.extend_from_slice(bytes);
    out.truncate(end);
}

/// The constant parts of a fault's JSON: all but the cell's text.
struct Template {
    /// Up to the text in the message; ends with a quote where the message quotes the cell.
    head: Constant<128>,
    quotes_cell: bool,
    /// From there to the text as the value.
    value: Constant<64>,
    /// What stands in place of both where the text is not shown.
    hidden: Vec<u8>,
}

/// Writes reject lines. One per thread: it remembers the constant parts.
pub(crate) struct RejectWriter<'a> {
    columns: &'a [Column],
    dialect: &'a Dialect,
    /// Rows of a file with redacted columns are never written whole.
    redacts: bool,
    templates: Vec<Option<Box<Template>>>,
    /// The number of the record before.
    record: Option<Digits>,
    scratch: Vec<u8>,
}

impl<'a> RejectWriter<'a> {
    pub(crate) fn new(columns: &'a [Column], dialect: &'a Dialect) -> Self {
        let mut templates = Vec::new();
        templates.resize_with(columns.len() * CellFault::KINDS, || None);
        let redacts = columns.iter().any(|column| column.redacted);
        Self { columns, dialect, redacts, templates, record: None, scratch: Vec::new() }
    }

    /// Begins the line of a record.
    pub(crate) fn begin(&mut self, place: Place, out: &mut Vec<u8>) {
        let Place { record, line, byte } = place;
        out.extend_from_slice(b"{\"record\":");
        match self.record.and_then(|before| before.followed_by(record)).or_else(|| Digits::of(record)) {
            // As in every file without line ends inside quotes.
            Some(digits) if line == record => {
                digits.push(out);
                out.extend_from_slice(b",\"line\":");
                digits.push(out);
                self.record = Some(digits);
            }
            _ => {
                push_number(record, out);
                out.extend_from_slice(b",\"line\":");
                push_number(line, out);
            }
        }
        out.extend_from_slice(b",\"byte\":");
        push_number(byte, out);
        out.extend_from_slice(b",\"errors\":[");
    }

    /// Adds a fault of a cell; `cell` as it stands in the file, valid UTF-8 unless that is the fault.
    pub(crate) fn cell_fault(&mut self, place: usize, fault: CellFault, cell: &[u8], out: &mut Vec<u8>) {
        separate(out);
        let column = &self.columns[place];
        let template = self.templates[place * CellFault::KINDS + fault.kind()]
            .get_or_insert_with(|| Box::new(Template::new(column, place, fault)));
        if column.redacted || fault == CellFault::Encoding {
            return out.extend_from_slice(&template.hidden);
        }
        let text = unquote(cell, self.dialect, &mut self.scratch);
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
    }

    /// Adds a fault of the record's shape: too few cells, or too many.
    pub(crate) fn cells(&self, found: u32, out: &mut Vec<u8>) {
        separate(out);
        let expected = self.columns.len();
        out.extend_from_slice(b"{\"column\":");
        let column = (found as usize).min(expected) + 1;
        push_number(column as u64, out);
        if let Some(column) = self.columns.get(found as usize) {
            out.extend_from_slice(b",\"field\":\"");
            push_text(column.name.as_bytes(), out);
            out.push(b'"');
        }
        let code = if (found as usize) < expected { Code::MissingCell } else { Code::ExtraCell };
        out.extend_from_slice(b",\"code\":\"");
        out.extend_from_slice(code.name().as_bytes());
        out.extend_from_slice(b"\",\"message\":\"the record has ");
        push_number(u64::from(found), out);
        out.extend_from_slice(if found == 1 { b" cell, " } else { b" cells, " });
        push_number(expected as u64, out);
        out.extend_from_slice(b" are expected\"}");
    }

    /// Adds a fault of the record's quotes, which stands so many bytes into it.
    pub(crate) fn quotes(&self, fault: QuoteFault, bytes: u32, out: &mut Vec<u8>) {
        separate(out);
        out.extend_from_slice(b"{\"code\":\"");
        out.extend_from_slice(Code::QuoteError.name().as_bytes());
        out.extend_from_slice(b"\",\"message\":\"");
        out.extend_from_slice(fault.words().as_bytes());
        out.extend_from_slice(b", ");
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

    /// Ends the line; `raw` is the record without its line end, `is_utf8` whether it is that.
    pub(crate) fn end(&self, raw: &[u8], is_utf8: bool, out: &mut Vec<u8>) {
        out.push(b']');
        if !self.redacts {
            if is_utf8 {
                out.extend_from_slice(b",\"raw\":\"");
                push_text(raw, out);
            } else {
                out.extend_from_slice(b",\"rawBase64\":\"");
                push_base64(raw, out);
            }
            out.push(b'"');
        }
        out.extend_from_slice(b"}\n");
    }
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
        Self { head: Constant::new(&head), quotes_cell, value: Constant::new(&value), hidden }
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

/// Appends the decimal digits of `number`.
#[inline]
pub(crate) fn push_number(number: u64, out: &mut Vec<u8>) {
    match Digits::of(number) {
        Some(digits) => digits.push(out),
        None => out.extend_from_slice(number.to_string().as_bytes()),
    }
}

/// The decimal digits of a number, the first one in the lowest byte.
#[derive(Clone, Copy)]
struct Digits {
    number: u64,
    bytes: u128,
    length: u32,
}

impl Digits {
    /// Of a number below 10^16.
    #[inline]
    fn of(number: u64) -> Option<Self> {
        const EIGHT: u64 = 100_000_000;
        // Zeros in front are left out; the last digit stays.
        let zeros = |digits: u64| ((digits ^ u64::from_le_bytes(*b"00000000")).trailing_zeros() / 8).min(7);
        if number < EIGHT {
            let digits = eight_digits(number);
            let zeros = zeros(digits);
            return Some(Self { number, bytes: (digits >> (8 * zeros)).into(), length: 8 - zeros });
        }
        let (high, low) = (number / EIGHT, number % EIGHT);
        if high >= EIGHT {
            return None;
        }
        let digits = eight_digits(high);
        let zeros = zeros(digits);
        let bytes = u128::from(digits >> (8 * zeros)) | u128::from(eight_digits(low)) << (8 * (8 - zeros));
        Some(Self { number, bytes, length: 16 - zeros })
    }

    /// Of a number that differs in its last digit, and is greater.
    #[inline]
    fn followed_by(self, number: u64) -> Option<Self> {
        let last = 8 * (self.length - 1);
        let more = number.checked_sub(self.number)?;
        let fits = more < 10 && (self.bytes >> last) as u8 + more as u8 <= b'9';
        fits.then(|| Self { number, bytes: self.bytes + (u128::from(more) << last), length: self.length })
    }

    #[inline]
    fn push(self, out: &mut Vec<u8>) {
        push_some(&self.bytes.to_le_bytes(), self.length as usize, out);
    }
}

/// The eight digits of a number below 10^8, the first one in the lowest byte.
#[inline]
fn eight_digits(number: u64) -> u64 {
    /// `00` to `99`.
    const PAIRS: [u16; 100] = {
        let mut pairs = [0; 100];
        let mut at = 0;
        while at < 100 {
            pairs[at] = u16::from_le_bytes([b'0' + (at / 10) as u8, b'0' + (at % 10) as u8]);
            at += 1;
        }
        pairs
    };
    let pair = |number: u64| u64::from(PAIRS[number as usize]);
    // Both halves at once, where one after the other would wait.
    let (high, low) = (number / 10_000, number % 10_000);
    pair(high / 100) | pair(high % 100) << 16 | pair(low / 100) << 32 | pair(low % 100) << 48
}

/// Appends base64 (RFC 4648, section 4).
fn push_base64(bytes: &[u8], out: &mut Vec<u8>) {
    use base64::Engine as _;
    let (start, length) = (out.len(), bytes.len().div_ceil(3) * 4);
    out.resize(start + length, 0);
    // Cannot fail: the room is as large as the text.
    let written = base64::engine::general_purpose::STANDARD.encode_slice(bytes, &mut out[start..]);
    debug_assert_eq!(written, Ok(length));
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

/// Bit 7 of every byte of `word` that a JSON string escapes: below 0x20, `"` or `\`.
#[inline]
fn escaped_in(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // Exact for a word whose other bytes need no escape; a carry can only add bytes above one that does.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
    control | zero(word ^ (ONES * u64::from(b'"'))) | zero(word ^ (ONES * u64::from(b'\\')))
}

/// Whether a JSON string has to escape some byte of `text`.
#[inline]
fn needs_escape(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let found = words.iter().fold(0, |found, word| found | escaped_in(u64::from_le_bytes(*word)));
    // The rest as the last eight bytes, where there are as many.
    match text.last_chunk::<8>() {
        Some(last) => found | escaped_in(u64::from_le_bytes(*last)) != 0,
        None => rest.iter().any(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\'),
    }
}

/// Up to sixteen bytes none of which a JSON string escapes.
#[derive(Clone, Copy)]
struct Few {
    bytes: u128,
    length: usize,
}

impl Few {
    #[inline]
    fn of(text: &[u8]) -> Option<Self> {
        const SPACES: u128 = u128::from_le_bytes([b' '; short::LONGEST]);
        let (bytes, length) = (short::short(text)?, text.len());
        // The zeros behind the text are control characters.
        let filled = bytes | SPACES.checked_shl(8 * length as u32).unwrap_or(0);
        (escaped_in(filled as u64) | escaped_in((filled >> 64) as u64) == 0).then_some(Self { bytes, length })
    }

    #[inline]
    fn push(self, out: &mut Vec<u8>) {
        push_some(&self.bytes.to_le_bytes(), self.length, out);
    }
}

/// `text`, valid UTF-8, as the inside of a JSON string (RFC 8259, section 7).
pub(crate) fn push_text(text: &[u8], out: &mut Vec<u8>) {
    if needs_escape(text) {
        push_escaped(text, out);
    } else {
        out.extend_from_slice(text);
    }
}

#[cold]
fn push_escaped(bytes: &[u8], out: &mut Vec<u8>) {
    let mut from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[from..at]);
        from = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        }
    }
    out.extend_from_slice(&bytes[from..]);
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
        fn text_is_escaped_as_json_wants(text in any::<String>()) {
            let mut out = vec![b'"'];
            push_text(text.as_bytes(), &mut out);
            out.push(b'"');
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }

        #[test]
        fn numbers_are_written_in_full(number: u64, digits in 0..20u32) {
            let power = 10u64.pow(digits);
            for number in [number, number % power, power, power - 1] {
                let mut out = Vec::new();
                push_number(number, &mut out);
                prop_assert_eq!(out, number.to_string().into_bytes());
            }
        }

        #[test]
        fn the_next_number_is_written_in_full(number in 0..10u64.pow(16) - 20, more in 0..20u64) {
            for number in [number, number % 1000] {
                let next = Digits::of(number).and_then(|digits| digits.followed_by(number + more));
                prop_assert_eq!(next.is_some(), number % 10 + more < 10);
                if let Some(next) = next {
                    let mut out = Vec::new();
                    next.push(&mut out);
                    prop_assert_eq!(out, (number + more).to_string().into_bytes());
                }
            }
        }

        #[test]
        fn few_characters_are_those_that_need_no_escape(text in "[a-z]{0,20}|[ -~é\t]{0,17}") {
            let few = Few::of(text.as_bytes());
            let mut out = b"\"".to_vec();
            push_text(text.as_bytes(), &mut out);
            prop_assert_eq!(few.is_some(), text.len() <= 16 && out[1..] == *text.as_bytes());
            let mut out = b"x".to_vec();
            if let Some(few) = few {
                few.push(&mut out);
                prop_assert_eq!(&out[1..], text.as_bytes());
            }
        }

        #[test]
        fn constants_are_whole(text in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut out = b"x".to_vec();
            Constant::<16>::new(&text).push(&mut out);
            prop_assert_eq!(&out[1..], &text);
        }

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
            writer.cell_fault(0, fault, &cell, &mut line);
            writer.cells(found, &mut line);
            writer.record_fault(Code::QuoteError, "a \"quote\"", &mut line);
            writer.end(&cell, is_utf8, &mut line);
            let reject: Reject = serde_json::from_slice(&line).unwrap();
            prop_assert_eq!((reject.record, reject.line, reject.byte, reject.errors.len()), (2, 3, 4, 3));
            let raw = reject.raw.map(String::into_bytes).or_else(|| {
                use base64::Engine as _;
                base64::engine::general_purpose::STANDARD.decode(reject.raw_base64?).ok()
            });
            prop_assert_eq!(raw, Some(cell));
        }
    }
}
