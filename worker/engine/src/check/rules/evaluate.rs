//! The evaluation of rules over the chunks of a file.

use polars::prelude::*;
use polars_arrow::bitmap::Bitmap;
use polars_arrow::types::NativeType;
use sluice_csv::{Chunk, Dialect};

use crate::check::evaluation::{FrameError, array, each_true, select, validity};
use crate::check::rules::translate::{Input, Translator, data_type};
use crate::descriptor::{Rule, Severity};
use crate::fault::{CellFault, FaultLocation, PlacedFault};
use crate::parse::days_before_month;
use crate::typing::column::{Column as Checked, by_name};
use crate::typing::values::{CellState, ColumnValues, RawCell, Span, TypedColumn};

/// Rows of a frame if functions make texts, which may have [`MADE_BYTES`](crate::rules::call::MADE_BYTES) for each row.
const FEW_ROWS: usize = 1024;

/// Most values of the arguments of one call, of eight bytes each, that are in memory at once.
const ARGUMENTS: usize = 1 << 20;

/// The expressions of one file: for every rule a Boolean column that is true for the rows that break it.
#[derive(Debug, Default)]
pub(crate) struct RuleChecks {
    expressions: Vec<Expr>,
    /// Whether each rule only warns.
    warns: Vec<bool>,
    /// The columns that the rules read.
    inputs: Vec<Input>,
    /// Rows of a frame.
    frame_rows: usize,
}

/// Where the evaluation appends what it finds: rows at fault, and rows with warnings.
pub(crate) struct Findings<'a> {
    pub(crate) faults: &'a mut Vec<PlacedFault>,
    pub(crate) warnings: &'a mut Vec<PlacedFault>,
}

impl RuleChecks {
    pub(crate) fn new(columns: &[Checked], rules: &[Rule]) -> Self {
        let indices = by_name(columns);
        let mut translator = Translator::new(&indices);
        let expressions = rules.iter().enumerate().map(|(number, rule)| {
            // An unknown result of a rule stays unknown (null), which does not break it.
            translator.expression(&rule.check).not().alias(format!("r{number}"))
        });
        let expressions = expressions.collect();
        let most = if rules.iter().any(|rule| rule.check.makes_texts()) { FEW_ROWS } else { usize::MAX };
        let widest = rules.iter().map(|rule| rule.check.widest_call()).max().unwrap_or(0);
        Self {
            expressions,
            warns: rules.iter().map(|rule| rule.severity == Severity::Warning).collect(),
            inputs: translator.read.into_iter().collect(),
            frame_rows: most.min(ARGUMENTS / widest.max(1)).max(1),
        }
    }

    /// Evaluates all rules over the typed columns of a chunk.
    ///
    /// # Errors
    /// When Polars fails, which is a defect of this program.
    pub(crate) fn evaluate(
        &self,
        chunk: &Chunk,
        dialect: &Dialect,
        typed: &[TypedColumn],
        findings: &mut Findings<'_>,
    ) -> Result<(), FrameError> {
        if self.expressions.is_empty() {
            return Ok(());
        }
        let rows = chunk.index.rows.len();
        for first in (0..rows).step_by(self.frame_rows) {
            let rows = first..rows.min(first.saturating_add(self.frame_rows));
            self.evaluate_block(&Block { rows, chunk, dialect }, typed, findings)?;
        }
        Ok(())
    }

    fn evaluate_block(
        &self,
        block: &Block<'_>,
        typed: &[TypedColumn],
        findings: &mut Findings<'_>,
    ) -> Result<(), FrameError> {
        let rows = block.rows.clone();
        let columns = self.inputs.iter().map(|&input| block.column(input, typed).into_column()).collect();
        let found = select(rows.len(), columns, &self.expressions)?;
        for (number, (column, &warns)) in found.columns().iter().zip(&self.warns).enumerate() {
            let into = if warns { &mut *findings.warnings } else { &mut *findings.faults };
            let mut add = |row: usize| {
                into.push(PlacedFault::at((rows.start + row) as u32, FaultLocation::Rule(number), CellFault::Rule));
            };
            let broken = column.bool()?;
            if broken.len() == rows.len() {
                each_true(broken, add);
            } else if broken.get(0) == Some(true) {
                // The result has one value for all rows, as the rule reads no field that the file has.
                (0..rows.len()).for_each(&mut add);
            }
        }
        Ok(())
    }
}

/// Some rows of a chunk.
struct Block<'a> {
    rows: std::ops::Range<usize>,
    chunk: &'a Chunk,
    dialect: &'a Dialect,
}

