//! The messages of faults.

use crate::bound::Bound;
use crate::fault::{CellFault, Constraint};
use crate::shown::{PATTERN, TEXT, listed, shown};
use crate::typing::column::Column;

/// The message of a fault, without the text of the cell.
pub(crate) struct FaultMessage {
    /// Whether the text of the cell stands in front of the words.
    pub(crate) quotes_cell: bool,
    pub(crate) words: String,
}

impl FaultMessage {
    /// Returns the message about a cell whose text stands in front of the words.
    fn of_quoted(words: impl Into<String>) -> Self {
        Self { quotes_cell: true, words: words.into() }
    }

    /// Returns a message that does not quote the cell.
    fn plain(words: &str) -> Self {
        Self { quotes_cell: false, words: words.to_owned() }
    }
}

/// Returns the message of a fault.
pub(crate) fn fault_message(column: &Column, fault: CellFault) -> FaultMessage {
    let constraints = &column.constraints;
    let bound =
        |bound: &Option<Bound>| bound.as_ref().map_or_else(String::new, |bound| shown(&bound.text, TEXT).into_owned());
    match fault {
        // Which byte is wrong, and where, differs from cell to cell: `FileBytes` writes it.
        CellFault::Encoding => FaultMessage::plain(""),
        CellFault::Range => FaultMessage::of_quoted(format!(" is {}", column.kind.as_type().out_of_range())),
        CellFault::Ambiguous => FaultMessage::of_quoted(
            " is ambiguous: day and month could be swapped; write YYYY-MM-DD, or give the field a format such as \
             %d/%m/%Y",
        ),
        CellFault::TooFine => FaultMessage::of_quoted(" has more than 9 decimal places in its seconds"),
        // The message of a rule is put together for each row.
        CellFault::Rule | CellFault::ForeignKey => FaultMessage::plain(""),
        CellFault::Type => FaultMessage::of_quoted(format!(" is not {}", column.kind.as_type().expectation())),
        CellFault::Constraint(constraint) => match constraint {
            Constraint::Required => FaultMessage::plain("a value is required"),
            Constraint::Minimum => {
                FaultMessage::of_quoted(format!(" is less than the minimum {}", bound(&constraints.minimum)))
            }
            Constraint::Maximum => {
                FaultMessage::of_quoted(format!(" is greater than the maximum {}", bound(&constraints.maximum)))
            }
            Constraint::ExclusiveMinimum => {
                FaultMessage::of_quoted(format!(" is not greater than {}", bound(&constraints.exclusive_minimum)))
            }
            Constraint::ExclusiveMaximum => {
                FaultMessage::of_quoted(format!(" is not less than {}", bound(&constraints.exclusive_maximum)))
            }
            Constraint::MinLength => {
                FaultMessage::of_quoted(format!(" is shorter than {}", length(column, constraints.min_length)))
            }
            Constraint::MaxLength => {
                FaultMessage::of_quoted(format!(" is longer than {}", length(column, constraints.max_length)))
            }
            Constraint::JsonSchema => FaultMessage::of_quoted(" does not conform to the JSON Schema of the field"),
            Constraint::Decimal => {
                let digits = constraints.decimal_digits.map(|digits| digits.to_string()).unwrap_or_default();
                FaultMessage::of_quoted(format!(" is not a decimal of {digits}"))
            }
            Constraint::Pattern => {
                let pattern = constraints.pattern.as_ref().map_or("", |pattern| pattern.source.as_str());
                FaultMessage::of_quoted(format!(" does not match the pattern {}", shown(pattern, PATTERN)))
            }
            Constraint::Enum => {
                let values = constraints.enumeration.as_deref().unwrap_or_default();
                let categories = if constraints.are_categories { "the categories " } else { "" };
                FaultMessage::of_quoted(format!(
                    " is not one of {categories}{}",
                    listed(values.iter().map(|value| value.text.as_str()))
                ))
            }
        },
        // The earlier record differs from row to row: `key_fault` writes it.
        CellFault::Unique | CellFault::PrimaryKey => FaultMessage::plain("the key stands in an earlier record"),
    }
}

fn length(column: &Column, number: Option<u64>) -> String {
    column.kind.as_type().length_in_units(number.unwrap_or(0))
}
