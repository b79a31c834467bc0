//! Validates the JSON of a cell against a JSON Schema (draft 2020-12, and the older forms of its keywords).
//!
//! A schema is read once, with the descriptor ([`crate::descriptor`]); this module only compares. References lead to
//! other schemas of the same document, so schemas have indices. The author of a cell can make a schema work hard, so
//! the steps and the depth of one check are bounded.

use std::collections::HashSet;
use std::sync::Arc;

use crate::parse::{ExactDecimal, Json};
use crate::pattern::Pattern;

/// Most schemas that are compared with parts of one cell; a cell that needs more is at fault.
pub(crate) const JSON_SCHEMA_STEPS: u32 = 1_000_000;

/// Steps of the check of a cell without values, and further steps for each value in the cell: a short cell takes a short time.
const STEPS_OF_CELL: u32 = 10_000;
const STEPS_OF_VALUE: u32 = 1_000;

/// Deepest nesting of schemas, references included.
const DEPTH: u32 = 500;

/// A JSON Schema; clones share the schemas.
#[derive(Clone, Debug)]
pub struct JsonSchema(Arc<Vec<Schema>>);

/// The checks of one schema; a value has to pass all of them.
pub(crate) type Schema = Vec<Check>;

/// The index of a schema in its document.
pub(crate) type SchemaIndex = usize;

