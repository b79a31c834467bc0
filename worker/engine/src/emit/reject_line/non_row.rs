//! Faults of records that are no rows.

use sluice_csv::{NonRow, NonRowKind, QuoteFault, cell_number};

use super::{RejectWriter, separate};
use crate::codes::Code;
use crate::emit::digits::push_number;
use crate::json_text::{Constant, push_text};
use crate::typing::column::Column;

impl RejectWriter<'_> {
    /// Adds the fault of a record that is no row.
    #[inline(never)]
    pub(super) fn non_row_fault(&mut self, data: &[u8], non_row: NonRow, out: &mut Vec<u8>) {
        match non_row.kind {
            NonRowKind::Cells(found) => self.cells(found, out),
            NonRowKind::Quote(fault, at) => self.quotes(fault, &data[non_row.start as usize..at as usize], out),
            NonRowKind::TooLarge => {
                let message = format!(
                    "the record is larger than {} bytes (sluice.limits.recordBytes); only its beginning is kept",
                    self.record_bytes
                );
                self.record_fault(Code::RecordTooLarge, &message, out);
            }
            NonRowKind::Blank | NonRowKind::Comment => self.record_fault(Code::BlankRow, "the record is blank", out),
        }
    }

    /// Adds a fault of the record's shape: too few cells, or too many.
    pub(super) fn cells(&mut self, found: u32, out: &mut Vec<u8>) {
        separate(out);
        let columns = self.columns;
        match self.of_cells.get_mut(found as usize) {
            Some(text) => text.get_or_insert_with(|| Box::new(Constant::new(&of_cells(columns, found)))).push(out),
            None => out.extend_from_slice(&of_cells(columns, found)),
        }
    }

    /// Adds a fault of the record's quotes; `before` are the bytes of the record in front of the fault.
    pub(super) fn quotes(&self, fault: QuoteFault, before: &[u8], out: &mut Vec<u8>) {
        separate(out);
        let number = cell_number(before, before.len(), self.dialect);
        out.extend_from_slice(b"{\"column\":");
        push_number(number as u64 + 1, out);
        if let Some(column) = self.columns.get(number) {
            out.extend_from_slice(b",\"field\":\"");
            push_text(column.name.as_bytes(), out);
            out.push(b'"');
        }
        out.push(b',');
        self.of_quotes[fault as usize].push(out);
        push_number(before.len() as u64, out);
        out.extend_from_slice(b" bytes into the record\"}");
    }

    /// Adds a fault of the whole record.
    pub(super) fn record_fault(&self, code: Code, message: &str, out: &mut Vec<u8>) {
        separate(out);
        out.extend_from_slice(b"{\"code\":\"");
        out.extend_from_slice(code.name().as_bytes());
        out.extend_from_slice(b"\",\"message\":\"");
        push_text(message.as_bytes(), out);
        out.extend_from_slice(b"\"}");
    }
}

/// Returns the fault of a record that has another number of cells than the file has columns.
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
    out.extend_from_slice(if expected == 1 { b" is expected\"}" } else { b" are expected\"}" });
    out
}
