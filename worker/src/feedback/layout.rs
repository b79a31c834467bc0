//! The columns and the lines of the table of faults.

use std::borrow::Cow;

use sluice_engine::descriptor::{FeedbackSettings, Severity};
use sluice_engine::{FeedbackColumn, FeedbackFault, FeedbackRow, FeedbackTable};

use super::FeedbackDocument;

/// Columns between the keys and the row as it was sent.
pub(super) const LABELS: usize = 7;

/// A line of the table: a fault of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'t> {
    pub(super) row: &'t FeedbackRow,
    /// Whether the row is rejected, or accepted with a warning.
    pub(super) severity: Severity,
    /// `None` in the last line of a row with more faults than are listed.
    pub(super) fault: Option<&'t FeedbackFault>,
    /// Whether it is the first line of its row, the only one that shows the row as it was sent.
    pub(super) is_first: bool,
    /// Whether it is the last line of its row.
    pub(super) is_last: bool,
}

/// The columns of a table that are taken from the file.
#[derive(Debug)]
pub(super) struct Layout {
    /// The key columns, which stand first.
    pub(super) keys: Vec<usize>,
    /// All other columns that may be shown, in the order of the file.
    pub(super) sent: Vec<usize>,
    /// Whether some rows have another number of cells than there are columns, so that they are shown as they were sent.
    pub(super) has_raw: bool,
}

impl Layout {
    pub(super) fn new(asked: &FeedbackSettings, table: &FeedbackTable) -> Self {
        let number = |name: &String| table.columns.iter().position(|column| column.name == *name);
        let keys: Vec<usize> = asked.keys.iter().filter_map(number).collect();
        let shown = |(number, column): (usize, &FeedbackColumn)| {
            (!column.redacted && !keys.contains(&number)).then_some(number)
        };
        let sent = table.columns.iter().enumerate().filter_map(shown).collect();
        let has_raw = rows(table).any(|(row, _)| row.raw.is_some());
        Self { keys, sent, has_raw }
    }
}

/// The rows of a table: the rejected ones, then those that are accepted with a warning.
fn rows(table: &FeedbackTable) -> impl Iterator<Item = (&FeedbackRow, Severity)> {
    let rejected = table.rejected.iter().map(|row| (row, Severity::Error));
    rejected.chain(table.warned.iter().map(|row| (row, Severity::Warning)))
}

/// The lines of a table, a line for each fault.
pub(super) fn lines(table: &FeedbackTable) -> impl Iterator<Item = Line<'_>> {
    rows(table).flat_map(|(row, severity)| {
        let last = (row.more_faults > 0).then_some(None);
        let count = row.faults.len() + usize::from(last.is_some());
        let faults = row.faults.iter().map(Some).chain(last);
        faults.zip(1..).map(move |(fault, nth)| Line {
            row,
            severity,
            fault,
            is_first: nth == 1,
            is_last: nth == count,
        })
    })
}

impl FeedbackDocument<'_> {
    /// The names of the columns that feedback adds between the keys and the row as it was sent.
    pub(super) fn labels(&self) -> [String; LABELS] {
        ["line", "kind", "column", "message", "value", "expected", "help"]
            .map(|name| self.text(&format!("label.{name}")))
    }

    /// The kind of a line: a fault, or a warning.
    pub(super) fn kind(&self, line: &Line<'_>) -> &str {
        match line.severity {
            Severity::Warning => &self.kinds.warning,
            Severity::Error => &self.kinds.error,
        }
    }

    /// The name of the column that a line is about; empty for a fault of the whole row.
    pub(super) fn column(&self, line: &Line<'_>) -> Cow<'_, str> {
        let Some(number) = line.fault.and_then(|fault| fault.column) else { return Cow::Borrowed("") };
        match self.table.columns.get(number) {
            Some(column) => Cow::Borrowed(&column.name),
            None => self.asked.language.text("label.column-number", &[("number", &(number + 1).to_string())]).into(),
        }
    }

    /// The message of a line.
    pub(super) fn message<'t>(&self, line: &Line<'t>) -> Cow<'t, str> {
        match line.fault {
            Some(fault) => Cow::Borrowed(&fault.message),
            None => {
                self.asked.language.text("note.more-faults", &[("count", &line.row.more_faults.to_string())]).into()
            }
        }
    }
}

/// What a line expects instead; empty where its message says it all.
pub(super) fn expected<'t>(line: &Line<'t>) -> &'t str {
    line.fault.map_or("", |fault| &fault.expected)
}

/// The help for a line; empty if there is none.
pub(super) fn help<'t>(line: &Line<'t>) -> &'t str {
    line.fault.and_then(|fault| fault.help.as_deref()).unwrap_or_default()
}

/// The cell that a fault is about; empty if it is about no cell, or the cell is not shown.
pub(super) fn value<'t>(line: &Line<'t>) -> &'t str {
    let column = line.fault.and_then(|fault| fault.column);
    // In a record with another number of cells, the cell of a column is not known.
    let column = column.filter(|_| line.row.raw.is_none());
    column.and_then(|column| line.row.cells.get(column)).unwrap_or_default()
}

/// Returns true if a fault of the row is about this column.
pub(super) fn is_at_fault(row: &FeedbackRow, column: usize) -> bool {
    row.faults.iter().any(|fault| fault.column == Some(column))
}