/// A keyword, or the meaning of several keywords together.
#[derive(Debug)]
pub(crate) enum Check {
    Never,
    Schema(SchemaIndex),
    Types(Vec<JsonType>),
    OneOfValues(HashSet<Vec<u8>>),
    Minimum(ExactDecimal),
    Maximum(ExactDecimal),
    ExclusiveMinimum(ExactDecimal),
    ExclusiveMaximum(ExactDecimal),
    MultipleOf(ExactDecimal),
    Length { least: u64, most: u64 },
    Pattern(Pattern),
    PrefixItems(Vec<SchemaIndex>),
    ItemsFrom(usize, SchemaIndex),
    Contains { schema: SchemaIndex, least: u64, most: u64 },
    Items { least: u64, most: u64 },
    UniqueItems,
    Properties(Vec<(String, SchemaIndex)>),
    PatternProperties(Vec<(Pattern, SchemaIndex)>),
    OtherProperties { names: HashSet<String>, patterns: Vec<Pattern>, schema: SchemaIndex },
    PropertyNames(SchemaIndex),
    Required(Vec<String>),
    PropertyCount { least: u64, most: u64 },
    DependentRequired(Vec<(String, Vec<String>)>),
    DependentSchemas(Vec<(String, SchemaIndex)>),
    AllOf(Vec<SchemaIndex>),
    AnyOf(Vec<SchemaIndex>),
    OneOf(Vec<SchemaIndex>),
    Not(SchemaIndex),
    If { condition: SchemaIndex, then: Option<SchemaIndex>, otherwise: Option<SchemaIndex> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonType {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Check {
    /// Returns the schemas that are applied to the same value.
    pub(crate) fn in_place(&self) -> Vec<SchemaIndex> {
        match self {
            Self::Schema(schema) | Self::Not(schema) => vec![*schema],
            Self::AllOf(schemas) | Self::AnyOf(schemas) | Self::OneOf(schemas) => schemas.clone(),
            Self::DependentSchemas(schemas) => schemas.iter().map(|(_, schema)| *schema).collect(),
            Self::If { condition, then, otherwise } => {
                [Some(*condition), *then, *otherwise].into_iter().flatten().collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The budget that is left for the check of a cell.
struct Budget {
    steps: u32,
    depth: u32,
    is_over: bool,
}

impl JsonSchema {
    /// Returns the JSON Schema that is the first of these schemas; the others are referred to.
    pub(crate) fn new(schemas: Vec<Schema>) -> Self {
        Self(Arc::new(schemas))
    }

    /// Returns true if a value keeps the schema.
    pub fn is_valid(&self, value: &Json) -> bool {
        let steps = STEPS_OF_CELL.saturating_add(value.count().saturating_mul(STEPS_OF_VALUE)).min(JSON_SCHEMA_STEPS);
        let mut budget = Budget { steps, depth: 0, is_over: false };
        self.is_valid_under(0, value, &mut budget) && !budget.is_over
    }

    fn is_valid_under(&self, schema: SchemaIndex, value: &Json, budget: &mut Budget) -> bool {
        if budget.steps == 0 || budget.depth == DEPTH {
            budget.is_over = true;
        }
        if budget.is_over {
            return false;
        }
        budget.steps -= 1;
        budget.depth += 1;
        let is_valid = self.0[schema].iter().all(|check| self.passes(check, value, budget));
        budget.depth -= 1;
        is_valid
    }

    fn passes(&self, check: &Check, value: &Json, budget: &mut Budget) -> bool {
        match check {
            Check::Never => false,
            Check::Schema(schema) => self.is_valid_under(*schema, value, budget),
            Check::Types(types) => types.iter().any(|kind| is_of(*kind, value)),
            Check::OneOfValues(values) => values.contains(&canonical(value)),
            Check::AllOf(schemas) => schemas.iter().all(|schema| self.is_valid_under(*schema, value, budget)),
            Check::AnyOf(schemas) => schemas.iter().any(|schema| self.is_valid_under(*schema, value, budget)),
            Check::OneOf(schemas) => {
                schemas.iter().filter(|schema| self.is_valid_under(**schema, value, budget)).count() == 1
            }
            Check::Not(schema) => !self.is_valid_under(*schema, value, budget),
            Check::If { condition, then, otherwise } => {
                let branch = if self.is_valid_under(*condition, value, budget) { then } else { otherwise };
                branch.is_none_or(|schema| self.is_valid_under(schema, value, budget))
            }
            _ => match value {
                Json::Number(number) => passes_number(check, number),
                Json::String(text) => passes_text(check, text),
                Json::Array(items) => self.passes_array(check, items, budget),
                Json::Object(_) => self.passes_object(check, value, budget),
                Json::Null | Json::Boolean(_) => true,
            },
        }
    }

    fn passes_array(&self, check: &Check, items: &[Json], budget: &mut Budget) -> bool {
        match check {
            Check::PrefixItems(schemas) => {
                items.iter().zip(schemas).all(|(item, schema)| self.is_valid_under(*schema, item, budget))
            }
            Check::ItemsFrom(first, schema) => {
                items.iter().skip(*first).all(|item| self.is_valid_under(*schema, item, budget))
            }
            Check::Contains { schema, least, most } => {
                let count = items.iter().filter(|item| self.is_valid_under(*schema, item, budget)).count() as u64;
                (*least..=*most).contains(&count)
            }
            Check::Items { least, most } => (*least..=*most).contains(&(items.len() as u64)),
            Check::UniqueItems => {
                let mut seen = HashSet::with_capacity(items.len());
                items.iter().all(|item| seen.insert(canonical(item)))
            }
            _ => true,
        }
    }

    fn passes_object(&self, check: &Check, value: &Json, budget: &mut Budget) -> bool {
        let Json::Object(members) = value else { return true };
        let has = |name: &String| members.get(name).is_some();
        match check {
            Check::Properties(schemas) => schemas.iter().all(|(name, schema)| {
                members.get(name).is_none_or(|member| self.is_valid_under(*schema, member, budget))
            }),
            Check::PatternProperties(schemas) => schemas.iter().all(|(pattern, schema)| {
                let matching = members.iter().filter(|(name, _)| pattern.is_match(name.as_bytes()));
                matching.into_iter().all(|(_, member)| self.is_valid_under(*schema, member, budget))
            }),
            Check::OtherProperties { names, patterns, schema } => members
                .iter()
                .filter(|(name, _)| !names.contains(name))
                .filter(|(name, _)| !patterns.iter().any(|pattern| pattern.is_match(name.as_bytes())))
                .all(|(_, member)| self.is_valid_under(*schema, member, budget)),
            Check::PropertyNames(schema) => {
                members.iter().all(|(name, _)| self.is_valid_under(*schema, &Json::String(name.clone()), budget))
            }
            Check::Required(names) => names.iter().all(has),
            Check::PropertyCount { least, most } => (*least..=*most).contains(&(members.count() as u64)),
            Check::DependentRequired(all) => all.iter().all(|(name, others)| !has(name) || others.iter().all(has)),
            Check::DependentSchemas(all) => {
                all.iter().all(|(name, schema)| !has(name) || self.is_valid_under(*schema, value, budget))
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests;

fn canonical(value: &Json) -> Vec<u8> {
    let mut text = Vec::new();
    value.write_canonical(&mut text);
    text
}

fn is_of(kind: JsonType, value: &Json) -> bool {
    match (kind, value) {
        (JsonType::Integer, Json::Number(number)) => number.is_integer(),
        (JsonType::Null, Json::Null)
        | (JsonType::Boolean, Json::Boolean(_))
        | (JsonType::Number, Json::Number(_))
        | (JsonType::String, Json::String(_))
        | (JsonType::Array, Json::Array(_))
        | (JsonType::Object, Json::Object(_)) => true,
        _ => false,
    }
}

fn passes_number(check: &Check, number: &ExactDecimal) -> bool {
    match check {
        Check::Minimum(bound) => number >= bound,
        Check::Maximum(bound) => number <= bound,
        Check::ExclusiveMinimum(bound) => number > bound,
        Check::ExclusiveMaximum(bound) => number < bound,
        Check::MultipleOf(divisor) => number.is_multiple_of(divisor),
        _ => true,
    }
}

fn passes_text(check: &Check, text: &str) -> bool {
    match check {
        Check::Length { least, most } => (*least..=*most).contains(&(text.chars().count() as u64)),
        Check::Pattern(pattern) => pattern.is_match(text.as_bytes()),
        _ => true,
    }
}
