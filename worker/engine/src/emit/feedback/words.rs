//! The words for the faults of a cell in the feedback: ids of the catalogue with their parameters.

use std::sync::Arc;

use crate::bound::Bound;
use crate::fault::{CellFault, Constraint};
use crate::messages::Language;
use crate::shown::{PATTERN, TEXT, excerpt, listed, shown, visible};
use crate::types::FieldType;
use crate::typing::column::Column;

/// The words for a fault of a column, without the cell.
#[derive(Debug)]
pub(super) struct CellWords {
    id: String,
    kind: String,
    bound: String,
    pub(super) expected: Arc<str>,
}

impl CellWords {
    pub(super) fn new(column: &Column, fault: CellFault, language: Language) -> Self {
        let kind = type_words(&column.kind, language);
        let (id, bound, expected) = match fault {
            CellFault::Constraint(constraint) => {
                let ConstraintWords { bound, expected } = of_constraint(column, constraint, language);
                (format!("{}.{}", fault.code().name(), constraint.name()), bound, expected)
            }
            CellFault::Range => ("type-error.range".to_owned(), String::new(), kind.clone()),
            CellFault::Ambiguous => ("type-error.ambiguous".to_owned(), String::new(), kind.clone()),
            CellFault::TooFine => ("type-error.too-fine".to_owned(), String::new(), kind.clone()),
            CellFault::Type => ("type-error".to_owned(), String::new(), kind.clone()),
            CellFault::Encoding => ("encoding-error".to_owned(), String::new(), kind.clone()),
            // The messages of these faults come from their key or rule.
            CellFault::Unique | CellFault::PrimaryKey | CellFault::Rule | CellFault::ForeignKey => {
                (fault.code().name().to_owned(), String::new(), String::new())
            }
        };
        Self { id, kind, bound, expected: expected.into() }
    }

    /// The message about a cell; `value` is what may be shown of it.
    pub(super) fn message(&self, value: &str, language: Language) -> String {
        language.text(&self.id, &[("value", value), ("type", &self.kind), ("bound", &self.bound)])
    }
}

/// The words for a type.
fn type_words(kind: &FieldType, language: Language) -> String {
    let home = kind.as_type();
    let name = home.name();
    let id = home.variant().map_or_else(|| format!("type.{name}"), |variant| format!("type.{name}.{variant}"));
    language.text(&id, &[("form", &home.form())])
}

/// The words for a constraint.
struct ConstraintWords {
    /// Its bound; empty if it has none.
    bound: String,
    /// What a cell should be.
    expected: String,
}

/// Returns the words for a constraint.
fn of_constraint(column: &Column, constraint: Constraint, language: Language) -> ConstraintWords {
    let constraints = &column.constraints;
    let of =
        |bound: &Option<Bound>| bound.as_ref().map_or_else(String::new, |bound| shown(&bound.text, TEXT).into_owned());
    let length = |count: Option<u64>| {
        let (count, [one, several]) = (count.unwrap_or(0), column.kind.as_type().unit_of_length());
        let unit = if count == 1 { one } else { several };
        language.text(&format!("unit.{unit}"), &[("count", &count.to_string())])
    };
    let mut values = String::new();
    let bound = match constraint {
        Constraint::Minimum => of(&constraints.minimum),
        Constraint::Maximum => of(&constraints.maximum),
        Constraint::ExclusiveMinimum => of(&constraints.exclusive_minimum),
        Constraint::ExclusiveMaximum => of(&constraints.exclusive_maximum),
        Constraint::MinLength => length(constraints.min_length),
        Constraint::MaxLength => length(constraints.max_length),
        Constraint::Pattern => {
            let pattern = constraints.pattern.as_ref().map_or("", |pattern| pattern.source.as_str());
            values = shown(pattern, PATTERN).into_owned();
            String::new()
        }
        Constraint::Enum => {
            let all = constraints.enumeration.as_deref().unwrap_or_default();
            values = listed(all.iter().map(|value| value.text.as_str()));
            String::new()
        }
        Constraint::Required => String::new(),
        Constraint::Decimal => {
            let digits = constraints.decimal_digits.unwrap_or_default();
            let [precision, scale] = [digits.precision, digits.scale].map(|count| count.to_string());
            let expected = language.text("expected.decimal", &[("precision", &precision), ("scale", &scale)]);
            return ConstraintWords { bound: String::new(), expected };
        }
        // A schema says more than fits a sentence.
        Constraint::JsonSchema => return ConstraintWords { bound: String::new(), expected: String::new() },
    };
    let id = format!("expected.{}", constraint.name());
    let expected = language.text(&id, &[("bound", &bound), ("pattern", &values), ("values", &values)]);
    ConstraintWords { bound, expected }
}

/// The beginning of a cell between quotes, as a message shows it.
pub(super) fn quoted_value(cell: &str, language: Language) -> String {
    language.text("note.quoted", &[("value", &visible(&excerpt(cell, TEXT)))])
}
