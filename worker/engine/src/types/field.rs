//! A field: its name, its type, and the constraints of its values.

use crate::bound::Bound;
use crate::bound::Enumeration;
use crate::fault::{Constraint, ConstraintSet};
use crate::json_schema::JsonSchema;
use crate::pattern::Pattern;
use crate::texts::Texts;
use crate::types::FieldType;

/// Longest label, and longest name of a field, in characters. Every fault of a cell names its field, so the length of a label counts
/// for each of them.
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
    /// Texts that stand for "no value": those of the field, else those of the schema, else `[""]`.
    pub missing_values: Texts,
}

/// Constraints of a field; bounds and enumerations are typed already.
#[derive(Clone, Debug, Default)]
pub struct Constraints {
    /// A missing cell is a fault.
    pub required: bool,
    /// No two rows have the same value.
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
    /// The only values.
    pub enumeration: Option<Enumeration>,
    /// Whether these values are the categories of the field, and no `enum`.
    pub are_categories: bool,
    /// For each bound of ordered categories, those that do not keep it.
    pub(crate) beyond: Vec<(Constraint, Texts)>,
    /// The schema that the JSON of a cell has to keep.
    pub json_schema: Option<JsonSchema>,
    /// Constraints of these that only warn (`sluice.warnings`).
    pub(crate) warns: ConstraintSet,
}
