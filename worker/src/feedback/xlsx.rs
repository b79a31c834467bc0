//! The feedback as a workbook (Office Open XML): a sheet with the receipt, and one with a line for each fault.
//!
//! Cells are texts, so that nothing is changed or run. A cell is a number only if its text is exactly how the number is shown, and never in a
//! key. Rows go to a temporary file as they are written. The workbook has the time of the upload of its file.
//!
//! The format of a cell is looked up by all its properties, which takes longer than writing the cell. So most cells have no format of their own,
//! and are shown in that of their column.

use std::any::Any;
use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::UNIX_EPOCH;

use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use sluice_engine::descriptor::Severity;

use super::FeedbackDocument;
use super::layout::{LABELS, Layout, Line, expected, help, is_at_fault, lines, value};
use super::receipt::Value;
use crate::store::StoreError;

/// Most characters of a cell, in units of UTF-16.
const CELL: usize = 32_767;

/// Most rows and columns of a sheet.
const ROWS: u32 = 1_048_576;
const COLUMNS: usize = 16_384;

/// Compression level. Level 3 makes workbooks 5 % smaller and takes 10 % longer; level 6, the usual one, makes them 12 % smaller and takes
/// 50 % longer.
const ZIP_LEVEL: u8 = 2;

/// Most digits of a number, with the decimal point, that a cell shows in the format General, if it is as wide as [`NUMBER_WIDTH`].
const DIGITS: usize = 11;

/// Width of a column of numbers, in digits: a number of [`DIGITS`] with its sign, and a little room. In narrower columns, as they are without a
/// width (8.43 digits), General rounds numbers and shows them in scientific notation.
const NUMBER_WIDTH: f64 = 13.0;

/// The beginning of fractions that General may show in scientific notation, as `1.2345E-05`.
const SMALL: &str = "0.0000";

pub(super) fn write(document: &FeedbackDocument<'_>, out: &mut dyn Write) -> io::Result<()> {
    // Rows go to a temporary file: without one, another run changes nothing.
    let temporary = tempfile::tempfile().map_err(no_temporary_file)?;
    drop(temporary);
    let bytes = caught(|| workbook(document))?.map_err(|error| match error {
        XlsxError::IoError(error) => of_temporary_file(&error),
        other => io::Error::other(other.to_string()),
    })?;
    out.write_all(&bytes)
}

thread_local! {
    /// Whether this thread writes a workbook, in [`caught`].
    static IS_WRITING: Cell<bool> = const { Cell::new(false) };
}

