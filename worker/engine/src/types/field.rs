//! A field: its name, its type, and the constraints of its values.

use crate::bound::Bound;
use crate::bound::Enumeration;
use crate::fault::{Constraint, ConstraintSet};
use crate::json_schema::JsonSchema;
use crate::pattern::Pattern;
use crate::texts::Texts;
use crate::types::{DecimalDigits, FieldType};

/// Longest label, and longest name of a field, in characters. Every fault of a cell names its field, so each fault takes the bytes of the label.
pub const LABEL_CHARACTERS: usize = 1000;

/// One field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Name, compared with the label as [`Headers`](crate::descriptor::Headers) says.
    pub name: String,
    /// Type and format.
    pub kind: FieldType,
    /// Constraints.
    pub constraints: Constraints,
    /// Texts that stand for a missing value: those of the field, else those of the schema, else `[""]`.
    pub missing_values: Texts,
}

/// Constraints of a field; bounds and enumerations are typed already.
#[derive(Clone, Debug, Default)]
pub struct Constraints {
    /// Whether a missing cell is a fault.
    pub required: bool,
    /// Whether no two rows may have the same value.
    pub unique: bool,
    /// Inclusive lower bound.
    pub minimum: Option<Bound>,
    /// Inclusive upper bound.
    pub maximum: Option<Bound>,
    /// Exclusive lower bound.
    pub exclusive_minimum: Option<Bound>,
    /// Exclusive upper bound.
    pub exclusive_maximum: Option<Bound>,
    /// Shortest length in characters.
    pub min_length: Option<u64>,
    /// Longest length in characters.
    pub max_length: Option<u64>,
    /// XML Schema pattern, matched against the whole text.
    pub pattern: Option<Pattern>,
    /// The only values that are allowed.
    pub enumeration: Option<Enumeration>,
    /// Whether `enumeration` comes from the categories of the field and not from an `enum`.
    pub are_categories: bool,
    /// The bounds of ordered categories.
    pub(crate) category_bounds: Vec<CategoryBound>,
    /// The schema that the JSON of a cell has to keep.
    pub json_schema: Option<JsonSchema>,
    /// The digits that a number may have (`sluice.decimals`).
    pub decimal_digits: Option<DecimalDigits>,
    /// The constraints of the field that only warn (`sluice.warnings`).
    pub(crate) warns: ConstraintSet,
}

/// A bound of ordered categories.
#[derive(Clone, Debug)]
pub(crate) struct CategoryBound {
    pub(crate) constraint: Constraint,
    /// The categories beyond the bound.
    pub(crate) broken_by: Texts,
}

impl Constraints {
    /// Returns true if a constraint compares the values of cells, and not only their texts.
    pub(crate) fn compare_values(&self) -> bool {
        let Self { minimum, maximum, exclusive_minimum, exclusive_maximum, .. } = self;
        let bounds = [minimum, maximum, exclusive_minimum, exclusive_maximum];
        self.min_length.is_some()
            || self.max_length.is_some()
            || self.enumeration.is_some()
            || self.json_schema.is_some()
            || bounds.into_iter().any(Option::is_some)
    }

    /// Returns true if a missing cell is a fault, and not only a warning.
    pub(crate) fn rejects_missing(&self) -> bool {
        self.required && !self.warns.holds(Constraint::Required)
    }
}
