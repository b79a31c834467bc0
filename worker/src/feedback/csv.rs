//! The feedback as CSV (RFC 4180, UTF-8 with a byte order mark): the receipt, a line for each item, then a line for each fault.
//!
//! Values that a spreadsheet would change or run have an apostrophe in front: see [`super::formula_guard`].

use std::io::{self, BufWriter, Write};

use super::FeedbackDocument;
use super::formula_guard::{Marked, kept};
use super::layout::{Layout, Line, expected, help, lines, value};

/// The byte order mark, by which spreadsheets recognise UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

pub(super) fn write(document: &FeedbackDocument<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    out.write_all(MARK)?;
    let layout = Layout::new(document.asked, document.table);
    let mut record = Record::default();
    let name = |column: &usize| kept(&document.table.columns[*column].name);
    layout.keys.iter().for_each(|column| record.push(name(column)));
    document.labels().iter().for_each(|label| record.push_plain(label));
    layout.sent.iter().for_each(|column| record.push(name(column)));
    if layout.has_raw {
        record.push_plain(&document.text("label.raw"));
    }
    record.end(&mut out)?;
    write_receipt(document, &layout, &mut record, &mut out)?;
    for line in lines(document.table) {
        push_line(document, &layout, &line, &mut record);
        record.end(&mut out)?;
    }
    out.flush()
}

fn push_line(document: &FeedbackDocument<'_>, layout: &Layout, line: &Line<'_>, record: &mut Record) {
    for key in &layout.keys {
        record.push(kept(line.row.cells.get(*key).unwrap_or_default()));
    }
    record.push_plain(&line.row.line.to_string());
    record.push_plain(document.kind(line));
    record.push(kept(&document.column(line)));
    record.push(kept(&document.message(line)));
    record.push(kept(value(line)));
    record.push(kept(expected(line)));
    record.push(kept(help(line)));
    let cells = line.is_first.then_some(&line.row.cells);
    for column in &layout.sent {
        record.push(kept(cells.and_then(|cells| cells.get(*column)).unwrap_or_default()));
    }
    if layout.has_raw {
        record.push(kept(line.row.raw.as_deref().filter(|_| line.is_first).unwrap_or_default()));
    }
}

/// Writes the items of the receipt: the label of each as the column, its value as the message.
fn write_receipt(
    document: &FeedbackDocument<'_>,
    layout: &Layout,
    record: &mut Record,
    out: &mut dyn Write,
) -> io::Result<()> {
    let kind = document.text("label.receipt");
    let note = (String::new(), document.text("note.apostrophe"));
    let items = document.receipt.items.iter().map(|(label, value)| (label.clone(), value.shown()));
    for (label, value) in items.chain([note]) {
        layout.keys.iter().for_each(|_| record.push_plain(""));
        record.push_plain("");
        record.push_plain(&kind);
        record.push(kept(&label));
        record.push(kept(&value));
        let empty = 3 + layout.sent.len() + usize::from(layout.has_raw);
        (0..empty).for_each(|_| record.push_plain(""));
        record.end(out)?;
    }
    Ok(())
}

/// A record, to which cells are added.
#[derive(Default)]
struct Record {
    text: String,
    is_begun: bool,
}

impl Record {
    /// Adds a text that no spreadsheet runs or changes.
    fn push_plain(&mut self, text: &str) {
        self.push(Marked { mark: "", text });
    }

    fn push(&mut self, Marked { mark, text }: Marked<'_>) {
        if std::mem::replace(&mut self.is_begun, true) {
            self.text.push(',');
        }
        // Spreadsheets may take semicolons and tabulators for delimiters, too: LibreOffice does unless it is told otherwise.
        let is_special = |byte: u8| matches!(byte, b',' | b';' | b'\t' | b'"' | b'\r' | b'\n');
        // The search has no branch for each byte, because most cells have nothing to quote.
        let has_special = text.bytes().fold(false, |any, byte| any | is_special(byte));
        if has_special || mark.is_empty() && text.starts_with(' ') || text.ends_with(' ') {
            self.text.push('"');
            self.text.push_str(mark);
            let mut pieces = text.split('"');
            self.text.push_str(pieces.next().unwrap_or_default());
            for piece in pieces {
                self.text.push_str("\"\"");
                self.text.push_str(piece);
            }
            self.text.push('"');
        } else {
            self.text.push_str(mark);
            self.text.push_str(text);
        }
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.text.push_str("\r\n");
        out.write_all(self.text.as_bytes())?;
        self.text.clear();
        // The memory of a cell of megabytes is not kept.
        self.text.shrink_to(64 << 10);
        self.is_begun = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_cell_is_quoted_where_a_reader_would_split_or_trim_it() {
        for (cell, expected) in [
            ("", ""),
            ("a b", "a b"),
            ("a,b", "\"a,b\""),
            ("a;b", "\"a;b\""),
            ("a\tb", "\"a\tb\""),
            ("a;=1+1", "\"a;=1+1\""),
            ("a\nb", "\"a\nb\""),
            ("\"", "\"\"\"\""),
            ("a\"b\"", "\"a\"\"b\"\"\""),
            (" a", "\" a\""),
            ("a ", "\"a \""),
            ("007", "'007"),
            // Behind an apostrophe a space is inside the cell.
            (" 7", "' 7"),
            ("7 ", "\"'7 \""),
            ("=\"x\",1", "\"'=\"\"x\"\",1\""),
        ] {
            let (mut record, mut out) = (Record::default(), Vec::new());
            record.push(kept(cell));
            record.push_plain("x");
            record.end(&mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), format!("{expected},x\r\n"), "{cell:?}");
        }
    }
}