/// Does this work, and turns a panic of the crate about its temporary file into an error. The crate has no other way to tell that the folder
/// for temporary files is full: it calls `expect` on every write to its temporary file, and without such a file it would hold the whole sheet
/// in memory. The workbook is dropped with the panic, so nothing half-written is used. Any other panic goes on.
fn caught<T>(work: impl FnOnce() -> T) -> io::Result<T> {
    IS_WRITING.set(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_WRITING.set(false);
    done.or_else(|panic| match error_of_system(&*panic) {
        Some(error) => Err(of_temporary_file(&error)),
        None => resume_unwind(panic),
    })
}

/// Returns true for a panic that becomes an error, so that no one needs to be told of it.
pub(crate) fn is_caught(panic: &(dyn Any + Send)) -> bool {
    IS_WRITING.get() && error_of_system(panic).is_some()
}

/// Returns the error of the operating system that a failed `expect` or `unwrap` has written into its message.
fn error_of_system(panic: &(dyn Any + Send)) -> Option<io::Error> {
    let (_, error) = panic.downcast_ref::<String>()?.split_once(": Os { code: ")?;
    error.split_once(',')?.0.parse().ok().map(io::Error::from_raw_os_error)
}

fn of_temporary_file(error: &io::Error) -> io::Error {
    let at = std::env::temp_dir().display().to_string();
    let told = io::Error::new(error.kind(), format!("a workbook needs a temporary file: {error}"));
    StoreError::from_io(at, told).into_io()
}

fn no_temporary_file(error: io::Error) -> io::Error {
    let reason = format!("a workbook needs a temporary file ({error}); make the folder, or name another one (TMPDIR)");
    StoreError::Invalid { at: std::env::temp_dir().display().to_string(), reason }.into_io()
}

/// The formats of cells.
struct Looks {
    plain: Format,
    heading: Format,
    error: Format,
    warning: Format,
}

impl Looks {
    fn new() -> Self {
        let plain = Format::new().set_num_format("@");
        let filled = |color| plain.clone().set_background_color(Color::RGB(color));
        Self {
            heading: plain.clone().set_bold().set_background_color(Color::RGB(0xE7_E6_E6)),
            error: filled(0xFF_C7_CE),
            warning: filled(0xFF_EB_9C),
            plain,
        }
    }

    fn of(&self, line: &Line<'_>) -> &Format {
        match line.severity {
            Severity::Warning => &self.warning,
            Severity::Error => &self.error,
        }
    }
}

fn workbook(document: &FeedbackDocument<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_zip_compression_level(ZIP_LEVEL);
    let received = document.received.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let seconds = received.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0));
    let created = ExcelDateTime::from_timestamp(seconds)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let looks = Looks::new();
    let layout = Layout::new(document.asked, document.table);
    let omitted = lines(document.table).nth(ROWS as usize - 1).map(|line| line.row.line);
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    write_receipt(document, sheet, &looks, notes(document, &layout, omitted))?;
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    Sheet { document, layout, looks }.write(sheet)?;
    workbook.save_to_buffer()
}

/// Notes about the columns and lines for which the sheet has no room.
fn notes(document: &FeedbackDocument<'_>, layout: &Layout, omitted: Option<u64>) -> Vec<String> {
    let language = document.asked.language;
    let columns = layout.keys.len() + LABELS + layout.sent.len() + usize::from(layout.has_raw);
    let columns = columns.saturating_sub(COLUMNS);
    let of_columns = (columns > 0).then(|| language.text("note.columns-cut", &[("count", &columns.to_string())]));
    let of_lines = omitted.map(|line| language.text("note.lines-cut", &[("line", &line.to_string())]));
    of_columns.into_iter().chain(of_lines).collect()
}

fn write_receipt(
    document: &FeedbackDocument<'_>,
    sheet: &mut Worksheet,
    looks: &Looks,
    notes: Vec<String>,
) -> Result<(), XlsxError> {
    sheet.set_name(document.text("label.receipt"))?;
    sheet.set_column_width(0, 40)?.set_column_width(1, 80)?;
    let note = |text| (String::new(), Value::Text(text));
    let items = document.receipt.items.iter().cloned().chain(notes.into_iter().map(note));
    for (row, (label, value)) in (0..ROWS).zip(items) {
        sheet.write_string_with_format(row, 0, cut(document, &label), &looks.heading)?;
        match value {
            Value::Number(number) if number < 10_u64.pow(DIGITS as u32) => sheet.write_number(row, 1, number as f64)?,
            other => sheet.write_string_with_format(row, 1, cut(document, &other.shown()), &looks.plain)?,
        };
    }
    Ok(())
}

/// The sheet of faults.
struct Sheet<'a> {
    document: &'a FeedbackDocument<'a>,
    layout: Layout,
    looks: Looks,
}

