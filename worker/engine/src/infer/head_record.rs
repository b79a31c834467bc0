//! The records in the first bytes of a file.

use sluice_csv::{Dialect, OneRecord, RecordKind};

/// A record in the first bytes of a file.
#[derive(Clone, Debug)]
pub(super) struct HeadRecord {
    pub(super) number: u64,
    pub(super) kind: RecordKind,
    pub(super) cells: Vec<Vec<u8>>,
    /// Whether a CR or LF stands outside of quotes, where it does not end the record.
    pub(super) has_loose_line_end: bool,
}

impl HeadRecord {
    /// Takes a record that was read with this dialect.
    pub(super) fn of(record: OneRecord, dialect: &Dialect) -> Self {
        Self {
            number: record.position.record,
            kind: record.kind,
            has_loose_line_end: record.kind == RecordKind::Cells && has_loose_line_end(record.raw(), dialect),
            cells: record.cells,
        }
    }

    /// Returns true if the record is neither blank nor a comment.
    pub(super) fn is_content(&self) -> bool {
        !matches!(self.kind, RecordKind::Blank | RecordKind::Comment)
    }

    /// Returns true if the record is well-formed and has `width` cells.
    pub(super) fn is_full(&self, width: usize) -> bool {
        self.kind == RecordKind::Cells && self.cells.len() == width
    }
}

/// Returns true if a well-formed record, without its line end, has a CR or LF outside of quotes.
fn has_loose_line_end(content: &[u8], dialect: &Dialect) -> bool {
    let Some(first) = memchr::memchr2(b'\r', b'\n', content) else { return false };
    let Some(quote) = dialect.quote.filter(|quote| content[..first].contains(quote)) else { return true };
    let mut is_quoted = false;
    let mut bytes = content.iter();
    while let Some(&byte) = bytes.next() {
        if Some(byte) == dialect.escape {
            bytes.next();
        } else if byte == quote {
            // Of two quotes that stand for one, the second opens what the first has closed.
            is_quoted = !is_quoted;
        } else if !is_quoted && matches!(byte, b'\r' | b'\n') {
            return true;
        }
    }
    false
}

/// Makes records from lines, whose cells stand between semicolons.
#[cfg(test)]
pub(super) fn rows(lines: &[&str]) -> Vec<HeadRecord> {
    let row = |(index, line): (usize, &&str)| HeadRecord {
        number: index as u64 + 1,
        kind: RecordKind::Cells,
        cells: line.split(';').map(|cell| cell.as_bytes().to_vec()).collect(),
        has_loose_line_end: false,
    };
    lines.iter().enumerate().map(row).collect()
}