impl Block<'_> {
    /// Returns a column for Polars; cells without a value are null.
    fn column(&self, input: Input, typed: &[TypedColumn]) -> Series {
        let rows = self.rows.clone();
        let index = match input {
            Input::Value(index) | Input::Length(index) => index,
            Input::Nulls(kind) => return Series::full_null(input.name(), rows.len(), &data_type(kind)),
        };
        let TypedColumn { values, states, .. } = &typed[index];
        let states = states.get(rows.clone()).unwrap_or_default();
        let name = input.name();
        match (input, values) {
            (Input::Length(_), ColumnValues::Texts(spans)) => self.lengths(name, index, &spans[rows]),
            (_, ColumnValues::Texts(spans)) => self.texts(name, index, &spans[rows]),
            (_, ColumnValues::Integers(values) | ColumnValues::Datetimes(values) | ColumnValues::Times(values)) => {
                integers(name, values[rows].to_vec(), validity(states, has_value))
            }
            (_, ColumnValues::Dates(values)) => {
                let days = values[rows].iter().map(|&days| i64::from(days)).collect();
                integers(name, days, validity(states, has_value))
            }
            (_, ColumnValues::YearMonths(values)) => {
                let days = values[rows].iter().map(|&months| first_day(months)).collect();
                integers(name, days, validity(states, has_value))
            }
            (_, ColumnValues::Numbers { values, .. }) => {
                let values = &values[rows];
                let validity = match values.iter().any(|value| value.is_nan()) {
                    false => validity(states, has_value),
                    true => {
                        let numbers = values.iter().zip(states);
                        Some(numbers.map(|(value, &state)| has_value(state) && !value.is_nan()).collect())
                    }
                };
                Float64Chunked::with_chunk(name, primitive(values.to_vec(), validity)).into_series()
            }
            (_, ColumnValues::Booleans(values)) => {
                let cells = values[rows].iter().zip(states).map(|(&value, &state)| has_value(state).then_some(value));
                cells.collect::<BooleanChunked>().with_name(name).into_series()
            }
        }
    }

    /// Returns the texts of a column, copied out of the chunk. This is done only for columns of which a rule reads the texts.
    fn texts(&self, name: PlSmallStr, index: usize, spans: &[Span]) -> Series {
        let mut texts = StringChunkedBuilder::new(name, spans.len());
        let mut scratch = Vec::new();
        for (row, &span) in self.rows.clone().zip(spans) {
            // A cell that is not UTF-8 has no value; its fault was found before.
            let text = span.resolved(self.cell(row, index), &mut scratch).and_then(|text| str::from_utf8(text).ok());
            texts.append_option(text);
        }
        texts.finish().into_series()
    }

    fn cell(&self, row: usize, column: usize) -> RawCell<'_> {
        RawCell { chunk: self.chunk, dialect: self.dialect, row, column }
    }

    /// Returns the numbers of characters of the texts of a column.
    fn lengths(&self, name: PlSmallStr, index: usize, spans: &[Span]) -> Series {
        let (mut lengths, mut states) = (Vec::with_capacity(spans.len()), Vec::with_capacity(spans.len()));
        let mut scratch = Vec::new();
        for (row, &span) in self.rows.clone().zip(spans) {
            let length = span.resolved(self.cell(row, index), &mut scratch).and_then(characters);
            lengths.push(length.unwrap_or(0));
            states.push(if length.is_some() { CellState::Value } else { CellState::Missing });
        }
        integers(name, lengths, validity(&states, has_value))
    }
}

fn has_value(state: CellState) -> bool {
    matches!(state, CellState::Value | CellState::Inexact)
}

/// Returns the number of characters of a text; `None` if it is not UTF-8.
#[inline]
fn characters(text: &[u8]) -> Option<i64> {
    match text.is_ascii() {
        true => Some(text.len() as i64),
        false => str::from_utf8(text).ok().map(|text| text.chars().count() as i64),
    }
}

fn integers(name: PlSmallStr, values: Vec<i64>, validity: Option<Bitmap>) -> Series {
    Int64Chunked::with_chunk(name, primitive(values, validity)).into_series()
}

fn primitive<T: NativeType>(values: Vec<T>, validity: Option<Bitmap>) -> polars_arrow::array::PrimitiveArray<T> {
    array(&values.into(), validity)
}

/// Returns the first day of a month, which is counted in months since 0000-01.
fn first_day(months: i32) -> i64 {
    // No month of 32 bits is beyond the days of 64 bits.
    days_before_month(months.into()) as i64
}
