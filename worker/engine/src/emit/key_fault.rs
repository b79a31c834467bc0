//! The fault of a key that stands in an earlier row.

use crate::codes::Code;
use crate::emit::cell_members::{push_cell, push_cell_value};
use crate::emit::digits::push_number;
use crate::emit::line_limit::LineLimit;
use crate::emit::template::ShownCell;
use crate::json_text::{push_shown, push_text};
use crate::resolve::first_row::FirstRow;
use crate::resolve::keys::FileKey;
use crate::typing::column::Column;

/// What the message of the fault says.
pub(crate) struct KeyFault<'f> {
    pub(crate) code: Code,
    pub(crate) key: &'f FileKey,
    pub(crate) columns: &'f [Column],
    pub(crate) first: FirstRow,
}

/// Appends the fault. For a unique field it is a fault of a cell: `cell` has its text, if it may be shown. All other
/// faults are of the whole row, and show no value.
pub(crate) fn push_key_fault(
    fault: &KeyFault<'_>,
    cell: Option<ShownCell<'_>>,
    out: &mut Vec<u8>,
    limit: &mut LineLimit<'_>,
) {
    let KeyFault { code, key, columns, first } = fault;
    out.push(b'{');
    if let Some(column) = key.cell() {
        push_cell(column, columns, out);
    }
    out.extend_from_slice(b"\"code\":\"");
    out.extend_from_slice(code.name().as_bytes());
    out.extend_from_slice(b"\",\"message\":\"");
    match (key.cell(), cell) {
        (_, Some(cell)) => {
            out.extend_from_slice(b"\\\"");
            push_shown(cell.text, out);
            out.extend_from_slice(b"\\\" has the same value as ");
        }
        (Some(_), None) => out.extend_from_slice(b"the cell has the same value as "),
        (None, None) => {
            let kind = if *code == Code::PrimaryKey { &b"the primary key ("[..] } else { b"the unique key (" };
            out.extend_from_slice(kind);
            push_text(key.names.as_bytes(), out);
            out.extend_from_slice(b") is the same as that of ");
        }
    }
    out.extend_from_slice(b"record ");
    push_number(first.record, out);
    out.extend_from_slice(b", line ");
    push_number(first.line, out);
    if let Some(cell) = cell {
        push_cell_value(cell.value, out, limit);
    }
    out.extend_from_slice(b"\"}");
}