impl Sheet<'_> {
    fn write(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let Self { document, layout, looks } = self;
        let texts = self.columns_of_texts();
        for (column, is_text) in (0..).zip(texts.iter().take(COLUMNS)) {
            match is_text {
                true => sheet.set_column_format(column, &looks.plain)?,
                false => sheet.set_column_width(column, NUMBER_WIDTH)?,
            };
        }
        sheet.set_name(document.text("label.faults"))?;
        sheet.set_freeze_panes(1, u16::try_from(layout.keys.len()).unwrap_or(0))?;
        let name = |column: &usize| document.table.columns[*column].name.clone();
        let mut labels: Vec<String> = layout.keys.iter().map(name).chain(document.labels()).collect();
        let message = u16::try_from(layout.keys.len() + 3).unwrap_or(0);
        labels.extend(layout.sent.iter().map(name));
        labels.extend(layout.has_raw.then(|| document.text("label.raw")));
        sheet.set_column_width(message, 60)?;
        for (column, label) in (0..).zip(labels.iter().take(COLUMNS)) {
            sheet.write_string_with_format(0, column, cut(document, label), &looks.heading)?;
        }
        for (row, line) in (1..ROWS).zip(lines(document.table)) {
            self.write_line(row, &line, (sheet, &texts))?;
        }
        Ok(())
    }

    /// For each column, whether all its cells are texts, so that the column has their format.
    fn columns_of_texts(&self) -> Vec<bool> {
        let Self { document, layout, .. } = self;
        let of_keys = layout.keys.iter().map(|_| true);
        // The first added column is the number of the line.
        let of_labels = (0..LABELS).map(|label| label > 0);
        let of_sent = layout.sent.iter().map(|&column| !document.table.columns[column].is_number);
        of_keys.chain(of_labels).chain(of_sent).chain(layout.has_raw.then_some(true)).collect()
    }

    fn write_line(
        &self,
        row: u32,
        line: &Line<'_>,
        (sheet, texts): (&mut Worksheet, &[bool]),
    ) -> Result<(), XlsxError> {
        let Self { document, layout, looks } = self;
        let mut next = Cells { document, sheet, looks, texts, row, column: 0 };
        let bad = Some(looks.of(line));
        for key in &layout.keys {
            next.text(line.row.cells.get(*key).unwrap_or_default(), bad.filter(|_| is_at_fault(line.row, *key)))?;
        }
        next.number(line.row.line as f64)?;
        next.text(document.kind(line), None)?;
        next.text(&document.column(line), None)?;
        next.text(&document.message(line), None)?;
        let value = value(line);
        next.text(value, bad.filter(|_| !value.is_empty()))?;
        next.text(expected(line), None)?;
        next.text(help(line), None)?;
        if !line.is_first {
            return Ok(());
        }
        for &column in &layout.sent {
            let text = line.row.cells.get(column).unwrap_or_default();
            let is_bad = is_at_fault(line.row, column);
            let may_be_number = !is_bad && document.table.columns[column].is_number;
            match may_be_number.then(|| plain_number(text)).flatten() {
                Some(number) => next.number(number)?,
                None => next.text(text, bad.filter(|_| is_bad))?,
            }
        }
        match &line.row.raw {
            Some(raw) => next.text(raw, bad),
            None => Ok(()),
        }
    }
}

/// The cells of a line, written one after the other.
struct Cells<'s, 'a> {
    document: &'s FeedbackDocument<'a>,
    sheet: &'s mut Worksheet,
    looks: &'s Looks,
    /// For each column, whether it is formatted as texts.
    texts: &'s [bool],
    row: u32,
    column: usize,
}

impl Cells<'_, '_> {
    /// The column of the next cell, if the sheet has it.
    fn next(&mut self) -> Option<u16> {
        let column = self.column;
        self.column += 1;
        u16::try_from(column).ok().filter(|_| column < COLUMNS)
    }

    /// Writes a text; `bad` is its format if it is at fault.
    fn text(&mut self, text: &str, bad: Option<&Format>) -> Result<(), XlsxError> {
        let Some(column) = self.next() else { return Ok(()) };
        match (text, bad) {
            // An empty cell is written only for its colour.
            ("", None) => {}
            ("", Some(look)) => drop(self.sheet.write_blank(self.row, column, look)?),
            (_, None) if self.texts[usize::from(column)] => {
                self.sheet.write_string(self.row, column, cut(self.document, text))?;
            }
            _ => {
                let look = bad.unwrap_or(&self.looks.plain);
                self.sheet.write_string_with_format(self.row, column, cut(self.document, text), look)?;
            }
        }
        Ok(())
    }

