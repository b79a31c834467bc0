//! Rejected records → rows for their sender. One for each thread.

use std::collections::HashMap;
use std::sync::Arc;

use sluice_csv::{Chunk, Dialect, NonRow, NonRowKind, Position, QuoteFault, Row, cell_number, raw_cells, unquote};

use super::held::Quota;
use super::words::{CellWords, quoted_value};
use super::{FEEDBACK_FAULTS, FeedbackFault, FeedbackRow, FeedbackRows, RowCells, push_bytes};
use crate::codes::Code;
use crate::descriptor::{FeedbackSettings, Settings};
use crate::emit::reject_line::{Record, Rejected};
use crate::fault::{CellFault, FaultLocation, PlacedFault};
use crate::resolve::candidates::Duplicate;
use crate::resolve::foreign::file_keys::FileForeignKey;
use crate::resolve::keys::FileKey;
use crate::rules::message::Shown;
use crate::typing::column::{Column, by_name};

/// Makes the rows of the feedback.
pub(crate) struct FeedbackWriter<'a> {
    asked: &'a FeedbackSettings,
    columns: &'a [Column],
    dialect: &'a Dialect,
    settings: &'a Settings,
    /// Columns by name, for the messages of rules.
    numbers: HashMap<&'a str, usize>,
    redacts: bool,
    keys: &'a [FileKey],
    foreign_keys: &'a [FileForeignKey<'a>],
    /// Words of faults that came up, by column and kind.
    words: HashMap<FaultKind, CellWords>,
    /// Quotas that count only the rows of this chunk: a row of the chunk beyond them cannot be in the feedback.
    rejected: Quota,
    warned: Quota,
    scratch: Vec<u8>,
}

/// A column, and a kind of fault of its cells.
#[derive(PartialEq, Eq, Hash)]
struct FaultKind {
    column: usize,
    /// The number of [`CellFault::kind`].
    kind: usize,
}

impl<'a> FeedbackWriter<'a> {
    pub(crate) fn new(
        asked: &'a FeedbackSettings,
        columns: &'a [Column],
        dialect: &'a Dialect,
        settings: &'a Settings,
    ) -> Self {
        Self {
            asked,
            columns,
            dialect,
            settings,
            numbers: if settings.rules.is_empty() { HashMap::new() } else { by_name(columns) },
            redacts: !settings.redact.is_empty() || columns.iter().any(|column| column.redacted),
            keys: &[],
            foreign_keys: &[],
            words: HashMap::new(),
            rejected: Quota::new(asked),
            warned: Quota::new(asked),
            scratch: Vec::new(),
        }
    }

