//! The content of an answer to the sender of a file: the rejected rows as they were sent, with what is wrong in their language.
//!
//! Rows are put together by the threads that check chunks, and taken in the order of the file until there are as many as the descriptor asks for
//! ([`held`]). Nothing is made that is not asked for, nor anything behind the last row that is taken: a file of bad rows is not slower for it.

pub(crate) mod held;
mod words;
pub(crate) mod writer;

use std::sync::Arc;

use crate::report::Code;
use crate::typing::column::Column;

/// Faults of a row that are told; further ones are counted.
pub const FEEDBACK_FAULTS: usize = 100;

/// The rows of an answer.
#[derive(Clone, Debug, Default)]
pub struct FeedbackTable {
    /// The columns of the file, in its order.
    pub columns: Vec<FeedbackColumn>,
    /// The first rejected rows, in the order of the file.
    pub rejected: Vec<FeedbackRow>,
    /// The first accepted rows that are warned of, in the order of the file.
    pub warned: Vec<FeedbackRow>,
}

impl FeedbackTable {
    pub(crate) fn new(columns: &[Column], (rejected, warned): (Vec<FeedbackRow>, Vec<FeedbackRow>)) -> Self {
        Self { columns: columns.iter().map(FeedbackColumn::of).collect(), rejected, warned }
    }
}

/// A column of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedbackColumn {
    /// Name of its field, or its label.
    pub name: String,
    /// Its values are not shown; rows have empty texts in their place.
    pub redacted: bool,
    /// Its values are numbers.
    pub is_number: bool,
}

impl FeedbackColumn {
    pub(crate) fn of(column: &Column) -> Self {
        let is_number = matches!(column.kind.name(), "integer" | "number");
        Self { name: column.name.clone(), redacted: column.redacted, is_number }
    }
}

/// A row of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedbackRow {
    /// 1-based number of its record.
    pub record: u64,
    /// 1-based number of the line on which it starts.
    pub line: u64,
    /// The texts of its cells without quotes, those of redacted columns empty. Bytes that are not UTF-8 are written as `\xFF`.
    pub cells: RowCells,
    /// The record as it was sent, where it is not a row of as many cells as there are columns, and nothing of the file is redacted.
    pub raw: Option<String>,
    /// Its faults, by column; the first [`FEEDBACK_FAULTS`].
    pub faults: Vec<FeedbackFault>,
    /// The number of further faults.
    pub more_faults: u64,
}

impl FeedbackRow {
    /// About as many bytes of memory as it takes.
    pub(crate) fn weight(&self) -> usize {
        let of_fault = |fault: &FeedbackFault| {
            size_of::<FeedbackFault>() + fault.message.len() + fault.help.as_ref().map_or(0, |help| help.len())
        };
        size_of::<Self>()
            + self.cells.text.len()
            + self.cells.ends.len() * size_of::<u32>()
            + self.raw.as_ref().map_or(0, String::len)
            + self.faults.iter().map(of_fault).sum::<usize>()
    }
}

/// The texts of the cells of a row, one behind the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowCells {
    text: String,
    ends: Vec<u32>,
}

impl RowCells {
    /// No cells yet, with room for as many of as many bytes.
    fn with_room(cells: usize, bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ends: Vec::with_capacity(cells) }
    }

    /// Adds a cell.
    fn push(&mut self, cell: &[u8]) {
        push_bytes(cell, &mut self.text);
        // A chunk, and with it a row, has fewer than 2³² bytes, but escapes are longer than what they stand for.
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    /// The text of this cell; `None` when the row has no such cell.
    pub fn get(&self, column: usize) -> Option<&str> {
        let end = *self.ends.get(column)? as usize;
        let start = column.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.text.get(start..end)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.ends.len()
    }
}

/// Appends bytes as text: what is not UTF-8 as `\xFF`.
fn push_bytes(bytes: &[u8], out: &mut String) {
    if let Ok(text) = str::from_utf8(bytes) {
        out.push_str(text);
        return;
    }
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02X}"));
        }
    }
}

/// A fault of a row, for its sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedbackFault {
    /// Number of the column that it is about, from 0; `None` when it is about the whole row. A column that the file does not have may be meant.
    pub column: Option<usize>,
    /// The kind of fault.
    pub code: Code,
    /// What is wrong, in plain words.
    pub message: String,
    /// The expected cell; empty where the message says it all.
    pub expected: Arc<str>,
    /// The help of the rule that is broken.
    pub help: Option<Arc<str>>,
}
