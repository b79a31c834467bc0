//! The content of the feedback to the sender of a file: the rejected rows as they were sent, with what is wrong in their language.
//!
//! The threads that check chunks build the rows. Rows are taken in the order of the file, up to the number that the descriptor asks for
//! ([`held`]). No row is built after that, so the feedback does not slow down the rest of a file of bad rows.

pub(crate) mod held;
mod words;
pub(crate) mod writer;

use std::sync::Arc;

use crate::codes::Code;
use crate::typing::column::Column;

/// Maximum number of faults listed for a row; further faults are counted.
pub const FEEDBACK_FAULTS: usize = 100;

/// The rows of the feedback.
#[derive(Clone, Debug, Default)]
pub struct FeedbackTable {
    /// The columns of the file, in its order.
    pub columns: Vec<FeedbackColumn>,
    /// The first rejected rows, in the order of the file.
    pub rejected: Vec<FeedbackRow>,
    /// The first accepted rows that are warned of, in the order of the file.
    pub warned: Vec<FeedbackRow>,
    /// How many accepted rows are warned of in all.
    pub warned_rows: u64,
}

impl FeedbackTable {
    pub(crate) fn new(columns: &[Column], rows: FeedbackRows, warned_rows: u64) -> Self {
        let FeedbackRows { rejected, warned } = rows;
        Self { columns: columns.iter().map(FeedbackColumn::of).collect(), rejected, warned, warned_rows }
    }
}

/// Rows of a chunk, or of a file.
#[derive(Debug, Default)]
pub(crate) struct FeedbackRows {
    pub(crate) rejected: Vec<FeedbackRow>,
    pub(crate) warned: Vec<FeedbackRow>,
}

impl FeedbackRows {
    pub(crate) fn clear(&mut self) {
        self.rejected.clear();
        self.warned.clear();
    }

    /// Returns the approximate memory of the rows, in bytes.
    pub(crate) fn held_bytes(&self) -> usize {
        self.rejected.iter().chain(&self.warned).map(FeedbackRow::weight).sum()
    }
}

/// A column of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedbackColumn {
    /// Name of its field, or its label.
    pub name: String,
    /// Whether the column is redacted: its cells are empty in every row.
    pub redacted: bool,
    /// Whether the values are numbers.
    pub is_number: bool,
}

impl FeedbackColumn {
    pub(crate) fn of(column: &Column) -> Self {
        let is_number = matches!(column.kind.name(), "integer" | "number");
        Self { name: column.name.clone(), redacted: column.redacted, is_number }
    }
}

/// A row of the feedback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedbackRow {
    /// 1-based number of its record.
    pub record: u64,
    /// 1-based number of the line on which it starts.
    pub line: u64,
    /// The texts of its cells without quotes, those of redacted columns empty. Bytes that are not UTF-8 are written as `\xFF`.
    pub cells: RowCells,
    /// The record as it was sent, if its number of cells differs from the number of columns and no column is redacted.
    pub raw: Option<String>,
    /// Its faults, by column; the first [`FEEDBACK_FAULTS`].
    pub faults: Vec<FeedbackFault>,
    /// The number of further faults.
    pub more_faults: u64,
}

impl FeedbackRow {
    /// Returns the approximate memory of the row, in bytes.
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
    /// Makes an empty list with room for `cells` cells of `bytes` bytes in total.
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

    /// Returns the number of cells.
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
    /// 0-based number of the column at fault; `None` for a fault of the whole row. It may be a column that the file does not have.
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
