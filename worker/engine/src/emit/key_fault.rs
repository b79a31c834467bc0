//! The fault of a key that stands in an earlier row.

use crate::digits::push_number;
use crate::emit::room::{PIECE, Room};
use crate::json_text::push_shown;
use crate::json_text::push_text;
use crate::report::Code;
use crate::resolve::first::First;
use crate::resolve::keys::FileKey;
use crate::typing::column::Column;

/// Its message.
pub(crate) struct KeyFault<'f> {
    pub(crate) code: Code,
    pub(crate) key: &'f FileKey,
    pub(crate) columns: &'f [Column],
    pub(crate) first: First,
}

/// Appends the fault. That of a unique field is one of the cell: `cell` has its text, and what of it is given as the value, where they may
/// be shown. All others are of the whole row and show no value.
pub(crate) fn push_key_fault(
    fault: &KeyFault<'_>,
    cell: Option<(&[u8], &[u8])>,
    out: &mut Vec<u8>,
    room: &mut Room<'_>,
) {
    let KeyFault { code, key, columns, first } = fault;
    out.push(b'{');
    if let Some(column) = key.cell() {
        out.extend_from_slice(b"\"column\":");
        push_number(column as u64 + 1, out);
        out.extend_from_slice(b",\"field\":\"");
        push_text(columns[column].name.as_bytes(), out);
        out.extend_from_slice(b"\",");
    }
    out.extend_from_slice(b"\"code\":\"");
    out.extend_from_slice(code.name().as_bytes());
    out.extend_from_slice(b"\",\"message\":\"");
    match (key.cell(), cell) {
        (_, Some((text, _))) => {
            out.extend_from_slice(b"\\\"");
            push_shown(text, out);
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
    if let Some((_, value)) = cell {
        out.extend_from_slice(b"\",\"value\":\"");
        if value.len() <= PIECE {
            push_text(value, out);
        } else {
            room.push_text(value, out);
        }
    }
    out.extend_from_slice(b"\"}");
}
