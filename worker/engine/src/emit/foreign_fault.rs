//! The fault of a foreign key that refers to no row.

use sluice_csv::{Chunk, Dialect, Row, unquote};

use crate::codes::Code;
use crate::emit::cell_members::{push_cell, push_cell_value};
use crate::emit::line_limit::LineOutput;
use crate::json_text::push_shown;
use crate::json_text::push_text;
use crate::resolve::foreign::file_keys::FileForeignKey;
use crate::shown::NAMED;
use crate::typing::column::Column;

/// The cells of the row that holds the key.
pub(crate) struct ForeignKeyRow<'c> {
    pub(crate) columns: &'c [Column],
    pub(crate) dialect: &'c Dialect,
    pub(crate) row: ChunkRow<'c>,
}

/// A row of a chunk.
#[derive(Clone, Copy)]
pub(crate) struct ChunkRow<'c> {
    pub(crate) chunk: &'c Chunk,
    pub(crate) row: Row,
}

impl<'c> ChunkRow<'c> {
    /// Returns the raw cell in this column.
    #[inline]
    pub(crate) fn cell(self, column: usize) -> &'c [u8] {
        self.chunk.cell(self.row, column)
    }
}

impl ForeignKeyRow<'_> {
    /// Returns the text of a cell; `None` if its column is redacted.
    fn text<'t>(&'t self, column: usize, scratch: &'t mut Vec<u8>) -> Option<&'t [u8]> {
        let cell = self.row.cell(column);
        (!self.columns[column].redacted).then(|| unquote(cell, self.dialect, scratch))
    }
}

/// Appends the fault. For a key of one field it is a fault of a cell, with the part of the cell that `value` returns.
/// For a key of several fields it is a fault of the whole row, with the values in its message alone.
pub(crate) fn push_foreign_fault(
    key: &FileForeignKey<'_>,
    row: &ForeignKeyRow<'_>,
    value: impl Fn(&[u8]) -> &[u8],
    output: LineOutput<'_, '_>,
    scratch: &mut Vec<u8>,
) {
    let LineOutput { text: out, limit } = output;
    out.push(b'{');
    if let Some(column) = key.cell() {
        push_cell(column, row.columns, out);
    }
    out.extend_from_slice(b"\"code\":\"");
    out.extend_from_slice(Code::ForeignKey.name().as_bytes());
    out.extend_from_slice(b"\",\"message\":\"");
    match key.cell() {
        Some(column) => match row.text(column, scratch) {
            Some(text) => push_value(text, out),
            None => out.extend_from_slice(b"the cell"),
        },
        None => push_values(key, row, out, scratch),
    }
    out.extend_from_slice(b" is not in ");
    push_text(key.target.as_bytes(), out);
    if let Some(column) = key.cell()
        && let Some(text) = row.text(column, scratch)
    {
        push_cell_value(value(text), out, limit);
    }
    out.extend_from_slice(b"\"}");
}

/// Appends the names of the fields of a key of several fields, and its first values.
fn push_values(key: &FileForeignKey<'_>, row: &ForeignKeyRow<'_>, out: &mut Vec<u8>, scratch: &mut Vec<u8>) {
    out.extend_from_slice(b"the foreign key (");
    push_text(key.names.as_bytes(), out);
    out.extend_from_slice(b") = (");
    for (nth, &column) in key.columns.iter().take(NAMED).enumerate() {
        if nth > 0 {
            out.extend_from_slice(b", ");
        }
        match row.text(column, scratch) {
            Some(text) => push_value(text, out),
            None => out.extend_from_slice(b"(redacted)"),
        }
    }
    if key.columns.len() > NAMED {
        out.extend_from_slice(", …".as_bytes());
    }
    out.push(b')');
}

/// Appends the first characters of a value in quotes.
fn push_value(text: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"\\\"");
    push_shown(text, out);
    out.extend_from_slice(b"\\\"");
}
