//! The constant parts of the faults of cells: all JSON of a fault except what depends on the cell.

use crate::emit::digits::push_number;
use crate::emit::line_limit::{LineLimit, PIECE};
use crate::emit::message::{FaultMessage, fault_message};
use crate::fault::CellFault;
use crate::json_text::{Constant, push_shown, push_text};
use crate::packed_text::Window;
use crate::typing::column::Column;

/// The constant parts of a fault's JSON: all but the cell's text and a long label.
pub(crate) struct Template {
    /// The same fault is often repeated: the latest cell, and the whole fault if that cell came twice in a row.
    pub(crate) latest: Option<Window>,
    pub(crate) whole: Constant<192>,
    /// The JSON up to a long label. There may be many thousand labels, so they are not copied for each kind of fault.
    before_label: Option<Box<[u8]>>,
    /// The JSON behind `before_label`, up to the text in the message; ends with a quote if the message quotes the cell.
    head: Constant<128>,
    pub(crate) quotes_cell: bool,
    /// The JSON behind the text in the message, up to the text as the value; to the end if the text is not shown.
    pub(crate) value: Constant<64>,
}

/// The text of a cell that a fault shows.
#[derive(Clone, Copy)]
pub(crate) struct ShownCell<'t> {
    pub(crate) text: &'t [u8],
    /// The part of the text that is shown as the value of the cell.
    pub(crate) value: &'t [u8],
}

/// Labels up to this length are part of templates.
const SHORT_LABEL: usize = 64;

/// Returns the constant parts of a fault, which are made for the first fault of its kind in the column.
#[inline(always)]
pub(crate) fn template<'t>(
    templates: &'t mut [Option<Box<Template>>],
    column: &Column,
    number: usize,
    fault: CellFault,
) -> &'t mut Template {
    let template = &mut templates[number * CellFault::KINDS + fault.kind()];
    if template.is_none() {
        *template = made(column, number, fault);
    }
    // cannot fail: the template was made above.
    template.as_mut().unwrap_or_else(|| unreachable!())
}

#[cold]
fn made(column: &Column, number: usize, fault: CellFault) -> Option<Box<Template>> {
    Some(Box::new(Template::new(column, number, fault)))
}

impl Template {
    fn new(column: &Column, number: usize, fault: CellFault) -> Self {
        let mut head = Vec::new();
        head.extend_from_slice(b"{\"column\":");
        push_number(number as u64 + 1, &mut head);
        head.extend_from_slice(b",\"field\":\"");
        let mut before_label = None;
        if column.name.len() <= SHORT_LABEL {
            push_text(column.name.as_bytes(), &mut head);
        } else {
            before_label = Some(std::mem::take(&mut head).into_boxed_slice());
        }
        head.extend_from_slice(b"\",\"code\":\"");
        head.extend_from_slice(fault.code().name().as_bytes());
        if let CellFault::Constraint(constraint) = fault {
            head.extend_from_slice(b"\",\"constraint\":\"");
            head.extend_from_slice(constraint.name().as_bytes());
        }
        head.extend_from_slice(b"\",\"message\":\"");
        let FaultMessage { quotes_cell, words } = fault_message(column, fault);
        let mut value = Vec::new();
        if shows(column, fault) {
            if quotes_cell {
                head.extend_from_slice(b"\\\"");
                value.extend_from_slice(b"\\\"");
            }
            push_text(words.as_bytes(), &mut value);
            value.extend_from_slice(b"\",\"value\":\"");
        } else {
            value.extend_from_slice(if quotes_cell { b"the cell" } else { b"" });
            push_text(words.as_bytes(), &mut value);
            value.extend_from_slice(b"\"}");
        }
        let (head, value) = (Constant::new(&head), Constant::new(&value));
        Self { latest: None, whole: Constant::default(), before_label, head, quotes_cell, value }
    }

    /// Appends the JSON in front of the text in the message.
    #[inline]
    pub(crate) fn push_head(&self, column: &Column, out: &mut Vec<u8>) {
        if let Some(before_label) = &self.before_label {
            out.extend_from_slice(before_label);
            push_text(column.name.as_bytes(), out);
        }
        self.head.push(out);
    }

    /// Appends a fault that does not show its cell.
    pub(crate) fn push_hidden(&self, column: &Column, out: &mut Vec<u8>) {
        self.push_head(column, out);
        self.value.push(out);
    }

    /// Appends a fault of this cell.
    pub(crate) fn push(&self, column: &Column, cell: ShownCell<'_>, out: &mut Vec<u8>, limit: &mut LineLimit<'_>) {
        let ShownCell { text, value } = cell;
        self.push_head(column, out);
        if self.quotes_cell {
            push_shown(text, out);
        }
        self.value.push(out);
        if value.len() <= PIECE {
            push_text(value, out);
        } else {
            limit.push_text(value, out);
        }
        out.extend_from_slice(b"\"}");
    }
}

/// Returns true if a fault shows the text of its cell.
#[inline]
pub(crate) fn shows(column: &Column, fault: CellFault) -> bool {
    !column.redacted && fault != CellFault::Encoding
}
