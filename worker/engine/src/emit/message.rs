//! The messages of faults.

use crate::bound::Bound;
use crate::fault::{CellFault, Constraint};
use crate::shown::{PATTERN, TEXT, listed, shown};
use crate::typing::column::Column;

/// Returns the message, and whether the text of the cell stands in front of it.
pub(crate) fn words(column: &Column, fault: CellFault) -> (bool, String) {
    let constraints = &column.constraints;
    let bound =
        |bound: &Option<Bound>| bound.as_ref().map_or_else(String::new, |bound| shown(&bound.text, TEXT).into_owned());
    match fault {
        // Which byte is wrong, and where, differs from cell to cell: `FileBytes` writes it.
        CellFault::Encoding => (false, String::new()),
        CellFault::Range => (true, format!(" is {}", column.kind.as_type().out_of_range())),
        CellFault::Ambiguous => (
            true,
            " is ambiguous: day and month could be swapped; write YYYY-MM-DD, or give the field a format such as \
             %d/%m/%Y"
                .to_owned(),
        ),
        CellFault::TooFine => (true, " has more than 9 decimal places in its seconds".to_owned()),
        // The message of a rule is put together for each row.
        CellFault::Rule | CellFault::ForeignKey => (false, String::new()),
        CellFault::Type => (true, format!(" is not {}", column.kind.as_type().expectation())),
        CellFault::Constraint(constraint) => match constraint {
            Constraint::Required => (false, "a value is required".to_owned()),
            Constraint::Minimum => (true, format!(" is less than the minimum {}", bound(&constraints.minimum))),
            Constraint::Maximum => (true, format!(" is greater than the maximum {}", bound(&constraints.maximum))),
            Constraint::ExclusiveMinimum => {
                (true, format!(" is not greater than {}", bound(&constraints.exclusive_minimum)))
            }
            Constraint::ExclusiveMaximum => {
                (true, format!(" is not less than {}", bound(&constraints.exclusive_maximum)))
            }
            Constraint::MinLength => (true, format!(" is shorter than {}", length(column, constraints.min_length))),
            Constraint::MaxLength => (true, format!(" is longer than {}", length(column, constraints.max_length))),
            Constraint::JsonSchema => (true, " does not conform to the JSON Schema of the field".to_owned()),
            Constraint::Decimal => {
                let digits = constraints.decimal.map(|digits| digits.to_string()).unwrap_or_default();
                (true, format!(" is not a decimal of {digits}"))
            }
            Constraint::Pattern => {
                let pattern = constraints.pattern.as_ref().map_or("", |pattern| pattern.source.as_str());
                (true, format!(" does not match the pattern {}", shown(pattern, PATTERN)))
            }
            Constraint::Enum => {
                let values = constraints.enumeration.as_deref().unwrap_or_default();
                let categories = if constraints.are_categories { "the categories " } else { "" };
                (true, format!(" is not one of {categories}{}", listed(values.iter().map(|value| value.text.as_str()))))
            }
        },
        // The earlier record differs from row to row: `key_fault` writes it.
        CellFault::Unique | CellFault::PrimaryKey => (false, "the key stands in an earlier record".to_owned()),
    }
}

fn length(column: &Column, number: Option<u64>) -> String {
    column.kind.as_type().length_in_units(number.unwrap_or(0))
}
