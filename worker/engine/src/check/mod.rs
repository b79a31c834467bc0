//! Typed columns → faults: bounds, enumerations and rules as Polars expressions, patterns as tables.

pub(crate) mod evaluation;
pub(crate) mod fault;
pub(crate) mod frame;
pub(crate) mod json_schema;
pub(crate) mod lists;
pub(crate) mod pattern;
pub(crate) mod rules;
pub(crate) mod stack;
