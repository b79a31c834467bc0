//! The members of a fault in a reject line that name its cell, and the value of the cell.

use crate::emit::digits::push_number;
use crate::emit::line_limit::{LineLimit, PIECE};
use crate::json_text::push_text;
use crate::typing::column::Column;

/// Appends the column of a cell, from 0, and the name of its field.
pub(super) fn push_cell(column: usize, columns: &[Column], out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"column\":");
    push_number(column as u64 + 1, out);
    out.extend_from_slice(b",\"field\":\"");
    push_text(columns[column].name.as_bytes(), out);
    out.extend_from_slice(b"\",");
}

/// Ends the previous member, and appends the value of a cell without the quote that closes it.
pub(super) fn push_cell_value(value: &[u8], out: &mut Vec<u8>, limit: &mut LineLimit<'_>) {
    out.extend_from_slice(b"\",\"value\":\"");
    if value.len() <= PIECE {
        push_text(value, out);
    } else {
        limit.push_text(value, out);
    }
}