    /// Returns the writer with the keys of the file.
    pub(crate) fn with_keys(self, keys: &'a [FileKey], foreign_keys: &'a [FileForeignKey<'a>]) -> Self {
        Self { keys, foreign_keys, ..self }
    }

    /// Begins a chunk.
    pub(crate) fn begin(&mut self, rows: &mut FeedbackRows) {
        rows.clear();
        self.rejected = Quota::new(self.asked);
        self.warned = Quota::new(self.asked);
    }

    /// Adds a rejected record. Returns false when no later one of the chunk can be in the feedback.
    #[cold]
    pub(crate) fn reject(
        &mut self,
        chunk: &Chunk,
        rejected: &Record<'_>,
        duplicates: &[Duplicate],
        rows: &mut FeedbackRows,
    ) -> bool {
        let row = self.row(chunk, rejected, duplicates);
        self.rejected.take(row.weight());
        rows.rejected.push(row);
        !self.rejected.has_ended()
    }

    /// Adds a clean row that is warned of. Returns false when no later one of the chunk can be in the feedback.
    pub(crate) fn warn(&mut self, chunk: &Chunk, warned: &Record<'_>, rows: &mut FeedbackRows) -> bool {
        let row = self.row(chunk, warned, &[]);
        self.warned.take(row.weight());
        rows.warned.push(row);
        !self.warned.has_ended()
    }

    fn row(&mut self, chunk: &Chunk, record: &Record<'_>, duplicates: &[Duplicate]) -> FeedbackRow {
        let rejected = record.rejected;
        let Position { record, line, .. } = record.position;
        match rejected {
            Rejected::Row(row, faults) => {
                let cells = self.cells(chunk, row);
                let told = faults.iter().take(FEEDBACK_FAULTS);
                let told = told.filter_map(|placed| self.fault(placed, &cells, duplicates)).collect();
                let more_faults = faults.len().saturating_sub(FEEDBACK_FAULTS) as u64;
                FeedbackRow { record, line, cells, raw: None, faults: told, more_faults }
            }
            Rejected::NonRow(non_row) => {
                let bytes = &chunk.data[non_row.start as usize..non_row.end as usize];
                let cells = self.cells_of_non_row(non_row, bytes);
                let raw = (!self.redacts).then(|| {
                    let mut raw = String::new();
                    push_bytes(bytes, &mut raw);
                    raw
                });
                let faults = vec![self.non_row_fault(non_row, &chunk.data)];
                FeedbackRow { record, line, cells, raw, faults, more_faults: 0 }
            }
        }
    }

    fn cells(&mut self, chunk: &Chunk, row: Row) -> RowCells {
        // What is redacted needs no room.
        let bytes = match self.columns.len().checked_sub(1) {
            Some(last) if !self.redacts => chunk.span(row, last).end.saturating_sub(chunk.span(row, 0).start),
            _ => 0,
        };
        let mut cells = RowCells::with_room(self.columns.len(), bytes);
        for (number, column) in self.columns.iter().enumerate() {
            match column.redacted {
                true => cells.push(b""),
                false => cells.push(unquote(&chunk.data[chunk.span(row, number)], self.dialect, &mut self.scratch)),
            }
        }
        cells
    }

    /// The cells of a record with too few or too many, as far as there are columns. Where a column is redacted none is shown: nobody knows
    /// which of them is its cell.
    fn cells_of_non_row(&mut self, non_row: NonRow, bytes: &[u8]) -> RowCells {
        let mut cells = RowCells::default();
        if let (NonRowKind::Cells(found), false) = (non_row.kind, self.redacts) {
            for cell in raw_cells(bytes, self.dialect).take(self.columns.len().min(found as usize)) {
                cells.push(unquote(&bytes[cell], self.dialect, &mut self.scratch));
            }
        }
        cells
    }

    fn fault(&mut self, placed: &PlacedFault, cells: &RowCells, duplicates: &[Duplicate]) -> Option<FeedbackFault> {
        match placed.location() {
            FaultLocation::Cell(column) => Some(self.cell_fault(column, placed.fault, cells)),
            FaultLocation::Rule(number) => Some(self.rule_fault(number, cells)),
            FaultLocation::Key(number) => self.key_fault(number, placed, cells, duplicates),
            FaultLocation::ForeignKey(number) => Some(self.foreign_fault(number, cells)),
        }
    }

    fn cell_fault(&mut self, column: usize, fault: CellFault, cells: &RowCells) -> FeedbackFault {
        let (language, columns) = (self.asked.language, self.columns);
        let value = self.value(column, cells);
        let key = FaultKind { column, kind: fault.kind() };
        let words = self.words.entry(key).or_insert_with(|| CellWords::new(&columns[column], fault, language));
        let (message, expected) = (words.message(&value, language), Arc::clone(&words.expected));
        FeedbackFault { column: Some(column), code: fault.code(), message, expected, help: None }
    }

    /// The part of a cell that a message shows.
    fn value(&self, column: usize, cells: &RowCells) -> String {
        let language = self.asked.language;
        match cells.get(column) {
            Some(text) if !self.columns[column].redacted => quoted_value(text, language),
            _ => language.text("note.redacted-cell", &[]),
        }
    }

    fn key_fault(
        &self,
        number: usize,
        placed: &PlacedFault,
        cells: &RowCells,
        duplicates: &[Duplicate],
    ) -> Option<FeedbackFault> {
        let at = |other: &Duplicate| (other.row, other.key as usize);
        let found = duplicates.binary_search_by_key(&(placed.row, number), at).ok()?;
        let (key, first) = (self.keys.get(number)?, duplicates[found].first);
        let (language, code) = (self.asked.language, placed.fault.code());
        let value = key.cell().map_or_else(String::new, |column| self.value(column, cells));
        let id = match (code, key.cell()) {
            (Code::PrimaryKey, _) => "primary-key",
            (_, Some(_)) => "unique-error",
            (_, None) => "unique-error.fields",
        };
        let line = first.line.to_string();
        let message = language.text(id, &[("value", &value), ("fields", &key.names), ("line", &line)]);
        // A primary key of one field is about its cell, for a sender.
        let column = key.cell().or(match *key.columns {
            [column] => Some(column),
            _ => None,
        });
        let expected = language.text("expected.unique", &[]).into();
        Some(FeedbackFault { column, code, message, expected, help: None })
    }

    fn foreign_fault(&self, number: usize, cells: &RowCells) -> FeedbackFault {
        let (language, key) = (self.asked.language, &self.foreign_keys[number]);
        let column = key.cell();
        let value = column.map_or_else(String::new, |column| self.value(column, cells));
        let id = if column.is_some() { "foreign-key" } else { "foreign-key.fields" };
        let message = language.text(id, &[("value", &value), ("fields", &key.names), ("target", &key.target)]);
        let expected = language.text("expected.foreign-key", &[("target", &key.target)]).into();
        FeedbackFault { column, code: Code::ForeignKey, message, expected, help: None }
    }

    fn rule_fault(&self, number: usize, cells: &RowCells) -> FeedbackFault {
        let (language, rule) = (self.asked.language, &self.settings.rules[number]);
        let words = match &rule.words {
            Some(words) => {
                let hidden = language.text("note.redacted", &[]);
                let cell = |name: &str, show: &mut dyn FnMut(Shown<'_>)| match self.numbers.get(name) {
                    Some(&column) if self.columns[column].redacted => show(Shown::Text(hidden.as_bytes())),
                    Some(&column) => show(Shown::Text(cells.get(column).unwrap_or_default().as_bytes())),
                    None => show(Shown::Words("—")),
                };
                let mut inside = Vec::from(*b"\"");
                words.push(cell, &mut inside);
                inside.push(b'"');
                // What is written there is the inside of a JSON string.
                let message: String = serde_json::from_slice(&inside).unwrap_or_else(|_| rule.name.clone());
                language.text("row-constraint", &[("message", &message)])
            }
            None => language.text("row-constraint.rule", &[("rule", &rule.name)]),
        };
        let expected = if rule.words.is_some() { "" } else { rule.text.as_str() };
        let help = rule.help.as_deref().map(Arc::from);
        FeedbackFault { column: None, code: Code::RowConstraint, message: words, expected: expected.into(), help }
    }

    fn non_row_fault(&self, non_row: NonRow, data: &[u8]) -> FeedbackFault {
        let language = self.asked.language;
        let fault = |column, code, message, expected: String| FeedbackFault {
            column,
            code,
            message,
            expected: expected.into(),
            help: None,
        };
        match non_row.kind {
            NonRowKind::Cells(found) => {
                let (found, wanted) = (found as usize, self.columns.len());
                let code = if found < wanted { Code::MissingCell } else { Code::ExtraCell };
                let [shown, expected] = [found, wanted].map(|number| number.to_string());
                let message = language.text(code.name(), &[("found", &shown), ("expected", &expected)]);
                let id = if wanted == 1 { "expected.cell" } else { "expected.cells" };
                let expected = language.text(id, &[("expected", &expected)]);
                fault(Some(found.min(wanted)), code, message, expected)
            }
            NonRowKind::Quote(kind, at) => {
                let before = &data[non_row.start as usize..at as usize];
                let id = match kind {
                    QuoteFault::Stray => "quote-error.stray",
                    QuoteFault::TextAfter => "quote-error.text-after",
                    QuoteFault::Unclosed => "quote-error.unclosed",
                };
                let column = cell_number(before, before.len(), self.dialect);
                fault(Some(column), Code::QuoteError, language.text(id, &[]), String::new())
            }
            NonRowKind::TooLarge => {
                let bytes = self.settings.limits.record_bytes.to_string();
                let message = language.text(Code::RecordTooLarge.name(), &[("bytes", &bytes)]);
                fault(None, Code::RecordTooLarge, message, String::new())
            }
            NonRowKind::Blank | NonRowKind::Comment => {
                fault(None, Code::BlankRow, language.text(Code::BlankRow.name(), &[]), String::new())
            }
        }
    }
}