    fn number(&mut self, number: f64) -> Result<(), XlsxError> {
        if let Some(column) = self.next() {
            self.sheet.write_number(self.row, column, number)?;
        }
        Ok(())
    }
}

/// The number that is shown as exactly this text: without needless zeros, with no sign but a minus, with no more digits than a cell shows, and
/// not so small that it is shown in scientific notation.
fn plain_number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "1"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = is_digits(whole)
        && is_digits(fraction)
        && (whole == "0" || !whole.starts_with('0'))
        && !fraction.ends_with('0')
        && digits.len() <= DIGITS
        && !digits.starts_with(SMALL)
        && text != "-0";
    text.parse().ok().filter(|_| is_plain)
}

/// Maximum number of `_x` (the start of an escape such as `_x0041_`) in a text; the text is cut at the next one. The crate escapes each in a
/// pass over the whole text, so many of them would take long.
const ESCAPES: usize = 100;

/// As much of a text as a cell holds, with a note if there was more.
fn cut<'t>(document: &FeedbackDocument<'_>, text: &'t str) -> Cow<'t, str> {
    // No character has more units than bytes.
    let is_long = text.len() > CELL && text.encode_utf16().count() > CELL;
    // Searching for one byte is much faster than for two, and most texts do not contain it.
    let escapes = text.as_bytes().contains(&b'_').then(|| text.match_indices("_x").nth(ESCAPES)).flatten();
    let few_escapes = escapes.map_or(text, |(at, _)| &text[..at]);
    if !is_long && few_escapes.len() == text.len() {
        return Cow::Borrowed(text);
    }
    let characters = text.chars().count().to_string();
    let note = document.asked.language.text("note.cut", &[("characters", &characters)]);
    let room = CELL - note.encode_utf16().count();
    let mut units = 0;
    let end = few_escapes.char_indices().find(|(_, character)| {
        units += character.len_utf16();
        units > room
    });
    Cow::Owned(format!("{}{note}", &few_escapes[..end.map_or(few_escapes.len(), |(end, _)| end)]))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_full_folder_for_temporary_files_is_an_error_and_other_panics_go_on() {
        let full = io::Error::from_raw_os_error(rustix::io::Errno::NOSPC.raw_os_error());
        let error = caught(|| panic!("Couldn't write to xml file: {full:?}")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        let (at, message) = (std::env::temp_dir(), error.to_string());
        assert!(message.starts_with(&format!("{}: no space left (a workbook needs", at.display())), "{message}");
        let other = catch_unwind(|| caught(|| std::panic::panic_any(7)));
        assert_eq!(other.unwrap_err().downcast_ref::<i32>(), Some(&7));
    }

    #[test]
    fn only_a_text_that_is_shown_as_it_is_becomes_a_number() {
        for (text, number) in [
            ("0", 0.0),
            ("42", 42.0),
            ("-7", -7.0),
            ("0.5", 0.5),
            ("-1.25", -1.25),
            ("0.0001", 0.0001),
            ("-12345678901", -12_345_678_901.0),
            ("12345.67891", 12_345.678_91),
        ] {
            assert_eq!(plain_number(text), Some(number), "{text}");
        }
        for text in ["0.00001", "-0.000012", "12345.678912"] {
            assert_eq!(plain_number(text), None, "{text}");
        }
        for text in ["", "-", "007", "1.50", "1.", ".5", "+1", "1e5", "-0", "123456789012", "NaN", "INF", " 1", "1 "] {
            assert_eq!(plain_number(text), None, "{text}");
        }
    }
}
