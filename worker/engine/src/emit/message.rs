//! What the messages of faults say.

use crate::check::fault::{CellFault, Constraint};
use crate::descriptor::{Bound, FieldType, StringFormat, TemporalFormat};
use crate::emit::shown::{PATTERN, TEXT, listed, shown};
use crate::typing::column::Column;

/// What the message says, and whether it begins with the cell's text.
pub(crate) fn words(column: &Column, fault: CellFault) -> (bool, String) {
    let constraints = &column.constraints;
    let bound =
        |bound: &Option<Bound>| bound.as_ref().map_or_else(String::new, |bound| shown(&bound.text, TEXT).into_owned());
    match fault {
        CellFault::Encoding => (false, "the cell is not valid UTF-8".to_owned()),
        CellFault::Range => (true, format!(" is an integer outside {}..{}", i64::MIN, i64::MAX)),
        // What a rule says is put together for each row.
        CellFault::Rule => (false, String::new()),
        CellFault::Type => (true, format!(" is not {}", type_words(&column.kind))),
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
            Constraint::MinLength => (true, format!(" is shorter than {}", characters(constraints.min_length))),
            Constraint::MaxLength => (true, format!(" is longer than {}", characters(constraints.max_length))),
            Constraint::Pattern => {
                let pattern = constraints.pattern.as_ref().map_or("", |pattern| pattern.source.as_str());
                (true, format!(" does not match the pattern {}", shown(pattern, PATTERN)))
            }
            Constraint::Enum => {
                let values = constraints.enumeration.as_deref().unwrap_or_default();
                (true, format!(" is not one of {}", listed(values.iter().map(|value| value.text.as_str()))))
            }
        },
    }
}

fn characters(number: Option<u64>) -> String {
    match number.unwrap_or(0) {
        1 => "1 character".to_owned(),
        number => format!("{number} characters"),
    }
}

fn type_words(kind: &FieldType) -> String {
    let of_format = |format: &TemporalFormat, iso: &str| match format {
        TemporalFormat::Default => format!(" ({iso})"),
        TemporalFormat::Any => String::new(),
        TemporalFormat::Pattern(_) => " in the field's format".to_owned(),
    };
    match kind {
        FieldType::String(format) => match format {
            StringFormat::Default => "a string".to_owned(),
            StringFormat::Email => "an e-mail address".to_owned(),
            StringFormat::Uri => "a URI".to_owned(),
            StringFormat::Binary => "base 64".to_owned(),
            StringFormat::Uuid => "a UUID".to_owned(),
        },
        FieldType::Integer { .. } => "an integer".to_owned(),
        FieldType::Number { .. } => "a number".to_owned(),
        FieldType::Boolean { true_values, false_values } => {
            let [trues, falses] = [true_values, false_values].map(|values| listed(values.iter().map(String::as_str)));
            format!("a boolean ({trues} / {falses})")
        }
        FieldType::Date(format) => format!("a date{}", of_format(format, "YYYY-MM-DD")),
        FieldType::Datetime(format) => format!("a date and time{}", of_format(format, "YYYY-MM-DDThh:mm:ss")),
        FieldType::Time(format) => format!("a time{}", of_format(format, "hh:mm:ss")),
        FieldType::Year => "a year (YYYY)".to_owned(),
        FieldType::YearMonth => "a year and month (YYYY-MM)".to_owned(),
        FieldType::Any => "a value".to_owned(),
    }
}
