//! The answer as CSV (RFC 4180, UTF-8 with a byte order mark): the receipt, a line for each item, then a line for each fault.
//!
//! Values that a spreadsheet would change or run have an apostrophe in front: see [`super::apostrophe`].

use std::io::{self, BufWriter, Write};

use super::Answer;
use super::apostrophe::{kept, safe};
use super::layout::{Layout, lines, value};

/// The byte order mark, by which spreadsheets recognise UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

pub(super) fn write(answer: &Answer<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    out.write_all(MARK)?;
    let layout = Layout::new(answer.asked, answer.table);
    let mut record = Record::default();
    let name = |column: &usize| safe(&answer.table.columns[*column].name).into_owned();
    layout.keys.iter().for_each(|column| record.push(&name(column)));
    answer.labels().iter().for_each(|label| record.push(label));
    layout.sent.iter().for_each(|column| record.push(&name(column)));
    if layout.has_raw {
        record.push(&answer.text("label.raw"));
    }
    record.end(&mut out)?;
    write_receipt(answer, &layout, &mut record, &mut out)?;
    for line in lines(answer.table) {
        for key in &layout.keys {
            record.push(&kept(line.row.cells.get(*key).unwrap_or_default()));
        }
        record.push(&line.row.line.to_string());
        record.push(&answer.kind(&line));
        record.push(&safe(&line.fault.map(|fault| answer.column(fault)).unwrap_or_default()));
        record.push(&safe(&answer.message(&line)));
        record.push(&kept(value(&line)));
        record.push(&safe(line.fault.map_or("", |fault| &fault.expected)));
        record.push(&safe(line.fault.and_then(|fault| fault.help.as_deref()).unwrap_or_default()));
        let cells = line.is_first.then_some(&line.row.cells);
        for column in &layout.sent {
            record.push(&kept(cells.and_then(|cells| cells.get(*column)).unwrap_or_default()));
        }
        if layout.has_raw {
            record.push(&kept(line.row.raw.as_deref().filter(|_| line.is_first).unwrap_or_default()));
        }
        record.end(&mut out)?;
    }
    out.flush()
}

/// Writes the items of the receipt: the label of each as the column, its value as the message.
fn write_receipt(answer: &Answer<'_>, layout: &Layout, record: &mut Record, out: &mut dyn Write) -> io::Result<()> {
    let kind = answer.text("label.receipt");
    let note = (String::new(), answer.text("note.apostrophe"));
    let items = answer.receipt.items.iter().map(|(label, value)| (label.clone(), value.shown()));
    for (label, value) in items.chain([note]) {
        layout.keys.iter().for_each(|_| record.push(""));
        for cell in ["", &kind, &safe(&label), &kept(&value), "", "", ""] {
            record.push(cell);
        }
        layout.sent.iter().for_each(|_| record.push(""));
        if layout.has_raw {
            record.push("");
        }
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
    fn push(&mut self, cell: &str) {
        if std::mem::replace(&mut self.is_begun, true) {
            self.text.push(',');
        }
        let is_special = |byte: u8| matches!(byte, b',' | b'"' | b'\r' | b'\n');
        if cell.bytes().any(is_special) || cell.starts_with(' ') || cell.ends_with(' ') {
            self.text.push('"');
            self.text.push_str(&cell.replace('"', "\"\""));
            self.text.push('"');
        } else {
            self.text.push_str(cell);
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
